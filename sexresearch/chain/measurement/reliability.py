"""`reliability`: alpha, omega and average variance extracted of every construct, with intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy.special import ndtri

from sexresearch.arguments import in_words
from sexresearch.chain.measurement.coefficients import (
    alpha,
    alpha_limits,
    omega_categorical,
    omega_hierarchical,
    omega_total,
    variance_extracted,
)
from sexresearch.chain.measurement.constructs import (
    Construct,
    Loaded,
    constructs,
    loaded,
    measured,
    measurement_mask,
    results_only,
)
from sexresearch.chain.measurement.notes import OBSERVED, reliability_note
from sexresearch.errors import OptionError
from sexresearch.sem import Results
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.estimation.fitted import Fitted

STEP = 1e-5  # relative step of central differences, whose error is then of the order of 1e-10
COLUMNS = ("alpha", "omega", "omega_h", "ave")
Variance = Literal["implied", "observed"]


@in_words
def reliability(results: Results, standardized: bool = False, omega_variance: Variance = "implied") -> pd.DataFrame:
    """How reliable is the sum of each construct's items? Alpha, omega and average variance extracted.

    Parameters
    ----------
    results : Results
        A fit whose model has constructs.
    standardized : bool
        Take items of unit variance, for items in different units: omega is then the composite reliability, and AVE the
        mean squared standardized loading, as PLS programs print them.
    omega_variance : "implied" or "observed"
        Variance of the sum that omega is a share of: the one the model implies, or that of the answers (McDonald's
        form, the default of semTools' ``compRelSEM``, its ``obs.var=TRUE``). They differ as far as the model misfits.

    Returns
    -------
    DataFrame
        One row per construct (and group): construct, items (how many), alpha, omega, ave, each with _ci_lower and
        _ci_upper (95 %), note. Several groups add group; items that serve two constructs, or dimensions of a higher
        construct, add omega_h. A construct with one item has no values. note says what is missing and why, whether the
        solution is inadmissible, and which items clearly load against the others (95 % interval without 0, standardized
        loading of at least .10).

    Raises
    ------
    OptionError
        `results` is not a fit, or the model has no constructs; `omega_variance` is "observed" and items are ordered,
        whose responses are not observed.

    Notes
    -----
    alpha : Cronbach 1951, from the sample's covariances (of category codes where items are ordered); interval of Feldt
        1965, doi 10.1007/BF02289499.
    omega : share of the sum's variance that any construct explains; omega_h : that the construct itself does
        (McDonald 1999). For ordered items both are of the sum of category codes (Green & Yang 2009,
        doi 10.1007/s11336-008-9099-3).
    ave : average variance extracted (Fornell & Larcker 1981, doi 10.1177/002224378101800104), of the responses behind
        ordered items, on dimensions where those are measured.
    Intervals of omega and ave: delta method with the standard errors of the fit (Raykov 2002,
    doi 10.1207/S15327906MBR3701_04). Omega over the observed variance has none: that variance moves from sample to
    sample beside the estimates, which their standard errors do not know.

    Examples
    --------
    >>> import pandas as pd
    >>> from sexresearch.sem import Moments, fit
    >>> r = pd.DataFrame([[1, 0.5, 0.5], [0.5, 1, 0.5], [0.5, 0.5, 1]], index=list("abc"), columns=list("abc"))
    >>> table = reliability(fit("joy =~ a + b + c", moments=Moments(r, nobs=100)))
    >>> table[["alpha", "omega", "ave"]].round(4).values.tolist()
    [[0.75, 0.75, 0.5]]
    """
    fitted = results_only(results, "reliability").fitted
    found = constructs(fitted.table)
    looks, observed = contents(results, found), _is_observed(omega_variance)
    if observed:
        _refuse_ordered(found, looks)
    modelled, errors = _modelled(results, found, standardized, observed)
    rows = []
    for c, x, values, own in zip(found, looks, modelled, errors, strict=True):
        note = reliability_note(results, c, x, standardized)
        note = "; ".join(part for part in (note, OBSERVED if observed and not np.isnan(values[0]) else "") if part)
        rows.append(_row(fitted, c, standardized, values, own) | {"note": note})
    frame = pd.DataFrame(rows)
    if not results.groups:
        frame = frame.drop(columns="group")
    if not any(c.higher or c.crossed for c in found):
        frame = frame.drop(columns=[name for name in frame if name.startswith("omega_h")])
    return frame


def _is_observed(omega_variance: str) -> bool:
    if omega_variance not in get_args(Variance):
        raise OptionError(f"omega_variance takes 'implied' or 'observed'; found {omega_variance!r}")
    return omega_variance == "observed"


def _refuse_ordered(found: Sequence[Construct], looks: Sequence[Loaded]) -> None:
    names = dict.fromkeys(construct.name for construct, x in zip(found, looks, strict=True) if x.ordered)
    if names:
        raise OptionError(
            f"omega_variance='observed' needs items that are numbers; items of {list(names)} are ordered, and the "
            "responses behind categories are not observed: leave omega_variance='implied'"
        )


def _row(fitted: Fitted, construct: Construct, standardized: bool, values: Array, errors: Array) -> dict[str, object]:
    sample = fitted.samples[construct.group]
    row: dict[str, object] = {"group": sample.label, "construct": construct.name, "items": len(construct.items)}
    if len(construct.indicators) < 2:
        limits = dict.fromkeys(COLUMNS, (math.nan,) * 3)
    else:
        limits = {"alpha": _alpha(sample, construct.items, standardized)}
        half = float(ndtri(0.975)) * errors
        limits |= {n: (v, v - h, v + h) for n, v, h in zip(COLUMNS[1:], values, half, strict=True)}
        if not (construct.higher or construct.crossed):
            limits["omega_h"] = (math.nan,) * 3
    for name, (value, low, high) in limits.items():
        row |= {name: value, f"{name}_ci_lower": low, f"{name}_ci_upper": high}
    return row


def contents(results: Results, found: Sequence[Construct]) -> list[Loaded]:
    """What each construct looks like at the estimates."""
    fitted = results.fitted
    masks = [measurement_mask(fitted, group) for group in range(fitted.table.n_groups)]
    groups = measured(fitted, fitted.theta, masks)
    return [loaded(groups[construct.group], construct) for construct in found]


def _alpha(sample: Sample, items: Sequence[str], standardized: bool) -> tuple[float, float, float]:
    """Alpha with its limits: from the sample's covariances, or those of the codes where items are ordered."""
    cov, n = _sample_cov(sample, items), sample.n
    if sample.ordinal is not None and not standardized:
        place = [sample.names.index(name) for name in items]
        codes = sample.augmented(has_means=True)[:, place]
        codes = codes[~np.isnan(codes).any(axis=1)]
        cov, n = np.cov(codes.T), float(len(codes))
    if standardized:
        sd = np.sqrt(np.diag(cov))
        cov = cov / np.outer(sd, sd)
    value = alpha(cov)
    return value, *alpha_limits(value, n, len(items))


def _sample_cov(sample: Sample, items: Sequence[str]) -> Array:
    place = [sample.names.index(name) for name in items]
    return sample.cov[np.ix_(place, place)]


def _modelled(
    results: Results, found: Sequence[Construct], standardized: bool, observed: bool
) -> tuple[Array, Array]:
    """(constructs, 3) omega, omega_h and AVE of each construct, and their standard errors."""
    fitted = results.fitted
    empty = np.full((len(found), len(COLUMNS) - 1), np.nan)
    if not results.converged:
        return empty, empty
    theta, vcov = fitted.theta, results.vcov.to_numpy()
    masks = [measurement_mask(fitted, group) for group in range(fitted.table.n_groups)]
    at = _coefficients(fitted, theta, found, masks, standardized, observed)
    gradient = np.empty((at.size, len(theta)))
    for k, value in enumerate(theta):
        step = np.zeros(len(theta))
        step[k] = STEP * max(1.0, abs(value))
        up, down = (_coefficients(fitted, theta + s, found, masks, standardized, observed) for s in (step, -step))
        gradient[:, k] = (up - down).ravel() / (2 * step[k])
    variance = np.einsum("ik,kl,il->i", gradient, vcov, gradient).reshape(at.shape)
    errors = np.sqrt(np.maximum(variance, 0.0))
    if observed:
        errors[:, :2] = np.nan
    return at, errors


def _coefficients(
    fitted: Fitted, theta: Array, found: Sequence[Construct], masks: Sequence[Array], standardized: bool, observed: bool
) -> Array:
    """(constructs, 3) omega, omega_h and AVE at `theta` (q,); NaN for constructs with one indicator."""
    groups = measured(fitted, theta, masks)
    out = np.full((len(found), len(COLUMNS) - 1), np.nan)
    for number, construct in enumerate(found):
        if len(construct.indicators) < 2:
            continue
        x = loaded(groups[construct.group], construct)
        outer = 1.0 / np.sqrt(x.scale) if standardized or construct.higher else np.ones(len(x.scale))
        out[number, 2] = variance_extracted(x.outer, x.variance, x.scale, outer)
        if x.ordered and not standardized:
            out[number, :2] = _categorical(x) if x.ordered == len(construct.items) else math.nan
            continue
        whole = _sample_cov(fitted.samples[construct.group], construct.items) if observed else x.cov
        inner = 1.0 / np.sqrt(np.diag(whole)) if standardized else np.ones(len(whole))
        out[number, 0] = omega_total(x.cov - x.residual, whole, inner)
        out[number, 1] = omega_hierarchical(whole, x.loading, x.variance, inner)
    return out


def _categorical(x: Loaded) -> tuple[float, float]:
    """Omega of the sum of category codes, and its hierarchical form."""
    sd = np.sqrt(np.diag(x.cov))
    size = np.outer(sd, sd)
    commons = (x.cov - x.residual, x.variance * np.outer(x.loading, x.loading))
    total, own = (omega_categorical(x.cuts, x.owner, common / size, x.cov / size) for common in commons)
    return total, own
