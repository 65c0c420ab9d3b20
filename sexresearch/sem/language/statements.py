"""What model text says, as data: formulas with modifiers, definitions and constraints."""

from __future__ import annotations

from dataclasses import dataclass

from sexresearch.sem.language.expression import Expression
from sexresearch.sem.language.names import written


@dataclass(frozen=True)
class Modifiers:
    """What stands before ``*``, one entry per group (or a single one for all groups).

    `fixed` holds a number, NaN for ``NA`` (free), or None where nothing was said; `equal` names other parameters.
    """

    fixed: tuple[float | None, ...] = ()
    label: tuple[str | None, ...] = ()
    start: tuple[float | None, ...] = ()
    lower: tuple[float | None, ...] = ()
    upper: tuple[float | None, ...] = ()
    equal: tuple[str | None, ...] = ()


@dataclass(frozen=True)
class Formula:
    """One elementary formula, such as ``f =~ x1`` or ``y ~1``; `group` is what its ``group:`` block is called, if any.

    `level` is 1 (within clusters) or 2 (between clusters) where the text has ``level:`` blocks.
    A latent variable without indicators, ``f =~ 0``, is its own indicator with loading 0, as in lavaan. `efa` names the
    block of exploratory factors that the left side belongs to, if any.
    """

    lhs: str
    op: str
    rhs: str
    modifiers: Modifiers
    line: int
    group: str | None = None
    level: int | None = None
    efa: str = ""

    @property
    def name(self) -> str:
        """How messages name it."""
        return f"{written(self.lhs)} {self.op} {written(self.rhs)}".rstrip()


@dataclass(frozen=True)
class Definition:
    """``name := expression``."""

    name: str
    expression: Expression
    text: str
    line: int


@dataclass(frozen=True)
class Constraint:
    """``lhs op rhs`` with op one of ``== < >``."""

    lhs: Expression
    op: str
    rhs: Expression
    text: tuple[str, str]
    line: int


@dataclass(frozen=True)
class Statements:
    """Everything a model text says, in its order; `notes` say what was passed over."""

    formulas: tuple[Formula, ...] = ()
    definitions: tuple[Definition, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def blocks(self) -> tuple[str, ...]:
        """What the ``group:`` blocks are called, in their order."""
        return tuple(dict.fromkeys(f.group for f in self.formulas if f.group is not None))

    @property
    def levels(self) -> tuple[int, ...]:
        """The levels of the text, within clusters first; empty where it has no ``level:`` blocks."""
        return tuple(sorted({f.level for f in self.formulas if f.level is not None}))
