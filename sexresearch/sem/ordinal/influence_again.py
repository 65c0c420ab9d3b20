"""How rows that are not held in memory move thresholds and correlations: read once more, and added up as they come."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.linalg import blas

from sexresearch.sem.arrays import Array
from sexresearch.sem.gamma import Gamma
from sexresearch.sem.ordinal.influence import Influence
from sexresearch.sem.threads import one_thread

ROWS_AT_ONCE = 2**14  # whose contributions, a moment at a time, stay in the cache


@dataclass(frozen=True)
class CodedRows:
    """Some rows: codes (n, p) of categories from 0, weights (n,) or None, numbers of clusters (n,) or None."""

    codes: Array
    weights: Array | None
    clusters: Array | None


class CodesAgain(ABC):
    """Rows of ordered answers that can be read once more; clusters are numbered from 0."""

    clusters: int | None

    @abstractmethod
    def chunks(self) -> Iterator[CodedRows]:
        """The rows that take part, some at a time."""


@dataclass(frozen=True, kw_only=True)
class InfluenceAgain(Influence):
    """Contributions of rows of ordered answers alone, by tables; `total` rows, or their summed weights.

    by_cluster : (clusters, M) their sums by cluster, moments by kind; without them rows are read for these too.
    """

    again: CodesAgain
    total: float
    by_cluster: Array | None = None

    @classmethod
    def of(cls, influence: Influence, again: CodesAgain, total: float) -> InfluenceAgain:
        """The same tables, with rows to be read."""
        own = {name: getattr(influence, name) for name in ("codes", "cut_items", "cuts", "first", "second", "cells")}
        return cls(**own, others=influence.others, order=influence.order, again=again, total=total)

    @property
    def n(self) -> float:
        return self.total

    @property
    def clustered(self) -> bool:
        return self.again.clusters is not None

    @one_thread
    def gamma(self, clustered: bool = True) -> Gamma:
        """n times the covariance of the moments, in one reading; of clusters whose sums are known without any."""
        if clustered and self.again.clusters is not None:
            sums = self._cluster_sums(self.again.clusters) if self.by_cluster is None else self.by_cluster
            factor = sums[:, self.order] * np.sqrt(self.total)
            return Gamma(factor, factored=True) if len(factor) < len(self.order) else Gamma(factor.T @ factor)
        size = len(self.order)
        total = np.zeros((size, size), order="F")
        for rows in self.again.chunks():
            for made in self._by_moment(rows):
                total = blas.dsyrk(1.0, made, beta=1.0, c=total, overwrite_c=1)
        total += np.triu(total, 1).T
        return Gamma(self.total * total[np.ix_(self.order, self.order)])

    def _cluster_sums(self, clusters: int) -> Array:
        sums = np.zeros((clusters, len(self.order)))
        for unsorted in self.again.chunks():
            assert unsorted.clusters is not None
            order = np.argsort(unsorted.clusters, kind="stable")
            weights = None if unsorted.weights is None else unsorted.weights[order]
            units = unsorted.clusters[order]
            rows = CodedRows(unsorted.codes[order], weights, units)
            for made, first in zip(self._by_moment(rows), range(0, len(order), ROWS_AT_ONCE), strict=True):
                own = units[first : first + ROWS_AT_ONCE]
                starts = np.flatnonzero(np.diff(own, prepend=own[0] - 1))
                sums[own[starts]] += np.add.reduceat(made, starts, axis=1).T
        return sums

    def _by_moment(self, rows: CodedRows) -> Iterator[Array]:
        """(M, n) contributions of the rows, some at a time, moments still by kind."""
        width = self.cells.shape[-1]
        for first in range(0, len(rows.codes), ROWS_AT_ONCE):
            codes = np.ascontiguousarray(rows.codes[first : first + ROWS_AT_ONCE].T)
            out = np.empty((len(self.order), codes.shape[1]))
            for place, item in enumerate(self.cut_items):
                np.take(self.cuts[place], codes[item], out=out[place], mode="clip")
            above, start = codes * width, len(self.cut_items)
            for place, (a, b) in enumerate(zip(self.first, self.second, strict=True)):
                np.take(self.cells[place].ravel(), above[a] + codes[b], out=out[start + place], mode="clip")
            if rows.weights is not None:
                out *= rows.weights[first : first + ROWS_AT_ONCE]
            yield out
