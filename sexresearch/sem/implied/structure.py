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
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from sexresearch.errors import ModelError
from sexresearch.frozen import by_value, read_only, read_only_property
from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.total_effects import implied_covariances, total_effects
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.roles import Roles
from sexresearch.sem.matrices import invert

CONSTANT = "1"
FEW_UNITS = 16  # columns of an identity matrix that are multiplied like any other
BESIDE = ("|", "~*~")  # thresholds and scales of ordered variables are no part of the structure


@by_value
@dataclass(frozen=True)
class Structure:
    """Where each parameter of one group sits; m variables, P observed rows (constant included), k free slots.

    directed, symmetric : (m, m) fixed values of B and S.
    row, col : (k,) place of each free slot; is_path : (k,) True in B, False in S; free : (k,) parameter number.
    observed : (P,) rows of v that are observed, the constant last; p of them are variables.
    origin : (p,) where observed variables are measured from, None for 0. Far from 0, moments about 0 would lose their
    digits; parameters stay in the user's units all the same.
    pivot : (p,) what paths take off the variables they start from, None for 0. Intercepts are then expected values at
    the pivot instead of at 0, which no user asks for but which can be told from slopes (see `estimation.pivots`).
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
    origin: Array | None = None
    pivot: Array | None = None

    def measured_from(self, origin: Array) -> Structure:
        """The same from another origin; where the parameters sit, which it does not change, is not looked for anew."""
        made = replace(self, origin=origin)
        made.__dict__.update((name, getattr(self, name)) for name in PLACES)
        return made

    @read_only_property
    def lift(self) -> Array:
        """(m,) what paths multiply beyond the distance from the origin."""
        lift = self.shift.copy()
        lift[: self.p] -= 0.0 if self.pivot is None else self.pivot
        return lift

    @read_only_property
    def shift(self) -> Array:
        """(m,) the origin of every variable of v, 0 for latent ones and the constant."""
        shift = np.zeros(len(self.names))
        shift[: self.p] = 0.0 if self.origin is None else self.origin
        return shift

    @read_only_property
    def u(self) -> Array:
        """(k,) column of Z that is u of each slot."""
        return self.row

    @read_only_property
    def v(self) -> Array:
        """(k,) column of Z that is v of each slot."""
        return np.where(self.is_path, self.col + len(self.names), self.col)

    @cached_property
    def in_order(self) -> bool:
        """Whether slot i is parameter i, so that slots need no summing into parameters."""
        return bool((self.free == np.arange(len(self.free))).all())

    @read_only_property
    def weight(self) -> Array:
        """(k,) the factor w: one half for variances, which would count twice."""
        return np.where(~self.is_path & (self.row == self.col), 0.5, 1.0)

    @read_only_property
    def paths(self) -> tuple[Array, Array, Array]:
        """Row and column in B, and parameter, of each free path."""
        own = self.is_path
        return self.row[own], self.col[own], self.free[own]

    @read_only_property
    def covariances(self) -> tuple[Array, Array, Array]:
        """Row and column in S, and parameter, of each free variance or covariance."""
        own = ~self.is_path
        return self.row[own], self.col[own], self.free[own]

    @read_only_property
    def path_places(self) -> tuple[Array, Array]:
        """Flat place in B, and parameter, of each free path."""
        row, col, free = self.paths
        return row * len(self.names) + col, free

    @read_only_property
    def covariance_places(self) -> tuple[Array, Array]:
        """Flat places in S, above the diagonal and below it, and parameter of each free variance or covariance."""
        (row, col, free), m = self.covariances, len(self.names)
        return np.concatenate([row * m + col, col * m + row]), np.concatenate([free, free])

    @read_only_property
    def variances(self) -> Array:
        """Parameters that are variances."""
        return self.free[~self.is_path & (self.row == self.col)]

    @cached_property
    def observed_explain(self) -> bool:
        """Whether a path starts at an observed variable; if none does, I - B is inverted among the latent ones."""
        return bool(self.directed[:, : self.p].any() or (self.is_path & (self.col < self.p)).any())

    @read_only_property
    def weights(self) -> Array:
        """(k, k) products of the factors w."""
        return np.outer(self.weight, self.weight)

    @cached_property
    def apart(self) -> bool:
        """Whether observed variables start no path and their residuals are unrelated to all that follows them."""
        p = self.p
        across = ~self.is_path & ((self.row < p) != (self.col < p))
        return not (self.observed_explain or across.any() or self.symmetric[:p, p:].any())

    @read_only_property
    def seen(self) -> Array:
        """(P, P) flat places of the observed rows and columns in an (m, m) matrix."""
        return self.observed[:, None] * len(self.names) + self.observed

    @read_only_property
    def columns(self) -> Array:
        """(c,) the columns of Z that slots use."""
        return np.unique(np.concatenate([self.u, self.v]))

    @read_only_property
    def used(self) -> Array:
        """(P, c) flat places of these columns, in the observed rows, in G and in C after it."""
        m, last = len(self.names), self.columns % len(self.names)
        return self.observed[:, None] * m + last + m * m * (self.columns >= m)

    @cached_property
    def units(self) -> int:
        """How many of them, the first ones, are the columns of an identity matrix: items that start no path.

        0 where items are so few that products with them cost less than leaving them out.
        """
        own = self.columns[: self.p]
        few = self.p < FEW_UNITS or self.observed_explain or not np.array_equal(own, np.arange(self.p))
        return 0 if few else self.p

    @read_only_property
    def pairs(self) -> tuple[Array, Array, Array]:
        """Three (k, k) flat places (u_i, u_j), (u_i, v_j), (v_i, v_j) in a (c, c) matrix of the used columns."""
        u, v = (np.searchsorted(self.columns, own) for own in (self.u, self.v))
        return tuple(a[:, None] * len(self.columns) + b for a, b in ((u, u), (u, v), (v, v)))  # type: ignore[return-value]

    @read_only_property
    def moving(self) -> Array:
        """(b,) the slots that are paths."""
        return np.flatnonzero(self.is_path)

    @read_only_property
    def moving_pairs(self) -> tuple[Array, Array]:
        """Two (b, k) flat places: (u_i, u_j) and (u_i, v_j) in a (c, c) matrix of the used columns, i a path."""
        return self.pairs[0][self.moving], self.pairs[1][self.moving]

    @read_only_property
    def moves(self) -> tuple[Array, Array]:
        """Two (b, k) flat places: (col_i, col_j) in G, or in C after it where j is a path too; (col_i, row_j) in G."""
        col, m = self.col[self.moving, None] * len(self.names), len(self.names)
        return col + self.col + m * m * self.is_path, col + self.row


PLACES = tuple(
    name
    for name, member in vars(Structure).items()
    if isinstance(member, cached_property) and name not in ("lift", "shift")
)


def structure_of(
    rows: Sequence[Parameter], roles: Roles, sample: Array, has_means: bool, origin: Array | None = None
) -> Structure:
    """Place the rows of one group; `sample` (P, P) are the moments about `origin` that exogenous rows are fixed to."""
    names = roles.observed + roles.latent + ((CONSTANT,) if has_means else ())
    place = {name: i for i, name in enumerate(names)}
    m, p = len(names), len(roles.observed)
    directed, symmetric = np.zeros((m, m)), np.zeros((m, m))
    if has_means:
        symmetric[-1, -1] = 1.0
    mean, cov = split_moments(sample, has_means)
    slots: list[tuple[int, int, bool, int]] = []
    for row in rows:
        if row.op in BESIDE:
            continue
        i, j, is_path = _place(row, place)
        if row.free >= 0:
            slots.append((i, j, is_path, row.free))
        elif is_path:
            directed[i, j] = _from_zero(mean, origin, i) if row.exogenous else row.value
        elif not row.derived:
            symmetric[i, j] = symmetric[j, i] = cov[i, j] if row.exogenous else row.value
    table = np.array(slots, dtype=int).reshape(len(slots), 4)
    observed = np.append(np.arange(p), m - 1) if has_means else np.arange(p)
    slot = table[:, 0], table[:, 1], table[:, 2] == 1, table[:, 3]
    return Structure(names, p, has_means, directed, symmetric, *slot, observed, origin)


def _from_zero(mean: Array, origin: Array | None, number: int) -> float:
    return float(mean[number] if origin is None else mean[number] + origin[number])


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
    """The model at one parameter vector: G, C (m, m), S (m, m) and Omega (P, P), about the origin."""

    structure: Structure
    G: Array
    C: Array
    S: Array
    omega: Array

    @read_only_property
    def Z(self) -> Array:
        """(P, 2m) the columns of which derivatives of Omega are made."""
        o = self.structure.observed
        return np.concatenate([self.G[o], self.C_columns[o]], axis=1)

    @read_only_property
    def used(self) -> Array:
        """(P, c) those that slots use."""
        return np.concatenate([self.G.reshape(-1), self.C_columns.reshape(-1)]).take(self.structure.used)

    @read_only_property
    def inverse(self) -> tuple[Array, float] | None:
        """Inverse of Omega and its log determinant; None where it is not positive definite."""
        return invert(self.omega)

    @property
    def mean(self) -> Array:
        """(p,) implied means; NaN without a mean structure."""
        return self.mean_from_origin + self.structure.shift[: self.structure.p]

    @property
    def mean_from_origin(self) -> Array:
        """(p,) implied means less the origin."""
        return split_moments(self.omega, self.structure.has_means)[0]

    @read_only_property
    def C_columns(self) -> Array:
        """(m, m) C with the variables of its columns, not of its rows, as paths multiply them: from 0, or the pivot."""
        s = self.structure
        return self.C if s.origin is None else self.C + self.C[:, -1:] * s.lift

    @property
    def C_lifted(self) -> Array:
        """(m, m) second moments of all variables as paths multiply them."""
        s = self.structure
        return self.C if s.origin is None else self.C_columns + s.lift[:, None] * self.C_columns[-1]

    @property
    def cov(self) -> Array:
        """(p, p) implied covariances."""
        return split_moments(self.omega, True)[1] if self.structure.has_means else self.omega

    @property
    def all_cov(self) -> Array:
        """(m, m) covariances of all variables, latent ones included (the constant, if any, last)."""
        if not self.structure.has_means:
            return self.C
        spread = self.S.copy()
        spread[-1, -1] = 0.0  # the constant has none
        return implied_covariances(self.G, spread)


def implied(structure: Structure, theta: Array) -> Implied:
    """The implied moments at `theta` (q,); ModelError where I - B cannot be inverted."""
    B, S = structure.directed.copy(), structure.symmetric.copy()
    place, free = structure.path_places
    B.reshape(-1)[place] = theta[free]
    place, free = structure.covariance_places
    S.reshape(-1)[place] = theta[free]
    if structure.origin is not None:  # v - origin = B (v - origin) + (intercepts + B lift - origin) + e
        B[:, -1] += B @ structure.lift
        B[: structure.p, -1] -= structure.origin
    try:
        G = total_effects(B, 0 if structure.observed_explain else structure.p)
    except np.linalg.LinAlgError as error:
        raise ModelError("the regressions form a loop that has no solution (I - B is singular)") from error
    return implied_from(structure, G, S)


def implied_from(structure: Structure, G: Array, S: Array) -> Implied:
    """The implied moments from G = (I - B)^-1 and S (m, m)."""
    p = structure.p
    if structure.apart:  # C = G S G', of which residuals of items touch the items' own block alone
        behind = G[:, p:]
        C = behind @ S[p:, p:] @ behind.T
        C[:p, :p] += S[:p, :p]
    else:
        C = implied_covariances(G, S)
    return Implied(structure, G, C, S, C.take(structure.seen))


def jacobian(state: Implied) -> Array:
    """((p +) p(p+1)/2, k) derivatives of the moments (means first where modelled, then vech of Sigma by column)."""
    s, p = state.structure, state.structure.p
    U, V = state.Z[:, s.u], state.Z[:, s.v]
    i, j = vech_index(p)
    cov = s.weight * (U[i] * V[j] + V[i] * U[j])
    if not s.has_means:
        return cov
    mean = s.weight * (U[:p] * V[p] + V[:p] * U[p])
    mu = state.mean_from_origin
    cov -= mean[i] * mu[j, None] + mu[i, None] * mean[j]
    return np.vstack([mean, cov])


@lru_cache(maxsize=64)
def vech_index(p: int) -> tuple[Array, Array]:
    """Rows and columns of the lower triangle, stacked by column; arrays that cannot be written."""
    j, i = np.triu_indices(p)
    return read_only((i, j))
