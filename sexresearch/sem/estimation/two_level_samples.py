"""Samples of both levels of every group, with the moments that no model restricts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from sexresearch.errors import DataError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.clusters import (
    FLOOR,
    cluster_sums_of,
    clustered,
    positive,
    refuse_crossing,
    refuse_wrong_levels,
    simple_moments,
)
from sexresearch.sem.data.level_weights import level_weighed
from sexresearch.sem.data.observed import Answers
from sexresearch.sem.data.rows_used import answered_rows, complete_rows, group_prefix, refuse_single_cluster, take
from sexresearch.sem.data.sample import NestedSample, Sample
from sexresearch.sem.data.sample_of_rows import arrange
from sexresearch.sem.estimation.minimize import minimize
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.implied.cluster_rows import columns_of
from sexresearch.sem.implied.two_level_likelihood import ClusterData, ClusterSums, LevelMoments
from sexresearch.sem.language.roles import Roles
from sexresearch.sem.language.table import ParameterTable
from sexresearch.sem.terms.two_level import UnrestrictedLevels


def two_level_samples(
    groups: Sequence[Answers], columns: Sequence[str], table: ParameterTable, options: Options
) -> tuple[tuple[Sample, ...], list[str]]:
    """The sample of every block, and notes; DataError for variables at the wrong level, and groups across clusters."""
    assert options.cluster is not None
    kept, notes = [], []
    pairs = list(zip(table.roles[::2], table.roles[1::2], strict=True))
    for answers, roles in zip(groups, pairs, strict=True):
        names = level_names(*roles)
        own = arrange(answers, [list(columns).index(name) for name in names])
        rows, dropped = complete_rows(own) if options.missing == "listwise" else _answered(own, names, roles, options)
        kept.append(rows)
        notes += dropped
    refuse_single_cluster(kept, options.cluster)
    refuse_crossing(kept, options)
    weighted, more = level_weighed(kept, options.sampling_weights, options.cluster_weights)
    return samples_of_levels(weighted, table, options), notes + more


def samples_of_levels(kept: Sequence[Answers], table: ParameterTable, options: Options) -> tuple[Sample, ...]:
    """The sample of every block, from the rows of each group, variables in the order of `level_names`."""
    samples: list[Sample] = []
    for rows, within, between in zip(kept, table.roles[::2], table.roles[1::2], strict=True):
        samples += level_samples(nested(rows, within, between, options.fixed_x), within, between)
    return tuple(samples)


def _answered(
    answers: Answers, names: tuple[str, ...], roles: tuple[Roles, Roles], options: Options
) -> tuple[Answers, list[str]]:
    """The rows that answer something at level 1 and lack no fixed exogenous variable."""
    given = tuple(dict.fromkeys(x for role in roles for x in role.exogenous)) if options.fixed_x else ()
    rows, notes = answered_rows(answers, names, given)
    silent = np.isnan(rows.values[:, : len(roles[0].observed)]).all(axis=1)
    if silent.any():
        notes.append(
            f"{group_prefix(answers.label)}{int(silent.sum())} rows answer nothing at level 1 and were dropped"
        )
    return take(rows, ~silent), notes


def level_names(within: Roles, between: Roles) -> tuple[str, ...]:
    """All variables of a group, those of level 1 first."""
    return within.observed + tuple(name for name in between.observed if name not in within.observed)


def nested(answers: Answers, within: Roles, between: Roles, fixed_x: bool) -> NestedSample:
    """What the clusters of one group say."""
    names = level_names(within, between)
    w = np.arange(len(within.observed))
    b = np.array([names.index(name) for name in between.observed])
    refuse_wrong_levels(answers, names, w, b)
    data, start = clustered(answers, w, b)
    refuse_few_clusters(data, between, answers.label)
    saturated = saturated_moments(data, simple_moments(start))

    def part(chosen: list[int], of_w: Array, of_b: Array) -> ClusterSums:
        own = replace(answers, values=answers.values[:, chosen])
        return cluster_sums_of(own, of_w, of_b, answers.means[chosen])

    given = given_log_likelihood(part, data, saturated, within, between) if fixed_x else 0.0
    return NestedSample(names, answers, data, saturated, given)


def refuse_few_clusters(sums: ClusterData, between: Roles, label: object) -> None:
    """DataError where level 2 has no more clusters than variables."""
    where, count = group_prefix(label), len(between.observed)
    if sums.n_clusters <= count:
        raise DataError(
            f"{where}{sums.n_clusters} clusters for {count} variables at level 2; their covariances between clusters "
            "need more clusters than variables"
        )


def saturated_moments(data: ClusterData, start: LevelMoments) -> LevelMoments:
    """Moments of both levels of highest likelihood, without restrictions."""
    index = data.index
    free = np.ones(index.size, dtype=bool)
    free[: len(data.within)] = ~np.isin(data.within, data.between)
    base = index.stacked(start)
    objective = UnrestrictedLevels(data, index, base, free, data.n)
    if not np.isfinite(objective.value(base[free])):
        place = {k: i for i, k in enumerate(data.within)}
        own = [start.within[place[k], place[k]] if k in place else 0.0 for k in data.between]
        floor = FLOOR * np.abs(start.between.diagonal() + own)
        base = index.stacked(start._replace(between=positive(start.between, floor)))
    return objective.moments(minimize(objective, base[free]).theta)


def given_log_likelihood(
    part: Callable[[list[int], Array, Array], ClusterSums],
    sums: ClusterData,
    at: LevelMoments,
    within: Roles,
    between: Roles,
) -> float:
    """Log-likelihood of the fixed exogenous variables of both levels at their own moments; `part` sums these up."""
    x, z = len(within.exogenous), len(between.exogenous)
    if not x + z:
        return 0.0
    w, b = np.arange(len(sums.within))[len(sums.within) - x :], np.arange(len(sums.between))[len(sums.between) - z :]
    chosen = list(dict.fromkeys([*sums.within[w], *sums.between[b]]))
    of_w, of_b = (np.array([chosen.index(k) for k in part], dtype=int) for part in (sums.within[w], sums.between[b]))
    moments = LevelMoments(at.within_mean[w], at.within[np.ix_(w, w)], at.between_mean[b], at.between[np.ix_(b, b)])
    return part(chosen, of_w, of_b).log_likelihood(moments)


def level_samples(own: NestedSample, within: Roles, between: Roles) -> tuple[Sample, Sample]:
    """The sample of each level; respondents are counted at level 1."""
    answers = own.answers
    assert answers is not None
    number = len(answers.values)
    weight = float(number) if answers.weights is None else float(np.sum(answers.weights))
    return samples_about(own, within, between, answers.means, (answers.label, number, weight))


def samples_about(
    own: NestedSample, within: Roles, between: Roles, origin: Array, counted: tuple[object, int, float]
) -> tuple[Sample, Sample]:
    """The same with the means of all rows as origin; `counted` : the label of the group, its rows and their weight."""
    data, at, answers, (label, number, weight) = own.data, own.saturated, own.answers, counted
    alone = ~np.isin(data.within, data.between)
    first = np.where(alone, origin[data.within], 0.0)
    parts = ((within.observed, number, first, at.within_mean, at.within, data.within), (
        between.observed, 0, origin[data.between], at.between_mean, at.between, data.between,
    ))  # fmt: skip
    made = []
    for names, count, start, mean, cov, places in parts:
        rows = None if not count or answers is None else replace(answers, values=columns_of(answers.values, places))
        n = weight if count else 0.0
        made.append(Sample(label, names, count, n, mean + start, cov, (), rows, origin=start, nested=own))
    return made[0], made[1]


def clusters_of(samples: Sequence[Sample]) -> Array:
    """(groups,) how many clusters each group has."""
    return np.array([s.nested.data.n_clusters for s in samples[::2] if s.nested is not None])
