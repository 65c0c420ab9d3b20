"""Contingency tables of all pairs of ordered variables, by one pass over the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sexresearch.sem.arrays import Array

ROWS_AT_ONCE = 16_384  # single precision counts so many rows exactly


@dataclass(frozen=True)
class Tables:
    """Frequencies, or summed weights: codes (n, p) of categories from 0, at most K of them; the code K is no answer.

    single : (p, K) answers per category. pairs : (pairs, K + 1, K + 1) for each pair (first, second), no answer last.
    """

    codes: Array
    single: Array
    pairs: Array
    first: Array
    second: Array

    @property
    def answered(self) -> Array:
        """(pairs, K, K) answers to both items."""
        return self.pairs[:, :-1, :-1]


def coded(values: Array, categories: int) -> Array:
    """(n, p) category numbers from 0 of values 1, 2, …; NaN, where there is no answer, becomes `categories`."""
    return np.where(np.isnan(values), categories + 1, values).astype(np.intp) - 1


def tables(codes: Array, categories: int, first: Array, second: Array, weights: Array | None = None) -> Tables:
    """Tables of the pairs (first, second) of columns of codes (n, p), rows counted by their weights (n,).

    >>> found = tables(np.array([[0, 0], [1, 0], [1, 2]]), 2, np.array([0]), np.array([1]))
    >>> found.pairs[0].astype(int).tolist()
    [[1, 0, 0], [1, 0, 1], [0, 0, 0]]
    """
    n, p = codes.shape
    width = categories + 1
    together = np.zeros((p * width, p * width))
    places = codes + np.arange(p) * width
    for start in range(0, n, ROWS_AT_ONCE):
        part = places[start : start + ROWS_AT_ONCE]
        one_hot = np.zeros((len(part), p * width), dtype=np.float32 if weights is None else float)
        np.put_along_axis(one_hot, part, 1.0, axis=1)
        counted = one_hot if weights is None else one_hot * weights[start : start + len(part), None]
        together += counted.T @ one_hot
    cube = together.reshape(p, width, p, width)
    return Tables(codes, np.einsum("pkpk->pk", cube)[:, :-1], cube[first, :, second], first, second)
