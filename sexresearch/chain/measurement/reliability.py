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
    Composite,
    GroupConstruct,
    constructs,
    loaded,
    measured,
    moving,
    seen,
)
from sexresearch.chain.measurement.notes import OBSERVED, reliability_note
from sexresearch.errors import OptionError
from sexresearch.sem import Results
from sexresearch.sem.view import AT_ONCE, Array, View, ViewBlock, delta_variances

STEP = 1e-5  # relative step of central differences, whose error is then of the order of 1e-10
COLUMNS = ("alpha", "omega", "omega_h", "ave")
Variance = Literal["implied", "observed"]


@in_words
def reliability(
    results: Results | View, standardized: bool = False, omega_variance: Variance = "implied"
) -> pd.DataFrame:
    """How reliable is the sum of each construct's items? Alpha, omega and average variance extracted.

    Parameters
    ----------
    results : Results or View
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
        _ci_upper (95 %), note. Several groups add group, models of two levels add level; items that serve two
        constructs, or dimensions of a higher construct, add omega_h. A construct with one item has no values. note says
        what is missing and why, whether the solution is inadmissible, and which items clearly load against the others
        (95 % interval without 0, standardized loading of at least .10).

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
    Two levels : alpha and omega of the parts within clusters, and of the parts that clusters share (Geldhof, Preacher &
    Zyphur 2014, doi 10.1037/a0032138). The latter are those of clusters known exactly: means of the respondents who
    happened to answer are less reliable (Lai 2021, doi 10.1037/met0000287), as ICC(2) of `join_sources` says.

    Examples
    --------
    >>> import pandas as pd
    >>> from sexresearch.sem import Moments, fit
    >>> r = pd.DataFrame([[1, 0.5, 0.5], [0.5, 1, 0.5], [0.5, 0.5, 1]], index=list("abc"), columns=list("abc"))
    >>> table = reliability(fit("joy =~ a + b + c", moments=Moments(r, nobs=100)))
    >>> table[["alpha", "omega", "ave"]].round(4).values.tolist()
    [[0.75, 0.75, 0.5]]
    """
    fit = seen(results, "reliability", levels=True)
    measured = constructs(fit)
    looks, observed = contents(fit, measured), _is_observed(omega_variance)
    if observed:
        _refuse_ordered(measured, looks)
    modelled, errors = _modelled(fit, measured, standardized, observed)
    rows = []
    for c, x, values, own in zip(measured, looks, modelled, errors, strict=True):
        note = reliability_note(fit, c, x, standardized)
        note = "; ".join(part for part in (note, OBSERVED if observed and not np.isnan(values[0]) else "") if part)
        rows.append(_row(fit.blocks[c.group], c, standardized, values, own) | {"note": note})
    frame = pd.DataFrame(rows)
    frame = frame.drop(
        columns=[*([] if fit.groups else ["group"]), *(["level"] if fit.blocks[0].level is None else [])]
    )
    if not any(c.higher or c.crossed for c in measured):
        frame = frame.drop(columns=[name for name in frame if name.startswith("omega_h")])
    return frame


def _is_observed(omega_variance: str) -> bool:
    if omega_variance not in get_args(Variance):
        raise OptionError(f"omega_variance takes 'implied' or 'observed'; found {omega_variance!r}")
    return omega_variance == "observed"


def _refuse_ordered(measured: Sequence[GroupConstruct], looks: Sequence[Composite]) -> None:
    names = dict.fromkeys(construct.name for construct, x in zip(measured, looks, strict=True) if x.ordered)
    if names:
        raise OptionError(
            f"omega_variance='observed' needs items that are numbers; items of {list(names)} are ordered, and the "
            "responses behind categories are not observed: leave omega_variance='implied'"
        )


def _row(
    block: ViewBlock, construct: GroupConstruct, standardized: bool, values: Array, errors: Array
) -> dict[str, object]:
    row: dict[str, object] = {"group": block.label, "level": block.level}
    row |= {"construct": construct.name, "items": len(construct.items)}
    if len(construct.indicators) < 2:
        limits = dict.fromkeys(COLUMNS, (math.nan,) * 3)
    else:
        limits = {"alpha": _alpha(block, construct.items, standardized)}
        half = float(ndtri(0.975)) * errors
        limits |= {n: (v, v - h, v + h) for n, v, h in zip(COLUMNS[1:], values, half, strict=True)}
        if not (construct.higher or construct.crossed):
            limits["omega_h"] = (math.nan,) * 3
    for name, (value, low, high) in limits.items():
        row |= {name: value, f"{name}_ci_lower": low, f"{name}_ci_upper": high}
    return row


def contents(fit: View, constructs: Sequence[GroupConstruct]) -> list[Composite]:
    """What each construct looks like at the estimates."""
    groups = measured(fit, fit.theta[None, :])
    return [loaded(groups[construct.group], construct) for construct in constructs]


