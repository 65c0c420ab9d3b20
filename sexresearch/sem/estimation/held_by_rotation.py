"""The rows that hold a rotated solution in place, as derivatives by all its parameters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sexresearch.errors import ModelError
from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.turning import places_of
from sexresearch.sem.implied.structure import BESIDE
from sexresearch.sem.language.exploratory import ExploratoryBlock
from sexresearch.sem.language.table import ParameterTable
from sexresearch.sem.rotation.conditions import RotatedBlock, condition_rows

STEP = 1e-5  # of parameters, in central differences of residual variances that follow from them


def conditions_on(fitted: Fitted, blocks: Sequence[tuple[int, ExploratoryBlock, RotatedBlock]]) -> Array:
    """(c, q) the conditions of all blocks, each row of length 1."""
    rows = [_rows_of(fitted, *part) for part in blocks]
    stacked = np.vstack(rows) if rows else np.zeros((0, fitted.table.n_free))
    return np.asarray(stacked / np.linalg.norm(stacked, axis=1, keepdims=True))


def _rows_of(fitted: Fitted, number: int, block: ExploratoryBlock, rotated: RotatedBlock) -> Array:
    conditions = condition_rows(rotated)
    out = np.zeros((len(conditions.loadings), fitted.table.n_free))
    item, factor = ({name: i for i, name in enumerate(names)} for names in (block.items, block.factors))
    derived = np.zeros(len(block.items), dtype=bool)
    for row in fitted.table.group(number):
        if row.op == "=~" and row.lhs in factor and row.rhs in item and row.free >= 0:
            out[:, row.free] += conditions.loadings[:, item[row.rhs], factor[row.lhs]]
        elif row.op == "~~" and row.lhs in factor and row.rhs in factor and row.free >= 0:
            i, j = sorted((factor[row.lhs], factor[row.rhs]))
            out[:, row.free] += conditions.correlations[:, i, j]
        elif row.op == "~~" and row.lhs == row.rhs and row.lhs in item:
            derived[item[row.lhs]] = row.derived
            if row.free >= 0:
                out[:, row.free] += conditions.residuals[:, item[row.lhs]]
    if derived.any() and np.abs(conditions.residuals).max() > 0:
        names = [name for name, own in zip(block.items, derived, strict=True) if own]
        out += conditions.residuals[:, derived] @ _residual_slopes(fitted, number, names)
    return out


def _residual_slopes(fitted: Fitted, number: int, items: Sequence[str]) -> Array:
    """(items, q) derivatives of residual variances that follow from the other parameters."""
    own = places_of(fitted.structures[number], items)
    out = np.zeros((len(own), fitted.table.n_free))
    moving = sorted({row.free for row in fitted.table.group(number) if row.free >= 0 and row.op != "|"})
    for parameter in moving:
        step = np.zeros(fitted.table.n_free)
        step[parameter] = STEP * max(1.0, abs(float(fitted.theta[parameter])))
        above, below = (np.diag(fitted.states_at(fitted.theta + sign * step)[number].S)[own] for sign in (1.0, -1.0))
        out[:, parameter] = (above - below) / (2.0 * step[parameter])
    return out


def carried_restrictions(fitted: Fitted, table: ParameterTable) -> tuple[Array, Array | None]:
    """Jacobian (a, q) of the user's own constraints, and units (q,), in the parameters of the rotated `table`.

    ModelError where a constraint holds what rotation changes.
    """
    moved = {row.free for row in _turning_rows(fitted.table)}
    old = fitted.constrained
    touched = [j for j in np.flatnonzero(np.abs(old.active).max(axis=0, initial=0.0)) if int(j) in moved]
    if touched:
        name = fitted.table.free_names()[touched[0]]
        raise ModelError(
            f"a constraint holds '{name}', which rotation of the exploratory factors changes; leave it out"
        )
    active, unit = np.zeros((len(old.active), table.n_free)), np.ones(table.n_free)
    for before, after in zip(fitted.table.rows, table.rows, strict=True):
        if before.free >= 0 and after.free >= 0:
            active[:, after.free] = old.active[:, before.free]
            unit[after.free] = 1.0 if old.unit is None else old.unit[before.free]
    return active, None if old.unit is None else unit


def _turning_rows(table: ParameterTable):  # type: ignore[no-untyped-def]
    """Free rows that lead to or from factors of a block, or relate them."""
    for row in table.rows:
        factors = {name for block in table.exploratory[row.group] for name in block.factors}
        if row.free >= 0 and row.op not in BESIDE and {row.lhs, row.rhs} & factors:
            yield row
