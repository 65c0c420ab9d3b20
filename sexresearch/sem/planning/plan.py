"""`Plan`: a population, and the model fitted to it exactly, from which everything about samples of any size follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from sexresearch.errors import ModelError, OptionError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.moments import Moments
from sexresearch.sem.estimation.degrees import degrees_of_freedom, refuse_overfull, refuse_unidentified
from sexresearch.sem.estimation.estimate import estimate
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.inference.parameter_frame import row_estimates
from sexresearch.sem.language.completion import COMPLETION
from sexresearch.sem.language.group_blocks import formulas_by_group, label_text
from sexresearch.sem.language.levels import refuse_levels
from sexresearch.sem.language.model import Model
from sexresearch.sem.language.names import written
from sexresearch.sem.output.results import Results
from sexresearch.sem.planning.wanted import TargetEffect, estimates
from sexresearch.sem.simulation.population import Groups, Population, population_of
from sexresearch.sem.simulation.two_level_rows import LevelPopulation

WHOLE = 10**6  # respondents that stand for the population; they only weigh the groups


@dataclass(frozen=True)
class Plan:
    """A population, the model to fit to samples from it, and that model fitted to the population's own moments."""

    population: Population | LevelPopulation
    model: Model
    fitted: Fitted

    def values(self, wanted: Sequence[TargetEffect]) -> Array:
        """(effects,) the population values of effects."""
        fixed = row_estimates(self.fitted)[[row.exogenous for row in self.fitted.table.rows]]
        return estimates(self.fitted, wanted, self.fitted.theta[None], fixed[None])[0]


def plan_of(
    model: Model | str | Results,
    analysis: Model | str | None = None,
    standardized: bool = False,
    groups: Groups | None = None,
) -> Plan:
    """The population of `model` with the model to fit: `analysis`, or `model` itself with its values set free."""
    population = population_of(model, standardized, groups)
    options = Options()
    if isinstance(model, Results) and analysis is None:
        chosen, options = model.model, _plain(model.fitted.options)
    elif analysis is not None:
        chosen = analysis if isinstance(analysis, Model) else Model(analysis)
        refuse_levels(chosen.statements, "analysis")
    else:
        assert not isinstance(model, Results)
        chosen = freed(model if isinstance(model, Model) else Model(model), population)
    return Plan(population, chosen, fitted_to(population, chosen, options))


OWN_SIZE = "the population is the fit itself: at its own n, power only restates the p value (Hoenig & Heisey 2001)"
OWN_VALUES = "the population is the fit itself: its estimates are taken for the truth, without their error"


def assumptions(plan: Plan, model: Model | str | Results, n: int) -> str:
    """What the population rests on, empty where its values were given: power at estimates is no news about them.

    Hoenig & Heisey 2001, doi 10.1198/000313001300339897.
    """
    own = [OWN_SIZE if model.nobs == n else OWN_VALUES] if isinstance(model, Results) else []
    return "; ".join(filter(None, [plan.population.note, *own]))


def refuse_ordered(plan: Plan, what: str) -> None:
    """OptionError where the population's answers are ordered categories, which `what` knows nothing about."""
    if plan.population.thresholds:
        raise OptionError(
            f"{what} takes answers as continuous, but {list(plan.population.thresholds)[:6]} are ordered categories; "
            "power() simulates them"
        )


def _plain(options: Options) -> Options:
    """What describes the model, without what describes the data or the estimator."""
    kept = ("group_equal", "group_partial", "meanstructure", "orthogonal", "parameterization", *COMPLETION, "std_lv")
    return Options(**{name: getattr(options, name) for name in kept})


def fitted_to(population: Population, model: Model, options: Options) -> Fitted:
    """The model fitted to the population's moments by maximum likelihood; ModelError where it has no solution."""
    moments = {}
    for label, share, mean, cov in zip(
        population.labels, population.shares, population.means, population.covs, strict=True
    ):
        n = max(round(share * WHOLE), 2)
        names = list(population.names)
        frame = pd.DataFrame(cov * n / (n - 1), index=names, columns=names)
        moments[label] = Moments(frame, n, pd.Series(mean, index=names))
    if options.meanstructure is None:
        options = replace(options, meanstructure=population.has_means)
    fitted, _ = estimate(model, None, moments, options)
    refuse_overfull(degrees_of_freedom(fitted))
    refuse_unidentified(fitted)
    if not fitted.constrained.solution.converged:
        raise ModelError("the model to fit has no solution at the population's moments; check its values")
    return fitted


def _headings(block: int, labels: Sequence[str], levels: int) -> list[str]:
    """The lines before the first row of a block: its group where there are several, its level where there are two."""
    group, level = divmod(block, levels)
    heading = [f'group: "{labels[group]}"'] if len(labels) > 1 and level == 0 else []
    return heading + ([f"level: {level + 1}"] if levels > 1 else [])


def freed(model: Model, population: Population | LevelPopulation) -> Model:
    """The text with its values as starting values of free parameters.

    What only identifies or shapes the model stays: the first loading of each latent (at its population value, so that
    estimates are in the text's units), means of latents, and variances and covariances of 0.
    """
    rows, labels = population.rows, tuple(map(label_text, population.labels))
    latents, marked = set(model.latents), set[tuple[int, str]]()
    ordered = {f.lhs for f in model.statements.formulas if f.op == "|"}
    formulas, levels = formulas_by_group(model.statements, labels), len(model.statements.levels) or 1
    mentioned = {
        (group * levels + (f.level or 1) - 1, f.lhs, f.op, f.rhs) for group, own in enumerate(formulas) for f in own
    }
    lines: list[str] = []
    for number, row in enumerate(rows):
        if not number or rows[number - 1].group != row.group:
            lines += _headings(row.group, labels, levels)
        if (row.group, row.lhs, row.op, row.rhs) not in mentioned:
            continue
        if row.op == "=~" and row.lhs == row.rhs:
            lines.append(f"{written(row.lhs)} =~ 0")
            continue
        if row.op == "~~" and row.lhs == row.rhs and row.lhs in ordered:
            continue  # the residual variance of an ordered item follows from the rest
        first = row.op == "=~" and (row.group, row.lhs) not in marked
        marked |= {(row.group, row.lhs)} if first else set()
        fixed = first or (row.op == "~~" and row.value == 0) or (row.op == "~1" and row.lhs in latents)
        value = f"{row.value!r}*" if fixed else f"start({row.value!r})*"
        label = f'equal("{row.equal}")*' if row.equal else f"{written(row.label)}*" if row.label else ""
        lines.append(f"{written(row.lhs)} {'~' if row.op == '~1' else row.op} {label}{value}{written(row.rhs) or '1'}")
    lines += [f"{written(d.name)} := {d.text}" for d in model.statements.definitions]
    lines += [f"{c.text[0]} {c.op} {c.text[1]}" for c in model.statements.constraints]
    return Model("\n".join(lines))
