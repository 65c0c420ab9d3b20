"""Further starts where the first attempt failed or took long: small noisy samples have ridges and several minima.

The second attempt is a trust region on the exact Hessian in units where items have standard deviation 1 (Conn, Gould &
Toint 2000, doi 10.1137/1.9780898719857), which follows curved ridges that scoring steps run off. Further attempts
start at random points around two starting values, from one fixed seed. The lowest minimum found is kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.minimize import DECREMENT_TOLERANCE, Solution, minimize, newton_decrement
from sexresearch.sem.implied.discrepancy import Curve, Objective
from sexresearch.sem.implied.structure import Structure

EASY = 10  # iterations up to which a proper optimum is taken as it is: ordinary samples need 4 to 8
FIRST = 100  # iterations of the first attempt
SECOND = 120  # of the trust region
FURTHER = 50  # of each random start
STARTS = 24  # random starts
SPREADS = (0.3, 0.5, 1.0)  # of random starts in turn: in units of a path, in logarithms of a variance
FURTHEST = 1.0  # radius of the trust region, in standardized units


@dataclass(frozen=True)
class Units:
    """The unit of every parameter (q,) where items have standard deviation 1, and what kind each is (q,) of bool."""

    size: Array
    is_path: Array
    is_variance: Array


def units(structures: Sequence[Structure], covs: Sequence[Array], size: int) -> Units:
    """Units of the parameters from the sample covariances; a latent variable has the unit of its first indicator."""
    unit, path, variance = np.ones(size), np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    for s, cov in zip(structures, covs, strict=True):
        sd = np.ones(len(s.names))
        sd[: s.p] = np.sqrt(np.diag(cov))
        for latent in range(s.p, len(sd) - s.has_means):
            marked = np.flatnonzero(s.directed[: s.p, latent])
            sd[latent] = sd[marked[0]] if len(marked) else 1.0
        unit[s.free] = np.where(s.is_path, sd[s.row] / sd[s.col], sd[s.row] * sd[s.col])
        path[s.free] = s.is_path
        variance[s.free] = ~s.is_path & (s.row == s.col)
    return Units(unit, path, variance)


def search(objective: Objective, start: Array, kinds: Units, thorough: bool) -> Solution:
    """The lowest minimum from `start` and, where none is reached, from a second attempt.

    A `thorough` search (small samples) also doubts a minimum that is improper or was not easily reached.
    """
    first = minimize(objective, start, FIRST)
    proper = not (first.theta[kinds.is_variance] < 0).any()
    easy = first.converged and (not thorough or (proper and first.iterations <= EASY))
    if easy or not math.isfinite(first.value):
        return first
    found = [first, trust_region(objective, start, kinds.size)]
    if thorough:
        found += [minimize(objective, point, FURTHER) for point in _around(objective, start, kinds)]
    reached = [solution for solution in found if solution.converged]
    return minimize(objective, min(reached, key=lambda solution: solution.value).theta) if reached else first


def _around(objective: Objective, start: Array, kinds: Units) -> Iterator[Array]:
    """Random starts with finite discrepancy: paths shifted, variances stretched, around `start` and no effects."""
    rng = np.random.default_rng(1)
    bare = np.where(kinds.is_path | kinds.is_variance, start, 0.0)
    bare = np.where(kinds.is_variance, 0.5 * np.abs(start), bare)
    for number in range(STARTS):
        point = (start if number % 2 else bare).copy()
        paths, variances, spread = kinds.is_path, kinds.is_variance, SPREADS[number % len(SPREADS)]
        point[paths] += spread * kinds.size[paths] * rng.normal(size=int(paths.sum()))
        point[variances] *= np.exp(spread * rng.normal(size=int(variances.sum())))
        for _ in range(8):
            if math.isfinite(objective.value(point)):
                yield point
                break
            point[variances] *= 2.0


def trust_region(objective: Objective, theta: Array, unit: Array) -> Solution:
    """A minimum by exact Newton steps of limited length, in parameters divided by their `unit` (q,)."""
    point, radius = objective.curve(theta), FURTHEST / 2
    for iteration in range(SECOND):
        decrement = newton_decrement(point)
        values, vectors = np.linalg.eigh(objective.hessian(theta) * np.outer(unit, unit))
        if values[0] > 0 and decrement < DECREMENT_TOLERANCE:
            return Solution(theta, point.value, point.gradient, decrement, iteration, True, "", True)
        slope = vectors.T @ (point.gradient * unit)
        moved = _bounded_step(objective, theta, point, unit, (values, vectors, slope), radius)
        if moved is None:
            break
        theta, point, radius = moved
    trouble = "the trust region found no minimum"
    return Solution(theta, point.value, point.gradient, newton_decrement(point), SECOND, False, trouble)


def _bounded_step(
    objective: Objective, theta: Array, point: Curve, unit: Array, model: tuple[Array, Array, Array], radius: float
) -> tuple[Array, Curve, float] | None:
    """The next point, its curve and radius; None where no step, however short, goes down."""
    values, vectors, slope = model
    while radius > 1e-10:
        step = -slope / (values + _shift(values, slope, radius))
        promised = -(slope @ step + 0.5 * (values * step) @ step)
        there = theta + unit * (vectors @ step)
        new = objective.curve(there)
        gain = (point.value - new.value) / promised if promised > 0 else -1.0
        tiny = promised < 1e-14 and new.value <= point.value + 1e-14
        if gain > 1e-4 or tiny:
            grown = min(2 * radius, FURTHEST) if gain > 0.75 else radius
            return there, new, 0.5 * radius if gain < 0.25 and not tiny else grown
        radius = 0.25 * float(np.linalg.norm(step))
    return None


def _shift(values: Array, slope: Array, radius: float) -> float:
    """What to add to the eigenvalues so that the Newton step is no longer than `radius`, by bisection."""

    def length(shift: float) -> float:
        return float(np.linalg.norm(slope / (values + shift)))

    if values[0] > 1e-12 and length(0.0) <= radius:
        return 0.0
    low = max(0.0, -float(values[0])) + 1e-14 * max(1.0, float(np.abs(values).max()))
    high = max(2 * low, 1e-8)
    while length(high) > radius:
        high *= 4.0
    for _ in range(60):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if length(middle) > radius else (low, middle)
    return high
