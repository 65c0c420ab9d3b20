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
    said = model.statements
    lines: list[str] = []
    block: str | None = None
    for formula in said.formulas:
        if formula.lhs in items or formula.rhs in items:
            continue
        if formula.group != block:
            block = formula.group
            lines.append(f"group: {block}")
        lines.append(formula_line(formula))
    lines += [f"{found.name} := {found.text}" for found in said.definitions]
    lines += [f"{found.text[0]} {found.op} {found.text[1]}" for found in said.constraints]
    return Model("\n".join(lines))


def formula_line(formula: Formula) -> str:
    """One formula as text, with all that was said before the variable."""
    right = "1" if formula.op == "~1" else written(formula.rhs)
    if formula.op == "=~" and formula.rhs == formula.lhs:
        return f"{written(formula.lhs)} =~ 0"
    op = "~" if formula.op == "~1" else formula.op
    return f"{written(formula.lhs)} {op} {''.join(_factors(formula.modifiers))}{right}"


def _factors(said: Modifiers) -> list[str]:
    """What stands before the variable, each with its ``*``."""
    numbers = {"": said.fixed, "start": said.start, "lower": said.lower, "upper": said.upper}
    found = [_factor(name, [_number(value) for value in values]) for name, values in numbers.items() if values]
    words = {"": said.label, "equal": said.equal}
    return found + [_factor(n, [_word(v, bool(n)) for v in values]) for n, values in words.items() if values]


def _factor(name: str, values: Sequence[str]) -> str:
    inner = values[0] if len(values) == 1 else f"c({', '.join(values)})"
    return f"{name}({inner})*" if name else f"{inner}*"


def _number(value: float | None) -> str:
    return "NA" if value is None or math.isnan(value) else repr(value)


def _word(value: str | None, quoted: bool) -> str:
    if value is None:
        return "NA"
    return '"' + value + '"' if quoted or not value.isidentifier() else value
