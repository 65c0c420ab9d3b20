"""`latent_means`: how far apart groups, or waves, are on each construct, where the items allow the comparison."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from sexresearch.arguments import in_words
from sexresearch.chain.invariance.identification import higher
from sexresearch.chain.invariance.invariance_design import OLD, InvarianceDesign, design_of, source_of, with_categories
from sexresearch.chain.invariance.ladder import SearchEnd, climb, doubts, last_sound, why_not
from sexresearch.chain.invariance.rung import Rung
from sexresearch.deprecation import gathered
from sexresearch.sem import Fitting, Model, Moments, Results
from sexresearch.sem.view import Array, View, delta_variances, matrices, means, parameter_slopes, variance_slopes, view

NO_ERROR = 1e-10  # standard error that is rounding: the difference is no estimate


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

    Returns
    -------
    DataFrame
        One row per construct and group (or wave) after the first: construct, group, against (the first group),
        mean_difference, se, pvalue, effect_size, ci_lower, ci_upper (95 %), step (of `invariance`, whose means these
        are), outcome, note. outcome is "holds"; "doubtful" where a step up to it is, for the reason in note; or
        "not_computable": numbers are then missing, and note says why.

    Raises
    ------
    DataError, ModelError, ModelSyntaxError, OptionError
        As `invariance`.

    Notes
    -----
    The means are those of the last step of `invariance` with equal intercepts that stands, at most scalar: residuals
    need not be equal. mean_difference is in standard deviations of the first group, or in the units that the text gives
    its constructs (points of the item whose loading it fixes). effect_size divides the difference by the pooled
    standard deviation of the two groups (Hancock 2001, doi 10.1007/BF02294440); limits by the delta method.

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
    source = with_categories(source_of(data, moments, fitting), model, waves, partial)
    design = design_of(model, source, group, waves)
    return means_frame(design, climb(design, partial, stop, last="scalar"))


def means_frame(design: InvarianceDesign, rungs: Sequence[Rung]) -> pd.DataFrame:
    """The table of `latent_means`, from the steps up to the scalar ones."""
    rung = last_sound(rungs, "scalar")
    labels = design.labels if rung is None or rung.results is None else rung.results.groups or design.labels
    compared = [name for name in design.model.latents if name not in higher(design.model)]
    rows = []
    for name in compared:
        for place in range(1, len(labels)):
            row = {"construct": name, "group": labels[place], "against": labels[0]}
            rows.append(row | (_missing(rungs) if rung is None else _compared(design, rungs, rung, name, place)))
    return pd.DataFrame(rows)


def _missing(rungs: Sequence[Rung]) -> dict[str, object]:
    """A row without numbers, and why."""
    verdict = {"step": "", "outcome": "not_computable", "note": why_not(rungs)}
    return _row((math.nan,) * 2, (math.nan,) * 2) | verdict


def _compared(design: InvarianceDesign, rungs: Sequence[Rung], rung: Rung, name: str, place: int) -> dict[str, object]:
    assert rung.results is not None
    first, other = (design.latent(name, number) for number in (0, place))
    difference, effect = ComparedConstructs(rung.results, first, other).estimates
    notes = doubts(rungs)
    if difference[1] < NO_ERROR:
        fixed = "not computable: the model's text holds these means fixed or equal"
        return _row((math.nan,) * 2, (math.nan,) * 2) | {"step": rung.step, "outcome": "not_computable", "note": fixed}
    outcome = "doubtful" if notes else "holds"
    return _row(difference, effect) | {"step": rung.step, "outcome": outcome, "note": "; ".join(notes)}


def _row(difference: tuple[float, float], effect: tuple[float, float]) -> dict[str, object]:
    value, se = difference
    half = float(ndtri(0.975)) * effect[1]
    return {
        "mean_difference": value,
        "se": se,
        "pvalue": float(2.0 * ndtr(-abs(value / se))) if se > 0 else math.nan,
        "effect_size": effect[0],
        "ci_lower": effect[0] - half,
        "ci_upper": effect[0] + half,
    }


@dataclass(frozen=True)
class ComparedConstructs:
    """One construct in two places of a fit: (name, group number) of the one compared with, and of the other."""

    results: Results
    first: tuple[str, int]
    other: tuple[str, int]

    @property
    def estimates(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Difference of the means and effect size, each with its standard error by the delta method."""
        fit = view(self.results, "latent_means")
        (m0, v0), (m1, v1) = (EstimatedNumber.of(fit, *where) for where in (self.first, self.other))
        vcov, (n0, n1) = fit.vcov, (fit.blocks[group].n for _, group in (self.first, self.other))
        difference = EstimatedNumber(m1.value - m0.value, m1.slope - m0.slope)
        pooled = EstimatedNumber(
            (n0 * v0.value + n1 * v1.value) / (n0 + n1), (n0 * v0.slope + n1 * v1.slope) / (n0 + n1)
        )
        if pooled.value <= 0:
            return difference.estimate(vcov), (math.nan, math.nan)
        sd = math.sqrt(pooled.value)
        effect = difference.value / sd
        slope = (difference.slope - effect / (2.0 * sd) * pooled.slope) / sd
        return difference.estimate(vcov), EstimatedNumber(effect, slope).estimate(vcov)


@dataclass(frozen=True)
class EstimatedNumber:
    """A number that depends on the parameters: its value, and its derivatives by them (q,)."""

    value: float
    slope: Array

    def estimate(self, vcov: Array) -> tuple[float, float]:
        """The value and its standard error."""
        return self.value, math.sqrt(max(float(delta_variances(self.slope, vcov)), 0.0))

    @classmethod
    def of(cls, fit: View, name: str, group: int) -> tuple[EstimatedNumber, EstimatedNumber]:
        """Mean m[j] and variance of a construct: m = G a, a the intercepts; dm[j] = G[j, r] (dB[r, c] m[c] + da[r])."""
        places, j = fit.places[group], fit.blocks[group].names.index(name)
        at = matrices(places, fit.estimates[None, :])
        mean, G = means(fit, group, fit.estimates[None, :], at.G)[0], at.G[0]
        C, across = variance_slopes(places, at.S[0], G)
        along = np.where(places.is_path, G[j, places.row] * np.append(mean, 1.0)[places.col], 0.0)
        slopes = parameter_slopes(fit, places, np.stack([along, across[j]]))[:, : len(fit.theta)]
        return cls(float(mean[j]), slopes[0]), cls(float(C[j, j]), slopes[1])
