"""A model is a sum of terms that share one parameter vector; most terms are one group.

A term knows everything that depends on its kind. `Term` is what the minimiser needs of it; `GroupTerm` what the tests,
errors and indices need of a term that data stand behind, and `Point` the same at one parameter vector. Nothing outside
this folder asks which kind a term has (docs/developer/terms.md).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import add
from types import MappingProxyType
from typing import ClassVar

import numpy as np
import pandas as pd

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.gamma import Gamma
from sexresearch.sem.implied.structure import Implied, Structure
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.roles import Roles
from sexresearch.sem.terms.objective import Curve
from sexresearch.sem.terms.scores import SaturatedModel

MomentLabel = tuple[str, str, str]  # lhs, op, rhs
Residuals = tuple[Array, Array, int]  # means or thresholds, covariances, how many covariances count


@dataclass(frozen=True)
class MisfitParts:
    """What indices as if by complete normal data take from one group, by its m estimated moments.

    jacobian D (m, q); pull (m, q) is W D, with W the weight by which estimates follow the moments; information (q, q)
    of one respondent; complete K D for (m, k) D, with K the curvature of the discrepancy of complete data; spread the
    covariance of the moments times n, Gamma; expected tr(K Gamma), what sampling alone adds to n times the discrepancy;
    discrepancy of one respondent.
    """

    jacobian: Array
    pull: Array
    information: Array
    complete: Callable[[Array], Array]
    spread: Gamma
    expected: float
    discrepancy: float


class Term(ABC):
    """One summand of a discrepancy."""

    @abstractmethod
    def value(self, theta: Array) -> float:
        """Its part at theta (q,), infinite where that is impossible."""

    @abstractmethod
    def curve(self, theta: Array) -> Curve:
        """The same with derivatives in all q parameters."""


@dataclass(frozen=True)
class GroupTerm(Term):
    """A term that one group's data stand behind.

    share : what multiplies the discrepancy of one respondent in the sum.
    structure : the model of the group; for ordered variables that of the responses behind them.
    sample : what the data say. fixed : how many variables, the last ones, are exogenous and fixed to their moments.
    n_free : parameters of the whole model, q.
    """

    share: float
    structure: Structure
    sample: Sample
    fixed: int
    n_free: int

    has_likelihood: ClassVar[bool] = False  # whether there is a log-likelihood, of which the discrepancy is a part
    given_covariates: ClassVar[bool] = False  # whether its moments are those given fixed exogenous variables
    by_clusters: ClassVar[bool] = False  # whether `moment_covariance` is that of clusters, where there are any
    unseen: ClassVar[tuple[str, ...]] = ()  # operators of rows and moments that `Point.misfit_parts` leave out
    own_measures: ClassVar[frozenset[str]] = frozenset({"ecvi"})  # measures that lavaan gives for some kinds only
    undefined: ClassVar[Mapping[str, str]] = MappingProxyType({})  # measures it cannot have, and why

    @abstractmethod
    def at(self, theta: Array) -> Point:
        """The term at theta (q,)."""

    @property
    @abstractmethod
    def counted(self) -> float:
        """What multiplies the discrepancy of one respondent to make a chi-square: n, or n - 1 in least squares."""

    @property
    @abstractmethod
    def rescaled(self) -> float:
        """What the estimator multiplies sample covariances (denominator n) with before it looks at them."""

    @property
    @abstractmethod
    def n_moments(self) -> int:
        """Sample moments that the model has to explain; those of fixed exogenous variables are not among them."""

    @property
    @abstractmethod
    def labels(self) -> list[MomentLabel]:
        """lhs, op, rhs of the M moments, in the order of every vector and matrix of moments."""

    @property
    @abstractmethod
    def estimated(self) -> Array:
        """(M,) False for moments of fixed exogenous variables, which the model leaves as they are."""

    @abstractmethod
    def order_like(self, other: GroupTerm) -> Array:
        """(M,) places here of the moments of `other`, whose variables may stand in another order."""

    @abstractmethod
    def moment_covariance(self, given_fixed: bool = True) -> Gamma:
        """Distribution-free covariance of sqrt(n) times the sample moments.

        given_fixed : around what fixed exogenous variables predict; else these vary too.
        """

    @abstractmethod
    def sampling_covariance(self, robust: bool, information: str) -> Array:
        """(M, M) covariance of the sample moments, by Gamma where `robust`, else by the estimator's own theory."""

    @abstractmethod
    def moment_influence(self) -> Array:
        """(rows, M) what each respondent adds to the sample moments."""

    @abstractmethod
    def started(self, theta: Array) -> Array:
        """Starting values (q,) with those parameters filled in that only this kind has."""

    @abstractmethod
    def start_moments(self) -> tuple[Array, Array]:
        """Mean (p,) and covariances (p, p) that starting values are made of."""

    @abstractmethod
    def unrelated(self, theta: Array, free: bool) -> tuple[Array, bool]:
        """Parameters (q,) of the baseline model with its variables' own means and spreads, and whether that is the fit.

        free : whether some variables are related in the baseline model by free parameters.
        """

    @abstractmethod
    def reproducing(self, point: Point, share: float) -> tuple[GroupTerm, float]:
        """The term that fits this model to the moments that `point` implies, and its lowest possible value."""

    @property
    def rests_on_moments(self) -> bool:
        """Whether the normal likelihood of means and covariances of complete rows is all there is to it."""
        return False

    @property
    def fills_gaps(self) -> bool:
        """Whether it would be that, were answers and their squares that are missing the expected ones (EM)."""
        return False

    @property
    def n(self) -> float:
        """Respondents, or their summed weights."""
        return self.sample.n

    def label_count(self, op: str) -> int:
        """How many of the moments are covariances ("~~"), means ("~1"), thresholds ("|") or slopes ("~")."""
        return sum(label[1] == op for label in self.labels)

    def log_likelihood(self, omega: Array) -> float:
        """Of the sample at moments omega (P, P), given fixed exogenous variables; NaN where there is none."""
        return float("nan")

    @property
    def saturated_log_likelihood(self) -> float:
        """At the sample moments; NaN where there is no likelihood."""
        return self.log_likelihood(self.sample.moments(self.structure.has_means))

    def saturated(self, exact: bool) -> SaturatedModel | None:
        """The model without restrictions, with observed or expected information; None where there is no likelihood."""
        return None

    def measured_by_moments(self, scaled: bool) -> bool:
        """Whether robust indices rest on `Point.misfit_parts`, as its moments are estimates themselves.

        scaled : whether there is a scaled test.
        """
        return False

    def why_no_robust_indices(self) -> str:
        """Why indices corrected for non-normality are unknown here; empty where they are known."""
        return ""


