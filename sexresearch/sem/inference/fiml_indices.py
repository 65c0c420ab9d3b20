"""RMSEA and CFI after full-information maximum likelihood, as if no answer were missing.

With gaps, the likelihood ratio weighs misfit by how many answered, so RMSEA and CFI of the same model change with the
pattern of gaps. Zhang & Savalei 2022, doi 10.1037/met0000445, measure misfit by the complete-data discrepancy between
the EM moments and the FIML fit, and take off what sampling alone would add: tr(R' Wc R G), with G the covariance of
the EM moments, Wc the complete-data weight, and R what estimation leaves of their error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.degrees import degrees_of_freedom
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.gamma import normal_weight
from sexresearch.sem.estimation.scores import free_moments, saturate
from sexresearch.sem.inference.vcov import inverse_information


@dataclass(frozen=True)
class Misfit:
    """n times the complete-data discrepancy, its mean under the model (`trace`), and the degrees of freedom."""

    chisq: float
    trace: float
    df: int


def complete_data_misfit(fitted: Fitted) -> Misfit:
    """Misfit of a FIML solution on the scale of complete data; a robust test makes `trace` robust."""
    every = range(fitted.table.n_groups)
    parts = [_Group.of(fitted, number) for number in every]
    share = [sample.n / fitted.n for sample in fitted.samples]
    bread = inverse_information(
        sum(f * g.jacobian.T @ g.asked @ g.jacobian for f, g in zip(share, parts, strict=True)), fitted.basis
    )
    chisq = fitted.n * sum(f * g.discrepancy for f, g in zip(share, parts, strict=True))
    trace = _robust_trace(parts, share, bread) if fitted.options.robust_test else _trace(parts, share, bread)
    return Misfit(chisq, trace, degrees_of_freedom(fitted))


def _trace(parts: Sequence[_Group], share: Sequence[float], bread: Array) -> float:
    """tr(Wc (Wm^-1 - D E D')), Wm^-1 the covariance of EM moments and E that of the estimates."""
    return sum(
        float(np.vdot(g.complete, g.spread)) - f * float(np.vdot(g.jacobian.T @ g.complete @ g.jacobian, bread))
        for g, f in zip(parts, share, strict=True)
    )


def _robust_trace(parts: Sequence[_Group], share: Sequence[float], bread: Array) -> float:
    """tr(R' Wc R G) with R = 1 - D E D' Wm, what estimation leaves of the error of the EM moments."""
    trace = 0.0
    for g, f in zip(parts, share, strict=True):
        left = g.complete @ g.jacobian
        hit = bread @ g.jacobian.T @ g.seen  # how the estimates follow this group's EM moments
        trace += float(np.vdot(g.complete, g.spread)) - 2 * f * float(np.vdot(left @ hit, g.spread))
    for f, g in zip(share, parts, strict=True):
        hit = bread @ g.jacobian.T @ g.seen
        follow = f * hit @ g.spread @ hit.T
        trace += sum(
            s * float(np.vdot(h.jacobian.T @ h.complete @ h.jacobian, follow))
            for s, h in zip(share, parts, strict=True)
        )
    return trace


@dataclass(frozen=True)
class _Group:
    """One group's Jacobian, information with gaps (`seen`) and without (`complete`), and covariance of EM moments.

    `seen` is observed information whatever the options; `asked` is the information they ask for, as in lavaan.
    """

    jacobian: Array
    seen: Array
    asked: Array
    complete: Array
    spread: Array
    discrepancy: float

    @classmethod
    def of(cls, fitted: Fitted, number: int) -> _Group:
        sample, state = fitted.samples[number], fitted.states[number]
        p, fixed = state.structure.p, fitted.n_fixed(number)
        own = free_moments(p, fixed, has_means=True)
        given = fitted.saturated[number]
        expected = fitted.options.information == "expected"
        saturated = saturate(sample, True, fixed, exact=True) if expected else given
        seen = saturated.information / sample.n
        spread = inverse_information(seen, np.eye(len(seen)))
        if fitted.options.robust_test:
            spread = spread @ saturated.products @ spread / sample.n
        complete = normal_weight(sample.cov, has_means=True)[np.ix_(own, own)]
        V = np.linalg.inv(state.cov) @ sample.cov
        shift = sample.mean - state.mean
        gap = float(np.trace(V) - np.linalg.slogdet(V)[1] - p + shift @ np.linalg.inv(state.cov) @ shift)
        asked = given.information / sample.n
        return cls(fitted.jacobians()[number][own], seen, asked, complete, spread, gap)
