"""Two levels in model text: ``level: 1`` (within clusters) and ``level: 2`` (between clusters) blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sexresearch.errors import ModelError, ModelSyntaxError, OptionError
from sexresearch.sem.language.roles import Roles
from sexresearch.sem.language.statements import Formula, Statements

LEVELS = {"1": 1, "within": 1, "2": 2, "between": 2}
WORDS = {1: "within clusters", 2: "between clusters"}


def refuse_half_levels(formulas: Sequence[Formula]) -> None:
    """ModelSyntaxError where a text with ``level:`` blocks has formulas outside of them, or one level alone."""
    levels = {f.level for f in formulas}
    if levels <= {None}:
        return
    outside = next((f for f in formulas if f.level is None), None)
    if outside is not None:
        _fail(outside, f"{outside.name!r} stands in no level; put it into a 'level: 1' or 'level: 2' block")
    if len(levels) == 1:
        (level,) = levels
        other = 3 - int(level or 1)
        _fail(formulas[0], f"the text has a block for level {level} and none for level {other} ({WORDS[other]})")


def _fail(formula: Formula, what: str) -> None:
    error = ModelSyntaxError(f"line {formula.line}: {what}")
    error.line = formula.line
    raise error


def by_level(formulas: Sequence[Formula], levels: Sequence[int], label: str) -> list[list[Formula]]:
    """The formulas of one group at each level; all of them where there are no levels."""
    if not levels:
        return [list(formulas)]
    blocks = [[f for f in formulas if f.level == level] for level in levels]
    for level, own in zip(levels, blocks, strict=True):
        if not own:
            raise ModelError(f"group {label!r} has no formulas at level {level} ({WORDS[level]})")
    return blocks


def split_roles(roles: Sequence[Roles]) -> list[Roles]:
    """Roles at both levels, where level 1 knows which of its variables have a part, and their means, at level 2."""
    if len(roles) == 1:
        return list(roles)
    within, between = roles
    latent = set(within.latent) | set(between.latent)
    both = sorted(latent & {*within.observed, *between.observed})
    if both:
        raise ModelError(f"{', '.join(both)} is measured by '=~' at one level and a column of the data at the other")
    known = set(between.observed)
    return [replace(within, split=tuple(v for v in within.observed if v in known)), between]


def refuse_levels(statements: Statements, what: str) -> None:
    """OptionError where a question takes models of one level alone."""
    if statements.levels:
        raise OptionError(f"{what} takes models of one level; this one has 'level:' blocks")
