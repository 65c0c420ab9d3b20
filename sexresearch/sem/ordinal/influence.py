"""How every row moves thresholds, means, variances and correlations: the way to their covariance matrix Gamma.

Estimates by steps solve stacked score equations, whose covariance is A^-1 B A^-1' with B the products of scores and A
their derivatives, here sums of products too (Muthen 1984, doi 10.1007/BF02294210). A row's contribution A^-1 score to a
threshold depends on its category only, that to a polychoric correlation on its cell only, so that both are small
tables, computed from frequencies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.linalg import blas
from scipy.special import ndtr

from sexresearch.sem.arrays import Array
from sexresearch.sem.gamma import Gamma
from sexresearch.sem.ordinal.contingency import Tables
from sexresearch.sem.ordinal.polychoric import SMALLEST, Cells
from sexresearch.sem.ordinal.polyserial import normal_density

ROWS_AT_ONCE = 256  # bounds the memory of the contributions
WORTH_MERGING = 0.5  # share of distinct rows below which equal rows are counted instead of repeated


@dataclass(frozen=True)
class Univariate:
    """Scores of the thresholds of one variable per category (K + 1, K - 1), no answer last, and A^-1 times them."""

    scores: Array
    influence: Array


def univariate(counts: Array, cuts: Array) -> Univariate:
    """Thresholds of all variables at once, from counts (p, K) and thresholds (p, K - 1): arrays (p, K + 1, K - 1)."""
    p, K = counts.shape
    height = normal_density(cuts)
    share = np.maximum(counts / counts.sum(axis=1, keepdims=True), SMALLEST)
    scores = np.zeros((p, K + 1, K - 1))
    number = np.arange(K - 1)
    scores[:, number, number] = height / share[:, :-1]
    scores[:, number + 1, number] = -height / share[:, 1:]
    information = np.einsum("pks,pkt,pk->pst", scores[:, :K], scores[:, :K], counts)
    unused = np.einsum("pss->ps", information) == 0
    information[:, number, number] += unused
    influence = np.linalg.solve(information, scores.swapaxes(1, 2)).swapaxes(1, 2)
    return Univariate(scores, influence)


def cell_influence(tables_of_counts: Tables, own: Univariate, cuts: Array, rho: Array, at: Cells) -> Array:
    """(pairs, K + 1, K + 1) contribution of each cell to the correlation of its pair.

    (s - A21 A11^-1 u) / A22: s the score of the correlation, u those of both variables' thresholds.
    """
    counts = tables_of_counts.answered
    score = at.slope / at.probability
    info = np.einsum("pab,pab->p", counts, score**2)
    out = np.zeros_like(tables_of_counts.pairs)
    out[:, :-1, :-1] = score
    for axis, mine, other in (
        (1, tables_of_counts.first, tables_of_counts.second),
        (2, tables_of_counts.second, tables_of_counts.first),
    ):
        rise = _threshold_slope(cuts[mine], cuts[other], rho)  # (pairs, K - 1, K): mass that a raised threshold moves
        turn = (lambda x: x) if axis == 1 else (lambda x: x.swapaxes(1, 2))
        push = turn(counts * score / at.probability)
        cross = np.einsum("ptb,ptb->pt", rise, push[:, :-1] - push[:, 1:])
        taken = np.einsum("pkt,pt->pk", own.influence[mine], cross)
        out -= np.expand_dims(taken, 3 - axis)
    return out / info[:, None, None]


def _threshold_slope(mine: Array, other: Array, rho: Array) -> Array:
    """(pairs, K - 1, K) derivative in each threshold of P(below it, in category b of the other variable)."""
    root = np.sqrt(1.0 - rho**2)[:, None, None]
    below = ndtr_edges((other[:, None, :] - rho[:, None, None] * mine[:, :, None]) / root)
    return normal_density(mine)[:, :, None] * np.diff(below, axis=2)


def ndtr_edges(z: Array) -> Array:
    """Normal distribution function along the last axis, with 0 before and 1 after."""
    out = np.zeros((*z.shape[:-1], z.shape[-1] + 2))
    out[..., 1:-1], out[..., -1] = ndtr(z), 1.0
    return out


@dataclass(frozen=True)
class Influence:
    """Contributions of n rows to M moments: tables per category and per cell, and columns (n, c) for the others.

    cuts : (thresholds, K + 1) with the variable of each in `cut_items`; cells : (pairs, K + 1, K + 1) of the pairs
    (first, second); `order` (M,) takes thresholds, pairs, others to the order of the moments. weights (n,) of the rows,
    by which what they add is multiplied; clusters (n,) within which rows depend on each other.
    """

    codes: Array
    cut_items: Array
    cuts: Array
    first: Array
    second: Array
    cells: Array
    others: Array
    order: Array
    weights: Array | None = None
    clusters: Array | None = None

    @property
    def n(self) -> float:
        """Rows, or their summed weights."""
        return float(len(self.codes)) if self.weights is None else float(self.weights.sum())

    @property
    def clustered(self) -> bool:
        """Whether rows depend on each other."""
        return self.clusters is not None

    def rows(self, codes: Array, others: Array) -> Array:
        """(n, M) contributions of rows that weigh 1, columns still by kind."""
        width = self.cells.shape[-1]
        places = codes[:, self.cut_items] + np.arange(len(self.cut_items)) * width
        out = np.empty((len(codes), len(self.order)))
        t, q = len(self.cut_items), len(self.cut_items) + len(self.first)
        np.take(self.cuts.ravel(), places, out=out[:, :t], mode="clip")
        places = np.take(codes * width, self.first, axis=1)
        places += np.take(codes, self.second, axis=1)
        places += np.arange(len(self.first)) * width**2
        np.take(self.cells.ravel(), places, out=out[:, t:q], mode="clip")
        out[:, q:] = others
        return out

    def contributions(self) -> Array:
        """(n, M) what each row moves every sample moment by, in the order of the moments."""
        made = self.rows(self.codes, self.others)[:, self.order]
        return made if self.weights is None else made * self.weights[:, None]

    def squares(self) -> Array:
        """(M,) n times the sums of squared contributions of the rows, whatever their clusters."""
        parts = (np.einsum("rm,rm->m", part, part) for part in self._made(self._units(clustered=False)))
        return self.n * np.asarray(sum(parts))[self.order]

    def gamma(self, clustered: bool = True) -> Gamma:
        """n times the covariance of the moments: n sum over rows, or over clusters' sums, of their products."""
        units, size = self._units(clustered), len(self.order)
        if units.count < size:
            factor = np.concatenate([part[:, self.order] for part in self._made(units)])
            factor *= np.sqrt(self.n)
            return Gamma(factor, factored=True)
        total = np.zeros((size, size), order="F")
        for made in self._made(units):
            total = blas.dsyrk(1.0, made.T, beta=1.0, c=total, overwrite_c=1)
        total *= self.n
        total += np.triu(total, 1).T
        return Gamma(total if (self.order == np.arange(size)).all() else total[np.ix_(self.order, self.order)])

    def _units(self, clustered: bool) -> Units:
        """What Gamma sums over: clusters, or rows, equal ones once where that saves work."""
        if clustered and self.clusters is not None:
            order = np.argsort(self.clusters, kind="stable")
            starts = np.flatnonzero(np.diff(self.clusters[order], prepend=self.clusters[order[0]] - 1))
            return Units(order, self.weights, starts)
        width, p = self.cells.shape[-1], self.codes.shape[1]
        if self.weights is not None or self.others.shape[1] or p * np.log2(width) > 62:
            return Units(np.arange(len(self.codes)), self.weights)
        keys = self.codes @ (width ** np.arange(p))
        _, chosen, inverse, count = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
        if len(chosen) > WORTH_MERGING * len(keys):
            return Units(np.arange(len(keys)), None)
        return Units(chosen, np.sqrt(count)[np.asarray(inverse).ravel()])

    def _made(self, units: Units) -> Iterator[Array]:
        """(k, M) contributions of the units, some at a time, columns still by kind."""
        for rows, starts in units.blocks():
            made = self.rows(self.codes[rows], self.others[rows])
            if units.factor is not None:
                made *= units.factor[rows, None]
            yield made if starts is None else np.add.reduceat(made, starts)


@dataclass(frozen=True)
class Units:
    """What Gamma sums over: rows by number, what multiplies each (n,) (None for 1), and where each cluster starts."""

    rows: Array
    factor: Array | None
    starts: Array | None = None

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.rows if self.starts is None else self.starts)

    def blocks(self) -> Iterator[tuple[Array, Array | None]]:
        """Rows some at a time, and where clusters start among them, no cluster divided."""
        if self.starts is None:
            for at in range(0, len(self.rows), ROWS_AT_ONCE):
                yield self.rows[at : at + ROWS_AT_ONCE], None
            return
        block = self.starts // ROWS_AT_ONCE
        firsts = np.flatnonzero(np.diff(block, prepend=-1))
        for number, first in enumerate(firsts):
            last = firsts[number + 1] if number + 1 < len(firsts) else len(self.starts)
            start = self.starts[first]
            stop = self.starts[last] if last < len(self.starts) else len(self.rows)
            yield self.rows[start:stop], self.starts[first:last] - start
