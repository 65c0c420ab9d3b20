"""The minimiser: damped Fisher scoring far from the optimum, exact Newton near it, judged by the Newton decrement.

Levenberg-Marquardt damping on the scale of the expected curvature (Marquardt 1963, doi 10.1137/0111030) makes every
step independent of the units of the data. The decrement g' I^-1 g is scale free, so that one tolerance serves all.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.linalg import lapack

from sexresearch.frozen import by_value
from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.structure import Implied
from sexresearch.sem.terms.objective import Curve, Objective

DECREMENT_TOLERANCE = 1e-12  # what may be left to gain at a solution
NOTHING_LEFT = 1e-18  # decrement at which estimates are right to nine digits and more
NEXT_TO_NOTHING = 1e-17  # what an exact Newton step and one more by the same Hessian may leave
EXACT = 1e-24  # nothing is left to gain: the start was the answer (the baseline model of complete data)
NEWTON_FROM = 0.03  # decrement below which the exact Hessian is worth its cost
NEARLY = 0.5  # decrement of a scoring step that mostly ends where that is so
MAX_ITERATIONS = 500
NEGATIVE_CURVATURE = -1e-6  # scaled eigenvalue that marks a saddle, well beyond rounding


@by_value
@dataclass(frozen=True)
class Solution:
    """Where the minimiser stopped: parameters (q,), value, gradient (q,), Newton decrement, and if it is a minimum.

    `trouble` says in words why `converged` is False; empty otherwise. `positive` tells that the last step was taken
    on a positive definite exact Hessian, so that the point is known to be a minimum. `kept` is the objective and its
    curve there.
    """

    theta: Array
    value: float
    gradient: Array
    decrement: float
    iterations: int
    converged: bool
    trouble: str = ""
    positive: bool = False
    kept: tuple[Objective, Curve] | None = field(default=None, repr=False, compare=False)

    def curve(self, objective: Objective) -> Curve:
        """The curve of `objective` at the solution."""
        if self.kept is not None and self.kept[0] is objective:
            return self.kept[1]
        return objective.curve(self.theta)

    def states(self, objective: Objective) -> tuple[Implied, ...]:
        """The implied moments of the groups of `objective` at the solution, where these are at hand."""
        return self.kept[1].states if self.kept is not None and self.kept[0] is objective else ()

    def moved(self, theta: Array) -> Solution:
        """The same verdict for other parameters."""
        return replace(self, theta=theta, kept=None)


def minimize(objective: Objective, start: Array, max_iterations: int = MAX_ITERATIONS) -> Solution:
    """A local minimum of `objective` near `start` (q,); a saddle point is left along its negative curvature."""
    solution = _descend(objective, start, max_iterations)
    for _ in range(3):
        if not solution.converged or solution.positive or solution.theta.size == 0:
            return solution
        escape = _downhill(objective, solution.theta)
        if escape is None:
            return solution
        solution = _descend(objective, escape, max_iterations)
    return replace(solution, converged=False, trouble="the minimiser keeps ending at saddle points")


def _descend(objective: Objective, theta: Array, max_iterations: int) -> Solution:
    damping = 0.0
    point = objective.curve(theta)
    if not np.isfinite(point.value):
        return Solution(
            theta, point.value, point.gradient, np.inf, 0, False, "the starting values imply no covariance matrix"
        )
    positive, near, scale = False, False, np.ones(0)
    for iteration in range(max_iterations):
        exact = _newton(point, scale) if near else None  # most likely on convex ground: no need to score first
        positive = exact is not None and (positive or float(point.gradient @ exact.step) < NEWTON_FROM)
        if positive and exact is not None:
            ahead = exact
        else:
            scale = _scale(point.curvature)
            ahead = _ahead(point.curvature, point.gradient, scale)
            if float(point.gradient @ ahead.step) < NEWTON_FROM:
                exact = exact if near else _newton(point, scale)
                ahead, positive = exact or ahead, exact is not None
        decrement = float(point.gradient @ ahead.step)
        if decrement < EXACT:
            return _stop(objective, theta, point, decrement, iteration, positive=positive)
        moved = _step(objective, theta, point, ahead, scale, damping)
        if moved is None:
            done = decrement < np.sqrt(DECREMENT_TOLERANCE)
            trouble = "" if done else "no step lowers the discrepancy any further although the gradient is not zero"
            return _stop(objective, theta, point, decrement, iteration, trouble)
        theta, point, damping = moved
        near = positive or (decrement < NEARLY and not near and not damping)
        if decrement < (NEWTON_FROM if positive else DECREMENT_TOLERANCE):
            further = _further(ahead, point.gradient, scale)
            left = float(point.gradient @ further)
            if decrement < DECREMENT_TOLERANCE or 4.0 * left * left < NEXT_TO_NOTHING * decrement:
                if left > NOTHING_LEFT:
                    theta, point = theta - further, objective.curve(theta - further)
                return _stop(objective, theta, point, left, iteration + 1, positive=positive)
    trouble = f"no convergence in {max_iterations} iterations"
    return _stop(objective, theta, point, decrement, max_iterations, trouble)


def _stop(
    objective: Objective,
    theta: Array,
    point: Curve,
    decrement: float,
    iterations: int,
    trouble: str = "",
    positive: bool = False,
) -> Solution:
    kept = (objective, point)
    return Solution(theta, point.value, point.gradient, decrement, iterations, not trouble, trouble, positive, kept)


@dataclass(frozen=True)
class _Ahead:
    """A curvature C (q, q), C^-1 g, and the Cholesky factor of C in units of its scale where C is positive definite."""

    curvature: Array
    step: Array
    factor: Array | None


def newton_decrement(point: Curve) -> float:
    """g' I^-1 g: twice the fall in the discrepancy that a full scoring step promises, free of scale."""
    if point.gradient.size == 0:
        return 0.0
    return float(point.gradient @ _solve(point.curvature, point.gradient, 0.0, _scale(point.curvature)))


