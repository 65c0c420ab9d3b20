"""Constraints among parameters: what they say, as expressions with derivatives."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sexresearch.errors import ModelError
from sexresearch.sem.arrays import Array
from sexresearch.sem.language.expression import Expression, Jet, constant, variable
from sexresearch.sem.language.ranges import range_of
from sexresearch.sem.language.statements import Definition
from sexresearch.sem.language.table import ParameterTable

RANK_TOLERANCE = 1e-9  # relative singular value of a constraint Jacobian that counts as redundant
ROUNDING = 1e-9  # of the two sides of a constraint between numbers: a difference that is none


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

    def jets(self, theta: Array, wanted: Sequence[str] | None = None) -> dict[str, Jet]:
        """Every name as a jet at theta (q,), defined parameters included; or the `wanted` and what defines them.

        ``#3`` is free parameter number 3, labelled or not. Definitions that cannot be computed are NaN.
        """
        used = None if wanted is None else self.behind(wanted)
        free = self.free if used is None else {name: self.free[name] for name in used if name in self.free}
        numbered = {name: int(name[1:]) for name in used or () if name.startswith("#")}
        known = {name: variable(float(theta[i]), i, self.size) for name, i in {**free, **numbered}.items()}
        known |= {name: constant(v, self.size) for name, v in self.fixed.items() if used is None or name in used}
        for definition in self.definitions:
            if used is None or definition.name in used:
                known[definition.name] = self._defined(definition, known)
        return known

    def _defined(self, definition: Definition, known: Mapping[str, Jet]) -> Jet:
        try:
            return definition.expression.jet(known, self.size)
        except ModelError:
            nothing = np.full(self.size, math.nan)
            return Jet(math.nan, nothing, np.full((self.size, self.size), math.nan))

    def reasons(self, theta: Array) -> dict[str, str]:
        """Why definitions are no number at theta (q,), by name; empty where all are one."""
        known, reasons = self.jets(theta), dict[str, str]()
        for definition in self.definitions:
            if math.isfinite(known[definition.name].value):
                continue
            used = [name for name in definition.expression.names() if name in reasons]
            reasons[definition.name] = f"it uses {', '.join(used)}" if used else "its value has no bounds"
            try:
                definition.expression.jet(known, self.size)
            except ModelError as error:
                reasons[definition.name] = str(error)
        return reasons

    def behind(self, names: Sequence[str]) -> list[str]:
        """The names, and those that they are defined by."""
        inside = {definition.name: definition.expression.names() for definition in self.definitions}
        used = list(names)
        for name in used:
            used += [other for other in inside.get(name, ()) if other not in used]
        return used


def namespace(table: ParameterTable) -> Namespace:
    """The labels and definitions of a table; ModelError for unknown names and circular definitions."""
    used = {name for expression in _expressions(table) for name in expression.names()}
    places = table.labelled | {name: place for name in used if (place := table.named.get(name)) is not None}
    rows = {name: table.rows[place] for name, place in places.items()}
    free = {name: row.free for name, row in rows.items() if row.free >= 0}
    fixed = {name: row.value for name, row in rows.items() if row.free < 0 and not (row.exogenous or row.derived)}
    names = [definition.name for definition in table.definitions]
    for name in names:
        if name in free or name in fixed:
            raise ModelError(f"{name!r} is both a label and defined by ':='; rename one of them")
        if names.count(name) > 1:
            raise ModelError(f"{name!r} is defined twice by ':='; rename one of them")
    _refuse_unknown(table, {*free, *fixed, *names})
    return Namespace(table.n_free, free, fixed, _in_order(table.definitions))


def _expressions(table: ParameterTable) -> list[Expression]:
    sides = [side for c in table.constraints for side in (c.lhs, c.rhs)]
    return [definition.expression for definition in table.definitions] + sides


def _by_place(name: str) -> bool:
    """Whether a name is lavaan's for a row of the table: ``.p3.``."""
    return name.startswith(".p") and name.endswith(".") and name[2:-1].isdigit()


