"""How often rows bear each category and each pair of them: bits that are counted, or weights that are summed."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from sexresearch.frozen import read_only
from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.structure import vech_index

WORD = 64  # rows, a bit each, that are counted at once
WORDS_AT_ONCE = 2**16  # so that they stay in the cache


def pairs_counted(columns: Array, numbers: Array) -> Array:
    """(V,) how many rows bear each pair of categories; `columns` (p, n) hold one of the `numbers` (C,), or another.

    Categories are those of the first item, then of the second, …; each pair once, that of a category with itself too.

    >>> pairs_counted(np.array([[1, 2, 2], [2, 2, 1]], dtype=np.uint8), np.array([2], dtype=np.uint8)).tolist()
    [2, 1, 2]
    """
    bits = _bits(columns, numbers)
    words, width = bits.shape
    counts = np.empty((width, width), dtype=np.uint16)
    step = max(WORDS_AT_ONCE // (words * width), len(numbers))
    for first in range(0, width, step):
        own = slice(first, first + step)
        both = np.bitwise_count(bits[:, own, None] & bits[:, None, first:])
        counts[own, first:] = np.sum(both, axis=0, dtype=np.uint16)
    return np.take(counts.ravel(), _upper(width))


def pairs_weighed(columns: Array, numbers: Array, weights: Array) -> Array:
    """(V,) the same of rows of which each counts by its weight (n,).

    >>> pairs_weighed(np.array([[1, 2, 2], [2, 2, 1]]), np.array([2]), np.array([1.0, 4.0, 1.0])).tolist()
    [5.0, 4.0, 5.0]
    """
    hot = (columns[:, None, :] == numbers[:, None]) * np.sqrt(weights)
    flat = hot.reshape(-1, columns.shape[1])
    return np.take((flat @ flat.T).ravel(), _upper(len(flat)))


def _bits(columns: Array, numbers: Array) -> Array:
    """(words, p C) the rows of each category, a bit each; zeros fill the last word."""
    p, n = columns.shape
    words = -(-n // WORD)
    hot = np.zeros((p, len(numbers), words * WORD), dtype=bool)
    np.equal(columns[:, None, :], numbers[:, None], out=hot[:, :, :n])
    return np.ascontiguousarray(np.packbits(hot.reshape(-1, words * WORD), axis=1).view(np.uint64).T)


@lru_cache(maxsize=8)
def _upper(width: int) -> Array:
    """Where the upper triangle of a matrix stands in its rows, one after the other."""
    i, j = vech_index(width)
    return read_only(j * width + i)
