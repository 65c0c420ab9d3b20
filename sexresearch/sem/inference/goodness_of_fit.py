"""GFI and its kin, the critical n, McDonald's index and the expected cross-validation index."""

from __future__ import annotations

import math

from scipy.special import chdtri

from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.inference.chisquare import Test
from sexresearch.sem.inference.incremental_indices import NOTHING
from sexresearch.sem.inference.root_mean_square_residuals import weighted_root_mean_residual


def gfi(unexplained: float, whole: float) -> float:
    """Share of the moments that the model explains: 1 - r'Wr / s'Ws, r the residuals of the moments s, W their weight.

    Joreskog & Sorbom 1981; Tanaka & Huba 1985.

    >>> gfi(0.1, 2.0)
    0.95
    """
    return 1.0 - unexplained / whole


def agfi(share: float, df: float, moments: int) -> float:
    """GFI adjusted for the parameters: 1 - moments / df (1 - GFI); 1 at df 0.

    >>> round(agfi(0.95, 24, 45), 5)
    0.90625
    """
    return 1.0 - moments / df * (1.0 - share) if df > 0 else 1.0


def pgfi(share: float, df: float, moments: int) -> float:
    """GFI times the share of the moments that is no parameter's: df / moments GFI.

    Mulaik, James, Van Alstine, Bennett, Lind & Stilwell 1989.

    >>> round(pgfi(0.9, 24, 45), 2)
    0.48
    """
    return df / moments * share


def critical_n(chisq: float, df: float, n: float, alpha: float) -> float:
    """The sample at which a misfit of this size just reaches significance; NaN without df or misfit.

    Hoelter 1983.

    >>> round(critical_n(85.306, 24, 301, 0.05), 1)
    129.5
    """
    return float(chdtri(df, alpha)) * n / chisq + 1.0 if df > 0 and chisq > NOTHING else math.nan


def mfi(chisq: float, df: float, n: float) -> float:
    """McDonald's index: exp(-(chisq - df) / (2 n)) (McDonald 1989, doi 10.1007/BF01908590).

    >>> round(mfi(85.306, 24, 301), 3)
    0.903
    """
    return math.exp(-0.5 * (chisq - df) / n)


def ecvi(chisq: float, npar: int, n: float) -> float:
    """Expected cross-validation index: (chisq + 2 parameters) / n (Browne & Cudeck 1989).

    >>> round(ecvi(85.306, 21, 301), 3)
    0.423
    """
    return chisq / n + 2.0 * npar / n


def goodness_of_fit(fitted: Fitted, df: float) -> dict[str, float]:
    """GFI, AGFI and PGFI, groups averaged by their shares of the respondents.

    The weight is the estimator's own; for the likelihood the normal-theory one at the implied covariances. With missing
    answers the sample's moments are those of the saturated model, so that a saturated model has GFI 1; lavaan 0.6-14
    takes pairwise ones there.
    """
    share, count = 0.0, 0
    for point, part in zip(fitted.points, fitted.shares, strict=True):
        missed, whole, moments = point.explained()
        share += part * gfi(missed, whole)
        count += moments
    return {"gfi": share, "agfi": agfi(share, df, count), "pgfi": pgfi(share, df, count)}


def goodness_measures(fitted: Fitted, test: Test, npar: int) -> dict[str, float]:
    """Critical n, GFI, AGFI, PGFI, MFI, and WRMR or ECVI where the terms are measured by them."""
    n, df, chisq = fitted.weight, test.df, test.chisq
    out = {"cn_05": critical_n(chisq, df, n, 0.05), "cn_01": critical_n(chisq, df, n, 0.01)}
    out |= goodness_of_fit(fitted, df)
    if fitted.gives("wrmr"):
        out["wrmr"] = weighted_root_mean_residual(fitted, chisq)
    out["mfi"] = mfi(chisq, df, n)
    return out | {"ecvi": ecvi(chisq, npar, n)} if fitted.gives("ecvi") else out
