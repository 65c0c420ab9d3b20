"""Lowest and highest answer of the rows that take part, by group: what scales run from and to where none is named."""

from __future__ import annotations

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.batches import whole_ends
from sexresearch.sem.data.observed import extremes


class GroupEnds:
    """Lowest and highest value of every item, by the number of the group; NaN where none answered.

    >>> ends = GroupEnds()
    >>> ends.add(np.array([0, 1, 0]), np.array([[1.0], [5.0], [np.nan]]))
    >>> ends.add(np.array([0]), np.array([[3.0]]))
    >>> [[end.tolist() for end in ends.of(group)] for group in (0, 1)]
    [[[1.0], [3.0]], [[5.0], [5.0]]]
    """

    def __init__(self) -> None:
        self.known: dict[int, Array] = {}

    def add(self, groups: Array, values: Array, own: tuple[Array, Array] | None = None) -> None:
        """Some rows (n, p) of the groups (n,); `own`: their ends (p,), where these are known and there is one group."""
        if not len(groups):
            return
        if groups[0] == groups[-1] and (groups == groups[0]).all():
            self._widen(int(groups[0]), ends_of(values) if own is None else own)
            return
        order = np.argsort(groups.astype(np.uint16) if np.max(groups) < 2**16 else groups, kind="stable")
        groups, values = groups[order], np.take(values, order, axis=0)
        starts = np.flatnonzero(np.diff(groups, prepend=groups[0] - 1))
        for start, rows in zip(starts, np.split(values, starts[1:]), strict=True):
            self._widen(int(groups[start]), ends_of(rows))

    def _widen(self, group: int, ends: tuple[Array, Array]) -> None:
        low, high = self.known.get(group, ends)
        self.known[group] = np.array([np.fmin(low, ends[0]), np.fmax(high, ends[1])], dtype=float)

    def of(self, group: int) -> Array:
        """(2, p) lowest and highest values of the items in that group."""
        return self.known[group]


def ends_of(values: Array) -> tuple[Array, Array]:
    """(p,) lowest and highest value of each column of (n, p)."""
    return extremes(values) if values.dtype.kind == "f" else whole_ends(values)
