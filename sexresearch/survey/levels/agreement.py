"""Whether people of one cluster agree: r_wg and a_wg of an item, or of the items of a construct, in every cluster."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sexresearch.survey.levels.components import Codes, Floats

# Variance of answers by chance that lean slightly to one side, by number of answers: LeBreton & Senter 2008, table 2.
SLIGHT_SKEW = {5: 1.34, 6: 1.85, 7: 2.90, 8: 3.47, 9: 5.66, 10: 6.30, 11: 7.31}


@dataclass(frozen=True)
class Spread:
    """Answers to one item in every cluster: how many, their mean, variance (denominator n - 1), average deviation.

    Variance and average deviation are NaN where fewer than two answered.
    """

    n: Floats
    mean: Floats
    variance: Floats
    deviation: Floats


def spread(values: Floats, codes: Codes, clusters: int) -> Spread:
    """The spread of answers (n,) within each of `clusters` clusters; missing answers are left out.

    >>> spread(np.array([1.0, 3.0, 5.0]), np.array([0, 0, 1]), 2).variance.tolist()
    [2.0, nan]
    """
    kept = ~np.isnan(values)
    values, codes = values[kept], codes[kept]
    n = np.bincount(codes, minlength=clusters).astype(float)
    known = np.where(n > 0, n, np.nan)
    mean = np.bincount(codes, values, clusters) / known
    away = values - mean[codes]
    several = np.where(n > 1, n, np.nan)
    variance = np.bincount(codes, away**2, clusters) / (several - 1)
    return Spread(n, mean, variance, np.bincount(codes, abs(away), clusters) / several)


def uniform_variance(answers: int) -> float:
    """Variance of answers by chance, each of so many answers equally likely: (A² - 1) / 12; James et al. (1984).

    >>> uniform_variance(5), uniform_variance(7)
    (2.0, 4.0)
    """
    return (answers**2 - 1) / 12


def skewed_variance(answers: int) -> float:
    """Variance of answers by chance that lean slightly to one side; NaN where none has been published.

    >>> skewed_variance(7)
    2.9
    """
    return SLIGHT_SKEW.get(answers, math.nan)


def r_wg(variance: Floats, chance: float) -> Floats:
    """Agreement on one item, 1 at full agreement: 1 - s² / chance, not below 0.

    `variance` (clusters,) with denominator n - 1, `chance` what answers by chance would have. James, Demaree & Wolf
    (1984), doi:10.1037/0021-9010.69.1.85; values below 0 are set to 0 as they and LeBreton & Senter (2008) do.

    >>> r_wg(np.array([0.5, 3.0]), 2.0).tolist()
    [0.75, 0.0]
    """
    return np.asarray(np.maximum(1 - variance / chance, 0.0))


def r_wg_j(variance: Floats, items: int, chance: float) -> Floats:
    """Agreement on the items of a construct: J (1 - s²/c) / (J (1 - s²/c) + s²/c), 0 where s² exceeds c.

    `variance` (clusters,) is the mean of the items' variances. James, Demaree & Wolf (1984).

    >>> round(float(r_wg_j(np.array([0.5]), 3, 2.0)[0]), 3)
    0.9
    """
    share = np.minimum(variance / chance, 1.0)
    agreed = items * (1 - share)
    return np.asarray(agreed / (agreed + share))


def a_wg(spread: Spread, lowest: float, highest: float) -> Floats:
    """Agreement on one item, measured by the largest variance that its mean leaves room for: 1 at full agreement.

    1 - 2 s² / (((H + L) M - M² - H L) k / (k - 1)) with k answers from L to H and mean M; Brown & Hauenstein (2005),
    doi:10.1177/1094428105275376. NaN where M is so near to an end of the scale that k answers cannot disagree more; 1
    where all chose that end.

    >>> answers = spread(np.array([1.0, 5.0, 5.0, 5.0]), np.array([0, 0, 1, 1]), 2)
    >>> a_wg(answers, 1, 5).tolist()
    [-1.0, 1.0]
    """
    k, mean = spread.n, spread.mean
    room = (highest + lowest) * mean - mean**2 - highest * lowest
    with np.errstate(divide="ignore", invalid="ignore"):
        value = 1 - 2 * spread.variance / (room * k / (k - 1))
        near = (mean < (lowest * (k - 1) + highest) / k) | (mean > (highest * (k - 1) + lowest) / k)
    value = np.where(near, np.nan, value)
    return np.where((k > 1) & ((mean == lowest) | (mean == highest)), 1.0, value)
