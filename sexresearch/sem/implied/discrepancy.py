"""How far a model is from the data: a sum over groups, each a function of one shared parameter vector.

`NormalLikelihood` is minus the log-likelihood per respondent (complete data is one missing-data pattern);
`LeastSquares` is half a quadratic form in the moments (GLS, ULS, WLS, DWLS). Both give value, gradient, expected
curvature and exact Hessian to the same minimiser.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Protocol

import numpy as np
from scipy.linalg import lapack

from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.structure import (
    Implied,
    Structure,
    first_order,
    implied,
    jacobian,
    product_trace,
    second_order,
    slot_products,
    vech_index,
)

FEW_BLOCKS = 4  # up to here gathers of q x q matrices are cheaper than one P^2 x P^2 product
LARGEST_POOLED = 60  # variables up to which that product stays below 110 MB


@dataclass(frozen=True)
class Block:
    """One pattern of answered items in one group: n respondents (or their summed weights) and what they answered.

    columns : (P_b,) rows of Omega that were observed, the constant included where means are modelled.
    moment : (P_b, P_b) mean of z z' over the respondents, z their answers (and the constant 1); without means, the
    covariance matrix with denominator n.
    """

    columns: Array
    n: float
    moment: Array


@dataclass(frozen=True)
class Curve:
    """A discrepancy at one point: value, gradient (q,) and a positive semidefinite expected curvature (q, q).

    `hessian()` is the matrix of exact second derivatives (q, q), computed when called, from what is already there.
    """

    value: float
    gradient: Array
    curvature: Array
    hessian: Callable[[], Array]


class Objective(Protocol):
    """What the minimiser asks of a discrepancy."""

    @property
    def n_free(self) -> int:
        """Number of free parameters."""

    def value(self, theta: Array) -> float:
        """The discrepancy, infinite where the implied covariances are not positive definite."""

    def curve(self, theta: Array) -> Curve:
        """Value, gradient and expected curvature."""

    def hessian(self, theta: Array) -> Array:
        """(q, q) exact second derivatives."""


def invert(matrix: Array) -> tuple[Array, float] | None:
    """Inverse and log determinant of a positive definite matrix by Cholesky; None where it is not."""
    factor, info = lapack.dpotrf(matrix, lower=1)
    diagonal = factor.diagonal()
    if info != 0 or not np.isfinite(diagonal).all():
        return None
    inverse, info = lapack.dpotri(factor, lower=1)
    inverse += inverse.T  # the upper triangle came back as zeros
    inverse.flat[:: len(inverse) + 1] *= 0.5
    return (inverse, 2.0 * float(np.log(diagonal).sum())) if info == 0 else None


def exceeds(matrix: Array, limit: float) -> bool:
    """Whether every eigenvalue of a symmetric matrix is larger than `limit`, told by one Cholesky factor."""
    shifted = matrix.copy()
    shifted.flat[:: len(matrix) + 1] -= limit
    factor, info = lapack.dpotrf(shifted, lower=1, overwrite_a=1)
    return info == 0 and bool(np.isfinite(factor.diagonal()).all())


def collect(structure: Structure, slots: Array, size: int) -> Array:
    """Sum a vector (k,) or matrix (k, k) over slots into free parameters (q,) or (q, q)."""
    if structure.in_order and len(structure.free) == size:
        return slots
    if slots.ndim == 1:
        return np.bincount(structure.free, slots, size)
    flat = (structure.free[:, None] * size + structure.free).ravel()
    return np.bincount(flat, slots.ravel(), size * size).reshape(size, size)


@dataclass(frozen=True)
class NormalLikelihood:
    """Half of sum_b n_b / N (log|Omega_b| + tr(Omega_b^-1 M_b)) over the blocks b of every group."""

    structures: tuple[Structure, ...]
    blocks: tuple[tuple[Block, ...], ...]
    n_free: int

    @property
    def n(self) -> float:
        """Respondents (or summed weights) in all groups."""
        return sum(block.n for group in self.blocks for block in group)

    def value(self, theta: Array) -> float:
        total = 0.0
        for structure, blocks in zip(self.structures, self.blocks, strict=True):
            omega = implied(structure, theta).omega
            for block in blocks:
                inverse = invert(_part(omega, block))
                if inverse is None:
                    return math.inf
                total += 0.5 * block.n * (inverse[1] + float(np.vdot(inverse[0], block.moment)))
        return total / self.n

    def curve(self, theta: Array) -> Curve:
        groups = [
            (structure, group_terms(implied(structure, theta), blocks))
            for structure, blocks in zip(self.structures, self.blocks, strict=True)
        ]

        def total(part: Callable[[Curve], Array]) -> Array:
            return reduce(add, [collect(s, part(group), self.n_free) for s, group in groups]) / self.n

        return Curve(
            sum(group.value for _, group in groups) / self.n,
            total(lambda group: group.gradient),
            total(lambda group: group.curvature),
            lambda: total(lambda group: group.hessian()),
        )

    def hessian(self, theta: Array) -> Array:
        return self.curve(theta).hessian()


def _part(omega: Array, block: Block) -> Array:
    return omega if len(block.columns) == len(omega) else omega[np.ix_(block.columns, block.columns)]


def group_terms(state: Implied, blocks: tuple[Block, ...]) -> Curve:
    """Sum over the blocks of one group, by slot (k,): value, gradient, expected and exact second derivatives."""
    found = [invert(_part(state.omega, block)) for block in blocks]
    if any(inverse is None for inverse in found):
        k = len(state.structure.free)
        return Curve(math.inf, np.full(k, math.nan), np.zeros((k, k)), lambda: np.zeros((k, k)))
    known = [inverse for inverse in found if inverse is not None]
    value = sum(
        0.5 * block.n * (logdet + float(np.vdot(V, block.moment)))
        for (V, logdet), block in zip(known, blocks, strict=True)
    )
    pairs = [(V, V @ block.moment @ V) for (V, _), block in zip(known, blocks, strict=True)]
    few = len(blocks) <= FEW_BLOCKS or len(state.omega) > LARGEST_POOLED
    return Curve(value, *(_by_block(state, blocks, pairs) if few else _pooled(state, blocks, pairs)))


Derivatives = tuple[Array, Array, Callable[[], Array]]


def _by_block(state: Implied, blocks: tuple[Block, ...], pairs: list[tuple[Array, Array]]) -> Derivatives:
    """Gradient, expected and exact second derivatives; block by block, in gathers of (k, k) matrices.

    With V = Omega^-1 and W = V M V: gradient tr((V - W) dOmega) / 2, expected tr(V dOmega V dOmega) / 2, exact
    tr((2 W - V) dOmega V dOmega) / 2 + tr((V - W) d2Omega) / 2, each times n.
    """
    s = state.structure
    Z = [state.Z if len(block.columns) == len(state.Z) else state.Z[block.columns] for block in blocks]
    inverses = [slot_products(s, z, V) for z, (V, _) in zip(Z, pairs, strict=True)]
    middles = [slot_products(s, z, W) for z, (_, W) in zip(Z, pairs, strict=True)]
    half = [0.5 * block.n for block in blocks]
    push = reduce(add, [(V - W) * n for V, W, n in zip(inverses, middles, half, strict=True)])
    expected = reduce(add, [n * product_trace(s, V, V) for V, n in zip(inverses, half, strict=True)])

    def exact() -> Array:
        crossed = sum(2.0 * n * product_trace(s, W, V) for W, V, n in zip(middles, inverses, half, strict=True))
        return crossed - expected + second_order(state, push)

    return first_order(s, push), expected, exact


def _pooled(state: Implied, blocks: tuple[Block, ...], pairs: list[tuple[Array, Array]]) -> Derivatives:
    """The same for many blocks, which share one product of stacks (b, P, P), so that their number hardly counts."""
    P = len(state.omega)
    inverses, middles = np.zeros((len(blocks), P, P)), np.zeros((len(blocks), P, P))
    for V, W, block, own in zip(inverses, middles, blocks, pairs, strict=True):
        here = np.ix_(block.columns, block.columns)
        V[here], W[here] = own
    n = np.array([block.n for block in blocks])
    push = slot_products(state.structure, state.Z, 0.5 * np.tensordot(n, inverses - middles, axes=1))
    weighted = n[:, None, None] * inverses
    expected = 0.5 * _summed_traces(state, inverses, weighted)

    def exact() -> Array:
        return _summed_traces(state, middles, weighted) - expected + second_order(state, push)

    return first_order(state.structure, push), expected, exact


def _summed_traces(state: Implied, left: Array, right: Array) -> Array:
    """(k, k) sum over blocks b of tr(left_b dOmega_i right_b dOmega_j), for symmetric stacks (b, P, P)."""
    s, Z, P = state.structure, state.Z, len(state.omega)
    pooled = left.reshape(len(left), -1).T @ right.reshape(len(right), -1)
    pooled = pooled.reshape(P, P, P, P).transpose(1, 2, 3, 0).reshape(P * P, P * P)
    U, V = Z[:, s.u], Z[:, s.v]
    moves = s.weight * (U[:, None] * V[None] + V[:, None] * U[None])
    flat = moves.reshape(P * P, -1)
    return flat.T @ (pooled @ flat)


@dataclass(frozen=True)
class Target:
    """Sample moments of one group for least squares: share of the sample, moments s and weight matrix (or diagonal)."""

    share: float
    moments: Array
    weight: Array

    def weigh(self, x: Array) -> Array:
        """W x for a vector or a matrix x."""
        if self.weight.ndim == 2:
            return self.weight @ x
        return self.weight[:, None] * x if x.ndim == 2 else self.weight * x


@dataclass(frozen=True)
class LeastSquares:
    """Half of sum_g share_g (s_g - sigma_g)' W_g (s_g - sigma_g)."""

    structures: tuple[Structure, ...]
    targets: tuple[Target, ...]
    n_free: int

    def value(self, theta: Array) -> float:
        total = 0.0
        for structure, target in zip(self.structures, self.targets, strict=True):
            r = target.moments - moment_vector(implied(structure, theta))
            total += 0.5 * target.share * float(r @ target.weigh(r))
        return total

    def curve(self, theta: Array) -> Curve:
        value, gradient, curvature = 0.0, np.zeros(self.n_free), np.zeros((self.n_free, self.n_free))
        bends: list[tuple[Implied, Array]] = []
        for structure, target in zip(self.structures, self.targets, strict=True):
            state = implied(structure, theta)
            D = jacobian(state)
            gap = target.moments - moment_vector(state)
            pull = target.share * target.weigh(gap)
            value += 0.5 * float(gap @ pull)
            gradient -= collect(structure, D.T @ pull, self.n_free)
            curvature += target.share * collect(structure, D.T @ target.weigh(D), self.n_free)
            bends.append((state, pull))

        def exact() -> Array:
            bend = [collect(state.structure, _moment_curvature(state, pull), self.n_free) for state, pull in bends]
            return curvature - sum(bend)

        return Curve(value, gradient, curvature, exact)

    def hessian(self, theta: Array) -> Array:
        return self.curve(theta).hessian()


def moment_vector(state: Implied) -> Array:
    """Implied means (where modelled), then vech of the implied covariances."""
    i, j = vech_index(state.structure.p)
    cov = state.cov[i, j]
    return np.concatenate([state.mean, cov]) if state.structure.has_means else cov


def _moment_curvature(state: Implied, r: Array) -> Array:
    """(k, k) sum over moments of r times their second derivatives."""
    s, p = state.structure, state.structure.p
    i, j = vech_index(p)
    mean_part, cov_part = (r[:p], r[p:]) if s.has_means else (np.zeros(0), r)
    A = np.zeros((p, p))
    A[i, j] = np.where(i == j, cov_part, 0.5 * cov_part)
    A = np.where(A != 0, A, A.T)
    if not s.has_means:
        return second_order(state, slot_products(state.structure, state.Z, A))
    W = np.zeros((p + 1, p + 1))
    W[:p, :p] = A
    W[:p, p] = W[p, :p] = 0.5 * mean_part - A @ state.mean
    dmu = jacobian(state)[:p]
    return second_order(state, slot_products(state.structure, state.Z, W)) - 2.0 * dmu.T @ A @ dmu
