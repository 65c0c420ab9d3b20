"""The normal likelihood of incomplete answers in clusters: every answer there is, pattern by pattern.

Given the part u that a cluster shares, its rows are independent with covariance W. With V_i the inverse of the
answered part of W, padded with zeros, a cluster of rows i knows u with precision A = sum V_i, pulled by
r = sum V_i x_i, x the answers less their means. With m and C the mean and covariance of u given the answered variables
z of level 2, and G = C (I + A C)^-1, u given all answers has mean m + G (r - A m) and covariance G (Little & Rubin
2002, chapter 8, doi 10.1002/9781119013563; Liang & Bentler 2004, doi 10.1007/BF02295842). B may be singular, or
improper, as long as the answers have a density.

With weights (Asparouhov 2006, doi 10.1080/03610920500476598) a row's likelihood given u has the power of its weight
within the cluster, so that A and r are weighted sums; a cluster's likelihood has the power of its own weight.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from sexresearch.frozen import by_value
from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.structure import vech_index
from sexresearch.sem.implied.two_level_likelihood import (
    LOG_2PI,
    ClusterSums,
    LevelDerivatives,
    LevelIndex,
    LevelMoments,
    gradient_of,
    inverses,
)
from sexresearch.sem.matrices import invert

FEW, CHUNK = 8, 8192  # rows per pattern below which rows are taken one by one, and how many of them at a time
STEP = 1e-5  # of central differences of the gradient, in units of standard deviations


class RowPattern(NamedTuple):
    """Rows that answer the same variables of level 1: which, their clusters (rows,), and answers (rows, answered)."""

    columns: Array
    rows: Array
    clusters: Array
    values: Array


class ClusterPattern(NamedTuple):
    """Clusters with answers to the same variables of level 2 alone: which, clusters, and answers (clusters, answered).

    `columns` are places among the variables of level 2.
    """

    columns: Array
    clusters: Array
    values: Array


class PackedRows(NamedTuple):
    """All answers of level 1 as arrays, pattern after pattern.

    values (N, w) with 0 for gaps, seen (P, w), code (N,) numbers of patterns and starts (P,) of each, clusters (N,) and
    rows (N,) where they come from, weights (N,) within clusters, whole (N,) these times that of the cluster, counts
    (J, P) rows of every cluster with every pattern, by weights, and whole_counts (P,) by whole weights of all clusters.
    """

    values: Array
    seen: Array
    code: Array
    starts: Array
    clusters: Array
    rows: Array
    weights: Array
    whole: Array
    counts: Array
    whole_counts: Array


class _State(NamedTuple):
    """At some moments: half deviance, pull q (J, b) on the parts of level 2, their precision (J, b, b) as it adds to
    the curvature, u (J, w) and G (J, w, w), inverses V (P, w, w) of the patterns padded with 0, and every answer less
    its mean times the inverse of its pattern (N, w)."""

    value: float
    pull: Array
    precision: Array
    u: Array
    G: Array
    V: Array
    turned: Array


@by_value
@dataclass(frozen=True)
class ClusterPatterns:
    """Incomplete answers in clusters, from the origin; `like` are sums of about as many complete answers.

    n, n_clusters, p : rows (or their summed weights), clusters and variables. rows : patterns of level 1; above : of
    level 2. weights (rows,) within clusters, in the order of the clusters, and of_cluster (J,) those of the clusters.
    """

    within: Array
    between: Array
    n: float
    n_clusters: int
    p: int
    rows: tuple[RowPattern, ...]
    above: tuple[ClusterPattern, ...]
    like: ClusterSums
    weights: Array
    of_cluster: Array

    @cached_property
    def index(self) -> LevelIndex:
        """Places of the moments."""
        return LevelIndex(self.within, self.between, self.p)

    @cached_property
    def shared(self) -> tuple[Array, Array]:
        """Variables at both levels: places among those of level 1, and among those of level 2."""
        place = {k: i for i, k in enumerate(self.within.tolist())}
        shared = [(place[k], i) for i, k in enumerate(self.between.tolist()) if k in place]
        pairs = np.array(shared, dtype=int).reshape(len(shared), 2)
        return pairs[:, 0], pairs[:, 1]

    @cached_property
    def packed(self) -> PackedRows:
        """The answers of level 1 as arrays."""
        sizes = [len(own.rows) for own in self.rows]
        seen = np.zeros((len(self.rows), len(self.within)), dtype=bool)
        values = np.zeros((sum(sizes), len(self.within)))
        starts = np.cumsum([0, *sizes])[:-1]
        for number, (own, start) in enumerate(zip(self.rows, starts, strict=True)):
            seen[number, own.columns] = True
            values[start : start + len(own.rows), own.columns] = own.values
        clusters = np.concatenate([own.clusters for own in self.rows])
        code = np.repeat(np.arange(len(sizes)), sizes)
        rows = np.concatenate([own.rows for own in self.rows])
        weights, counts = self.weights[rows], np.zeros((self.n_clusters, len(sizes)))
        np.add.at(counts, (clusters, code), weights)
        whole = weights * self.of_cluster[clusters]
        return PackedRows(values, seen, code, starts, clusters, rows, weights, whole, counts, self.of_cluster @ counts)

    def _state(self, at: LevelMoments) -> _State | None:
        own, w = self.packed, len(self.within)
        seen = own.seen[:, :, None] & own.seen[:, None, :]
        V, logdets = inverses(np.where(seen, at.within, np.eye(w)))
        if not np.isfinite(logdets).all():
            return None
        V *= seen
        x = np.where(own.seen[own.code], own.values - self.index.mean(at)[self.within], 0.0)
        turned = self._times(x, V)
        total = float(own.whole_counts @ logdets) + float(own.whole @ np.einsum("na,na->n", turned, x))
        A = (own.counts @ V.reshape(len(V), w * w)).reshape(self.n_clusters, w, w)
        columns = (turned * own.weights[:, None]).T
        r = np.stack([np.bincount(own.clusters, column, self.n_clusters) for column in columns], axis=1)
        return self._given_above(at, A, r, total, V, turned)

    def _times(self, x: Array, V: Array) -> Array:
        """(N, w) every row of x times the inverse of its pattern."""
        own = self.packed
        if len(V) * FEW > len(x):
            parts = range(0, len(x), CHUNK)
            return np.concatenate([(x[k : k + CHUNK, None] @ V[own.code[k : k + CHUNK]])[:, 0] for k in parts])
        parts_ = np.split(x, own.starts[1:])
        return np.concatenate([part @ v for part, v in zip(parts_, V, strict=True)])

    def _given_above(
        self, at: LevelMoments, A: Array, r: Array, total: float, V: Array, turned: Array
    ) -> _State | None:
        (J, w), b, (own, twin) = r.shape, len(self.between), self.shared
        pull, precision = np.zeros((J, b)), np.zeros((J, b, b))
        u, G = np.zeros((J, w)), np.zeros((J, w, w))
        for pattern in self.above:
            z, rows = pattern.columns, pattern.clusters
            known = invert(at.between[np.ix_(z, z)]) if len(z) else (np.zeros((0, 0)), 0.0)
            if known is None:
                return None
            gap = pattern.values - at.between_mean[z]
            slope = np.zeros((w, len(z)))
            slope[own] = at.between[np.ix_(twin, z)] @ known[0]
            C = np.zeros((w, w))
            C[np.ix_(own, own)] = at.between[np.ix_(twin, twin)]
            C -= slope @ at.between[np.ix_(z, z)] @ slope.T
            m = gap @ slope.T
            shifted = r[rows] - np.einsum("jab,jb->ja", A[rows], m)
            inner = np.eye(w) + A[rows] @ C
            sign, logdet = np.linalg.slogdet(inner)
            if (sign <= 0).any() or not _definite(C, A[rows]):
                return None
            spread = C @ np.linalg.inv(inner)
            mean = np.einsum("jab,jb->ja", spread, shifted)
            q = shifted - np.einsum("jab,jb->ja", A[rows], mean)
            P = A[rows] - A[rows] @ spread @ A[rows]
            each = logdet + known[1] - (shifted * mean).sum(axis=1) - 2.0 * (m * r[rows]).sum(axis=1)
            each += np.einsum("ja,jab,jb->j", m, A[rows], m) + ((gap @ known[0]) * gap).sum(axis=1)
            total += float(self.of_cluster[rows] @ each)
            u[rows], G[rows] = m + mean, spread
            pull[rows[:, None], twin] = q[:, own]
            pull[rows[:, None], z] = gap @ known[0] - q @ slope
            precision[rows[:, None, None], twin[:, None], twin] = P[:, own[:, None], own]
            crossed = -(P @ slope)[:, own]
            precision[rows[:, None, None], twin[:, None], z] = crossed
            precision[rows[:, None, None], z[:, None], twin] = crossed.swapaxes(1, 2)
            precision[rows[:, None, None], z[:, None], z] = known[0] + slope.T @ P @ slope
        return _State(0.5 * total, pull, precision, u, G, V, turned)

    def derivatives(self, at: LevelMoments) -> LevelDerivatives:
        """Half the deviance at these moments, without constants; infinite where they are impossible.

        The expected curvature is that of as many complete answers; the exact one differences the gradient.
        """
        s, size = self._state(at), self.index.size
        if s is None:
            return LevelDerivatives(math.inf, np.full(size, math.nan), lambda: np.eye(size), lambda D: D.T @ D)

        def exact(D: Array) -> Array:
            return self._differenced(at, D)

        return LevelDerivatives(s.value, self._gradient(at, s), self.like.derivatives(at).expected, exact)

    def _gradient(self, at: LevelMoments, s: _State) -> Array:
        above = self.of_cluster
        pulls = s.pull * above[:, None]
        of_between = 0.5 * (np.tensordot(above, s.precision, 1) - pulls.T @ s.pull)
        own, w, of_mean = self.packed, len(self.within), np.zeros(self.p)
        left = self._left(s)
        lefts = left * own.whole[:, None]
        spread = ((own.counts * above[:, None]).T @ s.G.reshape(len(s.G), w * w)).reshape(len(s.V), w, w)
        curved = np.einsum("p,pab->ab", own.whole_counts, s.V) - (s.V @ spread @ s.V).sum(axis=0)
        of_within = 0.5 * (curved - lefts.T @ left)
        of_mean[self.within] = -lefts.sum(axis=0)
        alone = ~np.isin(self.between, self.within)
        of_mean[self.between[alone]] = -pulls.sum(axis=0)[alone]
        return gradient_of(self.index, of_mean, of_within, of_between)

    def _left(self, s: _State) -> Array:
        """(N, w) every answer less its mean and the part of its cluster, times the inverse of its pattern."""
        return s.turned - self._times(s.u[self.packed.clusters], s.V)

    def _differenced(self, at: LevelMoments, D: Array) -> Array:
        """D' H D by central differences of the gradient along the columns of D (M, k)."""
        vector, unit = self.index.stacked(at), self._units(at)
        out = np.zeros((D.shape[1], D.shape[1]))
        for number, column in enumerate(D.T):
            length = np.abs(column / unit).max()
            if length == 0:
                continue
            h = STEP / length
            ends = [self._slope(vector + sign * h * column) for sign in (1, -1)]
            out[:, number] = D.T @ (ends[0] - ends[1]) / (2.0 * h)
        return 0.5 * (out + out.T)

    def _slope(self, vector: Array) -> Array:
        at = self.index.moments(vector)
        s = self._state(at)
        return np.full(len(vector), math.nan) if s is None else self._gradient(at, s)

    def _units(self, at: LevelMoments) -> Array:
        """(M,) what moments are measured by: standard deviations and their products."""
        sd = np.zeros(self.p)
        sd[self.within] += at.within.diagonal()
        sd[self.between] += np.abs(at.between.diagonal())
        sd = np.sqrt(sd)
        (i, j), (k, h) = self.index.within_pairs, self.index.between_pairs
        return np.concatenate([sd[self.within], sd[i] * sd[j], sd[self.between], sd[k] * sd[h]])

    def log_likelihood(self, at: LevelMoments) -> float:
        """Of all answers."""
        answers = float(self.packed.whole_counts @ self.packed.seen.sum(axis=1))
        answers += sum(float(self.of_cluster[own.clusters].sum()) * len(own.columns) for own in self.above)
        return -self.derivatives(at).value - 0.5 * answers * LOG_2PI

    def posterior(self, at: LevelMoments) -> tuple[Array, Array]:
        """q (J, b), the derivatives in the means of level 2, and (rows, w) the same of every row given its cluster.

        Weights tell of the cluster; a row given its cluster has none.
        """
        s, left = self._state(at), np.zeros((len(self.weights), len(self.within)))
        if s is None:
            return np.full((self.n_clusters, len(self.between)), math.nan), np.full(left.shape, math.nan)
        left[self.packed.rows] = self._left(s)
        return s.pull, left

    def scores(self, at: LevelMoments) -> Array:
        """(clusters, M) derivatives of every cluster's log-likelihood in the moments."""
        s, index = self._state(at), self.index
        if s is None:
            return np.full((self.n_clusters, index.size), math.nan)
        packed, w, left = self.packed, len(self.within), self._left(s)
        of_within, of_mean = np.zeros((self.n_clusters, w, w)), np.zeros((self.n_clusters, self.p))
        for number, V in enumerate(s.V):
            rows = np.flatnonzero(packed.counts[:, number])
            of_within[rows] += 0.5 * packed.counts[rows, number, None, None] * (V @ s.G[rows] @ V - V)
        lefts = left * packed.weights[:, None]
        np.add.at(of_within, packed.clusters, 0.5 * lefts[:, :, None] * left[:, None, :])
        np.add.at(of_mean, (packed.clusters[:, None], self.within), lefts)
        alone = ~np.isin(self.between, self.within)
        of_mean[:, self.between[alone]] = s.pull[:, alone]
        of_between = 0.5 * (s.pull[:, :, None] * s.pull[:, None, :] - s.precision)
        (i, j), (k, h) = vech_index(w), vech_index(len(self.between))
        own, other = of_within[:, i, j] * np.where(i == j, 1.0, 2.0), of_between[:, k, h] * np.where(k == h, 1.0, 2.0)
        parts = [of_mean[:, self.within], own, of_mean[:, self.between], other]
        return np.concatenate(parts, axis=1) * self.of_cluster[:, None]


