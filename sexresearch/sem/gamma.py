"""The covariance Gamma of sqrt(n) times M sample moments, by which every robust statistic is corrected.

Gamma is a sum of products of what rows (or clusters) add to the moments. Where these are fewer than the moments, it is
kept as the factor F (R, M) of Gamma = F'F and never made: nothing then is larger than R x M.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sexresearch.sem.arrays import Array

COLUMNS_AT_ONCE = 128  # of a factor that are turned together by a curvature


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
        if (w < 0).any():
            inner = (self.table * w) @ self.table.T
        else:
            scaled = self.table * np.sqrt(w)
            inner = scaled @ scaled.T  # half the work: BLAS sees that it is symmetric
        return float(np.vdot(inner, inner))

    def trace(self, turned: Callable[[Array], Array]) -> float:
        """tr(K Gamma), with K given by its products K D with columns (M, k)."""
        if not self.factored:
            return float(np.trace(turned(self.table)))
        parts = (self.table[at : at + COLUMNS_AT_ONCE].T for at in range(0, len(self.table), COLUMNS_AT_ONCE))
        return sum(float(np.vdot(part, turned(part))) for part in parts)

    def among(self, chosen: slice | Array) -> Gamma:
        """That of some of the moments, by slice, mask or number."""
        columns = self.table[:, chosen]
        return Gamma(columns, True) if self.factored else Gamma(columns[chosen])
