"""The normal likelihood of one group's answers, block by block of missing-data patterns, with derivatives by slot."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np

from sexresearch.frozen import read_only_property
from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.patterns import Derivatives, Pattern, Patterns, in_order, pattern_terms
from sexresearch.sem.implied.slot_products import (
    SlotProducts,
    first_order,
    own_trace,
    product_trace,
    second_order,
    slot_products,
)
from sexresearch.sem.implied.structure import Implied
from sexresearch.sem.matrices import invert

FEW_BLOCKS = 8  # up to here gathers of q x q matrices are cheaper than products of stacks

Grouped = tuple[Pattern, ...] | Patterns


def grouped(blocks: tuple[Pattern, ...]) -> Grouped:
    """The blocks of a group, stacked where they are many; the constant is then among their columns."""
    return blocks if len(blocks) <= FEW_BLOCKS else Patterns.of(blocks)


def respondents(group: Grouped) -> float:
    """Respondents (or summed weights) of a group."""
    return float(group.n.sum()) if isinstance(group, Patterns) else sum(block.n for block in group)


def deviance(omega: Array, group: Grouped, state: Implied | None = None) -> float:
    """Sum over blocks of n (log|Omega| + tr(Omega^-1 M)); infinite where Omega is not positive definite.

    state : what implies Omega, and may know its inverse.
    """
    if isinstance(group, Patterns):
        known = group.known(omega)
        return math.inf if known is None else sum(float(own.stack.n @ own.deviance) for own in known)
    total = 0.0
    for block in group:
        inverse = _inverse(omega, block, state)
        if inverse is None:
            return math.inf
        total += block.n * (inverse[1] + float(np.vdot(inverse[0], block.moment)))
    return total


def inverses(omega: Array, group: Grouped) -> list[tuple[Array, Array, float]] | None:
    """Columns, inverse of Omega and log|Omega| of every block; None where one is not positive definite."""
    if isinstance(group, Patterns):
        known = group.known(omega)
        return None if known is None else in_order(known)
    inverses = [(block.columns, invert(_part(omega, block))) for block in group]
    solved = [(columns, *inverse) for columns, inverse in inverses if inverse is not None]
    return solved if len(solved) == len(inverses) else None


def _inverse(omega: Array, block: Pattern, state: Implied | None) -> tuple[Array, float] | None:
    """Inverse and log determinant of a block's part of Omega, which is what `state` implies where that is at hand."""
    return state.inverse if state is not None and _is_whole(omega, block) else invert(_part(omega, block))


def _is_whole(omega: Array, block: Pattern) -> bool:
    return len(block.columns) == len(omega)


def _part(omega: Array, block: Pattern) -> Array:
    return omega if _is_whole(omega, block) else omega[np.ix_(block.columns, block.columns)]


def likelihood_derivatives(state: Implied, group: Grouped) -> Derivatives:
    """Half the deviance of one group with its derivatives by slot: value, (k,), expected and exact (k, k) on demand.

    Infinite where Omega is not positive definite.
    """
    terms = pattern_terms(state, group) if isinstance(group, Patterns) else _by_block(state, group)
    if terms is not None:
        return terms
    k = len(state.structure.free)
    return math.inf, np.full(k, math.nan), lambda: np.zeros((k, k)), lambda: np.zeros((k, k))


def likelihood_gradient(state: Implied, blocks: tuple[Pattern, ...]) -> tuple[float, Array]:
    """Half the deviance of one group with its gradient by slot (k,); infinite where Omega is not positive definite."""
    value, slope = 0.0, np.zeros(len(state.structure.free))
    for block in blocks:
        inverse = _inverse(state.omega, block, state)
        if inverse is None:
            return math.inf, np.full(len(slope), math.nan)
        V, logdet = inverse
        half = 0.5 * block.n
        Z = state.used if _is_whole(state.omega, block) else state.used[block.columns]
        slope += first_order(state.structure, slot_products(state.structure, Z, half * (V - V @ block.moment @ V)))
        value += half * (logdet + float(np.vdot(V, block.moment)))
    return value, slope


def _by_block(state: Implied, blocks: tuple[Pattern, ...]) -> Derivatives | None:
    """What `pattern_terms` gives, block by block, in gathers of (k, k) matrices."""
    block_terms = [_block_terms(state, block) for block in blocks]
    terms = tuple(own for own in block_terms if own is not None)
    if len(terms) < len(block_terms):
        return None
    whole = _BlockSum(state, terms, reduce(add, [own.push for own in terms]))
    slope = first_order(state.structure, whole.push)
    return sum(own.value for own in terms), slope, lambda: whole.expected, whole.exact


@dataclass(frozen=True)
class _BlockTerms:
    """Of one block: n / 2, half its deviance, and the gathers of V = Omega^-1 and of n (V - V M V) / 2."""

    half: float
    value: float
    inverse: SlotProducts
    push: SlotProducts


@dataclass(frozen=True)
class _BlockSum:
    """The second derivatives of a sum of blocks; `push` is summed over them."""

    state: Implied
    terms: tuple[_BlockTerms, ...]
    push: SlotProducts

    @read_only_property
    def expected(self) -> Array:
        return reduce(add, [own_trace(self.state.structure, own.inverse, own.half) for own in self.terms])

    def exact(self) -> Array:
        second = second_order(self.state, self.push)
        for own in self.terms:
            middle = own.inverse.products * own.half - 2.0 * own.push.products  # of n (V M V - V / 2), as its gathers
            second += product_trace(self.state.structure, SlotProducts(self.state.structure, middle), own.inverse)
        return second


def _block_terms(state: Implied, block: Pattern) -> _BlockTerms | None:
    inverted = _inverse(state.omega, block, state)
    if inverted is None:
        return None
    V, logdet = inverted
    half = 0.5 * block.n
    Z = state.used if _is_whole(state.omega, block) else state.used[block.columns]
    inverse = slot_products(state.structure, Z, V)
    push = slot_products(state.structure, Z, half * (V - V @ block.moment @ V))
    return _BlockTerms(half, half * (logdet + float(np.vdot(V, block.moment))), inverse, push)
