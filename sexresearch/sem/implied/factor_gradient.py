"""The likelihood's gradient for many samples at once, at the cost of the factors rather than of the items.

Items that only reflect (no arrow leaves them, their residual is theirs alone) are split from the core: latent
variables, other observed variables, and the constant 1. Then Omega = L C L' + D with D diagonal, and its inverse by
Woodbury 1950 needs the inverse of matrices of the core's size only:

    Omega^-1 = D^-1 - D^-1 L (I + C L' D^-1 L)^-1 C L' D^-1.

An observed variable of the core has no residual: it borrows one, half its variance, which a factor of its own with the
negative of that variance (a further column of L) takes back, so that D can be inverted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.structure import Implied, Structure
from sexresearch.sem.implied.total_effects import (
    Causes,
    causes_in_order,
    implied_covariances,
    recursive_effects,
    total_effects,
)
from sexresearch.sem.matrices import positive_definite


@dataclass(frozen=True)
class SlotMap:
    """Which slots go to one matrix, and where."""

    slots: Array
    row: Array
    col: Array


@dataclass(frozen=True)
class FactorForm:
    """One group's structure split into reflecting items (first) and core; f core variables, P rows of Omega.

    order : (P,) the structure's rows of Omega in the order used here.
    items, paths, spreads, residuals : slots that sit in L, in the core's B, in the core's S, in D.
    loading : (P, f + c) fixed values of L; diagonal : (P,) of D; borrowed : (f + c, f + c) C with the factors of the c
    observed core variables, the core's own part still empty.
    """

    structure: Structure
    order: Array
    reflecting: Array
    core: Array
    loading: Array
    directed: Array
    symmetric: Array
    diagonal: Array
    borrowed: Array
    items: SlotMap
    paths: SlotMap
    spreads: SlotMap
    residuals: SlotMap

    @cached_property
    def causes(self) -> Causes | None:
        """What leads to each core variable, causes before what follows from them; None where there are loops."""
        linked = self.directed != 0
        linked[self.paths.row, self.paths.col] = True
        return causes_in_order(linked)


def factor_form(state: Implied) -> FactorForm:
    """Split a structure without origin; `state` gives the variances that observed core variables lend."""
    s = state.structure
    observed = s.observed[: s.p]
    reflecting = np.array([i for i in observed if _reflects(state, i)], dtype=int)
    core = np.setdiff1d(np.arange(len(s.names)), reflecting)
    seen = np.array([i for i in core if i in s.observed], dtype=int)
    rows = np.concatenate([reflecting, seen])
    place = np.full(len(s.names), -1)
    place[reflecting], place[core] = np.arange(len(reflecting)), np.arange(len(core))
    own = np.eye(len(rows))[:, len(reflecting) :]
    loading = np.vstack([s.directed[np.ix_(reflecting, core)], np.eye(len(s.names))[np.ix_(seen, core)]])
    lent = 0.5 * np.diag(state.C)[seen]
    is_item = np.isin(s.row, reflecting)
    kinds = (is_item & s.is_path, ~is_item & s.is_path, ~is_item & ~s.is_path, is_item & ~s.is_path)
    maps = [SlotMap(np.flatnonzero(kind), place[s.row[kind]], place[s.col[kind]]) for kind in kinds]
    lookup = {int(v): k for k, v in enumerate(s.observed)}
    return FactorForm(
        s,
        np.array([lookup[int(v)] for v in rows], dtype=int),
        reflecting,
        core,
        np.hstack([loading, own]),
        s.directed[np.ix_(core, core)],
        s.symmetric[np.ix_(core, core)],
        np.concatenate([np.diag(s.symmetric)[reflecting], lent]),
        np.diag(np.concatenate([np.zeros(len(core)), -lent])),
        *maps,
    )


def _reflects(state: Implied, i: int) -> bool:
    s = state.structure
    leaves = (s.directed[:, i] != 0).any() or (s.is_path & (s.col == i)).any()
    tied = ~s.is_path & ((s.row == i) ^ (s.col == i))
    shared = np.delete(s.symmetric[i] != 0, i).any() or tied.any()
    return not leaves and not shared and state.S[i, i] > 0


@dataclass(frozen=True)
class FactorStack:
    """A stack of b models, Omega = L W L' + D: L (b, P, f + c), D (b, P), G and C of the core (b, f, f), W around C."""

    L: Array
    D: Array
    G: Array
    C: Array
    W: Array


