"""A fitted model as plain arrays: what every inference function takes and no user needs to see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from sexresearch.frozen import by_value, read_only, read_only_property
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.estimation.constrained_minimum import ConstrainedSolution
from sexresearch.sem.estimation.constraints import Namespace
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.implied.structure import Implied, Structure
from sexresearch.sem.language.exploratory import ExploratoryBlock
from sexresearch.sem.language.table import ParameterTable
from sexresearch.sem.matrices import inverse_information
from sexresearch.sem.rotation.rotate import RotatedLoadings
from sexresearch.sem.terms.objective import Curve
from sexresearch.sem.terms.scores import SaturatedModel
from sexresearch.sem.terms.term import Discrepancy, Point, saturated_models


@by_value
@dataclass(frozen=True)
class RotatedPattern:
    """An exploratory block of a group after rotation: its factors and items, and all that the rotation found."""

    group: int
    block: ExploratoryBlock
    rotation: RotatedLoadings

    @property
    def items(self) -> tuple[str, ...]:
        """Items of the block."""
        return self.block.items

    @property
    def factors(self) -> tuple[str, ...]:
        """Factors of the block."""
        return self.block.factors


@by_value
@dataclass(frozen=True)
class Fitted:
    """Options, table, the discrepancy as a sum over groups, and where it is smallest.

    `rival` is a fit to the same samples that this one is compared with: both share one saturated model.
    `categories` holds those of every ordered variable as they stand in the data, lowest first.
    `inner` is the same solution in the parameters it was found in, where these are not the user's (see `pivots`).
    `unrotated` is the solution that exploratory factors had before they were rotated (see `rotated`).
    """

    options: Options
    table: ParameterTable
    objective: Discrepancy
    names: Namespace
    constrained: ConstrainedSolution
    start: Array
    rival: Fitted | None = None
    categories: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    inner: Fitted | None = None
    unrotated: Fitted | None = None
    rotated: tuple[RotatedPattern, ...] = ()

    @property
    def conditioned(self) -> Fitted:
        """The solution in parameters that information can tell apart; nearly always this one."""
        return self if self.inner is None else self.inner

    def __post_init__(self) -> None:
        solution, constrained = self.constrained.solution, self.constrained
        read_only((self.objective, self.start, constrained.active, constrained.unit, solution.theta, solution.gradient))
        read_only(self.rotated)

    @cached_property
    def samples(self) -> tuple[Sample, ...]:
        """What the data say about each group."""
        return tuple(term.sample for term in self.objective.groups)

    @cached_property
    def structures(self) -> tuple[Structure, ...]:
        """Where the parameters of each group sit."""
        return tuple(term.structure for term in self.objective.groups)

    @property
    def theta(self) -> Array:
        """(q,) estimates of the free parameters."""
        return self.constrained.solution.theta

    def n_fixed(self, number: int) -> int:
        """How many variables of a group are exogenous and fixed to their sample moments; they stand last."""
        return self.objective.groups[number].fixed

    @property
    def n(self) -> float:
        """Respondents (or summed weights) in all groups."""
        return sum(sample.n for sample in self.samples)

    @property
    def weight(self) -> float:
        """What multiplies the discrepancy: the respondents, less one per group for least squares."""
        return sum(term.counted for term in self.objective.groups)

    @cached_property
    def shares(self) -> tuple[float, ...]:
        """Each group's share of the respondents: its part in the information for every estimator, as in lavaan.

        Both levels of a group have its share.
        """
        n, each = self.n, self.table.n_levels
        return tuple(self.samples[number - number % each].n / n for number in range(len(self.samples)))

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """Each group at the estimates."""
        return self.objective.at(self.theta, self.constrained.solution.states(self.objective))

    @property
    def states(self) -> tuple[Implied, ...]:
        """The implied moments of each group at the estimates; those of the responses where variables are ordered."""
        return tuple(point.state for point in self.points)

    def states_at(self, theta: Array) -> tuple[Implied, ...]:
        """The same at other parameters (q,)."""
        return tuple(point.state for point in self.objective.at(theta))

    @read_only_property
    def basis(self) -> Array:
        """(q, d) directions the constraints leave free."""
        return self.constrained.basis()

    @read_only_property
    def point(self) -> Curve:
        """The discrepancy at the estimates, with its derivatives."""
        return self.constrained.solution.curve(self.objective)

    @read_only_property
    def expected_information(self) -> Array:
        """(q, q) expected information of all respondents together."""
        return self._counted.curvature * self.weight

    @read_only_property
    def observed_information(self) -> Array:
        """(q, q) minus the second derivatives of the log-likelihood at the estimates."""
        return self._counted.hessian() * self.weight

    @read_only_property
    def _counted(self) -> Curve:
        """The curve in which groups count by their respondents, as in lavaan; least squares minimises by n - 1."""
        counted = self.objective.by_respondents()
        return self.point if counted is self.objective else counted.curve(self.theta)

    @read_only_property
    def information(self) -> Array:
        """(q, q) the information the options ask for; of first order, the scores' products summed."""
        if self.options.information == "first_order":
            return self.score_products
        return self.observed_information if self.options.information == "observed" else self.expected_information

    @read_only_property
    def inverse(self) -> Array:
        """(q, q) inverse of the information the options ask for, in the directions the constraints leave free."""
        return inverse_information(self.information, self.basis)

    @cached_property
    def log_likelihood(self) -> float:
        """At the estimates; of the other variables given the exogenous ones where those are fixed."""
        return sum(point.log_likelihood for point in self.points)

    @cached_property
    def saturated_log_likelihood(self) -> float:
        """At the sample moments (by EM where answers have gaps)."""
        if self.rival is not None:
            return self.rival.saturated_log_likelihood
        return sum(term.saturated_log_likelihood for term in self.objective.groups)

    @property
    def has_scores(self) -> bool:
        """Whether every respondent has a likelihood of their own."""
        return all(point.scores is not None for point in self.points)

    @property
    def scores(self) -> tuple[Array, ...]:
        """Per group (rows, q): each respondent's first derivatives of the log-likelihood, weighted."""
        return tuple(scores for point in self.points if (scores := point.scores) is not None)

    @read_only_property
    def score_products(self) -> Array:
        """(q, q) sum over respondents (or clusters) of score times score' (White 1982, doi 10.2307/1912526)."""
        products_by_group = [point.score_products for point in self.points]
        return np.asarray(sum(products for products in products_by_group if products is not None))

    @property
    def saturated(self) -> tuple[SaturatedModel, ...]:
        """The saturated model of each group at its maximum, with the information that the options ask for."""
        return self.saturated_by(self.options.information == "observed")

    def saturated_by(self, exact: bool) -> tuple[SaturatedModel, ...]:
        """The same with observed (`exact`) or expected information."""
        if self.rival is not None:
            return self.rival.saturated_by(exact)
        return self._saturated_observed if exact else self._saturated_expected

    @read_only_property
    def _saturated_observed(self) -> tuple[SaturatedModel, ...]:
        return saturated_models(self.objective.groups, exact=True)

    @read_only_property
    def _saturated_expected(self) -> tuple[SaturatedModel, ...]:
        return saturated_models(self.objective.groups, exact=False)

    def gives(self, measure: str) -> bool:
        """Whether a measure that not all kinds of terms have is one of this fit's."""
        return all(measure in term.own_measures for term in self.objective.groups)

    def jacobians(self) -> tuple[Array, ...]:
        """Per group (moments, q): derivatives of the implied moments."""
        return tuple(point.jacobian for point in self.points)
