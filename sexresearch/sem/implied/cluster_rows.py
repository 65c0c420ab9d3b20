"""Complete answers of respondents in clusters, read some clusters at a time and never copied as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sexresearch.frozen import by_value
from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.structure import vech_index

BLOCK = 4096  # rows read at once: few enough to stay in the processor's cache from their sums to their products


@by_value
@dataclass(frozen=True)
class ClusterRows:
    """Answers (n, p) as they came, and what puts them cluster after cluster.

    order (n,) : the rows in that order; None where they stand in it. starts, size (J,) : where each cluster begins and
    how many rows it has. origin (p,) : where answers are measured from. weights (n,) : of rows within their clusters,
    in that order.
    """

    values: Array
    order: Array | None
    starts: Array
    size: Array
    origin: Array
    weights: Array | None

    def blocks(self) -> Iterator[tuple[slice, slice, Array]]:
        """Clusters, where their rows are, and these from the origin; a cluster is never parted."""
        ends, first = self.starts + self.size, 0
        while first < len(ends):
            begin = int(self.starts[first])
            last = max(first + 1, int(np.searchsorted(ends, begin + BLOCK, side="right")))
            rows = slice(begin, int(ends[last - 1]))
            yield slice(first, last), rows, self.values[rows if self.order is None else self.order[rows]] - self.origin
            first = last

    def sums(self, within: Array, above: Array) -> tuple[Array, Array]:
        """(J, p) means of the clusters, and (w, w) sums of products within them; `above` (J,) : their weights."""
        means, pooled = np.empty((len(self.size), len(self.origin))), np.zeros((len(within), len(within)))
        for clusters, rows, values in self.blocks():
            own, size, starts = columns_of(values, within), self.size[clusters], self.starts[clusters] - rows.start
            if self.weights is None:
                means[clusters] = _cluster_means(values, starts, size)
                mine = means[clusters][:, within]
                pooled += own.T @ own - (mine * size[:, None]).T @ mine
            else:
                weights = self.weights[rows]
                means[clusters] = np.add.reduceat(values * weights[:, None], starts, axis=0) / size[:, None]
                apart = own - np.repeat(means[clusters][:, within], size, axis=0)
                pooled += apart.T @ (apart * (weights * np.repeat(above[clusters], size))[:, None])
        return means, pooled

    def products(self, within: Array, means: Array, turn: Array) -> Array:
        """(J, vech) sums of products of what is left of rows after the means (J, w), times `turn` (w, w)."""
        i, j = vech_index(len(within))
        out = np.empty((len(self.size), len(i)))
        for clusters, rows, values in self.blocks():
            apart = columns_of(values, within) - np.repeat(means[clusters], self.size[clusters], axis=0)
            if self.weights is not None:
                apart *= np.sqrt(self.weights[rows])[:, None]
            turned = apart @ turn
            starts = self.starts[clusters] - rows.start
            out[clusters] = np.add.reduceat(turned[:, i] * turned[:, j], starts, axis=0)
        return out


def columns_of(values: Array, places: Array) -> Array:
    """Some columns of (n, p); not copied where they are all of them."""
    return values if np.array_equal(places, np.arange(values.shape[1])) else values[:, places]


def _cluster_means(values: Array, starts: Array, size: Array) -> Array:
    """(J, p) means of rows that stand cluster after cluster."""
    if (size == size[0]).all():
        return np.ones(size[0]) @ values.reshape(len(size), size[0], values.shape[1]) / size[0]
    return np.add.reduceat(values, starts, axis=0) / size[:, None]
