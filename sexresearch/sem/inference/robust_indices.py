"""CFI, TLI and RMSEA that estimate their population value under non-normality, or as if no answer were missing.

Brosseau-Liard & Savalei 2014, doi 10.1080/00273171.2014.933697; Brosseau-Liard, Savalei & Li 2012,
doi 10.1080/00273171.2012.715252: each noncentrality is chisq less the mean it has in a fitting model, c df.
With gaps, the likelihood ratio weighs misfit by how many answered, so that RMSEA and CFI of the same model change with
the pattern of gaps; with ordered variables least squares weighs it by how well each correlation is known. There misfit
is measured by the discrepancy of complete normal data between the estimated moments and the fit, less what sampling
alone would add: tr(R' V R G), with G the covariance of the estimated moments, V the curvature of that discrepancy, and
R what estimation leaves of their error (Zhang & Savalei 2022, doi 10.1037/met0000445; Savalei 2021,
doi 10.1080/00273171.2020.1717922).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.degrees import degrees_of_freedom
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.inference.chisquare import Test
from sexresearch.sem.inference.incremental_indices import NOTHING, share_explained
from sexresearch.sem.inference.rmsea import rmsea_close_pvalue, rmsea_interval
from sexresearch.sem.matrices import inverse_information
from sexresearch.sem.terms.scores import SaturatedModel
from sexresearch.sem.terms.term import MisfitParts

BESIDE_BASELINE = ("cfi_robust", "tli_robust", "nnfi_robust", "rni_robust")
ERRORS = ("rmsea_robust", "rmsea_ci_lower_robust", "rmsea_ci_upper_robust")
PVALUES = ("rmsea_pvalue_robust", "rmsea_notclose_pvalue_robust")
ROBUST = (*BESIDE_BASELINE, *ERRORS, *PVALUES)
HELD_EQUAL = "robust indices rest on correlations alone and are not known where thresholds are held equal"


@dataclass(frozen=True)
class Misfit:
    """n times the complete-data discrepancy, its mean under the model (`trace`), and the degrees of freedom."""

    chisq: float
    trace: float
    df: int


def robust_indices(
    fitted: Fitted, independent: Fitted, tests: tuple[Test, Test], scaled: Test | None, null: Test | None
) -> dict[str, float]:
    """The robust indices that the options allow; all missing where the data do not (`why_no_robust_indices`).

    independent : the baseline model. tests : of both; scaled, null : their scaled tests, where there are any.
    """
    test, base = tests
    if any(term.measured_by_moments(scaled is not None) for term in fitted.objective.groups):
        return _from_estimated_moments(fitted, independent, test.df)
    if scaled is None or null is None or fitted.options.test == "mean_var_adjusted":
        return {}
    own = Misfit(test.chisq, scaled.trace, int(test.df))
    return _indices(own, Misfit(base.chisq, null.trace, int(base.df)), scaled.chisq, scaled.scaling, fitted)


def _from_estimated_moments(fitted: Fitted, independent: Fitted, df: float) -> dict[str, float]:
    if why_no_robust_indices(fitted):
        return dict.fromkeys(ROBUST, math.nan)
    if df == 0:
        return _saturated(True)
    own, reference = complete_data_misfit(fitted), _reference(independent)
    c = own.trace / own.df if own.df else 1.0
    return _indices(own, reference, own.chisq / c, c, fitted)


def why_no_robust_indices(fitted: Fitted) -> str:
    """Why robust indices cannot be had where they rest on estimated moments; empty where they can."""
    unseen = _unseen(fitted)
    constrained = len(set(unseen)) < len(unseen) or bool(fitted.constrained.active[:, unseen].any())
    reasons = [why for term in fitted.objective.groups if (why := term.why_no_robust_indices())]
    return reasons[0] if reasons else HELD_EQUAL if constrained else ""


def _unseen(fitted: Fitted) -> list[int]:
    """Numbers of the parameters, as often as they stand in the table, that move none of the moments of misfit."""
    operators = {op for term in fitted.objective.groups for op in term.unseen}
    return [row.free for row in fitted.table.rows if row.op in operators and row.free >= 0]


def complete_data_misfit(fitted: Fitted) -> Misfit:
    """Misfit on the scale of complete normal data; a robust test makes `trace` robust."""
    return _misfit(fitted, _parts(fitted))


def _misfit(fitted: Fitted, parts: Sequence[MisfitParts]) -> Misfit:
    information = sum(f * g.information for f, g in zip(fitted.shares, parts, strict=True))
    bread = inverse_information(np.asarray(information), fitted.basis)
    chisq = fitted.n * sum(f * g.discrepancy for f, g in zip(fitted.shares, parts, strict=True))
    traced = _robust_trace if fitted.options.robust_test else _trace
    return Misfit(chisq, traced(parts, fitted.shares, bread), _degrees(fitted))


def _reference(independent: Fitted) -> Misfit:
    """Misfit of the baseline model; where it has no parameters of these moments (correlations), the trace is per group.

    So it is in lavaan 0.6-14.
    """
    parts = _parts(independent)
    misfit = _misfit(independent, parts)
    if any(g.jacobian.any() for g in parts):
        return misfit
    return replace(misfit, trace=sum(g.expected / f for f, g in zip(independent.shares, parts, strict=True)))


def _parts(fitted: Fitted) -> list[MisfitParts]:
    requested, group_parts = (fitted.options.robust_test, fitted.options.information or ""), []
    for number, point in enumerate(fitted.points):
        parts = point.misfit_parts(*requested, partial(_saturated_group, fitted, number))
        assert parts is not None
        group_parts.append(parts)
    return group_parts


def _saturated_group(fitted: Fitted, number: int, exact: bool) -> SaturatedModel:
    return fitted.saturated_by(exact)[number]


def _degrees(fitted: Fitted) -> int:
    """Degrees of freedom, without the moments that misfit leaves out and the parameters that move these alone."""
    left_out = sum(term.label_count(op) for term in fitted.objective.groups for op in term.unseen)
    operators = {op for term in fitted.objective.groups for op in term.unseen}
    seen = {row.free for row in fitted.table.rows if row.op not in operators and row.free >= 0}
    return degrees_of_freedom(fitted) - left_out + fitted.table.n_free - len(seen)


def _trace(parts: Sequence[MisfitParts], share: Sequence[float], bread: Array) -> float:
    """tr(V (G - D E D')), G the covariance of the moments and E that of the estimates."""
    return sum(
        g.expected - f * float(np.vdot(g.jacobian.T @ g.complete(g.jacobian), bread))
        for g, f in zip(parts, share, strict=True)
    )


def _robust_trace(parts: Sequence[MisfitParts], share: Sequence[float], bread: Array) -> float:
    """tr(R' V R G) with R = 1 - D E D' W, what estimation leaves of the error of the moments.

    Parameters that move none of these moments, as thresholds do not move correlations, drop out.
    """
    own = np.any([part.any(axis=0) for g in parts for part in (g.jacobian, g.pull)], axis=0)
    parts = [replace(g, jacobian=g.jacobian[:, own], pull=g.pull[:, own]) for g in parts]
    bread = bread[np.ix_(own, own)]
    trace, middle, curved = 0.0, np.zeros_like(bread), []
    for g, f in zip(parts, share, strict=True):
        follow = f * g.pull @ bread  # how the estimates follow this group's moments
        curved.append(g.complete(g.jacobian))
        spread = g.spread.times(follow)
        trace += g.expected - 2.0 * float(np.vdot(curved[-1], spread))
        middle += follow.T @ spread / f
    bent = (f * g.jacobian.T @ k for g, f, k in zip(parts, share, curved, strict=True))
    return trace + sum(float(np.vdot(k, middle)) for k in bent)


def _indices(own: Misfit, reference: Misfit, chisq: float, c: float, fitted: Fitted) -> dict[str, float]:
    """Robust indices from both misfits, the scaled chi-square and its scaling factor c."""
    n, groups, df = fitted.weight, fitted.table.n_groups, own.df
    excess, most = own.chisq - own.trace, reference.chisq - reference.trace
    if df == 0:
        return _saturated(fitted.options.missing == "fiml")
    known = abs(most) > NOTHING and reference.df > 0
    ratio = excess / df / (most / reference.df) if known else 0.0
    stretch = math.sqrt(c) if c > 0 else math.nan
    lower, upper = rmsea_interval(chisq, df, n, groups)
    return {
        "cfi_robust": share_explained(excess, most),
        "tli_robust": 1.0 - ratio,
        "nnfi_robust": 1.0 - ratio,
        "rni_robust": 1.0 - excess / most if abs(most) > NOTHING else math.nan,
        "rmsea_robust": math.sqrt(max(excess, 0.0) / (n * df)) * math.sqrt(groups),
        "rmsea_ci_lower_robust": stretch * lower,
        "rmsea_ci_upper_robust": stretch * upper,
        "rmsea_pvalue_robust": rmsea_close_pvalue(chisq, df, n, groups, 0.05 / stretch),
        "rmsea_notclose_pvalue_robust": 1.0 - rmsea_close_pvalue(chisq, df, n, groups, 0.08 / stretch),
    }


def _saturated(known: bool) -> dict[str, float]:
    """At df 0 RMSEA is 0; indices beside the baseline are 1 where no scaling factor, unknown then, enters them."""
    best = dict.fromkeys(BESIDE_BASELINE, 1.0 if known else math.nan)
    return best | dict.fromkeys(ERRORS, 0.0) | dict.fromkeys(PVALUES, math.nan)
