"""What `group_equal` and `group_partial` speak of: kinds of parameters, and formulas excepted."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from sexresearch.errors import ModelSyntaxError, OptionError
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.roles import Roles
from sexresearch.sem.language.syntax import parse

EqualAcrossGroups = Literal[
    "loadings", "intercepts", "thresholds", "means", "residuals", "residual_covariances", "lv_variances",
    "lv_covariances", "regressions",
]  # fmt: skip
GROUP_EQUAL = get_args(EqualAcrossGroups)


@dataclass(frozen=True)
class Equality:
    """What is held equal across groups (names of `GROUP_EQUAL`) and which formulas are excepted."""

    equal: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = [name for name in self.equal if name not in GROUP_EQUAL]
        if unknown:
            near = difflib.get_close_matches(str(unknown[0]), GROUP_EQUAL, n=1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            raise OptionError(f"group_equal does not know {unknown}{hint}; allowed: {', '.join(GROUP_EQUAL)}")


def equal_names(group_equal: Sequence[str] | str, ordered: bool) -> tuple[str, ...]:
    """Names of `GROUP_EQUAL`, ``.`` read as ``_``; of ordered items thresholds and intercepts imply each other.

    >>> equal_names(["lv.variances", "thresholds"], ordered=True)
    ('lv_variances', 'thresholds', 'intercepts')
    """
    given = (group_equal,) if isinstance(group_equal, str) else tuple(group_equal)
    names = tuple(dict.fromkeys(str(name).replace(".", "_") for name in given))
    if ordered and {"thresholds", "intercepts"} & set(names):
        names = tuple(dict.fromkeys((*names, "thresholds", "intercepts")))
    return names


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


def released(partial: Sequence[str], rows: Sequence[Parameter]) -> set[tuple[str, str, str]]:
    """The formulas of `group_partial`, which must be in the model, each in both directions."""
    known = {(row.lhs, row.op, row.rhs) for row in rows}
    names = set()
    for text in partial:
        for key, turned in excepted(text):
            if key not in known and turned not in known:
                same = sorted({row.name for row in rows if row.op == key[1]})
                raise OptionError(f"group_partial names {text!r}, which is not in the model; there are: {same[:12]}")
            names |= {key, turned}
    return names


def excepted(text: str) -> list[tuple[tuple[str, str, str], tuple[str, str, str]]]:
    """The formulas that an entry of `group_partial` names, each also with its sides exchanged for covariances."""
    try:
        formulas = parse(text).formulas
    except ModelSyntaxError as error:
        raise OptionError(f"group_partial cannot read {text!r}: {error}") from error
    turned = [(f.rhs, f.op, f.lhs) if f.op == "~~" else (f.lhs, f.op, f.rhs) for f in formulas]
    return [((f.lhs, f.op, f.rhs), other) for f, other in zip(formulas, turned, strict=True)]
