"""Two levels: the normal likelihood of respondents in clusters, with a model within and a model between clusters.

A group has a term for each level. The first one holds the likelihood of both; the second adds nothing to it and says
what the moments of its level are. Formulas: `implied.two_level_likelihood`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import ClassVar, NoReturn

import numpy as np

from sexresearch.errors import OptionError
from sexresearch.frozen import read_only_property
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.clusters import FLOOR, positive
from sexresearch.sem.data.sample import NestedSample
from sexresearch.sem.gamma import Gamma
from sexresearch.sem.implied.implied_moments import collect, moment_bend, moment_vector
from sexresearch.sem.implied.structure import Implied, Structure, implied, jacobian, split_moments, vech_index
from sexresearch.sem.implied.two_level_likelihood import ClusterData, LevelIndex, LevelMoments
from sexresearch.sem.terms.continuous import ContinuousPoint, ContinuousTerm
from sexresearch.sem.terms.objective import Curve
from sexresearch.sem.terms.scores import SaturatedModel, slot_matrix
from sexresearch.sem.terms.term import GroupTerm, Point, Residuals


def _refuse(what: str) -> NoReturn:
    raise OptionError(f"{what} are not known for models of two levels")


def _by_parameter(slots: Array, s: Structure, size: int) -> Array:
    """(moments, size) derivatives in parameters from those in slots."""
    if len(set(s.free.tolist())) < len(s.free):
        return slots @ slot_matrix(s, size)
    out = np.zeros((len(slots), size))
    out[:, s.free] = slots
    return out


def nested_of(term: GroupTerm) -> NestedSample:
    """What the clusters of the group say, of a term of either level."""
    assert term.sample.nested is not None
    return term.sample.nested


@dataclass(frozen=True)
class LevelTerm(ContinuousTerm):
    """One level of a group."""

    has_likelihood: ClassVar[bool] = True

    @property
    def rescaled(self) -> float:
        return 1.0

    @property
    def mean_is_free(self) -> Array:
        """(p,) which variables have their mean at this level."""
        return np.ones(self.structure.p, dtype=bool)

    @property
    def n_moments(self) -> int:
        return int(self.estimated.sum())

    @property
    def estimated(self) -> Array:
        p, out = self.structure.p, super().estimated
        return np.concatenate([out[:p] & self.mean_is_free, out[p:]])

    def start_moments(self) -> tuple[Array, Array]:
        cov = self.sample.cov
        total = np.maximum(np.abs(cov.diagonal()), self.least_variance)
        return self.sample.mean, positive(cov, FLOOR * total)

    @property
    def least_variance(self) -> Array:
        """(p,) what starting variances are measured by."""
        return self.sample.cov.diagonal()

    def moment_covariance(self, given_fixed: bool = True) -> Gamma:
        _refuse("covariances of sample moments")

    def moment_influence(self) -> Array:
        _refuse("influences of respondents")

    def sampling_covariance(self, robust: bool, information: str) -> Array:
        _refuse("covariances of sample moments")

    def unrelated(self, theta: Array, free: bool) -> tuple[Array, bool]:
        return theta, False

    def reproducing(self, point: Point, share: float) -> tuple[GroupTerm, float]:
        p = self.structure.p
        omega = self.moments_like(point)
        mean, cov = split_moments(omega, self.structure.has_means)
        sd = np.sqrt(np.maximum(np.abs(cov.diagonal()), self.least_variance))
        i, j = vech_index(p)
        wanted, units = np.concatenate([mean, cov[i, j]]), np.concatenate([sd, sd[i] * sd[j]])
        kept = {field.name: getattr(self, field.name) for field in fields(LevelTerm)}
        return LevelTarget(**kept, wanted=wanted, units=units), 0.0


@dataclass(frozen=True)
class LevelTarget(LevelTerm):
    """One level of a group that shall have certain moments: half the squared distance from `wanted` (M,) in `units`.

    Covariances of a level may be singular, of which a likelihood would know nothing.
    """

    wanted: Array
    units: Array

    @property
    def counted(self) -> float:
        return self.n

    @property
    def saturated_log_likelihood(self) -> float:
        return 0.0

    def value(self, theta: Array) -> float:
        gap = (moment_vector(implied(self.structure, theta)) - self.wanted) / self.units
        return 0.5 * float(gap @ gap)

    def curve(self, theta: Array) -> Curve:
        state = implied(self.structure, theta)
        gap = (moment_vector(state) - self.wanted) / self.units
        D = jacobian(state) @ slot_matrix(self.structure, self.n_free) / self.units[:, None]
        return Curve(0.5 * float(gap @ gap), D.T @ gap, D.T @ D, lambda: D.T @ D)

    def at(self, theta: Array) -> LevelPoint:
        return LevelPoint(theta, self)


@dataclass(frozen=True)
class WithinTerm(LevelTerm):
    """Level 1 of a group, with the likelihood of both levels.

    above : the structure of level 2; above_fixed : how many of its variables are exogenous and fixed.
    """

    above: Structure
    above_fixed: int

    @property
    def counted(self) -> float:
        return self.n

    @property
    def mean_is_free(self) -> Array:
        data = nested_of(self).data
        return ~np.isin(data.within, data.between)

    def value(self, theta: Array) -> float:
        return nested_of(self).data.derivatives(self._moments(*self.states(theta))).value * (self.share / self.n)

    def states(self, theta: Array) -> tuple[Implied, Implied]:
        """Both levels at theta (q,)."""
        return implied(self.structure, theta), implied(self.above, theta)

    def _moments(self, within: Implied, between: Implied) -> LevelMoments:
        return LevelMoments(within.mean_from_origin, within.cov, between.mean_from_origin, between.cov)

    def curve(self, theta: Array) -> Curve:
        states, factor = self.states(theta), self.share / self.n
        value, gradient, expected, exact = nested_of(self).data.derivatives(self._moments(*states))
        D, q = self.jacobian(*states), self.n_free

        def hessian() -> Array:
            cut = len(states[0].mean_from_origin) * (len(states[0].mean_from_origin) + 3) // 2
            parts = zip(states, (gradient[:cut], gradient[cut:]), strict=True)
            bend = sum(collect(state.structure, moment_bend(state, own), q) for state, own in parts)
            return factor * (exact(D) + bend)

        if not np.isfinite(value):
            return Curve(value, np.full(q, np.nan), np.zeros((q, q)), lambda: np.zeros((q, q)))
        return Curve(value * factor, factor * (D.T @ gradient), factor * (D.T @ expected() @ D), hessian)

    def jacobian(self, within: Implied, between: Implied) -> Array:
        """(M, q) derivatives of the moments of both levels."""
        return np.vstack([_by_parameter(jacobian(s), s.structure, self.n_free) for s in (within, between)])

    def at(self, theta: Array) -> WithinPoint:
        return WithinPoint(theta, self)

    @property
    def both_estimated(self) -> Array:
        """(M,) which moments of both levels are not those of fixed exogenous variables, or means told elsewhere."""
        p, x = self.above.p, self.above_fixed
        free, (_, j) = np.arange(p) < p - x, vech_index(p)
        return np.concatenate([self.estimated, free, j < p - x])

    @property
    def saturated_log_likelihood(self) -> float:
        nested = nested_of(self)
        return nested.data.log_likelihood(nested.saturated) - nested.given

    def saturated(self, exact: bool) -> SaturatedLevels:
        """The model without restrictions, with observed or expected information."""
        nested, own = nested_of(self), self.both_estimated
        derivatives = nested.data.derivatives(nested.saturated)
        information = derivatives.exact(np.eye(len(own))[:, own]) if exact else derivatives.expected()[np.ix_(own, own)]
        return SaturatedLevels(information, nested, own)


@dataclass(frozen=True)
class BetweenTerm(LevelTerm):
    """Level 2 of a group."""

    @property
    def counted(self) -> float:
        return 0.0

    @property
    def least_variance(self) -> Array:
        """Of variables at both levels, what they vary by in all."""
        nested = nested_of(self)
        total = self.sample.cov.diagonal().copy()
        shared = np.isin(nested.data.between, nested.data.within)
        place = {k: i for i, k in enumerate(nested.data.within)}
        within = nested.saturated.within.diagonal()
        total[shared] += within[[place[k] for k in nested.data.between[shared]]]
        return total

    def value(self, theta: Array) -> float:
        return 0.0

    def curve(self, theta: Array) -> Curve:
        q = self.n_free
        return Curve(0.0, np.zeros(q), np.zeros((q, q)), lambda: np.zeros((q, q)))

    def at(self, theta: Array) -> BetweenPoint:
        return BetweenPoint(theta, self)

    @property
    def saturated_log_likelihood(self) -> float:
        return 0.0


@dataclass(frozen=True)
class SaturatedLevels(SaturatedModel):
    """The moments of both levels without restrictions: information (k, k) about those that are estimated."""

    nested: NestedSample
    own: Array

    @read_only_property
    def products(self) -> Array:
        """(k, k) what the products of the scores of the clusters sum to."""
        scores = self.nested.data.scores(self.nested.saturated)[:, self.own]
        return scores.T @ scores


@dataclass(frozen=True)
class LevelPoint(ContinuousPoint):
    """One level of a group at one parameter vector."""

    own: LevelTerm
    key: ClassVar[str] = ""

    @property
    def term(self) -> LevelTerm:
        return self.own

    def weight_times(self, D: Array, exact: bool = False) -> Array:
        _refuse("weights of the moments of one level")

    def moment_curve(self) -> Curve:
        _refuse("derivatives in the moments of one level")

    def moment_information(self, kind: str) -> Array:
        _refuse("informations about the moments of one level")

    def residuals(self) -> Mapping[str, Residuals]:
        """Correlations without restrictions less implied ones, means left out, as in lavaan and Mplus."""
        i, j = vech_index(self.own.structure.p)
        kinds = []
        for cov in (self.own.sample.cov, self.state.cov):
            sd = np.sqrt(np.where(cov.diagonal() > 0, cov.diagonal(), np.nan))
            kinds.append((cov / np.outer(sd, sd))[i, j])
        return {self.key: (np.zeros(0), kinds[0] - kinds[1], len(i))}


@dataclass(frozen=True)
class WithinPoint(LevelPoint):
    """Level 1 at one parameter vector, with the likelihood of both."""

    own: WithinTerm
    key: ClassVar[str] = "srmr_within"

    @property
    def _both(self) -> tuple[tuple[Implied, Implied], LevelMoments]:
        states = self.own.states(self.theta)
        return states, self.own._moments(*states)

    @property
    def log_likelihood(self) -> float:
        nested = nested_of(self.own)
        return nested.data.log_likelihood(self._both[1]) - nested.given

    @read_only_property
    def cluster_scores(self) -> Array:
        """(clusters, q) derivatives of every cluster's log-likelihood."""
        states, moments = self._both
        return nested_of(self.own).data.scores(moments) @ self.own.jacobian(*states)

    @read_only_property
    def score_products(self) -> Array:
        return self.cluster_scores.T @ self.cluster_scores


