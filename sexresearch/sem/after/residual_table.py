"""Residuals moment by moment: raw, as correlations, and divided by their standard errors."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sexresearch.errors import OptionError
from sexresearch.sem.after.moment_curve import estimated_moments, moment_curve
from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.gamma import moment_covariance, normal_weight
from sexresearch.sem.estimation.scores import casewise_scores, cluster_sums, information_of, saturated_structure
from sexresearch.sem.implied.discrepancy import LeastSquares
from sexresearch.sem.implied.structure import implied, vech_index
from sexresearch.sem.inference.residuals import analysed_cov
from sexresearch.sem.inference.vcov import inverse_information

KINDS = ("raw", "cor", "normalized", "standardized")
NEGLIGIBLE = 1e-5  # residual in standard deviations that stays as it is instead of being divided by almost nothing


def residual_table(fitted: Fitted, kind: str = "raw") -> pd.DataFrame:
    """One row per moment: lhs op rhs group observed implied residual; means (``~1``) where they are modelled.

    Ordered variables have thresholds (``|``) and correlations in place of means and covariances.

    kind "raw": observed less implied. "cor": the same for correlations, means in standard deviations (Bollen 1989,
    doi 10.1002/9781118619179, chapter 7). "normalized": raw over the standard error of the observed moment.
    "standardized": raw over its own standard error, a z value (Hausman 1978, doi 10.2307/1913827: the covariance of
    observed less implied moments). Missing where that standard error is not estimable.

    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame(rng.normal(size=(200, 1)) + rng.normal(size=(200, 4)), columns=list("abcd"))
    >>> table = fit("joy =~ a + b + c + d", data).residual_table("standardized")
    >>> len(table), bool((table["residual"].abs() < 3).all())
    (10, True)
    """
    if kind not in KINDS:
        raise OptionError(f"kind {kind!r} is not known; allowed: {', '.join(KINDS)}")
    frames = [_group_frame(fitted, number, kind) for number in range(fitted.table.n_groups)]
    return pd.concat(frames, ignore_index=True)


def _group_frame(fitted: Fitted, number: int, kind: str) -> pd.DataFrame:
    sample, state = fitted.samples[number], fitted.states[number]
    if sample.ordinal is not None:
        return _ordinal_frame(fitted, number, kind)
    has_means, names = state.structure.has_means, sample.names
    cov = analysed_cov(fitted, number)
    observed, expected = (sample.mean, cov), (state.mean, state.cov)
    if kind == "cor":
        s, t = np.sqrt(np.diag(cov)), np.sqrt(np.diag(state.cov))
        observed = (sample.mean / s, cov / np.outer(s, s))
        expected = (state.mean / s, state.cov / np.outer(t, t))
    left, right = (_stacked(mean, cov, has_means) for mean, cov in (observed, expected))
    residual = left - right
    if kind in ("normalized", "standardized"):
        error = residual_errors(fitted, number, kind)
        residual = np.where(np.abs(residual) < NEGLIGIBLE * _units(cov, has_means), residual, residual / error)
    i, j = vech_index(len(names))
    means = list(names) if has_means else []
    label = sample.label if fitted.table.n_groups > 1 else pd.NA
    return pd.DataFrame(
        {
            "lhs": means + [names[k] for k in j],
            "op": ["~1"] * len(means) + ["~~"] * len(i),
            "rhs": [""] * len(means) + [names[k] for k in i],
            "group": pd.Series([label] * len(residual), dtype=object),
            "observed": left,
            "implied": right,
            "residual": residual,
        }
    )


def _ordinal_frame(fitted: Fitted, number: int, kind: str) -> pd.DataFrame:
    """Thresholds, means, slopes, variances and correlations of ordered and continuous variables."""
    sample, point = fitted.samples[number], fitted.ordinal_point(number)
    assert sample.ordinal is not None
    own, left, right = point.model.layout, sample.ordinal.moments, point.moments
    unit = own.units(left)
    if kind == "cor":
        left, right = left / unit, right / np.where(own.spreads, own.units(right), unit)
    residual = left - right
    if kind in ("normalized", "standardized"):
        error = residual_errors(fitted, number, kind)
        residual = np.where(np.abs(residual) < NEGLIGIBLE * unit, residual, residual / error)
    label = sample.label if fitted.table.n_groups > 1 else pd.NA
    words = pd.DataFrame(own.labels(), columns=["lhs", "op", "rhs"])
    group = pd.Series([label] * len(residual), dtype=object)
    return words.assign(group=group, observed=left, implied=right, residual=residual)


def _stacked(mean: Array, cov: Array, has_means: bool) -> Array:
    i, j = vech_index(len(cov))
    return np.concatenate([mean, cov[i, j]]) if has_means else cov[i, j]


def _units(cov: Array, has_means: bool) -> Array:
    s = np.sqrt(np.diag(cov))
    return _stacked(s, np.outer(s, s), has_means)


def residual_errors(fitted: Fitted, number: int, kind: str) -> Array:
    """(moments,) standard error of the observed moments, or ("standardized") of observed less implied ones."""
    spread = observed_covariance(fitted, number)
    if kind == "standardized":
        D = fitted.jacobians()
        curved = [_curvature(fitted, g) for g in range(fitted.table.n_groups)]
        information = sum(d.T @ w @ d for d, w in zip(D, curved, strict=True))
        model = inverse_information(information, fitted.basis)
        keep = np.eye(len(spread)) - D[number] @ model @ (D[number].T @ curved[number])
        spread = keep @ spread @ keep.T
    variance = np.diag(spread)
    return np.sqrt(np.where(variance > 0, variance, np.nan))


def _curvature(fitted: Fitted, number: int) -> Array:
    """Information about the moments at the implied ones; that about fixed exogenous moments is left out."""
    exact = fitted.options.information == "observed"
    keep = estimated_moments(fitted, number)
    at = moment_curve(fitted, number)
    return np.where(np.outer(keep, keep), at.hessian() if exact else at.curvature, 0.0)


def observed_covariance(fitted: Fitted, number: int) -> Array:
    """(moments, moments) covariance of one group's observed moments, robust where the standard errors are."""
    sample, structure = fitted.samples[number], fitted.structures[number]
    robust = fitted.options.se not in ("standard", "none") and sample.answers is not None
    if isinstance(fitted.objective, LeastSquares):
        free = fitted.options.estimator in ("WLS", "DWLS") or robust
        if free:
            return moment_covariance(sample, structure) / sample.n
        return np.linalg.inv(normal_weight(analysed_cov(fitted, number), structure.has_means)) / sample.n
    mean = sample.mean_from_origin if structure.has_means else None
    saturated, moments = saturated_structure(structure.p, mean, sample.cov)
    state = implied(saturated, moments)
    keep = estimated_moments(fitted, number)
    basis = np.eye(len(moments))[:, keep]
    information = information_of(state, sample.grouped, exact=fitted.options.information == "observed")
    bread = inverse_information(information, basis)
    if not robust:
        return bread
    assert sample.answers is not None
    scores = casewise_scores(state, sample)
    if sample.answers.clusters is not None:
        scores = cluster_sums(scores, sample.answers.clusters)
    return bread @ (scores.T @ scores) @ bread
