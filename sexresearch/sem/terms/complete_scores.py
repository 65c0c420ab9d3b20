"""What the scores of complete answers add up to, some rows at a time, so that no row's scores are kept.

The score of a slot is a product of two of the few columns z'V Z, less a constant (`casewise_scores`). Where parameters
are fewer than moments, such products take less time than all fourth-order moments do (`data.fourth_order`).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.linalg import blas, solve_triangular

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.implied.structure import Implied

ROWS = 4000  # at once, so that they stay in the cache; a power of two would have them fight for one place in it
FAST = 10**6  # multiplications up to which OpenBLAS has a faster way for one product of matrices
FEWEST = 400  # rows of such a product

Strip = tuple[slice, slice, slice]  # neighbouring slots, and the neighbouring columns that are multiplied for them


def summed_score_products(state: Implied, sample: Sample) -> Array:
    """(k, k) sum of score score' over the rows, all of them complete; NaN where Omega is not positive definite."""
    structure, k = state.structure, len(state.structure.free)
    if state.inverse is None:
        return np.full((k, k), np.nan)
    solved = state.inverse[0] @ state.used
    u, v = np.divmod(structure.pairs[1].diagonal(), len(structure.columns))
    order = np.lexsort((u, v))
    strips = list(_strips(u[order].tolist(), v[order].tolist()))
    step = int(np.clip(FAST // (k + 1) ** 2, FEWEST, ROWS))
    sums = np.zeros((k + 1, k + 1), order="F")  # of the products, and of the constant as if it were one more
    for z, weights in _stretches(sample, structure.has_means):
        y = solved.T[:, : len(z)] @ z
        if structure.has_means:
            y += solved[-1, :, None]
        for first in range(0, y.shape[1], step):
            part = y[:, first : first + step]
            products = np.ones((k + 1, part.shape[1]))
            for slots, one, other in strips:
                np.multiply(part[one], part[other], out=products[slots])
            if weights is not None:
                products *= weights[first : first + step]
            sums = blas.dgemm(1.0, products.T, products.T, 1.0, sums, trans_a=True, overwrite_c=True)
    centred = np.eye(k, k + 1)
    centred[:, k] = -np.einsum("ak,ak->k", state.used[:, u[order]], solved[:, v[order]])
    centred *= structure.weight[order, None]
    back = np.argsort(order)
    return np.asarray(centred @ sums @ centred.T)[back[:, None], back]


def _stretches(sample: Sample, has_means: bool) -> Iterator[tuple[Array, Array | None]]:
    """Some rows after the other: what they answered (p, rows), from the origin where means are modelled; weights."""
    centre = sample.mean if not has_means else np.zeros(len(sample.mean)) if sample.origin is None else sample.origin
    for part in sample.parts():
        assert part.answers is not None
        values, weights = part.answers.values, part.answers.weights
        for first in range(0, len(values), ROWS):
            rows = slice(first, first + ROWS)
            yield values[rows].T - centre[:, None], None if weights is None else weights[rows]


def _strips(u: list[int], v: list[int]) -> Iterator[Strip]:
    """Slots whose first columns stand side by side, as do their second columns, unless these are one column.

    >>> [(slots.stop, one.start, other.stop) for slots, one, other in _strips([0, 1, 2, 5], [4, 4, 4, 5])]
    [(3, 0, 5), (4, 5, 6)]
    """
    first = 0
    while first < len(u):
        end, move = first + 1, v[first + 1] - v[first] if first + 1 < len(u) else 0
        while end < len(u) and u[end] == u[end - 1] + 1 and v[end] - v[end - 1] == move and move in (0, 1):
            end += 1
        yield (
            slice(first, end),
            slice(u[first], u[first] + end - first),
            slice(v[first], v[first] + (end - first if move == 1 else 1)),
        )
        first = end


def summed_score_lengths(sample: Sample, has_means: bool, fixed: int) -> float:
    """Sum over rows of w^2 s'I^-1 s, s the score of the saturated model at the sample moments and I its information.

    With d the squared Mahalanobis distance (denominator n) it is (d^2 - 2 d + p) / 2, and d more where means are
    modelled, so that the mean is Mardia's kurtosis (1970, doi 10.1093/biomet/57.3.519). The last `fixed` variables are
    taken as given: d and p are then of the others around what these predict, and those scores that are slopes add d
    times the distance of the fixed ones.
    """
    p = len(sample.names)
    order = np.roll(np.arange(p), fixed)  # the fixed ones first
    root = np.linalg.cholesky(sample.cov[order[:, None], order])
    whiten, total = solve_triangular(root, np.eye(p), lower=True)[:, np.argsort(order)], 0.0
    for z, weights in _stretches(sample, False):
        squares = np.square(whiten @ z)
        given, own = squares[:fixed].sum(axis=0) + has_means, squares[fixed:].sum(axis=0)
        lengths = (given - 1.0 + 0.5 * own) * own + 0.5 * (p - fixed)
        total += float(lengths.sum() if weights is None else lengths @ np.square(weights))
    return total
