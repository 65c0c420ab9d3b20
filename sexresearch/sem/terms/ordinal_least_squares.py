"""Least squares on thresholds, slopes and correlations of ordered variables: DWLS, ULS and WLS.

Muthen, du Toit & Spisic 1997 (robust inference using weighted least squares).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import ClassVar

import numpy as np
import pandas as pd

from sexresearch.frozen import by_value, read_only_property
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.ordinal_weight import ordinal_weight
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.gamma import ROWS_AT_ONCE, Gamma
from sexresearch.sem.implied.structure import Implied, Structure, implied
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.roles import Roles
from sexresearch.sem.ordinal.model_moments import OrdinalModel, OrdinalPoint, ordinal_model
from sexresearch.sem.ordinal.moment_layout import MomentLayout
from sexresearch.sem.ordinal.statistics import OrdinalMoments
from sexresearch.sem.terms.least_squares import WeightedPoint, weighed
from sexresearch.sem.terms.objective import Curve
from sexresearch.sem.terms.scores import SaturatedModel
from sexresearch.sem.terms.term import GroupTerm, MisfitParts, MomentLabel, Point, Residuals

MOST_EXPLAINED = 0.8  # share of a response's variance that the start takes as explained, at most
MPLUS = ("srmr_mplus", "srmr_mplus_nomean")
NO_MPLUS = "Mplus's SRMR is not defined for ordered variables"
DEFINITE = math.sqrt(np.finfo(float).eps)  # smallest eigenvalue from which lavaan takes a matrix as positive definite


@by_value
@dataclass(frozen=True)
class OrdinalTerm(GroupTerm):
    """share times half of (s - sigma)' W (s - sigma), the moments s in the order of the group's layout.

    `structure` is that of the responses and the covariates as they are, for what is shown of a fit; `model` places the
    parameters, thresholds and scales among them. The weight is a matrix (M, M) or its diagonal (M,).
    """

    model: OrdinalModel
    own_weight: Array
    observed: Array

    given_covariates: ClassVar[bool] = True
    by_clusters: ClassVar[bool] = True
    unseen: ClassVar[tuple[str, ...]] = ("|", "~1")  # robust indices rest on correlations alone
    own_measures: ClassVar[frozenset[str]] = frozenset({"wrmr", "rmsea_scaled at df 0"})
    undefined: ClassVar[Mapping[str, str]] = MappingProxyType(dict.fromkeys(MPLUS, NO_MPLUS))

    @property
    def estimated_moments(self) -> OrdinalMoments:
        """Thresholds and correlations of the sample, and what they rest on."""
        assert self.sample.ordinal is not None
        return self.sample.ordinal

    @property
    def layout(self) -> MomentLayout:
        """Which moment stands where."""
        return self.model.layout

    def value(self, theta: Array) -> float:
        gap = self.observed - self.model.at(theta).moments
        discrepancy = 0.5 * self.share * float(gap @ weighed(self.own_weight, gap))
        return discrepancy if math.isfinite(discrepancy) else math.inf

    def moments_at(self, theta: Array) -> OrdinalPoint:
        """The model of the moments; the last point is kept, where the minimiser ends and all else begins."""
        last = self.__dict__.get("_last")
        if last is None or not np.array_equal(last.theta, theta):
            last = self.__dict__["_last"] = self.model.at(theta)
        return last

    def curve(self, theta: Array) -> Curve:
        point = self.moments_at(theta)
        gap = self.observed - point.moments
        pull = self.share * weighed(self.own_weight, gap)
        value = 0.5 * float(gap @ pull)
        if not math.isfinite(value):
            flat = np.zeros((self.n_free, self.n_free))
            return Curve(math.inf, np.full(self.n_free, math.nan), flat, lambda: flat)
        curvature = self.share * _products(point, self.own_weight)
        return Curve(value, -(point.jacobian.T @ pull), curvature, lambda: curvature - point.bend(pull))

    def at(self, theta: Array) -> OrdinalTermPoint:
        return OrdinalTermPoint(theta, self)

    @property
    def counted(self) -> float:
        return self.n - 1

    @property
    def rescaled(self) -> float:
        return self.n / (self.n - 1)

    @property
    def n_moments(self) -> int:
        return self.layout.size

    @property
    def labels(self) -> list[MomentLabel]:
        return self.layout.labels()

    @property
    def estimated(self) -> Array:
        return np.ones(self.layout.size, dtype=bool)

    def order_like(self, other: GroupTerm) -> Array:
        return _ordinal_term(other).layout.places_in(self.layout)

    def moment_covariance(self, given_fixed: bool = True) -> Gamma:
        return self.estimated_moments.gamma

    def sampling_covariance(self, robust: bool, information: str) -> Array:
        return self.estimated_moments.gamma.dense() / self.n

    def moment_influence(self) -> Array:
        return self.estimated_moments.influence.contributions()

    def start_moments(self) -> tuple[Array, Array]:
        s = self._stretch()
        return self.sample.mean, self.sample.cov * np.outer(s, s)

    def started(self, theta: Array) -> Array:
        """Thresholds of the sample, scales 1, beside structural parameters as if correlations were covariances."""
        theta, free = theta.copy(), self.model.cut_free >= 0
        cuts = self.estimated_moments.moments[: len(free)] * self._stretch()[self.layout.cuts[0]]
        theta[self.model.cut_free[free]] = cuts[free]
        theta[self.model.scale_free[self.model.scale_free >= 0]] = 1.0
        return theta

    def _stretch(self) -> Array:
        """(P,) standard deviations of the responses where their residual variances are 1 (theta); else 1."""
        out = np.ones(len(self.sample.cov))
        if not self.model.reciprocal.any():
            return out
        p = self.layout.p
        R = self.sample.cov[:p, :p]
        unexplained = 1.0 / np.diag(np.linalg.inv(R + 0.05 * np.diag(np.diag(R)))) / np.diag(R)
        explained = np.clip(1.0 - unexplained, 0.0, MOST_EXPLAINED)
        out[:p] = np.where(self.model.reciprocal, 1.0 / np.sqrt(1.0 - explained), 1.0)
        return out

    def unrelated(self, theta: Array, free: bool) -> tuple[Array, bool]:
        """Where moments are weighed one by one and none is a slope, the sample's own fit unrelated variables best."""
        theta = theta.copy()
        theta[self.model.cut_free] = self.estimated_moments.moments[: len(self.model.cut_free)]
        return theta, self.layout.x == 0 and self.own_weight.ndim == 1

    def reproducing(self, point: Point, share: float) -> tuple[OrdinalTerm, float]:
        moments = point.moments[self.layout.places_in(_ordinal_term(point.term).layout)]
        return replace(self, observed=moments), 0.0

    def measured_by_moments(self, scaled: bool) -> bool:
        return scaled

    def why_no_robust_indices(self) -> str:
        if self.layout.numeric.size or self.layout.x:
            return "robust indices are known for ordered variables alone, without continuous ones and covariates"
        if np.linalg.eigvalsh(self.sample.cov)[0] < DEFINITE:
            return "the polychoric correlations are not positive definite, so that they have no likelihood"
        return ""


