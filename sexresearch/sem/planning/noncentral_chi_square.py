"""Power of chi-square tests as functions of plain numbers."""

from __future__ import annotations

import math

from scipy.special import chdtri, chndtr, chndtrinc, chndtrix

MOST = 10**7  # respondents beyond which no study goes


def noncentral_power(noncentrality: float, df: float = 1.0, alpha: float = 0.05) -> float:
    """Probability that a noncentral chi-square exceeds the critical value of its central one.

    >>> round(noncentral_power(7.849), 3)
    0.8
    """
    return 1.0 - float(chndtr(chdtri(df, alpha), df, noncentrality))


def noncentrality_needed(power: float, df: float = 1.0, alpha: float = 0.05) -> float:
    """The noncentrality at which the test has this power (Satorra & Saris 1985, doi 10.1007/BF02294150).

    >>> round(noncentrality_needed(0.8), 3)
    7.849
    """
    return float(chndtrinc(chdtri(df, alpha), df, 1.0 - power))


def rmsea_test_power(df: int, n: float, rmsea0: float, rmsea1: float, alpha: float = 0.05, groups: int = 1) -> float:
    """Power to reject RMSEA = rmsea0 when it is rmsea1: of close or exact fit (rmsea1 larger), or not close (smaller).

    (n - 1) df rmsea^2 / groups is the noncentrality; MacCallum, Browne & Sugawara 1996,
    doi 10.1037/1082-989X.1.2.130.

    >>> round(rmsea_test_power(20, 200, 0.05, 0.08), 3)
    0.454
    """
    under, true = ((n - 1) * df * rmsea**2 / groups for rmsea in (rmsea0, rmsea1))
    if rmsea1 > rmsea0:
        return 1.0 - float(chndtr(_quantile(1.0 - alpha, df, under), df, true))
    return float(chndtr(_quantile(alpha, df, under), df, true))


def _quantile(probability: float, df: float, noncentrality: float) -> float:
    """The value that a noncentral chi-square stays below with this probability."""
    if noncentrality == 0.0:
        return float(chdtri(df, 1.0 - probability))
    return float(chndtrix(probability, df, noncentrality))


def rmsea_test_size(df: int, power: float, rmsea0: float, rmsea1: float, alpha: float = 0.05, groups: int = 1) -> float:
    """The smallest n at which the test of rmsea0 has this power; NaN where ten million are not enough.

    >>> rmsea_test_size(20, 0.8, 0.05, 0.08)
    434.0
    """
    low, high = 1, 2
    while rmsea_test_power(df, high, rmsea0, rmsea1, alpha, groups) < power:
        low, high = high, 2 * high
        if high > MOST:
            return math.nan
    while high - low > 1:
        middle = (low + high) // 2
        enough = rmsea_test_power(df, middle, rmsea0, rmsea1, alpha, groups) >= power
        low, high = (low, middle) if enough else (middle, high)
    return float(high)