def _definite(C: Array, A: Array) -> bool:
    """Whether I + R' C R is positive definite for every cluster, with R R' = A: the answers then have a density."""
    if np.linalg.eigvalsh(C)[0] >= 0:
        return True
    spread, turn = np.linalg.eigh(A)
    root = turn * np.sqrt(np.maximum(spread, 0.0))[:, None, :]
    return bool((np.linalg.eigvalsh(np.eye(len(C)) + root.swapaxes(1, 2) @ C @ root)[:, 0] > 0).all())


def row_patterns(values: Array, clusters: Array) -> tuple[RowPattern, ...]:
    """Rows (n, w) by what they answer; those without any answer are left out."""
    seen = ~np.isnan(values)
    kinds, number = np.unique(seen, axis=0, return_inverse=True)
    patterns = []
    for k, kind in enumerate(kinds):
        columns, rows = np.flatnonzero(kind), np.flatnonzero(np.asarray(number).ravel() == k)
        if len(columns):
            patterns.append(RowPattern(columns, rows, clusters[rows], values[np.ix_(rows, columns)]))
    return tuple(patterns)


def cluster_patterns(values: Array, places: Sequence[int]) -> tuple[ClusterPattern, ...]:
    """Clusters by the variables of level 2 alone that they answer: values (J, k), whose `places` are given."""
    seen = ~np.isnan(values)
    kinds, number = np.unique(seen, axis=0, return_inverse=True)
    patterns = []
    for k, kind in enumerate(kinds):
        columns, rows = np.flatnonzero(kind), np.flatnonzero(np.asarray(number).ravel() == k)
        patterns.append(ClusterPattern(np.asarray(places, dtype=int)[columns], rows, values[np.ix_(rows, columns)]))
    return tuple(patterns)
