"""Residuals moment by moment: raw, as correlations, and divided by their standard errors."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd

from sexresearch.errors import OptionError
from sexresearch.sem.after.moment_curve import estimated_moments, moment_curve
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.gamma import moment_covariance, normal_weight
from sexresearch.sem.estimation.scores import casewise_scores, cluster_sums, information_of, saturated_structure
from sexresearch.sem.implied.discrepancy import LeastSquares
from sexresearch.sem.implied.structure import Implied, implied, vech_index
from sexresearch.sem.inference.residuals import analysed_cov
from sexresearch.sem.inference.vcov import inverse_information

ResidualKind = Literal["raw", "cor", "normalized", "standardized"]
KINDS = get_args(ResidualKind)
NEGLIGIBLE = 1e-5  # residual in standard deviations that stays as it is instead of being divided by almost nothing
ROUNDING = 1e-10  # variance of a residual, relative to that of its observed moment, that is rounding error
NO_VARIANCE = "no correlation: the model implies a variance that is not positive"
NO_ERROR = "no standard error: beyond rounding the model leaves this residual no room to vary"


def residual_table(fitted: Fitted, kind: str = "raw") -> pd.DataFrame:
    """One row per moment: lhs op rhs group observed implied residual note; means (``~1``) where they are modelled.

    Ordered variables have thresholds (``|``) and correlations in place of means and covariances.

    kind "raw": observed less implied. "cor": the same for correlations, means in standard deviations (Bollen 1989,
    doi 10.1002/9781118619179, chapter 7). "normalized": raw over the standard error of the observed moment.
    "standardized": raw over its own standard error, a z value (Hausman 1978, doi 10.2307/1913827: the covariance of
    observed less implied moments). Missing where that standard error is rounding error, as `note` says: where a bound
    keeps a variance from following its moment, say.

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
        variance = np.diag(state.cov)
        s, t = np.sqrt(np.diag(cov)), np.sqrt(np.where(variance > 0, variance, np.nan))
        observed = (sample.mean / s, cov / np.outer(s, s))
        expected = (state.mean / s, state.cov / np.outer(t, t))
    left, right = (_stacked(mean, cov, has_means) for mean, cov in (observed, expected))
    residual, note = _over_error(fitted, number, kind, left - right, _units(cov, has_means))
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
            "note": note,
        }
    )


def _over_error(fitted: Fitted, number: int, kind: str, residual: Array, unit: Array) -> tuple[Array, Array]:
    """Residuals (moments,) as the `kind` wants them and a note for each; `unit` (moments,): standard deviations."""
    note = np.where(np.isnan(residual), NO_VARIANCE, "").astype(object)
    if kind not in ("normalized", "standardized"):
        return residual, note
    error = residual_errors(fitted, number, kind)
    large = np.abs(residual) >= NEGLIGIBLE * unit
    note[large & np.isnan(error)] = NO_ERROR
    return np.where(large, residual / error, residual), note


def _ordinal_frame(fitted: Fitted, number: int, kind: str) -> pd.DataFrame:
    """Thresholds, means, slopes, variances and correlations of ordered and continuous variables."""
    sample, point = fitted.samples[number], fitted.ordinal_point(number)
    assert sample.ordinal is not None
    own, left, right = point.model.layout, sample.ordinal.moments, point.moments
    unit = own.units(left)
    if kind == "cor":
        left, right = left / unit, right / np.where(own.spreads, own.units(right), unit)
    residual, note = _over_error(fitted, number, kind, left - right, unit)
    label = sample.label if fitted.table.n_groups > 1 else pd.NA
    words = pd.DataFrame(own.labels(), columns=["lhs", "op", "rhs"])
    group = pd.Series([label] * len(residual), dtype=object)
    return words.assign(group=group, observed=left, implied=right, residual=residual, note=note)


def _stacked(mean: Array, cov: Array, has_means: bool) -> Array:
    i, j = vech_index(len(cov))
    return np.concatenate([mean, cov[i, j]]) if has_means else cov[i, j]


def _units(cov: Array, has_means: bool) -> Array:
    s = np.sqrt(np.diag(cov))
    return _stacked(s, np.outer(s, s), has_means)


def residual_errors(fitted: Fitted, number: int, kind: str) -> Array:
    """(moments,) standard error of the observed moments, or ("standardized") of observed less implied ones."""
    spread = observed_covariance(fitted, number)
    variance = observed = np.diag(spread)
    if kind == "standardized":
        D = fitted.jacobians()
        curved = [_curvature(fitted, g) for g in range(fitted.table.n_groups)]
        information = sum(d.T @ w @ d for d, w in zip(D, curved, strict=True))
        model = inverse_information(information, fitted.basis)
        keep = np.eye(len(spread)) - D[number] @ model @ (D[number].T @ curved[number])
        variance = np.einsum("ij,jk,ik->i", keep, spread, keep, optimize=True)
    return np.sqrt(np.where((variance > ROUNDING * observed) & (observed > 0), variance, np.nan))


def _curvature(fitted: Fitted, number: int) -> Array:
    """Information about the moments at the implied ones; that about fixed exogenous moments is left out."""
    keep = estimated_moments(fitted, number)
    state = fitted.states[number]
    if fitted.options.information == "first_order":
        mean = state.mean_from_origin if state.structure.has_means else None
        found = _products(implied(*saturated_structure(state.structure.p, mean, state.cov)), fitted.samples[number])
    else:
        at = moment_curve(fitted, number)
        found = at.hessian() if fitted.options.information == "observed" else at.curvature
    return np.where(np.outer(keep, keep), found, 0.0)


def _products(state: Implied, sample: Sample) -> Array:
    """(moments, moments) sum of the products of the respondents' (or clusters') scores about the moments."""
    assert sample.answers is not None
    scores = casewise_scores(state, sample)
    if sample.answers.clusters is not None:
        scores = cluster_sums(scores, sample.answers.clusters)
    return scores.T @ scores


def observed_covariance(fitted: Fitted, number: int) -> Array:
    """(moments, moments) covariance of one group's observed moments, robust where the standard errors are."""
    sample, structure, options = fitted.samples[number], fitted.structures[number], fitted.options
    robust = options.se not in ("standard", "none") and sample.answers is not None
    if isinstance(fitted.objective, LeastSquares):
        if robust or sample.ordinal is not None or options.estimator in ("WLS", "DWLS"):
            return moment_covariance(sample, structure) / sample.n
        return np.linalg.inv(normal_weight(analysed_cov(fitted, number), structure.has_means)) / sample.n
    if robust and options.missing == "pairwise":
        return moment_covariance(sample, structure, fitted.n_fixed(number)) / sample.n
    mean = sample.mean_from_origin if structure.has_means else None
    saturated, moments = saturated_structure(structure.p, mean, sample.cov)
    state = implied(saturated, moments)
    basis = np.eye(len(moments))[:, estimated_moments(fitted, number)]
    if options.information == "first_order":
        return inverse_information(_products(state, sample), basis)
    information = information_of(state, sample.grouped, exact=options.information == "observed")
    bread = inverse_information(information, basis)
    return bread @ _products(state, sample) @ bread if robust else bread
