"""Fit indices of models with ordered variables: residuals of correlations and thresholds, WRMR, robust indices."""

from __future__ import annotations

import math

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.implied.discrepancy import Target
from sexresearch.sem.inference.fiml_indices import Misfit
from sexresearch.sem.inference.vcov import inverse_information
from sexresearch.sem.ordinal.discrepancy import OrdinalLeastSquares
from sexresearch.sem.ordinal.layout import Layout
from sexresearch.sem.ordinal.model_moments import OrdinalPoint

Parts = list[tuple[OrdinalPoint, Target, float]]


def parts(fitted: Fitted) -> Parts:
    """Per group: the model at the estimates, what it is fitted to, share of the respondents."""
    objective = fitted.objective
    assert isinstance(objective, OrdinalLeastSquares)
    return [
        (model.at(fitted.theta), target, sample.n / fitted.n)
        for model, target, sample in zip(objective.models, objective.targets, fitted.samples, strict=True)
    ]


def ordinal_residual_indices(fitted: Fitted) -> dict[str, float]:
    """RMR, SRMR (Bentler's) and CRMR: of correlations alone (`_nomean`), and with thresholds.

    `srmr` is the version without thresholds, as in lavaan. Groups are averaged by their share of the respondents.
    """
    total: dict[str, float] = {}
    for point, target, share in parts(fitted):
        for name, (gaps, count, beside) in _kinds(point.model.layout, target.moments, point.moments).items():
            alone = float(gaps @ gaps)
            both = alone + float(beside @ beside)
            total[name] = total.get(name, 0.0) + share * _root(both, count + len(beside))
            total[f"{name}_nomean"] = total.get(f"{name}_nomean", 0.0) + share * _root(alone, count)
    return {
        "rmr": total["rmr"],
        "rmr_nomean": total["rmr_nomean"],
        "srmr": total["srmr_bentler_nomean"],
        **{name: total[name] for name in ("srmr_bentler", "srmr_bentler_nomean", "crmr", "crmr_nomean")},
        "srmr_mplus": math.nan,
        "srmr_mplus_nomean": math.nan,
    }


def _root(squares: float, count: int) -> float:
    return math.sqrt(squares / count) if count else 0.0


def _kinds(own: Layout, seen: Array, told: Array) -> dict[str, tuple[Array, int, Array]]:
    """Residual covariances, how many there are, residual thresholds; by kind of residual.

    As in lavaan variances, which ordered variables do not have, add to the count and not to the sum.
    """
    i, j = own.pairs
    S, Sigma = own.cov(seen), own.cov(told)
    s, t = np.sqrt(np.diag(S)), np.sqrt(np.abs(np.diag(Sigma)))
    gap, scale = (S - Sigma)[i, j], (s[i] * s[j])
    correlation = (S / np.outer(s, s) - Sigma / np.outer(t, t))[i, j]
    cut = slice(0, own.starts[0])
    cuts = seen[cut] - told[cut]
    count = own.p * (own.p + 1) // 2 + own.x  # lavaan counts covariates too
    return {
        "rmr": (gap, count, cuts),
        "srmr_bentler": (gap / scale, count, cuts),
        "crmr": (correlation, len(i), cuts),
    }


def ordinal_goodness(fitted: Fitted, df: float, chisq: float) -> dict[str, float]:
    """GFI, AGFI, PGFI in the estimator's own weight, and WRMR = sqrt(chisq / moments per group) (Yu 2002)."""
    gfi, count = 0.0, 0
    for point, target, share in parts(fitted):
        gap = target.moments - point.moments
        gfi += share * (1.0 - float(gap @ target.weigh(gap)) / float(target.moments @ target.weigh(target.moments)))
        count += len(gap)
    agfi = 1.0 - count / df * (1.0 - gfi) if df > 0 else 1.0
    return {
        "gfi": gfi,
        "agfi": agfi,
        "pgfi": df / count * gfi,
        "wrmr": math.sqrt(chisq * fitted.table.n_groups / count),
    }


def why_no_robust_indices(fitted: Fitted) -> str:
    """Why robust indices cannot be had for a fit of ordered variables; empty where they can."""
    if any((point.model.layout.numeric.size or point.model.layout.x) for point, _, _ in parts(fitted)):
        return "robust indices are known for ordered variables alone, without continuous ones and covariates"
    thresholds = [row.free for row in fitted.table.rows if row.op in ("|", "~1") and row.free >= 0]
    if len(set(thresholds)) < len(thresholds) or fitted.constrained.active[:, thresholds].any():
        return "robust indices rest on correlations alone and are not known where thresholds are held equal"
    if any(np.linalg.eigvalsh(sample.cov)[0] < DEFINITE for sample in fitted.samples):
        return "the polychoric correlations are not positive definite, so that they have no likelihood"
    return ""


