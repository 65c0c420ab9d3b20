"""The samples of a power analysis: moments drawn directly where answers are plain, rows of answers otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from sexresearch.errors import ModelError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.moments import Moments
from sexresearch.sem.data.sample_of_rows import from_moments
from sexresearch.sem.data.weighted_moments import WeighedGroup
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.fit import results_of
from sexresearch.sem.implied.structure import join_moments
from sexresearch.sem.inference.parameter_frame import row_estimates
from sexresearch.sem.planning.plan import Plan
from sexresearch.sem.planning.wanted import TargetEffect, estimates, standard_errors
from sexresearch.sem.resampling.refit import BROKEN, reason, refit_samples
from sexresearch.sem.resampling.run import Chunked, Replicate
from sexresearch.sem.resampling.sample_source import OneByOne
from sexresearch.sem.simulation.sampler import Sampler, stream
from sexresearch.sem.simulation.two_level_rows import LevelSampler


@dataclass(frozen=True)
class MomentSampler(OneByOne):
    """Moments of complete normal samples of `sizes` respondents by group, without drawing a row.

    n times the covariances follow a Wishart distribution, made from its Bartlett decomposition (Bartlett 1933,
    doi 10.1017/S0370164600015637); means are normal and independent of it. `kind` keeps apart the random numbers of
    several populations.
    """

    fitted: Fitted
    sizes: tuple[int, ...]
    seed: int
    kind: int = 0

    @cached_property
    def roots(self) -> tuple[Array, ...]:
        """Per group (p, p): Cholesky factor of the population covariances."""
        return tuple(np.linalg.cholesky(sample.cov) for sample in self.fitted.samples)

    def sample_moments(self, numbers: Sequence[int]) -> list[tuple[Array, Array]]:
        """Per group: means (b, p) and covariances (b, p, p) with denominator n."""
        streams = [stream(self.seed, (sum(self.sizes), self.kind, number)) for number in numbers]
        out = []
        for root, n, sample in zip(self.roots, self.sizes, self.fitted.samples, strict=True):
            p = len(root)
            low = np.tril_indices(p, -1)
            A = np.zeros((len(numbers), p, p))
            z = np.empty((len(numbers), p))
            for k, random in enumerate(streams):
                A[k, *low] = random.standard_normal(len(low[0]))
                A[k].flat[:: p + 1] = np.sqrt(random.chisquare(n - 1 - np.arange(p)))
                z[k] = random.standard_normal(p)
            half = root @ A
            out.append((sample.mean + z @ root.T / np.sqrt(n), half @ half.transpose(0, 2, 1) / n))
        return out

    def moments(self, numbers: Sequence[int], orders: Sequence[Array], has_means: bool) -> list[WeighedGroup]:
        """Moment matrices of every replicate, variables in the orders given."""
        out = []
        for (means, covs), order, n in zip(self.sample_moments(numbers), orders, self.sizes, strict=True):
            whole = np.stack([join_moments(m, c) for m, c in zip(means, covs, strict=True)]) if has_means else covs
            out.append(WeighedGroup(whole[:, order[:, None], order], np.full(len(numbers), float(n))))
        return out

    def refitted(self, fitted: Fitted, number: int) -> Fitted:
        """The model fitted to one replicate by the careful minimiser."""
        samples = []
        for (means, covs), old, n in zip(self.sample_moments([number]), fitted.samples, self.sizes, strict=True):
            names = list(old.names)
            cov = pd.DataFrame(covs[0] * n / (n - 1), index=names, columns=names)
            moments = Moments(cov, n, pd.Series(means[0], index=names))
            samples.append(from_moments(moments, old.label, names, bool(fitted.options.meanstructure)))
        return refit_samples(fitted, tuple(samples))


@dataclass(frozen=True)
class RowSampler:
    """Rows of answers under any design, each sample fitted as a user would: est, se and improper in one vector."""

    plan: Plan
    sampler: Sampler | LevelSampler
    wanted: tuple[TargetEffect, ...]
    requested: Options
    n: int
    seed: int

    @property
    def size(self) -> int:
        """Replicates in a chunk."""
        return OneByOne.at_once

    def chunk(self, numbers: Sequence[int]) -> Chunked:
        """Fit some samples; the others' reasons."""
        done, reasons = [], []
        for number in numbers:
            try:
                done.append(Replicate(number, self._numbers(number), np.zeros(0), {}))
            except BROKEN as error:
                reasons.append(reason(error))
        return done, reasons

    def _numbers(self, number: int) -> Array:
        frame = self.sampler.frame(self.n, stream(self.seed, (self.n, number)))
        options, groups = self.plan.fitted.options, self.plan.fitted.table.n_groups
        fitting = replace(
            self.requested,
            parameterization=options.parameterization if self.requested.ordered else None,
            group="group" if groups > 1 else None,
            group_equal=options.group_equal,
            group_partial=options.group_partial,
            cluster="cluster" if self.sampler.design.clustered else None,
            std_lv=options.std_lv,
            meanstructure=options.meanstructure,
            orthogonal=options.orthogonal,
        )
        with np.errstate(all="ignore"):
            results = results_of(self.plan.model, frame, fitting)
            if not results.converged:
                raise ModelError(f"did not converge: {results.fitted.constrained.solution.trouble}")
            wanted = [effect.found_in(results.fitted) for effect in self.wanted]
            return _summed_up(results.fitted, wanted, results.vcov.to_numpy())


def _summed_up(fitted: Fitted, wanted: Sequence[TargetEffect], vcov: Array) -> Array:
    theta = fitted.theta[None]
    fixed = row_estimates(fitted)[[row.exogenous for row in fitted.table.rows]][None]
    est = estimates(fitted, wanted, theta, fixed)[0]
    se = standard_errors(fitted, wanted, theta, fixed, vcov[None])[0]
    return np.concatenate([est, se, improper(fitted, theta)])


def improper(fitted: Fitted, theta: Array) -> Array:
    """(R,) whether a variance is negative at theta (R, q)."""
    free = [row.free for row in fitted.table.rows if row.op == "~~" and row.lhs == row.rhs and row.free >= 0]
    return np.asarray((theta[:, free] < 0).any(axis=1))
