"""Gradient projection: the matrix T that makes a criterion of A T'^-1 small, from many starts at once.

Jennrich 2001, doi 10.1007/BF02294840 (T orthogonal), and 2002, doi 10.1007/BF02294706 (columns of T of unit length).
Newton steps on the conditions of a stationary point finish what the projection has brought near.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.rotation.criteria import Criterion

SEED = 2002
STEPS, LONGER = 1000, 20  # of gradient projection, for all starts together; times as many where no start ended
NEAR, CLOSE = 1e-5, 1e-8  # size of the projected gradient from which Newton steps are tried; where those led nowhere
STATIONARY = 1e-9  # of the conditions that hold at an optimum
NEWTON = 25
ILL = 1e8  # condition of a turn that is none
SMALL_STEP = 1e-20  # of complex differentiation, which has no rounding
SAME = 1e-6  # of a criterion, relative: two starts ended at one minimum


@dataclass(frozen=True)
class Minimum:
    """A matrix T (k, k), the criterion there, whether it is stationary, and how many starts ended there."""

    turn: Array
    value: float
    converged: bool
    reached: int = 1


def turned(A: Array, T: Array) -> Array:
    """(..., p, k) loadings A T'^-1 of factors that are turned by T."""
    return np.swapaxes(np.linalg.solve(T, np.broadcast_to(A.T, (*T.shape[:-2], *A.T.shape))), -1, -2)


def minima(A: Array, criterion: Criterion, orthogonal: bool, starts: int, first: Array | None = None) -> list[Minimum]:
    """The minima that the starts lead to, the lowest first; that near `first` (k, k) alone where it is given."""
    if first is not None:
        end = _finished(A, first, criterion, orthogonal)
        if end.converged and end.value <= float(criterion(turned(A, first))[0]):
            return [end]
    T = random_turns(A.shape[1], starts) if first is None else first[None]
    T, values = _projected(A, T, criterion, orthogonal)
    minima_by_value = _distinct(A, T, values, criterion, orthogonal)
    if not minima_by_value[0].converged:
        T, values = _projected(A, minima_by_value[0].turn[None], criterion, orthogonal, LONGER * STEPS, CLOSE)
        minima_by_value = [*_distinct(A, T, values, criterion, orthogonal), *minima_by_value]
    return sorted(minima_by_value, key=lambda own: (not own.converged, own.value))


def _distinct(A: Array, T: Array, values: Array, criterion: Criterion, orthogonal: bool) -> list[Minimum]:
    """The minima next to where projections ended, and how often each was reached; the lowest first."""
    distinct: list[Minimum] = []
    for place in np.argsort(values, kind="stable"):
        if not _counted(distinct, float(values[place])):
            end = _finished(A, T[place], criterion, orthogonal)
            if not _counted(distinct, end.value):
                distinct.append(end)
    return sorted(distinct, key=lambda own: (not own.converged, own.value))


def _counted(known: list[Minimum], value: float) -> bool:
    """Whether a minimum of this value is known; it then counts one more start."""
    for place, own in enumerate(known):
        if abs(own.value - value) < SAME * max(1.0, abs(value)):
            known[place] = replace(own, reached=own.reached + 1)
            return True
    return False


def random_turns(k: int, starts: int) -> Array:
    """(starts, k, k) orthogonal matrices: the identity, the rest drawn from a fixed seed."""
    normal = np.random.default_rng(SEED).standard_normal((starts, k, k))
    turns = np.linalg.qr(normal)[0]
    turns[0] = np.eye(k)
    return turns


def _projected(
    A: Array, T: Array, criterion: Criterion, orthogonal: bool, steps: int = STEPS, near: float = NEAR
) -> tuple[Array, Array]:
    """Steps against the projected gradient, each start with a step length of its own; where they end, and values."""
    T, length = T.copy(), np.ones(len(T))
    L = turned(A, T)
    values, slope = criterion(L)
    alive = np.arange(len(T))
    for _ in range(steps):
        along = _along(T[alive], L[alive], slope[alive], orthogonal)
        size = np.sqrt((along**2).sum(axis=(-2, -1)))
        moving = size > near
        alive, along, size = alive[moving], along[moving], size[moving]
        if not len(alive):
            break
        moved = _step(A, T[alive], along, size, values[alive], 2.0 * length[alive], criterion, orthogonal)
        T[alive], L[alive], values[alive], slope[alive], length[alive], well = moved
        alive = alive[well]
    return T, values


