"""Small samples with several minima or a long way to one: the lowest is reached; from there lavaan finds none lower."""

from __future__ import annotations

import sys

import pandas as pd
import pytest
from reference_cases import FOLDER

from sexresearch import sem
from sexresearch.sem.estimation.restarts import attempts_enough

sys.path.append(str(FOLDER))
from lowest_minima import ANSWERS, MODELS, sample

LAVAAN = pd.read_csv(ANSWERS, index_col="sample")
STOPPED = 1e-6  # chi-square; lavaan's stopping error at these minima


@pytest.mark.filterwarnings("ignore::sexresearch.sem.FitWarning")
@pytest.mark.parametrize("name", MODELS)
def test_lowest_minimum_is_reached(name: str) -> None:
    results = sem.fit(MODELS[name], sample(name))
    assert results.converged
    assert results.fit_measures["chisq"] == pytest.approx(LAVAAN.loc[name, "our_start"], abs=STOPPED)


def test_lavaan_stops_higher_or_nowhere_from_its_own_start() -> None:
    assert LAVAAN.loc["lower", "own_start"] > LAVAAN.loc["lower", "our_start"] + 1.0
    assert pd.isna(LAVAAN.loc["late", "own_start"])


@pytest.mark.parametrize(("respondents", "enough"), [(100, 3), (149, 3), (150, 2), (299, 2), (300, 1), (5000, 1)])
def test_fewer_respondents_per_parameter_ask_for_more_attempts_that_agree(respondents: int, enough: int) -> None:
    assert attempts_enough(respondents, 30) == enough
