"""GFI and its kin, the critical n, McDonald's index and the expected cross-validation index."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import chdtri

from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.inference.chisquare import Test
from sexresearch.sem.inference.incremental_indices import NOTHING
from sexresearch.sem.inference.root_mean_square_residuals import weighted_root_mean_residual


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


def goodness_measures(fitted: Fitted, test: Test, npar: int) -> dict[str, float]:
    """Critical n (Hoelter 1983), GFI, AGFI, PGFI, WRMR with ordered variables, MFI (McDonald 1989) and ECVI."""
    n, df = fitted.weight, test.df
    rate = test.chisq / n

    def critical_n(alpha: float) -> float:
        return float(chdtri(df, alpha)) / rate + 1.0 if df > 0 and test.chisq > NOTHING else math.nan

    out = {"cn_05": critical_n(0.05), "cn_01": critical_n(0.01)}
    out |= goodness_of_fit(fitted, df)
    if fitted.levels:
        out["wrmr"] = weighted_root_mean_residual(fitted, test.chisq)
    out["mfi"] = float(np.exp(-0.5 * (test.chisq - df) / n))
    return out if fitted.levels else out | {"ecvi": rate + 2.0 * npar / n}
