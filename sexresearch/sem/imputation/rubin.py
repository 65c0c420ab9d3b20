"""Rubin's rules: one answer from the same model fitted to m imputed data sets, as functions of plain numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, fdtrc

from sexresearch.sem.arrays import Array


@dataclass(frozen=True)
class PooledTest:
    """F on df1 and df2 degrees of freedom, p (all NaN at df1 0), and what missing answers cost.

    riv : average relative increase in variance; fmi : fraction of missing information, riv / (1 + riv).
    """

    f: float
    df1: float
    df2: float
    pvalue: float
    riv: float
    fmi: float

    @property
    def chisq(self) -> float:
        """df1 times F: the chi-square that fit indices are made of; 0 at df1 0."""
        return self.f * self.df1 if self.df1 > 0 else 0.0


def total_covariance(estimates: Array, vcovs: Array) -> Array:
    """(q, q) W + (1 + 1/m) B from estimates (m, q) and their covariances (m, q, q): Rubin 1987, equation 3.1.5.

    W is the mean of the covariances, B the covariance of the estimates across the m sets
    (Multiple Imputation for Nonresponse in Surveys, doi 10.1002/9780470316696).
    """
    between = np.cov(estimates, rowvar=False, ddof=1).reshape(vcovs.shape[1:])
    return vcovs.mean(axis=0) + (1.0 + 1.0 / len(estimates)) * between


def relative_increase(estimates: Array, errors: Array) -> Array:
    """(k,) riv = (1 + 1/m) B / W of estimates (m, k) with standard errors (m, k); NaN where W is 0 (fixed values).

    >>> relative_increase(np.array([[1.0], [2.0], [3.0]]), np.full((3, 1), 2.0)).round(4).tolist()
    [0.3333]
    """
    within, between = (errors**2).mean(axis=0), estimates.var(axis=0, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(within > 0, (1.0 + 1.0 / len(estimates)) * between / within, np.nan)


def barnard_rubin(m: int, riv: Array, complete: float = math.inf) -> Array:
    """(k,) degrees of freedom of t: Barnard & Rubin 1999, doi 10.1093/biomet/86.4.948.

    1 / (1 / old + 1 / seen), with old = (m - 1)(1 + 1 / riv)^2 (Rubin 1987), seen = complete (complete + 1) /
    ((complete + 3)(1 + riv)), and `complete` the degrees of freedom without missing answers.

    >>> barnard_rubin(5, np.array([0.25]), complete=100).round(2).tolist()
    [43.96]
    """
    with np.errstate(divide="ignore"):
        old = (m - 1) * (1.0 + 1.0 / np.asarray(riv, dtype=float)) ** 2
    if math.isinf(complete):
        return old
    seen = complete * (complete + 1.0) / ((complete + 3.0) * (1.0 + riv))
    return 1.0 / (1.0 / old + 1.0 / seen)


def missing_information(riv: Array, df: Array) -> Array:
    """(k,) fraction of missing information (riv + 2 / (df + 3)) / (1 + riv): Rubin 1987, equation 3.1.10."""
    return (riv + 2.0 / (df + 3.0)) / (1.0 + riv)


def d2_test(chisq: Array, df: float) -> PooledTest:
    """D2: from the m chi-squares alone (Li, Meng, Raghunathan & Rubin 1991, Statistica Sinica 1, 65-92).

    riv = (1 + 1/m) var(sqrt(chisq)); F = (mean / df - (m + 1) / (m - 1) riv) / (1 + riv), not below 0;
    df2 = df^(-3/m) (m - 1)(1 + 1 / riv)^2.

    >>> test = d2_test(np.array([40.0, 44.0, 42.0, 47.0, 39.0]), 24)
    >>> round(test.f, 3), round(test.pvalue, 3)
    (1.547, 0.063)
    """
    m = len(chisq)
    if df == 0:
        return _empty(df)
    riv = (1.0 + 1.0 / m) * float(np.var(np.sqrt(np.maximum(chisq, 0.0)), ddof=1))
    f = (float(np.mean(chisq)) / df - (m + 1.0) / (m - 1.0) * riv) / (1.0 + riv)
    df2 = df ** (-3.0 / m) * (m - 1.0) * (1.0 + 1.0 / riv) ** 2 if riv > 0 else math.inf
    return _test(f, df, df2, riv)


def d3_test(mean_chisq: float, chisq_at_mean: float, df: float, m: int) -> PooledTest:
    """D3: from likelihood ratios (Meng & Rubin 1992, doi 10.1093/biomet/79.1.103).

    mean_chisq : mean of the m likelihood ratios, each at its own estimates; chisq_at_mean : at the mean estimates.
    riv = (m + 1) / (df (m - 1)) (mean_chisq - chisq_at_mean); F = chisq_at_mean / (df (1 + riv)), not below 0.

    >>> round(d3_test(44.0, 40.0, 24, 20).f, 3)
    1.407
    """
    if df == 0:
        return _empty(df)
    a = df * (m - 1.0)
    riv = (m + 1.0) / a * (mean_chisq - chisq_at_mean)
    if riv == 0:
        return _test(chisq_at_mean / df, df, math.inf, riv)
    if a > 4:
        df2 = 4.0 + (a - 4.0) * (1.0 + (1.0 - 2.0 / a) / riv) ** 2
    else:
        df2 = a * (1.0 + 1.0 / df) * (1.0 + 1.0 / riv) ** 2 / 2.0
    return _test(chisq_at_mean / (df * (1.0 + riv)), df, df2, riv)


def _empty(df: float) -> PooledTest:
    return PooledTest(math.nan, df, math.nan, math.nan, math.nan, math.nan)


def _test(f: float, df1: float, df2: float, riv: float) -> PooledTest:
    f = max(f, 0.0)
    pvalue = float(chdtrc(df1, df1 * f) if math.isinf(df2) else fdtrc(df1, df2, f))
    return PooledTest(f, df1, df2, pvalue, riv, riv / (1.0 + riv))
