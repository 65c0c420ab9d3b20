"""Tables of every cluster of ordered items: what a sample of whole clusters drawn again is made of.

The tables of a sample are those of its clusters, each as often as it was drawn: counts of many samples are one product
of matrices, and thresholds and correlations follow from them as from rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from sexresearch.frozen import by_value, read_only, read_only_property
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.cluster_influence import moved_by_units
from sexresearch.sem.data.counted_pairs import PairCounts
from sexresearch.sem.gamma import Gamma
from sexresearch.sem.ordinal.contingency import Tables
from sexresearch.sem.ordinal.influence import Influence
from sexresearch.sem.ordinal.moment_layout import MomentLayout
from sexresearch.sem.ordinal.statistics import OrdinalMoments, observe_tables, pairs_of


@by_value
@dataclass(frozen=True)
class ChosenItems:
    """The items of a model among those that were counted: their places, and the numbers of their categories in order.

    share : what weights are multiplied by.
    """

    layout: MomentLayout
    places: tuple[int, ...]
    orders: tuple[tuple[int, ...], ...]
    share: float

    @read_only_property
    def pairs(self) -> tuple[Array, Array]:
        """First and second of every pair."""
        return pairs_of(self.layout)

    def of_units(self, counts: PairCounts, keys: Sequence[int], power: int = 1) -> Tables:
        """Tables of some units; `power` is that of the weights that were counted."""
        return self._shared(counts.tables(keys, self.places, self._orders, *self.pairs), power)

    def of_sums(self, counts: PairCounts, total: float, sums: Array, power: int = 1) -> Tables:
        """The same of sums (V,) that were made of the counts."""
        return self._shared(counts.tables_of(total, sums, self.places, self._orders, *self.pairs), power)

    def moved(self, counts: PairCounts, keys: Sequence[int], influence: Influence) -> Array:
        """(units, M) what the rows of each unit move moments by, these still by kind."""
        return self.share * moved_by_units(counts, keys, self.places, self._orders, influence)

    def _shared(self, tables: Tables, power: int) -> Tables:
        by = self.share**power
        return tables if by == 1.0 else replace(tables, single=tables.single * by, pairs=tables.pairs * by)

    @property
    def _orders(self) -> list[list[int]]:
        return [list(order) for order in self.orders]


@by_value
@dataclass(frozen=True)
class ClusterTables:
    """Of one group: the counts of its clusters, of squared weights too where rows are weighted and these are asked for.

    units (J,) : the keys of the clusters among the counts. keys (J,) : their numbers. rows (J,) : how many each has.
    """

    chosen: ChosenItems
    counts: PairCounts
    squared: PairCounts | None
    units: Array
    keys: Array
    rows: Array

    def __post_init__(self) -> None:
        read_only((self.units, self.keys, self.rows))

    def samples(self, often: Array) -> list[DrawnTables]:
        """What is in samples that hold each cluster as `often` (b, J) says."""
        units = self.units.tolist()
        totals, sums = self.counts.weighed(units, often)
        made = [DrawnTables(self, *row) for row in zip(often, totals.tolist(), sums, strict=True)]
        if self.squared is None:
            return made
        squares = zip(*self.squared.weighed(units, often), strict=True)
        return [replace(own, squares=pair) for own, pair in zip(made, squares, strict=True)]


@dataclass(frozen=True)
class DrawnTables:
    """One sample of clusters: how `often` (J,) each is in it, what they weigh, and the sums (V,) of all pairs.

    squares : the same of squared weights, where these are known.
    """

    clusters: ClusterTables
    often: Array
    weight: float
    sums: Array
    squares: tuple[float, Array] | None = None

    @property
    def layout(self) -> MomentLayout:
        """Which moment stands where."""
        return self.clusters.chosen.layout

    @property
    def total(self) -> float:
        """Respondents, or their summed weights."""
        return self.clusters.chosen.share * self.weight

    @cached_property
    def tables(self) -> Tables:
        """Those of all pairs of items."""
        return self.clusters.chosen.of_sums(self.clusters.counts, self.weight, self.sums)

    @property
    def moments(self) -> OrdinalMoments:
        """Thresholds and correlations, and how clusters move them."""
        made, squared = observe_tables(self.tables, self.layout), self.clusters.squared
        influence = ClusterInfluence.of(made.influence, self)
        if squared is None or self.squares is None:
            return replace(made, influence=influence)
        squares = self.clusters.chosen.of_sums(squared, *self.squares, power=2)
        return replace(made, influence=influence, frequencies=squares)


@dataclass(frozen=True, kw_only=True)
class ClusterInfluence(Influence):
    """Contributions of the clusters of a sample, each as often as it is in it; those of its rows are not known."""

    tables: DrawnTables

    @classmethod
    def of(cls, influence: Influence, tables: DrawnTables) -> ClusterInfluence:
        """The same tables of contributions, with clusters in place of rows."""
        own = {name: getattr(influence, name) for name in ("codes", "cut_items", "cuts", "first", "second", "cells")}
        return cls(**own, others=influence.others, order=influence.order, tables=tables)

    @property
    def n(self) -> float:
        return self.tables.total

    @property
    def clustered(self) -> bool:
        return True

    def gamma(self, clustered: bool = True) -> Gamma:
        """n times the covariance of the moments; that of rows is not known."""
        assert clustered
        own, kept = self.tables.clusters, self.tables.often > 0
        moved = own.chosen.moved(own.counts, own.units[kept].tolist(), self)[:, self.order]
        factor = moved * np.sqrt(self.n * self.tables.often[kept])[:, None]
        return Gamma(factor, factored=True) if len(factor) < len(self.order) else Gamma(factor.T @ factor)
