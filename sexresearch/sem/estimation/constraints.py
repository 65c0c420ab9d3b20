"""Constraints among parameters: what they say, and a minimiser that respects them.

Equalities and inequalities enter an augmented Lagrangian (Hestenes 1969, doi 10.1007/BF00927673; Powell 1969;
inequalities after Rockafellar 1973, doi 10.1007/BF00934777) that the ordinary minimiser lowers, so that constrained
and unconstrained models share one numerical core.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import null_space

from sexresearch.errors import ModelError
from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.minimize import Solution, minimize
from sexresearch.sem.implied.discrepancy import Curve, Objective
from sexresearch.sem.language.expression import Expression, Jet, constant, variable
from sexresearch.sem.language.syntax import Definition
from sexresearch.sem.language.table import ParameterTable

FEASIBLE = 1e-9  # constraint value in standard errors-like units that counts as met
RANK_TOLERANCE = 1e-9  # relative singular value of a constraint Jacobian that counts as redundant
OUTER_STEPS = 60


@dataclass(frozen=True)
class Restriction:
    """`expression` = 0, or >= 0 where `inequality`; `text` is how the user wrote it.

    `bound` is (parameter number, limit) where one parameter is held on one side of a number.
    """

    expression: Expression
    inequality: bool
    text: str
    bound: tuple[int, float] | None = None


@dataclass(frozen=True)
class Namespace:
    """Names that expressions may use: free parameter numbers, fixed values, and definitions in order of use."""

    size: int
    free: Mapping[str, int]
    fixed: Mapping[str, float]
    definitions: tuple[Definition, ...]

    def jets(self, theta: Array) -> dict[str, Jet]:
        """Every name as a jet at theta (q,), defined parameters included."""
        known = {name: variable(float(theta[i]), i, self.size) for name, i in self.free.items()}
        known |= {name: constant(value, self.size) for name, value in self.fixed.items()}
        for definition in self.definitions:
            known[definition.name] = definition.expression.jet(known, self.size)
        return known


def namespace(table: ParameterTable) -> Namespace:
    """The labels and definitions of a table; ModelError for unknown names and circular definitions."""
    free = {row.label: row.free for row in reversed(table.rows) if row.label and row.free >= 0}
    fixed = {row.label: row.value for row in table.rows if row.label and row.free < 0 and not row.exogenous}
    names = [definition.name for definition in table.definitions]
    for name in names:
        if name in free or name in fixed:
            raise ModelError(f"{name!r} is both a label and defined by ':='; rename one of them")
        if names.count(name) > 1:
            raise ModelError(f"{name!r} is defined twice by ':='; rename one of them")
    _refuse_unknown(table, {*free, *fixed, *names})
    return Namespace(table.n_free, free, fixed, _in_order(table.definitions))


def _refuse_unknown(table: ParameterTable, known: set[str]) -> None:
    used = [(d.line, name) for d in table.definitions for name in d.expression.names()]
    used += [(c.line, name) for c in table.constraints for side in (c.lhs, c.rhs) for name in side.names()]
    for line, name in used:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=2)
            hint = f" (did you mean {' or '.join(map(repr, near))}?)" if near else ""
            labels = (
                f"labels in the model: {sorted(known)}" if known else "no parameter has a label: write a*x to name one"
            )
            raise ModelError(f"line {line}: no parameter is labelled {name!r}{hint}; {labels}")


def _in_order(definitions: Sequence[Definition]) -> tuple[Definition, ...]:
    waiting, done = list(definitions), []
    while waiting:
        unmet = {d.name for d in waiting}
        ready = [d for d in waiting if not unmet & set(d.expression.names())]
        if not ready:
            raise ModelError(f"these ':=' definitions refer to each other in a circle: {sorted(unmet)}")
        done += ready
        waiting = [d for d in waiting if d not in ready]
    return tuple(done)


def restrictions(table: ParameterTable, names: Namespace) -> tuple[Restriction, ...]:
    """Every ``==``, ``<``, ``>`` of the text and every bound, as expressions; ModelError where one can never hold."""
    found = []
    for c in table.constraints:
        left, right = (c.rhs, c.lhs) if c.op == "<" else (c.lhs, c.rhs)
        gap = Expression("-", parts=(left, right))
        text = f"{c.text[0]} {c.op} {c.text[1]}"
        probe = gap.jet(names.jets(np.full(names.size, 0.731)), names.size)
        if not probe.gradient.any() and not any(n in names.free for n in gap.names()):
            broken = probe.value < 0 if c.op != "==" else abs(probe.value) > FEASIBLE
            if broken:
                raise ModelError(f"the constraint '{text}' involves no free parameter and does not hold")
            continue
        found.append(Restriction(gap, c.op != "==", text))
    return tuple(found) + _bounds(table)


def _bounds(table: ParameterTable) -> tuple[Restriction, ...]:
    seen: dict[tuple[int, str], Restriction] = {}
    for row in table.rows:
        for sign, bound, word in ((1.0, row.lower, ">"), (-1.0, row.upper, "<")):
            if row.free >= 0 and math.isfinite(bound):
                own = Expression("name", name=f"#{row.free}")
                limit = Expression("number", value=float(bound))
                gap = Expression("-", parts=(own, limit) if sign > 0 else (limit, own))
                seen[(row.free, word)] = Restriction(
                    gap, True, f"{row.name} {word} {bound:g}", (row.free, float(bound))
                )
    return tuple(seen.values())


@dataclass(frozen=True)
class Evaluated:
    """All restrictions at one point: values (r,), Jacobian (r, q), Hessians (r, q, q)."""

    values: Array
    jacobian: Array
    hessians: Array


def evaluate(found: Sequence[Restriction], names: Namespace, theta: Array) -> Evaluated:
    """Values and derivatives of the restrictions at theta."""
    known = names.jets(theta)
    known |= {f"#{i}": variable(float(theta[i]), i, names.size) for i in range(names.size)} if found else {}
    jets = [r.expression.jet(known, names.size) for r in found]
    q = names.size
    return Evaluated(
        np.array([j.value for j in jets]),
        np.array([j.gradient for j in jets]).reshape(len(jets), q),
        np.array([j.hessian for j in jets]).reshape(len(jets), q, q),
    )


@dataclass(frozen=True)
class Augmented:
    """The discrepancy plus multipliers and penalties of the restrictions; scale (r,) makes them free of units."""

    objective: Objective
    found: tuple[Restriction, ...]
    names: Namespace
    multipliers: Array
    scale: Array
    penalty: float

    @property
    def n_free(self) -> int:
        return self.objective.n_free

    def _forces(self, at: Evaluated) -> tuple[Array, Array]:
        """Multiplier estimates (r,) and which restrictions push (equalities always, inequalities where needed)."""
        forces = self.multipliers - self.penalty * at.values * self.scale
        push = np.array([not r.inequality for r in self.found]) | (forces > 0)
        return np.where(push, forces, 0.0), push

    def value(self, theta: Array) -> float:
        at = evaluate(self.found, self.names, theta)
        forces, _ = self._forces(at)
        return self.objective.value(theta) + float(forces @ forces - self.multipliers @ self.multipliers) / (
            2 * self.penalty
        )

    def curve(self, theta: Array) -> Curve:
        base = self.objective.curve(theta)
        at = evaluate(self.found, self.names, theta)
        forces, push = self._forces(at)
        J = at.jacobian * self.scale[:, None]
        total = base.value + float(forces @ forces - self.multipliers @ self.multipliers) / (2 * self.penalty)
        stiff = self.penalty * J[push].T @ J[push]

        def exact() -> Array:
            return base.hessian() - np.einsum("r,rij->ij", forces * self.scale, at.hessians) + stiff

        return Curve(total, base.gradient - J.T @ forces, base.curvature + stiff, exact)

    def hessian(self, theta: Array) -> Array:
        return self.curve(theta).hessian()


@dataclass(frozen=True)
class Constrained:
    """A solution and its restrictions: active ones' Jacobian (a, q), and the texts of active inequalities."""

    solution: Solution
    active: Array
    n_equalities: int
    binding: tuple[str, ...] = ()

    def basis(self) -> Array:
        """(q, q - rank) orthonormal directions in which the parameters can still move."""
        q = len(self.solution.theta)
        return np.eye(q) if not len(self.active) else null_space(self.active, rcond=RANK_TOLERANCE)


