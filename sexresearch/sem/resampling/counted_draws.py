"""How often each unit is drawn in each of many replicates: one random stream per replicate, all counted at once.

The numbers are those of `Generator.integers`: the halves of every 64-bit word, the lower one first, times the number of
units, of which the upper 32 bits are kept (Lemire 2019, doi 10.1145/3230636). Where the lower bits could ask for
another draw, once in many thousand replicates, the generator itself is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.random.bit_generator import ISeedSequence

from sexresearch.frozen import read_only
from sexresearch.sem.arrays import Array
from sexresearch.sem.resampling.child_seeds import child_states

LOWER = np.uint64(2**32 - 1)
AT_ONCE = 2**16  # draws counted at once: 512 KB
Strata = Sequence[tuple[int, int]]


class _Child(ISeedSequence):
    """A seed of which the state is known."""

    def __init__(self, state: Array) -> None:
        self.state = state

    def generate_state(self, n_words: int, dtype: object = np.uint64) -> Array:
        """The state itself: four words of 64 bits are all that PCG64 asks for."""
        return self.state


def stream(seed: int, number: int) -> np.random.Generator:
    """The random numbers of one replicate: a child of the seed (O'Neill's SeedSequence), independent of all others.

    >>> child = np.random.SeedSequence(7, spawn_key=(3,))
    >>> stream(7, 3).random() == np.random.Generator(np.random.PCG64(child)).random()
    True
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(int(seed), spawn_key=(number,))))


def counts_of(seed: int, numbers: Sequence[int], strata: Strata) -> Array:
    """(replicates, units) how often each unit was drawn with replacement within its stratum (first unit, units)."""
    total = sum(size for _, size in strata)
    block = max(1, AT_ONCE // total)
    parts = [_counted(seed, numbers[first : first + block], strata) for first in range(0, len(numbers), block)]
    return np.concatenate(parts)


def pooled(codes: Sequence[Array], apart: bool) -> tuple[Array, tuple[tuple[int, int], ...]]:
    """Units and strata: one stratum for each group, or for all where units may span groups and do.

    >>> pooled([np.array([5, 7]), np.array([5])], apart=False)
    (array([0, 1, 0]), ((0, 2),))
    """
    apart = apart or sum(len(np.unique(c)) for c in codes) == len(np.unique(np.concatenate(codes)))
    pools = codes if apart else [np.concatenate(codes)]
    units, strata, first = [], [], 0
    for pool in pools:
        names, dense = np.unique(pool, return_inverse=True)
        units.append(dense.ravel() + first)
        strata.append((first, len(names)))
        first += len(names)
    return read_only(np.concatenate(units)), tuple(strata)


def _counted(seed: int, numbers: Sequence[int], strata: Strata) -> Array:
    total = sum(size for _, size in strata)
    states = child_states(seed, np.asarray(numbers))
    raw = np.stack(
        [np.random.PCG64(cast(np.random.SeedSequence, _Child(state))).random_raw((total + 1) // 2) for state in states]
    )
    halves = raw.astype("<u8", copy=False).view("<u4")
    units, doubted, done = np.empty((len(numbers), total), dtype=np.int64), np.zeros(len(numbers), dtype=bool), 0
    for first, size in strata:
        product = halves[:, done : done + size].astype(np.uint64) * np.uint64(size)
        doubted |= ((product & LOWER) < size).any(axis=1) | (size == 1)
        units[:, done : done + size] = first + (product >> np.uint64(32)).astype(np.int64)
        done += size
    for i in np.flatnonzero(doubted).tolist():
        random = stream(seed, numbers[i])
        units[i] = np.concatenate([first + random.integers(0, size, size) for first, size in strata])
    units += total * np.arange(len(numbers))[:, None]
    return np.bincount(units.ravel(), minlength=units.size).reshape(units.shape)
