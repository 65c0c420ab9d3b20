"""Answers as points in many dimensions: their distances from the centre, their shape, and which of them are missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc, ndtr

from sexresearch.errors import DataError
from sexresearch.sem.view import normal_moments

Floats = npt.NDArray[np.float64]
DRAWN = 5000  # rows from which moments of answers with gaps are estimated where there are more
MOST_PATTERNS = 400  # patterns of gaps among these; where there are more, fewer rows are drawn
FEWEST_DRAWN = 500
WIDEST = 80  # items up to which moments of answers with gaps are by maximum likelihood; then pair by pair
STEADY = 1e10  # condition number up to which a correlation matrix is inverted
SMALLEST = 1e-6  # share of the largest variance that every direction keeps
AT_ONCE = 2_000_000  # numbers held at once


@dataclass(frozen=True)
class Little:
    """Little's test: chi-square statistic, degrees of freedom, p value; patterns of gaps and rows it rests on."""

    statistic: float
    df: int
    pvalue: float
    patterns: int
    rows: int


@dataclass(frozen=True)
class Mardia:
    """Mardia's skewness with its chi-square, df and p, kurtosis with its z and p; complete rows, items."""

    skewness: float
    chisq: float
    df: int
    skewness_pvalue: float
    kurtosis: float
    z: float
    kurtosis_pvalue: float
    rows: int
    items: int


def little_mcar(answers: Floats, known: tuple[Floats, Floats] | None = None) -> Little | None:
    """Whether answers (n, p) are missing completely at random: chi-square of the patterns' means about common ones.

    sum over the patterns j of n_j (m_j - mu_j)' Sigma_j^-1 (m_j - mu_j), with mu and Sigma by maximum likelihood, on
    sum p_j - p degrees of freedom; Little (1988), doi:10.1080/01621459.1988.10478722. Rows without any answer tell
    nothing. `known` are the `moments` of the answers where they have been computed already. None where nothing is
    missing, or the moments cannot be estimated.

    >>> rng = np.random.default_rng(1)
    >>> answers = rng.normal(size=(200, 3))
    >>> answers[:40, 0] = np.nan
    >>> little_mcar(answers).df
    2
    """
    answers = answers[~np.isnan(answers).all(axis=1)]
    if not np.isnan(answers).any():
        return None
    estimated = moments(answers) if known is None else known
    if estimated is None:
        return None
    mean, cov = estimated
    seen = ~np.isnan(answers)
    kinds, number = patterns_of(seen)
    n = np.bincount(number)
    statistic = 0.0
    for kind, size, rows in zip(kinds, n, np.split(np.argsort(number, kind="stable"), np.cumsum(n)[:-1]), strict=True):
        away = answers[rows][:, kind].mean(axis=0) - mean[kind]
        statistic += size * float(away @ np.linalg.solve(cov[np.ix_(kind, kind)], away))
    df = int(kinds.sum()) - answers.shape[1]
    return Little(statistic, df, float(chdtrc(df, statistic)) if df else np.nan, len(kinds), len(answers))


