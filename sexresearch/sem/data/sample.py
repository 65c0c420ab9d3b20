"""Sample moments of each group: complete answers, answers with gaps (one block per pattern), or published moments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from sexresearch.sem.data.moments import Moments, refuse_indefinite
from sexresearch.sem.data.observed import Answers
from sexresearch.sem.data.recent_moments import remembered
from sexresearch.sem.data.rows_used import group_prefix, take
from sexresearch.sem.data.same_answers import refuse_other_moments, refuse_other_totals
from sexresearch.sem.data.saturated import saturated_moments
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


def from_moments(moments: Moments, label: object, names: Sequence[str], has_means: bool) -> Sample:
    """Published moments as a sample; the n - 1 denominator is turned into n (lavaan's `sample.cov.rescale`)."""
    absent = [name for name in names if name not in moments.names]
    if absent:
        raise DataError(f"variables not in the moments: {absent}; the moments have {list(moments.names)[:20]}")
    n = moments.nobs
    cov = moments.cov.loc[list(names), list(names)].to_numpy(dtype=float) * (n - 1) / n
    mean = np.zeros(len(names)) if moments.mean is None else moments.mean.loc[list(names)].to_numpy(dtype=float)
    sample = whole_sample(label, tuple(names), n, float(n), mean, cov, has_means, None)
    return sample if moments.sums is None else replace(sample, mean=mean, given_sums=moments.sums)


def arrange(answers: Answers, order: Sequence[int]) -> Answers:
    """The same rows with their items in another order."""
    if list(order) == list(range(answers.values.shape[1])):
        return answers
    return replace(answers, values=answers.values[:, list(order)])


def from_answers(answers: Answers, names: Sequence[str], has_means: bool) -> Sample:
    """Sample moments of rows without gaps; DataError where they do not vary or depend on each other."""
    values, where = answers.values, group_prefix(answers.label)
    n, p = values.shape
    w = answers.weights
    counting = n if w is None else int((w > 0).sum())
    refuse_few(where, counting, n, p)
    total = float(n if w is None else w.sum())
    mean, centred = _centred(answers)
    cov = (centred if w is None else centred * w[:, None]).T @ centred / total
    refuse_indefinite(cov, tuple(names), f"{where}the sample covariance")
    return whole_sample(answers.label, tuple(names), n, total, mean, cov, has_means, answers)


def refuse_few(where: str, counting: int, n: int, p: int) -> None:
    """DataError where the complete rows `counting`, of n, are too few for the covariances of p variables."""
    if counting <= p:
        raise DataError(
            f"{where or 'the data: '}{counting} complete rows{'' if counting == n else ' with a weight above 0'} "
            f"for {p} variables; a covariance matrix needs more rows than variables"
        )


def _centred(answers: Answers) -> tuple[Array, Array]:
    """Means (p,), and answers (n, p) less these; the mean of what is left is taken off too, to the last digit."""
    values, w = answers.values, answers.weights
    mean = answers.means if w is None else np.average(values, axis=0, weights=w)
    centred = values - mean
    left = centred.sum(axis=0) / len(values) if w is None else np.average(centred, axis=0, weights=w)
    centred -= left
    return mean + left, centred


def from_pairs(answers: Answers, names: Sequence[str], has_means: bool) -> tuple[Sample, str]:
    """Each mean from all who answered the item, each covariance from all who answered both, as if n had answered all.

    cov_ij = sum (x_i - m_i)(x_j - m_j) / (n_ij - 1) over the n_ij rows with both, m their means over these rows.
    Also says how many rows stand behind the covariances. DataError where a pair was answered by fewer than two rows, or
    where the table is not positive definite, which pairwise deletion does not guarantee
    (Little & Rubin 2002, section 3.4, doi 10.1002/9781119013563).
    """
    values, where = answers.values, group_prefix(answers.label)
    seen = ~np.isnan(values)
    both = seen.T.astype(float) @ seen
    rare = [(names[i], names[j]) for i, j in np.argwhere(np.tril(both < 2))]
    if rare:
        raise DataError(f"{where}fewer than two respondents answered both of these items: {rare[:6]}")
    n, mean = len(values), np.nanmean(values, axis=0)
    centred = np.where(seen, values - mean, 0.0)
    sums = centred.T @ seen
    cov = (centred.T @ centred - sums * sums.T / both) / (both - 1.0) * ((n - 1) / n)
    advice = "each covariance comes from other rows, so they need not fit together: use missing='fiml'"
    refuse_indefinite(cov, tuple(names), f"{where}the pairwise sample covariance ({advice})")
    sample = whole_sample(answers.label, tuple(names), n, float(n), mean, cov, has_means, answers)
    note = (
        f"{where}pairwise: covariances come from {int(both.min())} to {int(both.max())} rows, but standard errors and "
        f"test take all to come from {n}"
    )
    return sample, note


def from_gaps(answers: Answers, names: Sequence[str]) -> Sample:
    """Answers with gaps: one block per pattern of answered items, and saturated moments by EM."""
    seen = ~np.isnan(answers.values)
    silent = [name for name, some in zip(names, seen.any(axis=0), strict=True) if not some]
    if silent:
        raise DataError(f"{group_prefix(answers.label)}no respondent answered {silent}: drop these items or this group")
    centre = np.nanmean(answers.values, axis=0)  # so that EM does not suffer from means large beside the spread
    blocks, patterns, n = _by_pattern(answers, centre)
    where = group_prefix(answers.label)
    mean, cov = remembered(
        answers.values, answers.weights, lambda: saturated_moments(blocks, len(names), tuple(names), where)
    )
    nobs, at = len(answers.values), mean + centre
    return Sample(answers.label, tuple(names), nobs, n, at, cov, tuple(blocks), answers, patterns, origin=centre)


def _by_pattern(answers: Answers, centre: Array) -> tuple[list[Pattern], Array, float]:
    """A block of each pattern of answers, measured from the centre, the pattern (rows,) of each row, and their n."""
    seen = ~np.isnan(answers.values)
    _, first, patterns = np.unique(np.packbits(seen, axis=1), axis=0, return_index=True, return_inverse=True)
    patterns = np.asarray(patterns).ravel()
    w = np.ones(len(seen)) if answers.weights is None else answers.weights
    z = np.column_stack([answers.values - centre, np.ones(len(seen))])
    return _blocks(z, w, patterns, seen[first]), patterns, float(w.sum())


def some_items(sample: Sample, places: Sequence[int], has_means: bool) -> Sample:
    """The sample of the items at these places: moments of the same rows, gaps by pattern, none by EM once more."""
    names, own = tuple(sample.names[i] for i in places), np.asarray(places, dtype=int)
    answers = None if sample.answers is None else arrange(sample.answers, places)
    mean, cov = sample.mean[own], sample.cov[np.ix_(own, own)]
    if answers is None or not np.isnan(answers.values).any():
        return whole_sample(sample.label, names, sample.nobs, sample.n, mean, cov, has_means, answers)
    answers = take(answers, ~np.isnan(answers.values).all(axis=1))
    blocks, patterns, n = _by_pattern(answers, mean)
    nobs = len(answers.values)
    return Sample(sample.label, names, nobs, n, mean, cov, tuple(blocks), answers, patterns, origin=mean)


def with_counts(sample: Sample, counts: Array) -> Sample | None:
    """A sample with gaps, each row as often as `counts` (rows,) says, without going through the rows again.

    For the likelihood alone: moments are those of these rows where a variable has no gaps, the old sample's elsewhere.
    None where two items have no row in common or one does not vary, so that no moments can be estimated.
    """
    z, w = sample.augmented(True), sample.weights * counts
    seen = ~np.isnan(z[:, :-1])
    filled, n = np.where(seen, z[:, :-1], 0.0), (seen * w[:, None]).T @ seen
    if (n <= 0).any():
        return None
    centre = (w @ filled) / n.diagonal()
    spread = np.where(seen, filled - centre, 0.0)
    cov = (spread * w[:, None]).T @ spread / n
    if (cov.diagonal() <= 0).any():
        return None
    whole = seen.all(axis=0)
    mean = np.where(whole, centre + (0.0 if sample.origin is None else sample.origin), sample.mean)
    kinds = np.empty((len(sample.blocks), len(mean)), dtype=bool)
    kinds[sample.patterns] = seen
    blocks = tuple(block for block in _blocks(z, w, sample.patterns, kinds) if block.n > 0)
    moments = np.where(np.outer(whole, whole), cov, sample.cov)
    return replace(sample, nobs=int(counts.sum()), n=float(w.sum()), mean=mean, cov=moments, blocks=blocks)


def _blocks(z: Array, w: Array, patterns: Array, kinds: Array) -> list[Pattern]:
    """A block of each pattern (rows,) of answers z (rows, P), constant last; `kinds` (patterns, p) were answered."""
    known = np.column_stack([kinds, np.ones(len(kinds), dtype=bool)])
    columns = np.split(np.nonzero(known)[1], np.cumsum(known.sum(axis=1))[:-1])
    totals, ends = np.bincount(patterns, w), np.cumsum(np.bincount(patterns))
    shares = w / np.where(totals > 0, totals, 1.0)[patterns]  # a pattern of rows without weight tells nothing
    order = np.argsort(patterns, kind="stable")
    z, shares, blocks = z[order], shares[order, None], list[Pattern]()
    for own, total, end, last in zip(columns, totals.tolist(), ends, np.append(0, ends[:-1]), strict=True):
        answered = z[last:end].take(own, axis=1)
        blocks.append(Pattern(own, total, (answered * shares[last:end]).T @ answered))
    return blocks


def rows_by_number(numbers: Array, count: int) -> tuple[Array, ...]:
    """The rows that bear each of the numbers (rows,) 0, 1, 2, … below `count`; there may be none of some."""
    return tuple(np.split(np.argsort(numbers, kind="stable"), np.cumsum(np.bincount(numbers, minlength=count))[:-1]))


def moved_block(block: Pattern, by: Array) -> Pattern:
    """The block of answers that are larger by `by` (p,)."""
    move = np.eye(len(block.columns))
    move[:-1, -1] = by[block.columns[:-1]]
    return Pattern(block.columns, block.n, move @ block.moment @ move.T)


def whole_sample(
    label: object,
    names: tuple[str, ...],
    nobs: int,
    n: float,
    mean: Array,
    cov: Array,
    has_means: bool,
    answers: Answers | None,
) -> Sample:
    """The sample of complete rows, or of moments alone: one block."""
    moment = join_moments(np.zeros(len(names)), cov) if has_means else cov
    block = Pattern(np.arange(len(moment)), n, moment)
    patterns = np.zeros(0 if answers is None else nobs, dtype=int)
    return Sample(label, names, nobs, n, mean, cov, (block,), answers, patterns, origin=mean if has_means else None)
