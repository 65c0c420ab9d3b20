"""Further starts where the first attempt failed or took long: small noisy samples have ridges and several minima.

Attempts take turns between damped scoring and a trust region on the exact Hessian in units where items have standard
deviation 1 (Conn, Gould & Toint 2000, doi 10.1137/1.9780898719857), which follows curved ridges that scoring steps run
off. They start from the usual values, from bare ones (no effects, small factors, items half error), and at random
around the bare ones, some loadings turned round, from one fixed seed. The lowest minimum found is kept, and the search
ends where enough attempts ended there, after many where one did: in the attempts on 360 samples of 50 to 301
respondents, three missed as few minima as eight did.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.minimize import DECREMENT_TOLERANCE, Solution, minimize, newton_decrement
from sexresearch.sem.implied.structure import Structure
from sexresearch.sem.terms.objective import Curve, Objective

EASY = 10  # iterations up to which a proper optimum is taken as it is: ordinary samples need 4 to 8
FIRST = 100  # iterations of the first attempt
SECOND = 120  # of a trust region
FURTHER = 50  # of each further start
LAST = 400  # of a trust region with long steps, down the lowest slope that no attempt has seen the end of
STARTS = 18  # random starts
SHARES = (0.05, 0.3)  # of a variance that bare starts give to a factor
TURNS = (1.0, 1.0, 1.0, -0.5, 0.3, 2.0)  # what random starts multiply loadings with
FURTHEST = 1.0  # radius of the trust region, in standardized units
SMALL = ((5, 3), (10, 2))  # respondents per parameter below which so many attempts must end at the lowest minimum
LONG = 18  # attempts after which one minimum is enough, and none is looked for further
CLOSE_TO_RADIUS = 1e-3  # by how much a step may be longer than the trust region, relatively
MOST_SHIFTS = 50  # four are enough unless the slope along the lowest eigenvalue is nearly 0
FEW_CLUSTERS, OF_FEW = 50, 3  # below so many, every minimum of a model of two levels is doubted until three agree
SAME = 1e-7  # of the discrepancy: two attempts ended at one minimum


@dataclass(frozen=True)
class ParameterUnits:
    """The unit of every parameter (q,) where items have standard deviation 1, and what kind each is (q,) of bool."""

    size: Array
    is_loading: Array
    is_relation: Array
    is_variance: Array
    is_factor_variance: Array


def units(structures: Sequence[Structure], covs: Sequence[Array], size: int) -> ParameterUnits:
    """Units of the parameters from the sample covariances; a latent variable has the unit of its first indicator."""
    unit, kinds = np.ones(size), np.zeros((4, size), dtype=bool)
    for s, cov in zip(structures, covs, strict=True):
        last = len(s.names) - s.has_means
        sd = np.ones(len(s.names))
        sd[: s.p] = np.sqrt(np.diag(cov))
        for latent in range(s.p, last):
            marked = np.flatnonzero(s.directed[: s.p, latent])
            sd[latent] = sd[marked[0]] if len(marked) else 1.0
        unit[s.free] = np.where(s.is_path, sd[s.row] / sd[s.col], sd[s.row] * sd[s.col])
        loading, variance = _is_loading(s, last), ~s.is_path & (s.row == s.col)
        relation = np.where(s.is_path, ~loading & (s.col < last), ~variance)
        kinds[:, s.free] = loading, relation, variance, variance & (s.row >= s.p)
    return ParameterUnits(unit, *kinds)


def _is_loading(s: Structure, last: int) -> Array:
    """(k,) which slots lead from a latent variable to an item, or from one without items to anything."""
    to_item = s.is_path & (s.row < s.p) & (s.col >= s.p) & (s.col < last)
    bare = [f for f in range(s.p, last) if not s.directed[: s.p, f].any() and f not in s.col[to_item]]
    return to_item | (s.is_path & np.isin(s.col, bare))


def search(
    objective: Objective,
    start: Array,
    structures: Sequence[Structure],
    covs: Sequence[Array],
    enough: int,
    doubted: bool = False,
) -> Solution:
    """The lowest minimum from `start` and, where none is reached, from further attempts.

    Where more than one attempt is `enough` (small samples), a minimum is also doubted that is improper or was not
    easily reached; every one where `doubted`. `covs` are the sample covariances, which give the parameters their units.
    """
    first = minimize(objective, start, FIRST)
    proper = not any((first.theta[s.variances] < 0).any() for s in structures)
    easy = first.converged and not doubted and (enough == 1 or (proper and first.iterations <= EASY))
    if easy or not math.isfinite(first.value):
        return first
    kinds = units(structures, covs, len(start))
    solutions = [first]
    for attempt in _attempts(objective, start, kinds, first.converged, STARTS if enough > 1 else 0):
        solutions.append(attempt)
        if _agreed(solutions) >= (enough if len(solutions) < LONG else 1):
            break
    solutions.append(_followed(objective, solutions, kinds))
    reached = [solution for solution in solutions if solution.converged]
    return minimize(objective, min(reached, key=_value).theta) if reached else first


def attempts_enough(respondents: float, parameters: int) -> int:
    """How many attempts must end at the lowest minimum of a sample: one in large samples, where others are rare."""
    return next((enough for ratio, enough in SMALL if respondents < ratio * parameters), 1)


def _value(solution: Solution) -> float:
    return solution.value


def _agreed(solutions: Sequence[Solution]) -> int:
    """How many attempts ended at the lowest minimum."""
    values = [solution.value for solution in solutions if solution.converged]
    return sum(value < min(values) + SAME for value in values)


def _followed(objective: Objective, solutions: Sequence[Solution], kinds: ParameterUnits) -> Solution:
    """Where the lowest attempt leads, if it was given up on its way down; itself if it ended at a minimum."""
    lowest = min(solutions, key=_value)
    return lowest if lowest.converged else trust_region(objective, lowest.theta, kinds.size, LAST, math.inf)


def _attempts(
    objective: Objective, start: Array, kinds: ParameterUnits, again: bool, random: int
) -> Iterator[Solution]:
    """Solutions from the usual start, from bare ones and from `random` ones.

    The usual start comes last among the first five where it has led to a minimum that is looked for `again`.
    """
    plain = np.where(kinds.is_loading, kinds.size, start)
    bare = [_bare(start, kinds, SHARES[0]), *(_bare(plain, kinds, share) for share in SHARES)]
    ridges, slopes = [bare[0], start] if again else [start, bare[0]], bare[1:]
    order = [(ridges[0], True), *((point, False) for point in slopes), (ridges[1], True)]
    for point, by_region in (*order, (bare[0], False), (bare[1], True), (bare[2], True)):
        if math.isfinite(objective.value(point)):
            yield trust_region(objective, point, kinds.size) if by_region else minimize(objective, point, FURTHER)
    rng = np.random.default_rng(1)
    for number in range(random):
        turns = np.where(kinds.is_loading, rng.choice(TURNS, len(start)), 1.0)
        point = _bare(plain * turns, kinds, SHARES[number % 2])
        if number % 3 < 2:
            yield minimize(objective, point, FURTHER)
        else:
            yield trust_region(objective, point, kinds.size, FURTHER, math.inf)


def _bare(point: Array, kinds: ParameterUnits, share: float) -> Array:
    """(q,) loadings of `point`, no effects or covariances, items half error, factors with a share of a variance."""
    bare = np.where(kinds.is_relation, 0.0, point)
    bare[kinds.is_variance] = 0.5 * kinds.size[kinds.is_variance]
    bare[kinds.is_factor_variance] = share * kinds.size[kinds.is_factor_variance]
    return bare


def trust_region(
    objective: Objective, theta: Array, unit: Array, iterations: int = SECOND, furthest: float = FURTHEST
) -> Solution:
    """A minimum by exact Newton steps no longer than `furthest`, in parameters divided by their `unit` (q,)."""
    point, radius = objective.curve(theta), FURTHEST / 2
    for iteration in range(iterations):
        values, vectors = np.linalg.eigh(point.hessian() * np.outer(unit, unit))
        slope = vectors.T @ (point.gradient * unit)
        decrement = float(slope / values @ slope) if values[0] > 0 else math.inf
        if decrement < DECREMENT_TOLERANCE:
            return Solution(theta, point.value, point.gradient, decrement, iteration, True, "", True)
        moved = _bounded_step(objective, theta, point, unit, (values, vectors, slope), (radius, furthest))
        if moved is None:
            break
        theta, point, radius = moved
    trouble = "the trust region found no minimum"
    return Solution(theta, point.value, point.gradient, newton_decrement(point), iterations, False, trouble)


def _bounded_step(
    objective: Objective,
    theta: Array,
    point: Curve,
    unit: Array,
    model: tuple[Array, Array, Array],
    limits: tuple[float, float],
) -> tuple[Array, Curve, float] | None:
    """The next point, its curve and radius; None where no step, however short, goes down."""
    values, vectors, slope = model
    radius, furthest = limits
    while radius > 1e-10:
        step = -slope / (values + _shift(values, slope, radius))
        promised = -(slope @ step + 0.5 * (values * step) @ step)
        there = theta + unit * (vectors @ step)
        new = objective.curve(there)
        gain = (point.value - new.value) / promised if promised > 0 else -1.0
        tiny = promised < 1e-14 and new.value <= point.value + 1e-14
        if gain > 1e-4 or tiny:
            grown = min(2 * radius, furthest) if gain > 0.75 else radius
            return there, new, 0.5 * radius if gain < 0.25 and not tiny else grown
        radius = 0.25 * float(np.linalg.norm(step))
    return None


def _shift(values: Array, slope: Array, radius: float) -> float:
    """What to add to the eigenvalues so that the Newton step is no longer than `radius`.

    Newton's method on 1 / length, which never goes past the solution from below (More & Sorensen 1983,
    doi 10.1137/0904038).
    """
    if values[0] > 1e-12 and np.linalg.norm(slope / values) <= radius:
        return 0.0
    least = max(0.0, -float(values[0])) + 1e-14 * max(1.0, float(np.abs(values).max()))
    shift = max(least, abs(float(slope[0])) / radius - float(values[0]))
    for _ in range(MOST_SHIFTS):
        step = slope / (values + shift)
        square = float(step @ step)
        excess = math.sqrt(square) / radius - 1.0
        if excess <= CLOSE_TO_RADIUS:
            break
        shift += excess * square / float(step / (values + shift) @ step)
    return shift
