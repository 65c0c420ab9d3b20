"""The baseline model of incremental fit indices: variables unrelated, fixed exogenous ones left as they are.

Auxiliary variables stay related to all others, as in the model itself (Enders 2008, doi 10.1080/10705510801922340).
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.auxiliary import auxiliary_rows
from sexresearch.sem.estimation.constrained_minimum import ConstrainedSolution
from sexresearch.sem.estimation.constraints import Namespace
from sexresearch.sem.estimation.estimate import discrepancy_of, place, starting_point
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.minimize import Solution, minimize
from sexresearch.sem.language.ordered_rows import residual_row, scale_rows, threshold_rows
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.roles import Roles
from sexresearch.sem.language.table import ParameterTable
from sexresearch.sem.terms.term import Discrepancy


def baseline(fitted: Fitted) -> Fitted:
    """The independence model fitted to the same samples by the same estimator."""
    thresholds = tuple((name, len(levels) - 1) for name, levels in fitted.categories.items())
    table = _table(fitted.table, fitted.options.fixed_x, bool(fitted.options.meanstructure), thresholds)
    structures = place(table, fitted.samples, bool(fitted.options.meanstructure))
    options = fitted.options
    plain = replace(options, parameterization="delta") if options.parameterization else options
    objective = discrepancy_of(structures, fitted.samples, table, plain)
    start = np.empty(table.n_free)
    for structure, sample, role in zip(structures, fitted.samples, table.roles, strict=True):
        to = np.where(structure.is_path, structure.row, structure.col)
        cov = np.diag(np.diag(sample.cov)) if role.auxiliary else sample.cov
        start[structure.free] = np.where(structure.is_path, sample.mean[structure.row], cov[structure.row, to])
    if any((s.is_path & (s.col < len(s.names) - 1)).any() for s in structures):  # slopes on covariates
        start = starting_point(objective, table)
    constrained = ConstrainedSolution(_solution(objective, start, fitted), np.zeros((0, table.n_free)), 0)
    return Fitted(options, table, objective, Namespace(table.n_free, {}, {}, ()), constrained, start, fitted)


def _solution(objective: Discrepancy, start: Array, fitted: Fitted) -> Solution:
    """The sample's own variances and means where they are the answer; minimised from there elsewhere."""
    free = any(role.auxiliary or (role.exogenous and not fitted.options.fixed_x) for role in fitted.table.roles)
    at, exact = start, True
    for term in objective.groups:
        at, here = term.unrelated(at, free)
        exact = exact and here
    if not exact:
        return minimize(objective, at)
    if not objective.has_likelihood:
        return Solution(at, objective.value(at), np.zeros(len(at)), 0.0, 0, True, "", True)
    point = objective.curve(at)  # its implied moments are asked for again
    return Solution(at, point.value, np.zeros(len(at)), 0.0, 0, True, "", True, (objective, point))


Thresholds = tuple[tuple[str, int], ...]


@lru_cache(maxsize=256)
def _table(table: ParameterTable, fixed_x: bool, meanstructure: bool, thresholds: Thresholds) -> ParameterTable:
    """The parameter table of the independence model beside `table`; `thresholds` of ordered variables, by name."""
    rows: list[Parameter] = []
    roles = []
    count = 0
    for number, role in enumerate(table.roles):
        roles.append(replace(role, latent=(), exogenous_latent=(), outcomes=(), single=frozenset()))
        own = _rows(role, number, fixed_x, meanstructure)
        for row in _ordinal_rows(role, number, fixed_x, dict(thresholds)) if thresholds else own:
            free = count if row.is_free else -1
            count += row.is_free
            rows.append(replace(row, free=free))
    return ParameterTable(tuple(rows), tuple(roles), count, levels=table.levels)


def _rows(role: Roles, group: int, fixed: bool, meanstructure: bool) -> list[Parameter]:
    x = role.exogenous
    if role.auxiliary:
        rows = [Parameter(v, op, v if op == "~~" else "", group) for op in ("~~", "~1") for v in (*role.modelled, *x)]
        return rows + auxiliary_rows(role, group)
    rows = [Parameter(v, "~~", v, group) for v in role.modelled]
    rows += [Parameter(a, "~~", b, group, exogenous=fixed) for i, a in enumerate(x) for b in x[i:]]
    if meanstructure:
        rows += [_mean(v, role, group, False) for v in role.modelled]
        rows += [_mean(v, role, group, fixed) for v in x]
    return rows


def _mean(name: str, role: Roles, group: int, fixed: bool) -> Parameter:
    """The mean of a variable; 0 at level 1 of one whose mean is that of its part at level 2."""
    if name in role.split:
        return Parameter(name, "~1", "", group, value=0.0)
    return Parameter(name, "~1", "", group, exogenous=fixed)


def _ordinal_rows(role: Roles, group: int, fixed: bool, known: dict[str, int]) -> list[Parameter]:
    """Slopes on covariates, thresholds, means and variances; ordered variables keep variance 1 (delta)."""
    x = role.exogenous
    rows = [Parameter(v, "~", covariate) for covariate in x for v in role.modelled] if fixed else []
    rows += threshold_rows(role, known) + [residual_row(v, role, "delta") for v in role.modelled]
    rows += [Parameter(a, "~~", b, exogenous=fixed) for i, a in enumerate(x) for b in x[i:]]
    rows += scale_rows(role, "delta")
    rows += [Parameter(v, "~1", "", value=0.0 if v in role.ordered else math.nan) for v in role.modelled]
    rows += [Parameter(v, "~1", "", exogenous=fixed) for v in x]
    return [replace(row, group=group) for row in rows]
