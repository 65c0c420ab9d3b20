"""Vuong's tests against values made of lavaan's scores and implied moments, and against closed forms."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from sexresearch.sem import fit
from sexresearch.sem.after.vuong import casewise, vuong, weighted_tail

REFERENCE = Path(__file__).parent / "reference"
CLOSE = 1e-4  # relative: lavaan stops about 1e-6 from the optimum, and squares and ratios follow
TAIL = 1e-6  # absolute: both sides integrate numerically
VALUES = pd.read_csv(REFERENCE / "vuong.csv").set_index("pair")
MODELS = pd.read_csv(REFERENCE / "vuong_models.csv").set_index(["pair", "side"]).model


def pair(name: str):
    answers = pd.read_csv(REFERENCE / "data" / "chain.csv")
    missing = "fiml" if name == "gaps" else "listwise"
    if missing == "fiml":
        for place in range(answers.shape[1]):
            answers.iloc[place::11, place] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sides = [fit(MODELS[name, side], answers, missing=missing, meanstructure=True).fitted for side in "ab"]
    return sides


@pytest.mark.parametrize("name", VALUES.index)
def test_both_tests_are_those_made_of_lavaan(name):
    first, second = pair(name)
    expected = VALUES.loc[name]
    found = vuong(first, second)
    assert casewise(first).sum() == pytest.approx(expected.loglik_a, rel=1e-8)
    assert casewise(second).sum() == pytest.approx(expected.loglik_b, rel=1e-8)
    assert found.variance == pytest.approx(expected.variance, rel=CLOSE)
    assert found.weights.sum() == pytest.approx(expected.weights, rel=CLOSE)
    assert found.weights.max() == pytest.approx(expected.largest, rel=CLOSE)
    assert found.distinct == pytest.approx(expected.distinct, abs=1e-4)
    assert found.z == pytest.approx(expected.z, rel=CLOSE)
    assert vuong(first, second, adjust="bic").z == pytest.approx(expected.z_bic, rel=CLOSE)


def test_the_order_of_the_models_turns_the_sign_only():
    first, second = pair("routes")
    one, other = vuong(first, second), vuong(second, first)
    assert (one.z, one.distinct, one.pvalue) == pytest.approx((-other.z, other.distinct, other.pvalue))


@pytest.mark.parametrize(("df", "value"), [(1, 3.84), (2, 5.99), (5, 0.5), (60, 70.0)])
def test_equal_weights_give_the_chi_square(df, value):
    for weight in (1.0, 0.003):
        assert weighted_tail(weight * value, np.full(df, weight)) == pytest.approx(chi2.sf(value, df), abs=TAIL)


def test_unequal_weights_give_what_simulation_gives():
    rng = np.random.default_rng(5)
    weights = rng.exponential(size=40) ** 2
    drawn = rng.chisquare(1, size=(100_000, 40)) @ weights
    for share in (0.9, 0.5, 0.05):
        assert weighted_tail(float(np.quantile(drawn, 1 - share)), weights) == pytest.approx(share, abs=0.006)


def test_where_nothing_can_be_weighed_there_is_no_p_value():
    assert np.isnan(weighted_tail(1.0, np.zeros(3)))
    assert weighted_tail(0.0, np.ones(3)) == 1.0
    assert weighted_tail(1e6, np.ones(3)) == 0.0


def test_clusters_are_the_independent_units():
    rng = np.random.default_rng(2)
    answers = pd.read_csv(REFERENCE / "data" / "chain.csv").assign(branch=lambda rows: rng.integers(30, size=len(rows)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = [fit(MODELS["routes", side], answers, cluster="branch").fitted for side in "ab"]
    differences = casewise(rows[0]) - casewise(rows[1])
    summed = pd.Series(differences).groupby(answers.branch.to_numpy()).sum()
    expected = summed.sum() / np.sqrt(((summed - summed.mean()) ** 2).sum())
    assert vuong(*rows).z == pytest.approx(expected)
