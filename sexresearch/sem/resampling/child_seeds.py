"""The states of many children of one seed at once, as `numpy.random.SeedSequence` makes them one by one.

Words of 32 bits are hashed into a pool of four, the number of the child last, so that all children share what comes
before it (O'Neill 2015, Developing a seed_seq alternative, pcg-random.org/posts/developing-a-seed_seq-alternative).
"""

from __future__ import annotations

import numpy as np

from sexresearch.sem.arrays import Array

WORD = 2**32 - 1
POOL, STATE = 4, 8  # words of the pool, and of a state
INTO, INTO_TIMES = 0x43B0D7E5, 0x931E8875  # multipliers and first constants of the paper's hashes
OUT, OUT_TIMES = 0x8B51F9DD, 0x58F38DED
LEFT, RIGHT = 0xCA01F9DD, 0x4973F715


class _Hash:
    """A hash of words (…,) of 32 bits that changes its constant each time."""

    def __init__(self, constant: int, times: int) -> None:
        self.constant, self.times = constant, times

    def of(self, words: Array) -> Array:
        """(…,) the words hashed."""
        words = words ^ np.uint64(self.constant)
        self.constant = self.constant * self.times & WORD
        return _folded(words * np.uint64(self.constant))


def _folded(words: Array) -> Array:
    words = words & np.uint64(WORD)
    return words ^ (words >> np.uint64(16))


def _mixed(one: Array, other: Array) -> Array:
    left, right = (own & np.uint64(WORD) for own in (one * np.uint64(LEFT), other * np.uint64(RIGHT)))
    return _folded(left + np.uint64(WORD + 1) - right)


def child_states(seed: int, numbers: Array) -> Array:
    """(children, 4) the 64-bit words that start the generators of some children, by their numbers (children,).

    >>> child = np.random.SeedSequence(7, spawn_key=(3,))
    >>> child_states(7, np.array([3]))[0].tolist() == child.generate_state(4, np.uint64).tolist()
    True
    """
    words, left = [], int(seed)
    while left:
        words.append(left & WORD)
        left >>= 32
    words += [0] * (POOL - len(words))  # a seed is padded before the number of a child follows
    hashed = _Hash(INTO, INTO_TIMES)
    pool = [hashed.of(np.array([word], dtype=np.uint64)) for word in words[:POOL]]
    for source in range(POOL):
        for place in range(POOL):
            if place != source:
                pool[place] = _mixed(pool[place], hashed.of(pool[source]))
    last: list[Array] = [
        *(np.array([word], dtype=np.uint64) for word in words[POOL:]),
        np.asarray(numbers, dtype=np.uint64),
    ]
    for own in last:
        pool = [_mixed(word, hashed.of(own)) for word in pool]
    hashed = _Hash(OUT, OUT_TIMES)
    state = [hashed.of(pool[k % POOL]) for k in range(STATE)]
    return np.stack([low | (high << np.uint64(32)) for low, high in zip(state[::2], state[1::2], strict=True)], axis=1)
