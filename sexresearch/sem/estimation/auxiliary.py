"""Auxiliary variables: they help to make up for missing answers without being part of the model.

The saturated-correlates model: every auxiliary variable covaries with every other one and with the (residuals of the)
observed variables of the model, so that it adds as many parameters as moments and leaves the model's degrees of freedom
and its restrictions as they are. Graham 2003, doi 10.1207/S15328007SEM1001_4; Enders 2008,
doi 10.1080/10705510801922340.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from sexresearch.errors import OptionError
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.roles import Roles
from sexresearch.sem.language.table import ParameterTable


def refuse_auxiliary(options: Options, model_variables: Sequence[str]) -> None:
    """OptionError naming auxiliary variables that are in the model, given twice, or have another part to play."""
    names = options.auxiliary
    parts = (options.group, options.cluster, options.sampling_weights)
    reasons = {
        "in the model, so the model uses their answers already": [v for v in names if v in model_variables],
        "named twice": sorted({v for v in names if names.count(v) > 1}),
        "the group, cluster or weight column": [v for v in names if v in parts],
    }
    wrong = [f"{columns} ({why})" for why, columns in reasons.items() if columns]
    if wrong:
        raise OptionError(f"these cannot be auxiliary variables: {'; '.join(wrong)}. Leave them out of auxiliary=")


def with_auxiliary(table: ParameterTable, names: tuple[str, ...]) -> ParameterTable:
    """The table with the auxiliary variables in every group, their parameters free and numbered after all others."""
    if not names:
        return table
    roles = tuple(replace(role, auxiliary=names) for role in table.roles)
    added = [row for number, role in enumerate(roles) for row in auxiliary_rows(role, number)]
    numbered = [replace(row, free=table.n_free + place) for place, row in enumerate(added)]
    return replace(table, rows=(*table.rows, *numbered), roles=roles, n_free=table.n_free + len(added))


def auxiliary_rows(role: Roles, group: int) -> list[Parameter]:
    """Variances, means and all covariances of one group's auxiliary variables; each row's `lhs` is one of them."""
    own, others = role.auxiliary, role.modelled + role.exogenous
    pairs = [*((v, v) for v in own), *combinations(own, 2), *((v, other) for v in own for other in others)]
    return [Parameter(a, "~~", b, group) for a, b in pairs] + [Parameter(v, "~1", "", group) for v in own]
