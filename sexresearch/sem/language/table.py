"""The parameter table: every parameter of every group, free, fixed or shared, completed by lavaan's defaults."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import numpy as np

from sexresearch.errors import ModelError
from sexresearch.frozen import read_only_property
from sexresearch.sem.arrays import Array
from sexresearch.sem.language.equality import Equality, excepted, share
from sexresearch.sem.language.ordered_rows import residual_row, scale_rows, threshold_rows, user_rows
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.roles import Roles, roles_of
from sexresearch.sem.language.syntax import Constraint, Definition, Formula, Statements


@dataclass(frozen=True)
class Defaults:
    """What is added to the text: lavaan's `sem()` defaults.

    ordered : ordered variables with their numbers of thresholds; `parameterization` ("delta" or "theta") says which of
    residual variance and scale is fixed for them; the other one then follows from the rest of the model.
    """

    n_groups: int = 1
    meanstructure: bool = False
    std_lv: bool = False
    fixed_x: bool = True
    orthogonal: bool = False
    group_equal: tuple[str, ...] = ()
    group_partial: tuple[str, ...] = ()
    ordered: tuple[tuple[str, int], ...] = ()
    parameterization: str = "delta"

    @property
    def thresholds(self) -> dict[str, int]:
        """Ordered variables with their numbers of thresholds."""
        return dict(self.ordered)


@dataclass(frozen=True, eq=False)
class ParameterTable:
    """All rows, group after group, with each group's variables and the model's definitions and constraints.

    Tables are compared by identity: one model under one set of options has one table, and what follows from it is kept.
    """

    rows: tuple[Parameter, ...]
    roles: tuple[Roles, ...]
    n_free: int
    definitions: tuple[Definition, ...] = ()
    constraints: tuple[Constraint, ...] = ()

    @property
    def n_groups(self) -> int:
        return len(self.roles)

    def group(self, number: int) -> tuple[Parameter, ...]:
        """The rows of one group (numbered from 0)."""
        return self._groups[number]

    @cached_property
    def _groups(self) -> tuple[tuple[Parameter, ...], ...]:
        return tuple(tuple(self.rows[place] for place in places) for places in self.places)

    @read_only_property
    def places(self) -> tuple[Array, ...]:
        """Places of each group's rows among all rows."""
        groups = np.array([row.group for row in self.rows])
        return tuple(np.flatnonzero(groups == number) for number in range(self.n_groups))

    @read_only_property
    def free(self) -> Array:
        """(rows,) number of each row's free parameter, -1 where fixed."""
        return np.array([row.free for row in self.rows], dtype=int)

    @read_only_property
    def fixed(self) -> Array:
        """(rows,) fixed values, NaN where free or taken from the sample."""
        return np.array([row.value for row in self.rows])

    @read_only_property
    def words(self) -> dict[str, Array]:
        """Columns lhs, op, rhs and label of all rows, as arrays of str objects."""
        names = ("lhs", "op", "rhs", "label")
        return {name: np.array([getattr(row, name) for row in self.rows], dtype=object) for name in names}

    def free_names(self) -> tuple[str, ...]:
        """One name per free parameter: its label, or the formula of its first row (with the group where several)."""
        names = [""] * self.n_free
        for row in self.rows:
            if row.free >= 0 and not names[row.free]:
                suffix = f" [group {row.group + 1}]" if self.n_groups > 1 else ""
                names[row.free] = row.label or row.name + suffix
        return tuple(names)


def parameter_table(statements: Statements, defaults: Defaults = Defaults()) -> ParameterTable:
    """Complete the formulas by lavaan's defaults and number the free parameters.

    >>> from sexresearch.sem.language.syntax import parse
    >>> table = parameter_table(parse("f =~ x1 + x2 + x3"))
    >>> table.n_free, [row.name for row in table.rows if row.free < 0]
    (6, ['f =~ x1'])
    """
    rows: list[Parameter] = []
    roles: list[Roles] = []
    for group in range(defaults.n_groups):
        formulas = [f for f in statements.formulas if f.group is None or f.group == group + 1]
        if not formulas:
            raise ModelError(f"the model text has 'group:' blocks but none for group {group + 1}")
        role = roles_of(formulas)
        role = replace(role, ordered=tuple(v for v in role.modelled if v in defaults.thresholds))
        roles.append(role)
        rows += _group_rows(formulas, role, group, defaults)
    equality = Equality(defaults.group_equal, defaults.group_partial)
    shared, n_free = share(rows, roles, equality)
    return ParameterTable(tuple(shared), tuple(roles), n_free, statements.definitions, statements.constraints)