def _refuse_unknown(table: ParameterTable, known: set[str]) -> None:
    used = [(d.line, name) for d in table.definitions for name in d.expression.names()]
    used += [(c.line, name) for c in table.constraints for side in (c.lhs, c.rhs) for name in side.names()]
    for line, name in used:
        if name not in known and _by_place(name):
            what = "is no parameter of its own" if name in table.named else "is no parameter"
            raise ModelError(f"line {line}: {name!r} {what}; the table of parameters has {len(table.rows)} rows")
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
    limits = []
    for c in table.constraints:
        left, right = (c.rhs, c.lhs) if c.op == "<" else (c.lhs, c.rhs)
        gap = Expression("-", parts=(left, right))
        text = f"{c.text[0]} {c.op} {c.text[1]}"
        if not any(name in names.free for name in names.behind(gap.names())):
            _refuse_broken(gap, c.op != "==", text, names)
            continue
        if c.op != "==":
            _refuse_empty(gap, text, names)
        limits.append(Restriction(gap, c.op != "==", text))
    return tuple(limits) + _bounds(table)


def _refuse_broken(gap: Expression, inequality: bool, text: str, names: Namespace) -> None:
    known = names.jets(np.zeros(names.size), gap.names())
    value = gap.jet(known, names.size).value
    if not math.isfinite(value):
        raise ModelError(f"the constraint '{text}' involves no free parameter and is no number")
    if (value if inequality else -abs(value)) < -ROUNDING * size_of(gap, known, names.size):
        raise ModelError(f"the constraint '{text}' involves no free parameter and does not hold")


def _refuse_empty(gap: Expression, text: str, names: Namespace) -> None:
    """ModelError where no parameters at all put one side beyond the other, as in ``abs(b) < 0``."""
    known = {name: (value, value) for name, value in names.fixed.items()}
    for definition in names.definitions:
        known[definition.name] = range_of(definition.expression, known)
    most = range_of(gap, known)[1]
    if most < 0:
        raise ModelError(f"this constraint can never hold: {text}")
    if most == 0:
        raise ModelError(
            f"the constraint '{text}' leaves no parameter any room: its sides can be equal at most. "
            "Give it another limit, or write '==' where equality is meant"
        )


def _bounds(table: ParameterTable) -> tuple[Restriction, ...]:
    seen: dict[tuple[int, str], Restriction] = {}
    for row in table.guided:
        for sign, bound, word in ((1.0, row.lower, ">"), (-1.0, row.upper, "<")):
            if math.isfinite(bound):
                own = Expression("name", name=f"#{row.free}")
                limit = Expression("number", value=float(bound))
                gap = Expression("-", parts=(own, limit) if sign > 0 else (limit, own))
                seen[(row.free, word)] = Restriction(
                    gap, True, f"{row.name} {word} {bound:g}", (row.free, float(bound))
                )
    return tuple(seen.values())


@dataclass(frozen=True)
class RestrictionValues:
    """All restrictions at one point: values (r,), Jacobian (r, q), Hessians (r, q, q).

    sizes (r,) : the absolute values of the two sides, summed; what a gap between them is small or large against.
    """

    values: Array
    jacobian: Array
    hessians: Array
    sizes: Array

    def gaps(self, limits: Sequence[Restriction]) -> Array:
        """(r,) how far each restriction is from holding, with its sign; 0 for an inequality that holds."""
        inequality = np.array([r.inequality for r in limits], dtype=bool)
        return np.where(inequality, np.minimum(self.values, 0.0), self.values)


def evaluate(limits: Sequence[Restriction], names: Namespace, theta: Array) -> RestrictionValues:
    """Values and derivatives of the restrictions at theta."""
    known = names.jets(theta, list(dict.fromkeys(name for r in limits for name in r.expression.names())))
    jets = [r.expression.jet(known, names.size) for r in limits]
    lost = next((r.text for r, jet in zip(limits, jets, strict=True) if math.isnan(jet.value)), None)
    if lost is not None:
        raise ModelError(f"the constraint '{lost}' cannot be computed: {'; '.join(names.reasons(theta).values())}")
    q = names.size
    return RestrictionValues(
        np.array([j.value for j in jets]),
        np.array([j.gradient for j in jets]).reshape(len(jets), q),
        np.array([j.hessian for j in jets]).reshape(len(jets), q, q),
        np.array([size_of(r.expression, known, q) for r in limits]),
    )


def size_of(gap: Expression, known: Mapping[str, Jet], size: int) -> float:
    """The absolute values of the two sides of a constraint, summed; `gap` is their difference."""
    return sum(abs(side.jet(known, size).value) for side in gap.parts)