def _newton(point: Curve, scale: Array) -> _Ahead | None:
    """The way ahead by exact second derivatives, where they are positive definite."""
    exact = point.hessian()
    solved = _positive_solve(exact, point.gradient, 0.0, scale)
    return None if solved is None else _Ahead(exact, *solved)


def _ahead(curvature: Array, gradient: Array, scale: Array) -> _Ahead:
    solved = _positive_solve(curvature, gradient, 0.0, scale)
    return _Ahead(curvature, *(solved or (_least_squares(curvature, gradient, 0.0, scale), None)))


def _further(ahead: _Ahead, gradient: Array, scale: Array) -> Array:
    """One more step by the same curvature."""
    if ahead.factor is None or gradient.size == 0:
        return _solve(ahead.curvature, gradient, 0.0, scale)
    return lapack.dpotrs(ahead.factor, gradient / scale, lower=1)[0] / scale


def _scale(curvature: Array) -> Array:
    diagonal = np.sqrt(np.abs(curvature.diagonal()))
    return np.where(diagonal > 0, diagonal, 1.0)


def _scaled(curvature: Array, damping: float, scale: Array) -> Array:
    inverse = 1.0 / scale
    scaled = curvature * inverse[:, None]
    scaled *= inverse
    scaled.flat[:: len(scaled) + 1] += damping
    return scaled


def _positive_solve(curvature: Array, gradient: Array, damping: float, scale: Array) -> tuple[Array, Array] | None:
    """The damped step and the Cholesky factor behind it; None where the curvature is not positive definite."""
    if gradient.size == 0:
        return gradient, curvature
    scaled = _scaled(curvature, damping, scale)  # symmetric: its transpose is what LAPACK reads without a copy
    factor, ahead, info = lapack.dposv(scaled.T, gradient / scale, lower=1, overwrite_a=1)
    return (ahead / scale, factor) if info == 0 else None


def _solve(curvature: Array, gradient: Array, damping: float, scale: Array) -> Array:
    solved = _positive_solve(curvature, gradient, damping, scale)
    return _least_squares(curvature, gradient, damping, scale) if solved is None else solved[0]


def _least_squares(curvature: Array, gradient: Array, damping: float, scale: Array) -> Array:
    """The shortest damped step of those that do most, for a curvature that is flat in some direction."""
    return np.linalg.lstsq(_scaled(curvature, damping, scale), gradient / scale, rcond=1e-12)[0] / scale


def _step(
    objective: Objective, theta: Array, point: Curve, ahead: _Ahead, scale: Array, damping: float
) -> tuple[Array, Curve, float] | None:
    """The next parameters, the curve there, the next damping; None where even the shortest step does not go down."""
    curvature = ahead.curvature
    slack = 1e-14 * (1.0 + abs(point.value))
    for _ in range(30):
        step = -(_solve(curvature, point.gradient, damping, scale) if damping else ahead.step)
        promised = -(point.gradient @ step + 0.5 * step @ curvature @ step)
        there = objective.curve(theta + step)
        if promised > -slack and there.value <= point.value - 1e-4 * promised + slack:
            good = point.value - there.value > 0.7 * promised
            return theta + step, there, (damping / 8 if damping > 1e-3 else 0.0) if good else max(damping, 1e-3)
        damping = max(4 * damping, 1e-3)
    return None


def _downhill(objective: Objective, theta: Array) -> Array | None:
    """A lower point along the most negative curvature at a stationary point; None at a minimum."""
    hessian = objective.hessian(theta)
    scale = _scale(objective.curve(theta).curvature)
    values, vectors = np.linalg.eigh(hessian / np.outer(scale, scale))
    if values[0] > NEGATIVE_CURVATURE:
        return None
    here = objective.value(theta)
    trials = [theta + sign * size * vectors[:, 0] / scale for size in (0.5, 0.1, 0.02) for sign in (1, -1)]
    best = min(trials, key=objective.value)
    return best if objective.value(best) < here else None
