"""A fitted group with its exploratory factors turned: v = B v + e becomes M v, with M the turn of the factors.

All paths to and from the factors turn with them (M B M^-1), and so do their residual covariances (M S M'), so that the
model implies what it did. Where that would change what the model holds fixed or equal, it is refused by name.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sexresearch.errors import ModelError
from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.implied.structure import BESIDE, Structure
from sexresearch.sem.language.exploratory import ExploratoryBlock
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.table import ParameterTable

MOVED = 1e-7  # of the largest entry: what rotation changes beyond rounding


def matrices_at(structure: Structure, theta: Array) -> tuple[Array, Array]:
    """(m, m) B and S of one group at theta (q,)."""
    B, S = structure.directed.copy(), structure.symmetric.copy()
    row, col, free = structure.paths
    B[row, col] = theta[free]
    row, col, free = structure.covariances
    S[row, col] = S[col, row] = theta[free]
    return B, S


def places_of(structure: Structure, names: Sequence[str]) -> Array:
    """Where variables stand among those of a group."""
    return np.array([structure.names.index(name) for name in names], dtype=int)


def turn_of(structure: Structure, blocks: Sequence[tuple[ExploratoryBlock, Array]]) -> Array:
    """(m, m) M of a group from the turns T (k, k) of its blocks: factors f become T' f."""
    M = np.eye(len(structure.names))
    for block, T in blocks:
        own = places_of(structure, block.factors)
        M[np.ix_(own, own)] = T.T
    return M


def turned_matrices(structure: Structure, theta: Array, M: Array) -> tuple[Array, Array]:
    """(m, m) B and S of a group after its factors were turned by M."""
    B, S = matrices_at(structure, theta)
    return M @ B @ np.linalg.inv(M), M @ S @ M.T


def turned_theta(fitted: Fitted, table: ParameterTable, turns: Sequence[Array]) -> Array:
    """(q,) the parameters of `table`, rotated, from those of `fitted`; ModelError where the model has no such ones."""
    theta = np.full(table.n_free, np.nan)
    for number, (structure, M) in enumerate(zip(fitted.structures, turns, strict=True)):
        B, S = turned_matrices(structure, fitted.theta, M)
        old = matrices_at(structure, fitted.theta)
        _refuse_moved(table, number, structure, (B, S), old)
        own = zip(table.group(number), fitted.table.group(number), strict=True)
        for row, before in own:
            if row.free < 0:
                continue
            value = fitted.theta[before.free] if row.op in BESIDE else _value(row, structure, B, S)
            _refuse_unequal(row, theta[row.free], value)
            theta[row.free] = value
    return theta


def place_of(row: Parameter, structure: Structure) -> tuple[int, int]:
    """Row and column of a parameter in B or S."""
    at = structure.names.index
    if row.op == "=~":
        return at(row.rhs), at(row.lhs)
    return at(row.lhs), len(structure.names) - 1 if row.op == "~1" else at(row.rhs)


def _value(row: Parameter, structure: Structure, B: Array, S: Array) -> float:
    return float((S if row.op == "~~" else B)[place_of(row, structure)])


def _refuse_unequal(row: Parameter, known: float, value: float) -> None:
    if np.isfinite(known) and abs(known - value) > MOVED * max(1.0, abs(known)):
        raise ModelError(
            f"'{row.name}' is held equal to another parameter, which rotation of the factors does not keep: "
            "hold all loadings of the block equal, or none, and nothing of a single factor"
        )


def _refuse_moved(
    table: ParameterTable, number: int, structure: Structure, new: tuple[Array, Array], old: tuple[Array, Array]
) -> None:
    """ModelError naming a path or covariance that the model fixes and rotation would change."""
    loose = [np.zeros(part.shape, dtype=bool) for part in new]
    for row in table.group(number):
        if row.free >= 0 and row.op not in BESIDE:
            i, j = place_of(row, structure)
            kind = int(row.op == "~~")
            loose[kind][i, j] = True
            loose[kind][j, i] |= bool(kind)
    for kind, (after, before, free) in enumerate(zip(new, old, loose, strict=True)):
        moved = np.abs(after - before) > MOVED * max(1.0, float(np.abs(before).max()))
        wrong = np.argwhere(moved & ~free)
        if len(wrong):
            raise ModelError(_why_not_turned(table, number, structure, kind, *wrong[0]))


def _why_not_turned(table: ParameterTable, number: int, structure: Structure, kind: int, i: int, j: int) -> str:
    names = structure.names
    block = next(b for b in table.exploratory[number] if names[i] in b.factors or names[j] in b.factors)
    loading = kind == 0 and names[j] in block.factors and i < structure.p
    path = f"{names[j]} =~ {names[i]}" if loading else f"{names[i]} {'~~' if kind else '~'} {names[j]}"
    return (
        f"the model fixes '{path}', which rotation of the factors {', '.join(block.factors)} of the block "
        f"{block.name!r} would change: relate all factors of a block to the same variables, freely, or none of them"
    )
