"""Power without simulation: RMSEA tests as in semTools, one parameter as with lavaan, detectable effects."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sem_samples import CHAIN, chain_sample

from sexresearch.errors import OptionError
from sexresearch.sem import fit, parameter_power, power, rmsea_power, sensitivity
from sexresearch.sem.planning.noncentral_chi_square import (
    noncentral_power,
    noncentrality_needed,
    rmsea_test_power,
    rmsea_test_size,
)

LAVAAN = Path(__file__).parents[1] / "reference" / "planning"
SERIES = 1e-6  # R sums the noncentral chi-square until 1e-12 of a term and warns of lost digits
CLOSE = 1e-5  # relative: lavaan stops its minimiser earlier than we do
WANTED = 7.848861  # noncentrality with power .8 at 1 df and alpha .05 (R: uniroot on pchisq)


def told(name):
    return pd.read_csv(LAVAAN / name)


def test_power_of_rmsea_tests_is_that_of_semtools():
    rows = told("rmsea_power.csv")
    own = [rmsea_test_power(int(r.df), r.n, r.rmsea0, r.rmsea1) for r in rows.itertuples()]
    assert own == pytest.approx(rows["power"].tolist(), abs=SERIES)


def test_sizes_of_rmsea_tests_are_those_of_semtools():
    rows = told("rmsea_sizes.csv")
    own = [rmsea_test_size(int(r.df), r.power, r.rmsea0, r.rmsea1) for r in rows.itertuples()]
    assert np.abs(np.array(own) - rows["n"]).max() <= 1  # semTools stops its search at the first n it tries that does
    for row, n in zip(rows.itertuples(), own, strict=True):
        assert rmsea_test_power(int(row.df), n, row.rmsea0, row.rmsea1) >= row.power
        assert rmsea_test_power(int(row.df), n - 1, row.rmsea0, row.rmsea1) < row.power


def test_rmsea_power_takes_a_fit():
    results = fit(CHAIN, chain_sample())
    found = rmsea_power(results, n=[200, 400])
    assert found["df"].tolist() == [int(results.fit_measures["df"])] * 2
    assert found["power"].is_monotonic_increasing
    assert rmsea_power(24, n=100, rmsea0=0.05, rmsea1=0.01)["test"].tolist() == ["not-close fit"]
    assert rmsea_power(24, n=100, rmsea0=0.0, rmsea1=0.05)["test"].tolist() == ["exact fit"]
    grouped = fit(CHAIN, chain_sample(), group="brand")
    assert rmsea_power(grouped, n=400)["power"].iloc[0] == rmsea_test_power(51, 400, 0.05, 0.08, groups=2)


def test_noncentralities_turn_into_power_and_back():
    assert noncentrality_needed(0.8) == pytest.approx(WANTED, abs=1e-5)
    for df, target in ((1, 0.5), (5, 0.9), (20, 0.999)):
        assert noncentral_power(noncentrality_needed(target, df), df) == pytest.approx(target)


def test_power_of_one_parameter_is_that_of_lavaan():
    rows = told("one_parameter.csv")
    found = parameter_power(rows["model"].iloc[0], n=250).set_index("effect")
    for row in rows.itertuples():
        assert found.loc[row.effect, "noncentrality"] == pytest.approx(row.noncentrality, rel=CLOSE)
        assert found.loc[row.effect, "power"] == pytest.approx(row.power, abs=CLOSE)


def test_power_of_a_regression_has_a_closed_form():
    found = parameter_power("y ~ 0.3*x", n=[50, 100], standardized=True)
    exact = -found["n"] * math.log(1 - 0.3**2)
    assert found["noncentrality"].to_numpy() == pytest.approx(exact.to_numpy(), rel=1e-6)
    assert found["needed"].tolist() == [math.ceil(WANTED / -math.log(1 - 0.3**2))] * 2


def test_analytic_and_simulated_power_agree():
    text = "f =~ 0.7*x1 + 0.8*x2 + 0.6*x3\n g =~ 0.9*y1 + 0.5*y2 + 0.7*y3\n g ~ 0.25*f"
    simulated = power(text, n=[150, 300], replicates=2000, standardized=True).table
    computed = parameter_power(text, n=[150, 300], standardized=True)
    assert computed["power"].to_numpy() == pytest.approx(simulated["power"].to_numpy(), abs=0.05)


def test_a_defined_effect_is_not_computable_here():
    row = parameter_power("m ~ a*0.3*x\n y ~ b*0.3*m\n ab := a*b", n=100, effects=["ab"]).iloc[0]
    assert math.isnan(row["power"])
    assert "simulate" in row["note"]
    assert "simulate" in sensitivity("m ~ a*0.3*x\n y ~ b*0.3*m\n ab := a*b", n=100, effects=["ab"])["note"].iloc[0]


def test_groups_are_effects_of_their_own():
    found = parameter_power("y ~ c(0.2, 0.4)*x", n=200)
    assert found["group"].tolist() == [1, 2]
    assert found["power"].is_monotonic_increasing


def test_the_smallest_detectable_slope_has_a_closed_form():
    found = sensitivity("y ~ 0.5*x", n=[50, 100, 1000], standardized=True)["detectable"]
    exact = [math.sqrt(1 - math.exp(-WANTED / n)) for n in (50, 100, 1000)]
    assert found.tolist() == pytest.approx(exact, rel=1e-5)
    assert sensitivity("y ~ -0.5*x", n=100, standardized=True)["detectable"].iloc[0] == pytest.approx(
        -exact[1], rel=1e-5
    )


def test_the_smallest_detectable_path_has_the_target_power():
    text = "f =~ 0.7*x1 + 0.8*x2 + 0.6*x3\n g =~ 0.9*y1 + 0.5*y2 + 0.7*y3\n h =~ 0.6*z1 + 0.7*z2 + 0.8*z3\n"
    found = sensitivity(text + "g ~ 0.4*f\n h ~ 0.3*g + 0.1*f", n=300, effects=["h ~ f"], standardized=True)
    value = found["detectable"].iloc[0]
    again = parameter_power(text + f"g ~ 0.4*f\n h ~ 0.3*g + {value}*f", n=300, effects=["h ~ f"], standardized=True)
    assert again["power"].iloc[0] == pytest.approx(0.8, abs=1e-5)


def test_a_fitted_model_can_be_asked():
    results = fit(CHAIN, chain_sample())
    found = sensitivity(results, n=[100, 400], effects=["a", "c"])
    assert found["detectable"].notna().all()
    by_n = found.groupby("n")["detectable"].sum()
    assert by_n[400] < by_n[100]


def test_an_effect_no_study_could_find_has_a_reason():
    weak = "f =~ 0.3*x1 + 0.3*x2 + 0.3*x3\n g =~ 0.3*y1 + 0.3*y2 + 0.3*y3\n g ~ 0.1*f"
    row = sensitivity(weak, n=100, standardized=True).iloc[0]
    assert math.isnan(row["detectable"])
    assert "not even the largest effect" in row["note"]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: rmsea_power(0, n=100), "df must be"),
        (lambda: rmsea_power(10, n=100, rmsea0=0.05, rmsea1=0.05), "must differ"),
        (lambda: rmsea_power(10, n=100, alpha=1.0), "alpha must lie"),
        (lambda: parameter_power("y ~ 0.3*x", n=100, target=0.0), "target must lie"),
        (lambda: sensitivity("y ~ 0.3*x", n=2), "no more respondents"),
    ],
)
def test_wrong_calls_are_refused(call, said):
    with pytest.raises(OptionError, match=said):
        call()