def _group_rows(formulas: Sequence[Formula], role: Roles, group: int, defaults: Defaults) -> list[Parameter]:
    rows = [_user_row(formula, group, defaults.n_groups) for formula in formulas]
    rows = _identify(rows, role, defaults)
    rows = user_rows(rows, role, defaults.thresholds, defaults.parameterization)
    taken = {key for row in rows for key in ((row.lhs, row.op, row.rhs), (row.rhs, row.op, row.lhs))}
    added = [row for row in _default_rows(role, defaults) if (row.lhs, row.op, row.rhs) not in taken]
    excepted_here = {key for text in defaults.group_partial for pair in excepted(text) for key in pair}
    return rows + [_freed(replace(row, group=group), role, defaults, excepted_here) for row in added]


def _pick(values: tuple, group: int):  # type: ignore[no-untyped-def]
    return None if not values else values[group if len(values) > 1 else 0]


def _user_row(formula: Formula, group: int, n_groups: int) -> Parameter:
    modifiers = formula.modifiers
    for name in ("fixed", "label", "start", "lower", "upper"):
        given = len(getattr(modifiers, name))
        if given > 1 and given != n_groups:
            raise ModelError(
                f"'{formula.lhs} {formula.op} {formula.rhs}' gives {given} values in c(...), "
                f"but the model has {n_groups} group{'s' if n_groups > 1 else ''}"
            )
    fixed = _pick(modifiers.fixed, group)
    start, lower, upper = (_pick(v, group) for v in (modifiers.start, modifiers.lower, modifiers.upper))
    return Parameter(
        formula.lhs,
        formula.op,
        formula.rhs,
        group=group,
        label=_pick(modifiers.label, group) or "",
        value=math.nan if fixed is None else fixed,
        start=math.nan if start is None else start,
        lower=-math.inf if lower is None else lower,
        upper=math.inf if upper is None else upper,
        exogenous=False,
        user=fixed is not None,
    )


def _identify(rows: list[Parameter], role: Roles, defaults: Defaults) -> list[Parameter]:
    """The first indicator of each latent is its marker (fixed to 1) unless the text or `std_lv` says otherwise."""
    if defaults.std_lv:
        return rows
    markers = {lat: next(i for i, r in enumerate(rows) if r.op == "=~" and r.lhs == lat) for lat in role.latent}
    chosen = {i for i in markers.values() if not rows[i].user}
    return [replace(row, value=1.0) if i in chosen else row for i, row in enumerate(rows)]


def _default_rows(role: Roles, defaults: Defaults) -> list[Parameter]:
    """Everything lavaan's `sem()` adds to a text: variances, covariances, exogenous moments, intercepts."""
    rows = threshold_rows(role, defaults.thresholds)
    rows += [residual_row(v, role, defaults.parameterization) for v in role.modelled]
    rows += [Parameter(v, "~~", v, value=1.0 if defaults.std_lv else math.nan) for v in role.latent]
    apart = 0.0 if defaults.orthogonal else math.nan
    rows += [Parameter(a, "~~", b, value=apart) for a, b in combinations(role.exogenous_latent, 2)]
    rows += [Parameter(a, "~~", b) for a, b in combinations(role.outcomes, 2)]
    x = role.exogenous
    for i, a in enumerate(x):
        rows += [Parameter(a, "~~", b, exogenous=defaults.fixed_x) for b in x[i:]]
    rows += scale_rows(role, defaults.parameterization)
    if defaults.meanstructure:
        rows += [Parameter(v, "~1", "", value=0.0 if v in role.ordered else math.nan) for v in role.modelled]
        rows += [Parameter(v, "~1", "", exogenous=defaults.fixed_x) for v in x]
        rows += [Parameter(v, "~1", "", value=0.0) for v in role.latent]
    return rows


def _freed(row: Parameter, role: Roles, defaults: Defaults, partial: set[tuple[str, str, str]]) -> Parameter:
    """In groups after the first, equal loadings free unit variances and equal intercepts free latent means.

    Equal thresholds free latent means too, and scales (delta) or residual variances (theta) of ordered variables.
    """
    latent = row.group > 0 and row.lhs in role.latent
    equal = defaults.group_equal
    variance = row.op == "~~" and row.lhs == row.rhs and defaults.std_lv
    if latent and variance and "loadings" in equal and "lv_variances" not in equal:
        return replace(row, value=math.nan)
    if latent and row.op == "~1" and {"intercepts", "thresholds"} & set(equal) and "means" not in equal:
        return replace(row, value=math.nan)
    if row.group > 0 and "thresholds" in equal and row.lhs in role.ordered and not row.derived:
        held = "residuals" in equal and (row.lhs, row.op, row.rhs) not in partial
        if row.op == "~*~" or (row.op == "~~" and row.lhs == row.rhs and not held):
            return replace(row, value=math.nan)
    return row
