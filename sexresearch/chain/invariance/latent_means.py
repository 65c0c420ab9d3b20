"""`latent_means`: how far apart groups, or waves, are on each construct, where the items allow the comparison."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.chain.invariance.identification import higher
from sexresearch.chain.invariance.invariance_design import OLD, InvarianceDesign, design_of, source_of, with_categories
from sexresearch.chain.invariance.ladder import SearchEnd, climb, doubts, last_sound, why_not
from sexresearch.chain.invariance.rung import Rung
from sexresearch.chain.joining import joined
from sexresearch.deprecation import gathered
from sexresearch.sem import Fitting, Model, Moments, Results
from sexresearch.sem.view import (
    Array,
    Draws,
    Interval,
    View,
    draws,
    estimated,
    interval_method,
    matrices,
    means,
    row_values,
    view,
    z_and_p,
)

NO_ERROR = 1e-10  # standard error that is rounding: the difference is no estimate
LEVEL = 0.95  # coverage of the limits
NOTHING = dict.fromkeys(("mean_difference", "se", "pvalue", "effect_size", "ci_lower", "ci_upper"), math.nan)


@gathered(OLD, into="fitting", kind=Fitting, until="0.3")
@in_words
def latent_means(
    model: Model | str,
    data: pd.DataFrame | object | None = None,
    *,
    moments: Mapping[object, Moments] | None = None,
    group: str | None = None,
    waves: Mapping[str, str] | None = None,
    partial: bool = False,
    stop: SearchEnd = "score",
    fitting: Fitting | None = None,
    bootstrap: int = 0,
    seed: int = 1,
    interval: Interval | None = None,
) -> pd.DataFrame:
    """Who is higher on which construct, and by how much, where the items allow the comparison?

    Parameters
    ----------
    model : Model or str
        The measurement model of one group or wave.
    data : DataFrame or Survey, optional
        One row per respondent, with `group`; or wide data, with `waves`.
    moments : dict of Moments by group label, optional
        With means; in place of data and group.
    group : str, optional
        Column of the groups; the first one is compared with.
    waves : dict of str by str, optional
        Pattern of the columns' names by wave: ``{"spring": "{}_1", "autumn": "{}_2"}``.
    partial : bool
        Set free what differs, as in `invariance`.
    stop : {"score", "cfi"}
        "score" or "cfi": when that search ends, as in `invariance`.
    fitting : Fitting, optional
        How every step is fitted: estimator, missing, ordered, cluster, sampling_weights, …, as in `fit`. Ordered items
        (ordered categoricals always are) go with `group` only, and take the theta parameterization. Default:
        maximum likelihood from complete rows.
    bootstrap : int
        Replicates for the limits; 0 for none, otherwise at least 2. Rows are drawn within groups.
    seed : int
        Whole number of at least 0 that decides the replicates or draws.
    interval : {"delta", "monte_carlo", "percentile", "bias_corrected", "bca"}, optional
        How limits are made, as in `effects`. Default: "delta", or "percentile" with replicates.

    Returns
    -------
    DataFrame
        One row per construct and group (or wave) after the first: construct, group, against (the first group),
        mean_difference, se, pvalue, effect_size, ci_lower, ci_upper (95 %), step (of `invariance`, whose means these
        are), outcome, note. outcome is "holds"; "doubtful" where a step up to it is, for the reason in note; or
        "not_computable": numbers are then missing, and note says why.

    Raises
    ------
    DataError, ModelError, ModelSyntaxError
        As `invariance`.
    OptionError
        As `invariance`; an unknown interval, or a number out of its range.

    Notes
    -----
    The means are those of the last step of `invariance` with equal intercepts that stands, at most scalar: residuals
    need not be equal. mean_difference is in standard deviations of the first group, or in the units that the text gives
    its constructs (points of the item whose loading it fixes). effect_size divides the difference by the pooled
    standard deviation of the two groups (Hancock 2001, doi 10.1007/BF02294440).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> items = rng.normal(size=(600, 1)) + rng.normal(size=(600, 4))
    >>> data = pd.DataFrame(items, columns=list("abcd")).assign(brand=["budget", "luxury"] * 300)
    >>> data.loc[data["brand"] == "luxury", list("abcd")] += 0.5
    >>> found = latent_means("joy =~ a + b + c + d", data, group="brand")
    >>> found[["construct", "group", "against", "step"]].values.tolist(), found["effect_size"].round(1).tolist()
    ([['joy', 'luxury', 'budget', 'scalar']], [0.6])
    """
    interval_method(interval, bootstrap, seed, LEVEL)
    source = with_categories(source_of(data, moments, fitting), model, waves, partial)
    design = design_of(model, source, group, waves)
    return means_frame(design, climb(design, partial, stop, last="scalar"), interval, bootstrap, seed)


def means_frame(
    design: InvarianceDesign,
    rungs: Sequence[Rung],
    interval: Interval | None = None,
    bootstrap: int = 0,
    seed: int = 1,
) -> pd.DataFrame:
    """The table of `latent_means`, from the steps up to the scalar ones."""
    rung = last_sound(rungs, "scalar")
    sound = None if rung is None or rung.results is None else view(rung.results, "latent_means")
    at = None if sound is None else draws(sound, interval, bootstrap, seed, LEVEL)
    labels = design.labels if rung is None or rung.results is None else rung.results.groups or design.labels
    compared = [name for name in design.model.latents if name not in higher(design.model)]
    rows = []
    for name in compared:
        for place in range(1, len(labels)):
            row = {"construct": name, "group": labels[place], "against": labels[0]}
            rows.append(row | (_compared(design, rungs, rung, at, name, place) if rung and at else _missing(rungs)))
    return pd.DataFrame(rows)


def _missing(rungs: Sequence[Rung]) -> dict[str, object]:
    """A row without numbers, and why."""
    return NOTHING | {"step": "", "outcome": "not_computable", "note": why_not(rungs)}


def _compared(
    design: InvarianceDesign, rungs: Sequence[Rung], rung: Rung, at: Draws, name: str, place: int
) -> dict[str, object]:
    assert rung.results is not None
    first, other = (design.latent(name, number) for number in (0, place))
    difference, effect = ComparedConstructs(rung.results, first, other, at).frame.to_dict("records")
    notes = doubts(rungs)
    if difference["se"] < NO_ERROR:
        fixed = "not computable: the model's text holds these means fixed or equal"
        return NOTHING | {"step": rung.step, "outcome": "not_computable", "note": fixed}
    outcome = "doubtful" if notes else "holds"
    numbers = {
        "mean_difference": difference["est"],
        "se": difference["se"],
        "pvalue": float(z_and_p(np.array([difference["est"]]), np.array([difference["se"]]))[1][0]),
        "effect_size": effect["est"],
        "ci_lower": effect["ci_lower"],
        "ci_upper": effect["ci_upper"],
    }
    note = joined(*notes, at.note, difference["reason"], effect["reason"])
    return numbers | {"step": rung.step, "outcome": outcome, "note": note}


@dataclass(frozen=True)
class ComparedConstructs:
    """One construct in two places of a fit: (name, group number) of the one compared with, and of the other.

    at : the draws that standard errors and limits rest on; by default the delta method.
    """

    results: Results
    first: tuple[str, int]
    other: tuple[str, int]
    at: Draws | None = None

    @property
    def estimates(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Difference of the means and effect size, each with its standard error."""
        (difference, effect) = self.frame[["est", "se"]].itertuples(index=False, name=None)
        return difference, effect

    @property
    def frame(self) -> pd.DataFrame:
        """Two rows, the difference of the means and the effect size: est, se, ci_lower, ci_upper, reason."""
        fit = view(self.results, "latent_means")
        n0, n1 = (fit.blocks[group].n for _, group in (self.first, self.other))

        def function(theta: Array, exogenous: Array) -> Array:
            rows = row_values(fit, theta, exogenous)
            (m0, v0), (m1, v1) = (mean_and_variance(fit, *where, rows) for where in (self.first, self.other))
            pooled = (n0 * v0 + n1 * v1) / (n0 + n1)
            sd = np.sqrt(np.where(pooled > 0, pooled, np.nan))
            return np.stack([m1 - m0, (m1 - m0) / sd], axis=1)

        return estimated(self.at or draws(fit, "delta", 0, 0, LEVEL), function)


def mean_and_variance(fit: View, name: str, group: int, rows: Array) -> tuple[Array, Array]:
    """(R,) implied mean and variance of a construct at values (R, rows) of the table."""
    j, at = fit.blocks[group].names.index(name), matrices(fit.places[group], rows)
    return means(fit, group, rows, at.G)[:, j], at.C[:, j, j]
