"""Implied moments and expected information of one group at many parameter vectors at once."""

from __future__ import annotations

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.structure import Structure, total_effects

FEW_CAUSES = 4  # of a variable, which are added one by one
Causes = tuple[tuple[int, Array], ...]


def path_and_residual_stacks(s: Structure, x: Array) -> tuple[Array, Array]:
    """B and S (b, m, m) at slot values x (b, k); moments are about 0, whatever the origin of the structure."""
    directed, symmetric = (np.repeat(part[None], len(x), axis=0) for part in (s.directed, s.symmetric))
    paths, spreads = np.flatnonzero(s.is_path), np.flatnonzero(~s.is_path)
    directed[:, s.row[paths], s.col[paths]] = x[:, paths]
    symmetric[:, s.row[spreads], s.col[spreads]] = x[:, spreads]
    symmetric[:, s.col[spreads], s.row[spreads]] = x[:, spreads]
    return directed, symmetric


def reduced(directed: Array, symmetric: Array) -> tuple[Array, Array]:
    """G = (I - B)^-1 and C = G S G', each (b, m, m)."""
    G = total_effects(directed)
    return G, G @ symmetric @ G.transpose(0, 2, 1)


def expected_information(s: Structure, directed: Array, symmetric: Array) -> Array:
    """(b, k, k) tr(V dOmega_i V dOmega_j) / 2 for one respondent; V the inverse of Omega."""
    G, C = reduced(directed, symmetric)
    Z = np.concatenate([G[:, s.observed], C[:, s.observed]], axis=2)[:, :, s.columns]
    V = np.linalg.inv(C[:, s.observed][:, :, s.observed])
    M = (Z.transpose(0, 2, 1) @ V @ Z).reshape(len(Z), len(s.columns) ** 2)
    uu, uv, vv = (M.take(places, axis=1) for places in s.pairs)
    return s.weights * (uv.transpose(0, 2, 1) * uv + vv * uu)


def causes_in_order(linked: Array) -> Causes | None:
    """Variables that others lead to, with these, causes first, from linked (m, m); None where paths form a loop.

    >>> [(to, of.tolist()) for to, of in causes_in_order(np.array([[0, 1, 0], [0, 0, 1], [0, 0, 0]], dtype=bool))]
    [(1, [2]), (0, [1])]
    """
    found, waiting = [], list(range(len(linked)))
    while waiting:
        ready = [i for i in waiting if not linked[i, waiting].any()]
        if not ready:
            return None
        found += [(i, np.flatnonzero(linked[i])) for i in ready if linked[i].any()]
        waiting = [i for i in waiting if i not in ready]
    return tuple(found)


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
