"""A discrepancy seen from the moments: gradient and expected curvature at the implied moments.

By the chain rule, the score and the information of any parameter, free or not, are the Jacobian of the moments times
these. So tests about parameters that were never estimated need no further fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.scores import saturated_structure
from sexresearch.sem.implied.discrepancy import Curve, LeastSquares, group_terms, moment_vector
from sexresearch.sem.implied.structure import Implied, implied, jacobian, structure_of, vech_index
from sexresearch.sem.language.parameter import Parameter


def moment_curve(fitted: Fitted, number: int) -> Curve:
    """Minus the log-likelihood of one group (or its n - 1 times least squares) as a function of (means, vech Sigma).

    Gradient (moments,), expected curvature and Hessian (moments, moments), for all respondents together.
    """
    state, sample = fitted.states[number], fitted.samples[number]
    if isinstance(fitted.objective, LeastSquares):
        target = fitted.objective.targets[number]
        ordinal = sample.ordinal is not None
        gap = target.moments - (fitted.ordinal_point(number).moments if ordinal else moment_vector(state))
        pull = target.weigh(gap)
        weight = np.diag(target.weight) if target.weight.ndim == 1 else target.weight
        return Curve(
            0.5 * (sample.n - 1) * float(gap @ pull),
            -(sample.n - 1) * pull,
            sample.n * weight,
            lambda: sample.n * weight,
        )
    mean = state.mean_from_origin if state.structure.has_means else None
    free, moments = saturated_structure(state.structure.p, mean, state.cov)
    return group_terms(implied(free, moments), sample.grouped)


def model_information(fitted: Fitted) -> Array:
    """(q, q) expected information of the free parameters, counting respondents as `moment_curve` does."""
    if not isinstance(fitted.objective, LeastSquares):
        return fitted.expected_information
    weighed = [moment_curve(fitted, number).curvature for number in range(fitted.table.n_groups)]
    return sum((D.T @ W @ D for D, W in zip(fitted.jacobians(), weighed, strict=True)), np.zeros((1, 1)))


def row_jacobian(fitted: Fitted, number: int, rows: Sequence[Parameter]) -> Array:
    """(moments, rows) derivatives of one group's implied moments with respect to each row, free or not."""
    if fitted.samples[number].ordinal is not None:
        return fitted.ordinal_point(number).at_rows(rows, fitted.table.roles[number]).jacobian
    return jacobian(at_rows(fitted, number, rows))


def at_rows(fitted: Fitted, number: int, rows: Sequence[Parameter]) -> Implied:
    """The fitted state of one group with a slot for each of `rows` in place of the free parameters."""
    state = fitted.states[number]
    numbered = [replace(row, free=i, exogenous=False) for i, row in enumerate(rows)]
    own = state.structure
    slots = structure_of(numbered, fitted.table.roles[number], state.omega, own.has_means, own.origin)
    return replace(state, structure=slots)


def estimated_moments(fitted: Fitted, number: int) -> Array:
    """(moments,) False for means and covariances of fixed exogenous variables, which the model leaves as they are."""
    structure, role, ordinal = fitted.structures[number], fitted.table.roles[number], fitted.samples[number].ordinal
    if ordinal is not None:
        return np.ones(ordinal.layout.size, dtype=bool)
    fixed = np.zeros(structure.p, dtype=bool)
    if fitted.options.fixed_x and role.exogenous:
        fixed[-len(role.exogenous) :] = True
    i, j = vech_index(structure.p)
    pairs = ~(fixed[i] & fixed[j])
    return np.concatenate([~fixed, pairs]) if structure.has_means else pairs
