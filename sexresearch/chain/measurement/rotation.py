"""Rotation of factors by gradient projection, from fixed starts: quartimin and varimax, and promax made of the latter.

Jennrich 2001, doi 10.1007/BF02294840 (orthogonal), and 2002, doi 10.1007/BF02294706 (oblique); Jennrich & Sampson 1966,
doi 10.1007/BF02289465 (quartimin: oblimin at gamma 0); Kaiser 1958, doi 10.1007/BF02289233 (varimax, and rows of unit
length while rotating); Hendrickson & White 1964, doi 10.1111/j.2044-8317.1964.tb00244.x (promax).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sexresearch.sem.view import Array

STATIONARY = 1e-7  # size of the projected gradient at an optimum
STEPS = 5000
STARTS = 10  # orthogonal matrices: the identity, the rest drawn from a fixed seed
SEED = 2002
TIE = 1e-9  # difference of criteria that is rounding: the earlier start decides
Criterion = Callable[[Array], tuple[float, Array]]


@dataclass(frozen=True)
class RotatedFactors:
    """Pattern (p, k), correlations of the factors (k, k), and whether the criterion is stationary there."""

    loadings: Array
    correlations: Array
    converged: bool = True


def rotated(loadings: Array, rotation: str, power: float, normalize: bool) -> RotatedFactors:
    """The loadings (p, k) rotated, the factor with the largest sum of squares first, each turned to be positive."""
    size = np.sqrt((loadings**2).sum(axis=1))[:, None] if normalize else np.ones((len(loadings), 1))
    size = np.where(size > 0, size, 1.0)
    A = loadings / size
    if rotation == "none" or loadings.shape[1] == 1:
        found = RotatedFactors(A, np.eye(A.shape[1]))
    elif rotation == "varimax":
        found = _best(A, _varimax, oblique=False)
    elif rotation == "promax":
        found = _promax(_best(A, _varimax, oblique=False), power)
    else:
        found = _best(A, _quartimin, oblique=True)
    return _in_order(RotatedFactors(found.loadings * size, found.correlations, found.converged))


def _in_order(found: RotatedFactors) -> RotatedFactors:
    L = found.loadings
    order = np.argsort(-np.round((L**2).sum(axis=0), 9), kind="stable")
    sign = np.where(L[:, order].sum(axis=0) < 0, -1.0, 1.0)
    correlations = found.correlations[np.ix_(order, order)] * np.outer(sign, sign)
    return RotatedFactors(L[:, order] * sign, correlations, found.converged)


def _quartimin(L: Array) -> tuple[float, Array]:
    """Sum over pairs of factors of the products of squared loadings, and its gradient (p, k)."""
    squares = L**2
    others = squares.sum(axis=1, keepdims=True) - squares
    return 0.25 * float((squares * others).sum()), L * others


def _varimax(L: Array) -> tuple[float, Array]:
    """Minus the variance of the squared loadings within factors, and its gradient (p, k)."""
    spread = L**2 - (L**2).mean(axis=0)
    return -0.25 * float((spread**2).sum()), -L * spread


def _best(A: Array, criterion: Criterion, oblique: bool) -> RotatedFactors:
    """The rotation with the smallest criterion from all starts; of equals, the one from the earliest."""
    k = A.shape[1]
    rng = np.random.default_rng(SEED)
    starts = [np.eye(k), *(np.linalg.qr(rng.standard_normal((k, k)))[0] for _ in range(STARTS - 1))]
    ends = [_descend(A, start, criterion, oblique) for start in starts]
    lowest = min(value for value, _, _ in ends)
    _, T, converged = next(end for end in ends if end[0] <= lowest + TIE)
    return RotatedFactors(_turned(A, T, oblique), T.T @ T, converged)


def _turned(A: Array, T: Array, oblique: bool) -> Array:
    return np.linalg.solve(T, A.T).T if oblique else A @ T


def _descend(A: Array, T: Array, criterion: Criterion, oblique: bool) -> tuple[float, Array, bool]:
    """Steps against the gradient, each brought back to matrices with columns of unit length, or orthogonal ones."""
    L = _turned(A, T, oblique)
    value, slope = criterion(L)
    length = 1.0
    for _ in range(STEPS):
        G = -np.linalg.solve(T.T, slope.T @ L) if oblique else A.T @ slope
        along = G - T * (T * G).sum(axis=0) if oblique else G - T @ (T.T @ G + G.T @ T) / 2.0
        size = float(np.linalg.norm(along))
        if size < STATIONARY:
            return value, T, True
        length *= 2.0
        while length > 1e-12:
            moved = T - length * along
            near = moved / np.linalg.norm(moved, axis=0) if oblique else _orthogonal(moved)
            trial = _turned(A, near, oblique)
            after, steeper = criterion(trial)
            if after < value - 0.5 * size**2 * length or (size < 1e-4 and after <= value):
                break
            length /= 2.0
        else:
            return value, T, size < 1e3 * STATIONARY
        T, L, value, slope = near, trial, after, steeper
    return value, T, False


def _orthogonal(matrix: Array) -> Array:
    """The nearest matrix with orthogonal columns of unit length."""
    u, _, v = np.linalg.svd(matrix)
    return u @ v


def _promax(simple: RotatedFactors, power: float) -> RotatedFactors:
    """Towards loadings raised to a power, by least squares; factors of unit variance."""
    L = simple.loadings
    target = L * np.abs(L) ** (power - 1.0)
    U = np.linalg.lstsq(L, target, rcond=None)[0]
    U = U * np.sqrt(np.diag(np.linalg.inv(U.T @ U)))
    return RotatedFactors(L @ U, np.linalg.inv(U.T @ U), simple.converged)
