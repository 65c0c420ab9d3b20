"""The parameter table: every parameter of every group, free, fixed or shared, completed by lavaan's defaults."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import numpy as np

from sexresearch.errors import ModelError
from sexresearch.frozen import ReadOnlyDict, read_only_property
from sexresearch.sem.arrays import Array
from sexresearch.sem.language.completion import Completion
from sexresearch.sem.language.equality import Equality, excepted
from sexresearch.sem.language.exploratory import ExploratoryBlock, blocks_of, repeats, rotated_rows
from sexresearch.sem.language.group_blocks import formulas_by_group, numbering_note
from sexresearch.sem.language.levels import by_level, split_roles
from sexresearch.sem.language.ordered_rows import ignored, residual_row, scale_rows, threshold_rows, user_rows
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.roles import Roles, roles_of
from sexresearch.sem.language.sharing import share
from sexresearch.sem.language.statements import Constraint, Definition, Formula, Statements


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


def parameter_table(statements: Statements, defaults: Defaults = Defaults()) -> ParameterTable:
    """Complete the formulas by lavaan's defaults and number the free parameters.

    >>> from sexresearch.sem.language.syntax import parse
    >>> table = parameter_table(parse("f =~ x1 + x2 + x3"))
    >>> table.n_free, [row.name for row in table.rows if row.free < 0]
    (6, ['f =~ x1'])
    """
    rows: list[Parameter] = []
    roles: list[Roles] = []
    seen: list[tuple[str, ...]] = []
    notes = [*statements.notes, *numbering_note(statements, defaults.labels), *_single_labels(statements, defaults)]
    levels = statements.levels
    for group, formulas in enumerate(formulas_by_group(statements, defaults.labels)):
        parts = by_level(formulas, levels, defaults.labels[group])
        for role, own in zip(split_roles([_role(part, defaults) for part in parts]), parts, strict=True):
            written = [replace(_user_row(f, group, defaults.n_groups), group=len(roles)) for f in own]
            made = _block_rows(written, role, len(roles), group > 0, defaults)
            blocks = blocks_of(own, levels)
            rows += _with_efa(made, blocks, group > 0, defaults, seen) if blocks else made
            notes += _overruled(written) + ignored(written, role, defaults.parameterization)
            notes += _held_at_zero(written, role, defaults)
            roles.append(role)
    _refuse_two_natures(roles)
    equality = Equality(defaults.group_equal, defaults.group_partial)
    shared, n_free, fixed = share(rows, roles, equality, max(len(levels), 1))
    notes = list(dict.fromkeys([*notes, *fixed]))
    return ParameterTable(
        tuple(shared), tuple(roles), n_free, statements.definitions, statements.constraints, tuple(notes), levels
    )


def _role(formulas: Sequence[Formula], defaults: Defaults) -> Roles:
    role = roles_of(formulas)
    role = replace(role, ordered=tuple(v for v in role.modelled if v in defaults.thresholds))
    return role if defaults.auto_var and defaults.auto_fix_single else replace(role, single=frozenset())


def _refuse_two_natures(roles: Sequence[Roles]) -> None:
    latents = {name for role in roles for name in role.latent}
    both = sorted(latents & {name for role in roles for name in role.observed}) if len(roles) > 1 else []
    if both:
        raise ModelError(f"{', '.join(both)} is measured by '=~' in one group and a column of the data in another")


def _single_labels(statements: Statements, defaults: Defaults) -> list[str]:
    """lavaan's warning: one label for all groups holds a parameter equal across them."""
    if defaults.n_groups < 2 or defaults.group_equal:
        return []
    parts = (part for f in statements.formulas if f.group is None for part in (f.modifiers.label, f.modifiers.equal))
    labels = list(dict.fromkeys(part[0] for part in parts if len(part) == 1 and part[0]))
    named = ", ".join(map(repr, labels[:8])) + (", …" if len(labels) > 8 else "")
    text = f"a single label ({named}) holds a parameter equal across all {defaults.n_groups} groups"
    return [f"{text}; where that is not meant, give one label per group, as in c(a, b)*x"] if labels else []


