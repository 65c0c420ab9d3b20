"""The parameter table: every parameter of every group, free, fixed or shared, completed by lavaan's defaults."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sexresearch.frozen import ReadOnlyDict, read_only_property
from sexresearch.sem.arrays import Array
from sexresearch.sem.language.completion import Completion
from sexresearch.sem.language.exploratory import ExploratoryBlock
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.roles import Roles
from sexresearch.sem.language.statements import Constraint, Definition


@dataclass(frozen=True)
class Defaults(Completion):
    """What is added to the text: lavaan's `sem()` defaults.

    group_labels : the groups' labels as text, which ``group:`` blocks may speak of; numbers do for them where empty.
    ordered : ordered variables with their numbers of thresholds; `parameterization` ("delta" or "theta") says which of
    residual variance and scale is fixed for them; the other one then follows from the rest of the model.
    anchors : items by exploratory block that are in echelon form before rotation, the first of a block by default;
    `turned` asks for the rows as rotation leaves them, with correlations of factors where it is `oblique`.
    """

    n_groups: int = 1
    meanstructure: bool = False
    std_lv: bool = False
    fixed_x: bool = True
    orthogonal: bool = False
    group_equal: tuple[str, ...] = ()
    group_partial: tuple[str, ...] = ()
    ordered: tuple[tuple[str, int], ...] = ()
    parameterization: str = "delta"
    group_labels: tuple[str, ...] = ()
    anchors: tuple[tuple[str, tuple[str, ...]], ...] = ()
    turned: bool = False
    oblique: bool = True

    @property
    def labels(self) -> tuple[str, ...]:
        """What the groups are called."""
        return self.group_labels or tuple(str(k + 1) for k in range(self.n_groups))

    @property
    def thresholds(self) -> dict[str, int]:
        """Ordered variables with their numbers of thresholds."""
        return dict(self.ordered)


@dataclass(frozen=True, eq=False)
class ParameterTable:
    """All rows, block after block, with each block's variables and the model's definitions and constraints.

    A block is a group, or one level of a group where the text has levels (`levels`); rows know it by its number.
    `notes` say what of the text was read otherwise than it may have been meant. Tables are compared by identity: one
    model under one set of options has one table, and what follows from it is kept.
    """

    rows: tuple[Parameter, ...]
    roles: tuple[Roles, ...]
    n_free: int
    definitions: tuple[Definition, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    notes: tuple[str, ...] = ()
    levels: tuple[int, ...] = ()

    @property
    def n_blocks(self) -> int:
        """How many groups there are, each counted once per level."""
        return len(self.roles)

    @property
    def n_groups(self) -> int:
        """How many groups of respondents there are."""
        return len(self.roles) // self.n_levels

    @property
    def n_levels(self) -> int:
        """1, or 2 where there are parts within and between clusters."""
        return max(len(self.levels), 1)

    def level(self, block: int) -> int | None:
        """The level of a block; None where there is one level."""
        return self.levels[block % self.n_levels] if self.levels else None

    def group(self, number: int) -> tuple[Parameter, ...]:
        """The rows of one block (numbered from 0)."""
        return self._groups[number]

    @cached_property
    def _groups(self) -> tuple[tuple[Parameter, ...], ...]:
        return tuple(tuple(self.rows[place] for place in places) for places in self.places)

    @read_only_property
    def places(self) -> tuple[Array, ...]:
        """Places of each group's rows among all rows."""
        groups = np.array([row.group for row in self.rows])
        return tuple(np.flatnonzero(groups == number) for number in range(self.n_blocks))

    @read_only_property
    def free(self) -> Array:
        """(rows,) number of each row's free parameter, -1 where fixed."""
        return np.array([row.free for row in self.rows], dtype=int)

    @read_only_property
    def fixed(self) -> Array:
        """(rows,) fixed values, NaN where free or taken from the sample."""
        return np.array([row.value for row in self.rows])

    @read_only_property
    def words(self) -> dict[str, Array]:
        """Columns lhs, op, rhs and label of all rows, as arrays of str objects."""
        names = ("lhs", "op", "rhs", "label")
        return ReadOnlyDict({name: np.array([getattr(row, name) for row in self.rows], dtype=object) for name in names})

    @cached_property
    def named(self) -> dict[str, int]:
        """Where expressions find a name: the first row of each label, and lavaan's ``.p3.`` for the third row."""
        return ReadOnlyDict({f".p{place + 1}.": place for place in range(len(self.rows))} | self.labelled)

    @cached_property
    def labelled(self) -> dict[str, int]:
        """The first row of each label."""
        first = {row.label: place for place, row in reversed(list(enumerate(self.rows))) if row.label}
        return ReadOnlyDict(first)

    @cached_property
    def exploratory(self) -> tuple[tuple[ExploratoryBlock, ...], ...]:
        """The blocks of exploratory factors of each group."""
        blocks = []
        for number in range(self.n_blocks):
            loadings = [row for row in self.group(number) if row.op == "=~" and row.efa]
            own = []
            for name in dict.fromkeys(row.efa for row in loadings):
                factors = tuple(dict.fromkeys(row.lhs for row in loadings if row.efa == name))
                own.append(ExploratoryBlock(name, factors, tuple(r.rhs for r in loadings if r.lhs == factors[0])))
            blocks.append(tuple(own))
        return tuple(blocks)

    @cached_property
    def is_exploratory(self) -> bool:
        """Whether there are factors to rotate."""
        return any(row.efa for row in self.rows)

    @cached_property
    def guided(self) -> tuple[Parameter, ...]:
        """Free rows that the text gives a starting value or a bound."""
        return tuple(row for row in self.rows if row.free >= 0 and row.is_guided)

    def free_names(self) -> tuple[str, ...]:
        """One name per free parameter: its label, or the formula of its first row (with the group where several)."""
        names = [""] * self.n_free
        for row in self.rows:
            if row.free >= 0 and not names[row.free]:
                names[row.free] = row.label or row.name + self.block_suffix(row.group)
        return tuple(names)

    def block_suffix(self, block: int) -> str:
        """What tells a parameter of this block from its namesakes: `` [group 2]``, `` [level 1]``; empty for one."""
        parts = [f"group {block // self.n_levels + 1}"] if self.n_groups > 1 else []
        parts += [f"level {self.level(block)}"] if self.levels else []
        return f" [{', '.join(parts)}]" if parts else ""
