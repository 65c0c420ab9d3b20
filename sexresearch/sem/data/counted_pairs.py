"""Frequencies of categories and of pairs of them by group or cluster, added up piece by piece.

Memory does not grow with rows. What clusters add to thresholds and correlations follows from their tables, so that a
covariance of these that allows for clusters needs no second reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from scipy.linalg import blas

from sexresearch.frozen import read_only
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.totals import LARGEST, TooManyUnits, sorted_keys
from sexresearch.sem.implied.structure import vech_index
from sexresearch.sem.ordinal.contingency import Tables

ROWS_AT_ONCE = 4096  # whose indicators stay in the cache; single precision counts so many exactly
UNITS_AT_ONCE = 128
WORD = 8  # bytes of a number of which `LARGEST` are allowed


class PairCounts:
    """By unit: rows, or summed weights, by category of p items and by pair of them; 0 is no answer, others from 1.

    Units have keys, group · 2³² + cluster. Of `many` units rows are counted, in half the memory that weights take.

    Categories may come in any order and at any time: `tables` puts them in theirs. Kept are products of indicators of
    every number but the `base`, which follows from the margins: "no answer", or 1 where no row lacks an answer.

    >>> pairs = PairCounts(2)
    >>> pairs.add(np.zeros(2, dtype=int), np.array([[1, 1], [1, 0]]))
    >>> pairs.add(np.zeros(1, dtype=int), np.array([[2, 1]]))
    >>> pairs.tables([0], [0, 1], [[2, 1], [1]], np.array([0]), np.array([1])).pairs[0].astype(int).tolist()
    [[1, 0, 0], [1, 0, 1], [0, 0, 0]]
    """

    def __init__(self, items: int, base: int = 0, many: bool = False) -> None:
        self.items, self.base, self.categories = items, base, base + 1
        self.slots: dict[int, int] = {}
        self.totals: Array = np.zeros(0)
        self.sums: Array = np.zeros((0, self._size), dtype=np.uint32 if many else float)

    @property
    def width(self) -> int:
        """Indicators of all items."""
        return self.items * (self.categories - self.base)

    @property
    def _size(self) -> int:
        return self.width * (self.width + 1) // 2

    @property
    def places(self) -> Array:
        """(width, width) where the product of two indicators stands among the sums."""
        i, j = vech_index(self.width)
        places = np.empty((self.width, self.width), dtype=np.intp)
        places[i, j] = places[j, i] = np.arange(self._size)
        return places

    @property
    def keys(self) -> Array:
        """(units,) the keys of the units."""
        return np.fromiter(self.slots, dtype=np.int64, count=len(self.slots))

    def merged(self, divisor: int) -> PairCounts:
        """The same with the units of each multiple of `divisor` added together, under that key."""
        out = PairCounts(self.items, self.base)
        out.categories = self.categories
        keys = self.keys // divisor * divisor
        out.slots = {key: place for place, key in enumerate(dict.fromkeys(keys.tolist()))}
        own = np.array([out.slots[key] for key in keys.tolist()], dtype=int)
        out.totals = np.bincount(own, self.totals[: len(keys)], len(out.slots))
        out.sums = np.zeros((len(out.slots), self._size))
        np.add.at(out.sums, own, self.sums[: len(keys)])
        return out

    def add(self, keys: Array, codes: Array, weights: Array | None = None) -> None:
        """Rows (n, p) of the units `keys` (n,), counted by their weights (n,); TooManyUnits, and nothing is added."""
        if not len(codes):
            return
        order = sorted_keys(keys)
        keys, codes = keys[order], np.take(codes, order, axis=0)
        weights = None if weights is None else weights[order]
        starts = np.flatnonzero(np.diff(keys, prepend=keys[0] - 1))
        own, bounds = keys[starts].tolist(), [*starts.tolist(), len(keys)]
        self._grow(own, int(codes.max()))
        for key, start, stop in zip(own, bounds[:-1], bounds[1:], strict=True):
            slot = self.slots[key]
            self.totals[slot] += stop - start if weights is None else weights[start:stop].sum()
            for first in range(start, stop, ROWS_AT_ONCE):
                rows = slice(first, min(first + ROWS_AT_ONCE, stop))
                self.sums[slot] += self._products(codes[rows], None if weights is None else weights[rows])

    def _products(self, codes: Array, weights: Array | None) -> Array:
        """(V,) products of indicators of rows (n, p), each pair once."""
        numbers = np.arange(self.base + 1, self.categories + 1, dtype=codes.dtype)
        hot = (np.ascontiguousarray(codes.T)[:, None, :] == numbers[:, None]).reshape(self.width, -1)
        if weights is None:
            made = blas.ssyrk(1.0, hot.astype(np.float32).T, trans=1)
        else:
            roots = hot * np.sqrt(weights)
            made = blas.dsyrk(1.0, roots.T, trans=1)
        return np.take(made.T.ravel(), _lower(self.width)).astype(self.sums.dtype)

    def _grow(self, keys: list[int], categories: int) -> None:
        """Place for the units and for categories that are new."""
        units = len({*self.slots, *keys})
        old, self.categories = self.categories, max(self.categories, categories)
        if units * self._size * self.sums.itemsize > LARGEST * WORD:
            self.categories = old
            raise TooManyUnits(f"{units} clusters with {self._size} pairs of categories")
        if old != self.categories:
            self._widen(old)
        for key in keys:
            self.slots.setdefault(key, len(self.slots))
        more = units - len(self.totals)
        if more > 0:
            more = max(more, len(self.totals) // 4)
            self.totals = np.concatenate([self.totals, np.zeros(more)])
            self.sums = np.concatenate([self.sums, np.zeros((more, self._size), dtype=self.sums.dtype)])

    def _widen(self, categories: int) -> None:
        """Places for more categories among the sums of `categories`."""
        before, after = categories - self.base, self.categories - self.base
        places = (np.arange(self.items)[:, None] * after + np.arange(before)).ravel()
        i, j = vech_index(self.items * before)
        sums = np.zeros((len(self.sums), self._size), dtype=self.sums.dtype)
        sums[:, self.places[places[i], places[j]]] = self.sums
        self.sums = sums

    def of(self, group: int, divisor: int) -> list[int]:
        """The keys of the units of one group."""
        return [key for key in self.slots if key // divisor == group]

    def weight(self, keys: Sequence[int]) -> float:
        """Rows, or summed weights, of some units."""
        return float(sum(self.totals[self.slots[key]] for key in keys))

    def parts(self, keys: Sequence[int]) -> Iterator[tuple[Array, Array]]:
        """What the units of these keys weigh (b,) and their sums (b, V), some units at a time."""
        slots = np.array([self.slots[key] for key in keys], dtype=int)
        for first in range(0, len(slots), UNITS_AT_ONCE):
            own = slots[first : first + UNITS_AT_ONCE]
            yield self.totals[own], self.sums[own]

    def tables(
        self, keys: Sequence[int], items: Sequence[int], orders: Sequence[list[int]], first: Array, second: Array
    ) -> Tables:
        """Tables of the pairs (first, second) of these items in some units, each one's categories in its order."""
        p, K, width = len(items), max(map(len, orders)), self.categories
        place = np.full((p, K), -1)
        for row, (item, order) in enumerate(zip(items, orders, strict=True)):
            place[row, : len(order)] = [item * width + number if 0 < number <= width else -1 for number in order]
        padded = np.pad(self._together(keys), ((0, 1), (0, 1)))  # where -1, no category, stands
        single, total = padded[0, place], float(padded[0, 0])
        pairs = np.zeros((len(first), K + 1, K + 1))
        pairs[:, :K, :K] = padded[place[first][:, :, None], place[second][:, None, :]]
        pairs[:, :K, K] = single[first] - pairs[:, :K, :K].sum(axis=2)
        pairs[:, K, :K] = single[second] - pairs[:, :K, :K].sum(axis=1)
        pairs[:, K, K] = total - pairs.sum(axis=(1, 2))
        return Tables(np.zeros((0, p), dtype=np.intp), single, pairs, first, second)

    def _together(self, keys: Sequence[int]) -> Array:
        """(1 + p C, 1 + p C) products of a constant and indicators of every category, of some units together."""
        total, sums = 0.0, np.zeros(self._size)
        for totals, part in self.parts(keys):
            total += float(totals.sum())
            sums += part.sum(axis=0, dtype=float)
        kept = np.zeros((1 + self.width,) * 2)
        kept[1:, 1:] = sums[self.places]
        kept[0, 0], kept[0, 1:] = total, np.diag(kept)[1:]
        kept[1:, 0] = kept[0, 1:]
        whole = self._whole
        return whole @ kept @ whole.T

    @property
    def _whole(self) -> Array:
        """(1 + p C, 1 + width) what makes indicators of all categories of a constant and those that are kept."""
        each = np.eye(self.categories)[:, self.base :]
        each[: self.base] = -1.0
        constant = np.tile(np.arange(1, self.categories + 1) <= self.base, self.items).astype(float)
        lower = np.column_stack([constant, np.kron(np.eye(self.items), each)])
        return np.vstack([np.eye(1, 1 + self.width), lower])


@lru_cache(maxsize=8)
def _lower(width: int) -> Array:
    """Where the lower triangle of a matrix stands in its rows, one after the other."""
    i, j = vech_index(width)
    return read_only(i * width + j)
