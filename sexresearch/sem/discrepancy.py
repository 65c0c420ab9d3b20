"""How far a model is from the data: a sum over groups, each a function of one shared parameter vector.

`NormalLikelihood` is minus the log-likelihood per respondent (complete data is one missing-data pattern);
`LeastSquares` is half a quadratic form in the moments (GLS, ULS, WLS, DWLS). Both give value, gradient, expected
curvature and exact Hessian to the same minimiser.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.linalg import lapack

from sexresearch.sem.arrays import Array
from sexresearch.sem.structure import (
    Implied,
    Structure,
    first_order,
    implied,
    jacobian,
    product_trace,
    second_order,
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
    """A discrepancy at one point: value, gradient (q,) and a positive semidefinite expected curvature (q, q)."""

    value: float
    gradient: Array
    curvature: Array


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


def collect(structure: Structure, slots: Array, size: int) -> Array:
    """Sum a vector (k,) or matrix (k, k) over slots into free parameters (q,) or (q, q)."""
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
        value, gradient, curvature = 0.0, np.zeros(self.n_free), np.zeros((self.n_free, self.n_free))
        for structure, blocks in zip(self.structures, self.blocks, strict=True):
            state = implied(structure, theta)
            group = group_terms(state, blocks, exact=False)
            value += group.value
            gradient += collect(structure, group.gradient, self.n_free)
            curvature += collect(structure, group.curvature, self.n_free)
        return Curve(value / self.n, gradient / self.n, curvature / self.n)

    def hessian(self, theta: Array) -> Array:
        total = np.zeros((self.n_free, self.n_free))
        for structure, blocks in zip(self.structures, self.blocks, strict=True):
            group = group_terms(implied(structure, theta), blocks, exact=True)
            total += collect(structure, group.curvature, self.n_free)
        return total / self.n


def _part(omega: Array, block: Block) -> Array:
    return omega if len(block.columns) == len(omega) else omega[np.ix_(block.columns, block.columns)]


def group_terms(state: Implied, blocks: tuple[Block, ...], exact: bool) -> Curve:
    """Sum over the blocks of one group, by slot (k,): value, gradient and expected (or exact) second derivatives."""
    structure, P = state.structure, len(state.omega)
    value = 0.0
    inverses, middles = np.zeros((len(blocks), P, P)), np.zeros((len(blocks), P, P))
    for number, block in enumerate(blocks):
        found = invert(_part(state.omega, block))
        if found is None:
            k = len(structure.free)
            return Curve(math.inf, np.full(k, math.nan), np.zeros((k, k)))
        V, logdet = found
        value += 0.5 * block.n * (logdet + float(np.vdot(V, block.moment)))
        here = np.ix_(block.columns, block.columns)
        inverses[number][here], middles[number][here] = V, V @ block.moment @ V
    n = np.array([block.n for block in blocks])
    push = 0.5 * np.tensordot(n, inverses - middles, axes=1)
    left = 2.0 * middles - inverses if exact else inverses
    M = state.Z.T @ push @ state.Z
    curvature = 0.5 * _summed_traces(state, left * n[:, None, None], inverses)
    return Curve(value, first_order(structure, M), curvature + second_order(state, M) if exact else curvature)


def _summed_traces(state: Implied, left: Array, right: Array) -> Array:
    """(k, k) sum over blocks b of tr(left_b dOmega_i right_b dOmega_j), for symmetric stacks (b, P, P).

    One block, or few, go by gathers; many blocks share one product of the stacks, so that their number hardly counts.
    """
    structure, Z, P = state.structure, state.Z, len(state.omega)
    if len(left) <= FEW_BLOCKS or P > LARGEST_POOLED:
        pairs = zip(left, right, strict=True)
        return np.sum([product_trace(structure, Z.T @ a @ Z, Z.T @ b @ Z) for a, b in pairs], axis=0)
    pooled = left.reshape(len(left), -1).T @ right.reshape(len(right), -1)
    pooled = pooled.reshape(P, P, P, P).transpose(1, 2, 3, 0).reshape(P * P, P * P)
    U, V = Z[:, structure.u], Z[:, structure.v]
    moves = structure.weight * (U[:, None] * V[None] + V[:, None] * U[None])
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
        gradient, curvature = np.zeros(self.n_free), np.zeros((self.n_free, self.n_free))
        for structure, target in zip(self.structures, self.targets, strict=True):
            state = implied(structure, theta)
            D = jacobian(state)
            r = target.weigh(target.moments - moment_vector(state))
            gradient -= target.share * collect(structure, D.T @ r, self.n_free)
            curvature += target.share * collect(structure, D.T @ target.weigh(D), self.n_free)
        return Curve(self.value(theta), gradient, curvature)

    def hessian(self, theta: Array) -> Array:
        total = self.curve(theta).curvature
        for structure, target in zip(self.structures, self.targets, strict=True):
            state = implied(structure, theta)
            r = target.weigh(target.moments - moment_vector(state))
            total -= target.share * collect(structure, _moment_curvature(state, r), self.n_free)
        return total


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
        return second_order(state, state.Z.T @ A @ state.Z)
    W = np.zeros((p + 1, p + 1))
    W[:p, :p] = A
    W[:p, p] = W[p, :p] = 0.5 * mean_part - A @ state.mean
    dmu = jacobian(state)[:p]
    return second_order(state, state.Z.T @ W @ state.Z) - 2.0 * dmu.T @ A @ dmu
