"""Frequencies of categories and of pairs of them by group or cluster: what `PairCounter` has counted.

What clusters add to thresholds and correlations follows from their tables, so that a covariance of these that allows
for clusters needs no second reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from sexresearch.frozen import by_value, read_only, read_only_property
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.totals import SINGLE
from sexresearch.sem.implied.structure import vech_index
from sexresearch.sem.ordinal.contingency import Tables

UNITS_AT_ONCE = 128


@by_value
@dataclass(frozen=True)
class PairCounts:
    """By unit: rows, or summed weights, by category of p items and by pair of them; 0 is no answer, others from 1.

    categories : the highest number. base : numbers up to this one have no indicators of their own, as they follow from
    the margins: "no answer", or 1 where no row lacks an answer. keys (units,) : group · 2³² + cluster. totals
    (units,) : rows or summed weights. sums (units, V) : those of each pair of categories, once.

    Categories may stand in any order: `tables` puts them in theirs.
    """

    items: int
    base: int
    categories: int
    keys: Array
    totals: Array
    sums: Array

    def __post_init__(self) -> None:
        read_only((self.keys, self.totals, self.sums))

    @property
    def _kept(self) -> int:
        return self.categories - self.base

    @property
    def width(self) -> int:
        """Indicators of all items."""
        return self.items * self._kept

    @property
    def places(self) -> Array:
        """(width, width) where the product of two indicators stands among the sums."""
        return places_of(self.width)

    @cached_property
    def slots(self) -> dict[int, int]:
        """Where each key stands."""
        return {key: place for place, key in enumerate(self.keys.tolist())}

    def __add__(self, other: PairCounts) -> PairCounts:
        """The counts of both sets of rows, whose answers are numbered alike; units of one key become one.

        >>> one = PairCounts(1, 0, 1, np.array([0]), np.array([2.0]), np.array([[1.0]]))
        >>> both = one + PairCounts(1, 0, 2, np.array([0, 7]), np.array([3.0, 1.0]), np.array([[1.0, 0, 2], [0, 0, 1]]))
        >>> both.keys.tolist(), both.totals.tolist(), both.sums.tolist()
        ([0, 7], [5.0, 1.0], [[2.0, 0.0, 2.0], [0.0, 0.0, 1.0]])
        """
        if not isinstance(other, PairCounts) or (self.items, self.base) != (other.items, other.base):
            return NotImplemented
        keys, own = np.unique(np.concatenate([self.keys, other.keys]), return_inverse=True)
        totals = np.bincount(own, np.concatenate([self.totals, other.totals]), len(keys))
        highest = max(self.categories, other.categories)
        one, two = (widened(part.sums, self.items, part._kept, highest - self.base) for part in (self, other))
        sums = np.zeros((len(keys), one.shape[1]), dtype=smallest(np.result_type(one, two), totals))
        sums[own[: len(one)]] += one
        sums[own[len(one) :]] += two
        return PairCounts(self.items, self.base, highest, keys, totals, sums)

    def merged(self, divisor: int) -> PairCounts:
        """The same with the units of each multiple of `divisor` added together, under that key."""
        keys, own = np.unique(self.keys // divisor * divisor, return_inverse=True)
        sums = np.zeros((len(keys), self.sums.shape[1]))
        for place, row in zip(own.tolist(), self.sums, strict=True):
            sums[place] += row
        totals = np.bincount(own, self.totals, len(keys))
        return PairCounts(self.items, self.base, self.categories, keys, totals, sums)

    def of(self, group: int, divisor: int) -> list[int]:
        """The keys of the units of one group."""
        return self.keys[self.keys // divisor == group].tolist()

    def weight(self, keys: Sequence[int]) -> float:
        """Rows, or summed weights, of some units."""
        return float(sum(self.totals[self.slots[key]] for key in keys))

    def parts(self, keys: Sequence[int]) -> Iterator[tuple[Array, Array]]:
        """What the units of these keys weigh (b,) and their sums (b, V), some units at a time."""
        slots = np.array([self.slots[key] for key in keys], dtype=int)
        for first in range(0, len(slots), UNITS_AT_ONCE):
            own = slots[first : first + UNITS_AT_ONCE]
            yield self.totals[own], self.sums[own]

    def weighed(self, keys: Sequence[int], often: Array) -> tuple[Array, Array]:
        """What the units of these keys (J,) weigh together (b,), and their sums (b, V), each as `often` (b, J) says."""
        slots = [self.slots[key] for key in keys]
        total, first = often @ self.totals[slots], 0
        exact = self.sums.dtype.kind == "u" and np.max(total, initial=0.0) < SINGLE
        often = often.astype(np.float32 if exact else float)
        sums = np.zeros((len(often), self.sums.shape[1]), dtype=often.dtype)
        for totals, part in self.parts(keys):
            sums += often[:, first : first + len(totals)] @ part.astype(often.dtype)
            first += len(totals)
        return total, sums

    @property
    def narrow(self) -> PairCounts:
        """The same in the smallest whole numbers that hold what was counted; summed weights stay as they are."""
        kind = smallest(self.sums.dtype, self.totals)
        return self if kind.itemsize >= self.sums.itemsize else replace(self, sums=self.sums.astype(kind))

    def tables(
        self, keys: Sequence[int], items: Sequence[int], orders: Sequence[list[int]], first: Array, second: Array
    ) -> Tables:
        """Tables of the pairs (first, second) of these items in some units, each one's categories in its order."""
        total, sums = 0.0, np.zeros(self.sums.shape[1])
        for totals, part in self.parts(keys):
            total += float(totals.sum())
            sums += part.sum(axis=0, dtype=float)
        return self.tables_of(total, sums, items, orders, first, second)

    def tables_of(
        self,
        total: float,
        sums: Array,
        items: Sequence[int],
        orders: Sequence[list[int]],
        first: Array,
        second: Array,
    ) -> Tables:
        """The same of what weighs `total` together and has the sums (V,)."""
        p, K, width = len(items), max(map(len, orders)), self.categories
        place = np.full((p, K), -1)
        for row, (item, order) in enumerate(zip(items, orders, strict=True)):
            place[row, : len(order)] = [item * width + number if 0 < number <= width else -1 for number in order]
        padded = np.pad(self._products(total, sums), ((0, 1), (0, 1)))  # where -1, no category, stands
        single = padded[0, place]
        pairs = np.zeros((len(first), K + 1, K + 1))
        pairs[:, :K, :K] = padded[place[first][:, :, None], place[second][:, None, :]]
        pairs[:, :K, K] = single[first] - pairs[:, :K, :K].sum(axis=2)
        pairs[:, K, :K] = single[second] - pairs[:, :K, :K].sum(axis=1)
        pairs[:, K, K] = total - pairs.sum(axis=(1, 2))
        return Tables(np.zeros((0, p), dtype=np.intp), single, pairs, first, second)

    def _products(self, total: float, sums: Array) -> Array:
        """(1 + p C, 1 + p C) products of a constant and indicators of every category."""
        kept = np.zeros((1 + self.width,) * 2)
        kept[1:, 1:] = sums[self.places]
        kept[0, 0], kept[0, 1:] = total, np.diag(kept)[1:]
        kept[1:, 0] = kept[0, 1:]
        whole = self._whole
        return whole @ kept @ whole.T

    @read_only_property
    def _whole(self) -> Array:
        """(1 + p C, 1 + width) what makes indicators of all categories of a constant and those that are kept."""
        each = np.eye(self.categories)[:, self.base :]
        each[: self.base] = -1.0
        constant = np.tile(np.arange(1, self.categories + 1) <= self.base, self.items).astype(float)
        lower = np.column_stack([constant, np.kron(np.eye(self.items), each)])
        return np.vstack([np.eye(1, 1 + self.width), lower])


