"""Thresholds and polychoric correlations of ordered variables, all pairs at once, from their contingency tables.

Two steps (Olsson 1979, doi 10.1007/BF02296207): thresholds from each variable's own frequencies, then each correlation
by maximum likelihood with the thresholds held.

Tables of all pairs share one shape (pairs, K, K), K the largest number of categories; further categories of shorter
variables have no answers and thresholds beyond any answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from sexresearch.sem.arrays import Array
from sexresearch.sem.ordinal.bivariate_normal import density, density_slope, quadrant

BEYOND = 40.0  # a threshold with no answers above it: the normal distribution has nothing there
LARGEST = 0.999  # size of a correlation that an estimate may reach, as in lavaan
STEP = 1e-7  # last Newton step of every correlation; what is left is of the order of its square
ROUNDS = 100
SMALLEST = 1e-16  # probability of a cell that rounding may have made negative
ADDED = 0.5  # to the empty cell of a 2 x 2 table, margins kept, as in lavaan
AT_ONCE = 400_000  # corners of tables that are worked on together


def thresholds(counts: Array) -> Array:
    """(p, K - 1) thresholds from counts (p, K): normal quantiles of the cumulative shares; `BEYOND` past the last.

    >>> thresholds(np.array([[50.0, 50.0, 0.0]])).round(3).tolist()
    [[0.0, 40.0]]
    """
    total = counts.sum(axis=1, keepdims=True)
    below = np.cumsum(counts, axis=1)[:, :-1]
    return np.where(below >= total, BEYOND, ndtri(np.minimum(below / total, 1.0)))


@dataclass(frozen=True)
class Cells:
    """Cells of many tables at their correlations: probabilities, first and second derivatives in rho, (pairs, K, K)."""

    probability: Array
    slope: Array
    bend: Array


def cells(first: Array, second: Array, rho: Array) -> Cells:
    """Cell probabilities of pairs with thresholds first, second (pairs, K - 1) and correlations rho (pairs,)."""
    h, k, r = first[:, :, None], second[:, None, :], rho[:, None, None]
    at = density(h, k, r)
    inner = quadrant(h, k, rho)
    return Cells(
        np.maximum(_differences(inner, ndtr(first), ndtr(second)), SMALLEST),
        _differences(at),
        _differences(density_slope(h, k, r, at)),
    )


def _differences(inner: Array, right: Array | None = None, bottom: Array | None = None) -> Array:
    """(pairs, K, K) mixed differences of corners (pairs, K - 1, K - 1), zero at the lower edges.

    right, bottom : corners at the upper edges (zero for derivatives); the last corner is then 1.
    """
    full = np.zeros((len(inner), inner.shape[1] + 2, inner.shape[2] + 2))
    full[:, 1:-1, 1:-1] = inner
    if right is not None and bottom is not None:
        full[:, 1:-1, -1], full[:, -1, 1:-1], full[:, -1, -1] = right, bottom, 1.0
    return np.diff(np.diff(full, axis=1), axis=2)


def polychoric(tables: Array, first: Array, second: Array) -> Array:
    """(pairs,) polychoric correlations of tables (pairs, K, K) with thresholds first, second (pairs, K - 1).

    Newton steps on the log-likelihood (scoring where it bends upwards), kept within (-1, 1).

    >>> table = np.array([[[40.0, 10.0], [10.0, 40.0]]])
    >>> polychoric(table, np.zeros((1, 1)), np.zeros((1, 1))).round(4).tolist()
    [0.809]
    """
    size = max(1, AT_ONCE // first.shape[1] ** 2)
    parts = [slice(i, i + size) for i in range(0, len(tables), size)]
    return np.concatenate([_search(tables[s], first[s], second[s]) for s in parts]) if parts else np.zeros(0)


def _search(tables: Array, first: Array, second: Array) -> Array:
    rho = _first_guess(tables, first, second)
    left = np.arange(len(tables))
    for _ in range(ROUNDS):
        here, counts = rho[left], tables[left]
        at = cells(first[left], second[left], here)
        ratio = at.slope / at.probability
        slope = np.einsum("pab,pab->p", counts, ratio)
        bend = np.einsum("pab,pab->p", counts, ratio**2 - at.bend / at.probability)
        expected = counts.sum(axis=(1, 2)) * np.einsum("pab,pab->p", at.slope, ratio)
        step = slope / np.where(bend > 0.1 * expected, bend, expected)
        step = np.clip(step, -0.5 * (1.0 + here), 0.5 * (1.0 - here))
        rho[left] = np.clip(here + step, -LARGEST, LARGEST)
        left = left[np.abs(rho[left] - here) > STEP]
        if not len(left):
            break
    return rho


def _first_guess(tables: Array, first: Array, second: Array) -> Array:
    """(pairs,) correlations of the category numbers over those of each number with its response, sum phi(t) / sd."""
    number = np.arange(tables.shape[1])
    n = tables.sum(axis=(1, 2))
    rows, columns = tables.sum(axis=2), tables.sum(axis=1)
    a, b = rows @ number / n, columns @ number / n
    va, vb = rows @ number**2 / n - a**2, columns @ number**2 / n - b**2
    heights = [np.exp(-0.5 * cuts**2).sum(axis=1) / np.sqrt(2.0 * np.pi) for cuts in (first, second)]
    across = np.einsum("pab,a,b->p", tables, number, number) / n - a * b
    wild = (va * vb) <= 0
    return np.clip(np.where(wild, 0.0, across / np.where(wild, 1.0, heights[0] * heights[1])), -0.9, 0.9)


def without_empty_cell(tables: Array, binary: Array) -> Array:
    """Tables where a 2 x 2 table (`binary` (pairs,)) with one empty cell has `ADDED` put there, its margins kept."""
    corner = tables[:, :2, :2]
    empty = corner == 0
    single = binary & (empty.sum(axis=(1, 2)) == 1)
    diagonal = empty[:, 0, 0] | empty[:, 1, 1]
    sign = np.where(diagonal, 1.0, -1.0)[:, None, None] * np.array([[1.0, -1.0], [-1.0, 1.0]])
    out = tables.copy()
    out[single, :2, :2] += ADDED * sign[single]
    return out
