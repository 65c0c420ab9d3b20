"""Means, variances and covariances of continuous variables, among themselves and with ordered ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.ordinal.influence import Univariate
from sexresearch.sem.ordinal.moment_layout import MomentLayout
from sexresearch.sem.ordinal.polyserial import (
    PairScores,
    polyserial,
    polyserial_scores,
    product_moment,
    product_moment_scores,
)


@dataclass(frozen=True)
class MixedMoments:
    """Moments (c,) that involve a continuous variable: means, variances, covariances; rows' contributions (n, c)."""

    moments: Array
    influence: Array


@dataclass(frozen=True)
class Continuous:
    """One continuous variable: z (n,) standardized, mean, variance; scores and contributions (n, 2), 0 for gaps."""

    z: Array
    mean: float
    variance: float
    scores: Array
    influence: Array


def continuous(values: Array, w: Array) -> Continuous:
    """Mean and variance (denominator n) of values (n,) with gaps and weights w, and how the rows move them."""
    seen = ~np.isnan(values)
    mean = float(np.average(values[seen], weights=w[seen]))
    variance = float(np.average((values[seen] - mean) ** 2, weights=w[seen]))
    z = (values - mean) / np.sqrt(variance)
    scores = np.nan_to_num(np.column_stack([z / np.sqrt(variance), (z * z - 1.0) / (2.0 * variance)]))
    return Continuous(z, mean, variance, scores, np.linalg.solve((scores * w[:, None]).T @ scores, scores.T).T)


def mixed(
    values: Array, own: MomentLayout, codes: Array, cuts: Array, single: Univariate, weights: Array | None = None
) -> MixedMoments:
    """The part of the moments that is not about ordered variables alone; codes (n, ordered) of those."""
    w = np.ones(len(values)) if weights is None else weights
    known = {int(v): continuous(values[:, v], w) for v in own.numeric}
    rank = {int(v): k for k, v in enumerate(own.ordered)}
    moments = [c.mean for c in known.values()] + [c.variance for c in known.values()]
    columns = [c.influence[:, 0] for c in known.values()] + [c.influence[:, 1] for c in known.values()]
    for i, j in zip(*(part.tolist() for part in own.pairs), strict=True):
        if i in known and j in known:
            moment, column = _two_continuous(known[i], known[j], w)
        elif i in known or j in known:
            number, item = (i, j) if i in known else (j, i)
            k = rank[item]
            answered = cuts[k, : own.levels[item] - 1]
            moment, column = _with_ordered(known[number], codes[:, k], answered, single.influence[k], w)
        else:
            continue
        moments.append(moment)
        columns.append(column)
    influence = np.column_stack(columns) if columns else np.zeros((len(values), 0))
    return MixedMoments(np.array(moments), influence)


def _with_ordered(a: Continuous, codes: Array, cuts: Array, steps: Array, w: Array) -> tuple[float, Array]:
    """Covariance of a continuous with an ordered variable, whose thresholds' contributions are `steps` (K + 1, …)."""
    rows = ~np.isnan(a.z) & (codes < len(steps) - 1)
    limits = np.concatenate([[-40.0], cuts, [40.0]])
    z, own = a.z[rows], codes[rows]
    upper, lower = limits[own + 1], limits[own]
    rho = polyserial(z, upper, lower, w[rows])
    scores = polyserial_scores(z, a.variance, upper, lower, own, len(cuts) + 1, rho)
    assert scores.cuts is not None
    column = np.zeros(len(codes))
    column[rows] = scores.rho
    push = w[rows] * scores.rho
    column -= a.influence @ (scores.first.T @ push)
    column -= steps[codes][:, : len(cuts)] @ (scores.cuts.T @ push)
    column /= scores.rho @ push
    sd = np.sqrt(a.variance)
    return rho * sd, column * sd + rho / (2.0 * sd) * a.influence[:, 1]


def _two_continuous(a: Continuous, b: Continuous, w: Array) -> tuple[float, Array]:
    rows = ~np.isnan(a.z) & ~np.isnan(b.z)
    u, v = a.z[rows], b.z[rows]
    rho = product_moment(u, v, w[rows])
    scores: PairScores = product_moment_scores(u, v, (a.variance, b.variance), rho)
    assert scores.second is not None
    column = np.zeros(len(a.z))
    column[rows] = scores.rho
    push = w[rows] * scores.rho
    column -= a.influence @ (scores.first.T @ push) + b.influence @ (scores.second.T @ push)
    column /= scores.rho @ push
    s, t = np.sqrt(a.variance), np.sqrt(b.variance)
    column = column * s * t + rho * (t / (2 * s) * a.influence[:, 1] + s / (2 * t) * b.influence[:, 1])
    return rho * s * t, column
