"""What a model says about thresholds, slopes and correlations, with first and second derivatives.

The model is about responses y* with means mu, slopes Pi on the covariates, and covariances V given the covariates;
the data show d (tau - mu), d Pi and d_i d_j V_ij, with tau the thresholds and d the scale of each response: a parameter
(delta parameterization) or 1 / sd(y*) (theta). Covariates enter the structure uncorrelated with mean 0 and variance 1,
so that Pi stands in its moment matrix as it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sexresearch.frozen import read_only_property
from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.slot_products import second_order, slot_products
from sexresearch.sem.implied.structure import Implied, Structure, implied, implied_from, structure_of
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.roles import Roles
from sexresearch.sem.ordinal.moment_layout import MomentLayout


@dataclass(frozen=True)
class OrdinalModel:
    """Where the parameters of one group sit: in `structure`, and thresholds and scales beside it.

    cut_free, cut_fixed (T,), scale_free, scale_fixed (p,) : parameter numbers (-1 where fixed) and fixed values.
    reciprocal : (p,) True where the scale is 1 / sd(y*). derived : rows of S that hold derived residual variances.
    n_free : all parameters of the model. unfolded : the model whose parameters are these and, last, the derived
    residual variances; None where these act on no moment, because no ordered variable explains another one.
    """

    structure: Structure
    layout: MomentLayout
    cut_free: Array
    cut_fixed: Array
    scale_free: Array
    scale_fixed: Array
    reciprocal: Array
    derived: Array
    n_free: int
    unfolded: OrdinalModel | None = None

    def cuts(self, theta: Array) -> Array:
        """(T,) thresholds of the responses."""
        return np.where(self.cut_free >= 0, theta[self.cut_free], self.cut_fixed)

    @read_only_property
    def own(self) -> Array:
        """Numbers of the parameters that act on more than thresholds."""
        scales = self.scale_free[self.scale_free >= 0]
        return np.unique(np.concatenate([self.structure.free, scales]))

    def at(self, theta: Array) -> OrdinalPoint:
        """The model at one parameter vector (q,)."""
        if self.unfolded is None:
            return OrdinalPoint(self, theta, implied(self.structure, theta))
        return FoldedPoint(self, theta, *_unfolded(self.unfolded, theta, self.derived))


@dataclass(frozen=True)
class OrdinalPoint:
    """A model at one parameter vector."""

    model: OrdinalModel
    theta: Array
    state: Implied

    def at_rows(self, rows: Sequence[Parameter], roles: Roles) -> OrdinalPoint:
        """The same point of a model whose parameters are the `rows`, in their order, whether free or not here.

        Derived residual variances are put in: a path from an ordered variable passes them on.
        """
        own = self.model
        numbered = [replace(row, free=k, exogenous=False, derived=False) for k, row in enumerate(rows)]
        at = own.structure.origin
        moved = ordinal_model(numbered, roles, own.layout, bool(own.reciprocal.any()), len(rows), at)
        theta, cuts = np.zeros(len(rows)), own.cuts(self.theta)
        theta[moved.cut_free[moved.cut_free >= 0]] = cuts[moved.cut_free >= 0]
        theta[moved.scale_free[moved.scale_free >= 0]] = self.scale[moved.scale_free >= 0]
        moved = replace(moved, cut_fixed=cuts, scale_fixed=self.scale)
        return OrdinalPoint(moved, theta, replace(self.completed(self.state), structure=moved.structure))

    def completed(self, state: Implied) -> Implied:
        """The `state` of the same parameters with the residual variances that the scales leave (delta)."""
        k = self.model.derived
        if not len(k):
            return state
        S = state.S.copy()
        S[k, k] = 1.0 / self.scale[k] ** 2 - np.diag(self.spread)[k]
        return implied_from(state.structure, state.G, S)

    @property
    def shown(self) -> Array:
        """(p, x + 1) slopes on the covariates, then means less the origin, which is 0 for ordered variables."""
        p = self.model.layout.p
        return self.state.omega[:p, p:]

    @read_only_property
    def spread(self) -> Array:
        """(p, p) covariances of the responses given the covariates; derived residual variances left out."""
        p = self.model.layout.p
        return self.state.omega[:p, :p] - self.shown @ self.shown.T

    @read_only_property
    def scale(self) -> Array:
        """(p,) what each response is multiplied by; NaN where it has no variance."""
        own = self.model
        given = np.where(own.scale_free >= 0, self.theta[own.scale_free], own.scale_fixed)
        variance = np.diag(self.spread)
        ratio = 1.0 / np.sqrt(np.where(variance > 0, variance, math.nan))
        return np.where(own.reciprocal, ratio, given)

    @read_only_property
    def moments(self) -> Array:
        """(M,) what the data should show."""
        own, d = self.model.layout, self.scale
        (items, _), (i, j) = own.cuts, own.pairs
        mean = self.shown[:, -1]
        return np.concatenate(
            [
                d[items] * (self.model.cuts(self.theta) - mean[items]),
                (mean + self.state.structure.shift[: own.p])[own.numeric],
                (d[:, None] * self.shown[:, :-1]).T.ravel(),
                np.diag(self.spread)[own.numeric],
                d[i] * d[j] * self.spread[i, j],
            ]
        )

    @read_only_property
    def _slots(self) -> tuple[Array, Array, Array]:
        """Derivatives by slot (…, k): of `shown` (p, x + 1, k), of variances (p, k), of covariances (pairs, k)."""
        s, p = self.state.structure, self.model.layout.p
        U, V = self.state.Z[:, s.u], self.state.Z[:, s.v]
        shown = s.weight * (U[:p, None] * V[None, p:] + V[:p, None] * U[None, p:])
        i, j = self.model.layout.pairs
        rows, columns = np.concatenate([np.arange(p), i]), np.concatenate([np.arange(p), j])
        cov = U[rows]
        cov *= V[columns]
        other = V[rows]
        other *= U[columns]
        cov += other
        cov *= s.weight
        for k in np.flatnonzero(self.shown.any(axis=0)):  # mostly none without covariates
            cov -= self.shown[rows, k, None] * shown[columns, k] + self.shown[columns, k, None] * shown[rows, k]
        return shown, cov[:p], cov[p:]

    def _by_parameter(self, slots: Array) -> Array:
        return _by_parameter(self.state.structure, slots, self.model.n_free)

    @read_only_property
    def _shown_slopes(self) -> Array:
        """(p, x + 1, q) derivatives of `shown`."""
        return self._by_parameter(self._slots[0])

    @property
    def variance_slopes(self) -> Array:
        """(p, q) derivatives of the responses' variances given the covariates."""
        return self._by_parameter(self._slots[1])

    @read_only_property
    def scale_slopes(self) -> Array:
        """(p, q) derivatives of the scales."""
        own = self.model
        if own.reciprocal.any():
            out = np.where(own.reciprocal, -0.5 * self.scale**3, 0.0)[:, None] * self.variance_slopes
        else:
            out = np.zeros((own.layout.p, own.n_free))
        free = np.flatnonzero(own.scale_free >= 0)
        out[free, own.scale_free[free]] += 1.0
        return out

    @read_only_property
    def jacobian(self) -> Array:
        """(M, q) derivatives of the moments."""
        own, d, B = self.model.layout, self.scale, self.scale_slopes
        shown, (_, variances, pairs) = self._shown_slopes, self._slots
        (items, _), (i, j), start = own.cuts, own.pairs, own.starts
        out = np.zeros((own.size, self.model.n_free))
        gap = self.model.cuts(self.theta) - self.shown[items, -1]
        out[: start[0]] = gap[:, None] * B[items] - d[items, None] * shown[items, -1]
        moving = np.flatnonzero(self.model.cut_free >= 0)
        out[moving, self.model.cut_free[moving]] += d[items[moving]]
        out[start[0] : start[1]] = shown[own.numeric, -1]
        for k in range(own.x):
            here = slice(start[1] + k * own.p, start[1] + (k + 1) * own.p)
            out[here] = d[:, None] * shown[:, k] + self.shown[:, k, None] * B
        out[start[2] : start[3]] = self._by_parameter(variances[own.numeric])
        _add_by_parameter(out[start[3] :], self.state.structure, (d[i] * d[j])[:, None] * pairs)
        if B.any():
            out[start[3] :] += (self.spread[i, j] * d[j])[:, None] * B[i] + (self.spread[i, j] * d[i])[:, None] * B[j]
        return out

    def bend(self, r: Array, variances: Array | None = None) -> Array:
        """(q, q) sum over the moments of r (M,) times their second derivatives; the same of `variances` (p,)."""
        own, d = self.model.layout, self.scale
        (items, _), (i, j), start = own.cuts, own.pairs, own.starts
        cut, mean, slope = r[: start[0]], r[start[0] : start[1]], r[start[1] : start[2]].reshape(own.x, own.p).T
        gap = self.model.cuts(self.theta) - self.shown[items, -1]
        both = np.zeros((own.p, own.p))
        both[i, j] = both[j, i] = r[start[3] :]
        weight = np.bincount(items, cut * gap, own.p) + (slope * self.shown[:, :-1]).sum(axis=1)
        weight += (both * self.spread) @ d  # what multiplies the second derivative of each scale
        push_shown = np.column_stack([d[:, None] * slope, -d * np.bincount(items, cut, own.p)])
        push_shown[own.numeric, -1] += mean
        push = 0.5 * both * np.outer(d, d)
        push[own.numeric, own.numeric] += r[start[2] : start[3]]
        push[np.diag_indices(own.p)] -= np.where(self.model.reciprocal, 0.5 * d**3 * weight, 0.0)
        if variances is not None:
            push[np.diag_indices(own.p)] += variances
        out = self._structural(push, push_shown)
        return out + self._by_scales(cut, slope, both, weight) if self.scale_slopes.any() else out

    def _structural(self, push: Array, push_shown: Array) -> Array:
        """Second derivatives of spread and shown, weighed by push (p, p) and push_shown (p, x + 1)."""
        p, omega = self.model.layout.p, np.zeros_like(self.state.omega)
        omega[:p, :p] = push
        omega[:p, p:] = 0.5 * push_shown - push @ self.shown
        omega[p:, :p] = omega[:p, p:].T
        s = self.state.structure
        out = _fold(s, second_order(self.state, slot_products(s, self.state.used, omega)), self.model.n_free)
        for k in range(self.shown.shape[1]):
            moved = self._shown_slopes[:, k]
            out -= 2.0 * moved.T @ push @ moved
        return out

    def _by_scales(self, cut: Array, slope: Array, both: Array, weight: Array) -> Array:
        own, d, B = self.model.layout, self.scale, self.scale_slopes
        shown, pairs = self._shown_slopes, self._by_parameter(self._slots[2])
        (items, _), (i, j) = own.cuts, own.pairs
        bent = np.where(self.model.reciprocal, 3.0 * weight / d, 0.0)
        out = (B * bent[:, None]).T @ B + B.T @ (both * self.spread) @ B
        beside = -np.bincount(items, cut, own.p)[:, None] * shown[:, -1]
        moving = np.flatnonzero(self.model.cut_free >= 0)
        np.add.at(beside, (items[moving], self.model.cut_free[moving]), cut[moving])
        for k in range(own.x):
            beside += slope[:, k, None] * shown[:, k]
        np.add.at(beside, i, (both[i, j] * d[j])[:, None] * pairs)
        np.add.at(beside, j, (both[i, j] * d[i])[:, None] * pairs)
        cross = B.T @ beside
        return out + cross + cross.T


