"""The specifications of a multiverse: every combination of its choices, or some of them drawn by a seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from sexresearch.chain.robustness.leaving_out import LeftOut
from sexresearch.sem.view import Estimator, MissingData

Estimators: TypeAlias = Sequence[Estimator | str]
WaysWithGaps: TypeAlias = Sequence[MissingData | str]
TRIES = 50  # draws for each specification that is wanted, before there are taken to be no more


@dataclass(frozen=True)
class Specification:
    """One way to analyse the data; `covariates` are columns that are held, `left_out` items that are not used."""

    view: str
    screening: str
    missing: str
    covariates: tuple[str, ...]
    estimator: str
    left_out: LeftOut

    @property
    def data(self) -> tuple[str, str, str, tuple[str, ...]]:
        """What decides the answers and the model text: specifications that share it share a whole model."""
        return self.view, self.screening, self.missing, self.covariates


@dataclass(frozen=True)
class Alternatives:
    """What may be chosen; the first of each is the reference. `items` : per view, per construct, what is left out."""

    views: tuple[str, ...]
    screenings: tuple[str, ...]
    missing: tuple[str, ...]
    covariates: tuple[tuple[str, ...], ...]
    estimators: tuple[str, ...]
    items: tuple[tuple[tuple[LeftOut, ...], ...], ...]

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Combinations within each view."""
        plain = len(self.screenings) * len(self.missing) * len(self.covariates) * len(self.estimators)
        return tuple(plain * math.prod(len(options) for options in own) for own in self.items)

    @property
    def count(self) -> int:
        """All combinations."""
        return sum(self.sizes)

    def at(self, number: int) -> Specification:
        """The specification of that number, from 0, the reference, on."""
        view = 0
        while number >= self.sizes[view]:
            number, view = number - self.sizes[view], view + 1
        left: set[str] = set()
        for options in self.items[view]:
            number, place = divmod(number, len(options))
            left |= options[place]
        number, estimator = divmod(number, len(self.estimators))
        number, covariates = divmod(number, len(self.covariates))
        screening, gaps = divmod(number, len(self.missing))
        named = self.views[view], self.screenings[screening], self.missing[gaps], self.covariates[covariates]
        return Specification(*named, self.estimators[estimator], frozenset(left))


def specifications(
    choices: Alternatives, at_most: int, seed: int, possible: Callable[[Specification], bool]
) -> list[Specification]:
    """All that are possible, or `at_most` of them, the reference first and the others drawn without return."""
    if choices.count <= at_most:
        all_of_them = [choices.at(number) for number in range(choices.count)]
        return [all_of_them[0], *(one for one in all_of_them[1:] if possible(one))]
    random, seen = np.random.default_rng(seed), {0}
    all_of_them = [choices.at(0)]
    for _ in range(TRIES * at_most):
        if len(all_of_them) == at_most:
            break
        number = _random_number(random, choices.count)
        if number not in seen:
            seen.add(number)
            one = choices.at(number)
            if possible(one):
                all_of_them.append(one)
    return all_of_them


def _random_number(random: np.random.Generator, count: int) -> int:
    """A number below `count`, which may have more digits than a machine's integer."""
    if count < 2**62:
        return int(random.integers(count))
    words = [int(part) for part in random.integers(2**32, size=count.bit_length() // 32 + 3)]
    return sum(word << (32 * place) for place, word in enumerate(words)) % count


def by_data(chosen: Sequence[Specification]) -> dict[tuple[str, str, str, tuple[str, ...]], list[int]]:
    """The places of the specifications that share a whole model."""
    out: dict[tuple[str, str, str, tuple[str, ...]], list[int]] = {}
    for place, one in enumerate(chosen):
        out.setdefault(one.data, []).append(place)
    return out
