"""Root mean square residuals, and the share of the moments that is explained."""

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


def goodness_of_fit(fitted: Fitted, df: float) -> dict[str, float]:
    """GFI, AGFI, PGFI (Joreskog & Sorbom 1981; Tanaka & Huba 1985): weighted share of the moments that is explained.

    The weight is the estimator's own; for the likelihood the normal-theory one at the implied covariances.
    AGFI is 1 at df 0. With missing answers the sample's moments are those of the saturated model, so that a saturated
    model has GFI 1; lavaan 0.6-14 takes pairwise ones there.
    """
    gfi, count = 0.0, 0
    for point, share in zip(fitted.points, fitted.shares, strict=True):
        missed, whole, moments = point.explained()
        gfi += share * (1.0 - missed / whole)
        count += moments
    agfi = 1.0 - count / df * (1.0 - gfi) if df > 0 else 1.0
    return {"gfi": gfi, "agfi": agfi, "pgfi": df / count * gfi}


def weighted_root_mean_residual(fitted: Fitted, chisq: float) -> float:
    """WRMR = sqrt(chisq / moments per group) (Yu 2002)."""
    count = sum(len(point.moments) for point in fitted.points)
    return math.sqrt(chisq * fitted.table.n_groups / count)
