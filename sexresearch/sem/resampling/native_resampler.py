"""The native engine as `Resampler` and `Redrawer`: rows drawn again, or made from the model, and fitted to."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sexresearch.errors import SexresearchError
from sexresearch.sem.after.residual_table import observed_covariance
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.observed import Answers
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.data.sample_of_rows import from_gaps
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.ordinal.statistics import observe
from sexresearch.sem.output.results import Results
from sexresearch.sem.resampling.bootstrap import Resampling, bootstrap, is_plain, no_rows
from sexresearch.sem.resampling.bootstrap_table import Bootstrap
from sexresearch.sem.resampling.drawn_clusters import holds_clusters, resampled_clusters
from sexresearch.sem.resampling.draws import RowResampler, drawable, resampled
from sexresearch.sem.resampling.intervals import influence
from sexresearch.sem.resampling.run import progress_bar
from sexresearch.sem.resampling.sample_source import SampleSource
from sexresearch.sem.resampling.uncertainty import MovingCovariances, Replicates
from sexresearch.sem.terms.scores import cluster_sums
from sexresearch.sem.threads import one_thread

WORKERS = 2
AT_ONCE = 250  # replicates in a chunk: bounds the memory of their covariances


@dataclass(frozen=True)
class Refits:
    """The samples behind `results` drawn again, by the same estimator."""

    results: Results

    def replicates(self, count: int, seed: int, moving: bool) -> Replicates:
        """The estimates of `count` samples; of the model's normal distribution where there is nothing to draw."""
        fitted = self.results.fitted
        possible = drawable(fitted) or not is_plain(fitted)  # or refused, with the reason
        kind: Resampling = "nonparametric" if possible else "parametric"
        bootstrapped = bootstrap(self.results, count, seed, kind=kind, workers=min(WORKERS, os.cpu_count() or 1))
        done = bootstrapped.outcome.replicates
        theta, exogenous = np.array([r.theta for r in done]), np.array([r.exogenous for r in done])
        about = _about(bootstrapped, "" if possible else no_rows(fitted))
        return Replicates(theta, exogenous, _moves(bootstrapped) if moving and len(done) > 1 else None, about)

    @property
    def undrawn(self) -> str:
        """Why there is nothing to draw; empty where rows, or sums of whole clusters, are there."""
        return "" if drawable(self.results.fitted) else no_rows(self.results.fitted)

    @one_thread
    def of_covariances(self, count: int, seed: int, of: Callable[[int, Array], Array]) -> list[Array]:
        """Per group (count, …): what `of` makes of the covariances of rows, or whole clusters, drawn again."""
        fitted = self.results.fitted
        codes = [sample.answers.clusters for sample in fitted.samples if sample.answers is not None]
        rows = [c for c in codes if c is not None] or None
        source: SampleSource = (
            resampled_clusters(fitted, seed) if holds_clusters(fitted) else resampled(fitted, seed, rows)
        )
        made: list[list[Array]] = [[] for _ in fitted.samples]
        with progress_bar(count) as advance:
            for first in range(0, count, AT_ONCE):
                numbers = range(first, min(first + AT_ONCE, count))
                for group, cov in enumerate(_covariances(fitted, source, numbers)):
                    made[group].append(of(group, cov))
                advance(len(numbers))
        return [np.concatenate(parts) for parts in made]

    @one_thread
    def moving(self, group: int) -> MovingCovariances:
        """How the covariances of a group move; those of fixed exogenous variables with each other do not."""
        fitted = self.results.fitted
        term, sample = fitted.objective.groups[group], fitted.samples[group]
        place = {name: number for number, name in enumerate(sample.names)}
        kept = [number for number, label in enumerate(term.labels) if label[1] == "~~"]
        ends = [(place[term.labels[number][0]], place[term.labels[number][2]]) for number in kept]
        vcov = observed_covariance(fitted, group)[np.ix_(kept, kept)]
        return MovingCovariances(sample.cov, np.array(ends).reshape(-1, 2).T, vcov)


def _moves(bootstrapped: Bootstrap) -> Array:
    source = bootstrapped.job.source
    assert isinstance(source, RowResampler)
    return cluster_sums(influence(bootstrapped.results.fitted), source.units)


def _about(bootstrapped: Bootstrap, why: str) -> str:
    parts = [f"{why}; replicates come from the normal distribution of the model"] if why else []
    lost = [
        f"{n} of {bootstrapped.requested} replicates missing ({reason})"
        for reason, n in bootstrapped.failures.to_numpy()
    ]
    return "; ".join(dict.fromkeys([*parts, *lost]))


def _covariances(fitted: Fitted, source: SampleSource, numbers: Sequence[int]) -> list[Array]:
    """Per group (replicates, p, p); NaN where a sample has no covariances."""
    whole = all(sample.complete for sample in fitted.samples) and not fitted.categories
    if whole or not isinstance(source, RowResampler):
        orders = [np.arange(len(sample.names)) for sample in fitted.samples]
        with np.errstate(invalid="ignore", divide="ignore"):
            return [own.moment for own in source.moments(numbers, orders, has_means=False)]
    out = [np.full((len(numbers), len(s.names), len(s.names)), np.nan) for s in fitted.samples]
    for place, number in enumerate(numbers):
        for group, answers in enumerate(source.answers(number)):
            try:
                out[group][place] = _again(fitted.samples[group], answers)
            except SexresearchError:
                continue  # too few answers in this sample: counted with the replicates that have no ratio
    return out


def _again(sample: Sample, answers: Answers) -> Array:
    """Covariances of other rows, estimated as those of the sample were: polychoric, or by EM."""
    if sample.ordinal is not None:
        return sample.ordinal.layout.cov(observe(answers.values, sample.ordinal.layout, answers.weights).moments)
    return from_gaps(answers, sample.names).cov
