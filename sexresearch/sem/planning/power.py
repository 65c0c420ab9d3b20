"""`power`: how often a study of a given size would find each effect, by simulation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from numbers import Integral

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.deprecation import gathered
from sexresearch.errors import OptionError
from sexresearch.sem.estimation.options import ESTIMATORS, MISSING, Options, respelled
from sexresearch.sem.estimation.spellings import allow
from sexresearch.sem.fitting import Fitting, options_of
from sexresearch.sem.language.model import Model
from sexresearch.sem.output.results import Results
from sexresearch.sem.planning.curve import Power, needed_sizes, table_of
from sexresearch.sem.planning.level_plan import level_plan, level_sizes
from sexresearch.sem.planning.plan import Plan, assumptions, plan_of
from sexresearch.sem.planning.trials import Trials
from sexresearch.sem.planning.wanted import wanted_effects
from sexresearch.sem.simulation.design import Design
from sexresearch.sem.simulation.population import Population
from sexresearch.sem.workers import Workers, refuse_workers

TAKEN = ("estimator", "missing", "ordered", "se", "information", "bounds")  # of a Fitting


@gathered(("estimator", "missing", "ordered"), into="fitting", kind=Fitting, until="0.3")
@in_words
def power(
    model: Model | str | Results,
    n: int | Sequence[int],
    effects: Sequence[str] | None = None,
    replicates: int = 1000,
    seed: int = 1,
    target: float = 0.8,
    workers: Workers | None = None,
    *,
    alpha: float = 0.05,
    analysis: Model | str | None = None,
    standardized: bool = False,
    design: Design = Design(),  # noqa: B008
    fitting: Fitting | None = None,
) -> Power:
    """Power of each effect at each sample size: simulated samples, fitted and tested as the study would be.

    Parameters
    ----------
    model : Model, str or Results
        The population: lavaan text with values, as `simulate` reads it, or a fit, whose estimates are taken.
    n : int or sequence of int
        Respondents over all groups, more than there are variables in every group.
    effects : sequence of str, optional
        Labels, ``:=`` names or formulas such as "loyalty ~ delight". Default: every regression and definition, or every
        loading where the model has neither.
    replicates : int
        Samples per n.
    seed : int
        Whole number of at least 0 that decides the samples.
    target : float
        Power for which the needed n is interpolated, between 0 and 1.
    workers : int or dask.distributed.Client, optional
        Threads, or a cluster; the numbers are the same for any of them. Default: 1.
    alpha : float
        An effect is found where its two-sided z test has p below, between 0 and 1.
    analysis : Model or str, optional
        The model fitted to the samples. Default: the population's text, its values set free (the first loading of each
        latent, means of latents, and variances and covariances of 0 stay as they are), or the model of the fit.
    standardized : bool
        Variances without a number bring the variance of their variable to 1.
    design : Design
        Shape, categories, missing answers, clusters, groups, careless respondents. Default: complete normal answers.
    fitting : Fitting, optional
        How samples are fitted: estimator, missing, ordered, se, information and bounds, as in `fit`; the model's own
        text or fit and the design say the rest. Default: "ML", or "WLSMV" with ordered items, which are those with
        thresholds in the population. Complete normal answers and "ML" take a fraction of a millisecond per sample,
        everything else a full fit.

    Returns
    -------
    Power
        Its table has one row per n and effect, needed the n that reaches the target, failures why samples could not be
        estimated: these take no part in the other columns. Interrupting keeps the samples done so far.

    Raises
    ------
    ModelError, ModelSyntaxError
        A text cannot be read, or a parameter has no value that can be assumed.
    OptionError
        An unknown option or effect, or a number out of its range.

    Notes
    -----
    Muthen & Muthen 2002, doi 10.1207/S15328007SEM0904_8. Models of two levels: ``design=Design(cluster_size=20)`` makes
    n respondents n / 20 clusters, ``Design(clusters=60)`` shares them out over 60. Power at a fit's own estimates and n
    restates its p values, which the note says (Hoenig & Heisey 2001, doi 10.1198/000313001300339897).

    Examples
    --------
    >>> found = power("m ~ a*0.3*x; y ~ b*0.3*m; indirect := a*b", n=[50, 400], effects=["indirect"], replicates=200)
    >>> found.table[["n", "power"]].round(1).to_numpy().tolist()
    [[50.0, 0.2], [400.0, 1.0]]
    """
    refuse_counts(replicates, seed, workers)
    refuse_shares(alpha, target)
    if not isinstance(design, Design):
        raise OptionError(f"design must be a Design, as in design=sx.Design(missing=0.1); found {design!r}")
    requested = _requested(fitting)
    plan, sizes = _planned(model, n, analysis, standardized, design)
    wanted = wanted_effects(plan.fitted, effects)
    if fitting is None or fitting.ordered is None:
        requested = replace(requested, ordered=tuple(plan.population.thresholds))
    trials = Trials(plan, wanted, design, requested, seed)
    truth = plan.values(wanted)
    frames, lost, wait = [], [], replicates
    for size in sizes:
        estimates = trials.of_size(size, wait, workers or 1)
        lost += [(size, why, count) for why, count in estimates.failures.items()]
        missed = replicates - wait + estimates.not_run
        lost += [(size, "interrupted before it ran", missed)] if missed else []
        wait = 0 if missed else replicates
        frames.append(table_of(estimates, wanted, truth, alpha, assumptions(plan, model, size)))
    table = pd.concat(frames, ignore_index=True)
    failures = pd.DataFrame(lost, columns=["n", "reason", "replicates"])
    return Power(table, needed_sizes(table, target), failures, plan.model, replicates, seed, plan.population.note)


def _requested(fitting: Fitting | None) -> Options:
    """The options of every fit; OptionError for words that are not known, and for what a population says itself."""
    if fitting is not None and not isinstance(fitting, Fitting):
        raise OptionError(f"fitting takes a Fitting; found {type(fitting).__name__}")
    fitting, usual = fitting or Fitting(), Fitting()
    other = [f.name for f in fields(Fitting) if getattr(fitting, f.name) != getattr(usual, f.name)]
    beyond = [name for name in other if name not in TAKEN]
    if beyond:
        raise OptionError(
            f"power takes {', '.join(TAKEN)} of a Fitting, and no {', '.join(beyond)}: model and design say the rest"
        )
    requested = respelled(options_of(fitting))
    if requested.estimator is not None:
        allow("estimator", requested.estimator, ESTIMATORS)
    allow("missing", requested.missing, MISSING)
    return requested


def _planned(
    model: Model | str | Results,
    n: int | Sequence[int],
    analysis: Model | str | None,
    standardized: bool,
    design: Design,
) -> tuple[Plan, list[int]]:
    """The plan and the sample sizes."""
    text = model.model if isinstance(model, Results) else model if isinstance(model, Model) else Model(model)
    if text.statements.levels:
        own = model if isinstance(model, Results) else text
        plan = level_plan(own, analysis, standardized, design.groups)
        return plan, level_sizes(whole_sizes(n), plan, design)
    plan = plan_of(model, analysis, standardized, design.groups)
    return plan, sample_sizes(n, plan)


def whole_sizes(n: int | Iterable[int]) -> list[int]:
    """The sample sizes as a list; OptionError where one is no whole number of at least 1."""
    given = list(n) if isinstance(n, Iterable) and not isinstance(n, str) else [n]
    wrong = [value for value in given if isinstance(value, bool) or not isinstance(value, Integral) or value < 1]
    if wrong or not given:
        raise OptionError(f"n takes whole numbers, as in n=[200, 400]; found {wrong or n!r}")
    return [int(value) for value in given]


def sample_sizes(n: int | Sequence[int], plan: Plan) -> list[int]:
    """The sample sizes, rising; OptionError where one is no whole number or too small for the model's variables."""
    given = whole_sizes(n)
    p, population = len(plan.population.names), plan.population
    assert isinstance(population, Population)
    small = [value for value in given if min(population.sizes(int(value))) <= p]
    if small:
        raise OptionError(f"n = {small} leaves a group no more respondents than the {p} variables; try larger ones")
    return sorted({int(value) for value in given})


def refuse_counts(replicates: int, seed: int, workers: Workers | None) -> None:
    """OptionError where a count is no whole number, or too small."""
    for name, value, least in (("replicates", replicates, 2), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
            raise OptionError(f"{name} must be a whole number of at least {least}; found {value!r}")
    refuse_workers(workers)


def refuse_shares(alpha: float, target: float) -> None:
    """OptionError where a probability is none."""
    for name, share in (("alpha", alpha), ("target", target)):
        if not 0 < share < 1:
            raise OptionError(f"{name} must lie between 0 and 1; found {share!r}")
