"""Means, shares and net promoter scores with intervals, from weighted answers of respondents in clusters."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtrit

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A number with its interval; n answers weigh as n_effective; `note` says why something is missing."""

    est: float
    ci_lower: float
    ci_upper: float
    n: int
    n_effective: float
    design_effect: float
    note: str = ""


@dataclass(frozen=True)
class WeightedMean:
    """The mean of answers with what an interval needs: variance of one answer (denominator n), degrees of freedom.

    n_effective is the number of independent, equally weighted answers that would be as certain.
    """

    mean: float
    variance: float
    n: int
    n_effective: float
    design_effect: float
    df: float
    clustered: bool


def unknown(note: str) -> Estimate:
    """No number, and why.

    >>> unknown("no answer").n
    0
    """
    return Estimate(np.nan, np.nan, np.nan, 0, np.nan, np.nan, note)


def wilson(share: float, n: float, z: float) -> tuple[float, float]:
    """Limits of a share by the score interval, which holds near 0 and 1 too.

    (p + z²/2n ± z sqrt(p(1 - p)/n + z²/4n²)) / (1 + z²/n); Wilson (1927), doi:10.1080/01621459.1927.10502953; Brown,
    Cai & DasGupta (2001), doi:10.1214/ss/1009213286.

    >>> [round(limit, 4) for limit in wilson(0.5, 10, 1.959964)]
    [0.2366, 0.7634]
    >>> wilson(0.0, 250, 1.959964)[0]  # not a rounding error above it
    0.0
    """
    centre = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = (max(0.0, (centre - half) / (1 + z * z / n)), min(1.0, (centre + half) / (1 + z * z / n)))
    return min(low, share), max(high, share)


def weighted_mean(
    values: Floats, weights: Floats | None = None, clusters: npt.NDArray[np.int64] | None = None
) -> WeightedMean:
    """The mean of values (n,), with weights (n,) above 0 and clusters (n,) 0, 1, … where there are such.

    Without clusters n_effective is Kish's (1965) (sum w)² / sum w². With them it is n over the design effect: the
    variance G / (G - 1) sum_g (sum_i w (y - m))² / (sum w)² over G clusters, divided by that of n independent answers;
    no credit is taken for one below 1.

    >>> weighted_mean(np.array([1.0, 0.0, 1.0, 1.0]), np.array([1.0, 1.0, 2.0, 2.0])).n_effective
    3.6
    """
    n = len(values)
    w = np.ones(n) if weights is None else weights
    mean = float(w @ values / w.sum())
    away = values - mean
    variance = float(w @ away**2 / w.sum())
    kish = float(w.sum() ** 2 / (w @ w))
    if clusters is None:
        return WeightedMean(mean, variance, n, kish, n / kish, n - 1.0, False)
    sums = np.bincount(clusters, w * away)
    groups = len(np.unique(clusters))
    effect = n / kish
    if groups > 1 and variance > 0 and n > 1:
        spread = groups / (groups - 1) * float(sums @ sums) / float(w.sum()) ** 2
        effect = max(1.0, spread / (variance / (n - 1)))
    return WeightedMean(mean, variance, n, n / effect, effect, groups - 1.0, True)


def mean_of_sums(sums: Floats, centre: float, clustered: bool) -> WeightedMean:
    """The same from sums (units, 5) by cluster of rows, w, w², w u and w u², u the values less a `centre`.

    >>> sums = np.array([[2.0, 2.0, 2.0, 1.0, 1.0], [2.0, 4.0, 8.0, 4.0, 4.0]])
    >>> mean_of_sums(sums, 0.0, False).n_effective, round(mean_of_sums(sums, 0.0, True).mean, 3)
    (3.6, 0.833)
    """
    rows, w, ww, wu, wuu = sums.sum(axis=0).tolist()
    n, away = int(rows), wu / w
    variance = max(wuu / w - away**2, 0.0)
    kish = w**2 / ww
    if not clustered:
        return WeightedMean(centre + away, variance, n, kish, n / kish, n - 1.0, False)
    left, groups = sums[:, 3] - away * sums[:, 1], len(sums)
    effect = n / kish
    if groups > 1 and variance > 0 and n > 1:
        spread = groups / (groups - 1) * float(left @ left) / w**2
        effect = max(1.0, spread / (variance / (n - 1)))
    return WeightedMean(centre + away, variance, n, n / effect, effect, groups - 1.0, True)


def _quantile(weighted: WeightedMean, level: float) -> float:
    """Of the normal distribution, or of t where the spread rests on a few clusters."""
    if weighted.clustered and weighted.df > 0:
        return float(stdtrit(weighted.df, 0.5 + level / 2))
    return float(ndtri(0.5 + level / 2))


def share_estimate(weighted: WeightedMean, level: float) -> Estimate:
    """A share with Wilson's interval on the effective number of answers.

    >>> round(share_estimate(weighted_mean(np.array([1.0, 0.0])), 0.95).ci_upper, 3)
    0.905
    """
    note = _few_clusters(weighted)
    limits = (np.nan, np.nan) if note else wilson(weighted.mean, weighted.n_effective, _quantile(weighted, level))
    return Estimate(weighted.mean, *limits, weighted.n, weighted.n_effective, weighted.design_effect, note)


def net_promoter_score(weighted: WeightedMean, level: float) -> Estimate:
    """Promoters less detractors in points, from the mean of 1, 0 and -1.

    Variance (p + d - (p - d)²) / n, with p and d the shares of promoters and detractors; Rocks (2016),
    doi:10.1080/00031305.2016.1198124. Limits stay within -100 and 100.

    >>> estimate = net_promoter_score(weighted_mean(np.array([1.0, 1.0, 0.0, -1.0])), 0.95)
    >>> estimate.est, round(estimate.ci_lower, 1)
    (25.0, -56.3)
    """
    note = _few_clusters(weighted)
    if not note and not weighted.variance > 0:
        note = "no interval: all answers are of one class, so that the variance formula gives 0"
    half = np.nan if note else _quantile(weighted, level) * math.sqrt(weighted.variance / weighted.n_effective)
    lower, upper = (float(np.clip(100 * (weighted.mean + side * half), -100, 100)) for side in (-1, 1))
    return Estimate(100 * weighted.mean, lower, upper, weighted.n, weighted.n_effective, weighted.design_effect, note)


def mean_estimate(weighted: WeightedMean, level: float) -> Estimate:
    """A mean with the t interval.

    >>> round(mean_estimate(weighted_mean(np.array([1.0, 2.0, 3.0])), 0.95).ci_upper, 3)
    4.484
    """
    note = _few_clusters(weighted) or ("no interval: a single answer" if weighted.n < 2 else "")
    if note:
        return Estimate(weighted.mean, np.nan, np.nan, weighted.n, weighted.n_effective, weighted.design_effect, note)
    error = math.sqrt(weighted.variance * weighted.n / (weighted.n - 1) / weighted.n_effective)
    half = float(stdtrit(weighted.df, 0.5 + level / 2)) * error
    return Estimate(
        weighted.mean,
        weighted.mean - half,
        weighted.mean + half,
        weighted.n,
        weighted.n_effective,
        weighted.design_effect,
        note,
    )


def _few_clusters(weighted: WeightedMean) -> str:
    return "no interval: all answers come from one cluster" if weighted.clustered and weighted.df < 1 else ""
