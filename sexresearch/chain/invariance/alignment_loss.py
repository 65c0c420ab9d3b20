"""The loss that alignment makes small, with its gradient, and where it is smallest.

Asparouhov & Muthen 2014, doi 10.1080/10705511.2014.919210: means a_g and variances psi_g of the groups are chosen so
that few loadings and intercepts differ much. With configural loadings l and intercepts n of factors of mean 0 and
variance 1, aligned ones are l / sqrt(psi) and n - a l / sqrt(psi); the loss adds sqrt(N_g N_h) times the square root of
their absolute differences, smoothed, over pairs of groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sexresearch.sem.view import Array

SMOOTHING = (1e-1, 1e-2, 1e-3)  # of differences, ever less, as in the search of one minimum; the paper has about 0.01
STARTS = 20
SEED = 2014
SAME, NEARLY = 0.02, 1.001  # points that are one; losses that are hardly larger
PRECISE = {"ftol": 1e-13, "gtol": 1e-9, "maxiter": 2000}


@dataclass(frozen=True)
class AlignmentMinimum:
    """Of one factor: log standard deviations and means (2g,), the loss there, and how many other minima are as low."""

    point: Array
    loss: float
    others: int


def component(gap: Array, smoothing: float) -> tuple[Array, Array]:
    """(gap^2 + smoothing)^(1/4), and its derivative."""
    inside = gap * gap + smoothing
    value = inside**0.25
    return value, 0.5 * gap * value / inside


def loss(point: Array, loadings: Array, intercepts: Array, weights: Array, smoothing: float) -> tuple[float, Array]:
    """Loss and gradient at log standard deviations and means of the groups; loadings and intercepts (g, p)."""
    g = len(loadings)
    s, a = np.exp(point[:g]), point[g:]
    L = loadings / s[:, None]
    N = intercepts - a[:, None] * L
    dL, dN = np.zeros_like(L), np.zeros_like(N)
    total = 0.0
    first, second = np.triu_indices(g, 1)
    w = weights[first, second][:, None]
    for values, slopes in ((L, dL), (N, dN)):
        value, slope = component(values[first] - values[second], smoothing)
        total += float((w * value).sum())
        np.add.at(slopes, first, w * slope)
        np.add.at(slopes, second, -w * slope)
    by_a = -(dN * L).sum(axis=1)
    by_log_s = -(dL * L).sum(axis=1) + (dN * a[:, None] * L).sum(axis=1)
    return total, np.concatenate([by_log_s, by_a])


def aligned(loadings: Array, intercepts: Array, sizes: Array) -> AlignmentMinimum:
    """The lowest loss from many fixed starts; the first group's mean is 0, and the variances multiply to 1.

    A variance cannot be held instead: loadings would shrink together with the loss.
    """
    from scipy.optimize import minimize  # loads much that nothing else needs

    g, weights = len(loadings), pair_weights(sizes)
    rng = np.random.default_rng(SEED)
    starts = [np.zeros(2 * g), *(np.concatenate([rng.normal(0, 0.3, g), rng.normal(0, 0.5, g)]) for _ in range(STARTS))]
    points = starts
    for smoothing in SMOOTHING:
        parts = (loadings, intercepts, weights, smoothing)
        ends = [minimize(placed_loss, point, parts, "L-BFGS-B", jac=True, options=PRECISE).x for point in points]
        points = _apart([placed(end) for end in ends])
    ends = [(placed_loss(point, loadings, intercepts, weights, SMOOTHING[-1])[0], point) for point in points]
    lowest, best = min(ends, key=lambda end: end[0])
    return AlignmentMinimum(best, lowest, sum(value <= lowest * NEARLY for value, _ in ends) - 1)


def _apart(points: Sequence[Array]) -> list[Array]:
    """Of points that are one, the first."""
    minima: list[Array] = []
    for point in points:
        if all(float(np.abs(point - known).max()) >= SAME for known in minima):
            minima.append(point)
    return minima


def pair_weights(sizes: Array) -> Array:
    """(g, g) what differences of two groups weigh."""
    return np.asarray(np.sqrt(np.outer(sizes, sizes)) / sizes.mean())


def placed(point: Array) -> Array:
    """The point with the first mean at 0 and log standard deviations that sum to 0."""
    g = len(point) // 2
    out = point.copy()
    out[g] = 0.0
    out[:g] -= out[:g].mean()
    return out


def placed_loss(
    point: Array, loadings: Array, intercepts: Array, weights: Array, smoothing: float
) -> tuple[float, Array]:
    """Loss and gradient at the placed point."""
    g = len(loadings)
    value, slope = loss(placed(point), loadings, intercepts, weights, smoothing)
    slope[g] = 0.0
    slope[:g] -= slope[:g].mean()
    return value, slope
