"""`dynamic_cutoffs`: how well a model of this shape must fit to be told from a misspecified one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import ModelError, OptionError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.moments import Moments
from sexresearch.sem.data.sample_of_rows import from_moments
from sexresearch.sem.estimation.degrees import degrees_of_freedom
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.language.model import Model
from sexresearch.sem.output.reported import ReportedMeasure, reported
from sexresearch.sem.output.results import Results
from sexresearch.sem.planning.misspecification import Level, levels
from sexresearch.sem.planning.plan import WHOLE, plan_of, refuse_ordered
from sexresearch.sem.planning.power import refuse_counts, sample_sizes
from sexresearch.sem.planning.power_samples import MomentSampler
from sexresearch.sem.resampling.many_fits import batch
from sexresearch.sem.resampling.many_measures import many_measures
from sexresearch.sem.resampling.refit import refit_samples
from sexresearch.sem.resampling.row_values import exogenous_rows
from sexresearch.sem.resampling.run import Job, run
from sexresearch.sem.workers import Workers

BAD_IF_LARGE = {"srmr": True, "rmsea": True, "cfi": False}
RULES = (0.95, 0.90)  # misspecified models rejected and fitting models accepted: at least this share of both
Measured = Mapping[str, Array]


@in_words
def dynamic_cutoffs(
    model: Results | Model | str,
    n: int | None = None,
    replicates: int = 500,
    seed: int = 1,
    workers: Workers | None = None,
    *,
    standardized: bool = False,
) -> pd.DataFrame:
    """Cut-offs of SRMR, RMSEA and CFI for one's own model and sample size, level by level of misspecification.

    Parameters
    ----------
    model : Results, Model or str
        A fit of one group, or a population text as `simulate` reads it.
    n : int, optional
        Respondents; needed with a text, by default those of the fit.
    replicates : int
        Samples per level.
    seed : int
        Whole number of at least 0 that decides the samples.
    workers : int or dask.distributed.Client, optional
        Threads, or a cluster; the numbers are the same for any of them. Default: 1.
    standardized : bool
        Variances without a number in the text bring the variance of their variable to 1.

    Returns
    -------
    DataFrame
        One row per level and measure: level, misspecification (in words), measure, cutoff, accepted, rejected (shares
        of fitting and misspecified samples), value (of the fit: robust where it has robust measures), note. note says
        where there is no cut-off because the distributions overlap, where value and cut-off are not alike, and how many
        samples could not be estimated.

    Raises
    ------
    ModelError
        No items that one factor alone explains, or no degrees of freedom.
    OptionError
        Several groups, ordered items, or a number out of its range.

    Notes
    -----
    Samples are drawn from the model as estimated (level 0) and from populations with more than the model says: with
    several factors one omitted cross-loading per level, up to the factors less one; with one factor, errors of a third,
    two thirds and all items correlated at .3 (pairs are neighbours in the text, our choice). A cut-off rejects 95 % of
    a level's misspecified samples and must accept 95 % of the fitting ones; failing that 90 % and 90 %; failing that
    there is none. At level 0 it accepts 95 % of the fitting ones. McNeish & Wolf 2021, doi 10.1037/met0000425, and
    2023, doi 10.3758/s13428-022-01847-y.

    Examples
    --------
    >>> text = "f =~ 0.7*x1 + 0.8*x2 + 0.6*x3; g =~ 0.9*y1 + 0.5*y2 + 0.7*y3; f ~~ 0.4*g"
    >>> found = dynamic_cutoffs(text, n=400, replicates=200, standardized=True)
    >>> found.query("level == 1")[["measure", "cutoff"]].round(2).values.tolist()
    [['srmr', 0.06], ['rmsea', 0.14], ['cfi', 0.93]]
    """
    refuse_counts(replicates=replicates, seed=seed, workers=workers)
    size = _size(model, n)
    plan = plan_of(model, None, standardized)
    refuse_ordered(plan, "dynamic_cutoffs")
    fitted = plan.fitted
    if fitted.table.n_groups > 1:
        raise OptionError("cut-offs are those of one group: fit the groups apart, or without group=")
    if degrees_of_freedom(fitted) == 0:
        raise ModelError("the model is saturated (df = 0): it fits anything, so no cut-off could tell models apart")
    sample_sizes(size, plan)
    own = reported(model) if isinstance(model, Results) else None
    frames: list[dict[str, object]] = []
    correct: Measured = {}
    for level in levels(fitted):
        measured, failed = _simulated(fitted, level, size, replicates, seed, workers or 1)
        correct = correct or measured
        for name in BAD_IF_LARGE:
            row = {"level": level.number, "misspecification": level.words, "measure": name}
            row |= _cutoff(correct[name], None if level.number == 0 else measured[name], BAD_IF_LARGE[name])
            lost = f"{failed} of {replicates} samples could not be estimated" if failed else ""
            unlike = "" if own is None else _unlike(model, own[name])
            notes = [part for part in (plan.population.note, row["note"], lost, unlike) if part]
            value = math.nan if own is None else own.value(name)
            frames.append(row | {"value": value, "note": "; ".join(map(str, notes))})
    columns = ["level", "misspecification", "measure", "cutoff", "accepted", "rejected", "value", "note"]
    return pd.DataFrame(frames)[columns]


def _unlike(model: Results | Model | str, measure: ReportedMeasure) -> str:
    """What keeps the fit's own value from being one of complete normal answers, as the samples are; else its kind."""
    if measure.kind == "robust":
        return f"value: robust {measure.name}, which estimates that of complete normal answers"
    if measure.kind:
        return f"value: {measure.kind} {measure.name}, which is not on the scale of the cut-off: no comparison"
    options = model.options if isinstance(model, Results) else Options()
    odd = [f"estimator {options.estimator}"] if options.robust_test or not options.likelihood else []
    odd += [f"missing={options.missing!r}"] if options.missing != "listwise" else []
    return f"the cut-off is that of complete normal answers by ML, the value that of {', '.join(odd)}" if odd else ""


