"""Respondents whose answers are nearly those of another one: interviews that were copied and changed a little."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from sexresearch.survey.careless import Floats

Places = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
MOST_APART = 0.15  # Kuriakose & Robbins (2016): 85 % of all answers alike
MOST_PAIRS = 3_000_000  # of rows that are compared item by item
AT_ONCE = 4_000_000  # answers compared in one step
EXPECTED = 0.5  # pairs of attentive rows that may be taken for twins
SHARE = 0.01  # the same for each row, where a copy with a single answer changed would else not be seen
ENOUGH = 30  # pairs from which their number is taken as it is
ONE_ANSWER = 0.75  # share of answers that are one and the same, from which likeness tells nothing


def near_twins(answers: Floats, apart: int) -> tuple[dict[int, int], int]:
    """Rows of answers (n, p) that differ from an earlier row in at most `apart` answers, with that row's number.

    Two rows that differ in d answers are alike in at least one of d + 1 sets of items, so only rows alike in one of
    these are compared: time and memory grow with such pairs, not with n². Where they are too many, fewer differences
    are looked for; how many is given back too. Rows without an answer, or three quarters of whose answers are one and
    the same, are left out; a gap is alike to a gap. Kuriakose & Robbins (2016), doi:10.3233/SJI-160978.

    >>> answers = np.array([[1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1], [1, 2, 3, 4, 5, 7]], dtype=float)
    >>> near_twins(answers, apart=1)
    ({2: 0}, 1)
    """
    telling = np.flatnonzero(_telling(answers))
    codes = _codes(answers[telling])
    while apart > 0 and _compared(codes, apart) > MOST_PAIRS:
        apart //= 2
    first: dict[int, int] = {}
    for one, other in _alike(codes, apart):
        early, late = np.minimum(one, other), np.maximum(one, other)
        for a, b in zip(early.tolist(), late.tolist(), strict=True):
            first[b] = min(a, first.get(b, a))
    return {int(telling[late]): int(telling[early]) for late, early in sorted(first.items())}, apart


def close_pairs(answers: Floats, most: int) -> Places:
    """(most + 1,) how many pairs of rows of answers (n, p) differ in 0, 1, … `most` answers; for small n, all compared.

    >>> close_pairs(np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 4.0], [1.0, 2.0, 4.0]]), 2).tolist()
    [1, 2, 0]
    """
    codes = _codes(answers[_telling(answers)])
    pairs = np.zeros(most + 1, dtype=np.int64)
    step = max(1, AT_ONCE // max(1, codes.size))
    for start in range(0, len(codes), step):
        part = codes[start : start + step]
        different = np.count_nonzero(part[:, None, :] != codes[None, :, :], axis=2)
        later = np.arange(len(codes))[None, :] > np.arange(start, start + len(part))[:, None]
        pairs += np.bincount(different[later & (different <= most)], minlength=most + 1)
    return pairs


def _telling(answers: Floats) -> npt.NDArray[np.bool_]:
    """Whether no answer makes up three quarters of the row."""
    n = (~np.isnan(answers)).sum(axis=1)
    ordered = np.sort(answers, axis=1)
    longest = np.zeros(len(answers), dtype=np.int64)
    run = longest.copy()
    before = np.full(len(answers), np.nan)
    for column in ordered.T:
        run = np.where(np.isnan(column), 0, np.where(column == before, run + 1, 1))
        longest, before = np.maximum(longest, run), column
    return (n > 0) & (longest < ONE_ANSWER * np.maximum(n, 1))


def _codes(answers: Floats) -> Codes:
    """Answers as numbers of their values, a gap as one more."""
    values = np.unique(answers[~np.isnan(answers)])
    return np.where(np.isnan(answers), -1, np.searchsorted(values, answers)).astype(np.int32)


def _alike(codes: Codes, apart: int) -> Iterator[tuple[Places, Places]]:
    for part in range(apart + 1):
        for one, other in _pairs_within(_sets(codes[:, part :: apart + 1])):
            near = np.count_nonzero(codes[one] != codes[other], axis=1) <= apart
            if near.any():
                yield one[near], other[near]


def _compared(codes: Codes, apart: int) -> int:
    """How many pairs of rows are alike in one of the sets of items."""
    total = 0
    for part in range(apart + 1):
        sizes = np.bincount(_sets(codes[:, part :: apart + 1]))
        total += int((sizes * (sizes - 1) // 2).sum())
    return total


def expected_pairs(accidental: Places, n: int, simulated: int) -> Floats:
    """How many pairs of n attentive rows differ in at most 0, 1, … answers.

    `accidental` are the pairs among `simulated` attentive rows by the answers in which they differ. Below the smallest
    differences that are there, numbers of pairs are taken to fall as fast as there, which is rather too slow.

    >>> expected_pairs(np.array([40, 80]), n=200, simulated=100).tolist()
    [160.0, 480.0]
    """
    pairs = accidental.astype(float)
    enough = np.flatnonzero(pairs >= ENOUGH)
    if len(enough) > 1 and enough[1] == enough[0] + 1:
        low = int(enough[0])
        fall = min(pairs[low] / pairs[low + 1], 1.0)
        pairs[:low] = np.maximum(pairs[:low], pairs[low] * fall ** np.arange(low, 0, -1))
    return np.asarray(np.cumsum(pairs) * (n / simulated) ** 2, dtype=float)


def most_apart(accidental: Places, n: int, simulated: int, items: int) -> int:
    """The most answers by which twins may differ so that no pair of n attentive rows is expected to be that alike.

    In short questionnaires one answer, if no more than one in a hundred rows is expected to be that like another.
    -1 where even equal answers are to be expected.

    >>> most_apart(np.array([0, 0, 0, 0, 30, 900, 9000]), n=100, simulated=100, items=20)
    2
    """
    expected = expected_pairs(accidental, n, simulated)
    most = int((expected <= EXPECTED).sum()) - 1
    one = len(expected) > 1 and expected[1] <= SHARE * n
    return min(max(most, 1 if one else -1), int(MOST_APART * items))


def _sets(codes: Codes) -> Places:
    """The number of each row's set of equal rows (of rows whose hashes are equal, which the comparison tells apart)."""
    factors = np.random.default_rng(1).integers(1, 2**63, size=codes.shape[1], dtype=np.uint64) * np.uint64(
        2
    ) + np.uint64(1)
    hashes = (codes.astype(np.uint64) * factors).sum(axis=1, dtype=np.uint64)
    return np.asarray(pd.factorize(hashes)[0], dtype=np.int64)


def _pairs_within(sets: Places) -> Iterator[tuple[Places, Places]]:
    """Pairs of rows of one set, in parts that memory holds: each row with the next of its set, the one after, …"""
    order = np.argsort(sets, kind="stable")
    sizes = np.bincount(sets)
    place = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    left = np.repeat(sizes, sizes) - place - 1  # rows of the set that come later
    for distance in range(1, int(np.max(sizes, initial=1))):
        starts = np.flatnonzero(left >= distance)
        yield order[starts], order[starts + distance]
