"""A minimiser that respects constraints.

Equalities and inequalities enter an augmented Lagrangian (Hestenes 1969, doi 10.1007/BF00927673; Powell 1969;
inequalities after Rockafellar 1973, doi 10.1007/BF00934777) that the ordinary minimiser lowers, so that constrained
and unconstrained models share one numerical core.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import null_space

from sexresearch.errors import ModelError
from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.constraints import RANK_TOLERANCE, Namespace, Restriction, RestrictionValues, evaluate
from sexresearch.sem.estimation.feasible import ParameterScales, closest, parameter_units, refuse_contradictions
from sexresearch.sem.estimation.minimize import Solution, minimize
from sexresearch.sem.estimation.restarts import trust_region
from sexresearch.sem.terms.objective import Curve, Objective

FEASIBLE = 1e-9  # constraint value in units of its parameters that counts as met
SETTLED = 1e-7  # change of a multiplier that counts as none
OUTER_STEPS = 60
INNER_STEPS = 200  # of the minimiser between two changes of the multipliers
FAILURES = 3  # such minimisations in a row that end nowhere, after which none is tried
STIFFEST = 1e10  # penalty beyond which a gap that stays is not closed by a larger one


@dataclass(frozen=True)
class AugmentedDiscrepancy:
    """The discrepancy plus multipliers and penalties of the restrictions; scale (r,) makes them free of units."""

    objective: Objective
    restrictions: tuple[Restriction, ...]
    names: Namespace
    multipliers: Array
    scale: Array
    penalty: float

    @property
    def n_free(self) -> int:
        return self.objective.n_free

    def forces(self, at: RestrictionValues) -> tuple[Array, Array]:
        """Multiplier estimates (r,) and which restrictions push (equalities always, inequalities where needed)."""
        forces = self.multipliers - self.penalty * at.values * self.scale
        push = np.array([not r.inequality for r in self.restrictions]) | (forces > 0)
        return np.where(push, forces, 0.0), push

    def _price(self, forces: Array) -> float:
        return float(forces @ forces - self.multipliers @ self.multipliers) / (2 * self.penalty)

    def value(self, theta: Array) -> float:
        try:
            at = evaluate(self.restrictions, self.names, theta)
        except ModelError:  # a logarithm of a negative number, say: a step too far
            return math.inf
        return self.objective.value(theta) + self._price(self.forces(at)[0])

    def curve(self, theta: Array) -> Curve:
        base = self.objective.curve(theta)
        try:
            at = evaluate(self.restrictions, self.names, theta)
        except ModelError:
            return replace(base, value=math.inf)
        forces, push = self.forces(at)
        J = at.jacobian * self.scale[:, None]
        stiff = self.penalty * J[push].T @ J[push]

        def exact() -> Array:
            return base.hessian() - np.einsum("r,rij->ij", forces * self.scale, at.hessians) + stiff

        return Curve(base.value + self._price(forces), base.gradient - J.T @ forces, base.curvature + stiff, exact)

    def hessian(self, theta: Array) -> Array:
        return self.curve(theta).hessian()


@dataclass(frozen=True)
class ConstrainedSolution:
    """A solution and its restrictions: active ones' Jacobian (a, q), and the texts of active inequalities.

    Rows of `active` have length 1 in the parameters' own units (q,), so that no row is small beside the others.
    """

    solution: Solution
    active: Array
    n_equalities: int
    binding: tuple[str, ...] = ()
    unit: Array | None = None

    def basis(self) -> Array:
        """(q, q - rank) directions in which the parameters can still move."""
        q = len(self.solution.theta)
        if not len(self.active):
            return np.eye(q)
        unit = np.ones(q) if self.unit is None else self.unit
        return unit[:, None] * null_space(self.active * unit, rcond=RANK_TOLERANCE)


def minimize_within(
    objective: Objective, start: Array, limits: tuple[Restriction, ...], names: Namespace
) -> ConstrainedSolution:
    """The minimum of `objective` subject to the restrictions; ModelError where they contradict each other.

    A solution that does not meet them all, as the user wrote them, has not converged and names those it does not meet.
    """
    if not limits:
        return ConstrainedSolution(minimize(objective, start), np.zeros((0, len(start))), 0)
    curvature = objective.curve(start).curvature
    start = _carried(limits, names, start, parameter_units(curvature, start))
    units = parameter_units(curvature, start).seen_from(evaluate(limits, names, start))
    refuse_contradictions(limits, names, start, units)
    scale = units.row_scale(evaluate(limits, names, start))
    stage = AugmentedDiscrepancy(objective, limits, names, np.zeros(len(limits)), scale, 10.0)
    solution, worst, failed = _lowered(stage, start, units), math.inf, 0
    for _ in range(OUTER_STEPS):
        if not math.isfinite(solution.value):
            return ConstrainedSolution(solution, np.zeros((0, len(start))), 0)
        failed = 0 if solution.converged else failed + 1
        at = evaluate(limits, names, solution.theta)
        forces, push = stage.forces(at)
        gap = np.where(push, at.values, at.gaps(limits)) * scale
        size = float(np.abs(gap).max())
        settled = float(np.abs(forces - stage.multipliers).max()) < SETTLED
        if (size < FEASIBLE and settled) or stage.penalty > STIFFEST or failed > FAILURES:
            break
        stage = replace(stage, multipliers=forces, penalty=stage.penalty * (4.0 if size > 0.25 * worst else 1.0))
        worst = size
        solution = _lowered(stage, solution.theta, units)
    return _finish(solution, objective, stage, units)


def _lowered(stage: AugmentedDiscrepancy, theta: Array, units: ParameterScales) -> Solution:
    """The minimum of one stage; where damped steps crawl along a ridge, by a trust region from where they gave up."""
    solution = minimize(stage, theta, INNER_STEPS)
    if solution.converged or not math.isfinite(solution.value):
        return solution
    unit = np.where(units.informed, units.size, 1.0)
    further = trust_region(stage, solution.theta, unit)
    return further if further.converged else solution


def _carried(limits: Sequence[Restriction], names: Namespace, start: Array, units: ParameterScales) -> Array:
    """The start, parameters that the data say nothing about moved to where they meet the restrictions best."""
    if units.informed.all():
        return start
    others = ParameterScales(np.where(units.informed, 0.0, units.size), np.zeros(len(start), dtype=bool))
    return closest(limits, names, start, others, evaluate(limits, names, start))[0]


def _finish(
    solution: Solution, objective: Objective, stage: AugmentedDiscrepancy, units: ParameterScales
) -> ConstrainedSolution:
    limits = stage.restrictions
    at = evaluate(limits, stage.names, solution.theta)
    _, push = stage.forces(at)
    theta = solution.theta.copy()
    for restriction, pushes in zip(limits, push, strict=True):
        if pushes and restriction.bound is not None:
            theta[restriction.bound[0]] = restriction.bound[1]
    at = evaluate(limits, stage.names, theta)
    moved = _judged(replace(solution.moved(theta), value=objective.value(theta)), limits, at, units)
    inequality = np.array([r.inequality for r in limits])
    bounded = np.array([r.bound is not None for r in limits])  # no restriction of the model: errors ignore it
    rows = at.jacobian * units.row_scale(at)[:, None]
    rank = int(np.linalg.matrix_rank(rows[~inequality] * units.size, tol=RANK_TOLERANCE)) if (~inequality).any() else 0
    binding = tuple(r.text for r, p, i in zip(limits, push, inequality, strict=True) if p and i)
    return ConstrainedSolution(moved, rows[push & ~bounded], rank, binding, units.size)


def _judged(
    solution: Solution, limits: Sequence[Restriction], at: RestrictionValues, units: ParameterScales
) -> Solution:
    """The solution, not converged where a restriction does not hold as it was written."""
    wrong = units.unmet(limits, at)
    if not wrong.any():
        return solution
    texts = [
        f"{r.text} (off by {abs(gap):.3g})" for r, gap, no in zip(limits, at.gaps(limits), wrong, strict=True) if no
    ]
    return replace(solution, converged=False, trouble=f"these constraints do not hold at its end: {'; '.join(texts)}")
