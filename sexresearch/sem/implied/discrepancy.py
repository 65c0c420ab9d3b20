"""How far a model is from the data: a sum over groups, each a function of one shared parameter vector.

`NormalLikelihood` is minus the log-likelihood per respondent (complete data is one missing-data pattern);
`LeastSquares` is half a quadratic form in the moments (GLS, ULS, WLS, DWLS). Both give value, gradient, expected
curvature and exact Hessian to the same minimiser.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import add
from typing import Protocol

import numpy as np
from scipy.linalg import lapack

from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.patterns import Block, Derivatives, Patterns, in_order, pattern_terms
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

FEW_BLOCKS = 8  # up to here gathers of q x q matrices are cheaper than products of stacks


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
    groups: tuple[Grouped, ...]
    n_free: int

    @cached_property
    def n(self) -> float:
        """Respondents (or summed weights) in all groups."""
        return sum(respondents(group) for group in self.groups)

    def value(self, theta: Array) -> float:
        pairs = zip(self.structures, self.groups, strict=True)
        return sum(0.5 * deviance(implied(structure, theta).omega, group) for structure, group in pairs) / self.n

    def curve(self, theta: Array) -> Curve:
        groups = [
            (structure, group_terms(implied(structure, theta), group))
            for structure, group in zip(self.structures, self.groups, strict=True)
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


Grouped = tuple[Block, ...] | Patterns


def grouped(blocks: tuple[Block, ...]) -> Grouped:
    """The blocks of a group, stacked where they are many; the constant is then among their columns."""
    return blocks if len(blocks) <= FEW_BLOCKS else Patterns.of(blocks)


def respondents(group: Grouped) -> float:
    """Respondents (or summed weights) of a group."""
    return float(group.n.sum()) if isinstance(group, Patterns) else sum(block.n for block in group)


def deviance(omega: Array, group: Grouped) -> float:
    """Sum over blocks of n (log|Omega| + tr(Omega^-1 M)); infinite where Omega is not positive definite."""
    if isinstance(group, Patterns):
        known = group.known(omega)
        return math.inf if known is None else sum(float(own.stack.n @ own.deviance) for own in known)
    total = 0.0
    for block in group:
        inverse = invert(_part(omega, block))
        if inverse is None:
            return math.inf
        total += block.n * (inverse[1] + float(np.vdot(inverse[0], block.moment)))
    return total


def inverses(omega: Array, group: Grouped) -> list[tuple[Array, Array, float]] | None:
    """Columns, inverse of Omega and log|Omega| of every block; None where one is not positive definite."""
    if isinstance(group, Patterns):
        known = group.known(omega)
        return None if known is None else in_order(known)
    found = [(block.columns, invert(_part(omega, block))) for block in group]
    solved = [(columns, *inverse) for columns, inverse in found if inverse is not None]
    return solved if len(solved) == len(found) else None


def _part(omega: Array, block: Block) -> Array:
    return omega if len(block.columns) == len(omega) else omega[np.ix_(block.columns, block.columns)]


def group_terms(state: Implied, group: Grouped) -> Curve:
    """Sum over the blocks of one group, by slot (k,): value, gradient, expected and exact second derivatives."""
    found = pattern_terms(state, group) if isinstance(group, Patterns) else _by_block(state, group)
    if found is not None:
        return Curve(*found)
    k = len(state.structure.free)
    return Curve(math.inf, np.full(k, math.nan), np.zeros((k, k)), lambda: np.zeros((k, k)))


def _by_block(state: Implied, blocks: tuple[Block, ...]) -> Derivatives | None:
    """What `pattern_terms` gives, block by block, in gathers of (k, k) matrices."""
    found = [invert(_part(state.omega, block)) for block in blocks]
    known = [inverse for inverse in found if inverse is not None]
    if len(known) < len(found):
        return None
    s = state.structure
    value = sum(0.5 * b.n * (log + float(np.vdot(V, b.moment))) for (V, log), b in zip(known, blocks, strict=True))
    Z = [state.Z if len(block.columns) == len(state.Z) else state.Z[block.columns] for block in blocks]
    inverses = [slot_products(s, z, V) for z, (V, _) in zip(Z, known, strict=True)]
    middles = [slot_products(s, z, V @ b.moment @ V) for z, (V, _), b in zip(Z, known, blocks, strict=True)]
    half = [0.5 * block.n for block in blocks]
    push = reduce(add, [(V - W) * n for V, W, n in zip(inverses, middles, half, strict=True)])
    expected = reduce(add, [n * product_trace(s, V, V) for V, n in zip(inverses, half, strict=True)])

    def exact() -> Array:
        crossed = sum(2.0 * n * product_trace(s, W, V) for W, V, n in zip(middles, inverses, half, strict=True))
        return crossed - expected + second_order(state, push)

    return value, first_order(s, push), expected, exact


@dataclass(frozen=True)
class Target:
    """Sample moments of one group for least squares: share of the sample, moments s and weight matrix (or diagonal).

    Means among the moments are measured from the structure's origin.
    """

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
    """Implied means from the origin (where modelled), then vech of the implied covariances."""
    i, j = vech_index(state.structure.p)
    cov = state.cov[i, j]
    return np.concatenate([state.mean_from_origin, cov]) if state.structure.has_means else cov


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
    W[:p, p] = W[p, :p] = 0.5 * mean_part - A @ state.mean_from_origin
    dmu = jacobian(state)[:p]
    return second_order(state, slot_products(state.structure, state.Z, W)) - 2.0 * dmu.T @ A @ dmu
