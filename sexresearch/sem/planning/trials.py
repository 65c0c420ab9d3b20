"""Many studies of one size: the estimates and standard errors each would report, and the ones that fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.planning.plan import Plan
from sexresearch.sem.planning.power_samples import MomentSampler, RowSampler, improper
from sexresearch.sem.planning.wanted import TargetEffect, estimates, standard_errors
from sexresearch.sem.resampling.many_errors import covariances
from sexresearch.sem.resampling.many_fits import Batch, batch
from sexresearch.sem.resampling.run import Job, Outcome, run
from sexresearch.sem.simulation.design import Design
from sexresearch.sem.simulation.population import Population
from sexresearch.sem.simulation.sampler import Sampler
from sexresearch.sem.simulation.two_level_rows import LevelPopulation, LevelSampler
from sexresearch.sem.workers import Workers


@dataclass(frozen=True)
class TrialEstimates:
    """What the studies of one size found: est and se (R, effects), improper solutions among them, the others."""

    n: int
    est: Array
    se: Array
    improper: int
    failures: Mapping[str, int]
    not_run: int


@dataclass(frozen=True)
class Trials:
    """Simulates studies of a plan; complete normal answers are fitted many at a time."""

    plan: Plan
    wanted: tuple[TargetEffect, ...]
    design: Design
    requested: Options
    seed: int

    @cached_property
    def engine(self) -> Batch | None:
        """How to fit many samples at once, None where each needs a fit of its own."""
        engine = batch(self.plan.fitted)
        return None if engine is None else replace(engine, rows=1)  # no rows are held, only moments

    @cached_property
    def sampler(self) -> Sampler | LevelSampler:
        """Draws rows of answers."""
        population = self.plan.population
        if isinstance(population, LevelPopulation):
            return LevelSampler(population, self.design)
        return Sampler(population, self.design)

    def of_size(self, n: int, replicates: int, workers: Workers) -> TrialEstimates:
        """Studies with n respondents."""
        title = f"n = {n}"
        population = self.plan.population
        plain = self.design.plain and replace(self.requested, estimator=None, missing="listwise") == Options()
        usual = self.requested.estimator in (None, "ML")
        if plain and usual and isinstance(population, Population) and not population.thresholds:
            sizes = tuple(population.sizes(n))
            job = Job(self.plan.fitted, MomentSampler(self.plan.fitted, sizes, self.seed), self.engine, None, False)
            return self._from_moments(n, sizes, run(job, replicates, workers, title))
        surveyed = RowSampler(self.plan, self.sampler, self.wanted, self.requested, n, self.seed)
        return self._from_rows(n, run(surveyed, replicates, workers, title))

    def _from_moments(self, n: int, sizes: tuple[int, ...], outcome: Outcome) -> TrialEstimates:
        fitted, done = self.plan.fitted, outcome.replicates
        theta = np.array([r.theta for r in done]).reshape(len(done), fitted.table.n_free)
        fixed = np.array([r.exogenous for r in done]).reshape(len(done), sum(r.exogenous for r in fitted.table.rows))
        vcov = covariances(fitted, theta, fixed, sizes)
        est = estimates(fitted, self.wanted, theta, fixed)
        se = standard_errors(fitted, self.wanted, theta, fixed, vcov)
        return TrialEstimates(n, est, se, int(improper(fitted, theta).sum()), outcome.failures, outcome.not_run)

    def _from_rows(self, n: int, outcome: Outcome) -> TrialEstimates:
        k = len(self.wanted)
        estimates = np.array([r.theta for r in outcome.replicates]).reshape(len(outcome.replicates), 2 * k + 1)
        return TrialEstimates(
            n, estimates[:, :k], estimates[:, k:-1], int(estimates[:, -1].sum()), outcome.failures, outcome.not_run
        )