def patterns_of(seen: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """The distinct rows of `seen` (n, p), and the number (n,) of each row's own."""
    _, first, number = np.unique(np.packbits(seen, axis=1), axis=0, return_index=True, return_inverse=True)
    return seen[first], np.asarray(number).ravel()


def moments(answers: Floats) -> tuple[Floats, Floats] | None:
    """Mean (p,) and covariance (p, p), denominator n, by maximum likelihood; None where they cannot be estimated.

    Answers with gaps in more rows or patterns than can be gone through quickly: from rows drawn with a fixed seed.
    """
    n, p = answers.shape
    if n <= p or p == 0:
        return None
    if not np.isnan(answers).any():
        mean, cov = answers.mean(axis=0), np.atleast_2d(np.cov(answers.T, bias=True))
    elif p > WIDEST:
        mean, cov = _by_pairs(answers)
    else:
        try:
            mean, cov = normal_moments(sampled_rows(answers))
        except DataError:
            return None
    return (mean, cov) if _invertible(cov) else None


def _by_pairs(answers: Floats) -> tuple[Floats, Floats]:
    """Means, and covariances each from the rows with both answers, made positive definite."""
    seen = (~np.isnan(answers)).astype(float)
    mean = np.nansum(answers, axis=0) / np.maximum(seen.sum(axis=0), 1.0)
    away = np.where(seen > 0, answers - mean, 0.0)
    cov = away.T @ away / np.maximum(seen.T @ seen, 1.0)
    values, vectors = np.linalg.eigh(cov)
    return mean, (vectors * np.maximum(values, SMALLEST * values[-1])) @ vectors.T


def sampled_rows(answers: Floats) -> Floats:
    """All rows with an answer, or as many of them, drawn with a fixed seed, as can be gone through quickly."""
    rows = answers[~np.isnan(answers).all(axis=1)]
    size = DRAWN
    order = np.random.default_rng(1).permutation(len(rows)) if len(rows) > size else np.arange(len(rows))
    while size > FEWEST_DRAWN and len(patterns_of(~np.isnan(rows[order[:size]]))[0]) > MOST_PATTERNS:
        order, size = np.random.default_rng(1).permutation(len(rows)), size // 2
    return rows[np.sort(order[:size])]


def _invertible(cov: Floats) -> bool:
    sd = np.sqrt(cov.diagonal())
    if not (np.isfinite(sd) & (sd > 0)).all():
        return False
    return bool(np.linalg.cond(cov / np.outer(sd, sd)) < STEADY)


def squared_distances(answers: Floats, mean: Floats, cov: Floats) -> Floats:
    """Mahalanobis' D² (n,) of each row over what it answered; NaN for rows without an answer.

    (x - m)' S^-1 (x - m) over the answered items. With W the inverse of the whole S, r the deviations (0 in a gap) and
    g the gaps, it is r' W r - (W r)_g' W_gg^-1 (W r)_g, so that only the gaps need inverses of their own.
    Mahalanobis (1936); with gaps as in Little & Rubin (2002), section 11.2.

    >>> answers = np.array([[1.0, 0.0], [0.0, np.nan]])
    >>> squared_distances(answers, np.zeros(2), np.diag([1.0, 4.0])).tolist()
    [1.0, 0.0]
    """
    seen = ~np.isnan(answers)
    away = np.where(seen, answers - mean, 0.0)
    W = np.linalg.inv(cov)
    pushed = away @ W
    distance = np.einsum("ij,ij->i", away, pushed)
    gaps = (~seen).sum(axis=1)
    for count in np.unique(gaps[gaps > 0]):
        rows = np.flatnonzero(gaps == count)
        for part in np.array_split(rows, 1 + len(rows) * int(count) ** 2 // AT_ONCE):
            places = np.nonzero(~seen[part])[1].reshape(len(part), count)
            inner = W[places[:, :, None], places[:, None, :]]
            own = np.take_along_axis(pushed[part], places, axis=1)
            distance[part] -= np.einsum("ij,ij->i", own, np.linalg.solve(inner, own[:, :, None])[:, :, 0])
    return np.where(seen.any(axis=1), np.maximum(distance, 0.0), np.nan)


def mahalanobis(answers: Floats, known: tuple[Floats, Floats] | None = None) -> tuple[Floats, Floats]:
    """D² (n,) of each row and its p value by chi-square on as many degrees of freedom as answers; NaN where unknown.

    `known` are the `moments` of the answers where they have been computed already. D² takes covariances with
    denominator n - 1, as R's `cov`; with gaps they are by maximum likelihood.

    >>> answers = np.random.default_rng(1).normal(size=(50, 3))
    >>> distance, pvalue = mahalanobis(answers)
    >>> round(float(distance.sum()), 6), bool(((pvalue > 0) & (pvalue < 1)).all())
    (147.0, True)
    """
    estimated = moments(answers) if known is None else known
    if estimated is None:
        return np.full(len(answers), np.nan), np.full(len(answers), np.nan)
    n = len(answers)
    distance = squared_distances(answers, estimated[0], estimated[1] * (n / (n - 1)))
    return distance, chdtrc((~np.isnan(answers)).sum(axis=1), distance)


def mardia(answers: Floats) -> Mardia | None:
    """Mardia's multivariate skewness and kurtosis of the complete rows of answers (n, p); None where not computable.

    With z the rows whitened by S (denominator n - 1, as psych and semTools have it): skewness is the mean of
    (z_i' z_j)³ over all pairs of rows, n/6 times it a chi-square on p (p+1) (p+2)/6 degrees of freedom; kurtosis the
    mean of (z_i' z_i)², expected to be p (p+2) with variance 8 p (p+2)/n. Mardia (1970), doi:10.1093/biomet/57.3.519.
    The mean over pairs is the sum of squared third moments, found without going through pairs.

    >>> found = mardia(np.random.default_rng(1).normal(size=(500, 3)))
    >>> found.df, abs(found.z) < 3
    (10, True)
    """
    whole = answers[~np.isnan(answers).any(axis=1)]
    n, p = whole.shape
    if n <= p + 1 or p == 0 or not _invertible(cov := np.atleast_2d(np.cov(whole.T))):
        return None
    z = np.linalg.solve(np.linalg.cholesky(cov), (whole - whole.mean(axis=0)).T).T
    skewness = _squared_third_moments(z)
    kurtosis = float(np.mean(np.einsum("ij,ij->i", z, z) ** 2))
    df, chisq = p * (p + 1) * (p + 2) // 6, n * skewness / 6
    score = (kurtosis - p * (p + 2)) / np.sqrt(8 * p * (p + 2) / n)
    two_sided = 2 * float(ndtr(-abs(score)))
    return Mardia(skewness, chisq, df, float(chdtrc(df, chisq)), kurtosis, float(score), two_sided, n, p)


def _squared_third_moments(z: Floats) -> float:
    """Sum over a, b, c of (mean of z_a z_b z_c)², each unordered set of them gone through once."""
    n, p = z.shape
    total = 0.0
    for a in range(p):
        third = (z[:, a:] * z[:, [a]]).T @ z[:, a:] / n  # b, c from a on
        first, rest = third[0], third[1:, 1:]
        total += float(first[0] ** 2 + 3 * (first[1:] ** 2).sum() + 3 * (rest**2).sum())
    return total
