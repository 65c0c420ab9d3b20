"""Least squares on means and covariances: GLS, ULS, WLS and DWLS.

Browne 1984, doi 10.1111/j.2044-8317.1984.tb00789.x.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sexresearch.errors import DataError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.moments import inverse_of_moments, moment_names
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.implied.implied_moments import collect, moment_bend, moment_vector, normal_weight
from sexresearch.sem.implied.structure import Structure, implied, jacobian
from sexresearch.sem.terms.continuous import ContinuousPoint, ContinuousTerm
from sexresearch.sem.terms.moment_covariance import moment_covariance
from sexresearch.sem.terms.normal import NormalTerm, reproducing
from sexresearch.sem.terms.objective import Curve
from sexresearch.sem.terms.term import Point


@dataclass(frozen=True)
class LeastSquaresTerm(ContinuousTerm):
    """share times half of (s - sigma)' W (s - sigma); the weight W is a matrix (M, M) or its diagonal (M,)."""

    own_weight: Array

    @property
    def observed(self) -> Array:
        """(M,) the sample moments, means from the structure's origin, covariances with denominator n - 1."""
        return self.stacked(self.sample.mean_from_origin, self.analysed_cov)

    def weigh(self, x: Array) -> Array:
        """W x for a vector or a matrix x."""
        return weighed(self.own_weight, x)

    def value(self, theta: Array) -> float:
        gap = self.observed - moment_vector(implied(self.structure, theta))
        return 0.5 * self.share * float(gap @ self.weigh(gap))

    def curve(self, theta: Array) -> Curve:
        state = implied(self.structure, theta)
        D = jacobian(state)
        gap = self.observed - moment_vector(state)
        pull = self.share * self.weigh(gap)
        curvature = self.share * collect(self.structure, D.T @ self.weigh(D), self.n_free)

        def exact() -> Array:
            return curvature - collect(self.structure, moment_bend(state, pull), self.n_free)

        return Curve(0.5 * float(gap @ pull), -collect(self.structure, D.T @ pull, self.n_free), curvature, exact)

    def at(self, theta: Array) -> LeastSquaresPoint:
        return LeastSquaresPoint(theta, self)

    @property
    def counted(self) -> float:
        return self.n - 1

    @property
    def rescaled(self) -> float:
        return self.n / (self.n - 1)

    def sampling_covariance(self, robust: bool, information: str) -> Array:
        if robust:
            return self.moment_covariance(given_fixed=False).dense() / self.n
        return np.linalg.inv(normal_weight(self.analysed_cov, self.has_means)) / self.n

    def reproducing(self, point: Point, share: float) -> tuple[NormalTerm, float]:
        return reproducing(self, point, share)


class WeightedTerm(Protocol):
    """A term that weighs the moments it observes with a matrix or a diagonal of its own."""

    @property
    def own_weight(self) -> Array: ...
    @property
    def observed(self) -> Array: ...
    @property
    def n(self) -> float: ...


@dataclass(frozen=True)
class WeightedPoint(Point):
    """What the weight says of a least-squares term at one parameter vector, whatever its moments are."""

    own: WeightedTerm

    def weight_times(self, D: Array, exact: bool = False) -> Array:
        return weighed(self.own.own_weight, D)

    def weight(self, exact: bool = False) -> Array:
        return dense(self.own.own_weight)

    @property
    def diagonal_weight(self) -> Array | None:
        return self.own.own_weight if self.own.own_weight.ndim == 1 else None

    def moment_curve(self) -> Curve:
        return quadratic(self.own.observed - self.moments, self.own.own_weight, self.own.n)

    def moment_information(self, kind: str) -> Array:
        return self.own.n * dense(self.own.own_weight)


@dataclass(frozen=True)
class LeastSquaresPoint(WeightedPoint, ContinuousPoint):
    """Least squares of one group at one parameter vector."""

    own: LeastSquaresTerm

    @property
    def term(self) -> LeastSquaresTerm:
        return self.own


def weighed(weight: Array, x: Array) -> Array:
    """W x for a vector or a matrix x, W a matrix or a diagonal."""
    if weight.ndim == 2:
        return weight @ x
    return weight[:, None] * x if x.ndim == 2 else weight * x


def dense(weight: Array) -> Array:
    """The weight as a matrix."""
    return np.diag(weight) if weight.ndim == 1 else weight


def quadratic(gap: Array, weight: Array, n: float) -> Curve:
    """n - 1 times half of gap' W gap as a function of the implied moments; information counts n, as in lavaan."""
    pull, whole = weighed(weight, gap), n * dense(weight)
    return Curve(0.5 * (n - 1) * float(gap @ pull), -(n - 1) * pull, whole, lambda: whole)


def weight_of(discrepancy: str, sample: Sample, structure: Structure) -> Array:
    """The weight of a least-squares estimator: identity, normal theory at S, or the inverse (diagonal) of Gamma."""
    has_means = structure.has_means
    size = structure.p * (structure.p + 1) // 2 + structure.p * has_means
    if discrepancy == "ULS":
        return np.ones(size)
    if discrepancy == "GLS":
        return normal_weight(sample.cov * sample.n / (sample.n - 1), has_means)
    gamma = moment_covariance(sample, has_means)
    if discrepancy == "DWLS":
        return 1.0 / _varying(np.diag(gamma), moment_names(sample.names, has_means))
    if sample.nobs <= size:
        raise DataError(
            f"estimator 'WLS' inverts the covariances of {size} moments and needs more rows than that; "
            f"found {sample.nobs}. Use 'DWLS' or 'MLR'"
        )
    return inverse_of_moments(gamma, moment_names(sample.names, has_means), discrepancy)


def _varying(variance: Array, names: Sequence[str]) -> Array:
    """The variances of moments; DataError naming those that have none, as that of a 0-1 variable with mean one half."""
    still = [name for name, value in zip(names, variance, strict=True) if value <= 0]
    if still:
        raise DataError(f"estimator 'DWLS' divides by the variances of the moments; these do not vary: {still[:6]}")
    return variance
