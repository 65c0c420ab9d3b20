"""What holds at a rotated solution, with derivatives: the rows that border the information (Jennrich 1973, 1974).

A rotated solution is an unrotated one subject to conditions on its loadings, factor correlations and, where items are
standardized while rotating, residual variances. Jennrich 1974, doi 10.1007/BF02291555.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import null_space

from sexresearch.sem.arrays import Array
from sexresearch.sem.rotation.method import Rotation
from sexresearch.sem.rotation.projection import SMALL_STEP, conditions
from sexresearch.sem.rotation.rotate import RotatedLoadings, criterion_for, towards_powers, weights


@dataclass(frozen=True)
class ConditionRows:
    """Derivatives of c conditions by loadings (c, p, k), factor correlations (c, k, k) and residual variances (c, p).

    A correlation counts once: the derivative stands above the diagonal.
    """

    loadings: Array
    correlations: Array
    residuals: Array


@dataclass(frozen=True)
class RotatedBlock:
    """Loadings, factor correlations and residual variances of a rotated block, and how it was rotated."""

    rotated: RotatedLoadings
    residuals: Array
    rotation: Rotation
    wanted: Array | None

    @property
    def shape(self) -> tuple[int, int]:
        p, k = self.rotated.loadings.shape
        return p, k


def condition_rows(block: RotatedBlock) -> ConditionRows:
    """The conditions of one block; none for a single factor."""
    p, k = block.shape
    flat = _promax_rows(block) if block.rotation.method == "promax" else _stationary_rows(block)
    split = p * k
    pairs = np.triu_indices(k, 1)
    correlations = np.zeros((len(flat), k, k))
    correlations[:, pairs[0], pairs[1]] = flat[:, split : split + len(pairs[0])]
    return ConditionRows(flat[:, :split].reshape(-1, p, k), correlations, flat[:, split + len(pairs[0]) :])


def _stationary_rows(block: RotatedBlock) -> Array:
    """(c, pk + pairs + p) derivatives of the conditions of a stationary point."""
    p, k = block.shape
    start = _packed(block.rotated.loadings, block.rotated.correlations, block.residuals)
    return _derivatives(lambda point: _stationary(block, *_unpacked(point, p, k)), start)


def _packed(L: Array, phi: Array, residuals: Array) -> Array:
    return np.concatenate([L.ravel(), phi[np.triu_indices(len(phi), 1)], residuals])


def _unpacked(point: Array, p: int, k: int) -> tuple[Array, Array, Array]:
    first, second = np.triu_indices(k, 1)
    phi = np.eye(k, dtype=point.dtype)
    phi[first, second] = phi[second, first] = point[p * k : p * k + len(first)]
    return point[: p * k].reshape(p, k), phi, point[p * k + len(first) :]


def _stationary(block: RotatedBlock, L: Array, phi: Array, residuals: Array) -> Array:
    unit = _unit(block, L, phi, residuals)
    rows = unit * weights(unit, block.rotation, phi)[:, None]
    slope = criterion_for(block.rotation, L.shape, block.wanted)(rows)[1]
    return conditions(rows, slope, phi, bool(block.rotation.orthogonal) or block.rotation.method == "promax")


def _unit(block: RotatedBlock, L: Array, phi: Array, residuals: Array) -> Array:
    """The loadings of items of unit variance, where these are what is rotated."""
    if not block.rotation.standardized:
        return L
    return L / np.sqrt(((L @ phi) * L).sum(axis=1) + residuals)[:, None]


def _promax_rows(block: RotatedBlock) -> Array:
    """Varimax has conditions, and promax follows from it: directions that varimax leaves free, carried over."""
    p, k = block.shape
    T = block.rotated.minima[0].turn
    V = block.rotated.loadings @ block.rotated.turn.T @ T  # the varimax loadings
    pairs = k * (k - 1) // 2
    start = _packed(V, np.eye(k), block.residuals)
    conditions = _derivatives(lambda point: _stationary(block, *_unpacked(point, p, k)), start)
    conditions = np.delete(conditions, np.s_[p * k : p * k + pairs], axis=1)
    U = towards_powers(_unit(block, V, np.eye(k), block.residuals), block.rotation.power)
    order = np.round(np.linalg.solve(T @ U, np.linalg.inv(block.rotated.turn.T)))  # and sign, which promax was given
    moves = _derivatives(lambda point: _to_promax(block, point, order), np.concatenate([V.ravel(), block.residuals]))
    return np.asarray(null_space((moves @ null_space(conditions)).T).T)


def _to_promax(block: RotatedBlock, point: Array, order: Array) -> Array:
    """The promax solution, packed, from varimax loadings and residual variances."""
    p, k = block.shape
    V, residuals = point[: p * k].reshape(p, k), point[p * k :]
    U = towards_powers(_unit(block, V, np.eye(k), residuals), block.rotation.power) @ order
    return _packed(V @ U, np.linalg.inv(U.T @ U), residuals)


def _derivatives(function, point: Array) -> Array:  # type: ignore[no-untyped-def]
    """(c, n) exact derivatives of an analytic function at a point (n,)."""
    steps = np.eye(len(point)) * (1j * SMALL_STEP)
    return np.array([function(point + step).imag for step in steps]).T / SMALL_STEP
