"""Answers in clusters as sums: what rows say about the parts of variables within and between clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from sexresearch.errors import DataError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.cluster_totals import ClusterTotals, places_of_pairs
from sexresearch.sem.data.observed import Answers
from sexresearch.sem.data.rows_used import group_prefix
from sexresearch.sem.implied.cluster_rows import ClusterRows
from sexresearch.sem.implied.level_patterns import ClusterPatterns, cluster_patterns, row_patterns
from sexresearch.sem.implied.structure import vech_index
from sexresearch.sem.implied.two_level_likelihood import ClusterData, ClusterSums, LevelMoments


class GroupColumns(Protocol):
    """What the columns of groups and clusters are called."""

    @property
    def group(self) -> str | None:
        """Of the groups."""

    @property
    def cluster(self) -> str | None:
        """Of the clusters."""


ALIKE = 1e-9  # of a variable's range: rows of a cluster that differ by less have one value of a level-2 variable
FLOOR = 0.05  # of the total variance, between clusters, that starting moments have at least


def cluster_places(answers: Answers) -> tuple[Array, Array, Array]:
    """Order of the rows by cluster, where each cluster begins in it, and its size (J,)."""
    order, starts, size = answers.by_cluster
    return np.arange(len(answers.values)) if order is None else order, starts, size


def cluster_sums_of(answers: Answers, within: Array, between: Array, origin: Array) -> ClusterSums:
    """What complete rows add up to; `within` and `between` are the places of each level's variables.

    A row's weight is that of its cluster times its own, which sums to the cluster's rows (`level_weighed`).
    """
    order, starts, size = answers.by_cluster
    sizes, kind = np.unique(size, return_inverse=True)
    weights, above, n = None, np.ones(len(size)), float(len(answers.values))
    if answers.weights is not None:
        whole = answers.weights if order is None else answers.weights[order]
        above = np.add.reduceat(whole, starts) / size
        weights, n = whole / np.repeat(above, size), float(whole.sum())
    rows, counts = ClusterRows(answers.values, order, starts, size, origin, weights), np.bincount(kind, above)
    means, pooled = rows.sums(within, above)
    middle, covs = _by_size(means, kind, above, counts)
    inner = n - float(counts.sum())
    return ClusterSums(
        within, between, n, pooled / (inner if inner > 0 else 1.0), sizes.astype(float),
        counts, middle, covs, means, kind, rows, above,
    )  # fmt: skip


def cluster_sums_of_totals(totals: ClusterTotals, within: Array, between: Array, origin: Array) -> ClusterSums:
    """The same from sums of every cluster."""
    p, size, (i, j) = len(totals.names), totals.rows, vech_index(len(within))
    sizes, kind = np.unique(size, return_inverse=True)
    above, n = totals.sums[:, 0] / size, float(totals.sums[:, 0].sum())
    counts, sums = np.bincount(kind, above), totals.sums / above[:, None]
    means = sums[:, 1 : 1 + p] / size[:, None]
    whole = sums[:, places_of_pairs(p)[within[i], within[j]]]
    products = whole - size[:, None] * means[:, within[i]] * means[:, within[j]]
    means += totals.centre - origin
    pooled = np.empty((len(within), len(within)))
    inner = n - float(counts.sum())
    pooled[i, j] = pooled[j, i] = above @ products / (inner if inner > 0 else 1.0)
    middle, covs = _by_size(means, kind, above, counts)
    return ClusterSums(
        within, between, n, pooled, sizes.astype(float),
        counts, middle, covs, means, kind, None, above, products,
    )  # fmt: skip


def _by_size(means: Array, kind: Array, above: Array, counts: Array) -> tuple[Array, Array]:
    """Means (S, p) and covariances (S, p, p) of the means of clusters of each size, by the weights of the clusters."""
    middle = np.zeros((len(counts), means.shape[1]))
    np.add.at(middle, kind, means * above[:, None])
    middle /= counts[:, None]
    left = (means - middle[kind]) * np.sqrt(above)[:, None]
    ends = np.cumsum(np.bincount(kind))[:-1]
    parts = np.split(left[np.argsort(kind, kind="stable")], ends)
    return middle, np.array([part.T @ part / count for part, count in zip(parts, counts, strict=True)])


def clustered(answers: Answers, within: Array, between: Array) -> tuple[ClusterData, ClusterSums]:
    """What the likelihood is made of, and sums to start from: where answers are missing, those of filled rows."""
    if not answers.gaps:
        sums = cluster_sums_of(answers, within, between, answers.means)
        return sums, sums
    data = patterns_of(answers, within, between, answers.means)
    return data, data.like


def patterns_of(answers: Answers, within: Array, between: Array, origin: Array) -> ClusterPatterns:
    """The rows by patterns of what they answer, in the order of their clusters."""
    order, starts, size = cluster_places(answers)
    values, codes = answers.values[order] - origin, np.repeat(np.arange(len(size)), size)
    counts = np.add.reduceat(~np.isnan(values), starts, axis=0)
    means = np.add.reduceat(np.nan_to_num(values), starts, axis=0) / np.maximum(counts, 1)
    filled = np.where(np.isnan(values), means[codes], values)
    whole = np.ones(len(values)) if answers.weights is None else answers.weights[order]
    weights = None if answers.weights is None else whole
    above = np.add.reduceat(whole, starts) / size
    weighted = replace(answers, values=filled, clusters=codes, weights=weights)
    like = cluster_sums_of(weighted, within, between, np.zeros(len(origin)))
    alone = [i for i, k in enumerate(between) if k not in within]
    known = np.where(counts[:, between[alone]] > 0, means[:, between[alone]], np.nan)
    rows, clusters = row_patterns(values[:, within], codes), cluster_patterns(known, alone)
    return ClusterPatterns(
        within, between, float(whole.sum()), len(size), len(origin), rows, clusters, like, whole / above[codes], above
    )


def simple_moments(sums: ClusterSums) -> LevelMoments:
    """Moments to start from: pooled within, and of the cluster means less what the respondents add to these.

    Exact for complete answers in clusters of one size. What has no part between clusters is not told apart.
    """
    share = sums.counts / sums.counted
    mean = share @ sums.means
    left = sums.means - mean
    total = np.einsum("s,sab->ab", share, sums.covs + left[:, :, None] * left[:, None, :])
    w = np.ix_(sums.within, sums.within)
    alone = ~np.isin(sums.within, sums.between)
    pooled = sums.pooled * (1.0 - sums.counted / sums.n)
    rows = sums.counts * sums.sizes / sums.n
    centre = rows @ sums.means
    apart = sums.means - centre
    spread = np.einsum("s,sab->ab", rows, sums.covs + apart[:, :, None] * apart[:, None, :])
    own = np.where(alone[:, None] | alone, pooled + spread[w], sums.pooled)
    of_rows = np.zeros_like(total)
    of_rows[w] = own * float(share @ (1.0 / sums.sizes))
    between = (total - of_rows)[np.ix_(sums.between, sums.between)]
    within_mean = np.where(alone, centre[sums.within], 0.0)
    return LevelMoments(within_mean, own, mean[sums.between], between)


def positive(cov: Array, floor: Array) -> Array:
    """The covariance matrix with variances of at least `floor` (k,) and correlations below 1, for starting values."""
    sd = np.sqrt(np.maximum(cov.diagonal(), floor))
    r = np.clip(cov / np.outer(sd, sd), -0.95, 0.95)
    np.fill_diagonal(r, 1.0)
    values, vectors = np.linalg.eigh(r)
    if values[0] < 0.02:
        r = (vectors * np.maximum(values, 0.02)) @ vectors.T
        d = np.sqrt(r.diagonal())
        r = r / np.outer(d, d)
    return r * np.outer(sd, sd)


def refuse_wrong_levels(answers: Answers, names: Sequence[str], within: Array, between: Array) -> None:
    """DataError naming variables of level 2 that vary within a cluster, and those of level 1 that do not."""
    order, starts, size = answers.by_cluster
    where, alone, values = group_prefix(answers.label), [k for k in between if k not in within], answers.values
    moving = _varying(_in_order(values[:, alone], order), starts) if alone else np.zeros(0)
    _refuse_moving(where, size, [names[k] for k in alone], moving)
    first, second = (values[k if order is None else order[k]][:, within] for k in (starts, starts + (size > 1)))
    guess = np.flatnonzero(~(second != first).any(axis=0))
    still = [k for k in within[guess] if not _varying(_in_order(values[:, [k]], order), starts)[0]]
    _refuse_still(where, [names[k] for k in still])


def _in_order(values: Array, order: Array | None) -> Array:
    """Rows (n, k) in another order, or as they stand."""
    return values if order is None else values[order]


def refuse_wrong_spread(
    where: str, names: Sequence[str], within: Array, between: Array, size: Array, low: Array, high: Array
) -> None:
    """The same by the lowest and highest value (J, p) of each variable in each cluster."""
    varying = (high - low > ALIKE * (high.max(axis=0) - low.min(axis=0))).sum(axis=0)
    alone = [k for k in between if k not in within]
    _refuse_moving(where, size, [names[k] for k in alone], varying[alone])
    _refuse_still(where, [names[k] for k in within if not varying[k]])


def _refuse_moving(where: str, size: Array, alone: Sequence[str], moving: Array) -> None:
    if (size == 1).all():
        raise DataError(f"{where}every cluster holds a single row: there is nothing within clusters")
    movers = [f"{name!r} (in {count} clusters)" for name, count in zip(alone, moving, strict=True) if count]
    if movers:
        raise DataError(
            f"{where}variables of level 2 alone vary within clusters: {', '.join(movers)}; name them at level 1 as "
            "well, or give every row of a cluster its one value"
        )


def _refuse_still(where: str, still: Sequence[str]) -> None:
    if still:
        raise DataError(
            f"{where}variables of level 1 do not vary within any cluster: {', '.join(map(repr, still))}; "
            "name them at level 2 alone"
        )


def _varying(values: Array, starts: Array) -> Array:
    """(k,) in how many clusters each of the variables (rows, k) has several values; rows cluster after cluster."""
    known = ~np.isnan(values)
    high = np.maximum.reduceat(np.where(known, values, -np.inf), starts, axis=0)
    low = np.minimum.reduceat(np.where(known, values, np.inf), starts, axis=0)
    some = np.isfinite(high) & np.isfinite(low)
    limit = ALIKE * (np.nanmax(values, axis=0) - np.nanmin(values, axis=0))
    return (np.where(some, np.where(some, high, 0.0) - np.where(some, low, 0.0), 0.0) > limit).sum(axis=0)


def refuse_crossing(groups: Sequence[Answers], options: GroupColumns) -> None:
    """DataError where a group cuts through clusters, so that respondents of one cluster are in two groups."""
    if len(groups) < 2:
        return
    known: dict[int, object] = {}
    crossed = 0
    for group in groups:
        assert group.clusters is not None
        for code in np.unique(group.clusters).tolist():
            crossed += known.setdefault(code, group.label) != group.label
    if crossed:
        raise DataError(
            f"group column {options.group!r} cuts through {crossed} of {len(known)} clusters of {options.cluster!r}; "
            "groups of a two-level model are made of whole clusters: name it at level 1 as a covariate instead"
        )