def _size(model: Results | Model | str, n: int | None) -> int:
    if isinstance(model, Results):
        if n is not None:
            raise OptionError("n belongs to a model text; a fit brings its own number of respondents")
        return model.nobs
    if n is None:
        raise OptionError("say how many respondents there are: n=400")
    return n


def _simulated(
    fitted: Fitted, level: Level, n: int, replicates: int, seed: int, workers: Workers
) -> tuple[Measured, int]:
    """The measures of the model in samples from a level's population, and how many could not be estimated."""
    there = _at(fitted, level.cov)
    engine = batch(there)
    if engine is None:
        raise OptionError("cut-offs need a model whose constraints, if any, are linear equalities")
    engine, source = replace(engine, rows=1), MomentSampler(there, (n,), seed, level.number)
    outcome = run(Job(there, source, engine, None, False), replicates, workers, f"level {level.number}")
    if outcome.not_run:
        raise KeyboardInterrupt
    numbers = [replicate.number for replicate in outcome.replicates]
    theta = np.array([replicate.theta for replicate in outcome.replicates]).reshape(len(numbers), fitted.table.n_free)
    moments = source.moments(numbers, [form.order for form in engine.forms], fitted.structures[0].has_means)
    fixed = exogenous_rows(there, [form.order for form in engine.forms], [own.moment for own in moments])
    return many_measures(engine, there, theta, fixed, moments), replicates - len(numbers)


def _at(fitted: Fitted, cov: Array) -> Fitted:
    """The model fitted to the covariances (p, p) of a level's population: where its samples' estimates lie around."""
    sample = fitted.samples[0]
    names = list(sample.names)
    moments = Moments(
        pd.DataFrame(cov * WHOLE / (WHOLE - 1), index=names, columns=names), WHOLE, pd.Series(sample.mean, index=names)
    )
    return refit_samples(fitted, (from_moments(moments, None, names, bool(fitted.options.meanstructure)),))


def _cutoff(correct: Array, wrong: Array | None, bad_if_large: bool) -> dict[str, object]:
    """The cut-off of one measure by the first of `RULES` that both distributions allow; columns of the table."""
    sign = 1.0 if bad_if_large else -1.0
    if len(correct) < 2 or (wrong is not None and len(wrong) < 2):
        return {"cutoff": math.nan, "accepted": math.nan, "rejected": math.nan, "note": "too few samples"}
    if wrong is None:
        cut = sign * float(np.quantile(sign * correct, RULES[0]))
        return {"cutoff": cut, "accepted": RULES[0], "rejected": math.nan, "note": ""}
    for share in RULES:
        cut = float(np.quantile(sign * wrong, 1.0 - share))
        accepted = float(np.mean(sign * correct <= cut))
        if accepted >= share:
            note = "" if share == RULES[0] else f"{share:.0%} rule: the distributions overlap somewhat"
            return {"cutoff": sign * cut, "accepted": accepted, "rejected": share, "note": note}
    note = "no cut-off: the distributions of fitting and misspecified models overlap"
    return {"cutoff": math.nan, "accepted": math.nan, "rejected": math.nan, "note": note}
