"""A first look without a model: how many factors stand behind the items, and which items go together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Literal, get_args

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import DataError, OptionError
from sexresearch.sem import Rotation as HowRotated
from sexresearch.sem.view import Array, Factors, chisq_pvalue, extracted, frame_of, numeric_columns, rmsea, rotate
from sexresearch.survey import Survey

Extraction = Literal["ml", "pa"]
Rotation = Literal["oblimin", "quartimin", "promax", "varimax", "none"]
METHODS, ROTATIONS = get_args(Extraction), get_args(Rotation)
SINGULAR = 1e-10  # eigenvalue of correlations that is rounding
MOST_POWER = 20
STARTS = 10  # of the rotation


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
    rotation: Rotation = "oblimin",
    method: Extraction = "ml",
    power: float = 4.0,
    normalize: bool | None = None,
) -> pd.DataFrame:
    """Which items go together? Exploratory factor analysis of the items' correlations.

    Parameters
    ----------
    data : DataFrame or Survey
        One row per respondent. Rows with a missing answer to one of the items are left out.
    items : sequence of str, optional
        Two or more numeric columns. Default: all items of a Survey, all columns of a DataFrame.
    factors : int
        How many factors: at least 1, at most what leaves (p - k)^2 >= p + k for p items and k factors.
    rotation : {"oblimin", "quartimin", "promax", "varimax", "none"}
        "oblimin" (at gamma 0, which is "quartimin") and "promax" are oblique, "varimax" is orthogonal.
    method : {"ml", "pa"}
        Maximum likelihood, or least squares of residual correlations, where principal axis iterations end.
    power : float
        Power of promax, to which loadings are raised for its target; above 1, up to 20.
    normalize : bool, optional
        Rows of unit length while rotating (Kaiser). Default, as in R: True for "varimax" and "promax", otherwise False.

    Returns
    -------
    DataFrame
        One row per item and factor: item, factor (numbered from 1, the one that explains most first, each turned to be
        positive), loading (of the pattern matrix), communality (share of the item's variance that the factors explain;
        .995 is its bound, where an item is explained whole).

    Raises
    ------
    DataError
        A column cannot be used, rows are too few, an item follows from others, or no minimum is found.
    OptionError
        An unknown rotation or method, fewer than two items, or a number out of its range.

    Notes
    -----
    The same answers always give the same result: starts are fixed, and the gradient proves the minimum. Lawley &
    Maxwell 1971, Factor Analysis as a Statistical Method; Jennrich 2002, doi 10.1007/BF02294706 (rotation).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> common = np.repeat(rng.normal(size=(300, 2)), 3, axis=1)
    >>> data = pd.DataFrame(common + rng.normal(size=(300, 6)), columns=list("abcdef"))
    >>> found = explore(data, factors=2)
    >>> sorted(found[found["loading"] > 0.4].groupby("factor")["item"].sum())
    ['abc', 'def']
    """
    names, solution, loadings, _ = _explored(data, items, factors, rotation, method, power, normalize)
    return pd.DataFrame(
        {
            "item": np.repeat(names, factors),
            "factor": np.tile(np.arange(1, factors + 1), len(names)),
            "loading": loadings.ravel(),
            "communality": np.repeat(solution.communality, factors),
        }
    )


@in_words
def factor_correlations(
    data: pd.DataFrame | Survey,
    items: Sequence[str] | None = None,
    *,
    factors: int,
    rotation: Rotation = "oblimin",
    method: Extraction = "ml",
    power: float = 4.0,
    normalize: bool | None = None,
) -> pd.DataFrame:
    """How the factors of `explore` correlate.

    Parameters
    ----------
    data, items, factors, rotation, method, power, normalize : as those of `explore`
        rotation "oblimin", "quartimin", "promax", "varimax" or "none"; method "ml" or "pa".

    Returns
    -------
    DataFrame
        One row per pair of factors: a, b (their numbers), correlation (0 for "varimax" and "none").

    Raises
    ------
    DataError, OptionError
        As `explore`.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> common = np.repeat(rng.normal(size=(900, 2)) @ [[1, 0.5], [0, 0.87]], 3, axis=1)
    >>> data = pd.DataFrame(common + rng.normal(size=(900, 6)), columns=list("abcdef"))
    >>> factor_correlations(data, factors=2).round(1).to_numpy().tolist()
    [[1.0, 2.0, 0.5]]
    """
    _, _, _, correlations = _explored(data, items, factors, rotation, method, power, normalize)
    first, second = np.triu_indices(factors, 1)
    return pd.DataFrame({"a": first + 1, "b": second + 1, "correlation": correlations[first, second]})


@in_words
def factor_fit(
    data: pd.DataFrame | Survey, items: Sequence[str] | None = None, *, factors: int | Sequence[int]
) -> pd.DataFrame:
    """How well do so many factors fit? Tests of maximum-likelihood factor analyses.

    Parameters
    ----------
    data : DataFrame or Survey
        One row per respondent. Rows with a missing answer to one of the items are left out.
    items : sequence of str, optional
        Two or more numeric columns. Default: all items of a Survey, all columns of a DataFrame.
    factors : int or sequence of int
        Numbers of factors to try, each in the range that `explore` allows.

    Returns
    -------
    DataFrame
        One row per number of factors: factors, n, chisq, df, pvalue, rmsea, note. p value and RMSEA are missing without
        degrees of freedom; note names items whose uniqueness is on its bound (Heywood cases).

    Raises
    ------
    DataError, OptionError
        As `explore`.

    Notes
    -----
    chisq is (n - 1 - (2p + 5) / 6 - 2k / 3) times the smallest discrepancy of p items and k factors (Bartlett 1951,
    doi 10.1093/biomet/38.3-4.337), on ((p - k)^2 - p - k) / 2 degrees of freedom.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> common = np.repeat(rng.normal(size=(300, 2)), 3, axis=1)
    >>> data = pd.DataFrame(common + rng.normal(size=(300, 6)), columns=list("abcdef"))
    >>> found = factor_fit(data, factors=[1, 2])
    >>> found["df"].tolist(), (found["pvalue"] > 0.05).tolist()
    ([9, 4], [False, True])
    """
    values, names = _complete(data, items)
    R, n, p = _correlations(values, names), len(values), len(names)
    wanted: list[int] = list(factors) if isinstance(factors, Iterable) else [factors]
    rows = []
    for k in wanted:
        refuse_factors(k, p)
        solution = _converged(extracted(R, int(k), "ml"), int(k))
        df = ((p - k) ** 2 - p - k) // 2
        chisq = (n - 1 - (2 * p + 5) / 6 - 2 * k / 3) * solution.value
        whole = [name for name, on_bound in zip(names, solution.whole, strict=True) if on_bound]
        rows.append(
            {
                "factors": int(k),
                "n": n,
                "chisq": chisq,
                "df": df,
                "pvalue": chisq_pvalue(chisq, df),
                "rmsea": rmsea(chisq, df, n, 1) if df > 0 else np.nan,
                "note": f"explained whole (Heywood case): {', '.join(whole)}" if whole else "",
            }
        )
    return pd.DataFrame(rows)


def _explored(
    data: pd.DataFrame | Survey,
    items: Sequence[str] | None,
    factors: int,
    rotation: str,
    method: str,
    power: float,
    normalize: bool | None,
) -> tuple[list[str], Factors, Array, Array]:
    """The names of the items, the factors as extracted, and pattern and factor correlations as rotated."""
    values, names = _complete(data, items)
    _refuse(rotation, method, power, normalize)
    refuse_factors(factors, len(names))
    solution = _converged(extracted(_correlations(values, names), factors, method), factors)
    kaiser = rotation in ("varimax", "promax") if normalize is None else bool(normalize)
    size = np.sqrt(solution.communality)[:, None] if kaiser else np.ones((len(names), 1))
    how = HowRotated(
        method="quartimin" if rotation == "oblimin" else rotation, row_weights="none", power=float(power), starts=STARTS
    )
    turned = rotate(solution.loadings / size, how)
    if not turned.converged:
        raise DataError(f"the rotation {rotation!r} of {factors} factors found no optimum; try another one")
    return names, solution, *_largest_first(turned.loadings * size, turned.correlations)


def _largest_first(loadings: Array, correlations: Array) -> tuple[Array, Array]:
    """The factor with the largest sum of squares first, each turned to be positive."""
    order = np.argsort(-np.round((loadings**2).sum(axis=0), 9), kind="stable")
    sign = np.where(loadings[:, order].sum(axis=0) < 0, -1.0, 1.0)
    return loadings[:, order] * sign, correlations[np.ix_(order, order)] * np.outer(sign, sign)


def _converged(solution: Factors, factors: int) -> Factors:
    if solution.converged:
        return solution
    raise DataError(
        f"the analysis with {factors} factors did not converge (gradient {solution.gradient:.1g}); try fewer factors"
    )


def _refuse(rotation: str, method: str, power: float, normalize: bool | None) -> None:
    if method not in METHODS:
        raise OptionError(f"method {method!r} is not known; allowed: {', '.join(METHODS)}")
    if rotation not in ROTATIONS:
        raise OptionError(f"rotation {rotation!r} is not known; allowed: {', '.join(ROTATIONS)}")
    if isinstance(power, bool) or not isinstance(power, Real) or not 1 < float(power) <= MOST_POWER:
        raise OptionError(f"power lies above 1, up to {MOST_POWER}; found {power!r}")
    if normalize not in (None, True, False):
        raise OptionError(f"normalize is True, False or None; found {normalize!r}")


def refuse_factors(factors: int, items: int) -> None:
    """OptionError where items cannot hold so many factors: more correlations than parameters are needed."""
    most = max((k for k in range(1, items) if (items - k) ** 2 >= items + k), default=0)
    if isinstance(factors, bool) or not isinstance(factors, Integral) or not 1 <= factors <= most:
        raise OptionError(f"{items} items can hold 1 to {most} factors; found factors={factors!r}")


def _correlations(values: Array, names: Sequence[str]) -> Array:
    """(p, p) correlations; DataError naming items without variance, or that follow from each other."""
    flat = [name for name, spread in zip(names, np.ptp(values, axis=0), strict=True) if spread == 0]
    if flat:
        raise DataError(f"{', '.join(flat)} has the same answer in all complete rows, so it correlates with nothing")
    R = np.corrcoef(values.T)
    lowest, vectors = np.linalg.eigh(R)
    if lowest[0] < SINGULAR:
        part = np.abs(vectors[:, lowest < SINGULAR]).max(axis=1)
        tied = [name for name, share in zip(names, part, strict=True) if share > 1e-4]
        raise DataError(
            f"the items {', '.join(tied)} follow from each other exactly (a duplicate, a sum or a total among them), "
            "so their correlations cannot be analysed; leave one out"
        )
    return R


def _complete(data: pd.DataFrame | Survey, items: Sequence[str] | None) -> tuple[Array, list[str]]:
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
