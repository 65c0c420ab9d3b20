"""A model text with some regressions fixed to 0, and others added."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from sexresearch.errors import ModelError
from sexresearch.sem.language.fewer_items import formula_line
from sexresearch.sem.language.model import Model
from sexresearch.sem.language.names import written
from sexresearch.sem.language.statements import Formula, Modifiers, Statements

Arrow = tuple[str, str]  # cause, effect


def with_arrows(model: Model, dropped: Collection[Arrow] = (), added: Sequence[Arrow] = ()) -> Model:
    """The model with these arrows (cause, effect) fixed to 0, and those added; in every group.

    A dropped arrow keeps its place, so that what it leads to stays explained and the model is nested in the old one;
    it keeps a label of its own, so that what is defined by it can still be computed.

    >>> print(with_arrows(Model("joy =~ a + b + c; stay ~ p*joy + age; d := p^2"), [("joy", "stay")], [("joy", "age")]))
    joy =~ a + b + c
    stay ~ 0.0*p*joy + age
    age ~ joy
    d := p^2
    """
    statements = model.statements
    if not dropped and not added:
        return model
    _refuse(statements, dropped, added)
    formulas = [_fixed(f, statements) if f.op == "~" and (f.rhs, f.lhs) in dropped else f for f in statements.formulas]
    blocks: dict[str | None, list[Formula]] = {}
    for formula in formulas:
        blocks.setdefault(formula.group, []).append(formula)
    lines: list[str] = []
    for block, own in blocks.items():
        lines += [] if block is None else [f'group: "{block}"']
        lines += _joined([*own, *(Formula(effect, "~", cause, Modifiers(), 0, block) for cause, effect in added)])
    lines += [f"{definition.name} := {definition.text}" for definition in statements.definitions]
    lines += [f"{definition.text[0]} {definition.op} {definition.text[1]}" for definition in statements.constraints]
    return Model("\n".join(lines))


def _refuse(statements: Statements, dropped: Collection[Arrow], added: Sequence[Arrow]) -> None:
    """ModelError where an arrow is not there, is there already, or the text has parts that are not written anew."""
    if statements.levels or any(formula.efa for formula in statements.formulas):
        raise ModelError("arrows are changed in models of one level without efa() blocks: write the other one as text")
    there = {(f.rhs, f.lhs) for f in statements.formulas if f.op == "~"}
    for cause, effect in dropped:
        if (cause, effect) not in there:
            raise ModelError(f"there is no arrow from {cause} to {effect} to drop")
    for cause, effect in added:
        if (cause, effect) in there or cause == effect:
            why = f"{cause} cannot lead to itself" if cause == effect else f"{cause} leads to {effect} already"
            raise ModelError(why)


def _fixed(formula: Formula, statements: Statements) -> Formula:
    """The formula with the value 0, its label kept where no other formula has it."""
    own = formula.modifiers
    others = {name for f in statements.formulas if f is not formula for name in f.modifiers.label}
    label = () if others & {name for name in own.label if name} else own.label
    return replace(formula, modifiers=Modifiers(fixed=(0.0,), label=label))


def _joined(formulas: Sequence[Formula]) -> list[str]:
    """One line for every left side and operator, in the order of their first formula."""
    lines: dict[tuple[str, str], str] = {}
    for formula in formulas:
        line, key = formula_line(formula), (formula.lhs, formula.op)
        head = f"{written(formula.lhs)} {formula.op.removesuffix('1')} "
        lines[key] = f"{lines[key]} + {line.removeprefix(head)}" if key in lines else line
    return list(lines.values())
