"""What terms of continuous variables share: their moments are means, where modelled, and covariances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sexresearch.frozen import read_only_property
from sexresearch.sem.arrays import Array
from sexresearch.sem.gamma import Gamma
from sexresearch.sem.implied.implied_moments import moment_vector
from sexresearch.sem.implied.structure import Implied, implied, jacobian, join_moments, structure_of, vech_index
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.roles import Roles
from sexresearch.sem.terms.moment_covariance import moment_covariance, moment_terms
from sexresearch.sem.terms.scores import slot_matrix
from sexresearch.sem.terms.term import GroupTerm, MomentLabel, Point, Residuals


@dataclass(frozen=True)
class ContinuousTerm(GroupTerm):
    """A group whose moments are (means, vech S)."""

    @property
    def has_means(self) -> bool:
        """Whether means are modelled."""
        return self.structure.has_means

    @property
    def n_moments(self) -> int:
        p, x = self.structure.p, self.fixed
        return (p * (p + 1) - x * (x + 1)) // 2 + (p - x) * self.has_means

    @property
    def labels(self) -> list[MomentLabel]:
        names = self.sample.names
        i, j = vech_index(len(names))
        means = [(name, "~1", "") for name in names] if self.has_means else []
        return means + [(names[b], "~~", names[a]) for a, b in zip(i, j, strict=True)]

    @property
    def estimated(self) -> Array:
        p = self.structure.p
        fixed = np.arange(p) >= p - self.fixed
        i, j = vech_index(p)
        pairs = ~(fixed[i] & fixed[j])
        return np.concatenate([~fixed, pairs]) if self.has_means else pairs

    def order_like(self, other: GroupTerm) -> Array:
        order = np.array([self.sample.names.index(name) for name in other.sample.names], dtype=int)
        p = len(order)
        i, j = vech_index(p)
        place = np.zeros((p, p), dtype=int)
        place[i, j] = place[j, i] = np.arange(len(i))
        pairs = place[order[i], order[j]]
        return np.concatenate([order, p + pairs]) if other.structure.has_means else pairs

    @property
    def analysed_cov(self) -> Array:
        """(p, p) the sample covariances as the estimator looks at them."""
        return self.sample.cov * self.rescaled

    def stacked(self, mean: Array, cov: Array) -> Array:
        """(M,) the vector of moments."""
        i, j = vech_index(len(cov))
        return np.concatenate([mean, cov[i, j]]) if self.has_means else cov[i, j]

    def moment_covariance(self, given_fixed: bool = True) -> Gamma:
        return Gamma(moment_covariance(self.sample, self.has_means, self.fixed if given_fixed else 0))

    def moment_influence(self) -> Array:
        return moment_terms(self.sample, self.has_means) * self.sample.weights[:, None] / self.sample.n

    def started(self, theta: Array) -> Array:
        return theta

    def start_moments(self) -> tuple[Array, Array]:
        return self.sample.mean, self.sample.cov

    def unrelated(self, theta: Array, free: bool) -> tuple[Array, bool]:
        return theta, False

    def moments_like(self, point: Point) -> Array:
        """(P, P) the moments that `point` implies, variables in this term's order and about its origin."""
        state, names = point.state, point.term.sample.names
        order = np.array([names.index(name) for name in self.sample.names], dtype=int)
        cov = state.cov[np.ix_(order, order)]
        if not state.structure.has_means:
            return cov
        return join_moments(state.mean[order] - self.structure.shift[: len(order)], cov)


@dataclass(frozen=True)
class ContinuousPoint(Point):
    """A group of continuous variables at one parameter vector."""

    own: ContinuousTerm
    known: Implied | None = None

    @property
    def term(self) -> ContinuousTerm:
        return self.own

    def knowing(self, state: Implied) -> Point:
        return replace(self, known=state)

    @read_only_property
    def state(self) -> Implied:
        return implied(self.own.structure, self.theta) if self.known is None else self.known

    @property
    def moments(self) -> Array:
        return moment_vector(self.state)

    @read_only_property
    def jacobian(self) -> Array:
        return jacobian(self.state) @ slot_matrix(self.own.structure, self.own.n_free)

    def jacobian_of(self, rows: Sequence[Parameter], roles: Roles) -> Array:
        state, own = self.state, self.own.structure
        numbered = [replace(row, free=i, exogenous=False) for i, row in enumerate(rows)]
        slots = structure_of(numbered, roles, state.omega, own.has_means, own.origin)
        return jacobian(replace(state, structure=replace(slots, pivot=own.pivot)))

    def residuals(self) -> Mapping[str, Residuals]:
        """Root mean squares of these are RMR, SRMR (Bentler 1995, and as in Mplus) and CRMR (Bollen 1989)."""
        cov, sigma = self.own.analysed_cov, self.state.cov
        i, j = vech_index(len(cov))
        s, t = np.sqrt(cov.diagonal()), np.sqrt(np.abs(sigma.diagonal()))
        sample, model, unit = cov[i, j], sigma[i, j], s[i] * s[j]
        gap = sample - model
        scaled, correlation = gap / unit, sample / unit - model / (t[i] * t[j])
        mplus = np.where(i == j, scaled, correlation)
        shift = shift_scaled = shift_mplus = np.zeros(0)
        if self.own.has_means:
            mean, mu = self.own.sample.mean, self.state.mean
            shift, shift_mplus = mean - mu, mean / s - mu / t
            shift_scaled = shift / s
        bentler = (shift_scaled, scaled, len(gap))
        return {
            "rmr": (shift, gap, len(gap)),
            "srmr": bentler,
            "srmr_bentler": bentler,
            "crmr": (shift_scaled, correlation, len(gap) - len(cov)),
            "srmr_mplus": (shift_mplus, mplus, len(gap)),
        }

    def explained(self) -> tuple[float, float, int]:
        """Moments of fixed exogenous variables take no part."""
        p = self.own.structure.p
        mean, cov = self.own.sample.mean, self.own.analysed_cov
        shift, gap = mean - self.state.mean, cov - self.state.cov
        if self.own.fixed:
            own = np.arange(p) < p - self.own.fixed
            both = own[:, None] | own
            mean, cov, shift, gap = mean * own, cov * both, shift * own, gap * both
        return self.squares(shift, gap), self.squares(mean, cov), p * (p + 1) // 2 + p * self.own.has_means

    def squares(self, mean: Array, cov: Array) -> float:
        """The quadratic form of the weight in (means, covariances)."""
        moments = self.own.stacked(mean, cov)
        return float(moments @ self.weight_times(moments[:, None])[:, 0])

    def observed_and_implied(self, correlations: bool) -> tuple[Array, Array, Array]:
        own, state, cov = self.own, self.state, self.own.analysed_cov
        s = np.sqrt(np.diag(cov))
        unit = own.stacked(s, np.outer(s, s))
        if not correlations:
            return own.stacked(own.sample.mean, cov), own.stacked(state.mean, state.cov), unit
        variance = np.diag(state.cov)
        t = np.sqrt(np.where(variance > 0, variance, np.nan))
        left = own.stacked(own.sample.mean / s, cov / np.outer(s, s))
        return left, own.stacked(state.mean / s, state.cov / np.outer(t, t)), unit
