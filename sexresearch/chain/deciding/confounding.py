"""How strong a cause that nobody measured must be to undo an effect: closed forms from t and its degrees of freedom.

With f = |t| / sqrt(df), a confounder that explains the share RV = (sqrt(f^4 + 4 f^2) - f^2) / 2 of what is left of the
cause, and as much of what is left of the effect, takes the estimate to 0; with f less t_crit / sqrt(df - 1) in place of
f, below significance (Cinelli & Hazlett 2020, doi 10.1111/rssb.12348). Module `phantom` puts it into the model instead.
"""

from __future__ import annotations

from math import sqrt

from scipy.special import stdtrit


def robustness(t: float, df: float) -> float:
    """RV: the share of both remainders that a confounder must explain to take the estimate to 0.

    >>> round(robustness(4.18, 783), 3)
    0.139
    """
    return shared(abs(t) / sqrt(df))


def robustness_of_significance(t: float, df: float, level: float) -> float:
    """The share that takes the estimate below significance; 0 where it is not significant.

    >>> round(robustness_of_significance(4.18, 783, 0.95), 3)
    0.076
    """
    f, critical = abs(t) / sqrt(df), float(stdtrit(df - 1, 0.5 + level / 2)) / sqrt(df - 1)
    if f <= critical:
        return 0.0
    if f > 1 / critical:  # the effect need not be explained as well: the cause alone decides
        return (f**2 - critical**2) / (1 + f**2)
    return shared(f - critical)


def partial_r2(t: float, df: float) -> float:
    """The share of what is left of the effect that the cause explains."""
    return t**2 / (t**2 + df)


def shared(f: float) -> float:
    """The share of both remainders that takes away an effect of f, in standard deviations of both remainders.

    >>> round(shared(1.0), 3), shared(0.0)
    (0.618, 0.0)
    """
    return (sqrt(f**4 + 4 * f**2) - f**2) / 2
