"""Sums of rows with gaps under many sets of weights: one table of sums for every pattern of answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from sexresearch.frozen import read_only_property
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.weighted_moments import KEPT, ROWS_AT_ONCE, GapPatterns, WeighedGroup


@dataclass(frozen=True)
class PatternProducts:
    """Products of all pairs of columns of (values, 1), 0 where one is missing; rows sorted by what they answer."""

    values: Array

    @cached_property
    def _sorted(self) -> tuple[Array, Array, Array]:
        """The patterns (B, P) answered, most answers first; the rows in their order; where each pattern starts."""
        seen = ~np.isnan(self.values)
        kinds, own = np.unique(seen, axis=0, return_inverse=True)
        rank = np.argsort(-kinds.sum(axis=1), kind="stable")
        number = np.argsort(rank)[np.asarray(own).ravel()]
        kinds = np.column_stack([kinds[rank], np.ones(len(kinds), dtype=bool)])
        starts = np.append(0, np.cumsum(np.bincount(number, minlength=len(kinds))))
        return kinds, np.argsort(number, kind="stable"), starts

    @read_only_property
    def known(self) -> Array:
        """(B, pairs) 1 where a pattern answers both variables of a pair."""
        kinds, (i, j) = self._sorted[0], self.pairs
        return (kinds[:, i] & kinds[:, j]).astype(float)

    @property
    def pairs(self) -> tuple[Array, Array]:
        """The two columns of each pair; the constant is the last column, its square the last pair."""
        return np.triu_indices(self.values.shape[1] + 1)

    def parts(self) -> list[Array] | Iterator[Array]:
        """(rows, pairs) a stretch of sorted rows at a time; kept where they are few."""
        return self._kept if len(self.values) * len(self.pairs[0]) <= KEPT else self._made()

    @cached_property
    def _kept(self) -> list[Array]:
        return list(self._made())

    def _made(self) -> Iterator[Array]:
        (i, j), rows = self.pairs, self._sorted[1]
        for first in range(0, len(rows), ROWS_AT_ONCE):
            own = np.nan_to_num(self.values[rows[first : first + ROWS_AT_ONCE]])
            z = np.column_stack([own, np.ones(len(own))])
            yield z[:, i] * z[:, j]

    def packed(self, weights: Array) -> Array:
        """(b, B, pairs) sums of every pattern under `weights` (b, n)."""
        _, rows, starts = self._sorted
        b, B, first = len(weights), len(starts) - 1, 0
        weights, total = weights[:, rows], np.zeros((b * B, len(self.pairs[0])))
        for part in self.parts():
            size = len(part)
            ends = np.clip(starts[1:] - first, 0, size)
            places = np.append(0, (np.arange(b)[:, None] * size + ends).ravel())
            own = weights[:, first : first + size].ravel()
            total += sparse.csr_array((own, np.tile(np.arange(size), b), places), shape=(b * B, size)) @ part
            first += size
        return total.reshape(b, B, -1)

    def weighed(self, weights: Array, order: Array) -> WeighedGroup:
        """What `weigh` gives, with means, from the answers there are, and the patterns that lack some.

        NaN where two variables have no row in common: there are no moments then.
        """
        kinds, (i, j) = self._sorted[0], self.pairs
        packed = self.packed(weights)
        total = packed[:, :, -1].sum(axis=1)
        place = np.empty((kinds.shape[1],) * 2, dtype=int)
        place[i, j] = place[j, i] = np.arange(len(i))
        packed /= total[:, None, None]
        n = packed[:, :, -1]
        alone = (n @ self.known <= 0).any(axis=1)
        moment = packed.sum(axis=1)[:, place[np.ix_(order, order)]]
        moment[alone] = np.nan
        position, lacks = np.argsort(order), (~kinds).sum(axis=1)
        gapped = []
        for g in np.unique(lacks[lacks > 0]):
            own = np.flatnonzero(lacks == g)
            gaps = position[np.nonzero(~kinds[own])[1].reshape(-1, g)]
            sums = packed[:, own[:, None, None], place[np.ix_(order, order)]]
            gapped.append(GapPatterns(gaps, n[:, own], sums))
        return WeighedGroup(moment, total, tuple(gapped))
