"""What identifies the constructs of a model: its own text, or unit variances in the first group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sexresearch.sem import Model
from sexresearch.sem.view import Formula, Modifiers, written


def higher(model: Model) -> tuple[str, ...]:
    """Constructs that are measured by other constructs."""
    latents = set(model.latents)
    names = (f.lhs for f in model.statements.formulas if f.op == "=~" and f.rhs in latents - {f.lhs})
    return tuple(dict.fromkeys(names))


def scaled_by_text(model: Model) -> bool:
    """Whether the text says anything that depends on the units of its constructs.

    A label, value, bound or constraint on a loading, or on a variance, path, covariance or mean of a construct, holds
    in the units of the text only: those of marker items, unless it says otherwise. Covariances, paths and means of 0
    are 0 in any units, and starting values are no restriction.

    >>> scaled_by_text(Model("f =~ a + b + c")), scaled_by_text(Model("f =~ a + k*b + c; g =~ x + k*y + z"))
    (False, True)
    """
    latents = set(model.latents)
    formulas = (f for f in model.statements.formulas if f.op == "=~" or {f.lhs, f.rhs} & latents)
    return bool(model.statements.constraints) or any(map(_restricted, formulas))


def _restricted(formula: Formula) -> bool:
    modifiers = replace(formula.modifiers, start=())
    absent = formula.op in ("~", "~1") or (formula.op == "~~" and formula.lhs != formula.rhs)
    zero = (
        absent
        and modifiers == Modifiers(fixed=modifiers.fixed)
        and all(value in (0.0, None) for value in modifiers.fixed)
    )
    return modifiers != Modifiers() and not zero


def means_at_zero(model: Model) -> Sequence[str]:
    """Formulas for the means of higher constructs: 0 in all groups, those of their dimensions hold what there is.

    None for a construct where the text speaks of its mean, or of a dimension's.
    """
    formulas = model.statements.formulas
    mentioned = {f.lhs for f in formulas if f.op == "~1"}
    parts = {name: {f.rhs for f in formulas if f.op == "=~" and f.lhs == name} for name in higher(model)}
    return [
        f"{written(name)} ~ 0*1" for name, below in parts.items() if not mentioned & {name, *below & set(model.latents)}
    ]
