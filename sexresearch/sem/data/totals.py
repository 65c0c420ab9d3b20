"""Sums of squares and products by unit (group, cluster or pattern of answers), added up row by row as rows come in."""

from __future__ import annotations

import numpy as np

from sexresearch.errors import DataError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.batches import whole_ends
from sexresearch.sem.implied.structure import vech_index

FEW = 8  # rows of a unit in one piece, below which products of single rows are cheaper than matrix products
LARGEST = 2**27  # numbers that sums of all units together may hold: 1 GB
AT_ONCE = 2**14  # rows whose products are held at once
SINGLE = 2**24  # up to which single precision holds every whole number
WORTH_IT = 2**8  # rows that must fit below it for single precision to be used


def sorted_keys(keys: Array) -> Array:
    """(n,) the rows in the order of their keys, group · 2³² + unit; a few thousand different ones are sorted faster.

    >>> sorted_keys(np.array([2**32 + 1, 5, 2**32, 5])).tolist()
    [1, 3, 2, 0]
    """
    high, low = keys >> 32, keys & (2**32 - 1)
    width = int(np.max(low)) + 1
    count = (int(np.max(high)) + 1) * width
    return np.argsort((high * width + low).astype(np.uint16) if count <= 2**16 else keys, kind="stable")


def exact_rows(values: Array, centre: Array) -> int:
    """How many rows (n, p) can be multiplied and added in single precision without any rounding.

    >>> exact_rows(np.array([[1, 7]], dtype=np.int8), np.array([4.0, 4.0])), exact_rows(np.ones((1, 1)), np.zeros(1))
    (1864135, 0)
    """
    if values.dtype.kind == "f" or not values.size or (centre != np.round(centre)).any():
        return 0
    farthest = max(float(np.max(np.abs(end.astype(float) - centre))) for end in whole_ends(values))
    return int(SINGLE / max(farthest, 1.0) ** 2)


class TooManyUnits(DataError):
    """So many clusters or patterns that their sums are no smaller than the rows."""


class Totals:
    """By unit: rows, and sums of w (1, u, vech uu') of u, the values less `centre` (p,), 0 where there is no answer.

    Units are numbered in order of first appearance; `keys` names them. squares : sums of squared weights; heaviest and
    its row: the largest weight, and the number of the row that bears it. low, high (units, p) : where `extremes` are
    wanted, the lowest and highest value less the centre.
    """

    def __init__(self, centre: Array, extremes: bool = False) -> None:
        self.centre, self.extremes = centre, extremes
        self.low, self.high = np.zeros((2, 0, len(centre)))
        self.slots: dict[int, int] = {}
        self.rows, self.heaviest_row = np.zeros((2, 0), dtype=int)
        self.squares, self.heaviest = np.zeros((2, 0))
        self.sums = np.zeros((0, 0))

    @property
    def count(self) -> int:
        """Units."""
        return len(self.slots)

    @property
    def keys(self) -> Array:
        """(units,) their keys."""
        return np.fromiter(self.slots, dtype=np.int64, count=len(self.slots))

    def add(self, keys: Array, values: Array, weights: Array | None, numbers: Array) -> None:
        """Rows (n, p) of the units `keys` (n,), with their numbers in the source."""
        if not len(keys):
            return
        order = sorted_keys(keys)
        step = exact_rows(values, self.centre) if weights is None else 0
        z = self._from_centre(np.take(values, order, axis=0), np.float32 if step >= WORTH_IT else float)
        keys = keys[order]
        starts = np.flatnonzero(np.diff(keys, prepend=keys[0] - 1))
        size = np.diff(np.append(starts, len(keys)))
        own = np.array([self.slots.setdefault(key, len(self.slots)) for key in keys[starts].tolist()])
        self._grow(z.shape[1])
        self.rows[own] += size
        if self.extremes:
            self.low[own] = np.minimum(self.low[own], np.minimum.reduceat(z[:, 1:], starts))
            self.high[own] = np.maximum(self.high[own], np.maximum.reduceat(z[:, 1:], starts))
        w = None if weights is None else weights[order]
        if w is not None:
            self._weigh(own, starts, w, numbers[order])
        if len(keys) < FEW * len(starts):
            self._by_rows(own, starts, z, w)
        else:
            self._by_unit(own, np.append(starts, len(keys)), z, w, step if step >= WORTH_IT else len(keys))

    def _from_centre(self, values: Array, dtype: type) -> Array:
        """(n, 1 + p) a constant and the values less the centre, 0 where there is none."""
        z = np.empty((len(values), values.shape[1] + 1), dtype=dtype)
        z[:, 0] = 1.0
        np.subtract(values, self.centre.astype(dtype), out=z[:, 1:])
        if values.dtype.kind == "f":
            np.copyto(z, 0.0, where=z != z)
        return z

    def _grow(self, width: int) -> None:
        wanted, size = len(self.slots), width * (width + 1) // 2
        if wanted * size > LARGEST:
            raise TooManyUnits(f"{wanted} clusters or patterns of answers to {width - 1} items")
        more = max(wanted, 2 * len(self.rows)) - len(self.rows)
        if wanted <= len(self.rows):
            return
        self.sums = np.concatenate([self.sums.reshape(-1, size), np.zeros((more, size))])
        if self.extremes:
            none = np.full((more, width - 1), np.inf)
            self.low, self.high = np.concatenate([self.low, none]), np.concatenate([self.high, -none])
        for name in ("rows", "squares", "heaviest", "heaviest_row"):
            old = getattr(self, name)
            setattr(self, name, np.concatenate([old, np.zeros(more, dtype=old.dtype)]))

    def _weigh(self, own: Array, starts: Array, w: Array, numbers: Array) -> None:
        with np.errstate(over="ignore", under="ignore"):  # huge weights have no squares, and none are told of them
            self.squares[own] += np.add.reduceat(w * w, starts)
        most = np.maximum.reduceat(w, starts)
        rank = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(w))))
        firsts = np.full(len(starts), len(w))
        np.minimum.at(firsts, rank, np.where(w == most[rank], np.arange(len(w)), len(w)))
        higher = most > self.heaviest[own]
        self.heaviest[own[higher]] = most[higher]
        self.heaviest_row[own[higher]] = numbers[firsts[higher]]

    def _by_unit(self, own: Array, ends: Array, z: Array, w: Array | None, step: int) -> None:
        i, j = vech_index(z.shape[1])
        weighted = z if w is None else z * w[:, None]
        for slot, begin, end in zip(own.tolist(), ends[:-1].tolist(), ends[1:].tolist(), strict=True):
            for first in range(begin, end, step):
                last = min(first + step, end)
                self.sums[slot] += (z[first:last].T @ weighted[first:last])[i, j]

    def _by_rows(self, own: Array, starts: Array, z: Array, w: Array | None) -> None:
        i, j = vech_index(z.shape[1])
        block = starts // AT_ONCE
        firsts = np.flatnonzero(np.diff(block, prepend=-1))
        for first, last in zip(firsts, np.append(firsts[1:], len(starts)), strict=True):
            stop = starts[last] if last < len(starts) else len(z)
            part = z[starts[first] : stop].astype(float, copy=False)
            products = part[:, i] * part[:, j]
            if w is not None:
                products *= w[starts[first] : stop, None]
            self.sums[own[first:last]] += np.add.reduceat(products, starts[first:last] - starts[first])
