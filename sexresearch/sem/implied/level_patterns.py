"""The normal likelihood of incomplete answers in clusters: every answer there is, pattern by pattern.

Given the part u that a cluster shares, its rows are independent with covariance W. With V_i the inverse of the
answered part of W, padded with zeros, a cluster of rows i knows u with precision A = sum V_i, pulled by
r = sum V_i x_i, x the answers less their means. With m and C the mean and covariance of u given the answered variables
z of level 2, and G = C (I + A C)^-1, u given all answers has mean m + G (r - A m) and covariance G (Little & Rubin
2002, chapter 8, doi 10.1002/9781119013563; Liang & Bentler 2004, doi 10.1007/BF02295842). B may be singular, or
improper, as long as the answers have a density.
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
)
from sexresearch.sem.matrices import invert

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


class _State(NamedTuple):
    """At some moments: half deviance, pull q (J, b) on the parts of level 2, their precision (J, b, b) as it adds to
    the curvature, u (J, w) and G (J, w, w), and the inverses V of the patterns."""

    value: float
    pull: Array
    precision: Array
    u: Array
    G: Array
    V: list[Array]
    left: list[Array]


@by_value
@dataclass(frozen=True)
class ClusterPatterns:
    """Incomplete answers in clusters, from the origin; `like` are sums of about as many complete answers.

    n, n_clusters, p : rows, clusters and variables. rows : patterns of level 1; above : of level 2.
    """

    within: Array
    between: Array
    n: int
    n_clusters: int
    p: int
    rows: tuple[RowPattern, ...]
    above: tuple[ClusterPattern, ...]
    like: ClusterSums

    @cached_property
    def index(self) -> LevelIndex:
        """Places of the moments."""
        return LevelIndex(self.within, self.between, self.p)

    @cached_property
    def shared(self) -> tuple[Array, Array]:
        """Variables at both levels: places among those of level 1, and among those of level 2."""
        place = {k: i for i, k in enumerate(self.within.tolist())}
        found = [(place[k], i) for i, k in enumerate(self.between.tolist()) if k in place]
        pairs = np.array(found, dtype=int).reshape(len(found), 2)
        return pairs[:, 0], pairs[:, 1]

    def _state(self, at: LevelMoments) -> _State | None:
        w, J = len(self.within), self.n_clusters
        mean = self.index.mean(at)[self.within]
        A, r, total = np.zeros((J, w, w)), np.zeros((J, w)), 0.0
        V, left = [], []
        for pattern in self.rows:
            found = invert(at.within[np.ix_(pattern.columns, pattern.columns)])
            if found is None:
                return None
            x = pattern.values - mean[pattern.columns]
            counts = np.bincount(pattern.clusters, minlength=J)
            turned = x @ found[0]
            total += len(x) * found[1] + float(np.vdot(turned, x))
            A[:, pattern.columns[:, None], pattern.columns] += counts[:, None, None] * found[0]
            for column, values in zip(pattern.columns, turned.T, strict=True):
                r[:, column] += np.bincount(pattern.clusters, values, J)
            V.append(found[0])
            left.append(x)
        return self._given_above(at, A, r, total, V, left)

    def _given_above(
        self, at: LevelMoments, A: Array, r: Array, total: float, V: list[Array], left: list[Array]
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
            total += float(logdet.sum()) - float(np.vdot(shifted, mean)) - 2.0 * float(np.vdot(m, r[rows]))
            total += float(np.einsum("ja,jab,jb->", m, A[rows], m))
            total += len(rows) * known[1] + float(np.vdot(gap @ known[0], gap))
            u[rows], G[rows] = m + mean, spread
            pull[rows[:, None], twin] = q[:, own]
            pull[rows[:, None], z] = gap @ known[0] - q @ slope
            precision[rows[:, None, None], twin[:, None], twin] = P[:, own[:, None], own]
            crossed = -(P @ slope)[:, own]
            precision[rows[:, None, None], twin[:, None], z] = crossed
            precision[rows[:, None, None], z[:, None], twin] = crossed.swapaxes(1, 2)
            precision[rows[:, None, None], z[:, None], z] = known[0] + slope.T @ P @ slope
        return _State(0.5 * total, pull, precision, u, G, V, left)

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
        of_between = 0.5 * (s.precision.sum(axis=0) - s.pull.T @ s.pull)
        w = len(self.within)
        of_within, of_mean = np.zeros((w, w)), np.zeros(self.p)
        for pattern, V, x in zip(self.rows, s.V, s.left, strict=True):
            columns = pattern.columns
            e = x - s.u[pattern.clusters][:, columns]
            counts = np.bincount(pattern.clusters, minlength=self.n_clusters).astype(float)
            T = e.T @ e + np.einsum("j,jab->ab", counts, s.G[:, columns[:, None], columns])
            of_within[np.ix_(columns, columns)] += 0.5 * (len(x) * V - V @ T @ V)
            of_mean[self.within[columns]] -= V @ e.sum(axis=0)
        alone = ~np.isin(self.between, self.within)
        of_mean[self.between[alone]] = -s.pull.sum(axis=0)[alone]
        return gradient_of(self.index, of_mean, of_within, of_between)

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
        answers = sum(own.values.size for own in self.rows) + sum(own.values.size for own in self.above)
        return -self.derivatives(at).value - 0.5 * answers * LOG_2PI

    def posterior(self, at: LevelMoments) -> tuple[Array, Array]:
        """q (J, b), the derivatives in the means of level 2, and (n, w) the same of every row given its cluster."""
        s, left = self._state(at), np.zeros((self.n, len(self.within)))
        if s is None:
            return np.full((self.n_clusters, len(self.between)), math.nan), np.full(left.shape, math.nan)
        for pattern, V, x in zip(self.rows, s.V, s.left, strict=True):
            left[pattern.rows[:, None], pattern.columns] = (x - s.u[pattern.clusters][:, pattern.columns]) @ V
        return s.pull, left

    def scores(self, at: LevelMoments) -> Array:
        """(clusters, M) derivatives of every cluster's log-likelihood in the moments."""
        s, index = self._state(at), self.index
        if s is None:
            return np.full((self.n_clusters, index.size), math.nan)
        w = len(self.within)
        of_within, of_mean = np.zeros((self.n_clusters, w, w)), np.zeros((self.n_clusters, self.p))
        for pattern, V, x in zip(self.rows, s.V, s.left, strict=True):
            columns, clusters = pattern.columns, pattern.clusters
            turned = (x - s.u[clusters][:, columns]) @ V
            counts = np.bincount(clusters, minlength=self.n_clusters).astype(float)
            spread = V @ s.G[:, columns[:, None], columns] @ V
            own = 0.5 * counts[:, None, None] * (spread - V)
            np.add.at(own, clusters, 0.5 * turned[:, :, None] * turned[:, None, :])
            of_within[:, columns[:, None], columns] += own
            np.add.at(of_mean, (clusters[:, None], self.within[columns]), turned)
        alone = ~np.isin(self.between, self.within)
        of_mean[:, self.between[alone]] = s.pull[:, alone]
        of_between = 0.5 * (s.pull[:, :, None] * s.pull[:, None, :] - s.precision)
        (i, j), (k, h) = vech_index(w), vech_index(len(self.between))
        own, other = of_within[:, i, j] * np.where(i == j, 1.0, 2.0), of_between[:, k, h] * np.where(k == h, 1.0, 2.0)
        return np.concatenate([of_mean[:, self.within], own, of_mean[:, self.between], other], axis=1)


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
    found = []
    for k, kind in enumerate(kinds):
        columns, rows = np.flatnonzero(kind), np.flatnonzero(np.asarray(number).ravel() == k)
        if len(columns):
            found.append(RowPattern(columns, rows, clusters[rows], values[np.ix_(rows, columns)]))
    return tuple(found)


def cluster_patterns(values: Array, places: Sequence[int]) -> tuple[ClusterPattern, ...]:
    """Clusters by the variables of level 2 alone that they answer: values (J, k), whose `places` are given."""
    seen = ~np.isnan(values)
    kinds, number = np.unique(seen, axis=0, return_inverse=True)
    found = []
    for k, kind in enumerate(kinds):
        columns, rows = np.flatnonzero(kind), np.flatnonzero(np.asarray(number).ravel() == k)
        found.append(ClusterPattern(np.asarray(places, dtype=int)[columns], rows, values[np.ix_(rows, columns)]))
    return tuple(found)
