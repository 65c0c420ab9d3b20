"""Is one model nested in another? It is when the larger one can reproduce whatever the smaller one implies.

Bentler & Satorra 2010, doi 10.1037/a0019625: fit the larger model to the moments implied by the smaller one; a
discrepancy of zero says nested, whatever the two texts look like.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sexresearch.errors import ModelError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.sample import NestedSample
from sexresearch.sem.estimation.constrained_minimum import ConstrainedSolution, minimize_within
from sexresearch.sem.estimation.constraints import restrictions
from sexresearch.sem.estimation.degrees import degrees_of_freedom
from sexresearch.sem.estimation.estimate import bounded
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.implied.two_level_likelihood import ClusterSums
from sexresearch.sem.inference.chisquare import standard_test
from sexresearch.sem.inference.parameter_frame import row_estimates
from sexresearch.sem.terms.objective import Objective
from sexresearch.sem.terms.term import Discrepancy, GroupTerm, Point

REPRODUCED = 1e-8  # discrepancy per respondent that is rounding: a chi-square of 2e-5 at n = 1,000
SAME = 1e-8  # relative difference of sample moments that is rounding
ALIKE = 1e-4  # difference of chi-squares of models that may imply the same moments; proved by fitting then

Kind = Literal["nested", "equivalent", "apart", "incomparable"]


@dataclass(frozen=True)
class Relation:
    """How a model with more degrees of freedom, or as many, stands to another one.

    kind : "nested" where the other can reproduce whatever it implies, "equivalent" where each can reproduce the other,
    "apart" where not, "incomparable" where chi-squares cannot be subtracted, for the `reason`.
    same_df : whether both have the same degrees of freedom.
    reproduced : the point of the other model where it implies the same; None but for nested models.
    """

    kind: Kind
    reason: str = ""
    same_df: bool = False
    reproduced: ConstrainedSolution | None = None


def relation(larger: Fitted, smaller: Fitted) -> Relation:
    """The relation of `smaller` to `larger`, which has no more degrees of freedom."""
    larger, smaller = larger.unrotated or larger, smaller.unrotated or smaller
    reason = why_incomparable(larger, smaller)
    if reason:
        return Relation("incomparable", reason)
    if degrees_of_freedom(larger) == degrees_of_freedom(smaller):
        return Relation("equivalent" if _equivalent(larger, smaller) else "apart", same_df=True)
    reproduced = reproduce(larger, smaller)
    return Relation("apart" if reproduced is None else "nested", reproduced=reproduced)


def _equivalent(a: Fitted, b: Fitted) -> bool:
    if abs(standard_test(a).chisq - standard_test(b).chisq) >= ALIKE:
        return False
    return reproduce(a, b) is not None and reproduce(b, a) is not None


def reproduce(larger: Fitted, smaller: Fitted) -> ConstrainedSolution | None:
    """Where the larger model implies what the smaller one does; None where it cannot: not nested."""
    made = [term.reproducing(point, share) for term, point, share in _matched(larger, smaller)]
    objective = Discrepancy(tuple(term for term, _ in made), larger.table.n_free)
    return _reproduce(larger, smaller, objective, sum(floor for _, floor in made))


def _matched(larger: Fitted, smaller: Fitted) -> Iterable[tuple[GroupTerm, Point, float]]:
    return zip(larger.objective.groups, smaller.points, larger.shares, strict=True)


def _reproduce(larger: Fitted, smaller: Fitted, objective: Objective, floor: float) -> ConstrainedSolution | None:
    limits = restrictions(bounded(larger.table, larger.options), larger.names)
    for start in (matched_start(larger, smaller), larger.theta):
        try:
            solution = minimize_within(objective, start, limits, larger.names)
        except ModelError:
            continue
        if solution.solution.value - floor < REPRODUCED:
            return solution
    return None


def variable_order(fitted: Fitted, number: int, like: Fitted) -> Array:
    """(p,) places in `fitted` of the observed variables of `like`."""
    names = fitted.samples[number].names
    return np.array([names.index(name) for name in like.samples[number].names], dtype=int)


def matched_start(larger: Fitted, smaller: Fitted) -> Array:
    """(q,) parameters of the larger model at the values the smaller one gives the same rows; 0 where it has none."""
    known: dict[tuple[int, str, str, str], float] = {}
    for row, value in zip(smaller.table.rows, row_estimates(smaller), strict=True):
        known[row.group, row.lhs, row.op, row.rhs] = float(value)
        if row.op == "~~":
            known[row.group, row.rhs, row.op, row.lhs] = float(value)
    start = np.zeros(larger.table.n_free)
    for row in larger.table.rows:
        if row.free >= 0:
            start[row.free] = known.get((row.group, row.lhs, row.op, row.rhs), 0.0)
    return start


def why_incomparable(a: Fitted, b: Fitted) -> str:
    """Why chi-squares of two models cannot be subtracted, before nesting is looked at; empty where they can."""
    if not (a.constrained.solution.converged and b.constrained.solution.converged):
        return "one of the two did not converge"
    if a.options.estimator != b.options.estimator or a.options.test != b.options.test:
        return f"different estimators or tests ({_named(a)} and {_named(b)})"
    if [s.label for s in a.samples] != [s.label for s in b.samples]:
        return "different groups"
    if any(set(s.names) != set(t.names) for s, t in zip(a.samples, b.samples, strict=True)):
        return "different observed variables: " + ", ".join(sorted(_variables(a) ^ _variables(b)))
    if set(a.categories) != set(b.categories):
        return "different variables are ordered: " + ", ".join(sorted(set(a.categories) ^ set(b.categories)))
    if a.options.meanstructure != b.options.meanstructure:
        return "means are modelled in one of the two only"
    return "" if _same_data(a, b) else "fitted to different data"


def _named(fitted: Fitted) -> str:
    return f"{fitted.options.estimator} with test {fitted.options.test}"


def _variables(fitted: Fitted) -> set[str]:
    return {name for sample in fitted.samples for name in sample.names}


def _same_rows(one: NestedSample, other: NestedSample) -> bool:
    """Whether both levels of a group are of the same rows in the same clusters."""
    if one.data.n != other.data.n or set(one.names) != set(other.names):
        return False
    order = [other.names.index(name) for name in one.names]
    if one.answers is None or other.answers is None:
        return _same_sums(one, other, order)
    same = np.array_equal(one.answers.values, other.answers.values[:, order], equal_nan=True)
    return same and np.array_equal(np.asarray(one.answers.clusters), np.asarray(other.answers.clusters))


def _same_sums(one: NestedSample, other: NestedSample, order: list[int]) -> bool:
    """Whether both rest on clusters of the same means."""
    mine, theirs = one.data, other.data
    if not (isinstance(mine, ClusterSums) and isinstance(theirs, ClusterSums)) or mine.n_clusters != theirs.n_clusters:
        return False
    left, right = mine.cluster_means, theirs.cluster_means[:, order]
    return bool(np.allclose(left, right, rtol=SAME, atol=SAME * float(np.abs(left).max())))


def _same_data(a: Fitted, b: Fitted) -> bool:
    for number, (s, t) in enumerate(zip(a.samples, b.samples, strict=True)):
        if s.nested is not None and t.nested is not None:
            if not _same_rows(s.nested, t.nested):
                return False
            continue
        order = variable_order(b, number, a)
        scale = np.sqrt(np.outer(np.diag(s.cov), np.diag(s.cov)))
        gap = np.abs(s.cov - t.cov[np.ix_(order, order)]) / scale
        shift = np.abs(s.mean - t.mean[order]) / np.sqrt(np.diag(s.cov))
        if s.nobs != t.nobs or abs(s.n - t.n) > SAME * s.n or max(gap.max(), shift.max()) > SAME:
            return False
    return True
