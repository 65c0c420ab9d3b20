"""What leaving out one parameter costs in the population, and how large it must be to cost enough."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sexresearch.errors import ModelError
from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.constrained_minimum import minimize_within
from sexresearch.sem.estimation.constraints import Restriction, restrictions
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.minimize import minimize
from sexresearch.sem.implied.structure import Structure, implied
from sexresearch.sem.language.expression import Expression
from sexresearch.sem.terms.normal import population_term
from sexresearch.sem.terms.objective import Curve, Objective
from sexresearch.sem.terms.term import Discrepancy

CLOSE = 1e-6  # relative, of the noncentrality looked for
MOST_TRIALS = 40
MOST_STEPS = 200  # of a minimisation; nearly all need fewer than 20
EDGE = 0.98  # of the way to the effect at which no residual variance is left


def cost(fitted: Fitted, number: int, objective: Objective | None = None, theta: Array | None = None) -> float:
    """Noncentrality per respondent of the test that free parameter `number` is 0.

    Twice the rise of the discrepancy when it is 0 (Satorra & Saris 1985, doi 10.1007/BF02294150). By default at the
    moments that were fitted; else at those of `objective`, which theta (q,) reproduces. NaN where no solution exists.
    """
    objective = objective or fitted.objective
    theta = fitted.theta if theta is None else theta
    start = theta.copy()
    start[number] = 0.0
    limits = restrictions(fitted.table, fitted.names)
    if limits:
        own = Restriction(_is_zero(number), False, "the effect is 0")
        try:
            solution = minimize_within(objective, start, (*limits, own), fitted.names).solution
        except ModelError:
            return math.nan
    else:
        others = PartialObjective(objective, np.delete(np.arange(len(theta)), number), start)
        solution = minimize(others, start[others.moving], MOST_STEPS)
    rise = 2.0 * (solution.value - objective.value(theta))
    return max(rise, 0.0) if solution.converged else math.nan


def _is_zero(number: int) -> Expression:
    return Expression("-", parts=(Expression("name", name=f"#{number}"), Expression("number", value=0.0)))


@dataclass(frozen=True)
class PartialObjective:
    """A discrepancy in which only the parameters `moving` move, the others staying where `rest` (q,) has them."""

    objective: Objective
    moving: Array
    rest: Array

    @property
    def n_free(self) -> int:
        return len(self.moving)

    def _whole(self, part: Array) -> Array:
        theta = self.rest.copy()
        theta[self.moving] = part
        return theta

    def value(self, theta: Array) -> float:
        return self.objective.value(self._whole(theta))

    def curve(self, theta: Array) -> Curve:
        whole, own = self.objective.curve(self._whole(theta)), np.ix_(self.moving, self.moving)
        return Curve(whole.value, whole.gradient[self.moving], whole.curvature[own], lambda: whole.hessian()[own])

    def hessian(self, theta: Array) -> Array:
        return self.curve(theta).hessian()


def moved(fitted: Fitted, number: int, value: float) -> tuple[Discrepancy, Array] | None:
    """The population in which a free parameter has another value, and its parameters (q,).

    Residual variances follow, so that every variable keeps its variance; None where that leaves less than nothing.
    """
    theta = fitted.theta.copy()
    theta[number] = value
    for structure, state in zip(fitted.structures, fitted.states, strict=True):
        variances = _kept_variances(structure, theta, np.diag(state.all_cov))
        if variances is None:
            return None
        theta = variances
    terms = []
    for term, share in zip(fitted.objective.groups, fitted.shares, strict=True):
        omega = implied(term.structure, theta).omega
        if np.linalg.eigvalsh(omega)[0] <= 0:
            return None
        terms.append(population_term(term, omega, share))
    return Discrepancy(tuple(terms), fitted.table.n_free), theta


def _kept_variances(s: Structure, theta: Array, wanted: Array) -> Array | None:
    """Parameters whose free residual variances restore the diagonal of C (m,) as far as something explains them."""
    explained = np.zeros(len(s.names), dtype=bool)
    last = len(s.names) - s.has_means
    explained[s.row[s.is_path & (s.col < last)]] = True
    explained[np.flatnonzero(s.directed[:, :last].any(axis=1))] = True
    slots = np.flatnonzero(~s.is_path & (s.row == s.col) & explained[s.row])
    if not len(slots):
        return theta
    at = s.row[slots]
    bare = theta.copy()
    bare[s.free[slots]] = 0.0
    state = implied(s, bare)
    variances = np.linalg.solve(state.G[np.ix_(at, at)] ** 2, wanted[at] - np.diag(state.all_cov)[at])
    if (variances <= 0).any():
        return None
    bare[s.free[slots]] = variances
    return bare


def smallest(fitted: Fitted, number: int, wanted: float, guess: float) -> tuple[float, str]:
    """The value of a free parameter whose absence costs `wanted` per respondent, on the side of `guess`; or why none.

    The root of the cost is nearly proportional to the value, so that each trial nearly corrects the one before.
    """
    value, limit = guess, math.inf
    for _ in range(MOST_TRIALS):
        there = moved(fitted, number, value)
        least = math.nan if there is None else cost(fitted, number, *there)
        if math.isnan(least):
            limit = abs(value)
            value *= 0.5
            continue
        if abs(least / wanted - 1) < CLOSE:
            return value, ""
        step = math.sqrt(wanted / least) if least > 0 else 2.0
        if abs(value) * step >= limit:
            if abs(value) > EDGE * limit:
                return math.nan, "not even the largest effect that the variances allow is found that often"
            step = (abs(value) + limit) / (2 * abs(value))
        value *= step
    return math.nan, "no effect of this size could be found"
