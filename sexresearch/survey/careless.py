"""Indices of careless answering, one number per respondent; each takes answers as respondents × items.

Overview: Meade & Craig (2012), doi:10.1037/a0028085; Curran (2016), doi:10.1016/j.jesp.2015.07.006.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Pairs = Sequence[tuple[int, int]]
LIKE = 0.60  # Meade & Craig (2012): pairs of items that correlate higher are psychometric synonyms
MOST_PAIRS = 100
AT_ONCE = 2_000_000  # numbers held at once
FEWEST = 3  # pairs, items or constructs on which a correlation within one respondent can rest


def long_string(answers: Floats) -> npt.NDArray[np.int64]:
    """Length of the longest run of one answer over consecutive items, for each respondent (row).

    `answers` is respondents × items in the order of the questionnaire, as answered (nothing recoded); a missing
    answer ends a run. Johnson (2005), doi:10.1016/j.jrp.2004.09.009.

    >>> long_string(np.array([[4, 4, 4, 2], [1, 2, 3, 4], [np.nan, 5, np.nan, 5]])).tolist()
    [3, 1, 1]
    """
    run = np.zeros(len(answers), dtype=np.int64)
    longest = run.copy()
    before = np.full(len(answers), np.nan)
    for column in answers.T:
        run = np.where(np.isnan(column), 0, np.where(column == before, run + 1, 1))
        longest = np.maximum(longest, run)
        before = column
    return longest


def response_variability(answers: Floats) -> Floats:
    """Standard deviation of each respondent's own answers (intra-individual response variability).

    `answers` is respondents × items, as answered; missing answers are left out, and fewer than two answers give
    NaN. The denominator is the number of answers less one. Dunn, Heggestad, Shanock and Theilgard (2018),
    doi:10.1007/s10869-016-9479-0.

    >>> response_variability(np.array([[4.0, 4.0, np.nan], [1.0, 3.0, 2.0]])).tolist()
    [0.0, 1.0]
    """
    present = ~np.isnan(answers)
    counts = present.sum(axis=1)
    enough = np.where(counts > 1, counts, np.nan)
    means = np.where(present, answers, 0.0).sum(axis=1) / enough
    deviations = np.where(present, answers - means[:, None], 0.0)
    return np.sqrt((deviations**2).sum(axis=1) / (enough - 1))


def row_correlation(x: Floats, y: Floats) -> Floats:
    """Correlation of x (n, k) and y (n, k) within each row, over the columns that both have; NaN on fewer than 3.

    >>> row_correlation(np.array([[1.0, 2.0, 3.0]]), np.array([[2.0, 4.0, 6.0]])).tolist()
    [1.0]
    """
    both = ~(np.isnan(x) | np.isnan(y))
    n = both.sum(axis=1)
    count = np.where(n >= FEWEST, n, np.nan)[:, None]
    x, y = np.where(both, x, 0.0), np.where(both, y, 0.0)
    dx = np.where(both, x - x.sum(axis=1, keepdims=True) / count, 0.0)
    dy = np.where(both, y - y.sum(axis=1, keepdims=True) / count, 0.0)
    spread = np.sqrt((dx**2).sum(axis=1) * (dy**2).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(n >= FEWEST, np.where(spread > 0, (dx * dy).sum(axis=1) / spread, np.nan), np.nan)


def person_total(answers: Floats) -> Floats:
    """Correlation of each respondent's answers with the mean answers of all: low where someone goes another way.

    Donlon & Fischer (1968), doi:10.1177/001316446802800105, as taken up by Curran (2016).

    >>> answers = np.array([[1.0, 3.0, 5.0, 4.0], [2.0, 3.0, 5.0, 4.0], [5.0, 3.0, 1.0, 2.0]])
    >>> (person_total(answers) > 0).tolist()
    [True, True, False]
    """
    answered = np.maximum((~np.isnan(answers)).sum(axis=0), 1)
    return row_correlation(answers, np.broadcast_to(np.nansum(answers, axis=0) / answered, answers.shape))


def like_pairs(correlations: Floats, sign: float = 1.0) -> list[tuple[int, int]]:
    """Pairs of items that correlate above .60 (psychometric synonyms), or below -.60 with `sign` -1 (antonyms).

    Where there are more than a hundred, these are the strongest.

    >>> like_pairs(np.array([[1.0, 0.7], [0.7, 1.0]]))
    [(0, 1)]
    """
    rows, columns = np.nonzero(np.triu(sign * correlations > LIKE, 1))
    strongest = np.sort(np.argsort(-sign * correlations[rows, columns], kind="stable")[:MOST_PAIRS])
    return list(zip(rows[strongest].tolist(), columns[strongest].tolist(), strict=True))


def pair_consistency(answers: Floats, pairs: Pairs) -> Floats:
    """Correlation, within each respondent, of the first with the second items of the pairs; Meade & Craig (2012).

    >>> pair_consistency(np.array([[1.0, 1.0, 4.0, 5.0, 7.0, 6.0]]), [(0, 1), (2, 3), (4, 5)]).round(2).tolist()
    [0.94]
    """
    if len(pairs) < FEWEST:
        return np.full(len(answers), np.nan)
    first, second = (list(side) for side in zip(*pairs, strict=True))
    parts = np.array_split(answers, 1 + len(answers) * len(pairs) // AT_ONCE)
    return np.concatenate([row_correlation(part[:, first], part[:, second]) for part in parts])


def even_odd(answers: Floats, constructs: Sequence[Sequence[int]]) -> Floats:
    """Consistency of halves: correlation over constructs of the means of odd and of even items, stepped up.

    `answers` point in one direction within a construct; 2 r / (1 + r), not below -1 (Johnson 2005,
    doi:10.1016/j.jrp.2004.09.009). Constructs of one item are left out; fewer than three others give NaN.

    >>> even_odd(np.array([[1.0, 1.0, 4.0, 5.0, 7.0, 7.0]]), [(0, 1), (2, 3), (4, 5)]).round(2).tolist()
    [0.99]
    """
    long = [list(places) for places in constructs if len(places) > 1]
    if len(long) < FEWEST:
        return np.full(len(answers), np.nan)
    odd = np.column_stack([row_means(answers[:, places[::2]]) for places in long])
    even = np.column_stack([row_means(answers[:, places[1::2]]) for places in long])
    r = row_correlation(odd, even)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(np.isnan(r), np.nan, np.maximum(2 * r / (1 + r), -1.0))


def row_means(answers: Floats) -> Floats:
    """Mean of each row over what was answered; NaN where nothing was.

    >>> row_means(np.array([[1.0, np.nan], [2.0, 4.0]])).tolist()
    [1.0, 3.0]
    """
    n = (~np.isnan(answers)).sum(axis=1)
    return np.nansum(answers, axis=1) / np.where(n > 0, n, np.nan)
