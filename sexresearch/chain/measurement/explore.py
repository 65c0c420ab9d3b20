"""A first look without a model, `efa` at a glance: which items go together, and how well so many factors fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Literal, get_args

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.chain.measurement.efa import efa_text, refuse_more_than_identified
from sexresearch.chain.measurement.parallel import complete_rows
from sexresearch.errors import DataError, OptionError
from sexresearch.sem import Fitting, Model, Moments
from sexresearch.sem import Rotation as HowRotated
from sexresearch.sem.view import Array, Extraction, chisq_pvalue, quiet_fit, rmsea, rotate
from sexresearch.survey import Survey

Rotation = Literal["oblimin", "quartimin", "promax", "varimax", "none"]
METHODS, ROTATIONS = get_args(Extraction), get_args(Rotation)
ESTIMATORS = {"ml": "ML", "pa": "ULS"}
SINGULAR = 1e-10  # eigenvalue of correlations that is rounding
MOST_POWER = 20
LEAST = 0.005  # bound of uniquenesses, as of R's factanal; an item that reaches it is explained whole (Heywood case)
BOUND = 1e-8  # distance from a bound that is rounding


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
    """Which items go together? `efa` of the items' correlations, at a glance.

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
    The fit and the rotation are those of `efa`, which has standard errors, measures of fit and more rotations. The same
    answers always give the same result: starts are fixed, and the gradient proves the minimum. "none" shows principal
    axes; "promax" raises the loadings of rows of unit length, as psych does, where `efa` takes them as they are, like
    lavaan. Lawley & Maxwell 1971, Factor Analysis as a Statistical Method; Harman & Jones 1966,
    doi 10.1007/BF02289468 ("pa"); Jennrich 2002, doi 10.1007/BF02294706 (rotation).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> common = np.repeat(rng.normal(size=(300, 2)), 3, axis=1)
    >>> data = pd.DataFrame(common + rng.normal(size=(300, 6)), columns=list("abcdef"))
    >>> found = explore(data, factors=2)
    >>> sorted(found[found["loading"] > 0.4].groupby("factor")["item"].sum())
    ['abc', 'def']
    """
    shown = _explored(data, items, factors, rotation, method, power, normalize)
    return pd.DataFrame(
        {
            "item": np.repeat(shown.items, factors),
            "factor": np.tile(np.arange(1, factors + 1), len(shown.items)),
            "loading": shown.loadings.ravel(),
            "communality": np.repeat(1.0 - shown.uniqueness, factors),
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

    Notes
    -----
    T'T, with T what turns the principal axes (Jennrich 2002, doi 10.1007/BF02294706); fit and rotation are those of
    `explore`.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> common = np.repeat(rng.normal(size=(900, 2)) @ [[1, 0.5], [0, 0.87]], 3, axis=1)
    >>> data = pd.DataFrame(common + rng.normal(size=(900, 6)), columns=list("abcdef"))
    >>> factor_correlations(data, factors=2).round(1).to_numpy().tolist()
    [[1.0, 2.0, 0.5]]
    """
    shown = _explored(data, items, factors, rotation, method, power, normalize)
    first, second = np.triu_indices(factors, 1)
    return pd.DataFrame({"a": first + 1, "b": second + 1, "correlation": shown.correlations[first, second]})


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
    values, names = complete_rows(data, items)
    R, n, p = _correlations(values, names), len(values), len(names)
    wanted: list[int] = list(factors) if isinstance(factors, Iterable) else [factors]
    rows = []
    for k in wanted:
        refuse_more_than_identified(k, names)
        fit = _fitted(R, names, n, int(k), "ml")
        df = ((p - k) ** 2 - p - k) // 2
        chisq = (n - 1 - (2 * p + 5) / 6 - 2 * k / 3) * fit.discrepancy
        whole = [name for name, u in zip(names, fit.uniqueness, strict=True) if u <= LEAST + BOUND]
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


