"""Categories and pairs of them counted piece by piece: memory does not grow with rows, and every processor counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.counted_pairs import PairCounts, widened
from sexresearch.sem.data.pair_sums import pairs_counted, pairs_weighed
from sexresearch.sem.data.totals import LARGEST, TooManyUnits, sorted_keys
from sexresearch.sem.threads import processors

ROWS_AT_ONCE = 4096  # whose indicators stay in the cache
ROWS_OF_A_TASK = 2**14
TASKS_AT_ONCE = 16  # whose products are held
WORD = 8  # bytes of a number of which `LARGEST` are allowed

Block = tuple[int, int, int]  # where a unit stands, its first row and the one after its last


class PairCounter:
    """Rows by unit, added as they come in; `counts` is what they add up to.

    Of `many` units rows are counted, in half the memory that weights take. Categories may come at any time. `part` of
    the memory that sums of all units may take is allowed.

    >>> pairs = PairCounter(2)
    >>> pairs.add(np.zeros(2, dtype=int), np.array([[1, 1], [1, 0]]))
    >>> pairs.add(np.zeros(1, dtype=int), np.array([[2, 1]]))
    >>> found = pairs.counts.tables([0], [0, 1], [[2, 1], [1]], np.array([0]), np.array([1]))
    >>> found.pairs[0].astype(int).tolist()
    [[1, 0, 0], [1, 0, 1], [0, 0, 0]]
    """

    def __init__(self, items: int, base: int = 0, many: bool = False, part: float = 1.0) -> None:
        self.items, self.base, self.categories, self.part = items, base, base + 1, part
        self.slots: dict[int, int] = {}
        self.totals: Array = np.zeros(0)
        self.sums: Array = np.zeros((0, self._size), dtype=np.uint32 if many else float)

    @property
    def _width(self) -> int:
        return self.items * (self.categories - self.base)

    @property
    def _size(self) -> int:
        return self._width * (self._width + 1) // 2

    @property
    def counts(self) -> PairCounts:
        """What was counted; nothing can be added any more."""
        units = len(self.slots)
        keys = np.fromiter(self.slots, dtype=np.int64, count=units)
        return PairCounts(self.items, self.base, self.categories, keys, self.totals[:units], self.sums[:units])

    def add(self, keys: Array, codes: Array, weights: Array | None = None) -> None:
        """Rows (n, p) of the units `keys` (n,), counted by their weights (n,); TooManyUnits, and nothing is added."""
        if not len(codes):
            return
        order = sorted_keys(keys)
        keys, weights = keys[order], None if weights is None else weights[order]
        starts = np.flatnonzero(np.diff(keys, prepend=keys[0] - 1))
        bounds = np.append(starts, len(keys))
        self._grow(keys[starts].tolist(), int(codes.max()))
        own = [self.slots[key] for key in keys[starts].tolist()]
        self.totals[own] += np.diff(bounds) if weights is None else np.add.reduceat(weights, starts)
        columns = np.empty(codes.shape[::-1], dtype=codes.dtype)

        def work(blocks: Sequence[Block]) -> Array:
            return self._made(blocks, columns, weights)

        with ThreadPoolExecutor(processors()) as pool:
            list(pool.map(lambda row, column: np.take(column, order, out=row, mode="clip"), columns, codes.T))
            tasks = _tasks(own, bounds.tolist())
            for first in range(0, len(tasks), TASKS_AT_ONCE):
                some = tasks[first : first + TASKS_AT_ONCE]
                for blocks, made in zip(some, pool.map(work, some), strict=True):
                    for (slot, _, _), sums in zip(blocks, made, strict=True):
                        self.sums[slot] += sums

    def _made(self, blocks: Sequence[Block], columns: Array, weights: Array | None) -> Array:
        """(blocks, V) what the rows of each block add; `columns` (p, n)."""
        numbers = np.arange(self.base + 1, self.categories + 1, dtype=columns.dtype)
        out = np.empty((len(blocks), self._size), dtype=self.sums.dtype)
        for row, (_, first, stop) in zip(out, blocks, strict=True):
            own = columns[:, first:stop]
            row[:] = (
                pairs_counted(own, numbers) if weights is None else pairs_weighed(own, numbers, weights[first:stop])
            )
        return out

    def _grow(self, keys: list[int], categories: int) -> None:
        """Place for the units and for categories that are new."""
        units = len({*self.slots, *keys})
        old, self.categories = self.categories, max(self.categories, categories)
        if units * self._size * self.sums.itemsize > self.part * LARGEST * WORD:
            self.categories = old
            raise TooManyUnits(f"{units} clusters with {self._size} pairs of categories")
        self.sums = widened(self.sums, self.items, old - self.base, self.categories - self.base)
        for key in keys:
            self.slots.setdefault(key, len(self.slots))
        if units > len(self.totals):
            places = max(units, len(self.totals) * 5 // 4)
            self.totals, self.sums = longer(self.totals, places), longer(self.sums, places)


def longer(rows: Array, places: int) -> Array:
    """Rows (n, …) with zeros after them, so that there are so many.

    >>> longer(np.ones((1, 2)), 2).tolist()
    [[1.0, 1.0], [0.0, 0.0]]
    """
    out = np.empty((places, *rows.shape[1:]), dtype=rows.dtype)
    out[: len(rows)] = rows
    out[len(rows) :] = 0
    return out


def _tasks(slots: Sequence[int], bounds: Sequence[int]) -> list[list[Block]]:
    """Blocks of rows, each of one unit, put together until a task has rows enough."""
    tasks, rows = [list[Block]()], 0
    for block in _blocks(slots, bounds):
        if rows >= ROWS_OF_A_TASK:
            tasks.append([])
            rows = 0
        tasks[-1].append(block)
        rows += block[2] - block[1]
    return tasks


def _blocks(slots: Sequence[int], bounds: Sequence[int]) -> Iterator[Block]:
    for slot, start, stop in zip(slots, bounds[:-1], bounds[1:], strict=True):
        for first in range(start, stop, ROWS_AT_ONCE):
            yield slot, first, min(first + ROWS_AT_ONCE, stop)