def _along(T: Array, L: Array, slope: Array, orthogonal: bool) -> Array:
    """(s, k, k) the gradient with regard to T, projected on the matrices that are allowed."""
    G = -np.linalg.solve(np.swapaxes(T, -1, -2), np.swapaxes(slope, -1, -2) @ L)
    if not orthogonal:
        return G - T * (T * G).sum(axis=-2, keepdims=True)
    M = np.swapaxes(T, -1, -2) @ G
    return G - T @ (M + np.swapaxes(M, -1, -2)) / 2.0


def _step(
    A: Array,
    T: Array,
    along: Array,
    size: Array,
    values: Array,
    length: Array,
    criterion: Criterion,
    orthogonal: bool,
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """The next T, loadings, values, slopes and lengths; steps are halved until they go down enough."""
    left = np.arange(len(T))
    near, L, after, slope = T.copy(), turned(A, T), values.copy(), np.zeros((len(T), *A.shape))
    well = np.zeros(len(T), dtype=bool)
    for _ in range(60):
        trial = _allowed(T[left] - length[left, None, None] * along[left], orthogonal)
        loadings = turned(A, trial)
        reached, steep = criterion(loadings)
        down = reached < values[left] - 0.5 * size[left] ** 2 * length[left]
        own = left[down]
        near[own], L[own], after[own], slope[own], well[own] = (
            trial[down],
            loadings[down],
            reached[down],
            steep[down],
            True,
        )
        left = left[~down]
        if not len(left):
            break
        length[left] *= 0.5
    return near, L, after, slope, length, well


def _allowed(T: Array, orthogonal: bool) -> Array:
    """Columns of unit length, or the nearest orthogonal matrix."""
    if not orthogonal:
        return T / np.sqrt((T**2).sum(axis=-2, keepdims=True))
    u, _, v = np.linalg.svd(T)
    return u @ v


def conditions(L: Array, slope: Array, phi: Array, orthogonal: bool) -> Array:
    """(c,) what vanishes at a stationary point, from loadings, slopes of the criterion and factor correlations."""
    Z = L.T @ slope
    gap = Z - Z.T if orthogonal else Z - np.diag(Z)[:, None] * phi
    k = len(Z)
    above, below = np.triu_indices(k, 1), np.tril_indices(k, -1)
    return gap[above] if orthogonal else np.concatenate([gap[above], gap[below]])


def _gap(A: Array, T: Array, criterion: Criterion, orthogonal: bool) -> Array:
    """(k^2,) the conditions on T: stationary, and of unit length or orthogonal."""
    L = np.linalg.solve(T, A.T).T
    M = T.T @ T - np.eye(len(T))
    constrained = M[np.triu_indices(len(T))] if orthogonal else np.diag(M)
    return np.concatenate([conditions(L, criterion(L)[1], T.T @ T, orthogonal), constrained])


def _damped(
    A: Array, T: Array, step: Array, gap: Array, criterion: Criterion, orthogonal: bool
) -> tuple[Array, Array] | None:
    """T after a Newton step, or a part of it, that makes the gap smaller, and the gap there; None where none does."""
    for part in 0.5 ** np.arange(7):
        trial = T - part * step
        if np.isfinite(trial).all() and np.linalg.cond(trial) < ILL:
            after = _gap(A, trial, criterion, orthogonal)
            if np.abs(after).max() < np.abs(gap).max():
                return trial, after
    return None


def _finished(A: Array, T: Array, criterion: Criterion, orthogonal: bool) -> Minimum:
    """Newton steps to where the conditions hold; the point itself where these lead away."""
    k, near = len(T), T
    scale = max(1.0, float(np.abs(criterion(turned(A, T))[0])))
    gap = _gap(A, near, criterion, orthogonal)
    for _ in range(NEWTON):
        if np.abs(gap).max() < STATIONARY * scale * 1e-3:
            break
        steps = np.eye(k * k).reshape(-1, k, k) * (1j * SMALL_STEP)
        J = np.array([_gap(A, near + step, criterion, orthogonal).imag / SMALL_STEP for step in steps]).T
        moved = _damped(A, near, np.linalg.lstsq(J, gap, rcond=None)[0].reshape(k, k), gap, criterion, orthogonal)
        if moved is None:
            break
        near, gap = moved
    well = bool(np.abs(gap).max() < STATIONARY * scale)
    before, value = (float(criterion(turned(A, own))[0]) for own in (T, near))
    if not well or value > before + SAME * scale:
        return Minimum(T, before, well and value <= before + SAME * scale)
    return Minimum(near, value, True)
