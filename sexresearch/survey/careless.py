"""Indices of careless answering, one number per respondent; each takes answers as respondents × items."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


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
