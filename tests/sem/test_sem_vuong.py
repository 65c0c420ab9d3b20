"""Vuong's tests against values made of lavaan's scores and implied moments, and against closed forms."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from sexresearch.sem import fit
from sexresearch.sem.after.vuong import casewise, vuong, weighted_tail

REFERENCE = Path(__file__).parents[1] / "reference"
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


def simulated(extra: tuple[str, str], seed: int, rounds: int = 80):
    """Both tests of two models of one factor in samples of 400 in which the five items are alike."""
    rng = np.random.default_rng(seed)
    for _ in range(rounds):
        joy = rng.normal(size=(400, 1))
        data = pd.DataFrame(0.8 * joy + 0.6 * rng.normal(size=(400, 5)), columns=[f"x{i}" for i in range(1, 6)])
        first, second = (fit(f"f =~ x1 + x2 + x3 + x4 + x5\n{text}", data).fitted for text in extra)
        yield vuong(first, second)


def test_models_that_coincide_are_told_apart_as_rarely_as_the_level_says():
    """Each has a parameter too many, so both are true: 5 per cent of p values lie below .05, half below .5."""
    found = np.array([both.distinct for both in simulated(("x1 ~~ x2", "x3 ~~ x4"), seed=8)])
    assert (found < 0.05).mean() < 0.13  # 80 rounds: .05 and three standard errors
    assert 0.33 < (found < 0.5).mean() < 0.67


def test_models_that_are_equally_wrong_are_told_apart_and_neither_is_preferred():
    """Each denies one of two equal relations, so z is standard normal."""
    found = list(simulated(("x1 ~~ 0.3*x2", "x3 ~~ 0.3*x4"), seed=9))
    z = np.array([both.z for both in found])
    assert np.mean([both.distinct < 0.05 for both in found]) > 0.95
    assert abs(z.mean()) < 0.35  # three standard errors of 80 rounds
    assert 0.75 < z.std() < 1.3