@dataclass(frozen=True)
class OrdinalTermPoint(WeightedPoint):
    """Thresholds, slopes and correlations of one group at one parameter vector."""

    own: OrdinalTerm

    @property
    def term(self) -> OrdinalTerm:
        return self.own

    @read_only_property
    def model_point(self) -> OrdinalPoint:
        """The model of the moments there."""
        return self.own.moments_at(self.theta)

    @read_only_property
    def state(self) -> Implied:
        """The responses as the model implies them, derived residual variances and covariates included."""
        return self.model_point.completed(implied(self.own.structure, self.theta))

    @property
    def moments(self) -> Array:
        return self.model_point.moments

    @property
    def jacobian(self) -> Array:
        return self.model_point.jacobian

    def jacobian_of(self, rows: Sequence[Parameter], roles: Roles) -> Array:
        return self.model_point.at_rows(rows, roles).jacobian

    @property
    def response_sd(self) -> Array:
        p, cov = self.own.layout.p, self.state.cov
        given = cov[:p, p:]
        return np.sqrt(np.diag(cov)[:p] - np.einsum("px,xp->p", given, np.linalg.solve(cov[p:, p:], given.T)))

    @property
    def cuts(self) -> tuple[Array, Array]:
        return self.own.model.cuts(self.theta), self.own.layout.cuts[0]

    def tables(self, less: bool) -> dict[str, pd.DataFrame | pd.Series]:
        own, point = self.own.layout, self.model_point
        shown = own.tables(self.moments, point.scale * point.shown[:, -1])
        if not less:
            return shown
        observed = own.tables(self.own.observed, np.zeros(own.p))
        return {name: observed[name] - table for name, table in shown.items()}

    def residuals(self) -> Mapping[str, Residuals]:
        """Residual thresholds and covariances; Mplus's SRMR is not defined here.

        As in lavaan variances, which ordered variables do not have, and covariates add to the count and not to the sum.
        """
        own, seen, implied_moments = self.own.layout, self.own.observed, self.moments
        i, j = own.pairs
        S, Sigma = own.cov(seen), own.cov(implied_moments)
        s, t = np.sqrt(np.diag(S)), np.sqrt(np.abs(np.diag(Sigma)))
        gap, scale = (S - Sigma)[i, j], (s[i] * s[j])
        correlation = (S / np.outer(s, s) - Sigma / np.outer(t, t))[i, j]
        cut = slice(0, own.starts[0])
        cuts = seen[cut] - implied_moments[cut]
        count = own.p * (own.p + 1) // 2 + own.x
        return {
            "rmr": (cuts, gap, count),
            "srmr": (np.zeros(0), gap / scale, count),
            "srmr_bentler": (cuts, gap / scale, count),
            "crmr": (cuts, correlation, len(i)),
        }

    def explained(self) -> tuple[float, float, int]:
        gap, seen, weight = self.own.observed - self.moments, self.own.observed, self.own.own_weight
        return float(gap @ weighed(weight, gap)), float(seen @ weighed(weight, seen)), len(gap)

    def observed_and_implied(self, correlations: bool) -> tuple[Array, Array, Array]:
        own, left, right = self.own.layout, self.own.observed, self.moments
        unit = own.units(left)
        if correlations:
            left, right = left / unit, right / np.where(own.spreads, own.units(right), unit)
        return left, right, unit

    def misfit_parts(self, robust: bool, information: str, saturated: Callable[[bool], SaturatedModel]) -> MisfitParts:
        """By the normal likelihood of the correlations, at the least-squares estimates.

        F = log|Sigma| + tr(R Sigma^-1) - log|R| - p; its curvature takes X to V X V, V the inverse of Sigma.
        Savalei 2021, doi 10.1080/00273171.2020.1717922.
        """
        own, first = self.own.layout, self.own.layout.starts[3]
        Sigma, weight = own.cov(self.moments), self.own.own_weight
        half = np.linalg.solve(Sigma, self.sample_correlations)
        discrepancy = float(np.trace(half)) - float(np.linalg.slogdet(half)[1]) - len(Sigma)
        J, gamma = self.jacobian, self.own.estimated_moments.gamma.among(slice(first, None))
        complete = _Curvature(np.linalg.inv(Sigma), *own.pairs)
        return MisfitParts(
            J[first:],
            weighed(weight[first:] if weight.ndim == 1 else weight[first:, first:], J[first:]),
            _products(self.model_point, weight),
            complete.times,
            gamma,
            complete.trace(gamma),
            discrepancy,
        )

    @property
    def sample_correlations(self) -> Array:
        """(p, p) polychoric correlations."""
        return self.own.sample.cov


