"""The rows of a parameter table: those of the text, completed by lavaan's defaults, shared and numbered."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from sexresearch.errors import ModelError
from sexresearch.sem.language.equality import Equality, excepted
from sexresearch.sem.language.exploratory import ExploratoryBlock, blocks_of, repeats, rotated_rows
from sexresearch.sem.language.group_blocks import formulas_by_group, numbering_note
from sexresearch.sem.language.levels import by_level, split_roles
from sexresearch.sem.language.ordered_rows import ignored, residual_row, scale_rows, threshold_rows, user_rows
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.roles import Roles, roles_of
from sexresearch.sem.language.sharing import share
from sexresearch.sem.language.statements import Formula, Statements
from sexresearch.sem.language.table import Defaults, ParameterTable

USUAL = Defaults()


def parameter_table(statements: Statements, defaults: Defaults = USUAL) -> ParameterTable:
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
    notes += _labels_like_variables(statements)
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


def _labels_like_variables(statements: Statements) -> list[str]:
    """Regressions whose label is a variable of the model too, as if a product of both had been meant."""
    known = {name for f in statements.formulas for name in (f.lhs, f.rhs)}
    return [
        f"line {f.line}: in {label}*{f.rhs} the variable {label} is read as a label of the path, as in lavaan; a "
        f"product of two variables is written {label}:{f.rhs}"
        for f in statements.formulas
        if f.op == "~"
        for label in dict.fromkeys(f.modifiers.label)
        if label in known
    ]


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
