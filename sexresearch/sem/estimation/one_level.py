"""A model of two levels that restricts one of them alone: the other one has all its moments free."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations_with_replacement

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.estimate import solved
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.roles import Roles
from sexresearch.sem.language.statements import Constraint
from sexresearch.sem.language.table import ParameterTable
from sexresearch.sem.terms.term import GroupTerm


@dataclass(frozen=True)
class OneLevel:
    """The partially saturated fit, and what of the model at both levels is not in it, in words; empty for nothing."""

    fitted: Fitted
    left_out: str


def restricted_at(fitted: Fitted, level: int) -> OneLevel:
    """The fit of the model at `level` (1 or 2) with nothing restricted at the other one, to the same samples.

    What ties both levels together (parameters shared across them, constraints) ties nothing then.
    """
    table, options = fitted.table, fitted.options
    here = [number for number in range(table.n_blocks) if table.level(number) == level]
    kept = [row for row in table.rows if row.group in here]
    rows, places = list[Parameter](), dict[int, int]()
    for row in kept:
        if row.free >= 0:
            places.setdefault(row.free, len(places))
        rows.append(replace(row, free=places.get(row.free, -1)))
    count = len(places)
    for number in set(range(table.n_blocks)) - set(here):
        for row in _saturated(table.roles[number], number, options.fixed_x, fitted.objective.groups[number]):
            rows.append(replace(row, free=count if row.is_free else -1))
            count += row.is_free
    roles = tuple(role if n in here else _bare(role) for n, role in enumerate(table.roles))
    constraints = tuple(c for c in table.constraints if _names(c) <= {row.label for row in kept if row.label})
    alone = ParameterTable(tuple(rows), roles, count, (), constraints, levels=table.levels)
    partly = solved(options, alone, fitted.samples, fitted.categories)
    return OneLevel(replace(partly, rival=fitted), _left_out(table, here, len(table.constraints) - len(constraints)))


def _bare(role: Roles) -> Roles:
    return replace(role, latent=(), exogenous_latent=(), outcomes=(), single=frozenset())


def _names(constraint: Constraint) -> set[str]:
    return {name for side in (constraint.lhs, constraint.rhs) for name in side.names()}


def _left_out(table: ParameterTable, here: list[int], constraints: int) -> str:
    """What ties both levels together."""
    own, others = ({row.free for row in table.rows if (row.group in here) == inside} - {-1} for inside in (True, False))
    shared = len(own & others)
    are = "parameter is" if shared == 1 else "parameters are"
    parts = [f"{shared} {are} shared across levels, which is not tested"] if shared else []
    return "; ".join(parts + ([f"{constraints} constraints are left out"] if constraints else []))


def _saturated(role: Roles, number: int, fixed: bool, term: GroupTerm) -> list[Parameter]:
    """All moments of a level, free, from where the sample has them; those of exogenous variables fixed, where so."""
    mean, cov = term.start_moments()
    place = {name: k for k, name in enumerate(term.sample.names)}
    names, x = (*role.modelled, *role.exogenous), set(role.exogenous) if fixed else set()
    rows = [
        Parameter(a, "~~", b, number, start=_at(cov, place[a], place[b]), exogenous=a in x and b in x)
        for a, b in combinations_with_replacement(names, 2)
    ]
    elsewhere = set(role.split)
    return rows + [
        Parameter(v, "~1", "", number, value=0.0)
        if v in elsewhere
        else Parameter(v, "~1", "", number, start=float(mean[place[v]]), exogenous=v in x)
        for v in names
    ]


def _at(cov: Array, i: int, j: int) -> float:
    return float(np.asarray(cov)[i, j])