def smallest(dtype: np.dtype, totals: Array) -> np.dtype:
    """The type of counts of which none is larger than the largest of the totals; that of weights as it is.

    >>> smallest(np.dtype(np.uint32), np.array([300.0])), smallest(np.dtype(float), np.array([300.0]))
    (dtype('uint16'), dtype('float64'))
    """
    return np.min_scalar_type(int(np.max(totals, initial=0.0))) if dtype.kind == "u" else dtype


@lru_cache(maxsize=8)
def places_of(width: int) -> Array:
    """(width, width) where the product of two of so many indicators stands among sums of each pair once.

    >>> places_of(2).tolist()
    [[0, 1], [1, 2]]
    """
    i, j = vech_index(width)
    places = np.empty((width, width), dtype=np.intp)
    places[i, j] = places[j, i] = np.arange(len(i))
    return read_only(places)


def widened(sums: Array, items: int, before: int, after: int) -> Array:
    """(units, V) sums with indicators of `after` categories of each item, where there were those of `before`.

    >>> widened(np.array([[5.0]]), 1, 1, 2).tolist()
    [[5.0, 0.0, 0.0]]
    """
    if before == after:
        return sums
    kept = (np.arange(items)[:, None] * after + np.arange(before)).ravel()
    i, j = vech_index(items * before)
    out = np.zeros((len(sums), items * after * (items * after + 1) // 2), dtype=sums.dtype)
    out[:, places_of(items * after)[kept[i], kept[j]]] = sums
    return out
