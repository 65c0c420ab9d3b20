"""Samples of both levels of a source, from the sums of its clusters: no row is held."""

from __future__ import annotations

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
from sexresearch.sem.data.observed import Answers
from sexresearch.sem.data.rows_used import group_prefix
from sexresearch.sem.data.sample import Nested, Sample
from sexresearch.sem.data.streamed import GROUP, Part, Streamed
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


def two_level_sums(sums: Streamed, table: ParameterTable, options: Options) -> tuple[tuple[Sample, ...], list[str]]:
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
    samples: list[Sample] = []
    for part, (within, between) in zip(parts, pairs, strict=True):
        samples += _Levels(part, within, between).samples(options.fixed_x)
    return tuple(samples), notes


@dataclass(frozen=True)
class _Levels:
    """One group of a source with two levels."""

    part: Part
    within: Roles
    between: Roles

    @property
    def names(self) -> tuple[str, ...]:
        """All variables, those of level 1 first."""
        return level_names(self.within, self.between)

    def samples(self, fixed_x: bool) -> tuple[Sample, Sample]:
        """The sample of each level."""
        units, names = self.part.units().ordered(self.names), self.names
        w = np.arange(len(self.within.observed))
        b = np.array([names.index(name) for name in self.between.observed])
        self._refuse(units, w, b)
        p = len(names)
        origin = units.centre + units.sums[:, 1 : 1 + p].sum(axis=0) / units.rows.sum()
        data = cluster_sums_of_totals(units, w, b, origin)
        refuse_few_clusters(data, self.between, self.part.label)
        saturated = saturated_moments(data, simple_moments(data))

        def part(chosen: list[int], of_w: Array, of_b: Array) -> ClusterSums:
            return cluster_sums_of_totals(units.ordered([names[k] for k in chosen]), of_w, of_b, origin[chosen])

        given = given_log_likelihood(part, data, saturated, self.within, self.between) if fixed_x else 0.0
        n = int(units.rows.sum())
        moves = units.sums[:, 1 : 1 + p] - units.rows[:, None] * (origin - units.centre)
        nested = Nested(names, None, data, saturated, given, self._ends(units.centre), moves.T @ moves / n**2)
        lower, upper = samples_about(nested, self.within, self.between, origin, (self.part.label, n, float(n)))
        return replace(lower, cluster_sizes=units.rows), upper

    def _ends(self, centre: Array) -> Array:
        """(2, p) lowest and highest values."""
        totals, slots = self.part.all.totals, self.part.slots
        order = [self.part.items.index(name) for name in self.names]
        low, high = np.min(totals.low[slots], axis=0), np.max(totals.high[slots], axis=0)
        return np.array([low[order] + centre, high[order] + centre])

    def _refuse(self, units: ClusterTotals, w: Array, b: Array) -> None:
        """DataError where a variable stands at the wrong level."""
        totals, slots = self.part.all.totals, self.part.slots
        order = [self.part.items.index(name) for name in self.names]
        low, high = totals.low[slots][:, order], totals.high[slots][:, order]
        refuse_wrong_spread(group_prefix(self.part.label), self.names, w, b, units.rows, low, high)
