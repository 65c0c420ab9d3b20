"""Sample less implied moments, and the root mean square residuals made of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.implied.discrepancy import LeastSquares
from sexresearch.sem.implied.structure import vech_index


def moment_pairs(fitted: Fitted) -> list[tuple[Array, Array, Array, Array, float]]:
    """Per group: sample mean, sample cov, implied mean, implied cov, share of the respondents."""
    return [
        (sample.mean, analysed_cov(fitted, number), state.mean, state.cov, sample.n / fitted.n)
        for number, (sample, state) in enumerate(zip(fitted.samples, fitted.states, strict=True))
    ]


def analysed_cov(fitted: Fitted, number: int) -> Array:
    """(p, p) the sample covariances the estimator looks at: denominator n, or n - 1 for least squares."""
    sample = fitted.samples[number]
    return sample.cov * sample.n / (sample.n - 1) if isinstance(fitted.objective, LeastSquares) else sample.cov


def root_mean_square_residuals(fitted: Fitted) -> dict[str, float]:
    """RMR, SRMR (Bentler 1995, and as in Mplus) and CRMR (Bollen 1989), with and without means.

    Groups are averaged by their share of the respondents. Without a mean structure both versions are equal.
    """
    has_means = fitted.structures[0].has_means
    total: dict[str, float] = {}
    for mean, cov, mu, sigma, share in moment_pairs(fitted):
        kinds = _residual_kinds(mean, cov, mu, sigma)
        for name, (means, covs, count) in kinds.items():
            with_means = _rms([means, covs] if has_means else [covs], count + (len(mean) if has_means else 0))
            total[name] = total.get(name, 0.0) + share * with_means
            total[f"{name}_nomean"] = total.get(f"{name}_nomean", 0.0) + share * _rms([covs], count)
    order = ("rmr", "rmr_nomean", "srmr", "srmr_bentler", "srmr_bentler_nomean", "crmr", "crmr_nomean")
    total["srmr"] = total["srmr_bentler"]
    return {name: total[name] for name in (*order, "srmr_mplus", "srmr_mplus_nomean")}


def _residual_kinds(mean: Array, cov: Array, mu: Array, sigma: Array) -> dict[str, tuple[Array, Array, int]]:
    i, j = vech_index(len(cov))
    s, t = np.sqrt(np.diag(cov)), np.sqrt(np.abs(np.diag(sigma)))
    shift, gap = mean - mu, (cov - sigma)[i, j]
    correlation = (cov / np.outer(s, s) - sigma / np.outer(t, t))[i, j]
    scaled_shift = mean / s - mu / t
    mplus = np.where(i == j, gap / (s[i] * s[j]), correlation)
    off = int((i != j).sum())
    return {
        "rmr": (shift, gap, len(gap)),
        "srmr_bentler": (shift / s, gap / (s[i] * s[j]), len(gap)),
        "crmr": (shift / s, correlation, off),
        "srmr_mplus": (scaled_shift, mplus, len(gap)),
    }


def _rms(parts: Sequence[Array], count: int) -> float:
    return math.sqrt(sum(float(part @ part) for part in parts) / count) if count else 0.0


def goodness_of_fit(fitted: Fitted, df: float) -> dict[str, float]:
    """GFI, AGFI, PGFI (Joreskog & Sorbom 1981; Tanaka & Huba 1985): weighted share of the moments that is explained.

    The weight is the estimator's own; for the likelihood the normal-theory one at the implied covariances,
    m'V m + tr(V S V S) / 2 with V their inverse.
    Moments of fixed exogenous variables take no part; AGFI is 1 at df 0. With missing answers the sample's moments are
    those of the saturated model, so that a saturated model has GFI 1; lavaan 0.6-14 takes pairwise ones there.
    """
    gfi, count = 0.0, 0
    for number, (mean, cov, mu, sigma, share) in enumerate(moment_pairs(fitted)):
        structure = fitted.structures[number]
        p, x = structure.p, fitted.n_fixed(number)
        own = np.arange(p) < p - x
        both = own[:, None] | own
        weigh = _weighing(fitted, number)
        missed = weigh((mean - mu) * own, (cov - sigma) * both)
        whole = weigh(mean * own, cov * both)
        gfi += share * (1.0 - missed / whole)
        count += p * (p + 1) // 2 + p * structure.has_means
    agfi = 1.0 - count / df * (1.0 - gfi) if df > 0 else 1.0
    return {"gfi": gfi, "agfi": agfi, "pgfi": df / count * gfi}


def _weighing(fitted: Fitted, number: int) -> Callable[[Array, Array], float]:
    """The quadratic form of one group in (means, covariances)."""
    has_means = fitted.structures[number].has_means
    if isinstance(fitted.objective, LeastSquares):
        target = fitted.objective.targets[number]

        def squares(mean: Array, cov: Array) -> float:
            i, j = vech_index(len(cov))
            moments = np.concatenate([mean, cov[i, j]]) if has_means else cov[i, j]
            return float(moments @ target.weigh(moments))

        return squares
    V = np.linalg.inv(fitted.states[number].cov)

    def normal(mean: Array, cov: Array) -> float:
        half = V @ cov
        return 0.5 * float(np.vdot(half, half.T)) + (float(mean @ V @ mean) if has_means else 0.0)

    return normal
