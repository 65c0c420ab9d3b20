"""RMR, SRMR, CRMR and WRMR: root mean squares of the residuals."""

from __future__ import annotations

import math

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
            alone = _root(means[:0], covs, count)
            whole = _root(means, covs, count + len(means)) if len(means) else alone
            total[name] = total.get(name, 0.0) + share * whole
            total[f"{name}_nomean"] = total.get(f"{name}_nomean", 0.0) + share * alone
    if LEVELS[0] in total:
        return {"srmr": sum(total[name] for name in LEVELS)} | {name: total[name] for name in LEVELS}
    return {name: total.get(name, math.nan) for name in ORDER}


def _root(means: Array, covs: Array, count: int) -> float:
    return math.sqrt((float(means @ means) + float(covs @ covs)) / count) if count else 0.0


def weighted_root_mean_residual(fitted: Fitted, chisq: float) -> float:
    """WRMR = sqrt(chisq / moments per group) (Yu 2002)."""
    count = sum(len(point.moments) for point in fitted.points)
    return math.sqrt(chisq * fitted.table.n_groups / count)