DEFINITE = math.sqrt(np.finfo(float).eps)  # smallest eigenvalue from which lavaan takes a matrix as positive definite


def likelihood_misfit(fitted: Fitted) -> tuple[Misfit, Misfit]:
    """Misfit of model and baseline by the normal likelihood of the correlations, at the least-squares estimates.

    n F with F = log|Sigma| + tr(R Sigma^-1) - log|R| - p, whose mean in a fitting model is tr(U' V U Gamma): V the
    curvature of F in the correlations, U what estimation leaves of their error, Gamma their covariance.
    Savalei 2021, doi 10.1080/00273171.2020.1717922.
    """
    found = parts(fitted)
    J = [point.jacobian for point, _, _ in found]
    information = sum(share * d.T @ target.weigh(d) for d, (_, target, share) in zip(J, found, strict=True))
    bread = inverse_information(np.asarray(information), fitted.basis)
    chisq = trace = base = base_trace = 0.0
    middle = np.zeros_like(bread)
    kept: list[tuple[Array, Array]] = []
    for d, (point, target, share), sample in zip(J, found, fitted.samples, strict=True):
        assert sample.ordinal is not None
        own, first = point.model.own, point.model.layout.starts[3]
        gamma = sample.ordinal.gamma[first:, first:]
        Sigma, D = point.model.layout.cov(point.moments), d[first:, own]
        V = _correlation_weight(Sigma, point.model.layout)
        VD = V @ D
        follow = share * _weighed(target, first, D) @ bread[own]  # (pairs, q) how estimates follow the correlations
        spread = gamma @ follow
        trace += float(np.vdot(V, gamma)) - 2.0 * float(np.vdot(VD, spread[:, own]))
        middle += follow.T @ spread / share
        kept.append((own, share * D.T @ VD))
        chisq += sample.n * _discrepancy(sample.cov, Sigma)
        base += sample.n * _discrepancy(sample.cov, np.eye(len(Sigma)))
        base_trace += float(np.trace(gamma)) / share  # as lavaan 0.6-14 has it; without 1 / share they are higher
    trace += sum(float(np.vdot(k, middle[np.ix_(own, own)])) for own, k in kept)
    df, base_df = _degrees(fitted)
    return Misfit(chisq, trace, df), Misfit(base, base_trace, base_df)


def _weighed(target: Target, first: int, D: Array) -> Array:
    """The weight of the correlations, from moment `first` on, times D."""
    weight = target.weight
    return weight[first:, None] * D if weight.ndim == 1 else weight[first:, first:] @ D


def _degrees(fitted: Fitted) -> tuple[int, int]:
    """Correlations less the parameters that are neither thresholds nor means, equalities among them given back."""
    count = sum(len(point.model.layout.pairs[0]) for point, _, _ in parts(fitted))
    rows = [row for row in fitted.table.rows if row.free >= 0 and row.op not in ("|", "~1")]
    return count - len({row.free for row in rows}) + fitted.constrained.n_equalities, count


def _discrepancy(R: Array, Sigma: Array) -> float:
    half = np.linalg.solve(Sigma, R)
    return float(np.trace(half)) - float(np.linalg.slogdet(half)[1]) - len(R)


def _correlation_weight(Sigma: Array, own: Layout) -> Array:
    """(pairs, pairs) second derivatives of F / 2 in the correlations: V_ik V_jl + V_il V_jk, V the inverse of Sigma."""
    V = np.linalg.inv(Sigma)
    i, j = own.pairs
    return V[np.ix_(i, i)] * V[np.ix_(j, j)] + V[np.ix_(i, j)] * V[np.ix_(j, i)]


def ordinal_reasons(fitted: Fitted, missing: list[str]) -> dict[str, str]:
    """Why those of the `missing` measures that are particular to ordered variables are missing."""
    if not isinstance(fitted.objective, OrdinalLeastSquares):
        return {}
    why = why_no_robust_indices(fitted)
    found = {name: why for name in missing if name.endswith("_robust") and why}
    return found | {name: "Mplus's SRMR is not defined for ordered variables" for name in missing if "mplus" in name}
