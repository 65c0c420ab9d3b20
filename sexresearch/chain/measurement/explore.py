"""A first look without a model: how many factors stand behind the items, and which items go together."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import DataError, OptionError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.observed import Columns, frame_of, numeric, used_columns
from sexresearch.survey import Survey

METHODS = ("ml", "pa")
ROTATIONS = ("oblimin", "quartimin", "promax", "varimax", "none")


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

    Columns factor (numbered from 1), eigenvalue, random (the percentile over `replicates` data sets of independent
    normal numbers of the same size), kept (True up to the first that does not exceed its random value).
    Horn 1965, doi 10.1007/BF02289447 (by means); by the 95th percentile as in Glorfeld 1995,
    doi 10.1177/0013164495055003002. Rows with a gap are left out.

    items : columns; all items of a Survey, all columns of a DataFrame where not given.
    Raises DataError where columns cannot be used or rows are too few, OptionError for fewer than two items.

    >>> rng = np.random.default_rng(1)
    >>> common = np.repeat(rng.normal(size=(300, 2)), 3, axis=1)
    >>> data = pd.DataFrame(common + rng.normal(size=(300, 6)), columns=list("abcdef"))
    >>> int(parallel_analysis(data, replicates=50)["kept"].sum())
    2
    """
    values, _ = _complete(data, items)
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


@in_words
def explore(
    data: pd.DataFrame | Survey,
    items: Sequence[str] | None = None,
    *,
    factors: int,
    rotation: str = "oblimin",
    method: str = "ml",
) -> pd.DataFrame:
    """Which items go together? Exploratory factor analysis: one row per item and factor.

    Columns item, factor (numbered from 1, the one that explains most first, each turned to be positive), loading (of
    the pattern, where factors may correlate), communality (share of the item's variance that the factors explain).
    method : "ml" (maximum likelihood) or "pa" (principal axis). rotation : "oblimin", "quartimin", "promax" (oblique),
    "varimax" (orthogonal) or "none". Both are those of statsmodels. Rows with a gap are left out.
    Lawley & Maxwell 1971, Factor Analysis as a Statistical Method; Jennrich 2002, doi 10.1007/BF02294706 (rotation).

    items : columns; all items of a Survey, all columns of a DataFrame where not given.
    Raises DataError where columns cannot be used or rows are too few, OptionError for unknown options.

    >>> rng = np.random.default_rng(1)
    >>> common = np.repeat(rng.normal(size=(300, 2)), 3, axis=1)
    >>> data = pd.DataFrame(common + rng.normal(size=(300, 6)), columns=list("abcdef"))
    >>> found = explore(data, factors=2)
    >>> sorted(found[found["loading"] > 0.4].groupby("factor")["item"].sum())
    ['abc', 'def']
    """
    from statsmodels.multivariate.factor import Factor

    values, names = _complete(data, items)
    _refuse(factors, len(names), rotation, method)
    found = Factor(corr=np.corrcoef(values.T), n_factor=factors, method=method, nobs=len(values)).fit()
    communality = np.asarray(found.communality)
    if rotation != "none" and factors > 1:
        found.rotate(rotation)
    loading = np.asarray(found.loadings)
    order = np.argsort(-(loading**2).sum(axis=0), kind="stable")
    loading = loading[:, order] * np.where(loading[:, order].sum(axis=0) < 0, -1.0, 1.0)
    return pd.DataFrame(
        {
            "item": np.repeat(names, factors),
            "factor": np.tile(np.arange(1, factors + 1), len(names)),
            "loading": loading.ravel(),
            "communality": np.repeat(communality, factors),
        }
    )


def _refuse(factors: int, items: int, rotation: str, method: str) -> None:
    if method not in METHODS:
        raise OptionError(f"method {method!r} is not known; allowed: {', '.join(METHODS)}")
    if rotation not in ROTATIONS:
        raise OptionError(f"rotation {rotation!r} is not known; allowed: {', '.join(ROTATIONS)}")
    most = max((k for k in range(1, items) if (items - k) ** 2 >= items + k), default=0)
    if not isinstance(factors, Integral) or not 1 <= factors <= most:
        raise OptionError(f"{items} items can hold 1 to {most} factors; found factors={factors!r}")


def _complete(data: pd.DataFrame | Survey, items: Sequence[str] | None) -> tuple[Array, list[str]]:
    """(n, p) answers of the rows without gaps, and the names of the items."""
    frame = frame_of(data)
    names = list(data.items if isinstance(data, Survey) else frame.columns) if items is None else list(items)
    if len(names) < 2:
        raise OptionError(f"items takes two columns or more; found {names}")
    values = numeric(used_columns(data, Columns(tuple(names)), ()), names)
    values = values[~np.isnan(values).any(axis=1)]
    if len(values) <= len(names):
        raise DataError(f"{len(values)} complete rows for {len(names)} items; correlations need more rows than items")
    return values, names


def _eigenvalues(values: Array) -> Array:
    """(p,) eigenvalues of the correlations, the largest first."""
    return np.linalg.eigvalsh(np.corrcoef(values.T))[::-1]