@dataclass(frozen=True)
class FoldedPoint(OrdinalPoint):
    """The same where ordered variables explain others under delta: derived residual variances act on the moments.

    They solve c = variance - 1 / d^2 = 0 for each ordered variable, so that their derivatives are those of an implicit
    function. With T (q + K, q) the derivatives of all parameters of the `inner` point (K residual variances last), and
    c_psi' b = m_psi' r: J = m' T, and sum r m'' becomes T' (sum r m'' - sum b c'') T.
    """

    inner: OrdinalPoint

    def at_rows(self, rows: Sequence[Parameter], roles: Roles) -> OrdinalPoint:
        names, q = self.model.layout.names, len(rows)
        last = [Parameter(names[k], "~~", names[k]) for k in self.model.derived]
        inner = self.inner.at_rows([*rows, *last], roles)
        model = replace(inner.model, n_free=q, derived=self.model.derived)
        return FoldedPoint(model, inner.theta[:q], inner.state, inner)

    def completed(self, state: Implied) -> Implied:
        k, S = self.model.derived, state.S.copy()
        S[k, k] = self.inner.theta[self.model.n_free :]
        return implied_from(state.structure, state.G, S)

    @property
    def spread(self) -> Array:
        return self.inner.spread

    @property
    def scale(self) -> Array:
        return self.inner.scale

    @property
    def moments(self) -> Array:
        return self.inner.moments

    @read_only_property
    def _variance_slopes(self) -> tuple[Array, Array]:
        """Derivatives of the equations c: in the parameters (K, q), in the residual variances (K, K)."""
        k, q = self.model.derived, self.model.n_free
        slopes = self.inner.variance_slopes[k].copy()
        slopes += 2.0 / self.scale[k, None] ** 3 * self.inner.scale_slopes[k]
        return slopes[:, :q], slopes[:, q:]

    @read_only_property
    def turn(self) -> Array:
        """(q + K, q) derivatives of parameters and derived residual variances in the parameters."""
        own, derived = self._variance_slopes
        return np.vstack([np.eye(self.model.n_free), -np.linalg.solve(derived, own)])

    @read_only_property
    def jacobian(self) -> Array:
        return self.inner.jacobian @ self.turn

    def bend(self, r: Array, variances: Array | None = None) -> Array:
        k, q = self.model.derived, self.model.n_free
        b = np.linalg.solve(self._variance_slopes[1].T, self.inner.jacobian[:, q:].T @ r)
        weight = np.zeros(self.model.layout.p)
        weight[k] = -b
        own = self.inner.scale_slopes[k]
        inner = self.inner.bend(r, weight) + (own * (6.0 * b / self.scale[k] ** 4)[:, None]).T @ own
        return self.turn.T @ inner @ self.turn


