"""Model-implied moments in RAM form, and their derivatives as gathers from two matrices.

All variables of a group stand in one vector v = B v + e, Cov(e) = S: observed, latent, and, where means are
modelled, the constant 1 (its variance slot is 1, its paths are the intercepts). With G = (I - B)^-1 and C = G S G',
the rows of observed variables and constant of C are the implied moment matrix

    Omega = [[Sigma + mu mu', mu], [mu', 1]]        (just Sigma without means),

so means need no formulas of their own. Every first derivative of Omega has rank two, w (u v' + v u'), with u and v
columns of Z = [G_o, C_o] (rows o: observed and constant).
McArdle & McDonald 1984, doi 10.1111/j.2044-8317.1984.tb00802.x.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sexresearch.errors import ModelError
from sexresearch.sem.arrays import Array
from sexresearch.sem.parameter import Parameter
from sexresearch.sem.roles import Roles

CONSTANT = "1"


@dataclass(frozen=True)
class Structure:
    """Where each parameter of one group sits; m variables, P observed rows (constant included), k free slots.

    directed, symmetric : (m, m) fixed values of B and S.
    row, col : (k,) place of each free slot; is_path : (k,) True in B, False in S; free : (k,) parameter number.
    observed : (P,) rows of v that are observed, the constant last; p of them are variables.
    """

    names: tuple[str, ...]
    p: int
    has_means: bool
    directed: Array
    symmetric: Array
    row: Array
    col: Array
    is_path: Array
    free: Array
    observed: Array

    @cached_property
    def u(self) -> Array:
        """(k,) column of Z that is u of each slot."""
        return self.row

    @cached_property
    def v(self) -> Array:
        """(k,) column of Z that is v of each slot."""
        return np.where(self.is_path, self.col + len(self.names), self.col)

    @cached_property
    def weight(self) -> Array:
        """(k,) the factor w: one half for variances, which would count twice."""
        return np.where(~self.is_path & (self.row == self.col), 0.5, 1.0)


def structure_of(rows: Sequence[Parameter], roles: Roles, sample: Array, has_means: bool) -> Structure:
    """Place the rows of one group; `sample` (P, P) is the sample moment matrix that exogenous rows are fixed to."""
    names = roles.observed + roles.latent + ((CONSTANT,) if has_means else ())
    place = {name: i for i, name in enumerate(names)}
    m, p = len(names), len(roles.observed)
    directed, symmetric = np.zeros((m, m)), np.zeros((m, m))
    if has_means:
        symmetric[-1, -1] = 1.0
    mean, cov = split_moments(sample, has_means)
    slots: list[tuple[int, int, bool, int]] = []
    for row in rows:
        i, j, is_path = _place(row, place)
        if row.free >= 0:
            slots.append((i, j, is_path, row.free))
        elif is_path:
            directed[i, j] = mean[i] if row.exogenous else row.value
        else:
            symmetric[i, j] = symmetric[j, i] = cov[i, j] if row.exogenous else row.value
    table = np.array(slots, dtype=int).reshape(len(slots), 4)
    observed = np.append(np.arange(p), m - 1) if has_means else np.arange(p)
    return Structure(
        names, p, has_means, directed, symmetric, table[:, 0], table[:, 1], table[:, 2] == 1, table[:, 3], observed
    )


def _place(row: Parameter, place: dict[str, int]) -> tuple[int, int, bool]:
    if row.op == "=~":
        return place[row.rhs], place[row.lhs], True
    if row.op == "~":
        return place[row.lhs], place[row.rhs], True
    if row.op == "~1":
        return place[row.lhs], place[CONSTANT], True
    return place[row.lhs], place[row.rhs], False


def split_moments(omega: Array, has_means: bool) -> tuple[Array, Array]:
    """Mean (p,) and covariance (p, p) of a moment matrix; without means the mean is NaN."""
    if not has_means:
        return np.full(len(omega), math.nan), omega
    mean = omega[:-1, -1]
    return mean, omega[:-1, :-1] - np.outer(mean, mean)


def join_moments(mean: Array, cov: Array) -> Array:
    """The moment matrix [[cov + mean mean', mean], [mean', 1]]."""
    p = len(mean)
    omega = np.empty((p + 1, p + 1))
    omega[:p, :p] = cov + np.outer(mean, mean)
    omega[:p, p] = omega[p, :p] = mean
    omega[p, p] = 1.0
    return omega


@dataclass(frozen=True)
class Implied:
    """The model at one parameter vector: G, C (m, m), S (m, m), Z (P, 2m) and Omega (P, P)."""

    structure: Structure
    G: Array
    C: Array
    S: Array
    Z: Array
    omega: Array

    @property
    def mean(self) -> Array:
        """(p,) implied means; NaN without a mean structure."""
        return split_moments(self.omega, self.structure.has_means)[0]

    @property
    def cov(self) -> Array:
        """(p, p) implied covariances."""
        return split_moments(self.omega, self.structure.has_means)[1]

    @property
    def all_cov(self) -> Array:
        """(m, m) covariances of all variables, latent ones included (the constant, if any, last)."""
        if not self.structure.has_means:
            return self.C
        mean = self.C[:, -1]
        cov = self.C - np.outer(mean, mean)
        return cov


def implied(structure: Structure, theta: Array) -> Implied:
    """The implied moments at `theta` (q,); ModelError where I - B cannot be inverted."""
    B, S = structure.directed.copy(), structure.symmetric.copy()
    path, values = structure.is_path, theta[structure.free]
    B[structure.row[path], structure.col[path]] = values[path]
    S[structure.row[~path], structure.col[~path]] = values[~path]
    S[structure.col[~path], structure.row[~path]] = values[~path]
    try:
        G = np.linalg.inv(np.eye(len(B)) - B)
    except np.linalg.LinAlgError as error:
        raise ModelError("the regressions form a loop that has no solution (I - B is singular)") from error
    C = G @ S @ G.T
    o = structure.observed
    Z = np.hstack([G[o], C[o]])
    return Implied(structure, G, C, S, Z, C[np.ix_(o, o)])


def slot_products(structure: Structure, M: Array) -> tuple[Array, Array, Array, Array]:
    """The four (k, k) gathers u'Mu, u'Mv, v'Mu, v'Mv of a matrix M = Z' A Z (2m, 2m)."""
    u, v = structure.u, structure.v
    Mu, Mv = M[u], M[v]
    return Mu[:, u], Mu[:, v], Mv[:, u], Mv[:, v]


