"""`parallel_analysis`: how many factors stand behind the items, before any model."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import DataError, OptionError
from sexresearch.sem.view import Array, frame_of, numeric_columns
from sexresearch.survey import Survey


@in_words
def parallel_analysis(
    data: pd.DataFrame | Survey,
    items: Sequence[str] | None = None,
    *,
    replicates: int = 500,
    percentile: float = 95.0,
    seed: int = 1,
) -> pd.DataFrame:
    """How many factors? Eigenvalues of the items' correlations beside those of random numbers, the largest first.

    Parameters
    ----------
    data : DataFrame or Survey
        One row per respondent. Rows with a missing answer to one of the items are left out.
    items : sequence of str, optional
        Two or more numeric columns. Default: all items of a Survey, all columns of a DataFrame.
    replicates : int
        Data sets of random numbers, at least 2.
    percentile : float
        Percentile of the random eigenvalues that a factor must exceed, between 0 and 100.
    seed : int
        Whole number of at least 0; equal seeds give equal numbers.

    Returns
    -------
    DataFrame
        One row per factor: factor (numbered from 1), eigenvalue, random (the percentile over the replicates), kept
        (True up to the first factor that does not exceed its random value).

    Raises
    ------
    DataError
        A column cannot be used, or there are no more complete rows than items.
    OptionError
        Fewer than two items, or a number out of its range.

    Notes
    -----
    Random data are independent standard normal numbers, n x p. Horn 1965, doi 10.1007/BF02289447, took their mean; the
    95th percentile is that of Glorfeld 1995, doi 10.1177/0013164495055003002.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> common = np.repeat(rng.normal(size=(300, 2)), 3, axis=1)
    >>> data = pd.DataFrame(common + rng.normal(size=(300, 6)), columns=list("abcdef"))
    >>> int(parallel_analysis(data, replicates=50)["kept"].sum())
    2
    """
    values, _ = complete_rows(data, items)
    n, p = values.shape
    for name, value, least in (("replicates", replicates, 2), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
            raise OptionError(f"{name} must be a whole number of at least {least}; found {value!r}")
    if not isinstance(percentile, Real) or not 0 < float(percentile) < 100:
        raise OptionError(f"percentile lies between 0 and 100; found {percentile!r}")
    own = _eigenvalues(values)
    rng = np.random.default_rng(seed)
    noise = np.array([_eigenvalues(rng.standard_normal((n, p))) for _ in range(replicates)])
    random = np.percentile(noise, percentile, axis=0)
    kept = np.cumprod(own > random).astype(bool)
    return pd.DataFrame({"factor": np.arange(1, p + 1), "eigenvalue": own, "random": random, "kept": kept})


def complete_rows(data: pd.DataFrame | Survey, items: Sequence[str] | None) -> tuple[Array, list[str]]:
    """(n, p) answers of the rows without gaps, and the names of the items."""
    frame = frame_of(data)
    names = list(data.items if isinstance(data, Survey) else frame.columns) if items is None else list(items)
    if len(names) < 2:
        raise OptionError(f"items takes two columns or more; found {names}")
    values = numeric_columns(data, names)
    values = values[~np.isnan(values).any(axis=1)]
    if len(values) <= len(names):
        raise DataError(f"{len(values)} complete rows for {len(names)} items; correlations need more rows than items")
    return values, names


def _eigenvalues(values: Array) -> Array:
    """(p,) eigenvalues of the correlations, the largest first."""
    return np.linalg.eigvalsh(np.corrcoef(values.T))[::-1]
