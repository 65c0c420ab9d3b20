"""The normal likelihood of one group's answers, block by block of missing-data patterns, with derivatives by slot."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, reduce
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
    """Half the deviance of one group; on demand its derivatives by slot: gradient (k,), expected and exact (k, k).

    Infinite where Omega is not positive definite.
    """
    terms = pattern_terms(state, group) if isinstance(group, Patterns) else _by_block(state, group)
    if terms is not None:
        return terms
    k = len(state.structure.free)
    return math.inf, lambda: np.full(k, math.nan), lambda: np.zeros((k, k)), lambda: np.zeros((k, k))


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
    inverses = [_inverse(state.omega, block, state) for block in blocks]
    known = [inverse for inverse in inverses if inverse is not None]
    if len(known) < len(blocks):
        return None
    whole = _BlockSum(state, blocks, tuple(V for V, _ in known))
    terms = zip(blocks, known, strict=True)
    value = sum(0.5 * block.n * (logdet + float(np.vdot(V, block.moment))) for block, (V, logdet) in terms)
    return value, lambda: whole.slope, lambda: whole.expected, whole.exact


@dataclass(frozen=True)
class _BlockSum:
    """The derivatives of half the deviance, summed over blocks, from V = Omega^-1 of each."""

    state: Implied
    blocks: tuple[Pattern, ...]
    inverses: tuple[Array, ...]

    @cached_property
    def gathers(self) -> tuple[tuple[float, SlotProducts, SlotProducts], ...]:
        """Of each block n / 2, and the gathers of V and of n (V - V M V) / 2."""
        state, structure, gathers = self.state, self.state.structure, []
        for block, V in zip(self.blocks, self.inverses, strict=True):
            half = 0.5 * block.n
            Z = state.used if _is_whole(state.omega, block) else state.used[block.columns]
            push = slot_products(structure, Z, half * (V - V @ block.moment @ V))
            gathers.append((half, slot_products(structure, Z, V), push))
        return tuple(gathers)

    @cached_property
    def push(self) -> SlotProducts:
        """The last of these, summed."""
        return reduce(add, [push for _, _, push in self.gathers])

    @property
    def slope(self) -> Array:
        return first_order(self.state.structure, self.push)

    @read_only_property
    def expected(self) -> Array:
        structure = self.state.structure
        return reduce(add, [own_trace(structure, inverse, half) for half, inverse, _ in self.gathers])

    def exact(self) -> Array:
        structure, second = self.state.structure, second_order(self.state, self.push)
        for half, inverse, push in self.gathers:
            middle = inverse.products * half - 2.0 * push.products  # of n (V M V - V / 2), as its gathers
            second += product_trace(structure, SlotProducts(structure, middle), inverse)
        return second
