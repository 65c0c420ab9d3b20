"""Moments given covariates: regressions of each variable, and residual correlations of each pair, row by row.

Without covariates everything follows from contingency tables; with them the limits of a response differ between rows.
The steps are the same (Muthen 1984, doi 10.1007/BF02294210).
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from sexresearch.sem.arrays import Array
from sexresearch.sem.ordinal.influence import Influence
from sexresearch.sem.ordinal.moment_layout import MomentLayout
from sexresearch.sem.ordinal.polychoric import LARGEST, ROUNDS, STEP
from sexresearch.sem.ordinal.polyserial import (
    normal_density,
    polyserial,
    polyserial_scores,
    product_moment,
    product_moment_scores,
)
from sexresearch.sem.ordinal.probit import ConditionalVariable, by_threshold, given
from sexresearch.sem.ordinal.rectangles import rectangles


def observe_given(
    values: Array, covariates: Array, own: MomentLayout, weights: Array | None = None
) -> tuple[Array, Influence]:
    """Moments (M,) of values (n, p) given covariates (n, x), in the order of the layout, and how rows move them."""
    w = np.ones(len(values)) if weights is None else weights
    known = [given(values[:, k], covariates, own.levels[k], own.names[k], w) for k in range(own.p)]
    blocks: dict[str, list[tuple[Array, Array]]] = {"cut": [], "mean": [], "slope": [], "variance": [], "cov": []}
    for item in known:
        places = _places(item)
        blocks["cut" if item.levels else "mean"].append(_picked(item, places["first"]))
        blocks["slope"].append(_picked(item, places["slopes"]))
        if not item.levels:
            blocks["variance"].append(_picked(item, slice(-1, None)))
    for i, j in zip(*own.pairs, strict=True):
        blocks["cov"].append(_pair(known[i], known[j]))
    by_covariate = [
        (np.array([b[0][k] for b in blocks["slope"]]), np.column_stack([b[1][:, k] for b in blocks["slope"]]))
        for k in range(own.x)
    ]
    parts = [*blocks["cut"], *blocks["mean"], *by_covariate, *blocks["variance"], *blocks["cov"]]
    moments = np.concatenate([part for part, _ in parts])
    others = np.column_stack([influence for _, influence in parts])
    none = np.zeros(0, dtype=int)
    empty = Influence(
        np.zeros((len(values), 0), dtype=int), none, np.zeros((0, 1)), none, none, np.zeros((0, 1, 1)), others,
        np.arange(own.size), weights,
    )  # fmt: skip
    return moments, empty


def _places(item: ConditionalVariable) -> dict[str, slice]:
    first = item.levels - 1 if item.levels else 1
    return {"first": slice(0, first), "slopes": slice(first, first + item.covariates.shape[1])}


def _picked(item: ConditionalVariable, places: slice) -> tuple[Array, Array]:
    return item.parameters[places], item.influence[:, places]


def _pair(a: ConditionalVariable, b: ConditionalVariable) -> tuple[Array, Array]:
    """The residual covariance of two variables, and the rows' contributions (n, 1)."""
    rows = np.flatnonzero(a.seen & b.seen)
    if a.levels and not b.levels:
        a, b = b, a  # the continuous one first
    rho, scores, mine, other = _estimated(a, b, rows)
    column = np.zeros(len(a.seen))
    column[rows] = scores
    push = a.w[rows] * scores
    column -= a.influence @ (mine.T @ push) + b.influence @ (other.T @ push)
    column /= scores @ push
    s, t = np.sqrt(a.variance), np.sqrt(b.variance)
    column *= s * t
    if not a.levels:
        column += rho * t / (2.0 * s) * a.influence[:, -1]
    if not b.levels:
        column += rho * s / (2.0 * t) * b.influence[:, -1]
    return np.array([rho * s * t]), column[:, None]


def _estimated(a: ConditionalVariable, b: ConditionalVariable, rows: Array) -> tuple[float, Array, Array, Array]:
    """Correlation, its scores (rows,), and derivatives in the parameters of both variables (rows, parameters)."""
    if a.levels and b.levels:
        return _two_ordered(a, b, rows)
    z = a.z[rows]
    if b.levels:
        upper, lower, codes = b.upper[rows], b.lower[rows], b.codes[rows]
        rho = polyserial(z, upper, lower, b.w[rows])
        scores = polyserial_scores(z, a.variance, upper, lower, codes, b.levels, rho)
        assert scores.cuts is not None
        return rho, scores.rho, _numeric(a, scores.first, rows), b.spread_out(scores.cuts, rows)
    rho = product_moment(z, b.z[rows], b.w[rows])
    scores = product_moment_scores(z, b.z[rows], (a.variance, b.variance), rho)
    assert scores.second is not None
    return rho, scores.rho, _numeric(a, scores.first, rows), _numeric(b, scores.second, rows)


def _numeric(item: ConditionalVariable, own: Array, rows: Array) -> Array:
    return item.spread_out(own[:, :1], rows, own[:, 1])


def _two_ordered(a: ConditionalVariable, b: ConditionalVariable, rows: Array) -> tuple[float, Array, Array, Array]:
    cells = rectangles(a, b, rows)
    rho, w = _first_guess(a, b, rows), a.w[rows]
    for _ in range(ROUNDS):
        p = cells.probability(rho)
        slope, bend = cells.derivatives(rho)
        ratio = slope / p
        squares = float(ratio @ (w * ratio))
        curvature = squares - float(w @ (bend / p))
        step = float(w @ ratio) / (curvature if curvature > 0.1 * squares else squares)
        old, rho = rho, float(np.clip(rho + np.clip(step, -0.5 * (1 + rho), 0.5 * (1 - rho)), -LARGEST, LARGEST))
        p, ratio = p + slope * (rho - old), ratio + (bend / p - ratio**2) * (rho - old)  # at rho but for its square
        if abs(rho - old) < STEP:
            break
    return rho, ratio, _threshold_slopes(a, b, rows, rho, p), _threshold_slopes(b, a, rows, rho, p)


def _first_guess(a: ConditionalVariable, b: ConditionalVariable, rows: Array) -> float:
    """One scoring step from 0, on what each row's responses are expected to be."""
    u, v, w = a.expected[rows], b.expected[rows], a.w[rows]
    w = w / w.sum()
    return float(np.clip(w @ (u * v) / ((w @ (u * u)) * (w @ (v * v))), -0.9, 0.9))


def _threshold_slopes(a: ConditionalVariable, b: ConditionalVariable, rows: Array, rho: float, p: Array) -> Array:
    """(rows, parameters of a) derivatives of the log probability of each row's cell."""
    root = np.sqrt(1.0 - rho**2)

    def at(limit: Array) -> Array:
        inside = ndtr((b.upper[rows] - rho * limit) / root) - ndtr((b.lower[rows] - rho * limit) / root)
        return normal_density(limit) * inside / p

    up, down = at(a.upper[rows]), -at(a.lower[rows])
    return a.spread_out(by_threshold(up, down, a.codes[rows], a.levels), rows)