def _alpha(block: ViewBlock, items: Sequence[str], standardized: bool) -> tuple[float, float, float]:
    """Alpha with its limits: from the sample's covariances, or those of the codes where items are ordered."""
    cov, n = _sample_cov(block, items), block.n
    if block.roles.ordered and not standardized:
        cov, n = _code_cov(block, [block.observed.index(name) for name in items])
    if standardized:
        sd = np.sqrt(np.diag(cov))
        cov = cov / np.outer(sd, sd)
    value = alpha(cov)
    if block.level is not None:  # covariances between clusters are no sample's own: alpha may exceed 1
        return (value if value <= 1 else math.nan), math.nan, math.nan
    return value, *alpha_limits(value, n, len(items))


def _code_cov(block: ViewBlock, place: list[int]) -> tuple[Array, float]:
    """Covariances of the codes of some items, and the rows behind them; NaN where no answers are held to tell them."""
    if block.answers is None:
        known = np.full((len(block.mean),) * 2, np.nan) if block.code_cov is None else block.code_cov
        return known[np.ix_(place, place)], float(block.nobs)
    codes = block.answers[:, place]
    codes = codes[~np.isnan(codes).any(axis=1)]
    return np.cov(codes.T), float(len(codes))


def _sample_cov(block: ViewBlock, items: Sequence[str]) -> Array:
    place = [block.observed.index(name) for name in items]
    return block.cov[np.ix_(place, place)]


def _modelled(fit: View, measured: Sequence[GroupConstruct], standardized: bool, observed: bool) -> tuple[Array, Array]:
    """(constructs, 3) omega, omega_h and AVE of each construct, and their standard errors."""
    if not fit.converged:
        empty = np.full((len(measured), len(COLUMNS) - 1), np.nan)
        return empty, empty
    theta = fit.theta
    step = np.diag(STEP * np.maximum(1.0, np.abs(theta)))
    points = np.vstack([theta[None, :], theta + step, theta - step])
    parts = np.array_split(points, max(1, len(points) // AT_ONCE))
    every = np.concatenate([_coefficients(fit, part, measured, standardized, observed) for part in parts])
    at, up, down = every[0], *np.split(every[1:], 2)
    gradient = ((up - down) / (2 * np.diag(step)[:, None, None])).reshape(len(theta), at.size)
    variance = delta_variances(gradient.T, fit.vcov).reshape(at.shape)
    errors = np.sqrt(np.maximum(variance, 0.0))
    if observed:
        errors[:, :2] = np.nan
    return at, errors


def extracted(fit: View, measured: Sequence[GroupConstruct], standardized: bool) -> Array:
    """(constructs,) AVE of each construct, NaN where it has one indicator or the fit did not converge."""
    if not fit.converged:
        return np.full(len(measured), np.nan)
    return _coefficients(fit, fit.theta[None, :], measured, standardized, observed=False)[0, :, -1]


def _coefficients(
    fit: View, theta: Array, constructs: Sequence[GroupConstruct], standardized: bool, observed: bool
) -> Array:
    """(R, constructs, 3) omega, omega_h and AVE at `theta` (R, q); NaN for constructs with one indicator."""
    groups = measured(fit, theta)
    out = np.full((len(theta), len(constructs), len(COLUMNS) - 1), np.nan)
    for place, construct in enumerate(constructs):
        if len(construct.indicators) > 1:
            whole = _sample_cov(fit.blocks[construct.group], construct.items) if observed else None
            moved = moving(groups[construct.group], construct)
            out[:, place] = _three(loaded(groups[construct.group], construct), construct, standardized, whole)
            for number in moved.tolist():
                x = loaded(groups[construct.group], construct, number)
                out[number, place] = _three(x, construct, standardized, whole)
    return out


def _three(
    x: Composite, construct: GroupConstruct, standardized: bool, whole: Array | None
) -> tuple[float, float, float]:
    """Omega, omega_h and AVE of one construct; `whole` (k, k): covariances that omega is a share of, else implied."""
    outer = 1.0 / np.sqrt(x.scale) if standardized or construct.higher else np.ones(len(x.scale))
    extracted = variance_extracted(x.outer, x.variance, x.scale, outer)
    if x.ordered and not standardized:
        categorical = _categorical(x) if x.ordered == len(construct.items) else (math.nan, math.nan)
        return (*categorical, extracted)
    whole = x.cov if whole is None else whole
    inner = 1.0 / np.sqrt(np.diag(whole)) if standardized else np.ones(len(whole))
    total = omega_total(x.cov - x.residual, whole, inner)
    return total, omega_hierarchical(whole, x.loading, x.variance, inner), extracted


def _categorical(x: Composite) -> tuple[float, float]:
    """Omega of the sum of category codes, and its hierarchical form."""
    sd = np.sqrt(np.diag(x.cov))
    size = np.outer(sd, sd)
    commons = (x.cov - x.residual, x.variance * np.outer(x.loading, x.loading))
    total, own = (omega_categorical(x.cuts, x.owner, common / size, x.cov / size) for common in commons)
    return total, own