def _unfolded(model: OrdinalModel, theta: Array, derived: Array) -> tuple[Implied, OrdinalPoint]:
    """State and point of the unfolded model, with the residual variances that leave every response its scale."""
    K = len(derived)
    start = model.at(np.concatenate([theta, np.zeros(K)]))
    G, S = start.state.G, start.state.S.copy()
    left = 1.0 / start.scale[derived] ** 2 - np.diag(start.spread)[derived]
    psi = np.linalg.solve(G[np.ix_(derived, derived)] ** 2, left)
    S[derived, derived] = psi
    state = implied_from(start.state.structure, G, S)
    return state, OrdinalPoint(model, np.concatenate([theta, psi]), state)


def _by_parameter(structure: Structure, slots: Array, size: int) -> Array:
    """Derivatives (…, k) by slot as (…, q) by parameter."""
    out = np.zeros((*slots.shape[:-1], size))
    _add_by_parameter(out, structure, slots)
    return out


def _add_by_parameter(out: Array, structure: Structure, slots: Array) -> None:
    """Add derivatives (…, k) by slot to `out` (…, q)."""
    if len(np.unique(structure.free)) == len(structure.free):
        out[..., structure.free] += slots
    else:
        for slot, number in enumerate(structure.free):
            out[..., number] += slots[..., slot]


