"""The samples of a bootstrap: one random stream per replicate, so that its number and the seed decide everything.

Rows (or whole clusters) are drawn with replacement within each group, and only their counts are kept: estimation
works on weighted moments. Efron & Tibshirani 1993, An Introduction to the Bootstrap, doi 10.1007/978-1-4899-4541-9.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.observed import Answers
from sexresearch.sem.data.rows_used import take
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.data.sample_of_rows import with_counts
from sexresearch.sem.data.weighted_moments import Products, WeighedGroup, weigh
from sexresearch.sem.data.weighted_patterns import PatternProducts
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.resampling.counted_draws import counts_of, pooled, stream
from sexresearch.sem.resampling.drawn_clusters import holds_clusters
from sexresearch.sem.resampling.refit import refit, refit_samples
from sexresearch.sem.resampling.sample_source import OneByOne


@dataclass(frozen=True)
class RowResampler(OneByOne):
    """Rows drawn with replacement: `units` (rows of all groups,) says which unit a row belongs to.

    strata : units are drawn within each stratum (first unit, number of units); groups : the answers themselves.
    bare : nothing but the estimates of a refit is wanted, so that answers with gaps need not be read again.
    """

    seed: int
    groups: tuple[Answers, ...]
    units: Array
    strata: tuple[tuple[int, int], ...]
    bare: bool = False

    def counts(self, number: int) -> Array:
        """(rows,) how often each row was drawn, all groups one after the other."""
        return np.asarray(self._counts([number])[0])

    def _counts(self, numbers: Sequence[int]) -> Array:
        """(replicates, rows) the same of several replicates."""
        counts = counts_of(self.seed, numbers, self.strata)
        return counts if self._each_its_own else counts[:, self.units]

    @cached_property
    def _each_its_own(self) -> bool:
        """Whether rows are the units, all in one stratum."""
        return len(self.strata) == 1 and np.array_equal(self.units, np.arange(self.strata[0][1]))

    def answers(self, number: int) -> list[Answers]:
        """The rows drawn in one replicate."""
        return self.expanded(self.counts(number))

    def refitted(self, fitted: Fitted, number: int) -> Fitted:
        """The fit to the rows drawn in one replicate."""
        counts = self.bare and fitted.options.missing == "fiml" and not fitted.table.levels
        samples = self._counted(fitted, number) if counts else []
        if samples and all(samples):
            return refit_samples(fitted, tuple(sample for sample in samples if sample is not None))
        return refit(fitted, self.answers(number))

    def _counted(self, fitted: Fitted, number: int) -> list[Sample | None]:
        """The samples of all groups with the counts of one replicate; None where it holds too little."""
        ends = np.cumsum([len(group.values) for group in self.groups])[:-1]
        parts = np.split(self.counts(number), ends)
        return [with_counts(sample, own) for sample, own in zip(fitted.samples, parts, strict=True)]

    def expanded(self, counts: Array) -> list[Answers]:
        """Rows repeated as often as `counts` (rows,) says; a cluster drawn twice counts as two."""
        out: list[Answers] = []
        first = 0
        for group in self.groups:
            own = counts[first : first + len(group.values)]
            first += len(group.values)
            out.append(_repeated(group, own))
        return out

    def moments(self, numbers: Sequence[int], orders: Sequence[Array], has_means: bool) -> list[WeighedGroup]:
        """Weighted moments of all the replicates at once, as products of counts and pair products."""
        counts = self._counts(numbers).astype(float)
        out, first = [], 0
        for group, order, products in zip(self.groups, orders, self._products, strict=True):
            own = counts[:, first : first + len(group.values)]
            first += len(group.values)
            own = own if group.weights is None else own * group.weights
            if isinstance(products, PatternProducts):
                out.append(products.weighed(own, order))
            else:
                out.append(weigh(own, products, order, has_means))
        return out

    @cached_property
    def _products(self) -> tuple[Products | PatternProducts, ...]:
        made = [(PatternProducts if np.isnan(group.values).any() else Products) for group in self.groups]
        return tuple(of(group.values) for of, group in zip(made, self.groups, strict=True))


def _repeated(group: Answers, counts: Array) -> Answers:
    rows = np.repeat(np.arange(len(counts)), counts)
    copy = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    clusters = None if group.clusters is None else group.clusters[rows] * (copy.max(initial=0) + 1) + copy
    return replace(take(group, rows), clusters=clusters)


@dataclass(frozen=True)
class ParametricSampler(OneByOne):
    """Answers drawn from the normal distribution that the model implies, with the gaps of the data."""

    seed: int
    labels: tuple[object, ...]
    means: tuple[Array, ...]
    roots: tuple[Array, ...]
    answered: tuple[Array, ...]

    def answers(self, number: int) -> list[Answers]:
        """Fresh rows for every group."""
        random, out = stream(self.seed, number), []
        for label, mean, root, answered in zip(self.labels, self.means, self.roots, self.answered, strict=True):
            values = mean + random.standard_normal(answered.shape) @ root.T
            values[~answered] = np.nan
            out.append(Answers(label, values, None, None, pd.RangeIndex(len(values))))
        return out

    def refitted(self, fitted: Fitted, number: int) -> Fitted:
        """The fit to the simulated rows of one replicate."""
        return refit(fitted, self.answers(number))

    def moments(self, numbers: Sequence[int], orders: Sequence[Array], has_means: bool) -> list[WeighedGroup]:
        """Moments of the simulated rows."""
        made = list(zip(*map(self.answers, numbers), strict=True))
        out = []
        for order, replicates in zip(orders, made, strict=True):
            each = [_unweighted(a, order, has_means) for a in replicates]
            out.append(
                WeighedGroup(np.concatenate([own.moment for own in each]), np.concatenate([own.n for own in each]))
            )
        return out


def _unweighted(answers: Answers, order: Array, has_means: bool) -> WeighedGroup:
    return weigh(np.ones((1, len(answers.values))), Products(answers.values), order, has_means)


def answers_behind(fitted: Fitted) -> tuple[Answers, ...]:
    """The rows of each group, with the variables of both levels where there are two; none where moments were fitted."""
    if fitted.table.levels:
        nested = (sample.nested for sample in fitted.samples[::2])
        return tuple(own.answers for own in nested if own is not None and own.answers is not None)
    return tuple(sample.answers for sample in fitted.samples if sample.answers is not None)


def resampled(fitted: Fitted, seed: int, clusters: Sequence[Array] | None, bare: bool = False) -> RowResampler:
    """Draws of rows, or of whole `clusters` (codes per group); clusters that span groups are drawn across them."""
    groups = answers_behind(fitted)
    codes = [np.arange(len(g.values)) for g in groups] if clusters is None else list(clusters)
    units, strata = pooled(codes, apart=clusters is None)
    return RowResampler(seed, groups, units, strata, bare)


def drawable(fitted: Fitted) -> bool:
    """Whether there are rows, or sums of whole clusters, to draw again."""
    return bool(answers_behind(fitted)) or holds_clusters(fitted)


def bent_to_model(fitted: Fitted) -> tuple[Answers, ...]:
    """The rows of each group, turned so that the model holds exactly in them.

    Bollen & Stine 1992, doi 10.1177/0049124192021002004: (x - mean) S^-1/2 Sigma^1/2 + mu.
    """
    out = []
    for point in fitted.points:
        sample, state = point.term.sample, point.state
        assert sample.answers is not None
        target = state.cov / point.term.rescaled
        turn = np.linalg.solve(root(sample.cov), root(target))
        centre = state.mean if state.structure.has_means else sample.mean
        centred = sample.augmented(has_means=False)
        out.append(replace(sample.answers, values=centred @ turn + centre))
    return tuple(out)


def root(matrix: Array) -> Array:
    """The symmetric square root of a positive definite matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T


def simulated(fitted: Fitted, seed: int) -> ParametricSampler:
    """Draws from the fitted model, as many rows per group as there were."""
    means = [
        state.mean if state.structure.has_means else sample.mean
        for sample, state in zip(fitted.samples, fitted.states, strict=True)
    ]
    gaps = [
        np.ones((s.nobs, len(s.names)), dtype=bool) if s.answers is None else ~np.isnan(s.answers.values)
        for s in fitted.samples
    ]
    labels = tuple(sample.label for sample in fitted.samples)
    return ParametricSampler(seed, labels, tuple(means), tuple(root(s.cov) for s in fitted.states), tuple(gaps))
