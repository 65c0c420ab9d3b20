"""The parameter table as a data frame, in lavaan's columns: what a model text means before any fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral

import numpy as np
import pandas as pd

from sexresearch.errors import OptionError
from sexresearch.sem.language.group_blocks import formulas_by_group
from sexresearch.sem.language.statements import Formula, Statements
from sexresearch.sem.language.table import Defaults, ParameterTable

COLUMNS = ("lhs", "op", "rhs", "user", "group", "free", "ustart", "exo", "label", "plabel", "lower", "upper")


def table_frame(table: ParameterTable, statements: Statements, defaults: Defaults) -> pd.DataFrame:
    """One row per parameter, then definitions and constraints; `COLUMNS` as lavaan's ``lavaanify`` names them.

    `level` stands behind `group` where the text has levels.
    """
    groups = formulas_by_group(statements, defaults.labels)
    levels = table.levels or (None,)
    written = [_written_keys([f for f in formulas if f.level == level]) for formulas in groups for level in levels]
    several = table.n_groups > 1
    rows = [
        (
            row.lhs,
            row.op,
            row.rhs,
            int((row.lhs, row.op, row.rhs) in written[row.group]),
            _label(defaults, row.group // table.n_levels) if several else pd.NA,
            row.free + 1,
            row.start if row.free >= 0 else row.value,
            int(row.exogenous),
            row.label,
            f".p{place + 1}.",
            row.lower,
            row.upper,
        )
        for place, row in enumerate(table.rows)
    ]
    blank = (1, pd.NA, 0, np.nan, 0)
    rows += [(d.name, ":=", d.text, *blank, d.name, "", np.nan, np.nan) for d in table.definitions]
    rows += [(c.text[0], c.op, c.text[1], *blank, "", "", np.nan, np.nan) for c in table.constraints]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    if table.levels:
        level: list[object] = [table.level(row.group) for row in table.rows]
        frame.insert(5, "level", pd.array(level + [pd.NA] * (len(frame) - len(level)), dtype="object"))
    return frame


def _written_keys(formulas: Sequence[Formula]) -> set[tuple[str, str, str]]:
    """What the text of a group names; covariances without direction."""
    keys = {(f.lhs, f.op, f.rhs) for f in formulas}
    return keys | {(rhs, op, lhs) for lhs, op, rhs in keys if op == "~~"}


def _label(defaults: Defaults, number: int) -> object:
    return defaults.group_labels[number] if defaults.group_labels else number + 1


def group_labels(groups: int | Sequence[object]) -> tuple[int, tuple[str, ...]]:
    """How many groups there are, and their labels where these were given."""
    if isinstance(groups, Integral) and not isinstance(groups, bool):
        if groups < 1:
            raise OptionError(f"groups is how many there are, 1 or more, or their labels; found {groups!r}")
        return int(groups), ()
    if isinstance(groups, str | bool) or not len(groups):  # type: ignore[arg-type]
        raise OptionError(f"groups is how many there are, or a list of their labels; found {groups!r}")
    labels = tuple(str(label) for label in groups)  # type: ignore[union-attr]
    if len(set(labels)) < len(labels):
        raise OptionError(f"groups takes every label once; found {list(labels)}")
    return len(labels), labels


def threshold_counts(
    statements: Statements, ordered: Mapping[str, int] | None, outcomes: Sequence[str]
) -> tuple[tuple[str, int], ...]:
    """Ordered variables with their numbers of thresholds: from their categories, else as many as the text names."""
    named: dict[str, set[str]] = {}
    for f in statements.formulas:
        if f.op in ("|", "~*~"):
            named.setdefault(f.lhs, set()).update([f.rhs] if f.op == "|" else [])
    if not isinstance(ordered, Mapping | None):
        raise OptionError(f"ordered takes a dict with the number of categories by item; found {ordered!r}")
    given = dict(ordered or {})
    unknown = [name for name in given if name not in outcomes]
    if unknown:
        raise OptionError(f"ordered names {unknown}, which the model does not explain; it explains {list(outcomes)}")
    for name, count in given.items():
        if isinstance(count, bool) or not isinstance(count, Integral) or count < 2:
            raise OptionError(f"ordered takes the number of categories by item, 2 or more; found {name}: {count!r}")
    silent = [name for name, cuts in named.items() if name not in given and not cuts]
    if silent:
        raise OptionError(f"ordered must say how many categories {', '.join(silent)} has: the text names no threshold")
    counts = {name: len(cuts) for name, cuts in named.items()} | {name: int(n) - 1 for name, n in given.items()}
    return tuple(counts.items())
