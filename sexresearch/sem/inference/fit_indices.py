"""Fit measures as functions of plain numbers, so that each can be held against its formula.

A chi-square below `NOTHING` is rounding error and counts as 0; an index that would divide by it is NaN.
Where the baseline has no df, or fits better than chance, indices are those that lavaan reports.
"""

from __future__ import annotations

import math

from scipy.special import chndtr, chndtrinc

NOTHING = 1.5e-8  # chi-square, or difference of one from its df, that is rounding error


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


def cfi(chisq: float, df: float, baseline_chisq: float, baseline_df: float) -> float:
    """Comparative fit index (Bentler 1990, doi 10.1037/0033-2909.107.2.238), between 0 and 1.

    >>> round(cfi(85.306, 24, 918.852, 36), 3)
    0.931
    """
    return share_explained(chisq - df, baseline_chisq - baseline_df)


def share_explained(excess: float, most: float) -> float:
    """1 - excess / max(excess, most), none below 0: CFI from the noncentralities of model and baseline.

    >>> share_explained(1e-12, -0.4)
    1.0
    """
    bottom = max(excess, most)
    return 1.0 - max(excess, 0.0) / bottom if bottom > NOTHING else 1.0


def rni(chisq: float, df: float, baseline_chisq: float, baseline_df: float) -> float:
    """Relative noncentrality index (McDonald & Marsh 1990, doi 10.1037/0033-2909.107.2.247): CFI without its limits."""
    base = baseline_chisq - baseline_df
    return 1.0 - (chisq - df) / base if abs(base) > NOTHING else math.nan


def tli(chisq: float, df: float, baseline_chisq: float, baseline_df: float) -> float:
    """Tucker-Lewis index (1973, doi 10.1007/BF02291170); 1 at df 0.

    >>> round(tli(85.306, 24, 918.852, 36), 3)
    0.896
    """
    if df <= 0 or baseline_df <= 0 or abs(baseline_chisq - baseline_df) <= NOTHING:
        return 1.0
    base = baseline_chisq / baseline_df
    return 1.0 - (chisq / df - 1.0) / (base - 1.0)


def nfi(chisq: float, df: float, baseline_chisq: float) -> float:
    """Normed fit index (Bentler & Bonett 1980, doi 10.1037/0033-2909.88.3.588); 1 at df 0."""
    if baseline_chisq <= NOTHING:
        return math.nan
    return (baseline_chisq - chisq) / baseline_chisq if df > 0 else 1.0


def pnfi(chisq: float, df: float, baseline_chisq: float, baseline_df: float) -> float:
    """Parsimonious normed fit index, df / baseline df times NFI (James, Mulaik & Brett 1982)."""
    if baseline_df <= 0 or baseline_chisq <= NOTHING:
        return math.nan
    return df / baseline_df * (baseline_chisq - chisq) / baseline_chisq


def rfi(chisq: float, df: float, baseline_chisq: float, baseline_df: float) -> float:
    """Relative fit index (Bollen 1986, doi 10.1007/BF02294061); 1 at df 0."""
    if df <= 0 or baseline_df <= 0:
        return 1.0
    if baseline_chisq <= NOTHING:
        return math.nan
    base = baseline_chisq / baseline_df
    return (base - chisq / df) / base


def ifi(chisq: float, df: float, baseline_chisq: float) -> float:
    """Incremental fit index (Bollen 1989, doi 10.1177/0049124189017003004); 1 where the baseline is below df."""
    if abs(baseline_chisq - df) <= NOTHING:
        return math.nan
    return (baseline_chisq - chisq) / (baseline_chisq - df) if baseline_chisq > df else 1.0


def information_criteria(logl: float, npar: int, n: float) -> dict[str, float]:
    """AIC (Akaike 1974), BIC (Schwarz 1978) and sample-size adjusted BIC (`bic2`, Sclove 1987).

    >>> round(information_criteria(-3737.745, 21, 301)["aic"], 2)
    7517.49
    """
    return {
        "aic": -2 * logl + 2 * npar,
        "bic": -2 * logl + npar * math.log(n),
        "bic2": -2 * logl + npar * math.log((n + 2) / 24),
    }
