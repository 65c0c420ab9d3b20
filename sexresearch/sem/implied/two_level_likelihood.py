"""The normal likelihood of respondents in clusters, whose moments are those within and those between clusters.

A respondent of a cluster is u + e, with u the part that the whole cluster shares, Cov(u) = B and Cov(e) = W. Within its
cluster, n - 1 deviations have covariance W; the cluster's mean has W / n + B, which variables of the cluster alone
enter by B alone. Clusters of one size share everything but their sums, so that cost grows with the number of different
sizes (McDonald & Goldstein 1989, doi 10.1111/j.2044-8317.1989.tb00911.x; Muthen 1990; du Toit & du Toit 2008, doi
10.1007/978-0-387-73186-5_12).
Vectors of moments hold the means at level 1, vech W, the means at level 2 and vech B.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np

from sexresearch.frozen import by_value, read_only_property
from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.cluster_rows import ClusterRows
from sexresearch.sem.implied.structure import vech_index
from sexresearch.sem.matrices import invert

LOG_2PI = math.log(2 * math.pi)


class LevelMoments(NamedTuple):
    """Means and covariances within clusters (w, w x w) and between them (b, b x b), from the origin of the data."""

    within_mean: Array
    within: Array
    between_mean: Array
    between: Array


class LevelDerivatives(NamedTuple):
    """Half the deviance, its gradient (M,) in the moments, on demand their expected curvature (M, M), and D' H D.

    H (M, M) are the exact second derivatives, D (M, k) those of the moments in k parameters.
    """

    value: float
    gradient: Array
    expected: Callable[[], Array]
    exact: Callable[[Array], Array]


class ClusterData(Protocol):
    """What the likelihood of clusters is made from: sums of complete answers, or patterns of incomplete ones."""

    @property
    def within(self) -> Array:
        """(w,) places of the variables of level 1 among all p."""

    @property
    def between(self) -> Array:
        """(b,) places of those of level 2."""

    @property
    def n(self) -> float:
        """How many rows, or their summed weights."""

    @property
    def n_clusters(self) -> int:
        """How many clusters there are."""

    @property
    def index(self) -> LevelIndex:
        """Places of the moments."""

    def derivatives(self, at: LevelMoments) -> LevelDerivatives:
        """Half the deviance at these moments, without constants; infinite where they are impossible."""

    def log_likelihood(self, at: LevelMoments) -> float:
        """Of all clusters."""

    def scores(self, at: LevelMoments) -> Array:
        """(clusters, M) derivatives of every cluster's log-likelihood in the moments."""


