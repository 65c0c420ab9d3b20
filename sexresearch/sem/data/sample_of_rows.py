"""Samples made of rows, complete, pair by pair or with gaps (one block per pattern), or of published moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sexresearch.errors import DataError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.moments import Moments, refuse_indefinite
from sexresearch.sem.data.observed import Answers
from sexresearch.sem.data.recent_moments import remembered
from sexresearch.sem.data.rows_used import group_prefix, take
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.data.saturated import saturated_moments
from sexresearch.sem.implied.patterns import Pattern
from sexresearch.sem.implied.structure import join_moments


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
