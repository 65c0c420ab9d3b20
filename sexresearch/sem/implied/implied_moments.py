"""The moments that a model implies, as one vector: means where modelled, then vech of the covariances."""

from __future__ import annotations

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.slot_products import second_order, slot_products
from sexresearch.sem.implied.structure import Implied, Structure, jacobian, vech_index


def collect(structure: Structure, slots: Array, size: int) -> Array:
    """Sum a vector (k,) or matrix (k, k) over slots into free parameters (q,) or (q, q)."""
    if structure.in_order and len(structure.free) == size:
        return slots
    if slots.ndim == 1:
        return np.bincount(structure.free, slots, size)
    flat = (structure.free[:, None] * size + structure.free).ravel()
    return np.bincount(flat, slots.ravel(), size * size).reshape(size, size)


def moment_vector(state: Implied) -> Array:
    """Implied means from the origin (where modelled), then vech of the implied covariances."""
    i, j = vech_index(state.structure.p)
    cov = state.cov[i, j]
    return np.concatenate([state.mean_from_origin, cov]) if state.structure.has_means else cov


def moment_bend(state: Implied, r: Array) -> Array:
    """(k, k) sum over the moments of r times their second derivatives."""
    s, p = state.structure, state.structure.p
    i, j = vech_index(p)
    mean_part, cov_part = (r[:p], r[p:]) if s.has_means else (np.zeros(0), r)
    A = np.zeros((p, p))
    A[i, j] = np.where(i == j, cov_part, 0.5 * cov_part)
    A = np.where(A != 0, A, A.T)
    if not s.has_means:
        return second_order(state, slot_products(state.structure, state.used, A))
    W = np.zeros((p + 1, p + 1))
    W[:p, :p] = A
    W[:p, p] = W[p, :p] = 0.5 * mean_part - A @ state.mean_from_origin
    dmu = jacobian(state)[:p]
    return second_order(state, slot_products(state.structure, state.used, W)) - 2.0 * dmu.T @ A @ dmu


def normal_weight(cov: Array, has_means: bool) -> Array:
    """Inverse of the normal-theory covariance of (means, vech S): blocks cov^-1 and D'(cov^-1 x cov^-1)D / 2.

    Browne 1984, doi 10.1111/j.2044-8317.1984.tb00789.x.
    """
    p = len(cov)
    V = np.linalg.inv(cov)
    i, j = vech_index(p)
    both = V[np.ix_(i, i)] * V[np.ix_(j, j)] + V[np.ix_(i, j)] * V[np.ix_(j, i)]
    count = np.where(i == j, 0.5, 1.0)
    inner = both * np.outer(count, count)
    return _with_means(V, inner) if has_means else inner


def _with_means(mean_part: Array, cov_part: Array) -> Array:
    p, k = len(mean_part), len(cov_part)
    out = np.zeros((p + k, p + k))
    out[:p, :p], out[p:, p:] = mean_part, cov_part
    return out
