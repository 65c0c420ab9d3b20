"""Rare or empty categories merged with a neighbour, when the user asks for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import DataError, OptionError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.observed import frame_of
from sexresearch.sem.data.ordered_columns import levels_of, recoded


@in_words
def merge_categories(
    data: pd.DataFrame | object, items: Sequence[str], *, group: str | None = None, fewest: int = 1
) -> pd.DataFrame:
    """A copy of the data in which rare and empty categories are merged with a neighbour.

    Parameters
    ----------
    data : DataFrame or Survey
        One row per respondent.
    items : sequence of str
        Numeric columns or ordered categoricals; missing answers stay missing.
    group : str, optional
        Column of groups that will be compared: every category must then have enough answers in each of them.
    fewest : int
        Answers that every category must have, at least 1.

    Returns
    -------
    DataFrame
        The data, with the answers of a merged category at the neighbour's value.

    Raises
    ------
    DataError
        A column is absent, cannot be ordered or would keep a single category.
    OptionError
        `fewest` is below 1.

    Notes
    -----
    The category with the fewest answers goes to the neighbour that has fewer of them, and so on until all have enough.

    Examples
    --------
    >>> data = pd.DataFrame({"x": [1, 1, 1, 2, 3, 3, 4, 4]})
    >>> merge_categories(data, ["x"], fewest=2)["x"].tolist()
    [1, 1, 1, 3, 3, 3, 4, 4]
    """
    if fewest < 1:
        raise OptionError(f"fewest must be at least 1 answer per category; found {fewest}")
    frame = frame_of(data)
    absent = [name for name in [*items, *([] if group is None else [group])] if name not in frame.columns]
    if absent:
        raise DataError(f"columns not in the data: {absent}; the data have {[str(c) for c in frame.columns][:20]}")
    levels = levels_of(frame, list(items))
    codes = recoded(frame, levels)
    labels = np.zeros(len(frame)) if group is None else pd.factorize(frame[group])[0]
    made = {name: _merged(frame[name], codes[name], known, labels, fewest) for name, known in levels.items()}
    return frame.assign(**made)


def _merged(column: pd.Series, codes: pd.Series, levels: tuple[object, ...], labels: Array, fewest: int) -> pd.Series:
    numbers = codes.to_numpy()
    counts = np.array(
        [[np.sum((numbers == k + 1) & (labels == g)) for g in np.unique(labels)] for k in range(len(levels))]
    )
    target, kept = np.arange(len(levels)), list(range(len(levels)))
    while len(kept) > 1:
        least = [int(counts[k].min()) for k in kept]
        at = int(np.argmin(least))
        if least[at] >= fewest:
            break
        beside = [other for other in (at - 1, at + 1) if 0 <= other < len(kept)]
        goes = min(beside, key=lambda other: (counts[kept[other]].sum(), other))
        counts[kept[goes]] += counts[kept[at]]
        target[target == kept[at]] = kept[goes]
        del kept[at]
    if len(kept) < 2:
        raise DataError(f"{column.name!r} would keep a single category: no two have {fewest} answers in every group")
    moved = {levels[k]: levels[target[k]] for k in range(len(levels))}
    if isinstance(column.dtype, pd.CategoricalDtype):
        values = pd.Categorical(column.map(moved), [levels[k] for k in kept], ordered=True)
        return pd.Series(values, index=column.index)
    return column.map(moved).astype(column.dtype)
