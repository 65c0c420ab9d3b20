"""What clusters move thresholds and polychoric correlations by, from the tables of each cluster.

What a row adds to a threshold depends on its category, and to a correlation on its cell: the sum over a cluster is that
of its frequencies times these, so that rows are not needed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.counted_pairs import PairCounts
from sexresearch.sem.ordinal.influence import Influence


def moved_by_units(
    counts: PairCounts, keys: Sequence[int], items: Sequence[int], orders: Sequence[list[int]], influence: Influence
) -> Array:
    """(units, M) sums of the contributions of the rows of each unit, moments still by kind: thresholds, then pairs.

    `items` are those of the moments among the items counted, `orders` the numbers of their categories.
    """
    constant, per_sum = _weights(counts, np.asarray(items), orders, influence)
    parts = [
        np.outer(totals, constant) + (per_sum @ np.ascontiguousarray(sums.T, dtype=float)).T
        for totals, sums in counts.parts(keys)
    ]
    return np.concatenate(parts)


def _weights(counts: PairCounts, items: Array, orders: Sequence[list[int]], own: Influence) -> tuple[Array, csr_array]:
    """(M,) what a row adds that is in the base category of all items, and (M, V) what every kept product adds to it."""
    base, at = _positions(counts, orders, own.cells.shape[-1] - 1)
    columns = items[:, None] * at.shape[1] + np.arange(at.shape[1])
    places, known = counts.places, at >= 0
    once = places[columns, columns]
    k, a, b = own.cut_items, own.first, own.second
    t, q = np.arange(len(k)), np.arange(len(a))
    cut = own.cuts[t, base[k]]
    corner = own.cells[q, base[a], base[b]]
    of_a = own.cells[q[:, None], at[a], base[b][:, None]] - corner[:, None]
    of_b = own.cells[q[:, None], base[a][:, None], at[b]] - corner[:, None]
    both = own.cells[q[:, None, None], at[a][:, :, None], at[b][:, None, :]]
    both = both - of_a[:, :, None] - of_b[:, None, :] - corner[:, None, None]
    blocks = [
        (t, once[k], own.cuts[t[:, None], at[k]] - cut[:, None], known[k]),
        (len(k) + q, once[a], of_a, known[a]),
        (len(k) + q, once[b], of_b, known[b]),
        (
            len(k) + q,
            places[columns[a][:, :, None], columns[b][:, None, :]],
            both,
            known[a][:, :, None] & known[b][:, None, :],
        ),
    ]
    rows, cols, values = (np.concatenate(part) for part in zip(*(_flat(*block) for block in blocks), strict=True))
    shape = (len(k) + len(a), counts.sums.shape[1])
    return np.concatenate([cut, corner]), csr_array((values, (rows, cols)), shape=shape)


def _flat(moments: Array, columns: Array, values: Array, known: Array) -> tuple[Array, Array, Array]:
    rows = np.broadcast_to(moments.reshape(-1, *(1,) * (columns.ndim - 1)), columns.shape)
    return rows[known], columns[known], values[known]


def _positions(counts: PairCounts, orders: Sequence[list[int]], last: int) -> tuple[Array, Array]:
    """(p,) where each item's base category stands in tables of contributions, (p, D) where others do; -1 for none."""
    stand = np.full((len(orders), 1 + counts.categories), -1)
    stand[:, 0] = last
    for row, order in zip(stand, orders, strict=True):
        for place, number in enumerate(order):
            if number:
                row[number] = place
    return stand[:, counts.base], stand[:, counts.base + 1 :]