def first_order(structure: Structure, M: Array) -> Array:
    """(k,) tr(A dOmega) for every slot, from M = Z' A Z with A symmetric."""
    return 2.0 * structure.weight * M[structure.u, structure.v]


def product_trace(structure: Structure, MA: Array, MB: Array) -> Array:
    """(k, k) tr(A dOmega_i B dOmega_j), from Z' A Z and Z' B Z with A and B symmetric."""
    uu_a, uv_a, vu_a, vv_a = slot_products(structure, MA)
    uu_b, uv_b, vu_b, vv_b = (uu_a, uv_a, vu_a, vv_a) if MB is MA else slot_products(structure, MB)
    w = structure.weight
    return np.outer(w, w) * (vu_b * uv_a + vv_b * uu_a + uu_b * vv_a + uv_b * vu_a)


def second_order(state: Implied, M: Array) -> Array:
    """(k, k) tr(W d2Omega_ij) for symmetric W, from M = Z' W Z.

    Moving slot j turns u_i into u_j G[c_j, r_i] (j a path); it turns v_i, a column of C, into
    u_j C[c_j, c_i] + v_j G[c_i, r_j], and v_i, a column of G, into u_j G[c_j, c_i] (j a path).
    """
    s = state.structure
    i_path, j_path = s.is_path[:, None], s.is_path[None, :]
    r, c, w = s.row, s.col, s.weight
    G_cc, M_uu, M_uv = state.G[np.ix_(c, c)], M[np.ix_(r, r)], M[np.ix_(r, s.v)]
    moved_u = np.where(j_path, state.G[np.ix_(c, r)].T * M_uv.T, 0.0)
    along = np.where(j_path, state.C[np.ix_(c, c)], w * G_cc) * M_uu + w * state.G[np.ix_(c, r)] * M_uv
    moved_v = np.where(i_path, along, np.where(j_path, G_cc.T * M_uu, 0.0))
    return 2.0 * w[:, None] * (moved_u + moved_v)


def jacobian(state: Implied) -> Array:
    """((p +) p(p+1)/2, k) derivatives of the moments (means first where modelled, then vech of Sigma by column)."""
    s, p = state.structure, state.structure.p
    U, V = state.Z[:, s.u], state.Z[:, s.v]
    i, j = vech_index(p)
    cov = s.weight * (U[i] * V[j] + V[i] * U[j])
    if not s.has_means:
        return cov
    mean = s.weight * (U[:p] * V[p] + V[:p] * U[p])
    mu = state.mean
    cov -= mean[i] * mu[j, None] + mu[i, None] * mean[j]
    return np.vstack([mean, cov])


def vech_index(p: int) -> tuple[Array, Array]:
    """Rows and columns of the lower triangle, stacked by column."""
    j, i = np.triu_indices(p)
    return i, j
