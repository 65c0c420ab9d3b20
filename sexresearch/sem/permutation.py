"""`permutation_test`: are groups more different than groups made by shuffling their labels?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Integral

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import ModelError, OptionError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.observed import Answers
from sexresearch.sem.data.rows_used import take
from sexresearch.sem.data.weighted_moments import Products, WeighedGroup, weigh
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.fit import results_of
from sexresearch.sem.fitting import Fitting, options_of
from sexresearch.sem.language.equality import EqualAcrossGroups
from sexresearch.sem.language.levels import refuse_levels
from sexresearch.sem.language.model import Model
from sexresearch.sem.output.results import Results
from sexresearch.sem.resampling.bootstrap import Statistic, named_values
from sexresearch.sem.resampling.counted_draws import stream
from sexresearch.sem.resampling.many_fits import batch
from sexresearch.sem.resampling.many_measures import many_measures
from sexresearch.sem.resampling.refit import refit
from sexresearch.sem.resampling.row_values import exogenous_rows
from sexresearch.sem.resampling.run import Job, run
from sexresearch.sem.resampling.sample_source import OneByOne
from sexresearch.sem.workers import Workers, refuse_workers

WORSE = {"chisq": 1.0, "cfi": -1.0, "rmsea": 1.0, "srmr": 1.0}  # the sign of a change for the worse
Values = tuple[Mapping[str, float], dict[str, Array], int]  # observed, permuted (R,), failed


@in_words
def permutation_test(
    model: Model | str,
    data: pd.DataFrame | object,
    group: str,
    equal: Sequence[EqualAcrossGroups | str] = ("loadings",),
    less: Sequence[EqualAcrossGroups | str] = (),
    statistic: Statistic | None = None,
    replicates: int = 1000,
    seed: int = 1,
    workers: Workers | None = None,
    fitting: Fitting | None = None,
) -> pd.DataFrame:
    """Test what is equal across groups against groups whose labels were shuffled among the respondents.

    Parameters
    ----------
    model : Model or str
        lavaan text of one group.
    data : DataFrame or Survey
        One row per respondent; rows with a missing answer are dropped, unless `fitting` says otherwise.
    group : str
        Column of the groups.
    equal : sequence of str
        What is held equal: names of `group_equal` of `fit`.
    less : sequence of str
        What is held equal in the model compared with, as in `fit`; less than `equal`.
    statistic : callable, optional
        A function of the `Results` of the fit with `equal`, which gives a number, or several by name (such as a
        difference of two paths); its size, whatever the sign, is tested. Default: how much the fit suffers from `equal`
        rather than `less`, as the rise of chi-square, RMSEA and SRMR and the drop of CFI.
    replicates : int
        Shuffles, at least 19.
    seed : int
        Whole number of at least 0 that decides the shuffles.
    workers : int or dask.distributed.Client, optional
        Threads, or a cluster; the numbers are the same for any of them. Default: 1.
    fitting : Fitting, optional
        How the models are fitted, as in `fit`. Without `statistic` by maximum likelihood from complete rows, whatever
        its standard errors and tests: shuffling needs no correction. No clusters and no weights, whose respondents
        cannot be exchanged one by one. Default: maximum likelihood.

    Returns
    -------
    DataFrame
        One row per statistic: statistic, value, critical (95 % quantile of the shuffled values), pvalue, replicates,
        failed.

    Raises
    ------
    ModelError
        A fit did not converge, or the groups have different variables.
    DataError
        A column is absent or cannot be used.
    OptionError
        `equal` does not hold more equal than `less`, or a number is out of its range.

    Notes
    -----
    p = (1 + shuffled values at least as large) / (1 + replicates). Jorgensen, Kite, Chen & Short 2018,
    doi 10.1037/met0000152.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> joy = rng.normal(size=300)
    >>> data = pd.DataFrame({f"x{i}": joy + rng.normal(size=300) for i in (1, 2, 3, 4)})
    >>> data["brand"] = np.where(rng.random(300) < 0.5, "north", "south")
    >>> found = permutation_test("joy =~ x1 + x2 + x3 + x4", data, group="brand", replicates=200)
    >>> found["statistic"].tolist(), bool(found["pvalue"].min() > 0.05)
    (['chisq_diff', 'cfi_diff', 'rmsea_diff', 'srmr_diff'], True)
    """
    for name, value, least in (("replicates", replicates, 19), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
            raise OptionError(f"{name} must be a whole number of at least {least}; found {value!r}")
    refuse_workers(workers)
    fitting = _exchangeable(fitting)
    strict = _fitted(model, data, group, equal, fitting)
    refuse_levels(strict.model.statements, "permutation_test")
    if statistic is not None:
        tested = _by_statistic(strict, statistic, replicates, seed, workers or 1)
    else:
        loose = _fitted(model, data, group, less, fitting)
        if loose.fitted.table.n_free <= strict.fitted.table.n_free - strict.fitted.constrained.n_equalities:
            raise OptionError(f"equal={list(equal)} must hold more equal than less={list(less)} does")
        tested = _by_fit(strict, loose, replicates, seed, workers or 1)
    return _table(*tested)


def _exchangeable(fitting: Fitting | None) -> Fitting:
    """The fitting; OptionError where respondents could not be exchanged one by one."""
    fitting = Fitting() if fitting is None else fitting
    if not isinstance(fitting, Fitting):
        raise OptionError(f"fitting takes a Fitting; found {type(fitting).__name__}")
    given = {name: getattr(fitting, name) for name in ("cluster", "sampling_weights")}
    refused = [f"{name}={value!r}" for name, value in given.items() if value is not None]
    if refused:
        raise OptionError(
            f"permutation_test exchanges respondents one by one: leave {', '.join(refused)} out of fitting"
        )
    return fitting


def _fitted(
    model: Model | str,
    data: pd.DataFrame | object,
    group: str,
    equal: Sequence[str],
    fitting: Fitting = Fitting(),  # noqa: B008
) -> Results:
    model = model if isinstance(model, Model) else Model(model)
    results = results_of(model, data, options_of(fitting, group, equal))
    if not results.converged:
        raise ModelError(f"the fit with {list(equal)} equal did not converge: {'; '.join(results.problems)}")
    if len({sample.names for sample in results.fitted.samples}) > 1:
        raise ModelError("the groups have different variables, so their respondents cannot be exchanged")
    return results


@dataclass(frozen=True)
class GroupPermutations(OneByOne):
    """Respondents dealt anew into groups of the same sizes."""

    seed: int
    groups: tuple[Answers, ...]

    @cached_property
    def pooled(self) -> Answers:
        """All respondents, group after group."""
        rows = np.vstack([own.values for own in self.groups])  # noqa: PD011
        return Answers(None, rows, None, None, pd.RangeIndex(len(rows)))

    @cached_property
    def _products(self) -> Products:
        return Products(self.pooled.values)

    def rows(self, number: int) -> list[Array]:
        """The rows of every group in one replicate."""
        order = stream(self.seed, number).permutation(len(self.pooled.values))
        return np.split(order, np.cumsum([len(group.values) for group in self.groups])[:-1])

    def refitted(self, fitted: Fitted, number: int) -> Fitted:
        """The fit to the groups of one replicate."""
        parts = zip(self.rows(number), self.groups, strict=True)
        return refit(fitted, [replace(take(self.pooled, rows), label=group.label) for rows, group in parts])

    def moments(self, numbers: Sequence[int], orders: Sequence[Array], has_means: bool) -> list[WeighedGroup]:
        """Moments of every group in every replicate, as sums over the pooled rows."""
        dealt = [self.rows(number) for number in numbers]
        out = []
        for group, order in enumerate(orders):
            weights = np.zeros((len(numbers), len(self.pooled.values)))
            for k, rows in enumerate(dealt):
                weights[k, rows[group]] = 1.0
            out.append(weigh(weights, self._products, order, has_means))
        return out


def _shuffled(results: Results, seed: int) -> GroupPermutations:
    return GroupPermutations(
        seed, tuple(sample.answers for sample in results.fitted.samples if sample.answers is not None)
    )


def _by_fit(strict: Results, loose: Results, replicates: int, seed: int, workers: Workers) -> Values:
    """How much fit suffers, in the data and in every replicate that both models could be fitted to."""
    measured = [_measured(results, replicates, seed, workers) for results in (strict, loose)]
    both = measured[0].index.intersection(measured[1].index)
    permuted = {
        f"{name}_diff": sign * (measured[0].loc[both, name] - measured[1].loc[both, name]).to_numpy()
        for name, sign in WORSE.items()
    }
    own = [results.fit_measures for results in (strict, loose)]
    observed = {f"{name}_diff": sign * float(own[0][name] - own[1][name]) for name, sign in WORSE.items()}
    return observed, permuted, replicates - len(both)


def _measured(results: Results, replicates: int, seed: int, workers: Workers) -> pd.DataFrame:
    """The measures of one model in every replicate, by its number."""
    fitted, source, engine = results.fitted, _shuffled(results, seed), batch(results.fitted)
    if engine is None:
        raise OptionError(
            "the change of fit is tested by maximum likelihood from complete rows, for models whose constraints, if "
            "any, are linear equalities; for others give a statistic"
        )
    outcome = run(Job(fitted, source, engine, None, False), replicates, workers, "permutations")
    if outcome.not_run:
        raise KeyboardInterrupt
    orders, has_means = [form.order for form in engine.forms], fitted.structures[0].has_means
    parts = []
    for first in range(0, len(outcome.replicates), engine.size):
        some = outcome.replicates[first : first + engine.size]
        numbers, theta = [r.number for r in some], np.array([r.theta for r in some])
        moments = source.moments(numbers, orders, has_means)
        fixed = exogenous_rows(fitted, orders, [own.moment for own in moments])
        parts.append(pd.DataFrame(many_measures(engine, fitted, theta, fixed, moments), index=numbers))
    return pd.concat(parts) if parts else pd.DataFrame(columns=list(WORSE))


def _by_statistic(results: Results, statistic: Statistic, replicates: int, seed: int, workers: Workers) -> Values:
    """The sizes of the user's statistics, in the data and in every replicate."""
    observed = {name: abs(value) for name, value in named_values(statistic, results).items()}

    def measure(fitted: Fitted) -> dict[str, float]:
        return named_values(statistic, replace(results, fitted=fitted, errors=None))

    job = Job(results.fitted, _shuffled(results, seed), None, measure, False)
    outcome = run(job, replicates, workers, "permutations")
    done = [r.measured for r in outcome.replicates]
    permuted = {name: np.abs([statistics[name] for statistics in done]).astype(float) for name in observed}
    return observed, permuted, replicates - len(done)


def _table(observed: Mapping[str, float], permuted: Mapping[str, Array], failed: int) -> pd.DataFrame:
    rows = []
    for name, value in observed.items():
        shuffled = permuted[name][np.isfinite(permuted[name])]
        count = len(shuffled)
        rows.append(
            {
                "statistic": name,
                "value": value,
                "critical": float(np.quantile(shuffled, 0.95)) if count else np.nan,
                "pvalue": (1 + int((shuffled >= value).sum())) / (1 + count) if count else np.nan,
                "replicates": count,
                "failed": failed + len(permuted[name]) - count,
            }
        )
    return pd.DataFrame(rows)
