"""Frequencies of categories and of pairs of them, added up piece by piece: memory does not grow with rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.ordinal.contingency import Tables

ROWS_AT_ONCE = 16_384  # single precision counts so many rows exactly


class PairCounts:
    """Rows, or summed weights, by category of p items and by pair of categories; 0 is no answer, others count from 1.

    Categories may come in any order and at any time: `tables` puts them in theirs. Kept are products of a constant and
    indicators of every category but "no answer", which follows from the margins.

    >>> found = PairCounts(2)
    >>> found.add(np.array([[1, 1], [1, 0]]))
    >>> found.add(np.array([[2, 1]]))
    >>> found.tables([0, 1], [[2, 1], [1]], np.array([0]), np.array([1])).pairs[0].astype(int).tolist()
    [[1, 0, 0], [1, 0, 1], [0, 0, 0]]
    """

    def __init__(self, items: int) -> None:
        self.items, self.categories = items, 1
        self.together = np.zeros((1 + items, 1 + items))

    def add(self, codes: Array, weights: Array | None = None) -> None:
        """Rows (n, p), counted by their weights (n,)."""
        if not len(codes):
            return
        self._widen(int(codes.max()))
        numbers = np.arange(1, self.categories + 1, dtype=codes.dtype)
        for first in range(0, len(codes), ROWS_AT_ONCE):
            part = codes[first : first + ROWS_AT_ONCE]
            hot = np.ones((len(part), len(self.together)), dtype=np.float32 if weights is None else float)
            hot[:, 1:] = (part[:, :, None] == numbers).reshape(len(part), -1)
            counted = hot if weights is None else hot * weights[first : first + len(part), None]
            self.together += counted.T @ hot

    def _widen(self, categories: int) -> None:
        if categories <= self.categories:
            return
        old, kept = self.together, np.arange(self.items)[:, None] * categories + np.arange(1, self.categories + 1)
        places = np.append(0, kept.ravel())
        self.categories = categories
        self.together = np.zeros((1 + self.items * categories,) * 2)
        self.together[np.ix_(places, places)] = old

    def tables(self, items: Sequence[int], orders: Sequence[list[int]], first: Array, second: Array) -> Tables:
        """Tables of the pairs (first, second) of these items, each one's categories in its order, 0 for one without."""
        p, K, width = len(items), max(map(len, orders)), self.categories
        place = np.full((p, K), -1)
        for row, (item, order) in enumerate(zip(items, orders, strict=True)):
            place[row, : len(order)] = [item * width + number if 0 < number <= width else -1 for number in order]
        padded = np.pad(self.together, ((0, 1), (0, 1)))  # where -1, no category, stands
        single, total = padded[0, place], float(padded[0, 0])
        pairs = np.zeros((len(first), K + 1, K + 1))
        pairs[:, :K, :K] = padded[place[first][:, :, None], place[second][:, None, :]]
        pairs[:, :K, K] = single[first] - pairs[:, :K, :K].sum(axis=2)
        pairs[:, K, :K] = single[second] - pairs[:, :K, :K].sum(axis=1)
        pairs[:, K, K] = total - pairs.sum(axis=(1, 2))
        return Tables(np.zeros((0, p), dtype=np.intp), single, pairs, first, second)
