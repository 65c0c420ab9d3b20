"""The plan of a study at two levels: a population, and the model to fit, told at the population's own values."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from sexresearch.errors import OptionError
from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.fit import results_of
from sexresearch.sem.language.model import Model
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.output.results import Results
from sexresearch.sem.planning.plan import Plan, freed
from sexresearch.sem.simulation.design import Design
from sexresearch.sem.simulation.population import Groups
from sexresearch.sem.simulation.sampler import stream
from sexresearch.sem.simulation.two_level_rows import LevelPopulation, LevelSampler, level_population

LIKE, EACH = 300, 10  # clusters, and respondents of each, of the sample that shows what the model's table is


def level_plan(model: Model | Results, analysis: Model | str | None, standardized: bool, groups: Groups | None) -> Plan:
    """The population of two levels with the model to fit: `model` itself with its values set free."""
    if analysis is not None:
        raise OptionError("analysis= is for models of one level; two levels are analysed by the population's own text")
    population = level_population(model, standardized, groups)
    if isinstance(model, Results):
        return Plan(population, model.model, model.fitted)
    chosen = freed(model, population)
    options = Options(cluster="cluster", group="group" if len(population.labels) > 1 else None)
    like = LevelSampler(population, Design(clusters=LIKE)).frame(LIKE * EACH, stream(1))
    fitted = results_of(chosen, like, options).fitted
    return Plan(population, chosen, _at(fitted, population.rows))


def _at(fitted: Fitted, rows: tuple[Parameter, ...]) -> Fitted:
    """The fit told at the values of the population."""
    known = {(row.group, row.lhs, row.op, row.rhs): row.value for row in rows}
    theta: Array = np.array(fitted.theta)
    for row in fitted.table.rows:
        value = known.get((row.group, row.lhs, row.op, row.rhs), math.nan)
        if row.free >= 0 and not math.isnan(value):
            theta[row.free] = value
    solution = replace(fitted.constrained.solution, theta=theta)
    return replace(fitted, constrained=replace(fitted.constrained, solution=solution))


def level_sizes(given: list[int], plan: Plan, design: Design) -> list[int]:
    """The sample sizes, rising; OptionError where they make too few clusters for the variables between them."""
    population = plan.population
    assert isinstance(population, LevelPopulation)
    LevelSampler(population, design)  # refuses designs that do not go with two levels
    few = [n for n in given if min(population.clusters(n, design)) <= population.n_between]
    if few:
        raise OptionError(
            f"n = {few} makes no more clusters than the {population.n_between} variables between them; try larger ones"
        )
    return sorted(set(given))