def factored(form: FactorForm, x: Array) -> FactorStack:
    """The matrices at slot values x (b, k)."""
    b, f = len(x), len(form.core)
    L, D = _filled(form.loading, b), _filled(form.diagonal, b)
    B, S = _filled(form.directed, b), _filled(form.symmetric, b)
    L[:, form.items.row, form.items.col] = x[:, form.items.slots]
    D[:, form.residuals.row] = x[:, form.residuals.slots]
    B[:, form.paths.row, form.paths.col] = x[:, form.paths.slots]
    S[:, form.spreads.row, form.spreads.col] = x[:, form.spreads.slots]
    S[:, form.spreads.col, form.spreads.row] = x[:, form.spreads.slots]
    G = total_effects(B) if form.causes is None else recursive_effects(B, form.causes)
    C, W = implied_covariances(G, S), _filled(form.borrowed, b)
    W[:, :f, :f] = C
    return FactorStack(L, D, G, C, W)


def _filled(matrix: Array, b: int) -> Array:
    return np.broadcast_to(matrix, (b, *matrix.shape)).copy()


def _t(stack: Array) -> Array:
    return stack.swapaxes(1, 2)


def gradient(form: FactorForm, x: Array, moment: Array) -> Array:
    """(b, k) slot derivatives of (log|Omega| + tr(Omega^-1 M)) / 2 at x (b, k), for moments M (b, P, P) in `order`."""
    at, f, r = factored(form, x), len(form.core), len(form.reflecting)
    part = 1.0 / at.D
    scaled = at.L * part[:, :, None]
    N = _t(scaled) @ at.L
    one = np.eye(N.shape[1])
    K = np.linalg.solve(one + at.W @ N, at.W)
    scaled_K, moment_scaled = scaled @ K, moment @ scaled
    across = scaled_K @ (_t(scaled) @ moment_scaled)
    moment_scaled *= part[:, :, None]
    across += scaled
    across -= moment_scaled
    X = across @ (one - K @ N)[:, :, :f]
    out = np.empty_like(x)
    out[:, form.items.slots] = (X @ at.C)[:, form.items.row, form.items.col]
    GY = _t(at.G) @ (_t(at.L[:, :, :f]) @ X)
    out[:, form.paths.slots] = (GY @ at.C)[:, form.paths.row, form.paths.col]
    out[:, form.spreads.slots] = (GY @ at.G)[:, form.spreads.row, form.spreads.col]
    spread = (1.0 - np.einsum("bpp->bp", moment)[:, :r] * part[:, :r]) * part[:, :r]
    spread -= np.einsum("bpf,bpf->bp", scaled_K[:, :r], (across - moment_scaled)[:, :r])
    out[:, form.residuals.slots] = spread[:, form.residuals.row]
    return form.structure.weight * out


def gradient_in_moments(form: FactorForm, state: Implied) -> tuple[Array, Array]:
    """The gradient at one point as a function of M: constant (k,) and rates (P P, k), variables in `order`.

    With dOmega = w (u v' + v u') it is w (u' Omega^-1 v - u' Omega^-1 M Omega^-1 v).
    """
    s, Z = state.structure, state.Z[form.order]
    inverse = np.linalg.inv(state.omega[np.ix_(form.order, form.order)])
    U, V = Z[:, s.u], inverse @ Z[:, s.v]
    rates = -(inverse @ U * s.weight)[:, None] * V
    return s.weight * np.einsum("pk,pk->k", U, V), rates.reshape(-1, len(s.u))


def omega(form: FactorForm, x: Array) -> Array:
    """(b, P, P) the implied moment matrices at slot values x (b, k), variables in `order`."""
    at = factored(form, x)
    out = at.L @ at.W @ _t(at.L)
    np.einsum("bpp->bp", out)[...] += at.D
    return out


def surely_positive(form: FactorForm, x: Array) -> Array:
    """(b,) whether Omega is positive definite because D and the core's C are; False where that must be looked at."""
    at = factored(form, x)
    if form.borrowed.any():
        return np.zeros(len(x), dtype=bool)
    return np.asarray((at.D > 0).all(axis=1) & positive_definite(at.C))