@dataclass(frozen=True)
class Point(ABC):
    """A term at one parameter vector (q,)."""

    theta: Array

    @property
    @abstractmethod
    def term(self) -> GroupTerm:
        """The term."""

    @property
    @abstractmethod
    def state(self) -> Implied:
        """The implied moments; those of the responses where variables are ordered."""

    @property
    @abstractmethod
    def moments(self) -> Array:
        """(M,) implied moments."""

    @property
    @abstractmethod
    def jacobian(self) -> Array:
        """(M, q) their derivatives."""

    @abstractmethod
    def jacobian_of(self, rows: Sequence[Parameter], roles: Roles) -> Array:
        """(M, r) derivatives of the moments in rows of the parameter table, free or not."""

    @abstractmethod
    def weight_times(self, D: Array, exact: bool = False) -> Array:
        """W D for (M, k) D: the weight of the moments' discrepancy for one respondent, or its `exact` curvature."""

    @abstractmethod
    def moment_curve(self) -> Curve:
        """The discrepancy of all respondents together as a function of the moments (M,)."""

    @abstractmethod
    def moment_information(self, kind: str) -> Array:
        """(M, M) "expected", "observed" or "first_order" information of all respondents about the moments."""

    @abstractmethod
    def residuals(self) -> Mapping[str, Residuals]:
        """Sample less implied moments by kind (rmr, srmr_bentler, crmr, srmr_mplus, and srmr, lavaan's choice)."""

    @abstractmethod
    def explained(self) -> tuple[float, float, int]:
        """Weighted squares of what is not explained, of all there is, and the number of moments."""

    @abstractmethod
    def observed_and_implied(self, correlations: bool) -> tuple[Array, Array, Array]:
        """(M,) three times: sample moments, implied ones, and the standard deviations they are in units of."""

    def knowing(self, state: Implied) -> Point:
        """The point, of which the implied moments are at hand."""
        return self

    def tables(self, less: bool) -> dict[str, pd.DataFrame | pd.Series]:
        """Implied moments as they are shown, or (`less`) what is left of the sample's: cov, mean and what else is."""
        names, (mean, cov) = list(self.term.sample.names), (self.state.mean, self.state.cov)
        if less:
            mean, cov = self.term.sample.mean - mean, self.term.sample.cov * self.term.rescaled - cov
        index = {"index": names, "copy": True}
        return {"cov": pd.DataFrame(cov, columns=names, **index), "mean": pd.Series(mean, **index)}

    def structured_information(self, exact: bool) -> tuple[Array, Array] | None:
        """Information of all respondents about the free moments, at the implied ones, and which are free; or None.

        exact : observed instead of expected information. None where there is no likelihood of moments.
        """
        return None

    @property
    def diagonal_weight(self) -> Array | None:
        """(M,) the weight of the moments where it is diagonal."""
        return None

    @property
    def scores(self) -> Array | None:
        """(rows, q) each respondent's first derivatives of the log-likelihood, weighted; None where there are none."""
        return None

    @property
    def score_products(self) -> Array | None:
        """(q, q) what the products of the scores of respondents, or of their clusters, sum to; None without scores."""
        return None

    @property
    def log_likelihood(self) -> float:
        """At these parameters; NaN where there is none."""
        return self.term.log_likelihood(self.state.omega)

    @property
    def response_sd(self) -> Array:
        """(P,) standard deviations of the variables given covariates, where thresholds are modelled; else of all."""
        return np.sqrt(np.diag(self.state.cov))

    @property
    def cuts(self) -> tuple[Array, Array]:
        """Thresholds of ordered variables, and the number of the variable that each belongs to."""
        return np.zeros(0), np.zeros(0, dtype=int)

    def misfit_parts(
        self, robust: bool, information: str, saturated: Callable[[bool], SaturatedModel]
    ) -> MisfitParts | None:
        """For robust indices; None where these follow from the scaled test alone.

        robust : whether the moments' covariance is to be distribution-free. information : the kind that is asked for.
        saturated : the group's saturated model, by observed information (True) or expected.
        """
        return None

    def weight(self, exact: bool = False) -> Array:
        """(M, M) the weight itself."""
        return self.weight_times(np.eye(len(self.moments)), exact)


