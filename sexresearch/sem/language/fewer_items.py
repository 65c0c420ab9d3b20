"""A model text without some of its items."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from sexresearch.sem.language.model import Model
from sexresearch.sem.language.names import written
from sexresearch.sem.language.statements import Formula, Modifiers


def without_items(model: Model, items: Collection[str]) -> Model:
    """The model without every formula that names one of the items; the first loading left then sets a latent's unit.

    >>> print(without_items(Model("joy =~ a + l*b + 0.5*c; joy ~ age; d := l^2"), ["a"]))
    joy =~ l*b
    joy =~ 0.5*c
    joy ~ age
    d := l^2
    """
    statements = model.statements
    lines: list[str] = []
    block: str | None = None
    for formula in statements.formulas:
        if formula.lhs in items or formula.rhs in items:
            continue
        if formula.group != block:
            block = formula.group
            lines.append(f"group: {block}")
        lines.append(formula_line(formula))
    lines += [f"{definition.name} := {definition.text}" for definition in statements.definitions]
    lines += [f"{definition.text[0]} {definition.op} {definition.text[1]}" for definition in statements.constraints]
    return Model("\n".join(lines))


def formula_line(formula: Formula) -> str:
    """One formula as text, with all that was said before the variable."""
    right = "1" if formula.op == "~1" else written(formula.rhs)
    if formula.op == "=~" and formula.rhs == formula.lhs:
        return f"{written(formula.lhs)} =~ 0"
    op = "~" if formula.op == "~1" else formula.op
    return f"{written(formula.lhs)} {op} {''.join(_factors(formula.modifiers))}{right}"


def _factors(modifiers: Modifiers) -> list[str]:
    """What stands before the variable, each with its ``*``."""
    numbers = {"": modifiers.fixed, "start": modifiers.start, "lower": modifiers.lower, "upper": modifiers.upper}
    factors = [_factor(name, [_number(value) for value in values]) for name, values in numbers.items() if values]
    words = {"": modifiers.label, "equal": modifiers.equal}
    return factors + [_factor(n, [_word(v, bool(n)) for v in values]) for n, values in words.items() if values]


def _factor(name: str, values: Sequence[str]) -> str:
    inner = values[0] if len(values) == 1 else f"c({', '.join(values)})"
    return f"{name}({inner})*" if name else f"{inner}*"


def _number(value: float | None) -> str:
    return "NA" if value is None or math.isnan(value) else repr(value)


def _word(value: str | None, quoted: bool) -> str:
    if value is None:
        return "NA"
    return '"' + value + '"' if quoted or not value.isidentifier() else value
