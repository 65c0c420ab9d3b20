"""`reliability`: alpha, omega and average variance extracted of every construct, with intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.chain.joining import joined
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
    LoadingMatrices,
    constructs,
    loaded,
    measured,
    moving,
    seen,
)
from sexresearch.chain.measurement.notes import OBSERVED, reliability_note
from sexresearch.errors import OptionError
from sexresearch.sem import Results
from sexresearch.sem.view import Array, Draws, Interval, View, ViewBlock, draws, estimated

COLUMNS = ("alpha", "omega", "omega_h", "ave")
LEVEL = 0.95  # coverage of the limits
MOST_ORDERED = 2_000  # Monte-Carlo draws of ordered items: the limits' own error is 6 % of a standard error
Variance = Literal["implied", "observed"]


@in_words
def reliability(
    results: Results | View,
    standardized: bool = False,
    omega_variance: Variance = "implied",
    bootstrap: int = 0,
    seed: int = 1,
    interval: Interval | None = None,
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
    bootstrap : int
        Replicates for the limits of omega and ave; 0 for none, otherwise at least 2.
    seed : int
        Whole number of at least 0 that decides the replicates or draws.
    interval : {"delta", "monte_carlo", "percentile", "bias_corrected", "bca"}, optional
        How limits of omega and ave are made, as in `effects`. Default: "delta", or "percentile" with replicates.

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
        whose responses are not observed; an unknown interval, or a number out of its range.

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
    doi 10.1207/S15327906MBR3701_04), Monte-Carlo draws (the first 2,000 where items are ordered) or the bootstrap;
    that of alpha is always Feldt's. Omega over the observed variance has none: that variance moves from sample to
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
    at = _as_many_as_needed(draws(fit, interval, bootstrap, seed, LEVEL), looks)
    modelled, reasons = _modelled(fit, at, measured, standardized, observed)
    rows = []
    for c, x, values, reason in zip(measured, looks, modelled, reasons, strict=True):
        shown = OBSERVED if observed and not np.isnan(values[0, 0]) else ""
        note = joined(reliability_note(fit, c, x, standardized), shown, reason)
        rows.append(_row(fit.blocks[c.group], c, standardized, values) | {"note": note})
    frame = pd.DataFrame(rows)
    frame = frame.drop(
        columns=[*([] if fit.groups else ["group"]), *(["level"] if fit.blocks[0].level is None else [])]
    )
    if not any(c.higher or c.crossed for c in measured):
        frame = frame.drop(columns=[name for name in frame if name.startswith("omega_h")])
    return frame


def _as_many_as_needed(at: Draws, looks: Sequence[Composite]) -> Draws:
    """The draws; the first of a simulation alone where items are ordered, whose omega takes its time."""
    few = at.method == "monte_carlo" and any(x.ordered for x in looks)
    theta, exogenous = at.samples
    return replace(at, samples=(theta[:MOST_ORDERED], exogenous[:MOST_ORDERED])) if few else at


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


def _row(block: ViewBlock, construct: GroupConstruct, standardized: bool, modelled: Array) -> dict[str, object]:
    row: dict[str, object] = {"group": block.label, "level": block.level}
    row |= {"construct": construct.name, "items": len(construct.items)}
    if len(construct.indicators) < 2:
        numbers = dict.fromkeys(COLUMNS, (math.nan,) * 3)
    else:
        numbers = {"alpha": _alpha(block, construct.items, standardized)}
        numbers |= dict(zip(COLUMNS[1:], map(tuple, modelled.tolist()), strict=True))
        if not (construct.higher or construct.crossed):
            numbers["omega_h"] = (math.nan,) * 3
    for name, (value, low, high) in numbers.items():
        row |= {name: value, f"{name}_ci_lower": low, f"{name}_ci_upper": high}
    return row


def contents(fit: View, constructs: Sequence[GroupConstruct]) -> list[Composite]:
    """What each construct looks like at the estimates."""
    groups = measured(fit, fit.theta[None, :], fit.exogenous[None, :])
    return [loaded(groups[construct.group], construct, 0) for construct in constructs]


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
    """Covariances of the codes of some items, and the rows behind them; NaN where no answers tell them."""
    if block.answers is None:
        return (np.full((len(place),) * 2, np.nan), float(block.nobs)) if block.codes is None else block.codes.of(place)
    codes = block.answers[:, place]
    codes = codes[~np.isnan(codes).any(axis=1)]
    return np.cov(codes.T), float(len(codes))


def _sample_cov(block: ViewBlock, items: Sequence[str]) -> Array:
    place = [block.observed.index(name) for name in items]
    return block.cov[np.ix_(place, place)]


def _modelled(
    fit: View, at: Draws, measured: Sequence[GroupConstruct], standardized: bool, observed: bool
) -> tuple[Array, list[str]]:
    """(constructs, 3, 3) omega, omega_h and AVE of each construct with their limits, and what to know about limits."""
    kinds = len(COLUMNS) - 1
    if not fit.converged:
        return np.full((len(measured), kinds, 3), np.nan), [""] * len(measured)

    def function(theta: Array, exogenous: Array) -> Array:
        return _coefficients(fit, theta, exogenous, measured, standardized, observed).reshape(len(theta), -1)

    frame = estimated(at, function)
    out = frame[["est", "ci_lower", "ci_upper"]].to_numpy(copy=True).reshape(len(measured), kinds, 3)
    if observed:
        out[:, :2, 1:] = np.nan
    reasons = frame["reason"].to_numpy().reshape(len(measured), kinds)
    some = np.isfinite(out[:, :, 0]).any(axis=1)
    return out, [joined(at.note, *dict.fromkeys(own)) if any_ else "" for own, any_ in zip(reasons, some, strict=True)]


def extracted(fit: View, measured: Sequence[GroupConstruct], standardized: bool) -> Array:
    """(constructs,) AVE of each construct, NaN where it has one indicator or the fit did not converge."""
    if not fit.converged:
        return np.full(len(measured), np.nan)
    point = fit.theta[None, :], fit.exogenous[None, :]
    return _coefficients(fit, *point, measured, standardized, observed=False)[0, :, -1]


def _coefficients(
    fit: View,
    theta: Array,
    exogenous: Array,
    constructs: Sequence[GroupConstruct],
    standardized: bool,
    observed: bool,
) -> Array:
    """(R, constructs, 3) omega, omega_h and AVE at `theta` (R, q); NaN for constructs with one indicator."""
    groups = measured(fit, theta, exogenous)
    out = np.full((len(theta), len(constructs), len(COLUMNS) - 1), np.nan)
    for place, construct in enumerate(constructs):
        if len(construct.indicators) > 1:
            whole = _sample_cov(fit.blocks[construct.group], construct.items) if observed else None
            out[:, place] = _three(groups[construct.group], construct, standardized, whole)
    return out


def _three(at: LoadingMatrices, construct: GroupConstruct, standardized: bool, whole: Array | None) -> Array:
    """(R, 3) omega, omega_h and AVE of a construct; `whole` (k, k): covariances that omega is a share of, else implied.

    Shares are missing where a variance in them is negative.
    """
    x = loaded(at, construct, slice(None))
    with np.errstate(invalid="ignore"):
        outer = 1.0 / np.sqrt(x.scale) if standardized or construct.higher else np.ones_like(x.scale)
        extracted = variance_extracted(x.outer, x.variance, x.scale, outer)
        if x.ordered and not standardized:
            return np.column_stack([_categorical(at, construct, x), extracted])
        whole = x.cov if whole is None else np.broadcast_to(whole, x.cov.shape)
        sd = np.sqrt(np.diagonal(whole, axis1=1, axis2=2))
        inner = 1.0 / sd if standardized else np.ones_like(sd)
        total = omega_total(x.cov - x.residual, whole, inner)
        return np.stack([total, omega_hierarchical(whole, x.loading, x.variance, inner), extracted], axis=1)


def _categorical(at: LoadingMatrices, construct: GroupConstruct, x: Composite) -> Array:
    """(R, 2) omega of the sum of category codes, and its hierarchical form; missing where some items are numbers."""
    if x.ordered < len(construct.items):
        return np.full((len(x.cov), 2), np.nan)
    out = np.repeat([_of_categories(loaded(at, construct, 0))], len(x.cov), axis=0)
    for number in moving(at, construct).tolist():
        out[number] = _of_categories(loaded(at, construct, number))
    return out


def _of_categories(x: Composite) -> tuple[float, float]:
    sd = np.sqrt(np.diag(x.cov))
    size = np.outer(sd, sd)
    commons = (x.cov - x.residual, x.variance * np.outer(x.loading, x.loading))
    total, own = (omega_categorical(x.cuts, x.owner, common / size, x.cov / size) for common in commons)
    return total, own
