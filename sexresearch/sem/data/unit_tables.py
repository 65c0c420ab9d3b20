"""Pairs of categories counted by cluster for as long as memory allows, and by group beyond that."""

from __future__ import annotations

from dataclasses import dataclass

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.counted_pairs import PairCounts
from sexresearch.sem.data.pair_counter import PairCounter
from sexresearch.sem.data.streamed import GROUP
from sexresearch.sem.data.totals import TooManyUnits

SQUARES = 0.5  # of the memory that tables of clusters may take: what those of squared weights may


@dataclass(frozen=True)
class UnitCounts:
    """What was counted, and whether it is known of every cluster."""

    counts: PairCounts
    by_cluster: bool


class UnitTables:
    """Counts of the answers to so many items, by group or (`by_cluster`) by group and cluster.

    base, part : as of `PairCounter`. strict : TooManyUnits where clusters are too many, in place of counts by group.
    """

    def __init__(
        self, items: int, base: int, by_cluster: bool, weighted: bool, part: float = 1.0, strict: bool = False
    ) -> None:
        self.items, self.base, self.by_cluster, self.strict = items, base, by_cluster, strict
        self.before: PairCounts | None = None
        self.counter = PairCounter(items, base, by_cluster and not weighted, part)

    def add(self, groups: Array, clusters: Array | None, codes: Array, weights: Array | None) -> None:
        """Rows of groups and clusters (n,), codes (n, p), weights (n,)."""
        if self.by_cluster and clusters is not None:
            try:
                self.counter.add(groups * GROUP + clusters, codes, weights)
            except TooManyUnits:
                if self.strict:
                    raise
                self.before, self.by_cluster = self.counter.counts.merged(GROUP), False
                self.counter = PairCounter(self.items, self.base)
            else:
                return
        self.counter.add(groups * GROUP, codes, weights)

    @property
    def counts(self) -> UnitCounts:
        """What was counted; nothing can be added any more."""
        own = self.counter.counts
        return UnitCounts(own.narrow if self.before is None else self.before + own, self.by_cluster)


def gigabytes(units: int, items: int, categories: int, complete: bool, weighted: bool, squares: bool) -> float:
    """What tables of so many clusters take, with those of squared weights where these are needed.

    >>> round(gigabytes(2000, 40, 7, complete=True, weighted=False, squares=False), 2)
    0.23
    """
    widths = [
        items * (categories - (complete and not weighted)),
        items * (categories - complete) * (weighted and squares),
    ]
    return (8 if weighted else 4) * units * sum(width * (width + 1) // 2 for width in widths) / 1e9