def _fold(structure: Structure, slots: Array, size: int) -> Array:
    """A matrix (k, k) over slots as (q, q) over parameters."""
    return _by_parameter(structure, _by_parameter(structure, slots, size).T, size).T


def ordinal_model(
    rows: Sequence[Parameter], roles: Roles, layout: MomentLayout, theta: bool, n_free: int, origin: Array | None = None
) -> OrdinalModel:
    """Place the rows of one group; `theta` says which parameterization.

    origin : (p + x,) where continuous variables are measured from, 0 for all others.
    """
    size = layout.p + layout.x
    frame = np.eye(size + 1)
    structure = structure_of(rows, roles, frame, True, origin)
    place = {name: k for k, name in enumerate(layout.names)}
    items, numbers = layout.cuts
    cut = {(v, k): n for n, (v, k) in enumerate(zip(items.tolist(), numbers.tolist(), strict=True))}
    cut_free, cut_fixed = np.full(len(items), -1), np.zeros(len(items))
    scale_free, scale_fixed = np.full(layout.p, -1), np.ones(layout.p)
    for row in rows:
        if row.op == "|":
            n = cut[place[row.lhs], int(row.rhs[1:]) - 1]
            cut_free[n], cut_fixed[n] = row.free, row.value
        elif row.op == "~*~" and not row.derived:
            scale_free[place[row.lhs]], scale_fixed[place[row.lhs]] = row.free, row.value
    reciprocal = theta & (np.array(layout.levels) > 0)
    last = [row for row in rows if row.op == "~~" and row.derived]
    derived = np.array([place[row.lhs] for row in last], dtype=int)
    unfolded = None
    if last and _explains(structure, layout.ordered):
        number = {row: n_free + k for k, row in enumerate(last)}
        more = [replace(row, free=number[row], derived=False) if row in number else row for row in rows]
        unfolded = ordinal_model(more, roles, layout, theta, n_free + len(last), origin)
    places = (cut_free, cut_fixed, scale_free, scale_fixed, reciprocal, derived)
    return OrdinalModel(structure, layout, *places, n_free, unfolded)


def _explains(structure: Structure, ordered: Array) -> bool:
    """Whether a path starts at an ordered variable."""
    free = structure.is_path & np.isin(structure.col, ordered)
    return bool(structure.directed[:, ordered].any() or free.any())
