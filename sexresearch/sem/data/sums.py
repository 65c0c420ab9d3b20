"""What complete answers add up to: all that means, covariances and robust errors need, in sums that can be added.

With u the answers less a centre and t = (1, u, vech uu'), a likelihood's score is linear in t, and so is what a row
adds to the moments: the sum of t t' over rows (or of such sums over clusters) holds every sandwich and every Gamma of
complete data (Browne 1984, doi 10.1111/j.2044-8317.1984.tb00789.x), however many rows stand behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sexresearch.errors import DataError
from sexresearch.frozen import by_value, read_only
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.fourth_order import sums_by_pairs, sums_by_units
from sexresearch.sem.implied.structure import vech_index


@by_value
@dataclass(frozen=True)
class Sums:
    """Sums over rows, or over clusters of them, of complete answers to p items.

    names : the items. centre (p,) : what u is measured from. nobs : rows. units : rows, or clusters.
    plain (T,) : sum of w t, with w the sampling weights (1 without any) and T = 1 + p + p (p + 1) / 2.
    products (T, T) : sum over units of the product of their own sums of w t with itself.

    >>> one, two = (Sums.of(np.eye(3) + k, ("a", "b", "c")) for k in (0, 1))
    >>> (one + two).nobs, np.round((one + two).mean, 3).tolist()
    (6, [0.833, 0.833, 0.833])
    """

    names: tuple[str, ...]
    centre: Array
    nobs: int
    units: int
    plain: Array
    products: Array

    def __post_init__(self) -> None:
        read_only((self.centre, self.plain, self.products))

    @classmethod
    def of(
        cls,
        values: Array,
        names: tuple[str, ...],
        centre: Array | None = None,
        weights: Array | None = None,
        clusters: Array | None = None,
    ) -> Sums:
        """The sums of rows (n, p) without gaps, a stretch at a time; centre: by default their mean."""
        n = len(values)
        centre = values.mean(axis=0) if centre is None else centre
        if clusters is None:
            return cls(names, centre, n, n, *sums_by_pairs(values, centre, weights))
        known, codes = np.unique(clusters, return_inverse=True)
        return cls(names, centre, n, len(known), *sums_by_units(values, centre, weights, codes, len(known)))

    @property
    def n(self) -> float:
        """Rows, or their summed weights."""
        return float(self.plain[0])

    @property
    def mean(self) -> Array:
        """(p,) means."""
        return moments_of(self.plain, self.centre)[0]

    @property
    def cov(self) -> Array:
        """(p, p) covariances with denominator n."""
        return moments_of(self.plain, self.centre)[1]

    def of_forms(self, forms: Array) -> Array:
        """(k, k) sum over units of the products of their own sums of w u'Mu, for k matrices M (k, p, p).

        >>> Sums.of(np.array([[1.0], [-1.0]]), ("a",)).of_forms(np.ones((1, 1, 1))).tolist()
        [[2.0]]
        """
        p, (i, j) = len(self.names), vech_index(len(self.names))
        weights = forms[:, i, j] + np.where(i == j, 0.0, forms[:, j, i])
        return weights @ self.products[1 + p :, 1 + p :] @ weights.T

    def about(self, centre: Array) -> Sums:
        """The same sums measured from another centre."""
        if np.array_equal(self.centre, centre):
            return self
        T = moved(self.centre - centre)
        return Sums(self.names, centre, self.nobs, self.units, T @ self.plain, T @ self.products @ T.T)

    def ordered(self, names: tuple[str, ...]) -> Sums:
        """The same for some of the items, in another order."""
        if names == self.names:
            return self
        absent = [name for name in names if name not in self.names]
        if absent:
            raise DataError(f"the sums hold no {absent}; they hold {list(self.names)[:20]}")
        at = np.array([self.names.index(name) for name in names], dtype=int)
        p, (i, j), (a, b) = len(self.names), vech_index(len(self.names)), vech_index(len(names))
        place = np.empty((p, p), dtype=int)
        place[i, j] = place[j, i] = 1 + p + np.arange(len(i))
        keep = np.concatenate([[0], 1 + at, place[at[a], at[b]]])
        return Sums(names, self.centre[at], self.nobs, self.units, self.plain[keep], self.products[np.ix_(keep, keep)])

    def __add__(self, other: Sums) -> Sums:
        """The sums of both sets of rows; clusters must not reach from one into the other."""
        if not isinstance(other, Sums):
            return NotImplemented
        if set(self.names) != set(other.names):
            odd = sorted(set(self.names) ^ set(other.names))
            raise DataError(f"sums are added for the same items; only in one of them: {odd[:8]}")
        there = other.ordered(self.names).about(self.centre)
        nobs, units = self.nobs + there.nobs, self.units + there.units
        return Sums(self.names, self.centre, nobs, units, self.plain + there.plain, self.products + there.products)


def moments_of(plain: Array, centre: Array) -> tuple[Array, Array]:
    """Means (p,) and covariances (p, p), denominator n, from sums of (1, u, vech uu') with u the values less `centre`.

    >>> moments_of(np.array([2.0, 2.0, 4.0]), np.array([5.0]))
    (array([6.]), array([[1.]]))
    """
    p, n = len(centre), plain[0]
    shift, (i, j) = plain[1 : 1 + p] / n, vech_index(p)
    out = np.empty((p, p))
    out[i, j] = out[j, i] = plain[1 + p :] / n
    return centre + shift, out - np.outer(shift, shift)


def moved(shift: Array) -> Array:
    """(T, T) what takes t of u to t of u + shift (p,)."""
    p, (i, j) = len(shift), vech_index(len(shift))
    out = np.eye(1 + p + len(i))
    out[1 : 1 + p, 0] = shift
    rows = 1 + p + np.arange(len(i))
    out[rows, 0] = shift[i] * shift[j]
    np.add.at(out, (rows, 1 + i), shift[j])
    np.add.at(out, (rows, 1 + j), shift[i])
    return out
