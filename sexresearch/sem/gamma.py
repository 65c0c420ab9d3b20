"""The covariance Gamma of sqrt(n) times M sample moments, by which every robust statistic is corrected.

Gamma is a sum of products of what rows (or clusters) add to the moments. Where these are fewer than the moments, it is
kept as the factor F (R, M) of Gamma = F'F and never made: nothing then is larger than R x M.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from sexresearch.frozen import by_value, read_only
from sexresearch.sem.arrays import Array

ROWS_AT_ONCE = 64  # of a factor, or columns, that a curvature is applied to together
MOMENTS_AT_ONCE = 1024  # of a factor that are weighed together


@by_value
@dataclass(frozen=True)
class Gamma:
    """The matrix (M, M) itself, or (`factored`) its factor F (R, M).

    >>> thin = Gamma(np.array([[1.0, 2.0]]), factored=True)
    >>> thin.dense().tolist(), thin.squares(np.ones(2))
    ([[1.0, 2.0], [2.0, 4.0]], 25.0)
    """

    table: Array
    factored: bool = False

    def dense(self) -> Array:
        """(M, M) the matrix."""
        return self.table.T @ self.table if self.factored else self.table

    def diagonal(self) -> Array:
        """(M,) the variances."""
        return np.einsum("rm,rm->m", self.table, self.table) if self.factored else np.diag(self.table)

    def traces(self, w: Array, P: Array) -> tuple[Array, float]:
        """P' Gamma P (k, k) for (M, k) P, and tr(w Gamma w Gamma) - 2 |w^1/2 Gamma P|^2 for weights w >= 0 (M,).

        >>> Gamma(np.array([[1.0, 2.0]]), factored=True).traces(np.ones(2), np.array([[1.0], [0.0]]))[1]
        15.0
        """
        if not self.factored:
            GP = self.times(P)
            return P.T @ GP, self.squares(w) - 2.0 * float(np.sum(w[:, None] * GP * GP))
        moved, inner = self.table @ P, self._inner(w)
        self._known.squares = read_only(w.copy()), float(np.vdot(inner, inner))
        return moved.T @ moved, self._known.squares[1] - 2.0 * float(np.vdot(moved, inner @ moved))

    def times(self, D: Array) -> Array:
        """Gamma D for (M, k) D."""
        return self.table.T @ (self.table @ D) if self.factored else self.table @ D

    def within(self, D: Array) -> Array:
        """(k, k) D' Gamma D."""
        if not self.factored:
            return D.T @ self.table @ D
        moved = self.table @ D
        return moved.T @ moved

    def squares(self, w: Array) -> float:
        """tr(w Gamma w Gamma) for a diagonal weight w (M,): the sum of w_i w_j Gamma_ij^2."""
        if not self.factored:
            return float(w @ (self.table * self.table) @ w)
        if not np.array_equal(self._known.squares[0], w):
            inner = self._inner(w)
            self._known.squares = read_only(w.copy()), float(np.vdot(inner, inner))
        return self._known.squares[1]

    def _inner(self, w: Array) -> Array:
        """(R, R) F w F' of the factor F."""
        if (w < 0).any():
            return (self.table * w) @ self.table.T
        total, root = np.zeros((len(self.table),) * 2), np.sqrt(w)
        for at in range(0, len(w), MOMENTS_AT_ONCE):
            scaled = self.table[:, at : at + MOMENTS_AT_ONCE] * root[at : at + MOMENTS_AT_ONCE]
            total += scaled @ scaled.T  # half the work: BLAS sees that it is symmetric
        return total

    def trace(self, turned: Callable[[Array], Array]) -> float:
        """tr(K Gamma), with K given by its products K D with columns (M, k)."""
        if not self.factored:
            return float(np.trace(turned(self.table)))
        return sum(float(np.vdot(part.T, turned(part.T))) for part in self.blocks())

    def blocks(self) -> Iterator[Array]:
        """The rows (k, M) of the factor, some at a time."""
        yield from (self.table[at : at + ROWS_AT_ONCE] for at in range(0, len(self.table), ROWS_AT_ONCE))

    def among(self, chosen: slice | Array) -> Gamma:
        """That of some of the moments, by slice, mask or number."""
        key = (chosen.start, chosen.stop) if isinstance(chosen, slice) and chosen.step is None else None
        if key is not None and key in self._known.parts:
            return self._known.parts[key]
        columns = self.table[:, chosen]
        part = Gamma(columns, True) if self.factored else Gamma(columns[chosen])
        if key is not None:
            self._known.parts[key] = part
        return part

    @cached_property
    def _known(self) -> _GammaMemory:
        return _GammaMemory()


@dataclass
class _GammaMemory:
    """What a fit and its baseline model both ask for: parts of the moments, and `squares` with the weight they had."""

    parts: dict[tuple[int | None, int | None], Gamma] = field(default_factory=dict)
    squares: tuple[Array, float] = (np.empty(0), 0.0)
