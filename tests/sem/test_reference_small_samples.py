"""Robustness gate: on 120 small, noisy samples we converge at least as often as lavaan and never stop higher."""

from __future__ import annotations

import functools
import sys
import warnings

import pandas as pd
import pytest
from reference_cases import FOLDER

from sexresearch import sem

sys.path.append(str(FOLDER))
from small_samples import ANSWERS, MODEL, SIZES, names, sample

HIGHER = 1e-3  # chi-square; lavaan's own stopping error is far smaller, another local minimum far larger


@functools.cache
def ours() -> pd.DataFrame:
    """Our fit of every sample: n, converged, chisq; indexed by lavaan's name of the sample."""
    model = sem.Model(MODEL)
    rows = {}
    for n, number in names():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", sem.FitWarning)
            results = sem.fit(model, sample(n, number))
        rows[f"{n:03d}_{number:02d}"] = (n, results.converged, results.fit_measures["chisq"])
    return pd.DataFrame.from_dict(rows, orient="index", columns=["n", "converged", "chisq"])


@functools.cache
def lavaan() -> pd.DataFrame:
    """lavaan's fit of every sample, default settings."""
    return pd.read_csv(ANSWERS, index_col="sample").loc[ours().index]


@pytest.mark.parametrize("n", SIZES)
def test_converges_at_least_as_often_as_lavaan(n: int) -> None:
    size = ours()["n"] == n
    assert ours().loc[size, "converged"].sum() >= lavaan().loc[size, "converged"].sum()


def test_never_stops_above_lavaan() -> None:
    both = ours()["converged"] & lavaan()["converged"]
    excess = (ours()["chisq"] - lavaan()["chisq"])[both]
    assert (excess <= HIGHER).all(), f"\n{excess[excess > HIGHER].to_string()}"
