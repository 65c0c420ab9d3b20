"""Lists of option combinations in which every two values stand together at least once (all pairs, a covering array)."""

from __future__ import annotations

import collections
import itertools
import random
from collections.abc import Callable, Mapping, Sequence

Row = dict[str, str]
Pair = frozenset[tuple[str, str]]

CANDIDATES = 40  # rows drawn per row kept: the one that covers most new pairs is taken
ATTEMPTS = 60  # before a pair counts as impossible


def pairs_of(row: Mapping[str, str]) -> set[Pair]:
    """Every two (factor, value) of a row."""
    return {frozenset(pair) for pair in itertools.combinations(row.items(), 2)}


def all_pairs(factors: Mapping[str, Sequence[str]]) -> set[Pair]:
    """Every two values of two factors."""
    return {
        frozenset({(a, x), (b, y)})
        for a, b in itertools.combinations(factors, 2)
        for x, y in itertools.product(factors[a], factors[b])
    }


def _filled(
    start: Row, factors: Mapping[str, Sequence[str]], allowed: Callable[[Row], bool], rng: random.Random
) -> Row | None:
    """A whole row around some given values, by random search with one step back; None where a value finds no place."""
    row = dict(start)
    others = [name for name in factors if name not in row]
    rng.shuffle(others)
    for name in others:
        values = rng.sample(list(factors[name]), len(factors[name]))
        fitting = next((value for value in values if allowed({**row, name: value})), None)
        if fitting is None:
            return None
        row[name] = fitting
    return {name: row[name] for name in factors}


def filled_around(
    pair: Pair, factors: Mapping[str, Sequence[str]], allowed: Callable[[Row], bool], tries: int
) -> list[Row]:
    """Whole rows that hold a pair, as far as some random tries find any."""
    start, rng = dict(sorted(pair)), random.Random(0)
    found = [_filled(start, factors, allowed, rng) for _ in range(tries)] if allowed(start) else []
    return [row for row in found if row is not None]


def covering(
    factors: Mapping[str, Sequence[str]],
    allowed: Callable[[Row], bool],
    seed: int,
    times: int = 1,
    given: Sequence[Row] = (),
) -> tuple[list[Row], set[Pair]]:
    """Rows that, with those `given`, hold every possible pair `times` times, and the pairs no allowed row can hold.

    `allowed` judges a row, whole or in part. Greedy: a pair still missing, completed at random, the best of many.
    """
    rng = random.Random(seed)
    rows: list[Row] = list(given)
    wanted = collections.Counter(dict.fromkeys(all_pairs(factors), times))
    for row in given:
        wanted.subtract(pairs_of(row))
    impossible = set()
    while missing := {pair for pair, count in wanted.items() if count > 0}:
        pair = rng.choice(sorted(missing, key=sorted))
        start = dict(sorted(pair))
        tries = (_filled(start, factors, allowed, rng) for _ in range(ATTEMPTS)) if allowed(start) else ()
        found = list(itertools.islice((row for row in tries if row is not None and row not in rows), CANDIDATES))
        if not found:
            wanted[pair] = 0
            impossible.add(pair)
            continue
        best = max(found, key=lambda row: len(pairs_of(row) & missing))
        rows.append(best)
        for covered in pairs_of(best) & missing:
            wanted[covered] -= 1
    return rows[len(given) :], impossible
