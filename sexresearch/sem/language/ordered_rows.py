"""The rows that ordered variables bring into the parameter table: thresholds, residual variances, scales.

The answers of an ordered variable show which thresholds a continuous response y* lies between. The variance of y* has
no unit of its own: in the delta parameterization its scale 1 / sd(y*) is a parameter (1 in a single group) and the
residual variance follows; in the theta parameterization it is the other way round (Muthen & Asparouhov 2002, Mplus web
note 4).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sexresearch.errors import ModelError
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.roles import Roles


def threshold_rows(role: Roles, thresholds: Mapping[str, int]) -> list[Parameter]:
    """``x | t1``, ``x | t2``, … of every ordered variable."""
    return [Parameter(v, "|", f"t{k + 1}") for v in role.ordered for k in range(thresholds[v])]


def residual_row(variable: str, role: Roles, parameterization: str) -> Parameter:
    """``x ~~ x``: free, 0 for a single indicator, and for ordered variables derived (delta) or 1 (theta)."""
    if variable in role.ordered:
        return _fixed_row(Parameter(variable, "~~", variable), parameterization == "delta")
    return Parameter(variable, "~~", variable, value=0.0 if variable in role.single else math.nan)


def scale_rows(role: Roles, parameterization: str) -> list[Parameter]:
    """``x ~*~ x`` of every ordered variable: 1 (delta) or derived (theta)."""
    return [_fixed_row(Parameter(v, "~*~", v), parameterization == "theta") for v in role.ordered]


def _fixed_row(row: Parameter, derived: bool) -> Parameter:
    return replace(row, derived=True) if derived else replace(row, value=1.0)


def user_rows(
    rows: Sequence[Parameter], role: Roles, thresholds: Mapping[str, int], parameterization: str
) -> list[Parameter]:
    """Rows of the text, those that follow from others marked as derived; ModelError for impossible ones."""
    _refuse_absent(rows, role, thresholds)
    other = {"delta": "theta", "theta": "delta"}[parameterization]
    named = [r.name for r in rows if _follows(r, role, parameterization) and (r.label or math.isnan(r.value))]
    if named:
        raise ModelError(
            f"{', '.join(named)} cannot be estimated: with parameterization={parameterization!r} it follows from the "
            f"rest of the model; leave it out or use parameterization={other!r}"
        )
    return [replace(r, value=math.nan, derived=True) if _follows(r, role, parameterization) else r for r in rows]


def ignored(rows: Sequence[Parameter], role: Roles, parameterization: str) -> list[str]:
    """Notes about values that the text gives to rows which follow from the rest of the model."""
    other = {"delta": "theta", "theta": "delta"}[parameterization]
    return [
        f"{row.name} = {row.value:g} is ignored: with parameterization={parameterization!r} it follows from the rest "
        f"of the model; parameterization={other!r} honours it"
        for row in rows
        if _follows(row, role, parameterization) and not math.isnan(row.value)
    ]


def _follows(row: Parameter, role: Roles, parameterization: str) -> bool:
    """Whether a row is the one of residual variance and scale that the parameterization derives."""
    own = row.lhs == row.rhs and row.lhs in role.ordered
    return own and row.op == ("~~" if parameterization == "delta" else "~*~")


def _refuse_absent(rows: Sequence[Parameter], role: Roles, thresholds: Mapping[str, int]) -> None:
    for row in rows:
        if row.op in ("|", "~*~") and row.lhs not in role.ordered:
            raise ModelError(
                f"'{row.name}' needs {row.lhs!r} to be an ordered variable that the model explains; "
                f"ordered are: {list(role.ordered)}"
            )
        if row.op == "|" and int(row.rhs[1:]) > thresholds[row.lhs]:
            raise ModelError(
                f"'{row.name}': {row.lhs!r} has {thresholds[row.lhs] + 1} categories in the data and thus "
                f"{thresholds[row.lhs]} thresholds"
            )
