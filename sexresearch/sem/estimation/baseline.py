"""The baseline model of incremental fit indices: variables unrelated, fixed exogenous ones left as they are.

Auxiliary variables stay related to all others, as in the model itself (Enders 2008, doi 10.1080/10705510801922340).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sexresearch.sem.estimation.auxiliary import auxiliary_rows
from sexresearch.sem.estimation.constraints import Constrained, namespace
from sexresearch.sem.estimation.estimate import objective_of, place
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.minimize import minimize
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.roles import Roles
from sexresearch.sem.language.table import ParameterTable


def baseline(fitted: Fitted) -> Fitted:
    """The independence model fitted to the same samples by the same estimator."""
    rows: list[Parameter] = []
    roles = []
    count = 0
    for number, role in enumerate(fitted.table.roles):
        roles.append(replace(role, latent=(), exogenous_latent=(), outcomes=(), single=frozenset()))
        for row in _rows(role, number, fitted):
            free = -1 if row.exogenous else count
            count += not row.exogenous
            rows.append(replace(row, free=free))
    table = ParameterTable(tuple(rows), tuple(roles), count)
    structures = place(table, fitted.samples, bool(fitted.options.meanstructure))
    objective = objective_of(structures, fitted.samples, count, fitted.options)
    start = np.empty(count)
    for structure, sample, role in zip(structures, fitted.samples, roles, strict=True):
        to = np.where(structure.is_path, structure.row, structure.col)
        cov = np.diag(np.diag(sample.cov)) if role.auxiliary else sample.cov
        start[structure.free] = np.where(structure.is_path, sample.mean[structure.row], cov[structure.row, to])
    constrained = Constrained(minimize(objective, start), np.zeros((0, count)), 0)
    return Fitted(
        fitted.options, table, fitted.samples, structures, objective, namespace(table), constrained, start, fitted
    )


def _rows(role: Roles, group: int, fitted: Fitted) -> list[Parameter]:
    x, fixed = role.exogenous, fitted.options.fixed_x
    if role.auxiliary:
        rows = [Parameter(v, op, v if op == "~~" else "", group) for op in ("~~", "~1") for v in (*role.modelled, *x)]
        return rows + auxiliary_rows(role, group)
    rows = [Parameter(v, "~~", v, group) for v in role.modelled]
    rows += [Parameter(a, "~~", b, group, exogenous=fixed) for i, a in enumerate(x) for b in x[i:]]
    if fitted.options.meanstructure:
        rows += [Parameter(v, "~1", "", group) for v in role.modelled]
        rows += [Parameter(v, "~1", "", group, exogenous=fixed) for v in x]
    return rows
