"""The normal likelihood of complete answers, or of published means and covariances.

Half of log|Omega| + tr(Omega^-1 M) for one respondent, with Omega the implied moments about the origin and M the
sample's (Joreskog 1967, doi 10.1007/BF02289658); a sum over the patterns of answers where there are several.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sexresearch.frozen import read_only, read_only_property
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.implied.implied_moments import collect, normal_weight
from sexresearch.sem.implied.likelihood import Grouped, deviance, grouped, likelihood_derivatives, respondents
from sexresearch.sem.implied.patterns import Pattern
from sexresearch.sem.implied.structure import Implied, implied
from sexresearch.sem.matrices import inverse_information
from sexresearch.sem.terms.continuous import ContinuousPoint, ContinuousTerm
from sexresearch.sem.terms.objective import Curve
from sexresearch.sem.terms.scores import (
    SaturatedNormal,
    casewise_scores,
    free_moments,
    information_of,
    saturate,
    saturated_structure,
    score_products,
    slot_matrix,
)
from sexresearch.sem.terms.term import GroupTerm, Point


@dataclass(frozen=True)
class NormalTerm(ContinuousTerm):
    """share / n times the sum over the sample's blocks b of n_b (log|Omega_b| + tr(Omega_b^-1 M_b)) / 2."""

    has_likelihood: ClassVar[bool] = True

    @property
    def rests_on_moments(self) -> bool:
        return True

    @property
    def blocks(self) -> Grouped:
        """What the likelihood is a sum over."""
        return self.sample.grouped

    def value(self, theta: Array) -> float:
        return 0.5 * deviance(implied(self.structure, theta).omega, self.blocks) * (self.share / self.n)

    def curve(self, theta: Array) -> Curve:
        state = implied(self.structure, theta)
        value, gradient, expected, exact = likelihood_derivatives(state, self.blocks)
        factor = self.share / self.n

        def collected(slots: Array) -> Array:
            return read_only(collect(self.structure, slots, self.n_free) * factor)

        first, curvature = (lambda: collected(gradient())), (lambda: collected(expected()))
        return Curve(value * factor, first, curvature, lambda: collected(exact()), (state,))  # type: ignore[arg-type]

    def at(self, theta: Array) -> NormalPoint:
        return NormalPoint(theta, self)

    @property
    def counted(self) -> float:
        return self.n

    @property
    def rescaled(self) -> float:
        return 1.0

    def log_likelihood(self, omega: Array, state: Implied | None = None) -> float:
        joint = log_likelihood(self.sample, omega, self.has_means, state)
        return joint - exogenous_log_likelihood(self.sample, self.fixed)

    def saturated(self, exact: bool) -> SaturatedNormal:
        """The model without restrictions at the sample moments, with observed or expected information."""
        return saturate(self.sample, self.has_means, self.fixed, exact)

    def sampling_covariance(self, robust: bool, information: str) -> Array:
        mean = self.sample.mean_from_origin if self.has_means else None
        structure, moments = saturated_structure(self.structure.p, mean, self.sample.cov)
        state = implied(structure, moments)
        basis = np.eye(len(moments))[:, self.estimated]
        if information == "first_order":
            return inverse_information(score_products(state, self.sample, corrected=False), basis)
        bread = inverse_information(information_of(state, self.blocks, exact=information == "observed"), basis)
        if not robust:
            return bread
        return bread @ score_products(state, self.sample, corrected=False) @ bread

    def unrelated(self, theta: Array, free: bool) -> tuple[Array, bool]:
        return theta, True

    def reproducing(self, point: Point, share: float) -> tuple[NormalTerm, float]:
        return reproducing(self, point, share)


def reproducing(term: ContinuousTerm, point: Point, share: float) -> tuple[NormalTerm, float]:
    """The normal likelihood of the moments that `point` implies, for any term of continuous variables; its floor."""
    omega = term.moments_like(point)
    return population_term(term, omega, share), 0.5 * share * (float(np.linalg.slogdet(omega)[1]) + len(omega))


def population_term(term: GroupTerm, omega: Array, share: float) -> NormalTerm:
    """The normal likelihood of a group's model at moments omega (P, P) that are not the sample's."""
    block = Pattern(np.arange(len(omega)), term.n, omega)
    return PopulationTerm(share, term.structure, term.sample, term.fixed, term.n_free, block)


@dataclass(frozen=True)
class PopulationTerm(NormalTerm):
    """A normal term fitted to moments that are not the sample's."""

    block: Pattern

    @property
    def blocks(self) -> Grouped:
        return grouped((self.block,))


