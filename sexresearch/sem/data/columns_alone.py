"""Columns of the data outside of any model: as numbers, and their mean and covariance where some are missing."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.observed import Answers, Columns, numeric, used_columns
from sexresearch.sem.data.sample_of_rows import from_gaps


def numeric_columns(data: object, names: Sequence[str]) -> Array:
    """(rows, k) the answers in these columns as numbers, NaN where missing; DataError where they are none."""
    return numeric(used_columns(data, Columns(tuple(names)), ()), names)


def normal_moments(answers: Array) -> tuple[Array, Array]:
    """Mean (p,) and covariance (p, p), denominator n, of highest normal likelihood; NaN in answers (n, p) is a gap.

    DataError where answers do not vary, or two columns have no row in common.
    """
    names = tuple(f"column {number}" for number in range(1, answers.shape[1] + 1))
    sample = from_gaps(Answers(None, answers, None, None, pd.RangeIndex(len(answers))), names)
    return sample.mean, sample.cov
