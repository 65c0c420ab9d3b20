"""Which rows of the table are one parameter: by label, and across groups by `group_equal` less `group_partial`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sexresearch.errors import ModelSyntaxError, OptionError
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.roles import Roles
from sexresearch.sem.language.syntax import parse

GROUP_EQUAL = (
    "loadings",
    "intercepts",
    "thresholds",
    "means",
    "residuals",
    "residual_covariances",
    "lv_variances",
    "lv_covariances",
    "regressions",
)


@dataclass(frozen=True)
class Equality:
    """What is held equal across groups (names of `GROUP_EQUAL`) and which formulas are excepted."""

    equal: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = [name for name in self.equal if name not in GROUP_EQUAL]
        if unknown:
            raise OptionError(f"group_equal does not know {unknown}; allowed: {', '.join(GROUP_EQUAL)}")


def share(rows: Sequence[Parameter], roles: Sequence[Roles], equality: Equality) -> tuple[list[Parameter], int]:
    """Number the free rows; rows with one label, or held equal across groups, get one number.

    A labelled row that is fixed passes its value on to free rows of the same label, a fixed row of the first group to
    rows held equal to it.
    """
    released = _released(equality.partial, rows)
    rows = _passed_on(rows, roles, equality.equal, released)
    fixed = {row.label: row.value for row in rows if row.label and not row.is_free and not row.exogenous}
    numbers: dict[object, int] = {}
    count = 0
    numbered = []
    for row in rows:
        if row.is_free and row.label in fixed:
            row = replace(row, value=fixed[row.label])
        if row.is_free:
            keys = _keys(row, roles[row.group], equality.equal, released)
            known = [numbers[key] for key in keys if key in numbers]
            free = known[0] if known else count
            count += not known
            numbers.update(dict.fromkeys(keys, free))
            row = replace(row, free=free)
        numbered.append(row)
    return _start_together(numbered), count


def _passed_on(
    rows: Sequence[Parameter], roles: Sequence[Roles], equal: Sequence[str], released: set[tuple[str, str, str]]
) -> Sequence[Parameter]:
    """Free rows of later groups, fixed where `equal` holds them to a fixed row of the first group."""
    if not equal:
        return rows
    first = {(r.lhs, r.op, r.rhs): r.value for r in rows if r.group == 0 and not math.isnan(r.value)}

    def held(row: Parameter) -> bool:
        formula = (row.lhs, row.op, row.rhs)
        later = row.group > 0 and row.is_free and not row.label
        return later and formula in first and formula not in released and kind_of(row, roles[row.group]) in equal

    return [replace(row, value=first[row.lhs, row.op, row.rhs]) if held(row) else row for row in rows]


def _keys(row: Parameter, roles: Roles, equal: Sequence[str], released: set[tuple[str, str, str]]) -> list[object]:
    own: list[object] = [("label", row.label)] if row.label else []
    formula = (row.lhs, row.op, row.rhs)
    if kind_of(row, roles) in equal and formula not in released and not row.label:
        own.append(("equal", *formula))
    return own or [(row.group, *formula)]


def kind_of(row: Parameter, roles: Roles) -> str:
    """The name in `GROUP_EQUAL` that a row belongs to; moments of exogenous variables belong to none."""
    if row.op in ("~~", "~1") and row.lhs in roles.exogenous:
        return "exogenous"
    latent = row.lhs in roles.latent
    if row.op == "=~":
        return "loadings"
    if row.op == "~":
        return "regressions"
    if row.op in ("|", "~*~"):
        return "thresholds" if row.op == "|" else "scales"
    if row.op == "~1":
        return "means" if latent else "intercepts"
    if row.lhs == row.rhs:
        return "lv_variances" if latent else "residuals"
    return "lv_covariances" if latent else "residual_covariances"


def _released(partial: Sequence[str], rows: Sequence[Parameter]) -> set[tuple[str, str, str]]:
    known = {(row.lhs, row.op, row.rhs) for row in rows}
    released = set()
    for text in partial:
        for key, turned in excepted(text):
            if key not in known and turned not in known:
                same = sorted({row.name for row in rows if row.op == key[1]})
                raise OptionError(f"group_partial names {text!r}, which is not in the model; there are: {same[:12]}")
            released |= {key, turned}
    return released


def excepted(text: str) -> list[tuple[tuple[str, str, str], tuple[str, str, str]]]:
    """The formulas that an entry of `group_partial` names, each also with its sides exchanged for covariances."""
    try:
        formulas = parse(text).formulas
    except ModelSyntaxError as error:
        raise OptionError(f"group_partial cannot read {text!r}: {error}") from error
    turned = [(f.rhs, f.op, f.lhs) if f.op == "~~" else (f.lhs, f.op, f.rhs) for f in formulas]
    return [((f.lhs, f.op, f.rhs), other) for f, other in zip(formulas, turned, strict=True)]


def _start_together(rows: list[Parameter]) -> list[Parameter]:
    """A starting value given for one row of a shared parameter is that of all its rows; so are bounds."""
    start: dict[int, float] = {}
    bounds: dict[int, tuple[float, float]] = {}
    for row in rows:
        if row.free >= 0:
            if not math.isnan(row.start):
                start.setdefault(row.free, row.start)
            low, high = bounds.get(row.free, (-math.inf, math.inf))
            bounds[row.free] = (max(low, row.lower), min(high, row.upper))
    return [
        replace(row, start=start.get(row.free, row.start), lower=bounds[row.free][0], upper=bounds[row.free][1])
        if row.free >= 0
        else row
        for row in rows
    ]
