"""RMSEA: its point, its interval and its tests of close fit, plain and scaled."""

from __future__ import annotations

import math

from scipy.special import chndtr, chndtrinc

from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.inference.chisquare import Test


def rmsea(chisq: float, df: float, n: float, groups: int = 1) -> float:
    """Root mean square error of approximation, sqrt(max(chisq - df, 0) / (n df)) sqrt(groups); 0 at df 0.

    Steiger 1990, doi 10.1207/s15327906mbr2502_4; groups: Steiger 1998, doi 10.1080/10705519809540115.

    >>> round(rmsea(85.306, 24, 301), 4)
    0.0921
    """
    return math.sqrt(max(chisq - df, 0.0) / (n * df)) * math.sqrt(groups) if df > 0 else 0.0


def rmsea_interval(chisq: float, df: float, n: float, groups: int = 1, level: float = 0.90) -> tuple[float, float]:
    """Limits of RMSEA from the noncentral chi-square (Browne & Cudeck 1992, doi 10.1177/0049124192021002005).

    >>> [round(limit, 3) for limit in rmsea_interval(85.306, 24, 301)]
    [0.071, 0.114]
    """
    if df <= 0:
        return 0.0, 0.0
    tail = (1 - level) / 2
    limits = [_noncentrality(chisq, df, p) for p in (1 - tail, tail)]
    lower, upper = (math.sqrt(limit / (n * df)) * math.sqrt(groups) for limit in limits)
    return lower, upper


def _noncentrality(chisq: float, df: float, probability: float) -> float:
    """The noncentrality at which the chi-square distribution function equals `probability`; 0 where none does."""
    if chndtr(chisq, df, 0.0) < probability:
        return 0.0
    return max(float(chndtrinc(chisq, df, probability)), 0.0)


def rmsea_close_pvalue(chisq: float, df: float, n: float, groups: int = 1, close: float = 0.05) -> float:
    """p of the hypothesis RMSEA <= close (Browne & Cudeck 1992); NaN at df 0.

    >>> round(rmsea_close_pvalue(85.306, 24, 301), 4)
    0.0007
    """
    return 1.0 - float(chndtr(chisq, df, n * df * close**2 / groups)) if df > 0 else math.nan


def rmsea_family(chisq: float, df: float, n: float, groups: int) -> dict[str, float]:
    """RMSEA, its 90 % limits and the p values of close (.05) and not close (.08) fit."""
    lower, upper = rmsea_interval(chisq, df, n, groups)
    far = rmsea_close_pvalue(chisq, df, n, groups, close=0.08)
    return {
        "rmsea": rmsea(chisq, df, n, groups),
        "rmsea_ci_lower": lower,
        "rmsea_ci_upper": upper,
        "rmsea_pvalue": rmsea_close_pvalue(chisq, df, n, groups),
        "rmsea_notclose_pvalue": 1.0 - far,
    }


def rmsea_measures(fitted: Fitted, test: Test, scaled: Test | None) -> dict[str, float]:
    """RMSEA and what belongs to it, of the test and of the scaled test."""
    n, groups = fitted.weight, fitted.table.n_groups
    out = rmsea_family(test.chisq, test.df, n, groups)
    if scaled is not None:
        shifted = not math.isnan(scaled.shift) or (scaled.df == 0 and fitted.gives("rmsea_scaled at df 0"))
        chisq, df = (scaled.chisq, scaled.df) if shifted else (test.chisq, scaled.trace)
        known = shifted or test.df > 0  # without degrees of freedom there is nothing to scale
        family = rmsea_family(chisq, df if known else 0.0, n, groups)
        out |= {f"{name}_scaled": v if known else math.nan for name, v in family.items()}
    return out