def _overruled(written: Sequence[Parameter]) -> list[str]:
    """Starting values and bounds of parameters that the text fixes."""
    fixed = [row for row in written if not math.isnan(row.value)]
    starts = [row for row in fixed if not math.isnan(row.start) and row.start != row.value]
    limits = [row for row in fixed if math.isfinite(row.lower) or math.isfinite(row.upper)]
    notes = [f"{row.name} is fixed to {row.value:g}: its starting value is ignored" for row in starts]
    return notes + [f"{row.name} is fixed to {row.value:g}: its bounds are ignored" for row in limits]


def _held_at_zero(written: Sequence[Parameter], role: Roles, defaults: Defaults) -> list[str]:
    """lavaan's warning: outcomes whose intercepts `int_ov_free=False` fixes to 0 although they indicate nothing."""
    if defaults.int_ov_free or not defaults.meanstructure:
        return []
    known = {row.rhs for row in written if row.op == "=~"} | {row.lhs for row in written if row.op == "~1"}
    zero = [v for v in role.modelled if v not in known]
    return [f"the intercepts of {', '.join(zero)} are fixed to 0: write '{zero[0]} ~ 1' to free one"] if zero else []


def _block_rows(
    written: Sequence[Parameter], role: Roles, block: int, later: bool, defaults: Defaults
) -> list[Parameter]:
    """The rows of the text and those that are added; `later` in groups after the first."""
    rows = _identify(written, role, defaults)
    rows = user_rows(rows, role, defaults.thresholds, defaults.parameterization)
    taken = {key for row in rows for key in ((row.lhs, row.op, row.rhs), (row.rhs, row.op, row.lhs))}
    added = [row for row in _default_rows(role, defaults) if (row.lhs, row.op, row.rhs) not in taken]
    excepted_here = {key for text in defaults.group_partial for pair in excepted(text) for key in pair}
    added = [replace(row, group=block) for row in added]
    return rows + ([_freed(row, role, defaults, excepted_here) for row in added] if later else added)


def _with_efa(
    rows: list[Parameter],
    blocks: Sequence[ExploratoryBlock],
    later: bool,
    defaults: Defaults,
    seen: list[tuple[str, ...]],
) -> list[Parameter]:
    """The rows of one group (a `later` one?), those of exploratory blocks as they are before rotation, or after it."""
    shared = []
    for block in blocks:
        labels_of = {(row.lhs, row.rhs): row.label for row in rows if row.op == "=~"}
        labels = tuple(labels_of[f, item] for f in block.factors for item in block.items)
        shared.append(repeats(labels, seen, block.name) or (later and "loadings" in defaults.group_equal))
        seen.append(labels)
        known = {frozenset((row.lhs, row.rhs)) for row in rows if row.op == "~~"}
        pairs = [(a, b) for a, b in combinations(block.factors, 2) if frozenset((a, b)) not in known]
        rows = rows + [Parameter(a, "~~", b, group=rows[0].group, value=0.0) for a, b in pairs]
    return rotated_rows(rows, blocks, dict(defaults.anchors), defaults.turned, defaults.oblique, shared)


def _pick(values: tuple, group: int):  # type: ignore[no-untyped-def]
    return None if not values else values[group if len(values) > 1 else 0]


def _user_row(formula: Formula, group: int, n_groups: int) -> Parameter:
    modifiers = formula.modifiers
    for name in ("fixed", "label", "start", "lower", "upper", "equal"):
        given = len(getattr(modifiers, name))
        if given > 1 and formula.group is not None:
            raise ModelError(
                f"line {formula.line}: '{formula.name}' gives {given} values in c(...), one per group, "
                "within a block for one group"
            )
        if given > 1 and given != n_groups:
            raise ModelError(
                f"'{formula.name}' gives {given} values in c(...), "
                f"but the model has {n_groups} group{'s' if n_groups > 1 else ''}"
            )
    fixed = _pick(modifiers.fixed, group)
    start, lower, upper = (_pick(v, group) for v in (modifiers.start, modifiers.lower, modifiers.upper))
    return Parameter(
        formula.lhs,
        formula.op,
        formula.rhs,
        group=group,
        label=_pick(modifiers.label, group) or "",
        value=math.nan if fixed is None else fixed,
        start=math.nan if start is None else start,
        lower=-math.inf if lower is None else lower,
        upper=math.inf if upper is None else upper,
        user=fixed is not None,
        equal=_pick(modifiers.equal, group) or "",
        efa=formula.efa,
    )