@dataclass(frozen=True)
class _Exploration:
    """Items, loadings (p, k), uniquenesses (p,) and factor correlations (k, k)."""

    items: list[str]
    loadings: Array
    uniqueness: Array
    correlations: Array


def _explored(
    data: pd.DataFrame | Survey,
    items: Sequence[str] | None,
    factors: int,
    rotation: str,
    method: str,
    power: float,
    normalize: bool | None,
) -> _Exploration:
    """The factors as `explore` shows them: the one that explains most first, each turned to be positive."""
    values, names = complete_rows(data, items)
    _refuse(rotation, method, power, normalize)
    refuse_more_than_identified(factors, names)
    fit = _fitted(_correlations(values, names), names, len(values), int(factors), method)
    kaiser = rotation in ("varimax", "promax") if normalize is None else bool(normalize)
    size = np.sqrt((fit.loadings**2).sum(axis=1))[:, None] if kaiser else np.ones((len(names), 1))
    A = _principal(fit.loadings, fit.uniqueness if method == "ml" else np.ones(len(names)))
    turned = rotate(A / size, HowRotated(method=rotation, row_weights="none", power=float(power)))
    if not turned.converged:
        raise DataError(f"the rotation {rotation!r} of {factors} factors found no optimum; try another one")
    loadings = turned.loadings * size
    order = np.argsort(-np.round((loadings**2).sum(axis=0), 9), kind="stable")
    sign = np.where(loadings[:, order].sum(axis=0) < 0, -1.0, 1.0)
    correlations = turned.correlations[np.ix_(order, order)] * np.outer(sign, sign)
    return _Exploration(names, loadings[:, order] * sign, fit.uniqueness, correlations)


@dataclass(frozen=True)
class _UnrotatedFactors:
    """Loadings (p, k) in echelon form, uniquenesses (p,), and the discrepancy of the likelihood."""

    loadings: Array
    uniqueness: Array
    discrepancy: float


def _fitted(R: Array, names: list[str], n: int, factors: int, method: str) -> _UnrotatedFactors:
    """The fit of `efa` to correlations (p, p), before it is rotated; DataError where it does not converge."""
    scale = n / (n - 1) if method == "ml" else 1.0  # the likelihood divides sums of squares by n
    cov = pd.DataFrame(R * scale, index=names, columns=names)
    fitting = Fitting(estimator=ESTIMATORS[method], rotation="none")
    results = quiet_fit(Model(efa_text(names, factors, LEAST)), None, fitting, moments=Moments(cov, nobs=n))
    if not results.converged:
        raise DataError(f"the analysis with {factors} factors did not converge; try fewer factors")
    rows = results.parameters
    value = {(row.lhs, row.op, row.rhs): row.est for row in rows.itertuples()}
    latent = list(dict.fromkeys(rows.loc[rows["op"] == "=~", "lhs"]))
    loadings = np.array([[value[f, "=~", item] for f in latent] for item in names])
    uniqueness = np.array([value[item, "~~", item] for item in names])
    return _UnrotatedFactors(loadings, uniqueness, float(results.fit_measures["chisq"]) / n)


def _principal(loadings: Array, uniqueness: Array) -> Array:
    """The loadings (p, k) of uncorrelated factors along their principal axes, items weighed by their uniqueness."""
    return loadings @ np.linalg.eigh((loadings.T / uniqueness) @ loadings)[1]


def _refuse(rotation: str, method: str, power: float, normalize: bool | None) -> None:
    if method not in METHODS:
        raise OptionError(f"method {method!r} is not known; allowed: {', '.join(METHODS)}")
    if rotation not in ROTATIONS:
        raise OptionError(f"rotation {rotation!r} is not known; allowed: {', '.join(ROTATIONS)}")
    if isinstance(power, bool) or not isinstance(power, Real) or not 1 < float(power) <= MOST_POWER:
        raise OptionError(f"power lies above 1, up to {MOST_POWER}; found {power!r}")
    if normalize not in (None, True, False):
        raise OptionError(f"normalize is True, False or None; found {normalize!r}")


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
