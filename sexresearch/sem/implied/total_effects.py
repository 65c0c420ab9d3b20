"""Total effects G = (I - B)^-1 of paths B: the only file in which I - B is inverted."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.linalg import lapack

from sexresearch.frozen import read_only
from sexresearch.sem.arrays import Array

FEW_CAUSES = 4  # of a variable, which are added one by one
Causes = tuple[tuple[int, Array], ...]


@lru_cache(maxsize=64)
def _identity(size: int) -> Array:
    return read_only(np.eye(size))


def total_effects(B: Array, ends: int = 0) -> Array:
    """(I - B)^-1 of B (..., m, m); of one matrix (m, m) also where the first `ends` variables start no path.

    LinAlgError where the paths form a loop that has no solution.
    """
    if B.ndim > 2 or not B.size:
        return np.linalg.inv(np.eye(B.shape[-1]) - B)
    if not ends:
        one = _identity(len(B))
        G, info = lapack.dgesv(one - B, one)[2:]
        if info:
            raise np.linalg.LinAlgError("the paths form a loop")
        return G
    G = _identity(len(B)).copy()
    G[ends:, ends:] = inner = total_effects(B[ends:, ends:])
    G[:ends, ends:] = B[:ends, ends:] @ inner
    return G


def implied_covariances(G: Array, S: Array) -> Array:
    """C = G S G' (…, m, m): covariances of all variables, from total effects G and residual covariances S.

    >>> G = total_effects(np.array([[0.0, 0.0], [0.5, 0.0]]))
    >>> implied_covariances(G, np.eye(2)).tolist()
    [[1.0, 0.5], [0.5, 1.25]]
    """
    return G @ S @ G.swapaxes(-1, -2)


def implied_variances(G: Array, S: Array) -> Array:
    """(…, m) the diagonal of C = G S G'."""
    return np.einsum("...ij,...ij->...i", G @ S, G)


def direct_effects(G: Array) -> Array:
    """B (m, m) of the total effects G = (I - B)^-1."""
    return np.eye(len(G)) - np.linalg.inv(G)


def causes_in_order(linked: Array) -> Causes | None:
    """Variables that others lead to, with these, causes first, from linked (m, m); None where paths form a loop.

    >>> [(to, of.tolist()) for to, of in causes_in_order(np.array([[0, 1, 0], [0, 0, 1], [0, 0, 0]], dtype=bool))]
    [(1, [2]), (0, [1])]
    """
    causes, waiting = [], list(range(len(linked)))
    while waiting:
        ready = [i for i in waiting if not linked[i, waiting].any()]
        if not ready:
            return None
        causes += [(i, np.flatnonzero(linked[i])) for i in ready if linked[i].any()]
        waiting = [i for i in waiting if i not in ready]
    return tuple(causes)


def recursive_effects(B: Array, causes: Causes) -> Array:
    """(I - B)^-1 of a stack B (b, m, m) whose paths form no loop, one variable after the other."""
    G = np.zeros_like(B)
    np.einsum("bii->bi", G)[...] = 1.0
    for to, of in causes:
        if len(of) < FEW_CAUSES:
            for cause in of:
                G[:, to] += B[:, to, cause, None] * G[:, cause]
        else:
            G[:, to] += (B[:, to, of][:, None] @ G[:, of])[:, 0]
    return G
