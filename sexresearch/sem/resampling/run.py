"""Replicates in chunks, over workers, with a bar on a terminal; the same numbers however the work is shared out."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sexresearch.frozen import by_value, read_only
from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.inference.parameter_frame import row_estimates
from sexresearch.sem.resampling.many_fits import Batch, chisq, fit_batch
from sexresearch.sem.resampling.refit import BROKEN, reason
from sexresearch.sem.resampling.row_values import exogenous_rows
from sexresearch.sem.resampling.sample_source import SampleSource
from sexresearch.sem.threads import one_thread
from sexresearch.sem.workers import Workers, shared_results

Measure = Callable[[Fitted], Mapping[str, float]]


@by_value
@dataclass(frozen=True)
class Replicate:
    """One successful replicate: its number, estimates (q,), values of exogenous rows, and what was measured."""

    number: int
    theta: Array
    exogenous: Array
    measured: Mapping[str, float]


Chunked = tuple[list[Replicate], list[str]]


@dataclass(frozen=True)
class Outcome:
    """Replicates in the order of their numbers, reasons of failure with their counts, and how many were never run."""

    replicates: tuple[Replicate, ...]
    failures: Mapping[str, int]
    not_run: int

    def __post_init__(self) -> None:
        for replicate in self.replicates:
            replicate.theta.flags.writeable = replicate.exogenous.flags.writeable = False


@by_value
@dataclass(frozen=True)
class Job:
    """What a worker needs: the fit, the samples, the batch engine (None: careful only), what to measure on each refit.

    `test` asks for the chi-square of every replicate.
    """

    fitted: Fitted
    source: SampleSource
    engine: Batch | None
    measure: Measure | None
    test: bool

    @property
    def size(self) -> int:
        """Replicates in a chunk."""
        return self.source.at_once if self.engine is None else self.engine.size

    def chunk(self, numbers: Sequence[int]) -> Chunked:
        """Fit some replicates; returns the successful ones and why the others failed."""
        with np.errstate(all="ignore"):
            done, left = ([], list(numbers)) if self.engine is None else self._together(self.engine, numbers)
            reasons, source = [], self.source.together(left)
            for number in left:
                try:
                    done.append(self._alone(source, number))
                except BROKEN as error:
                    reasons.append(reason(error))
        return done, reasons

    def _together(self, engine: Batch, numbers: Sequence[int]) -> tuple[list[Replicate], list[int]]:
        has_means = self.fitted.structures[0].has_means
        moments = self.source.moments(numbers, [form.order for form in engine.forms], has_means)
        theta = fit_batch(engine, moments)
        tests = chisq(engine, theta, moments) if self.test else theta[:, 0]
        fixed = exogenous_rows(self.fitted, [form.order for form in engine.forms], [own.moment for own in moments])
        read_only((theta, fixed))
        good = np.isfinite(theta).all(axis=1) & np.isfinite(tests)
        done = [
            Replicate(numbers[i], theta[i], fixed[i], {"chisq": float(tests[i])} if self.test else {})
            for i in np.flatnonzero(good).tolist()
        ]
        return done, [number for number, well in zip(numbers, good, strict=True) if not well]

    def _alone(self, source: SampleSource, number: int) -> Replicate:
        fit = source.refitted(self.fitted, number)
        fixed = row_estimates(fit)[[row.exogenous for row in fit.table.rows]]
        return Replicate(number, fit.theta, fixed, self.measure(fit) if self.measure else {})


class Work(Protocol):
    """What can be shared out: replicates by their numbers, `size` of them at a time."""

    @property
    def size(self) -> int:
        """Replicates in a chunk."""

    def chunk(self, numbers: Sequence[int]) -> Chunked:
        """The successful replicates, and why the others failed."""


@one_thread
def run(job: Work, replicates: int, workers: Workers, title: str = "bootstrap") -> Outcome:
    """All replicates, or those done when the user interrupts; `title` stands before the progress bar."""
    size = job.size
    chunks = [range(first, min(first + size, replicates)) for first in range(0, replicates, size)]
    done: list[Replicate] = []
    reasons: list[str] = []
    with progress_bar(replicates, title) as advance:
        for done_now, why in shared_results(chunks, job.chunk, workers):
            done += done_now
            reasons += why
            advance(len(done_now) + len(why))
    done.sort(key=lambda replicate: replicate.number)
    return Outcome(tuple(done), dict(Counter(reasons).most_common()), replicates - len(done) - len(reasons))


@contextmanager
def progress_bar(total: int, title: str = "bootstrap") -> Iterator[Callable[[int], None]]:
    """A progress bar on a terminal, nothing in a notebook, a pipe or a file."""
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=total)
        yield lambda count: progress.update(task, advance=count)
