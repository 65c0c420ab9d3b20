"""Residuals moment by moment: raw, as correlations, and divided by their standard errors."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd

from sexresearch.errors import OptionError
from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.matrices import inverse_information
from sexresearch.sem.terms.term import Point

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
    point = fitted.points[number]
    left, right, unit = point.observed_and_implied(correlations=kind == "cor")
    residual, note = _over_error(fitted, number, kind, left - right, unit)
    label = point.term.sample.label if fitted.table.n_groups > 1 else pd.NA
    words = pd.DataFrame(point.term.labels, columns=["lhs", "op", "rhs"])
    group = pd.Series([label] * len(residual), dtype=object)
    return words.assign(group=group, observed=left, implied=right, residual=residual, note=note)


def _over_error(fitted: Fitted, number: int, kind: str, residual: Array, unit: Array) -> tuple[Array, Array]:
    """Residuals (moments,) as the `kind` wants them and a note for each; `unit` (moments,): standard deviations."""
    note = np.where(np.isnan(residual), NO_VARIANCE, "").astype(object)
    if kind not in ("normalized", "standardized"):
        return residual, note
    error = residual_errors(fitted, number, kind)
    large = np.abs(residual) >= NEGLIGIBLE * unit
    note[large & np.isnan(error)] = NO_ERROR
    return np.where(large, residual / error, residual), note


def residual_errors(fitted: Fitted, number: int, kind: str) -> Array:
    """(moments,) standard error of the observed moments, or ("standardized") of observed less implied ones."""
    spread = observed_covariance(fitted, number)
    variance = observed = np.diag(spread)
    if kind == "standardized":
        D = fitted.jacobians()
        curved = [_curvature(fitted, point) for point in fitted.points]
        information = sum(d.T @ w @ d for d, w in zip(D, curved, strict=True))
        model = inverse_information(information, fitted.basis)
        keep = np.eye(len(spread)) - D[number] @ model @ (D[number].T @ curved[number])
        variance = np.einsum("ij,jk,ik->i", keep, spread, keep, optimize=True)
    return np.sqrt(np.where((variance > ROUNDING * observed) & (observed > 0), variance, np.nan))


def _curvature(fitted: Fitted, point: Point) -> Array:
    """Information about the moments at the implied ones; that about fixed exogenous moments is left out."""
    keep = point.term.estimated
    return np.where(np.outer(keep, keep), point.moment_information(fitted.options.information or ""), 0.0)


def observed_covariance(fitted: Fitted, number: int) -> Array:
    """(moments, moments) covariance of one group's observed moments, robust where the standard errors are."""
    options, term = fitted.options, fitted.objective.groups[number]
    sample = term.sample
    behind = sample.answers is not None or sample.again is not None or sample.has_sums
    robust = options.se not in ("standard", "none") and behind
    return term.sampling_covariance(robust or options.estimator in ("WLS", "DWLS"), options.information or "")
