"""Whole clusters drawn with replacement, of which no rows are held: by their sums, or by tables of ordered items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from sexresearch.errors import SexresearchError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.cluster_tables import ClusterTables, DrawnTables
from sexresearch.sem.data.cluster_totals import ClusterTotals
from sexresearch.sem.data.drawn_samples import drawn_ordered, drawn_sample
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.data.weighted_moments import WeighedGroup
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.resampling.counted_draws import counts_of, pooled
from sexresearch.sem.resampling.refit import refit_samples
from sexresearch.sem.resampling.sample_source import OneByOne


@dataclass(frozen=True)
class ClusterResampler:
    """Whole clusters drawn with replacement: `units` says which cluster each of what is held of the samples is of.

    strata as for rows: the draws of one number and seed are those of rows in these clusters.
    """

    seed: int
    units: Array
    strata: tuple[tuple[int, int], ...]
    samples: tuple[Sample, ...]

    def counts(self, numbers: Sequence[int]) -> list[Array]:
        """For each group (replicates, J) how often each of its clusters was drawn."""
        counts = counts_of(self.seed, numbers, self.strata)[:, self.units]
        sizes = [len(sample.by_cluster.keys) for sample in self.samples if sample.by_cluster is not None]
        return np.split(counts, np.cumsum(sizes)[:-1], axis=1)


@dataclass(frozen=True)
class SumsOfClusters(ClusterResampler, OneByOne):
    """Clusters drawn by the sums of their answers and products."""

    def refitted(self, fitted: Fitted, number: int) -> Fitted:
        """The fit to the clusters drawn in one replicate."""
        has_means = bool(fitted.options.meanstructure)
        pairs = zip(fitted.samples, self.counts([number]), strict=True)
        return refit_samples(fitted, tuple(drawn_sample(sample, own[0], has_means) for sample, own in pairs))

    def moments(self, numbers: Sequence[int], orders: Sequence[Array], has_means: bool) -> list[WeighedGroup]:
        """Weighted moments of all the replicates at once."""
        out = []
        for counts, sample, order in zip(self.counts(numbers), self.samples, orders, strict=True):
            totals = sample.by_cluster
            assert isinstance(totals, ClusterTotals)
            place = np.array([*(totals.names.index(name) for name in sample.names), len(totals.names)])
            out.append(totals.moments(counts.astype(float), place[order], has_means))
        return out


@dataclass(frozen=True)
class TablesOfClusters(ClusterResampler):
    """Clusters drawn by their tables of pairs of ordered items: those of many replicates are one product of matrices.

    ready : the tables of all groups in some replicates.
    """

    ready: Mapping[int, tuple[DrawnTables, ...]] = field(default_factory=dict)

    at_once: ClassVar[int] = 32

    def together(self, numbers: Sequence[int]) -> TablesOfClusters:
        """The same source with the tables of these replicates at hand."""
        groups = []
        for counts, sample in zip(self.counts(numbers), self.samples, strict=True):
            assert isinstance(sample.by_cluster, ClusterTables)
            groups.append(sample.by_cluster.samples(counts))
        return replace(self, ready=dict(zip(numbers, zip(*groups, strict=True), strict=True)))

    def refitted(self, fitted: Fitted, number: int) -> Fitted:
        """The fit to the clusters drawn in one replicate."""
        pairs = zip(fitted.samples, self._of(number), strict=True)
        return refit_samples(fitted, tuple(drawn_ordered(sample, own, fitted.categories) for sample, own in pairs))

    def moments(self, numbers: Sequence[int], orders: Sequence[Array], has_means: bool) -> list[WeighedGroup]:
        """Covariances of the responses in every replicate; NaN where answers are too few for them."""
        out = [np.full((len(numbers), len(order), len(order)), np.nan) for order in orders]
        sizes = np.full((len(orders), len(numbers)), np.nan)
        for first in range(0, len(numbers), self.at_once):
            source = self.together(numbers[first : first + self.at_once])
            for place, groups in enumerate(source.ready.values(), first):
                for group, (own, order) in enumerate(zip(groups, orders, strict=True)):
                    sizes[group, place] = own.total
                    out[group][place] = _covariances(own)[np.ix_(order, order)]
        return [WeighedGroup(moment, n) for moment, n in zip(out, sizes, strict=True)]

    def _of(self, number: int) -> tuple[DrawnTables, ...]:
        return self.ready[number] if number in self.ready else self.together([number]).ready[number]


def _covariances(own: DrawnTables) -> Array:
    try:
        return own.layout.cov(own.moments.moments)
    except SexresearchError:
        return np.full((own.layout.p,) * 2, np.nan)


def resampled_clusters(fitted: Fitted, seed: int) -> SumsOfClusters | TablesOfClusters:
    """Draws of whole clusters, of which sums or tables are held."""
    codes = [sample.by_cluster.keys for sample in fitted.samples if sample.by_cluster is not None]
    kind = TablesOfClusters if fitted.categories else SumsOfClusters
    return kind(seed, *pooled(codes, apart=False), fitted.samples)


def holds_clusters(fitted: Fitted) -> bool:
    """Whether sums or tables of every cluster are held in place of rows."""
    return all(sample.by_cluster is not None for sample in fitted.samples)
