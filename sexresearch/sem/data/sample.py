"""What the data say about each group: moments, and the answers, sums or patterns that they come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from operator import add

import numpy as np

from sexresearch.errors import DataError
from sexresearch.frozen import by_value, read_only_property
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.answered_again import OTHER_ANSWERS, AnsweredAgain
from sexresearch.sem.data.batches import equal_rows
from sexresearch.sem.data.cluster_tables import ClusterTables
from sexresearch.sem.data.cluster_totals import ClusterTotals
from sexresearch.sem.data.observed import Answers
from sexresearch.sem.data.same_answers import refuse_other_moments, refuse_other_totals
from sexresearch.sem.data.sums import Sums
from sexresearch.sem.implied.likelihood import Grouped, grouped
from sexresearch.sem.implied.patterns import Pattern
from sexresearch.sem.implied.structure import join_moments
from sexresearch.sem.implied.two_level_likelihood import ClusterData, LevelMoments
from sexresearch.sem.ordinal.statistics import OrdinalMoments

MANY = 10  # rows for each of the terms of their sums, from where sums are cheaper than rows


@by_value
@dataclass(frozen=True)
class NestedSample:
    """What the clusters of one group say about two levels.

    names (p,) : all variables, those of level 1 first. answers : their rows, None where sums stand for them. data :
    what the likelihood is made of. saturated : moments of both levels of highest likelihood. given : log-likelihood of
    fixed exogenous variables. ends (2, p), mean_cov (p, p) : as of rows that sums stand for.
    """

    names: tuple[str, ...]
    answers: Answers | None
    data: ClusterData
    saturated: LevelMoments
    given: float = 0.0
    ends: Array | None = None
    mean_cov: Array | None = None


@by_value
@dataclass(frozen=True)
class Sample:
    """What the data say about one group.

    mean (p,), cov (p, p) : maximum-likelihood moments (denominator n; by EM where answers are missing).
    n : respondents, or their summed weights; nobs : rows used.
    blocks : one per missing-data pattern, for the likelihood. answers : the rows themselves, None for moments.
    origin : (p,) where the answers in `blocks` are measured from; None for 0.
    patterns : (rows,) block number of each row. given_sums : those of rows that are not there, which `again` reads once
    more; cluster_sizes : rows of each of their clusters, by_cluster : the sums of each, or tables of ordered items.
    ordinal : thresholds and correlations where items are ordered; mean and cov are then those of the responses behind
    them, and there are no blocks.
    nested : both levels of the group, where there are two; respondents, n and nobs, are then counted at level 1.
    """

    label: object
    names: tuple[str, ...]
    nobs: int
    n: float
    mean: Array
    cov: Array
    blocks: tuple[Pattern, ...]
    answers: Answers | None = None
    patterns: Array = field(default_factory=lambda: np.zeros(0, dtype=int))
    ordinal: OrdinalMoments | None = None
    origin: Array | None = None
    given_sums: Sums | None = None
    again: AnsweredAgain | None = None
    cluster_sizes: Array | None = None
    by_cluster: ClusterTotals | ClusterTables | None = None
    nested: NestedSample | None = None

    @property
    def mean_from_origin(self) -> Array:
        """(p,) means less the origin."""
        return self.mean if self.origin is None else self.mean - self.origin

    def moments(self, has_means: bool) -> Array:
        """(P, P) sample moments about the origin, the constant last where means are modelled; else covariances."""
        return join_moments(self.mean_from_origin, self.cov) if has_means else self.cov

    def about(self, origin: Array | None) -> Sample:
        """The same sample, its blocks measured from another origin."""
        if self.origin is None or origin is None:
            return self
        blocks = tuple(moved_block(block, self.origin - origin) for block in self.blocks)
        return replace(self, origin=origin, blocks=blocks)

    @property
    def complete(self) -> bool:
        """Whether every respondent answered every item; ordered ones have moments of their own, gaps or not."""
        if self.ordinal is not None:
            return True
        if self.nested is not None:
            rows = self.nested.answers
            return rows is None or not bool(np.isnan(rows.values).any())
        return len(self.blocks) == 1 and len(self.blocks[0].columns) >= len(self.names)

    @cached_property
    def grouped(self) -> Grouped:
        """The blocks, stacked where they are many."""
        return grouped(self.blocks)

    @read_only_property
    def rows_by_pattern(self) -> tuple[Array, ...]:
        """The rows of each block."""
        return rows_by_number(self.patterns, len(self.blocks))

    @property
    def has_sums(self) -> bool:
        """Whether the sums hold all that the rows tell, and in fewer numbers: complete answers of many, or no rows."""
        if self.answers is None:
            readable = self.again is not None and self.complete and self.cluster_sizes is None
            return self.given_sums is not None or readable
        terms = 1 + len(self.names) * (len(self.names) + 3) // 2
        return self.nobs > MANY * terms and self.complete and not self.gaps

    @property
    def has_whole_rows(self) -> bool:
        """Whether there are complete rows, each of which speaks for itself; those of a source are read once more."""
        if self.ordinal is not None or self.nested is not None or not self.complete or self.clustered:
            return False
        return not self.gaps if self.answers is not None else self.again is not None and self.given_sums is None

    @property
    def clustered(self) -> bool:
        """Whether respondents come in clusters."""
        if self.answers is None:
            summed = self.given_sums is not None and self.given_sums.units < self.given_sums.nobs
            return summed or self.cluster_sizes is not None
        return self.answers.clusters is not None

    @cached_property
    def gaps(self) -> bool:
        """Whether an answer is missing."""
        return self.answers is not None and self.answers.gaps

    @cached_property
    def sums(self) -> Sums:
        """What the rows add up to, about the means."""
        if self.answers is None and self.given_sums is None:
            summed = None if self.again is None else self.again.summed(self.mean)
            if summed is None:
                summed = reduce(add, (part._own_sums for part in self.parts()))
            refuse_other_moments(self.mean, self.cov, summed.mean, summed.cov)
            return summed
        if self.answers is None:
            assert self.given_sums is not None
            return self.given_sums.ordered(self.names).about(self.mean)
        return self._own_sums

    @property
    def _own_sums(self) -> Sums:
        own = self.answers
        assert own is not None
        return Sums.of(own.values, self.names, self.mean, own.weights, own.clusters)

    def parts(self) -> Iterator[Sample]:
        """The sample itself, or its rows piece by piece where they are not held; moments are those of all rows."""
        if self.answers is not None:
            yield self
            return
        assert self.again is not None
        numbers = {block.columns.tobytes(): number for number, block in enumerate(self.blocks)}
        totals = np.zeros(len(self.names))
        for answers in self.again.chunks():
            part = replace(self, answers=answers, patterns=_numbered(answers.values, numbers))
            totals += part.weights @ np.nan_to_num(
                answers.values if self.origin is None else answers.values - self.origin
            )
            yield part
        refuse_other_totals(self.blocks, totals)

    def augmented(self, has_means: bool) -> Array:
        """(rows, P) answers from the origin and the constant 1 where means are modelled, centred answers otherwise."""
        assert self.answers is not None
        values = self.answers.values
        if not has_means:
            return values - self.mean
        return np.column_stack([values if self.origin is None else values - self.origin, np.ones(len(values))])

    @property
    def weights(self) -> Array:
        """(rows,) sampling weights, ones where none were given."""
        assert self.answers is not None
        return np.ones(len(self.answers.values)) if self.answers.weights is None else self.answers.weights


def _numbered(values: Array, numbers: dict[bytes, int]) -> Array:
    """(rows,) the number of the block that has what each row answers, the constant among its columns."""
    seen = ~np.isnan(values)
    if len(numbers) == 1:
        return np.zeros(len(values), dtype=int)
    first, own = equal_rows(seen)
    columns = [np.append(np.flatnonzero(row), seen.shape[1]).tobytes() for row in seen[first]]
    if not {*columns} <= {*numbers}:
        raise DataError(OTHER_ANSWERS)
    return np.array([numbers[column] for column in columns])[own]


def rows_by_number(numbers: Array, count: int) -> tuple[Array, ...]:
    """The rows that bear each of the numbers (rows,) 0, 1, 2, … below `count`; there may be none of some."""
    return tuple(np.split(np.argsort(numbers, kind="stable"), np.cumsum(np.bincount(numbers, minlength=count))[:-1]))


def moved_block(block: Pattern, by: Array) -> Pattern:
    """The block of answers that are larger by `by` (p,)."""
    move = np.eye(len(block.columns))
    move[:-1, -1] = by[block.columns[:-1]]
    return Pattern(block.columns, block.n, move @ block.moment @ move.T)