@dataclass(frozen=True)
class _Curvature:
    """V_ik V_jl + V_il V_jk for pairs (i, j) and (k, l) of variables, V symmetric (p, p)."""

    V: Array
    i: Array
    j: Array

    def times(self, D: Array) -> Array:
        """Its product with columns D (pairs, k)."""
        if self._diagonal is not None:
            return self._diagonal[:, None] * D
        out = np.empty_like(D)
        for at in range(0, D.shape[1], ROWS_AT_ONCE):
            own = slice(at, at + ROWS_AT_ONCE)
            out[:, own] = (self.V @ self._matrices(D[:, own].T) @ self.V)[:, self.i, self.j].T
        return out

    @property
    def _diagonal(self) -> Array | None:
        """(pairs,) all there is where the variables are unrelated."""
        related = np.count_nonzero(self.V) > len(self.V)
        return None if related else self.V[self.i, self.i] * self.V[self.j, self.j]

    def _matrices(self, rows: Array) -> Array:
        """(k, p, p) symmetric matrices without diagonal from rows (k, pairs)."""
        X = np.zeros((len(rows), *self.V.shape))
        X[:, self.i, self.j] = X[:, self.j, self.i] = rows
        return X

    def trace(self, gamma: Gamma) -> float:
        """The trace of its product with `gamma`; a row d of a factor adds d' K d = tr(X V X V) / 2, X its matrix."""
        if self._diagonal is not None:
            return float(self._diagonal @ gamma.diagonal())
        if not gamma.factored:
            return gamma.trace(self.times)
        return sum(map(self._quadratic, gamma.blocks()))

    def _quadratic(self, rows: Array) -> float:
        turned = self._matrices(rows) @ self.V
        return 0.5 * float(np.einsum("kab,kba->", turned, turned))


def _ordinal_term(term: GroupTerm) -> OrdinalTerm:
    """A term of ordered variables as what it is."""
    assert isinstance(term, OrdinalTerm)
    return term


def _products(point: OrdinalPoint, weight: Array) -> Array:
    """J' W J (q, q); with a diagonal W thresholds, which touch few rows, are kept apart."""
    J = point.jacobian
    if weight.ndim == 2:
        return J.T @ weight @ J
    first, own = point.model.layout.starts[0], point.model.own
    half = np.sqrt(weight)[:, None]  # products of a matrix with itself are half the work
    top, rest = half[:first] * J[:first], half[first:] * J[first:, own]
    out = top.T @ top
    out[np.ix_(own, own)] += rest.T @ rest
    return out


def ordinal_term_of(
    share: float,
    structure: Structure,
    sample: Sample,
    n_free: int,
    rows: Sequence[Parameter],
    role: Roles,
    discrepancy: str,
    theta: bool,
) -> OrdinalTerm:
    """The discrepancy "DWLS", "ULS" or "WLS" of one group; `theta` says which parameterization."""
    moments = sample.ordinal
    assert moments is not None
    own, origin = moments.layout, None
    if len(own.numeric):
        origin = np.append(own.mean(moments.moments), np.zeros(own.x))
    model = ordinal_model(rows, role, own, theta, n_free, origin)
    weight = ordinal_weight(moments, discrepancy, sample.nobs)
    return OrdinalTerm(share, structure, sample, own.x, n_free, model, weight, moments.moments)
