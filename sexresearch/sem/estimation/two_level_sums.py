"""Samples of both levels of a source, from the sums of its clusters: no row is held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.cluster_totals import ClusterTotals
from sexresearch.sem.data.clusters import (
    cluster_sums_of_totals,
    refuse_crossing,
    refuse_wrong_spread,
    simple_moments,
)
from sexresearch.sem.data.level_weights import ClusterWeights, level_scales
from sexresearch.sem.data.observed import Answers
from sexresearch.sem.data.rows_used import group_prefix
from sexresearch.sem.data.sample import NestedSample, Sample
from sexresearch.sem.data.sampling_weights import refuse_wrong
from sexresearch.sem.data.streamed import GROUP, Part, SourceSums
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.estimation.two_level_samples import (
    given_log_likelihood,
    level_names,
    refuse_few_clusters,
    samples_about,
    saturated_moments,
)
from sexresearch.sem.implied.two_level_likelihood import ClusterSums
from sexresearch.sem.language.roles import Roles
from sexresearch.sem.language.table import ParameterTable


def two_level_sums(sums: SourceSums, table: ParameterTable, options: Options) -> tuple[tuple[Sample, ...], list[str]]:
    """The sample of every block, and notes; what is refused of rows is refused of sums."""
    pairs = list(zip(table.roles[::2], table.roles[1::2], strict=True))
    parts = [
        sums.part(number, label, within, True, ())
        for number, label, (within, _) in zip(sums.groups, sums.labels, pairs, strict=True)
    ]
    notes = [*sums.lost(), *(note for part in parts for note in part.notes())]
    sums.refuse_clusters(parts)
    keys = [np.array([key % GROUP for key in part.cluster_sizes]) for part in parts]
    none = np.zeros((0, 0))
    refuse_crossing([Answers(p.label, none, None, k, pd.Index([])) for p, k in zip(parts, keys, strict=True)], options)
    weighed, more = _weighed(sums, parts, options)
    samples: list[Sample] = []
    for part, units, (within, between) in zip(parts, weighed, pairs, strict=True):
        samples += _Levels(part, units, within, between).samples(options.fixed_x)
    return tuple(samples), notes + more


def _weighed(sums: SourceSums, parts: Sequence[Part], options: Options) -> tuple[list[ClusterTotals], list[str]]:
    """The sums of the clusters of every group as `level_weighed` weighs their rows, and notes."""
    name, above, ends, units = options.sampling_weights, options.cluster_weights, sums.weight_ends, []
    if ends is None:
        return [part.units() for part in parts], []
    if name is not None:
        refuse_wrong(sums.counted.wrong, name)
    if above is not None:
        refuse_wrong(ends.wrong, above, "cluster weights")
    scales, notes = level_scales([_cluster_weights(sums, part) for part in parts], name, above)
    for part, scale in zip(parts, scales, strict=True):
        own = part.units()
        order = np.argsort(own.keys)
        rows, weighed = own.rows[order], own.sums[order] * scale[:, None]
        units.append(replace(own, keys=own.keys[order], rows=rows, sums=weighed))
    return units, notes


def _cluster_weights(sums: SourceSums, part: Part) -> ClusterWeights:
    """What is known of the weights of a group's clusters, in the order of their numbers."""
    totals, ends = sums.totals, sums.weight_ends
    slots = part.slots[np.argsort(totals.keys[part.slots])]
    assert ends is not None
    first, low, least, most = ends.of(totals.keys[slots])
    whole, squares = totals.sums[slots, 0], totals.squares[slots]
    top = totals.heaviest[slots], totals.heaviest_row[slots]
    return ClusterWeights(part.label, totals.rows[slots], whole, squares, low, *top, least, most, first)


@dataclass(frozen=True)
class _Levels:
    """One group of a source with two levels."""

    part: Part
    units: ClusterTotals
    within: Roles
    between: Roles

    @property
    def names(self) -> tuple[str, ...]:
        """All variables, those of level 1 first."""
        return level_names(self.within, self.between)

    def samples(self, fixed_x: bool) -> tuple[Sample, Sample]:
        """The sample of each level."""
        units, names = self.units.ordered(self.names), self.names
        w = np.arange(len(self.within.observed))
        b = np.array([names.index(name) for name in self.between.observed])
        self._refuse(w, b)
        p, weights = len(names), units.sums[:, 0]
        n = float(weights.sum())
        origin = units.centre + units.sums[:, 1 : 1 + p].sum(axis=0) / n
        data = cluster_sums_of_totals(units, w, b, origin)
        refuse_few_clusters(data, self.between, self.part.label)
        saturated = saturated_moments(data, simple_moments(data))

        def part(chosen: list[int], of_w: Array, of_b: Array) -> ClusterSums:
            return cluster_sums_of_totals(units.ordered([names[k] for k in chosen]), of_w, of_b, origin[chosen])

        given = given_log_likelihood(part, data, saturated, self.within, self.between) if fixed_x else 0.0
        moves = units.sums[:, 1 : 1 + p] - weights[:, None] * (origin - units.centre)
        nested = NestedSample(names, None, data, saturated, given, self._ends(units.centre), moves.T @ moves / n**2)
        counted = self.part.label, int(units.rows.sum()), n
        lower, upper = samples_about(nested, self.within, self.between, origin, counted)
        return replace(lower, cluster_sizes=units.rows), upper

    def _ends(self, centre: Array) -> Array:
        """(2, p) lowest and highest values."""
        totals, slots = self.part.all.totals, self.part.slots
        order = [self.part.items.index(name) for name in self.names]
        low, high = np.min(totals.low[slots], axis=0), np.max(totals.high[slots], axis=0)
        return np.array([low[order] + centre, high[order] + centre])

    def _refuse(self, w: Array, b: Array) -> None:
        """DataError where a variable stands at the wrong level."""
        totals, slots = self.part.all.totals, self.part.slots
        order = [self.part.items.index(name) for name in self.names]
        low, high = totals.low[slots][:, order], totals.high[slots][:, order]
        refuse_wrong_spread(group_prefix(self.part.label), self.names, w, b, totals.rows[slots], low, high)
