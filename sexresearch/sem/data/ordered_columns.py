"""Which columns hold ordered categories, which categories there are, and the answers as category numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from sexresearch.errors import DataError
from sexresearch.sem.data.column_names import look_alikes
from sexresearch.sem.data.observed import column_names, is_real, plain_numbers
from sexresearch.sem.language.model import Model
from sexresearch.sem.language.roles import roles_of

MOST_LEVELS = 20  # categories above which a column is rather a measurement than a scale of answers

CLOSE = 1000  # range of whole numbers up to which counting them is faster than sorting

Levels = Mapping[str, tuple[object, ...]]


def ordered_names(model: Model, frame: pd.DataFrame, ordered: bool | Sequence[str]) -> tuple[list[str], list[str]]:
    """The ordered variables of a model, and notes: named in `ordered` (True: all it explains), the text, or by dtype.

    Names that are not in the model are passed over, so that one list serves many models.
    """
    unordered = not (ordered or model.with_thresholds)
    if unordered and plain_numbers(frame):
        return [], []
    kinds = [is_ordered(kind) for kind in frame.dtypes.tolist()]
    if unordered and not any(kinds):
        return [], []
    typed = {name for name, kind in zip(frame.columns, kinds, strict=True) if kind}
    roles = roles_of(model.statements.formulas)
    named = roles.modelled if ordered is True else ordered or ()
    names = [v for v in model.observed if v in {*named, *typed, *model.with_thresholds}]
    outside = [v for v in names if v in roles.exogenous]
    notes = [
        f"{v!r} is ordered but nothing in the model explains it: its category numbers are used as they are"
        for v in outside
    ]
    return [v for v in names if v not in outside], notes


def refuse_unknown(data: object, ordered: bool | Sequence[str]) -> None:
    """DataError where `ordered` names columns that the data do not have."""
    names = [] if isinstance(ordered, bool) else ordered
    known = [str(c) for c in column_names(data)] if names else []
    absent = [name for name in names if name not in known and not look_alikes(name, known)]
    if absent:
        every = "; for every item write ordered=True" if list(names) == ["TRUE"] else ""
        raise DataError(f"ordered= names columns that are not in the data: {absent}; the data have {known[:20]}{every}")


def is_ordered(dtype: object) -> bool:
    """Whether a column of this dtype holds ordered categories, as pandas has them."""
    return isinstance(dtype, pd.CategoricalDtype) and bool(dtype.ordered)


def levels_of(frame: pd.DataFrame, names: Sequence[str]) -> dict[str, tuple[object, ...]]:
    """The categories of each named column, lowest first; DataError lists every column that cannot be ordered."""
    wrong, levels_by_name = [], {}
    numbers = _numbers(frame, list(names))
    for k, name in enumerate(names):
        levels = _levels(frame[name]) if numbers is None else _distinct(numbers[:, k])
        if isinstance(levels, str):
            wrong.append(f"{name!r} {levels}")
        elif len(levels) > MOST_LEVELS:
            wrong.append(f"{name!r} has {len(levels)} different answers; at most {MOST_LEVELS} can be categories")
        elif len(levels) < 2:
            wrong.append(f"{name!r} has {len(levels)} category; at least 2 are needed")
        else:
            levels_by_name[name] = levels
    if wrong:
        raise DataError("these variables cannot be ordered: " + "; ".join(wrong) + ". Leave them out of ordered=")
    return levels_by_name


def _levels(column: pd.Series) -> tuple[object, ...] | str:
    if isinstance(column.dtype, pd.CategoricalDtype):
        categories = column.cat.categories
        if not column.cat.ordered and not pd.api.types.is_numeric_dtype(categories.dtype):
            return "holds categories without an order: use pandas.Categorical(..., ordered=True)"
        return tuple(categories if column.cat.ordered else sorted(categories))
    if pd.api.types.is_complex_dtype(column.dtype):
        return "holds complex numbers, which have no order"
    if not pd.api.types.is_numeric_dtype(column.dtype):
        if not column.notna().any():
            return "has no answers"
        shown = str(column.dropna().iloc[0])
        return f"holds text such as {shown!r}, whose order only you know: use pandas.Categorical(..., ordered=True)"
    return _distinct(column.to_numpy(dtype=float, na_value=np.nan))


def _distinct(values: np.ndarray) -> tuple[object, ...]:
    """The different numbers, lowest first; counted where they are whole and close together, which is faster."""
    values = values[~np.isnan(values)]
    low, high = (values.min(), values.max()) if len(values) else (0.0, 0.0)
    if len(values) and high - low < CLOSE:
        steps = (values - low).astype(int)
        if (steps == values - low).all():
            return tuple((np.flatnonzero(np.bincount(steps)) + low).tolist())
    return tuple(np.unique(values).tolist())


def recoded(frame: pd.DataFrame, levels: Levels) -> pd.DataFrame:
    """The frame with ordered columns as category numbers 1, 2, …; NaN for no answer and for unknown categories.

    >>> data = pd.DataFrame({"x": [3, 5, None]})
    >>> recoded(data, {"x": (3.0, 5.0)})["x"].tolist()
    [1.0, 2.0, nan]
    """
    if not levels:
        return frame
    names = list(levels)
    numbers = _numbers(frame, names)
    codes = np.empty((len(frame), len(names)))
    for k, (name, known) in enumerate(levels.items()):
        whole = numbers is not None and all(isinstance(level, float) for level in known)
        codes[:, k] = _numbered(numbers[:, k], known) if whole and numbers is not None else _coded(frame[name], known)
    made = pd.DataFrame(codes, index=frame.index, columns=names)
    rest = [name for name in frame.columns if name not in levels]
    return pd.concat([made, frame[rest]], axis=1) if rest else made


def _numbers(frame: pd.DataFrame, names: list[str]) -> np.ndarray | None:
    """(n, names) the columns as floats; None where one of them holds no numbers."""
    columns = frame[names]
    if not all(is_real(dtype) for dtype in set(columns.dtypes)):
        return None
    return columns.to_numpy(dtype=float, na_value=np.nan)


def _numbered(values: np.ndarray, known: tuple[object, ...]) -> np.ndarray:
    levels = np.array(known, dtype=float)
    places = np.minimum(np.searchsorted(levels, values), len(levels) - 1)
    return np.where(levels[places] == values, places + 1.0, np.nan)


def _coded(column: pd.Series, known: tuple[object, ...]) -> np.ndarray:
    codes = pd.Categorical(column, categories=list(known), ordered=True).codes
    return np.where(codes < 0, np.nan, codes + 1.0)
