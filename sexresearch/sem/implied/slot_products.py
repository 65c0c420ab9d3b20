"""Traces that first and second derivatives are made of, as gathers from products of the columns that slots use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sexresearch.frozen import read_only_property
from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.structure import Implied, Structure


@dataclass(frozen=True)
class SlotProducts:
    """The (k, k) gathers u'Au, u'Av, v'Au, v'Av of a symmetric matrix A, from Z'AZ (c, c) of the used columns."""

    structure: Structure
    products: Array

    @read_only_property
    def uu(self) -> Array:
        return self.products.take(self.structure.pairs[0])

    @read_only_property
    def uv(self) -> Array:
        return self.products.take(self.structure.pairs[1])

    @property
    def vu(self) -> Array:
        return self.uv.T.copy()  # products with the other layout would take longer

    @read_only_property
    def vv(self) -> Array:
        return self.products.take(self.structure.pairs[2])

    def __add__(self, other: SlotProducts) -> SlotProducts:
        return SlotProducts(self.structure, self.products + other.products)


def slot_products(structure: Structure, Z: Array, A: Array) -> SlotProducts:
    """The gathers of Z' A Z, for symmetric A (P, P) and the used columns Z (P, c), or a pattern's rows of them."""
    u = structure.units if len(Z) == len(structure.observed) else 0
    if not u:
        return SlotProducts(structure, Z.T @ A @ Z)
    others = Z[:, u:]
    moved = A @ others
    M = np.empty((Z.shape[1],) * 2)
    M[:u, :u], M[:u, u:], M[u:, :u], M[u:, u:] = A[:u, :u], moved[:u], moved[:u].T, others.T @ moved
    return SlotProducts(structure, M)


def first_order(structure: Structure, A: SlotProducts) -> Array:
    """(k,) tr(A dOmega) for every slot."""
    return 2.0 * structure.weight * A.products.take(structure.pairs[1].diagonal())


def own_trace(structure: Structure, A: SlotProducts, times: float) -> Array:
    """(k, k) tr(A dOmega_i A dOmega_j) `times` a number."""
    out = A.vu * A.uv
    out += A.vv * A.uu
    out *= structure.weights
    out *= 2.0 * times
    return out


def product_trace(structure: Structure, A: SlotProducts, B: SlotProducts) -> Array:
    """(k, k) tr(A dOmega_i B dOmega_j)."""
    crossed = B.vu * A.uv
    out = crossed + crossed.T.copy()
    out += B.vv * A.uu
    out += B.uu * A.vv
    out *= structure.weights
    return out


def second_order(state: Implied, A: SlotProducts) -> Array:
    """(k, k) tr(A d2Omega_ij).

    Moving slot i, a path, turns u_j into u_i G[c_i, r_j]; it turns v_j, a column of C, into
    u_i C[c_i, c_j] + v_i G[c_j, r_i], and v_j, a column of G, into u_i G[c_i, c_j]. A slot of S moves none of them.
    """
    s = state.structure
    along = np.concatenate([state.G.reshape(-1), 0.5 * state.C_lifted.reshape(-1)]).take(s.moves[0])
    along *= A.products.take(s.moving_pairs[0])
    across = state.G.take(s.moves[1])
    across *= A.products.take(s.moving_pairs[1])
    along += across
    along *= 2.0 * s.weight
    out = np.zeros_like(s.weights)
    out[s.moving] = along
    return out + out.T.copy()  # copied first: adding the two layouts takes longer
