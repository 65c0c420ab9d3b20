"""RMR, SRMR, CRMR and WRMR: root mean squares of the residuals."""

from __future__ import annotations

import math

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted

ORDER = (
    "rmr", "rmr_nomean", "srmr", "srmr_bentler", "srmr_bentler_nomean", "crmr", "crmr_nomean", "srmr_mplus",
    "srmr_mplus_nomean",
)  # fmt: skip
LEVELS = ("srmr_within", "srmr_between")


def root_mean_square_residuals(fitted: Fitted) -> dict[str, float]:
    """RMR, SRMR (Bentler 1995, and as in Mplus) and CRMR (Bollen 1989), with and without means or thresholds.

    Groups are averaged by their share of the respondents. Without a mean structure both versions are equal.
    With two levels SRMR within and between, and their sum, as in lavaan.
    """
    total: dict[str, float] = {}
    for point, share in zip(fitted.points, fitted.shares, strict=True):
        for name, (means, covs, count) in point.residuals().items():
            alone = root_mean_square(covs, count)
            whole = root_mean_square(np.append(means, covs), count + len(means))
            total[name] = total.get(name, 0.0) + share * whole
            total[f"{name}_nomean"] = total.get(f"{name}_nomean", 0.0) + share * alone
    if LEVELS[0] in total:
        return {"srmr": sum(total[name] for name in LEVELS)} | {name: total[name] for name in LEVELS}
    return {name: total.get(name, math.nan) for name in ORDER}


def root_mean_square(residuals: Array, count: int) -> float:
    """The root of the mean square of `count` residuals, of which those that are 0 for certain may be left out.

    It is SRMR where they are (s_ij - sigma_ij) / sqrt(s_ii s_jj) of each variance and covariance once, and
    (mean_i - mu_i) / sqrt(s_ii) of means; RMR where they are not divided; CRMR where they are of correlations.

    >>> root_mean_square(np.array([0.3, -0.3]), 6)  # of three variables, one covariance is exact
    0.17320508075688773
    """
    return math.sqrt(float(residuals @ residuals) / count) if count else 0.0


def wrmr(chisq: float, groups: int, moments: int) -> float:
    """Weighted root mean square residual: sqrt(chisq groups / moments) (Yu 2002).

    >>> wrmr(32.0, 1, 50)
    0.8
    """
    return math.sqrt(chisq * groups / moments)


def weighted_root_mean_residual(fitted: Fitted, chisq: float) -> float:
    """WRMR of a fit, all moments of all groups counted."""
    return wrmr(chisq, fitted.table.n_groups, sum(len(point.moments) for point in fitted.points))
