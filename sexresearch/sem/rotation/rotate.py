"""One rotated pattern for one pattern of loadings: the lowest minimum of all starts, factors in one order and sign."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.rotation.criteria import Criterion, criterion_of
from sexresearch.sem.rotation.method import Rotation
from sexresearch.sem.rotation.projection import Minimum, minima, turned

SALIENT = 0.8  # of a factor's largest loading, from which items give the factor its place


@dataclass(frozen=True)
class RotatedLoadings:
    """Pattern (p, k) and correlations (k, k) of the factors, the turn T with pattern = loadings T'^-1, all minima.

    `others` are the patterns of further minima, each with its criterion; empty where all starts agree.
    """

    loadings: Array
    correlations: Array
    turn: Array
    minima: tuple[Minimum, ...] = ()
    others: tuple[tuple[float, Array], ...] = ()

    @property
    def converged(self) -> bool:
        """Whether the criterion is stationary at the lowest minimum."""
        return not self.minima or self.minima[0].converged


def rotate(
    A: Array, rotation: Rotation, sd: Array | None = None, wanted: Array | None = None, first: Array | None = None
) -> RotatedLoadings:
    """The loadings A (p, k) of uncorrelated factors rotated, items divided by `sd` (p,) while rotating.

    `wanted` is the target (p, k), in the order of A. `first` (k, k) is where to start, in place of random turns.
    """
    k = A.shape[1]
    if k < 2 or rotation.method == "none":
        sign = np.where(A.sum(axis=0) < 0, -1.0, 1.0)
        return RotatedLoadings(A * sign, np.eye(k), np.diag(sign))
    unit = A if sd is None else A / sd[:, None]
    rows = unit * weights(unit, rotation)[:, None]
    orthogonal = bool(rotation.orthogonal) or rotation.method == "promax"
    solutions = minima(rows, criterion_for(rotation, A.shape, wanted), orthogonal, rotation.starts, first)
    turns = [
        promax_turn(unit, own.turn, rotation.power) if rotation.method == "promax" else own.turn for own in solutions
    ]
    placed = [in_order(A, turn, rotation, wanted) for turn in turns]
    return RotatedLoadings(
        turned(A, placed[0]),
        placed[0].T @ placed[0],
        placed[0],
        tuple(solutions),
        tuple(
            (own.value, turned(A, turn)) for own, turn in zip(solutions[1:], placed[1:], strict=True) if own.converged
        ),
    )


def criterion_for(rotation: Rotation, shape: tuple[int, ...], wanted: Array | None) -> Criterion:
    """The criterion of a rotation for p items and k factors."""
    p, k = shape
    return criterion_of(str(rotation.method), p, k, rotation.epsilon, rotation.gamma, wanted)


def weights(rows: Array, rotation: Rotation, phi: Array | None = None) -> Array:
    """(p,) what rows of loadings, of factors with correlations `phi`, are multiplied with while rotating."""
    if rotation.row_weights == "none":
        return np.ones(len(rows), dtype=rows.dtype)
    size = (rows * rows).sum(axis=1) if phi is None else ((rows @ phi) * rows).sum(axis=1)
    return np.where(size == 0, 1.0, 1.0 / np.sqrt(np.where(size == 0, 1.0, size)))


def promax_turn(unit: Array, T: Array, power: float) -> Array:
    """From varimax (by T) towards its loadings raised to a power (Hendrickson & White 1964)."""
    return np.linalg.inv((T @ towards_powers(unit @ T, power)).T)


def towards_powers(V: Array, power: float) -> Array:
    """(k, k) U, by which the varimax loadings V come near to their powers, factors of unit variance."""
    powered = V * np.exp(0.5 * (power - 1.0) * np.log(V * V + (V == 0)))
    U = np.linalg.solve(V.T @ V, V.T @ powered)
    return U * np.sqrt(np.diag(np.linalg.inv(U.T @ U)))


def in_order(A: Array, T: Array, rotation: Rotation, wanted: Array | None) -> Array:
    """T with its columns in order and of the sign that makes loadings sum to more than 0.

    A factor's place is the average place of its salient items, as in lavaan; a general factor comes first. A target
    says itself which factor is which.
    """
    L = turned(A, T)
    sign = np.where(L.sum(axis=0) < 0, -1.0, 1.0)
    if wanted is not None:
        given = (np.nan_to_num(wanted) != 0).any(axis=0)
        return T * np.where(given, 1.0, sign)
    size = np.abs(L)
    salient = size >= SALIENT * size.max(axis=0)
    place = (salient * np.arange(1, len(L) + 1)[:, None]).sum(axis=0) / salient.sum(axis=0)
    if str(rotation.method).startswith("bi"):
        place[0] = 0.0
    order = np.argsort(place, kind="stable")
    return (T * sign)[:, order]


def like(loadings: Array, model: Array) -> tuple[Array, Array]:
    """Order and sign (k,) of the factors of `loadings` (p, k) that make them most like those of `model`."""
    size = np.sqrt((loadings**2).sum(axis=0))[:, None] * np.sqrt((model**2).sum(axis=0))
    alike = (loadings.T @ model) / np.where(size > 0, size, 1.0)
    left, order = np.abs(alike), np.zeros(len(alike), dtype=int)
    for _ in range(len(alike)):
        mine, theirs = np.unravel_index(int(left.argmax()), left.shape)
        order[theirs] = mine
        left[mine], left[:, theirs] = -1.0, -1.0
    sign = np.where(alike[order, np.arange(len(order))] < 0, -1.0, 1.0)
    return order, sign
