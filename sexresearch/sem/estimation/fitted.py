"""A fitted model as plain arrays: what every inference function takes and no user needs to see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from sexresearch.frozen import by_value, read_only, read_only_property
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.estimation.constrained_minimum import Constrained
from sexresearch.sem.estimation.constraints import Namespace
from sexresearch.sem.estimation.likelihood import exogenous_log_likelihood, log_likelihood
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.estimation.scores import Saturated, casewise_scores, saturate, score_products, slot_matrix
from sexresearch.sem.implied.discrepancy import Curve, LeastSquares, NormalLikelihood, Objective
from sexresearch.sem.implied.structure import Implied, Structure, implied, jacobian
from sexresearch.sem.language.table import ParameterTable
from sexresearch.sem.ordinal.discrepancy import OrdinalLeastSquares
from sexresearch.sem.ordinal.model_moments import OrdinalPoint


@by_value
@dataclass(frozen=True)
class Fitted:
    """Options, table, samples and structures of each group, the discrepancy, and where it is smallest.

    `rival` is a fit to the same samples that this one is compared with: both share one saturated model.
    `levels` holds the categories of every ordered variable as they stand in the data, lowest first.
    `inner` is the same solution in the parameters it was found in, where these are not the user's (see `pivots`).
    """

    options: Options
    table: ParameterTable
    samples: tuple[Sample, ...]
    structures: tuple[Structure, ...]
    objective: Objective
    names: Namespace
    constrained: Constrained
    start: Array
    rival: Fitted | None = None
    levels: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    inner: Fitted | None = None

    @property
    def conditioned(self) -> Fitted:
        """The solution in parameters that information can tell apart; nearly always this one."""
        return self if self.inner is None else self.inner

    def __post_init__(self) -> None:
        found, active = self.constrained.solution, self.constrained.active
        read_only((self.samples, self.structures, self.start, active, found.theta, found.gradient))

    @property
    def theta(self) -> Array:
        """(q,) estimates of the free parameters."""
        return self.constrained.solution.theta

    def n_fixed(self, number: int) -> int:
        """How many variables of a group are exogenous and fixed to their sample moments; they stand last."""
        return len(self.table.roles[number].exogenous) if self.options.fixed_x else 0

    @property
    def n(self) -> float:
        """Respondents (or summed weights) in all groups."""
        return sum(sample.n for sample in self.samples)

    @property
    def weight(self) -> float:
        """What multiplies the discrepancy: the respondents, less one per group for least squares."""
        return self.n if isinstance(self.objective, NormalLikelihood) else self.n - self.table.n_groups

    @read_only_property
    def states(self) -> tuple[Implied, ...]:
        """The implied moments of each group at the estimates; those of the responses where variables are ordered."""
        return self.states_at(self.theta)

    def states_at(self, theta: Array) -> tuple[Implied, ...]:
        """The same at other parameters (q,)."""
        if isinstance(self.objective, OrdinalLeastSquares):
            return self.objective.states(theta)
        return tuple(implied(structure, theta) for structure in self.structures)

    def cuts_at(self, theta: Array, number: int) -> tuple[Array, Array]:
        """Thresholds of a group's ordered variables at parameters (q,), and the variable (number) of each."""
        assert isinstance(self.objective, OrdinalLeastSquares)
        model = self.objective.models[number]
        return model.cuts(theta), model.layout.cuts[0]

    def ordinal_point(self, number: int) -> OrdinalPoint:
        """A group's model of thresholds and correlations at the estimates; only where variables are ordered."""
        assert isinstance(self.objective, OrdinalLeastSquares)
        return self.objective.models[number].at(self.theta)

    def conditional_sd(self, number: int) -> Array:
        """(P,) standard deviations of a group's variables given its covariates; only where variables are ordered."""
        state = self.states[number]
        assert isinstance(self.objective, OrdinalLeastSquares)
        x = self.objective.models[number].layout.x
        cov = state.cov
        if x:
            cov = cov - cov[:, -x:] @ np.linalg.solve(cov[-x:, -x:], cov[-x:])
        return np.sqrt(np.diag(cov))

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
        if not isinstance(self.objective, LeastSquares) or len(self.samples) == 1:
            return self.point
        pairs = zip(self.objective.targets, self.samples, strict=True)
        targets = tuple(replace(target, share=sample.n / self.n) for target, sample in pairs)
        return replace(self.objective, targets=targets).curve(self.theta)

    @read_only_property
    def information(self) -> Array:
        """(q, q) the information the options ask for; of first order, the scores' products summed."""
        if self.options.information == "first_order":
            return np.asarray(sum(score_products(scores, None) for scores in self.scores))
        return self.observed_information if self.options.information == "observed" else self.expected_information

    @cached_property
    def log_likelihood(self) -> float:
        """At the estimates; of the other variables given the exogenous ones where those are fixed."""
        return self._log_likelihood([state.omega for state in self.states])

    @cached_property
    def saturated_log_likelihood(self) -> float:
        """At the sample moments (by EM where answers have gaps)."""
        if self.rival is not None:
            return self.rival.saturated_log_likelihood
        pairs = zip(self.samples, self.structures, strict=True)
        return self._log_likelihood([sample.moments(structure.has_means) for sample, structure in pairs])

    def _log_likelihood(self, omegas: Sequence[Array]) -> float:
        parts = zip(self.samples, omegas, self.structures, strict=True)
        joint = sum(log_likelihood(sample, omega, structure.has_means) for sample, omega, structure in parts)
        return joint - sum(exogenous_log_likelihood(s, self.n_fixed(g)) for g, s in enumerate(self.samples))

    @read_only_property
    def scores(self) -> tuple[Array, ...]:
        """Per group (rows, q): each respondent's first derivatives of the log-likelihood, weighted."""
        q = self.table.n_free
        return tuple(
            casewise_scores(state, sample) @ slot_matrix(state.structure, q)
            for state, sample in zip(self.states, self.samples, strict=True)
        )

    @read_only_property
    def saturated(self) -> tuple[Saturated, ...]:
        """The saturated model of each group at its maximum."""
        if self.rival is not None:
            return self.rival.saturated
        exact = self.options.information == "observed"
        return tuple(saturate(sample, s.has_means, self.n_fixed(g), exact) for g, (sample, s) in self._numbered())

    def _numbered(self) -> list[tuple[int, tuple[Sample, Structure]]]:
        return list(enumerate(zip(self.samples, self.structures, strict=True)))

    def jacobians(self) -> tuple[Array, ...]:
        """Per group (moments, q): derivatives of the implied moments."""
        return self._jacobians

    @read_only_property
    def _jacobians(self) -> tuple[Array, ...]:
        if isinstance(self.objective, OrdinalLeastSquares):
            return self.objective.jacobians(self.theta)
        q = self.table.n_free
        return tuple(jacobian(state) @ slot_matrix(state.structure, q) for state in self.states)
