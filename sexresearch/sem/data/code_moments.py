"""Covariances of the category codes of ordered items whose rows are not held: from tables, or by reading once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.batches import equal_rows
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.data.sums import moments_of
from sexresearch.sem.data.totals import Totals
from sexresearch.sem.ordinal.category_covariances import code_covariances
from sexresearch.sem.ordinal.influence_again import InfluenceAgain


@dataclass(frozen=True)
class CodeMoments:
    """Of the ordered items of one sample, each row counting once whatever it weighs."""

    sample: Sample

    def of(self, places: Sequence[int]) -> tuple[Array, float]:
        """Covariances (k, k), denominator n - 1, of the codes of some items, and n: the rows that answer all."""
        at = np.ix_(places, places)
        if self._known is not None:
            return self._known[at], float(self.sample.nobs)
        if self._by_pattern is None:
            return np.full((len(places),) * 2, np.nan), float(self.sample.nobs)
        seen, totals = self._by_pattern
        plain = totals.sums[: totals.count][seen[:, list(places)].all(axis=1)].sum(axis=0)
        n = float(plain[0])
        return moments_of(plain, totals.centre)[1][at] * n / (n - 1.0), n

    @cached_property
    def _known(self) -> Array | None:
        own = self.sample.ordinal
        tables = None if own is None else own.frequencies
        return None if tables is None else code_covariances(tables, self.sample.nobs)

    @cached_property
    def _by_pattern(self) -> tuple[Array, Totals] | None:
        """Patterns of answers (patterns, p), and sums of the codes of the rows of each, by reading once more."""
        own = self.sample.ordinal
        if own is None or own.frequencies is None or not isinstance(own.influence, InfluenceAgain):
            return None
        none, kinds = own.frequencies.single.shape[1], dict[bytes, int]()
        totals = Totals(np.zeros(len(self.sample.names)))
        for rows in own.influence.again.chunks():
            seen = rows.codes < none
            first, number = equal_rows(seen)
            keys = np.array([kinds.setdefault(seen[row].tobytes(), len(kinds)) for row in first], dtype=int)[number]
            totals.add(keys, np.where(seen, rows.codes, np.nan), None, np.arange(len(seen)))
        patterns = np.array([np.frombuffer(kind, dtype=bool) for kind in kinds])
        return patterns[totals.keys], totals
