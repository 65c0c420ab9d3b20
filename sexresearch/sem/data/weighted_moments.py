"""Moments of the same rows under many sets of weights: one product of weights and pair products."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from sexresearch.sem.arrays import Array

ROWS_AT_ONCE = 4096  # bounds the memory of the pair products
KEPT = 2**22  # numbers up to which they are kept between chunks: 32 MB


class GapPatterns(NamedTuple):
    """The patterns that lack g of P variables, under b sets of weights, as shares of all weight.

    gaps : (B, g) which variables each pattern lacks. n (b, B) and sums (b, B, P, P) of z z' of its rows, z padded with
    zeros where there is no answer.
    """

    gaps: Array
    n: Array
    sums: Array


class WeighedGroup(NamedTuple):
    """One group under b sets of weights: moment matrices (b, P, P), summed weights (b,), and patterns with gaps."""

    moment: Array
    n: Array
    gapped: tuple[GapPatterns, ...] = ()

    @property
    def gaps(self) -> list[Array]:
        """Which variables each pattern lacks, by their number."""
        return [part.gaps for part in self.gapped]

    def of(self, sets: Array) -> WeighedGroup:
        """Some of the sets of weights, by number."""
        kept = tuple(GapPatterns(part.gaps, part.n[sets], part.sums[sets]) for part in self.gapped)
        return WeighedGroup(self.moment[sets], self.n[sets], kept)


@dataclass(frozen=True)
class Products:
    """Products of all pairs of columns of (values - centre, 1), which weighted moments are sums of."""

    values: Array

    @cached_property
    def centre(self) -> Array:
        """(p,) unweighted means, taken off so that no digits are lost."""
        return np.mean(self.values, axis=0)

    @property
    def pairs(self) -> tuple[Array, Array]:
        """The two columns of each pair; the constant is the last column, its square the last pair."""
        return np.triu_indices(self.values.shape[1] + 1)

    def parts(self) -> Sequence[Array] | Iterator[Array]:
        """(rows, pairs) a stretch of rows at a time; kept where they are few."""
        return self._kept if len(self.values) * len(self.pairs[0]) <= KEPT else self._made()

    @cached_property
    def _kept(self) -> list[Array]:
        return list(self._made())

    def _made(self) -> Iterator[Array]:
        i, j = self.pairs
        for first in range(0, len(self.values), ROWS_AT_ONCE):
            centred = self.values[first : first + ROWS_AT_ONCE] - self.centre
            z = np.column_stack([centred, np.ones(len(centred))])
            yield z[:, i] * z[:, j]


def weigh(weights: Array, products: Products, order: Array, has_means: bool) -> WeighedGroup:
    """Moment matrices (b, P, P) under `weights` (b, n), and summed weights (b,).

    With means: the mean of z z', z the variables in `order` (p is the constant 1); else covariances of them.
    """
    i, j = products.pairs
    packed, first = np.zeros((len(weights), len(i))), 0
    for part in products.parts():
        packed += weights[:, first : first + len(part)] @ part
        first += len(part)
    place = np.empty((j[-1] + 1,) * 2, dtype=int)
    place[i, j] = place[j, i] = np.arange(len(i))
    return moments_about(packed, place, products.centre, order, has_means)


def moments_about(packed: Array, place: Array, centre: Array, order: Array, has_means: bool) -> WeighedGroup:
    """What `weigh` gives, from sums `packed` (b, T) of weighted products; `place` (P, P) says where each stands."""
    total = packed[:, place[-1, -1]].copy()
    packed /= total[:, None]
    mean = packed[:, place[order, -1]]
    moment = packed[:, place[np.ix_(order, order)]]
    moment -= mean[:, :, None] * mean[:, None, :]
    if has_means:
        mean += np.append(centre, 0.0)[order]
        moment += mean[:, :, None] * mean[:, None, :]
    return WeighedGroup(moment, total)
