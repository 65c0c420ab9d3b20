"""Sums over rows of products of up to four variables, which are symmetric: hardly one is made twice.

Of variables a <= b <= c <= d, the constant 1 among them, the sum of u_a u_b u_c u_d is that of the pair (a, b) times
the pair (c, d), and b <= c. The variables are cut into blocks: pairs whose larger member is of a block are multiplied
by those whose members are both of it or later, a matrix product each, and every order of the four is read off these.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sexresearch.frozen import read_only
from sexresearch.sem.arrays import Array

IN_CACHE = 2**17  # products of pairs of some rows, so that they stay in the cache
FEWEST, MOST = 2**8, 2**11  # rows at once
BLOCK, MOST_BLOCKS = 3, 8  # variables of a block; products of narrower matrices are slower for what they spare
KEPT = 1000  # pairs up to which it is kept where each sum stands: 4 MB


@dataclass(frozen=True)
class Layout:
    """Where the pairs (a, b), a <= b, of W variables stand, so that those of a matrix product stand side by side.

    By the block of b, then by that of a: upwards in one block and downwards in the next, so that what two of them hold
    of later variables is one stretch. vech (T,) : where the pairs stand, in the order of vech. lower, upper (T,) : the
    members of these. place (W, W) : where (a, b), a <= b, stands. strips : first a, end, b - a and place of neighbours
    with one difference, made of two stretches of the variables: that is twice as fast as one variable by several.
    factors : the pairs that are multiplied by each other.
    """

    width: int
    vech: Array
    lower: Array
    upper: Array
    place: Array
    strips: tuple[tuple[int, int, int, int], ...]
    factors: tuple[tuple[slice, slice], ...]

    @property
    def rows(self) -> int:
        """How many rows are multiplied at once."""
        return int(min(max(2 ** int(np.log2(IN_CACHE / len(self.vech))), FEWEST), MOST))

    def cells(self, own: slice) -> Array:
        """(pairs, T) where the sums of these pairs, in the order of vech, by all pairs stand among those made."""
        a, b, c, d = self.lower[own, None], self.upper[own, None], self.lower, self.upper
        one, two = np.maximum(a, c), np.minimum(b, d)
        first = self.place[np.minimum(a, c), np.minimum(one, two)]
        return first * len(self.vech) + self.place[np.maximum(one, two), np.maximum(b, d)]

    def whole(self, made: Array) -> Array:
        """(T, T) sums of products of any two pairs, in the order of vech, from those that were `made` (T, T)."""
        size, flat = len(self.vech), made.ravel()
        if size <= KEPT:
            return flat[_all_cells(self.width)]
        return np.vstack([flat[self.cells(slice(row, row + 1))] for row in range(size)])


@lru_cache(maxsize=32)
def layout(width: int) -> Layout:
    """That of so many variables, the constant among them.

    >>> pairs = layout(3)
    >>> pairs.vech.tolist(), pairs.factors
    ([0, 3, 5, 1, 4, 2], ((slice(0, 6, None), slice(0, 6, None)),))
    """
    blocks = min(max(width // BLOCK, 1), MOST_BLOCKS)
    edges = np.linspace(0, width, blocks + 1).astype(int)
    strips = _strips(list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)))
    low = np.concatenate([np.arange(first, end) for first, end, _, _ in strips])
    high = np.concatenate([np.arange(first, end) + apart for first, end, apart, _ in strips])
    place = np.zeros((width, width), dtype=int)
    place[low, high] = np.arange(len(low))
    lower, upper = np.triu_indices(width)
    block = np.searchsorted(edges, high, side="right") - 1
    factors = [
        (own, others)
        for number, start in enumerate(edges[:-1])
        for own in _stretches(block == number)
        for others in _stretches(low >= start)
    ]
    vech = place[lower, upper]
    read_only((vech, lower, upper, place))
    return Layout(width, vech, lower, upper, place, tuple(strips), tuple(factors))


def _strips(blocks: list[tuple[int, int]]) -> list[tuple[int, int, int, int]]:
    """The strips of the pairs of blocks, each given by its first variable and its end."""
    strips, at = [], 0
    for number, (start, end) in enumerate(blocks):
        before, upwards = blocks[: number + 1], (len(blocks) - number) % 2 == 0
        for low, high in before if upwards else reversed(before):
            for apart in range(max(start - high + 1, 0), end - low):
                first, last = max(low, start - apart), min(high, end - apart)
                strips.append((first, last, apart, at))
                at += last - first
    return strips


def _stretches(wanted: Array) -> list[slice]:
    """The stretches of True."""
    ends = np.flatnonzero(np.diff(wanted, prepend=False, append=False)).tolist()
    return [slice(first, last) for first, last in zip(ends[::2], ends[1::2], strict=True)]


@lru_cache(maxsize=8)
def _all_cells(width: int) -> Array:
    pairs = layout(width)
    return read_only(pairs.cells(slice(None)).astype(np.int32))


@dataclass(frozen=True)
class Terms:
    """t = w (1, u, vech uu') of so many rows in the order of a layout, written over by the next ones.

    u, scaled (W, rows) : 1 and u, without and with weights. t (T, rows). strips : what is multiplied into t. factors :
    two parts of t, where their product is written, and where it is added.
    """

    u: Array
    scaled: Array
    t: Array
    strips: tuple[tuple[Array, Array, Array], ...]
    factors: tuple[tuple[Array, Array, Array, tuple[slice, slice]], ...]

    @classmethod
    def room(cls, pairs: Layout, rows: int, weighted: bool) -> Terms:
        """For so many rows."""
        u, t = np.ones((pairs.width, rows)), np.empty((len(pairs.vech), rows))
        scaled = np.empty_like(u) if weighted else u
        shapes = [(own.stop - own.start, others.stop - others.start) for own, others in pairs.factors]
        space = np.empty(max(m * k for m, k in shapes))
        return cls(
            u,
            scaled,
            t,
            tuple(
                (u[first:end].ravel(), scaled[first + apart : end + apart].ravel(), t[at : at + end - first].ravel())
                for first, end, apart, at in pairs.strips
            ),
            tuple(
                (t[own], t[others].T, space[: m * k].reshape(m, k), (own, others))
                for (own, others), (m, k) in zip(pairs.factors, shapes, strict=True)
            ),
        )

    def of(self, values: Array, centre: Array, weights: Array | None) -> Array:
        """(T, rows) of values (rows, p), u being what they are above the centre."""
        np.subtract(values.T, centre[:, None], out=self.u[1:])
        if weights is not None:
            np.multiply(self.u, weights, out=self.scaled)
        for ones, others, out in self.strips:
            np.multiply(ones, others, out=out)
        return self.t

    def add_products(self, made: Array) -> None:
        """To `made` (T, T), what the layout has of the products of t."""
        for own, others, space, at in self.factors:
            part = made[at]
            part += np.matmul(own, others, out=space)


def stretches(pairs: Layout, n: int, weighted: bool) -> Iterator[tuple[slice, Terms]]:
    """The n rows, as many at a time as are multiplied at once, and room for their terms."""
    step = max(min(pairs.rows, n), 1)
    terms = Terms.room(pairs, step, weighted)
    for first in range(0, n, step):
        if n - first < step:
            terms = Terms.room(pairs, n - first, weighted)
        yield slice(first, min(first + step, n)), terms


def sums_by_pairs(values: Array, centre: Array, weights: Array | None) -> tuple[Array, Array]:
    """(T,) sum of t and (T, T) sum of tt' of rows (n, p), t as in `Terms`, both in the order of vech."""
    pairs = layout(1 + len(centre))
    plain, made = np.zeros(len(pairs.vech)), np.zeros((len(pairs.vech),) * 2)
    for rows, terms in stretches(pairs, len(values), weights is not None):
        t = terms.of(values[rows], centre, None if weights is None else weights[rows])
        terms.add_products(made)
        if weights is not None:
            plain += t.sum(axis=1)
    products = pairs.whole(made)
    return products[0].copy() if weights is None else plain[pairs.vech], products


def sums_by_units(values: Array, centre: Array, weights: Array | None, codes: Array, units: int) -> tuple[Array, Array]:
    """The same of units instead of rows: those (n, p) of one of the codes (n,) 0, 1, 2, …, none of which is absent."""
    pairs, made = layout(1 + len(centre)), np.zeros((units, (1 + len(centre)) * (2 + len(centre)) // 2))
    order = np.argsort(codes.astype(np.uint16) if units <= 2**16 else codes, kind="stable")  # 16 bits are sorted faster
    for some, terms in stretches(pairs, len(values), weights is not None):
        rows = order[some]
        t, own = terms.of(values[rows], centre, None if weights is None else weights[rows]), codes[rows]
        starts = np.flatnonzero(np.diff(own, prepend=-1))
        made[own[0] : own[-1] + 1] += np.add.reduceat(t.T, starts, axis=0)
    return made.sum(axis=0)[pairs.vech], (made.T @ made)[np.ix_(pairs.vech, pairs.vech)]
