"""Vuong's tests of two models that are not nested: can the data tell them apart, and which is nearer to the truth?

Vuong 1989, doi 10.2307/1912557; for structural equation models Merkle, You & Preacher 2016, doi 10.1037/met0000038.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.implied.likelihood import inverses
from sexresearch.sem.implied.structure import Implied
from sexresearch.sem.terms.scores import cluster_sums

BEYOND = 40.0  # standard deviations above the mean where a weighted sum of chi-squares has no tail left (below 1e-12)
NO_WEIGHT = 1e-10  # relative size of a weight that is rounding


@dataclass(frozen=True)
class Vuong:
    """Both tests of two models.

    variance : of the log-likelihood differences of the respondents (or clusters). weights : squared eigenvalues under
    which it is distributed where the models coincide. distinct : p value of "the data cannot tell them apart".
    z : difference of the log-likelihoods over its standard error, positive where the first is nearer; pvalue two-sided.
    """

    variance: float
    weights: Array
    distinct: float
    z: float
    pvalue: float


def vuong(first: Fitted, second: Fitted, adjust: str = "none") -> Vuong:
    """Both tests of two models fitted by maximum likelihood to the same answers; independent units are clusters if any.

    n omega^2, the summed squared deviations of the differences d, follows sum lambda_i^2 chi2(1) where the models
    coincide, lambda the eigenvalues of W made of both models' scores and information.
    z = (sum d - k) / sqrt(n omega^2), with k by `adjust`: "none" 0, "aic" p1 - p2, "bic" (p1 - p2) log(n) / 2 for p1
    and p2 parameters (Vuong 1989, section 5): z then tests the difference of the criteria.
    """
    codes = _codes(first.samples)
    differences = _by_unit((casewise(first) - casewise(second))[:, None], codes)[:, 0]
    total = float(((differences - differences.mean()) ** 2).sum())
    weights = np.linalg.eigvals(_w_matrix(first, second, codes)).real ** 2
    price = {"none": 0.0, "aic": 1.0, "bic": 0.5 * math.log(first.n)}[adjust]
    k = price * (first.basis.shape[1] - second.basis.shape[1])
    z = (float(differences.sum()) - k) / math.sqrt(total) if total > 0 else math.nan
    return Vuong(total / len(differences), weights, weighted_tail(total, weights), z, 2 * float(ndtr(-abs(z))))


def casewise(fitted: Fitted) -> Array:
    """(rows,) log-likelihood of every respondent's answers, all groups one below the other; weighted."""
    parts = [_casewise(state, sample) for state, sample in zip(fitted.states, fitted.samples, strict=True)]
    return np.concatenate(parts)


def _casewise(state: Implied, sample: Sample) -> Array:
    has_means = state.structure.has_means
    z = sample.augmented(has_means)
    out = np.zeros(len(z))
    known = inverses(state.omega, sample.grouped)
    if known is None:
        return np.full(len(z), np.nan)
    for rows, (columns, inverse, logdet) in zip(sample.rows_by_pattern, known, strict=True):
        part = z[np.ix_(rows, columns)]
        k = len(columns) - has_means
        out[rows] = -0.5 * (k * math.log(2 * math.pi) + logdet + ((part @ inverse) * part).sum(axis=1) - has_means)
    return out * sample.weights


def _codes(samples: Sequence[Sample]) -> Array | None:
    """Cluster codes of all rows, None without clusters; the same code in two groups is one cluster."""
    parts = [sample.answers.clusters for sample in samples if sample.answers is not None]
    present = [part for part in parts if part is not None]
    return np.concatenate(present) if present else None


def _by_unit(rows: Array, codes: Array | None) -> Array:
    return rows if codes is None else cluster_sums(rows, codes)


def _w_matrix(first: Fitted, second: Fitted, codes: Array | None) -> Array:
    scores = [_by_unit(np.concatenate(fitted.scores), codes) for fitted in (first, second)]
    inverses = [fitted.inverse for fitted in (first, second)]
    upper, lower = ([sign * scores[a].T @ scores[b] @ inverses[b] for b in (0, 1)] for a, sign in ((0, 1.0), (1, -1.0)))
    return np.block([upper, lower])


def weighted_tail(value: float, weights: Array) -> float:
    """P(sum_i w_i chi2(1) > value) for weights w >= 0, by Imhof's integral (1961, doi 10.1093/biomet/48.3-4.419).

    NaN where no weight is above rounding.

    >>> round(weighted_tail(5.991, np.array([1.0, 1.0])), 4)
    0.05
    """
    from scipy.integrate import quad  # loads much that nothing else needs

    largest = float(np.max(weights, initial=0.0))
    if not largest > 0:
        return math.nan
    w = weights[weights > NO_WEIGHT * largest] / largest
    x = value / largest
    if x <= 0:
        return 1.0
    if x > w.sum() + BEYOND * math.sqrt(2 * (w**2).sum()):
        return 0.0
    near, _ = quad(lambda u: _size(u, w) * math.sin(_angle(u, w) - 0.5 * x * u), 0.0, 1.0, limit=1000)
    sine, _ = quad(lambda u: _size(u, w) * math.cos(_angle(u, w)), 1.0, np.inf, weight="sin", wvar=0.5 * x)
    cosine, _ = quad(lambda u: _size(u, w) * math.sin(_angle(u, w)), 1.0, np.inf, weight="cos", wvar=0.5 * x)
    return min(1.0, max(0.0, 0.5 + (near + cosine - sine) / math.pi))


def _angle(u: float, w: Array) -> float:
    return 0.5 * float(np.arctan(w * u).sum())


def _size(u: float, w: Array) -> float:
    return math.exp(-0.25 * float(np.log1p((w * u) ** 2).sum())) / u