@dataclass(frozen=True)
class LevelIndex:
    """Where moments of both levels sit among p variables: pairs of W and of B as places, and slices of the vector."""

    within: Array
    between: Array
    p: int

    @read_only_property
    def within_pairs(self) -> tuple[Array, Array]:
        """Variables of every element of vech W."""
        i, j = vech_index(len(self.within))
        return self.within[i], self.within[j]

    @read_only_property
    def between_pairs(self) -> tuple[Array, Array]:
        """Variables of every element of vech B."""
        i, j = vech_index(len(self.between))
        return self.between[i], self.between[j]

    @cached_property
    def pair_places(self) -> tuple[PairPlaces, PairPlaces, PairPlaces, PairPlaces]:
        """Of W with W, W with B and B with B among all variables; of W with itself among those of level 1."""
        W, B, w = self.within_pairs, self.between_pairs, len(self.within)
        local = vech_index(w)
        parts = ((self.p, W, W), (self.p, W, B), (self.p, B, B), (w, local, local))
        ww, wb, bb, own = (PairPlaces.of(*part) for part in parts)
        return ww, wb, bb, own

    @cached_property
    def slices(self) -> tuple[slice, slice, slice, slice]:
        """Places of the four parts in a vector of moments."""
        w, b = len(self.within), len(self.between)
        ends = np.cumsum([w, w * (w + 1) // 2, b, b * (b + 1) // 2]).tolist()
        return slice(0, ends[0]), slice(ends[0], ends[1]), slice(ends[1], ends[2]), slice(ends[2], ends[3])

    @property
    def size(self) -> int:
        """M, how many moments there are."""
        return self.slices[3].stop

    def stacked(self, at: LevelMoments) -> Array:
        """(M,) the vector of moments."""
        cov = [part[vech_index(len(part))] for part in (at.within, at.between)]
        return np.concatenate([at.within_mean, cov[0], at.between_mean, cov[1]])

    def moments(self, vector: Array) -> LevelMoments:
        """The moments of a vector (M,)."""
        mean_w, vech_w, mean_b, vech_b = (vector[part] for part in self.slices)
        return LevelMoments(mean_w, _symmetric(vech_w, len(mean_w)), mean_b, _symmetric(vech_b, len(mean_b)))

    def mean(self, at: LevelMoments) -> Array:
        """(p,) means of all variables."""
        out = np.zeros(self.p)
        out[self.within] += at.within_mean
        out[self.between] += at.between_mean
        return out

    def padded(self, cov: Array, places: Array) -> Array:
        """(p, p) the covariances of one level among all variables."""
        out = np.zeros((self.p, self.p))
        out[np.ix_(places, places)] = cov
        return out


def _symmetric(vech: Array, size: int) -> Array:
    out = np.zeros((size, size))
    i, j = vech_index(size)
    out[i, j] = out[j, i] = vech
    return out


def gradient_of(index: LevelIndex, mean: Array, of_within: Array, of_between: Array) -> Array:
    """(M,) from derivatives in the means (p,), in W (w, w) and in B (b, b) as symmetric matrices."""
    (i, j), (k, h) = vech_index(len(index.within)), vech_index(len(index.between))
    own = of_within[i, j] * np.where(i == j, 1.0, 2.0)
    other = of_between[k, h] * np.where(k == h, 1.0, 2.0)
    return np.concatenate([mean[index.within], own, mean[index.between], other])


def pair_products(P: Array, Q: Array, weight: Array) -> Array:
    """(p^4,) sum over S of weight P_ab Q_cd, for P and Q (S, p, p)."""
    S, p = P.shape[:2]
    return ((P.reshape(S, p * p) * weight[:, None]).T @ Q.reshape(S, p * p)).ravel()


@dataclass(frozen=True)
class PairPlaces:
    """Where tr(E P E' Q) / 2 over pairs E of rows and E' of columns finds its products P_ab Q_cd, flat in p^4."""

    places: tuple[Array, Array, Array, Array]
    count: Array

    @classmethod
    def of(cls, p: int, rows: tuple[Array, Array], columns: tuple[Array, Array]) -> PairPlaces:
        """For variables of every pair, and of p in all."""
        i, j, k, h = rows[0][:, None], rows[1][:, None], columns[0], columns[1]
        orders = ((j, k, h, i), (j, h, k, i), (i, k, h, j), (i, h, k, j))
        codes = [(((a * p + b) * p + c) * p + d).astype(np.int32) for a, b, c, d in orders]
        count = np.where(i == j, 0.5, 1.0) * np.where(k == h, 0.5, 1.0)
        return cls((codes[0], codes[1], codes[2], codes[3]), 0.5 * count)

    def curvature(self, products: Array, same: bool = False) -> Array:
        """The traces, from `pair_products`; `same` where P and Q are one, so that two orders tell what four do."""
        out = products.take(self.places[0])
        for place in self.places[1 : 2 if same else 4]:
            out += products.take(place)
        out *= 2.0 * self.count if same else self.count
        return out


def crossed_with_means(P: Array, e: Array, weight: Array, pairs: tuple[Array, Array]) -> Array:
    """(p, pairs) sum over S of weight (P_ak e_l + P_al e_k), half of it on the diagonal, for P (S, p, p), e (S, p)."""
    S, p = e.shape
    T = ((P.reshape(S, p * p) * weight[:, None]).T @ e).reshape(p, p, p)
    k, h = pairs
    return (T[:, k, h] + T[:, h, k]) * np.where(k == h, 0.5, 1.0)


@by_value
@dataclass(frozen=True)
class ClusterSums:
    """Sums of complete answers in clusters.

    pooled (w, w) : covariance within clusters, denominator n - clusters. sizes, counts (S,) : different cluster sizes,
    and clusters of each. means (S, p), covs (S, p, p) : of the means of these clusters, from the origin, denominator
    their number. cluster_means (J, p) and kind (J,) : of each cluster, and the number of its size. rows : the answers
    themselves; where they are not held, products (J, vech) are the sums of products of what is left of them at level 1
    after their cluster's means.

    With weights (Asparouhov 2006, doi 10.1080/03610920500476598) a respondent's likelihood given its cluster has the
    power of its weight within the cluster, held by `rows`, which sum to the cluster's size; so the cluster's sums and
    mean are weighted, and all else is as without. A cluster's likelihood has the power of its weight, above (J,):
    n, counts, pooled, means and covs are weighted by it.
    """

    within: Array
    between: Array
    n: float
    pooled: Array
    sizes: Array
    counts: Array
    means: Array
    covs: Array
    cluster_means: Array
    kind: Array
    rows: ClusterRows | None
    above: Array
    products: Array | None = None

    @property
    def n_clusters(self) -> int:
        """How many clusters there are."""
        return len(self.kind)

    @cached_property
    def counted(self) -> float:
        """The same, or their summed weights."""
        return float(self.counts.sum())

    @cached_property
    def index(self) -> LevelIndex:
        """Places of the moments."""
        return LevelIndex(self.within, self.between, self.means.shape[1])

    def _solved(self, at: LevelMoments) -> _InverseBySize | None:
        own, index = invert(at.within) if len(self.within) else (np.zeros((0, 0)), 0.0), self.index
        if own is None:
            return None
        W, B = index.padded(at.within, self.within), index.padded(at.between, self.between)
        V, logdet = inverses(W / self.sizes[:, None, None] + B)
        if not np.isfinite(logdet).all():
            return None
        return _InverseBySize(own[0], own[1], V, logdet, self.means - index.mean(at))

    def derivatives(self, at: LevelMoments) -> LevelDerivatives:
        """Half the deviance at these moments, without constants; infinite where they are impossible."""
        s = self._solved(at)
        if s is None:
            none = np.full(self.index.size, math.nan)
            return LevelDerivatives(math.inf, none, lambda: np.eye(len(none)), lambda D: D.T @ D)
        A = self.covs + s.gap[:, :, None] * s.gap[:, None, :]
        VA = s.V @ A
        inner = self.n - self.counted
        value = inner * (s.logdet + float(np.vdot(s.inverse, self.pooled)))
        value += float(self.counts @ (s.logdets + np.trace(VA, axis1=1, axis2=2)))
        VAV = VA @ s.V
        push = 0.5 * self.counts[:, None, None] * (s.V - VAV)
        pooled = s.inverse @ self.pooled @ s.inverse
        own = 0.5 * inner * (s.inverse - pooled)
        w, b = np.ix_(self.within, self.within), np.ix_(self.between, self.between)
        own = own + (push / self.sizes[:, None, None]).sum(axis=0)[w]
        e = np.einsum("sab,sb->sa", s.V, s.gap)
        gradient = gradient_of(self.index, -self.counts @ e, own, push.sum(axis=0)[b])

        def expected() -> Array:
            return self._curvature(s.V, s.V, s.inverse, s.inverse, None)

        def exact(D: Array) -> Array:
            return D.T @ self._curvature(s.V, 2.0 * VAV - s.V, s.inverse, 2.0 * pooled - s.inverse, e) @ D

        return LevelDerivatives(0.5 * value, gradient, expected, exact)

    def _curvature(self, V: Array, R: Array, inverse: Array, other: Array, e: Array | None) -> Array:
        """(M, M) second derivatives, from V and 2 V A V - V (or V where expected) of every size, and the same of W."""
        index = self.index
        mean_w, cov_w, mean_b, cov_b = index.slices
        out = np.zeros((index.size, index.size))
        shares = [self.counts / self.sizes**2, self.counts / self.sizes, self.counts]
        W, B = index.within_pairs, index.between_pairs
        pooled = pair_products(inverse[None], other[None], np.array([self.n - self.counted]))
        out[cov_w, cov_w], out[cov_w, cov_b], out[cov_b, cov_b] = self._pairs(V, R, shares)
        out[cov_w, cov_w] += index.pair_places[3].curvature(pooled, other is inverse)
        means = np.einsum("s,sab->ab", self.counts, V)
        places = ((mean_w, self.within), (mean_b, self.between))
        for rows, own in places:
            for columns, others in places:
                out[rows, columns] = means[np.ix_(own, others)]
        if e is not None:
            for part, share, pairs in ((cov_w, shares[1], W), (cov_b, shares[2], B)):
                crossed = crossed_with_means(V, e, share, pairs)
                for rows, own in places:
                    out[rows, part] = crossed[own]
                    out[part, rows] = crossed[own].T
        out[cov_b, cov_w] = out[cov_w, cov_b].T
        return out

    def _pairs(self, V: Array, R: Array, shares: Sequence[Array]) -> list[Array]:
        """The parts W with W, W with B and B with B; where clusters have one size, by one gather if it serves all."""
        places, same = self.index.pair_places[:3], R is V
        if len(self.sizes) > 1:
            return [p.curvature(pair_products(V, R, share), same) for p, share in zip(places, shares, strict=True)]
        products = pair_products(V, R, np.ones(1))
        if np.array_equal(self.within, self.between):
            curvature = places[0].curvature(products, same)
            return [curvature * float(share[0]) for share in shares]
        return [p.curvature(products, same) * float(share[0]) for p, share in zip(places, shares, strict=True)]

    def log_likelihood(self, at: LevelMoments) -> float:
        """Of all clusters."""
        w, p = len(self.within), self.index.p
        answers = self.n * w + self.counted * (p - w)
        constant = answers * LOG_2PI + w * float(self.counts @ np.log(self.sizes))
        return -self.derivatives(at).value - 0.5 * constant

    def scores(self, at: LevelMoments) -> Array:
        """(clusters, M) derivatives of every cluster's log-likelihood in the moments."""
        s = self._solved(at)
        index = self.index
        if s is None:
            return np.full((self.n_clusters, index.size), math.nan)
        e = np.einsum("jab,jb->ja", s.V[self.kind], self.cluster_means - index.mean(at))
        push = 0.5 * (e[:, :, None] * e[:, None, :] - s.V[self.kind])
        size = self.sizes[self.kind]
        i, j = vech_index(len(self.within))
        k, h = vech_index(len(self.between))
        sums = self._turned(s.inverse)
        own = 0.5 * (sums - (size - 1)[:, None] * s.inverse[i, j])
        own += push[:, index.within_pairs[0], index.within_pairs[1]] / size[:, None]
        own *= np.where(i == j, 1.0, 2.0)
        other = push[:, index.between_pairs[0], index.between_pairs[1]] * np.where(k == h, 1.0, 2.0)
        return np.concatenate([e[:, self.within], own, e[:, self.between], other], axis=1) * self.above[:, None]

    def _turned(self, inverse: Array) -> Array:
        """(J, vech) sums of products of what is left of rows after their cluster's means, times the inverse of W."""
        if self.rows is not None:
            return self.rows.products(self.within, self.cluster_means[:, self.within], inverse)
        assert self.products is not None
        i, j = vech_index(len(self.within))
        full = np.empty((len(self.products), *inverse.shape))
        full[:, i, j] = full[:, j, i] = self.products
        return (inverse @ full @ inverse)[:, i, j]


class _InverseBySize(NamedTuple):
    """Inverse of W and its log determinant; of every size, V, log determinant and mean less implied mean (S, p)."""

    inverse: Array
    logdet: float
    V: Array
    logdets: Array
    gap: Array


def inverses(stack: Array) -> tuple[Array, Array]:
    """Inverses (S, p, p) and log determinants (S,) of positive definite matrices; NaN where one is not."""
    try:
        root = np.linalg.cholesky(stack)
    except np.linalg.LinAlgError:
        return stack, np.full(len(stack), math.nan)
    half = np.linalg.inv(root)
    return half.swapaxes(1, 2) @ half, 2.0 * np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
