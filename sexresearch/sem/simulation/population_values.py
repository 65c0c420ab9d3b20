"""Every parameter of a population text with a value: what the text says, and what stands in for what it leaves open."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sexresearch.errors import ModelError
from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.structure import structure_of
from sexresearch.sem.implied.total_effects import implied_variances, total_effects
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.roles import Roles
from sexresearch.sem.language.table import ParameterTable

LOADING, PATH = 0.7, 0.3  # of a population nobody described: acceptable items, medium effects (Cohen 1988)
MOST_PATHS = 1.2  # sum of the assumed paths into one variable, so that they cannot explain more than all of it


def written_value(row: Parameter) -> float:
    """The value a text gives a parameter, NaN where it gives none."""
    return row.value if math.isnan(row.start) else row.start


def says_paths(rows: Sequence[Parameter]) -> bool:
    """Whether any path or loading has a value; a first loading of 1 only sets the unit."""
    marked: set[tuple[int, str]] = set()
    for row in rows:
        first = row.op == "=~" and (row.group, row.lhs) not in marked
        marked |= {(row.group, row.lhs)} if first else set()
        if row.op in ("=~", "~") and not math.isnan(written_value(row)) and not (first and written_value(row) == 1.0):
            return True
    return False


def completed(table: ParameterTable, unit: Sequence[str]) -> tuple[Parameter, ...]:
    """All rows with values; variances left open are 1, or for the variables `unit` what brings their variance to 1.

    Other loadings are 1, covariances and intercepts 0; ModelError names the paths without a value.
    """
    silent = [row.name for row in table.rows if row.op == "~" and math.isnan(written_value(row))]
    if silent:
        raise ModelError(
            f"the population value of these paths is missing: {', '.join(dict.fromkeys(silent))}; "
            "write it before the variable, as in 'loyalty ~ 0.3*delight' (0*delight for none)"
        )
    defaults = {"=~": 1.0, "~1": 0.0}
    rows = []
    for row in table.rows:
        default = defaults.get(row.op, math.nan if row.lhs == row.rhs else 0.0)
        value = written_value(row)
        rows.append(replace(row, value=default if math.isnan(value) else value))
    return _with_variances(rows, table.roles, unit)


def assumed(table: ParameterTable) -> tuple[Parameter, ...]:
    """Rows of a standardized population where the text has no values: loadings 0.7, paths and correlations 0.3."""
    causes = Counter((row.group, row.lhs) for row in table.rows if row.op == "~")
    errorless = {(row.group, row.lhs) for row in table.rows if row.op == "~~" and row.lhs == row.rhs and row.value == 0}
    rows = []
    for row in table.rows:
        apart = row.op == "~~" and row.lhs != row.rhs
        value = written_value(row)
        if row.op == "=~":
            value = 1.0 if (row.group, row.rhs) in errorless else LOADING
        elif row.op == "~":
            value = min(PATH, MOST_PATHS / causes[row.group, row.lhs])
        elif apart and math.isnan(value):
            explained = {name for group, name in causes if group == row.group}
            value = 0.0 if {row.lhs, row.rhs} & explained else PATH
        elif row.op == "~1":
            value = 0.0 if math.isnan(value) else value
        rows.append(replace(row, value=math.nan if _variance(row) and row.value != 0 else value))
    return _with_variances(rows, table.roles, [row.lhs for row in table.rows])


def _variance(row: Parameter) -> bool:
    return row.op == "~~" and row.lhs == row.rhs


def _with_variances(rows: Sequence[Parameter], roles: Sequence[Roles], unit: Sequence[str]) -> tuple[Parameter, ...]:
    out = list(rows)
    for group, role in enumerate(roles):
        places = [i for i, row in enumerate(rows) if row.group == group and row.op != "~1"]
        waiting = [i for i in places if math.isnan(rows[i].value)]
        own = [replace(rows[i], value=0.0) if i in waiting else rows[i] for i in places]
        scaled = [i for i in waiting if rows[i].lhs in unit]
        values = dict.fromkeys(waiting, 1.0)
        own = [
            replace(row, value=1.0) if i in values and i not in scaled else row
            for i, row in zip(places, own, strict=True)
        ]
        values |= zip(scaled, _unit_variances(own, role, [rows[i].lhs for i in scaled]), strict=True)
        for i, value in values.items():
            out[i] = replace(rows[i], value=float(value))
    return tuple(replace(row, free=-1, start=math.nan, exogenous=False) for row in out)


def _unit_variances(rows: Sequence[Parameter], role: Roles, names: Sequence[str]) -> Array:
    """(names,) residual variances that bring the variances of `names` to 1, from diag(G S G') = 1."""
    p = len(role.observed)
    fixed = [replace(row, free=-1, exogenous=False) for row in rows]
    structure = structure_of(fixed, role, np.zeros((p, p)), has_means=False)
    G = total_effects(structure.directed)
    at = [structure.names.index(name) for name in names]
    explained = implied_variances(G, structure.symmetric)[at]
    variances = np.linalg.solve(G[np.ix_(at, at)] ** 2, 1.0 - explained)
    wrong = [name for name, value in zip(names, variances, strict=True) if value < -1e-12]
    if wrong:
        raise ModelError(
            f"the paths into {wrong} explain more than a variance of 1; give smaller values, or standardized=False"
        )
    return np.maximum(variances, 0.0)