def minimize_within(
    objective: Objective, start: Array, found: tuple[Restriction, ...], names: Namespace
) -> Constrained:
    """The minimum of `objective` subject to the restrictions; ModelError where they contradict each other."""
    if not found:
        return Constrained(minimize(objective, start), np.zeros((0, len(start))), 0)
    at = evaluate(found, names, start)
    metric = np.maximum(np.diag(objective.curve(start).curvature), 1e-300)
    scale = 1.0 / np.sqrt(np.maximum((at.jacobian**2 / metric).sum(axis=1), 1e-12))
    stage = Augmented(objective, found, names, np.zeros(len(found)), scale, 10.0)
    inequality = np.array([r.inequality for r in found])
    theta, worst = start, np.inf
    for _ in range(OUTER_STEPS):
        solution = minimize(stage, theta)
        theta = solution.theta
        at = evaluate(found, names, theta)
        forces, push = stage._forces(at)
        gap = np.where(inequality & ~push, np.minimum(at.values, 0.0), at.values) * scale
        size = float(np.abs(gap).max())
        if size < FEASIBLE and float(np.abs(forces - stage.multipliers).max()) < 1e-7:
            return _finish(solution, objective, at, push, inequality, found)
        stage = replace(stage, multipliers=forces, penalty=stage.penalty * (4.0 if size > 0.25 * worst else 1.0))
        worst = size
    broken = [r.text for r, g in zip(found, gap, strict=True) if abs(g) > 1e-6]
    if broken:
        raise ModelError(f"these constraints cannot all hold together: {'; '.join(broken)}")
    return _finish(solution, objective, at, push, inequality, found)


def _finish(
    solution: Solution,
    objective: Objective,
    at: Evaluated,
    push: Array,
    inequality: Array,
    found: Sequence[Restriction],
) -> Constrained:
    value = objective.value(solution.theta)
    equalities = at.jacobian[~inequality]
    rank = int(
        np.linalg.matrix_rank(equalities, tol=RANK_TOLERANCE * max(1.0, float(np.abs(equalities).max(initial=0))))
    )
    binding = tuple(r.text for r, p, i in zip(found, push, inequality, strict=True) if p and i)
    bounded = np.array([r.bound is not None for r in found])  # no restriction of the model: errors ignore it
    theta = solution.theta.copy()
    for restriction, pushes in zip(found, push, strict=True):
        if pushes and restriction.bound is not None:
            theta[restriction.bound[0]] = restriction.bound[1]
    moved = replace(solution.moved(theta), value=value)
    return Constrained(moved, at.jacobian[push & ~bounded], rank, binding)
