"""Sums of each cluster of complete rows: what a sample is made of, and every sample of whole clusters drawn from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sexresearch.frozen import by_value
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.sums import Sums, moments_of
from sexresearch.sem.data.weighted_moments import WeighedGroup, moments_about
from sexresearch.sem.implied.structure import vech_index

ROUNDING = 1e-13  # of a squared distance from the centre: what is left of the variance of a constant


@by_value
@dataclass(frozen=True)
class ClusterTotals:
    """By cluster: its number (J,), its rows (J,), and sums (J, T) of w (1, u, vech uu'), u less `centre` (p,)."""

    names: tuple[str, ...]
    centre: Array
    keys: Array
    rows: Array
    sums: Array

    def resampled(self, counts: Array | None = None) -> Sums:
        """The sums of all clusters, each as often as `counts` (J,) says: once by default."""
        if counts is None:
            nobs, units = int(self.rows.sum()), len(self.keys)
            return Sums(self.names, self.centre, nobs, units, self.sums.sum(axis=0), self.sums.T @ self.sums)
        kept = counts > 0
        sums, often = self.sums[kept], counts[kept]
        nobs, units = int(self.rows[kept] @ often), int(often.sum())
        return Sums(self.names, self.centre, nobs, units, often @ sums, (sums * often[:, None]).T @ sums)

    def ordered(self, names: Sequence[str]) -> ClusterTotals:
        """The same for some of the variables, in another order."""
        at = np.array([self.names.index(name) for name in names], dtype=int)
        place = places_of_pairs(len(self.names))[np.ix_(at, at)][vech_index(len(names))]
        kept = np.concatenate([[0], 1 + at, place])
        return ClusterTotals(tuple(names), self.centre[at], self.keys, self.rows, self.sums[:, kept])

    def moments(self, counts: Array, order: Array, has_means: bool) -> WeighedGroup:
        """Moment matrices under `counts` (b, J), as `weigh` makes them of rows."""
        p = len(self.names)
        i, j = vech_index(p + 1)
        place = np.empty((p + 1,) * 2, dtype=int)
        place[i, j] = place[j, i] = np.arange(len(i))
        own = np.append(np.arange(1, p + 1), 0)  # the constant stands first here
        return moments_about(counts @ self.sums, place[np.ix_(own, own)], self.centre, order, has_means)


def places_of_pairs(p: int) -> Array:
    """(p, p) where the product of each pair of variables stands among sums (1, u, vech uu').

    >>> places_of_pairs(2).tolist()
    [[3, 4], [4, 5]]
    """
    i, j = vech_index(p)
    place = np.empty((p, p), dtype=int)
    place[i, j] = place[j, i] = 1 + p + np.arange(len(i))
    return place


def moments_of_sums(plain: Array, centre: Array) -> tuple[Array, Array]:
    """Means (p,) and covariances (p, p) of sums (T,); variables that do not vary beyond rounding have none.

    >>> moments_of_sums(np.array([2.0, 2.0, 2.0]), np.array([5.0]))
    (array([6.]), array([[0.]]))
    """
    mean, cov = moments_of(plain, centre)
    flat = cov.diagonal() <= ROUNDING * (mean - centre) ** 2
    cov[flat], cov[:, flat] = 0.0, 0.0
    return mean, cov