def _identify(rows: Sequence[Parameter], role: Roles, defaults: Defaults) -> list[Parameter]:
    """Rows of the text that set units, fixed to 1 (or their starting value, as in lavaan) unless the text frees them.

    With `std_lv` these are variances of latents, otherwise the first indicator of each latent.
    """
    latent = set(role.latent)
    if defaults.std_lv:
        chosen = {i for i, r in enumerate(rows) if r.op == "~~" and r.lhs == r.rhs and r.lhs in latent}
    elif defaults.auto_fix_first:
        first: dict[str, int] = {}
        for i, row in enumerate(rows):
            if row.op == "=~" and not row.efa:
                first.setdefault(row.lhs, i)
        chosen = set(first.values())
    else:
        chosen = set()
    return [_as_unit(row) if i in chosen and not row.user else row for i, row in enumerate(rows)]


def _as_unit(row: Parameter) -> Parameter:
    return replace(row, value=1.0 if math.isnan(row.start) else row.start)


def _default_rows(role: Roles, defaults: Defaults) -> list[Parameter]:
    """Everything lavaan's `sem()` adds to a text: variances, covariances, exogenous moments, intercepts."""
    x, known = role.exogenous, set(role.ordered)
    free = math.nan if defaults.auto_var else 0.0
    rows = threshold_rows(role, defaults.thresholds)
    for v in role.modelled:
        row = residual_row(v, role, defaults.parameterization)
        rows.append(row if defaults.auto_var or v in known else replace(row, value=0.0))
    rows += [Parameter(v, "~~", v, value=1.0 if defaults.std_lv else free) for v in role.latent]
    apart = 0.0 if defaults.orthogonal else math.nan
    if defaults.auto_cov_lv_x:
        rows += [Parameter(a, "~~", b, value=apart) for a, b in combinations(role.exogenous_latent, 2)]
    if defaults.auto_cov_y:
        rows += [Parameter(a, "~~", b) for a, b in combinations(role.outcomes, 2)]
    for i, a in enumerate(x):
        for b in x[i:]:
            value = free if a == b and not defaults.fixed_x else math.nan
            rows.append(Parameter(a, "~~", b, value=value, exogenous=defaults.fixed_x))
    rows += scale_rows(role, defaults.parameterization)
    return rows + _means(role, defaults) if defaults.meanstructure else rows


def _means(role: Roles, defaults: Defaults) -> list[Parameter]:
    """Intercepts: free for observed variables that are not ordered, fixed to 0 for latent ones, or the reverse.

    Means of variables at both levels are those of their parts between clusters.
    """
    known, observed = {*role.ordered, *role.split}, math.nan if defaults.int_ov_free else 0.0
    rows = [Parameter(v, "~1", "", value=0.0 if v in known else observed) for v in role.modelled]
    for v in role.exogenous:
        fixed = defaults.fixed_x and v not in role.split
        value = 0.0 if v in role.split else math.nan if fixed else observed
        rows.append(Parameter(v, "~1", "", value=value, exogenous=fixed))
    return rows + [Parameter(v, "~1", "", value=math.nan if defaults.int_lv_free else 0.0) for v in role.latent]


def _freed(row: Parameter, role: Roles, defaults: Defaults, partial: set[tuple[str, str, str]]) -> Parameter:
    """In groups after the first, equal loadings free unit variances and equal intercepts free latent means.

    Equal thresholds free latent means too, and scales (delta) or residual variances (theta) of ordered variables.
    """
    latent = row.lhs in role.latent
    equal = defaults.group_equal
    variance = row.op == "~~" and row.lhs == row.rhs and defaults.std_lv
    if latent and variance and "loadings" in equal and "lv_variances" not in equal:
        return replace(row, value=math.nan)
    anchored = {"intercepts", "thresholds"} & set(equal) and not role.split
    if latent and row.op == "~1" and anchored and "means" not in equal:
        return replace(row, value=math.nan)
    if "thresholds" in equal and row.lhs in role.ordered and not row.derived:
        residuals_equal = "residuals" in equal and (row.lhs, row.op, row.rhs) not in partial
        if row.op == "~*~" or (row.op == "~~" and row.lhs == row.rhs and not residuals_equal):
            return replace(row, value=math.nan)
    return row