@dataclass(frozen=True)
class BetweenPoint(LevelPoint):
    """Level 2 at one parameter vector."""

    own: BetweenTerm
    key: ClassVar[str] = "srmr_between"

    @property
    def log_likelihood(self) -> float:
        return 0.0


@dataclass(frozen=True)
class UnrestrictedLevels:
    """Half the deviance per respondent as a function of the moments themselves: what saturated moments minimise.

    base (M,) holds the moments that are not free, such as means told at the other level.
    """

    data: ClusterData
    index: LevelIndex
    base: Array
    free: Array
    n: float

    @property
    def n_free(self) -> int:
        """How many moments are free."""
        return int(self.free.sum())

    def moments(self, theta: Array) -> LevelMoments:
        """All moments, from the free ones."""
        vector = self.base.copy()
        vector[self.free] = theta
        return self.index.moments(vector)

    def value(self, theta: Array) -> float:
        """Half the deviance."""
        return self.data.derivatives(self.moments(theta)).value / self.n

    def curve(self, theta: Array) -> Curve:
        """The same with derivatives."""
        value, gradient, expected, exact = self.data.derivatives(self.moments(theta))
        D = np.eye(len(self.free))[:, self.free]
        curvature = expected()[np.ix_(self.free, self.free)] / self.n
        return Curve(value / self.n, gradient[self.free] / self.n, curvature, lambda: exact(D) / self.n)

    def hessian(self, theta: Array) -> Array:
        """(q, q) exact second derivatives."""
        return self.curve(theta).hessian()