@dataclass(frozen=True)
class NormalPoint(ContinuousPoint):
    """The normal likelihood of one group at one parameter vector."""

    own: NormalTerm

    @property
    def term(self) -> NormalTerm:
        return self.own

    @property
    def log_likelihood(self) -> float:
        return self.own.log_likelihood(self.state.omega, self.state)

    @read_only_property
    def score_products(self) -> Array:
        """(q, q) what the products of the scores of respondents, or of their clusters, sum to."""
        slots = slot_matrix(self.own.structure, self.own.n_free)
        return slots.T @ score_products(self.state, self.own.sample) @ slots

    @read_only_property
    def scores(self) -> Array | None:
        if self.own.sample.answers is None:
            return None
        return casewise_scores(self.state, self.own.sample) @ slot_matrix(self.own.structure, self.own.n_free)

    @read_only_property
    def expected_weight(self) -> Array:
        """(M, M) one respondent's expected information about the moments, at the implied ones."""
        return normal_weight(self.state.cov, self.own.has_means)

    @read_only_property
    def observed_weight(self) -> Array:
        """(M, M) one respondent's observed information about the moments, at the implied ones."""
        information, own = self.structured_information(exact=True)
        weight = np.zeros((len(own), len(own)))
        weight[np.ix_(own, own)] = information / self.own.n
        return weight

    def weight_times(self, D: Array, exact: bool = False) -> Array:
        return (self.observed_weight if exact else self.expected_weight) @ D

    def weight(self, exact: bool = False) -> Array:
        return self.observed_weight if exact else self.expected_weight

    def structured_information(self, exact: bool) -> tuple[Array, Array]:
        state, fixed = self.state, self.own.fixed
        mean = state.mean_from_origin if self.own.has_means else None
        structure, values = saturated_structure(self.own.structure.p, mean, state.cov, fixed)
        information = information_of(implied(structure, values), self.own.blocks, exact)
        return information, free_moments(self.own.structure.p, fixed, self.own.has_means)

    def moment_curve(self) -> Curve:
        mean = self.state.mean_from_origin if self.own.has_means else None
        structure, moments = saturated_structure(self.own.structure.p, mean, self.state.cov)
        return Curve(*likelihood_derivatives(implied(structure, moments), self.own.blocks))  # type: ignore[arg-type]

    def moment_information(self, kind: str) -> Array:
        if kind == "first_order":
            mean = self.state.mean_from_origin if self.own.has_means else None
            state = implied(*saturated_structure(self.own.structure.p, mean, self.state.cov))
            return score_products(state, self.own.sample, corrected=False)
        curve = self.moment_curve()
        return curve.hessian() if kind == "observed" else curve.curvature

    @read_only_property
    def precision(self) -> Array:
        """(p, p) inverse of the implied covariances, which is the first part of that of Omega."""
        p, inverse = self.own.structure.p, self.state.inverse
        return np.linalg.inv(self.state.cov) if inverse is None else inverse[0][:p, :p]

    def squares(self, mean: Array, cov: Array) -> float:
        """m' V m + tr(V S V S) / 2 with V the inverse of the implied covariances (Tanaka & Huba 1985)."""
        V = self.precision
        half = V @ cov
        return 0.5 * float(np.vdot(half, half.T)) + (float(mean @ V @ mean) if self.own.has_means else 0.0)


def log_likelihood(sample: Sample, omega: Array, has_means: bool, state: Implied | None = None) -> float:
    """Normal log-likelihood of one group's answers at the moment matrix omega (P, P); NaN where that is impossible.

    state : what implies omega, and may know its inverse.
    """
    answers = sum(block.n * (len(block.columns) - has_means) for block in sample.blocks)
    distance = deviance(omega, sample.grouped, state) - has_means * respondents(sample.grouped)
    return -0.5 * (answers * math.log(2 * math.pi) + distance) if math.isfinite(distance) else math.nan


def exogenous_log_likelihood(sample: Sample, x: int) -> float:
    """Log-likelihood of the last `x` variables, fixed exogenous ones, at their own moments; no parameter touches it."""
    if not x:
        return 0.0
    logdet = float(np.linalg.slogdet(sample.cov[-x:, -x:])[1])
    return -0.5 * sample.n * (x * (math.log(2 * math.pi) + 1) + logdet)


@dataclass(frozen=True)
class PairwiseTerm(NormalTerm):
    """The same at moments of which each comes from other rows: no respondent has a likelihood."""

    @property
    def rests_on_moments(self) -> bool:
        return False

    def at(self, theta: Array) -> PairwisePoint:
        return PairwisePoint(theta, self)

    def sampling_covariance(self, robust: bool, information: str) -> Array:
        return self.moment_covariance().dense() / self.n if robust else super().sampling_covariance(False, information)


@dataclass(frozen=True)
class PairwisePoint(NormalPoint):
    """Pairwise moments at one parameter vector."""

    @property
    def scores(self) -> Array | None:
        return None
