"""CFI, TLI and the other indices that compare a model with the baseline model.

A chi-square below `NOTHING` is rounding error and counts as 0; an index that would divide by it is NaN.
Where the baseline has no df, or fits better than chance, indices are those that lavaan reports.
"""

from __future__ import annotations

import math

from sexresearch.sem.inference.chisquare import Test

NOTHING = 1.5e-8  # chi-square, or difference of one from its df, that is rounding error


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


def incremental(test: Test, base: Test) -> dict[str, float]:
    """Indices that compare the model with the baseline model."""
    a, b, c, d = test.chisq, test.df, base.chisq, base.df
    nested = b <= d  # otherwise the baseline is not the more restricted model
    tucker_lewis = tli(a, b, c, d)
    return {
        "cfi": cfi(a, b, c, d),
        "tli": tucker_lewis,
        "nnfi": tucker_lewis,
        "rfi": rfi(a, b, c, d) if nested else math.nan,
        "nfi": nfi(a, b, c) if nested else math.nan,
        "pnfi": pnfi(a, b, c, d),
        "ifi": ifi(a, b, c),
        "rni": rni(a, b, c, d),
    }
