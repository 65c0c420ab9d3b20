"""Many missing-data patterns at once: those with one number of answers are stacked, so that their number hardly counts.

Symmetric matrices of all patterns, padded with zeros to P variables, stand as rows (b, L) of lower triangles,
L = P (P + 1) / 2; sums over patterns of products of two of them are then one matrix product.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import numpy as np

from sexresearch.frozen import read_only, read_only_property
from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.slot_products import first_order, second_order, slot_products
from sexresearch.sem.implied.structure import Implied

STEADY = 100.0  # variance inflation up to which differences of parts of an inverse keep twelve digits


@dataclass(frozen=True)
class Pattern:
    """One pattern of answered items in one group: n respondents (or their summed weights) and what they answered.

    columns : (P_b,) rows of Omega that were observed, ascending, the constant included where means are modelled.
    moment : (P_b, P_b) mean of z z' over the respondents, z their answers from the origin (and the constant 1); without
    means, the covariance matrix with denominator n.
    """

    columns: Array
    n: float
    moment: Array


@dataclass(frozen=True)
class Stack:
    """The blocks that answered k of P variables: their numbers (b,), columns (b, k), n (b,) and moment (b, k, k).

    gaps : (b, P - k) the columns that were not answered.
    """

    numbers: Array
    columns: Array
    gaps: Array
    n: Array
    moment: Array

    @read_only_property
    def places(self) -> tuple[Array, Array]:
        """(b, L) where the triangle of (P, P) stands in the flat parts (b, k, k), and which of it was not answered."""
        b, k = self.columns.shape
        lower = triangle(k + self.gaps.shape[1])
        own = np.full((b, k + self.gaps.shape[1]), -1)
        np.put_along_axis(own, self.columns, np.arange(k), axis=1)
        high, low = own[:, lower.row], own[:, lower.column]
        unknown = (high < 0) | (low < 0)
        places = np.arange(b)[:, None] * k * k + high * k + low
        return np.where(unknown, 0, places), np.flatnonzero(unknown)

    def inverses(self, omega: Array, whole: tuple[Array, float] | None) -> tuple[Array, Array]:
        """Inverses (b, k, k) and log determinants (b,) of the answered parts of `omega` (P, P).

        From the inverse W of the `whole` and its log determinant, where there are fewer gaps than answers:
        V = W_kk - W_kg W_gg^-1 W_gk and log|V^-1| = log|Omega| + log|W_gg|, g the gaps.
        LinAlgError where a part is not positive definite.
        """
        if whole is None or 2 * self.gaps.shape[1] > self.columns.shape[1]:
            return inverted(_part(omega, self.columns, self.columns))
        W, logdet = whole
        V = _part(W, self.columns, self.columns)
        if not self.gaps.shape[1]:
            return V, np.full(len(V), logdet)
        across = _part(W, self.columns, self.gaps)
        inner, more = inverted(_part(W, self.gaps, self.gaps))
        return V - across @ inner @ across.transpose(0, 2, 1), logdet + more


@dataclass(frozen=True)
class PatternInverses:
    """Inverses V (b, k, k) and log determinants (b,) of the answered parts of one Omega, for one stack."""

    stack: Stack
    inverse: Array
    logdet: Array

    @property
    def middle(self) -> Array:
        """(b, k, k) V M V with M the moments of the answers."""
        return self.inverse @ self.stack.moment @ self.inverse

    @property
    def deviance(self) -> Array:
        """(b,) log|Omega| + tr(V M) of one respondent."""
        return self.logdet + np.einsum("bij,bij->b", self.inverse, self.stack.moment)


@dataclass(frozen=True)
class Patterns:
    """Every block of a group of P variables (`size`, the constant included), stacked by how much was answered."""

    size: int
    stacks: tuple[Stack, ...]

    @classmethod
    def of(cls, blocks: Sequence[Pattern]) -> Patterns:
        """The blocks stacked; the last column of each is the constant."""
        lengths, size = np.array([len(block.columns) for block in blocks]), int(blocks[0].columns[-1]) + 1
        stacks = []
        for length in np.unique(lengths):
            numbers = np.flatnonzero(lengths == length)
            own = [blocks[int(number)] for number in numbers]
            columns, moment = np.array([block.columns for block in own]), np.array([block.moment for block in own])
            missing = np.ones((len(own), size), dtype=bool)
            np.put_along_axis(missing, columns, False, axis=1)
            gaps = np.nonzero(missing)[1].reshape(len(own), -1)
            stacks.append(Stack(numbers, columns, gaps, np.array([block.n for block in own]), moment))
        return cls(size, tuple(stacks))

    @read_only_property
    def n(self) -> Array:
        """(b,) respondents behind each block, stack by stack."""
        return np.concatenate([stack.n for stack in self.stacks])

    def known(self, omega: Array) -> list[PatternInverses] | None:
        """What is answered of `omega` (P, P), inverted; None where a part is not positive definite."""
        whole = steady_inverse(omega)
        try:
            return [PatternInverses(stack, *stack.inverses(omega, whole)) for stack in self.stacks]
        except np.linalg.LinAlgError:
            return None

    def rows(self, parts: Sequence[Array]) -> Array:
        """(b, L) one matrix per block, stack by stack, from the `parts` (b, k, k), as lower triangles of (P, P)."""
        out, first = np.empty((len(self.n), self.size * (self.size + 1) // 2)), 0
        for stack, part in zip(self.stacks, parts, strict=True):
            places, unknown = stack.places
            own = out[first : first + len(part)]
            np.take(part, places, out=own, mode="clip")
            own.reshape(-1)[unknown] = 0.0
            first += len(part)
        return out

    def summed(self, parts: Sequence[Array]) -> Array:
        """(P, P) the sum over blocks of n times one matrix per block, from the `parts` (b, k, k) of each stack."""
        return (self.n @ self.rows(parts))[triangle(self.size).place]


def _part(omega: Array, rows: Array, columns: Array) -> Array:
    """(b, r, c) the entries of `omega` (P, P) in rows (b, r) and columns (b, c)."""
    return omega.take(rows[:, :, None] * len(omega) + columns[:, None, :])


def steady_inverse(omega: Array) -> tuple[Array, float] | None:
    """The inverse of `omega` (P, P) and its log determinant, where no variable nearly depends on the others."""
    try:
        inverse, logdet = inverted(omega[None])
    except np.linalg.LinAlgError:
        return None
    inflation = omega.diagonal() * inverse[0].diagonal()
    return (inverse[0], float(logdet[0])) if inflation.max() < STEADY else None


def inverted(stack: Array) -> tuple[Array, Array]:
    """Inverses (b, k, k) and log determinants (b,); LinAlgError where a matrix is not positive definite."""
    diagonal = np.linalg.cholesky(stack).diagonal(axis1=1, axis2=2)
    if not np.isfinite(diagonal).all():
        raise np.linalg.LinAlgError("not finite")
    sd = np.sqrt(stack.diagonal(axis1=1, axis2=2))
    unit = sd[:, :, None] * sd[:, None, :]  # inverted as correlations, so that no variable's scale drowns another's
    return np.linalg.inv(stack / unit) / unit, 2.0 * np.log(diagonal).sum(axis=1)


def in_order(known: Sequence[PatternInverses]) -> list[tuple[Array, Array, float]]:
    """Columns, inverse and log determinant of every block, in the order of their numbers."""
    parts = [zip(own.stack.numbers, own.stack.columns, own.inverse, own.logdet, strict=True) for own in known]
    return [(columns, V, logdet) for _, columns, V, logdet in sorted(chain(*parts), key=lambda part: part[0])]


@dataclass(frozen=True)
class Triangle:
    """The lower triangle of a symmetric (P, P) matrix: `row` and `column` of its entries (L,).

    place : (P, P) where each entry of the matrix stands in it. once : (L,) 1, but one half on the diagonal.
    """

    row: Array
    column: Array
    place: Array
    once: Array


@lru_cache(maxsize=64)
def triangle(size: int) -> Triangle:
    """The lower triangle of matrices of P = `size` variables; its arrays are shared and cannot be written."""
    row, column = np.tril_indices(size)
    place = np.empty((size, size), dtype=int)
    place[row, column] = place[column, row] = np.arange(len(row))
    return Triangle(*read_only((row, column, place, np.where(row == column, 0.5, 1.0))))


OnDemand = Callable[[], Array]
Derivatives = tuple[float, OnDemand, OnDemand, OnDemand]


def pattern_terms(state: Implied, patterns: Patterns) -> Derivatives | None:
    """Value, gradient, expected and exact second derivatives by slot, summed over patterns; None where not computable.

    With V = Omega^-1 and W = V M V: gradient tr((V - W) dOmega) / 2, expected tr(V dOmega V dOmega) / 2, exact
    tr((W - V / 2) dOmega V dOmega) + tr((V - W) d2Omega) / 2, each times n.
    """
    known = patterns.known(state.omega)
    if known is None:
        return None
    inverses, middles = patterns.rows([own.inverse for own in known]), patterns.rows([own.middle for own in known])
    value = 0.5 * sum(float(own.stack.n @ own.deviance) for own in known)
    mean = (0.5 * patterns.n @ (inverses - middles))[triangle(patterns.size).place]
    push = slot_products(state.structure, state.used, mean)
    root = np.sqrt(patterns.n)[:, None]
    weighted = root * inverses

    def exact() -> Array:
        return _summed_traces(state, root * (middles - 0.5 * inverses), weighted) + second_order(state, push)

    def expected() -> Array:
        return 0.5 * _summed_traces(state, weighted, weighted)

    return value, lambda: first_order(state.structure, push), expected, exact


def _summed_traces(state: Implied, left: Array, right: Array) -> Array:
    """(k, k) sum over blocks b of tr(left_b dOmega_i right_b dOmega_j), for rows (b, L) of symmetric matrices."""
    s, lower = state.structure, triangle(len(state.omega))
    pooled, one = _pooled_traces(left, right, lower), (s.u < s.units) & (s.v < s.units)
    alone, others = np.flatnonzero(one), np.flatnonzero(~one)
    U, V = state.Z[:, s.u[others]], state.Z[:, s.v[others]]
    moves = U[lower.row] * V[lower.column] + V[lower.row] * U[lower.column]
    moves *= lower.once[:, None] * s.weight[others]
    moved, at = pooled @ moves, lower.place[s.u[alone], s.v[alone]]  # where a slot moves one entry of Omega alone
    out = np.empty_like(s.weights)
    out[others[:, None], others] = moves.T @ moved
    out[alone[:, None], alone] = pooled[at[:, None], at] * s.weights[alone[:, None], alone]
    out[alone[:, None], others] = s.weight[alone, None] * moved[at]
    out[others[:, None], alone] = out[alone[:, None], others].T
    return out


def moment_derivatives(patterns: Patterns, known: Sequence[PatternInverses]) -> tuple[Array, Array]:
    """Gradient (L - 1,) and Hessian (L - 1, L - 1) of half the deviance in the lower triangle of Omega but its last 1.

    tr((V - W) E_i) / 2 and tr((W - V / 2) E_i V E_j), each times n, with E_i the change of Omega with entry i.
    """
    lower = triangle(patterns.size)
    inverses, middles = patterns.rows([own.inverse for own in known]), patterns.rows([own.middle for own in known])
    pooled = _pooled_traces(middles - 0.5 * inverses, patterns.n[:, None] * inverses, lower)
    gradient = lower.once * (patterns.n @ (inverses - middles))
    return gradient[:-1], (lower.once[:, None] * lower.once * pooled)[:-1, :-1]


def _pooled_traces(left: Array, right: Array, lower: Triangle) -> Array:
    """(L, L) sum over blocks b of tr(left_b E_i right_b E_j), E = e_r e_c' + e_c e_r' at row r, column c of it."""
    product, place = left.T @ right, lower.place
    out, flat = np.zeros_like(product), lower.row * len(place) + lower.column
    for row, own in enumerate(place):
        inner = product[own].take(place, axis=1).transpose(1, 2, 0)  # left (., row), right (first, second)
        both = (inner + inner.transpose(0, 2, 1)).reshape(len(place), -1).take(flat, axis=1)
        out[own] += both
        out[own[row]] += both[row]
    return out
