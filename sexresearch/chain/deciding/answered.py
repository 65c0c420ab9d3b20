"""Answers as numbers, whatever they are like: a column in which all answers are the same is an answer too."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sexresearch.errors import DataError
from sexresearch.sem.view import Array, frame_of, numeric_columns


def answers_in(data: object, names: Sequence[str]) -> Array:
    """(n, k) the answers in these columns, NaN where missing; DataError for columns that are absent, text or infinite.

    >>> answers_in(pd.DataFrame({"a": [1, 2], "b": [3, 3]}), ["a", "b"]).tolist()
    [[1.0, 3.0], [2.0, 3.0]]
    """
    frame = frame_of(data)
    absent = [name for name in names if name not in frame.columns]
    if absent:
        there = ", ".join(map(str, frame.columns))
        raise DataError(f"the data have no column {', '.join(map(repr, absent))}; their columns are: {there}")
    out = np.full((len(frame), len(names)), np.nan)
    varied = [i for i, name in enumerate(names) if len(frame[name].dropna().unique()) > 1]
    for i in set(range(len(names))) - set(varied):
        own = pd.to_numeric(frame[names[i]], errors="coerce")
        if own.isna().sum() > frame[names[i]].isna().sum():
            raise DataError(f"{names[i]!r} holds text; recode the answers as numbers first")
        out[:, i] = own.to_numpy(dtype=float, na_value=np.nan)
    if varied:
        out[:, varied] = numeric_columns(frame, [names[i] for i in varied])
    return out
