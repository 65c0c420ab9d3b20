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
    value, push = 0.0, np.zeros((P, P))
    curvature = np.zeros((len(structure.free), len(structure.free)))
    for block in blocks:
        found = invert(_part(state.omega, block))
        if found is None:
            return Curve(math.inf, np.full(len(structure.free), math.nan), curvature)
        V, logdet = found
        A = V @ block.moment @ V
        value += 0.5 * block.n * (logdet + float(np.vdot(V, block.moment)))
        columns = block.columns
        push[np.ix_(columns, columns)] += 0.5 * block.n * (V - A)
        Z = state.Z[columns]
        MV = Z.T @ V @ Z
        traces = product_trace(structure, MV, MV)
        if exact:
            traces = 2.0 * product_trace(structure, Z.T @ A @ Z, MV) - traces
        curvature += 0.5 * block.n * traces
    M = state.Z.T @ push @ state.Z
    if exact:
        curvature += second_order(state, M)
    return Curve(value, first_order(structure, M), curvature)


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
