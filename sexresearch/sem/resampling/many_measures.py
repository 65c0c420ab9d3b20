"""Chi-square, RMSEA, CFI and SRMR of many complete samples at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.weighted_moments import WeighedGroup
from sexresearch.sem.estimation.degrees import degrees_of_freedom
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.implied.stacked import reduced
from sexresearch.sem.resampling.many_errors import stacks
from sexresearch.sem.resampling.many_fits import Batch, chisq


def many_measures(
    model: Batch, fitted: Fitted, theta: Array, fixed: Array, moments: Sequence[WeighedGroup]
) -> dict[str, Array]:
    """Each measure (R,) at estimates theta (R, q) of samples with moments (R, P, P) and respondents (R,) by group.

    fixed : (R, e) values of the exogenous rows in each sample.

    Definitions as in `inference.fit_indices` and `inference.residuals`; RMSEA and CFI of a saturated model are 0 and 1.
    """
    test = chisq(model, theta, moments)
    base, base_df = _baseline(model, moments)
    df, n = degrees_of_freedom(fitted), np.sum([own.n for own in moments], axis=0)
    excess = np.maximum(test - df, 0.0)
    most = np.maximum(excess, base - base_df)
    return {
        "chisq": test,
        "rmsea": np.sqrt(excess / (n * df) * len(moments)) if df else np.zeros(len(test)),
        "cfi": 1.0 - excess / np.where(most > 0, most, 1.0),
        "srmr": _srmr(model, fitted, theta, fixed, moments),
    }


def _split(moment: Array, has_means: bool) -> tuple[Array, Array]:
    """Means (R, p) and covariances (R, p, p); the constant stands last."""
    if not has_means:
        return np.zeros(moment.shape[:2]), moment
    mean = moment[:, :-1, -1]
    return mean, moment[:, :-1, :-1] - mean[:, :, None] * mean[:, None, :]


def _baseline(model: Batch, moments: Sequence[WeighedGroup]) -> tuple[Array, int]:
    """Chi-square (R,) and df of unrelated variables, fixed exogenous ones related among themselves."""
    total, df = np.zeros(len(moments[0].n)), 0
    for form, fixed, (moment, n, _) in zip(model.forms, model.exogenous, moments, strict=True):
        _, cov = _split(moment, form.structure.has_means)
        p = cov.shape[1]
        x = np.array([k for k in fixed if k < p], dtype=int)
        own = np.setdiff1d(np.arange(p), x)
        apart = np.log(np.einsum("rii->ri", cov)[:, own]).sum(axis=1)
        together = np.linalg.slogdet(cov[:, x[:, None], x])[1] if len(x) else 0.0
        total += n * (apart + together - np.linalg.slogdet(cov)[1])
        df += (p * (p - 1) - len(x) * (len(x) - 1)) // 2
    return total, df


def _srmr(model: Batch, fitted: Fitted, theta: Array, fixed: Array, moments: Sequence[WeighedGroup]) -> Array:
    """(R,) groups averaged by their respondents."""
    sizes = np.sum([own.n for own in moments], axis=0)
    total = np.zeros(len(theta))
    for group, (form, (moment, n, _)) in enumerate(zip(model.forms, moments, strict=True)):
        has_means = form.structure.has_means
        mean, cov = _split(moment, has_means)
        _, C = reduced(*stacks(fitted, group, theta, fixed))
        rows = form.structure.observed[form.order]
        mu, sigma = _split(C[:, rows[:, None], rows], has_means)
        sd = np.sqrt(np.einsum("rii->ri", cov))
        i, j = np.tril_indices(cov.shape[1])
        squares = (((cov - sigma)[:, i, j] / (sd[:, i] * sd[:, j])) ** 2).sum(axis=1)
        count = len(i) + (cov.shape[1] if has_means else 0)
        squares += (((mean - mu) / sd) ** 2).sum(axis=1) if has_means else 0.0
        total += n / sizes * np.sqrt(squares / count)
    return total