@dataclass(frozen=True)
class Discrepancy:
    """The sum of terms: what a fit minimises, per respondent."""

    terms: tuple[Term, ...]
    n_free: int

    @cached_property
    def groups(self) -> tuple[GroupTerm, ...]:
        """The terms that data stand behind, in the order of the groups."""
        return tuple(term for term in self.terms if isinstance(term, GroupTerm))

    @property
    def has_likelihood(self) -> bool:
        """Whether the groups have log-likelihoods."""
        return all(term.has_likelihood for term in self.groups)

    def value(self, theta: Array) -> float:
        """The sum at theta (q,)."""
        return sum(term.value(theta) for term in self.terms)

    def curve(self, theta: Array) -> Curve:
        """The sum with its derivatives."""
        curves = [term.curve(theta) for term in self.terms]
        if len(curves) == 1:
            return curves[0]
        return added(curves)

    def hessian(self, theta: Array) -> Array:
        """(q, q) exact second derivatives."""
        return self.curve(theta).hessian()

    def at(self, theta: Array, states: tuple[Implied, ...] = ()) -> tuple[Point, ...]:
        """Every group at theta (q,); `states` are the implied moments there, where these are at hand."""
        points = tuple(term.at(theta) for term in self.groups)
        if len(states) != len(points):
            return points
        return tuple(point.knowing(state) for point, state in zip(points, states, strict=True))

    def beside(self, samples: Sequence[Sample]) -> Discrepancy:
        """The same terms with other samples behind them, one for each group."""
        fresh = iter(samples)
        terms = tuple(replace(t, sample=next(fresh)) if isinstance(t, GroupTerm) else t for t in self.terms)
        return replace(self, terms=terms)

    def by_respondents(self) -> Discrepancy:
        """The same with groups counting by their respondents, as information does in lavaan."""
        n = sum(term.n for term in self.groups)
        if all(term.share == term.n / n for term in self.groups):
            return self
        counted = (replace(t, share=t.n / n) if isinstance(t, GroupTerm) else t for t in self.terms)
        return replace(self, terms=tuple(counted))


def saturated_models(groups: Sequence[GroupTerm], exact: bool) -> tuple[SaturatedModel, ...]:
    """The saturated model of every group with a likelihood."""
    return tuple(model for term in groups if (model := term.saturated(exact)) is not None)


def added(curves: Sequence[Curve]) -> Curve:
    """The sum of curves, whose derivatives are made and added when asked for."""
    return Curve(
        sum(c.value for c in curves),
        lambda: reduce(add, [c.gradient for c in curves]),  # type: ignore[arg-type]
        lambda: reduce(add, [c.curvature for c in curves]),  # type: ignore[arg-type]
        lambda: reduce(add, [c.hessian() for c in curves]),
        tuple(state for c in curves for state in c.states),
    )
