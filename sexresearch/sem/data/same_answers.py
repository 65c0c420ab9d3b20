"""Whether rows that are read once more answer what they did: their means and covariances tell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sexresearch.errors import DataError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.answered_again import OTHER_ANSWERS
from sexresearch.sem.implied.patterns import Pattern

ROUNDED = 1e-6  # in standard deviations: sums over the same rows in another order differ by far less


def refuse_other_moments(mean: Array, cov: Array, mean_now: Array, cov_now: Array) -> None:
    """DataError where means (p,) or covariances (p, p) are others than at first.

    >>> refuse_other_moments(np.zeros(1), np.eye(1), np.zeros(1), np.eye(1))
    """
    sd = np.sqrt(np.diag(cov))
    shifted = np.abs(mean_now - mean) > ROUNDED * (sd + np.abs(mean) * ROUNDED)
    if shifted.any() or (np.abs(cov_now - cov) > ROUNDED * np.outer(sd, sd)).any():
        raise DataError(OTHER_ANSWERS)


def refuse_other_totals(blocks: Sequence[Pattern], totals: Array) -> None:
    """DataError where answers from the origin add up to others (p,) than those of the patterns, whose means are known.

    >>> refuse_other_totals([Pattern(np.array([0, 1]), 2.0, np.array([[5.0, 1.0], [1.0, 1.0]]))], np.array([2.0]))
    """
    p = len(totals)
    expected, size = np.zeros(p + 1), np.zeros(p + 1)
    for block in blocks:
        if block.columns[-1] != p:
            return  # means are not modelled: the patterns hold none
        expected[block.columns] += block.n * block.moment[:, -1]
        size[block.columns] += block.n * np.sqrt(np.diag(block.moment))
    if (np.abs(totals - expected[:p]) > ROUNDED * size[:p]).any():
        raise DataError(OTHER_ANSWERS)
