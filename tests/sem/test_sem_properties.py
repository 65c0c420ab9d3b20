"""What must not change a fit, does not: order, units, types, names; and special cases agree with general ones."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from sem_samples import CHAIN, chain_sample, with_gaps

from sexresearch import sem

SAME = 1e-7  # relative: the same optimum reached along another path
STANDARDIZED = 1e-6
ITEMS = [f"{letter}{i}" for letter in "qjl" for i in (1, 2, 3)]


def est(results: sem.Results) -> pd.Series:
    frame = results.parameters
    return frame.set_index(["lhs", "op", "rhs"])["std_all"].sort_index()


@pytest.fixture(scope="module")
def base() -> sem.Results:
    return sem.fit(CHAIN, chain_sample())


def check_same(one: sem.Results, other: sem.Results) -> None:
    assert other.converged
    assert other.fit_measures["chisq"] == pytest.approx(one.fit_measures["chisq"], rel=SAME, abs=1e-6)
    assert np.allclose(est(one), est(other), atol=STANDARDIZED)


def test_row_order(base: sem.Results) -> None:
    check_same(base, sem.fit(CHAIN, chain_sample().sample(frac=1, random_state=2)))


def test_column_and_item_order(base: sem.Results) -> None:
    text = CHAIN.replace("q1 + q2 + q3", "q1 + q3 + q2").replace("j1 + j2 + j3", "j1 + j3 + j2")
    check_same(base, sem.fit(text, chain_sample()[ITEMS[::-1]]))


@pytest.mark.parametrize("factor", [10, 50, 300, 0.001])
def test_one_unit_for_all(base: sem.Results, factor: float) -> None:
    check_same(base, sem.fit(CHAIN, chain_sample()[ITEMS] * factor))


@pytest.mark.parametrize(
    "options", [{}, {"meanstructure": True}, {"missing": "fiml"}, {"estimator": "MLR"}, {"std_lv": True}]
)
def test_mixed_units(options: dict) -> None:
    data = chain_sample()[ITEMS]
    units = pd.Series(10.0 ** np.array([-4, 3, 0, 2, -2, 4, -1, 1, 3]), index=ITEMS)
    check_same(sem.fit(CHAIN, data, **options), sem.fit(CHAIN, data * units, **options))


@pytest.mark.parametrize("options", [{"meanstructure": True}, {"missing": "fiml"}])
def test_means_far_from_zero(options: dict) -> None:
    data = with_gaps(chain_sample()[ITEMS], ITEMS) if "missing" in options else chain_sample()[ITEMS]
    one, other = sem.fit(CHAIN, data, **options), sem.fit(CHAIN, data + 1000.0, **options)
    assert other.fit_measures["chisq"] == pytest.approx(one.fit_measures["chisq"], abs=1e-6)
    paths = one.parameters["op"] != "~1"
    assert np.allclose(one.parameters.loc[paths, "est"], other.parameters.loc[paths, "est"], atol=STANDARDIZED)


def test_a_fit_that_cannot_start_has_no_measures_and_says_why() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.FitWarning)
        results = sem.fit("sum =~ 0*l3 \n f =~ q1 + q2 + q3 \n f ~ sum", chain_sample())  # l3 is left no variance
    assert not results.converged
    assert "the starting values imply no covariance matrix" in results.problems[-1]
    known = results.fit_measures.dropna()
    assert set(known.index) == {"npar", "df", "ntotal"}
    assert results.reasons["cfi"] == "the fit did not converge"


@pytest.mark.parametrize("dtype", ["float32", "Float64", "Int64", "int64"])
def test_dtypes(dtype: str) -> None:
    rounded = (chain_sample()[ITEMS] * 4).round()
    check_same(sem.fit(CHAIN, rounded), sem.fit(CHAIN, rounded.astype(dtype)))


def test_nullable_missing_values_are_missing() -> None:
    data = (chain_sample()[ITEMS] * 4).round()
    data.loc[3, "q1"] = np.nan
    with pytest.warns(sem.FitWarning, match="1 of 400 rows"):
        results = sem.fit(CHAIN, data.astype("Int64"))
    assert results.nobs == 399


def test_unicode_names() -> None:
    data = chain_sample().rename(columns={"q1": "qualité", "j1": "Freude_ä", "l1": "忠誠"})
    text = CHAIN.replace("q1", "qualité").replace("j1", "Freude_ä").replace("l1", "忠誠")
    check = sem.fit(text, data)
    assert check.fit_measures["chisq"] == pytest.approx(sem.fit(CHAIN, chain_sample()).fit_measures["chisq"], rel=SAME)


def test_two_equal_groups_are_one_sample_twice(base: sem.Results) -> None:
    data = chain_sample()
    twice = pd.concat([data.assign(brand="a"), data.assign(brand="b")])
    both = sem.fit(CHAIN, twice, group="brand", group_equal=sem.language.equality.GROUP_EQUAL)
    rows = both.parameters[both.parameters["op"] != ":="]
    a, b = (rows[rows["group"] == g].reset_index(drop=True) for g in "ab")
    assert np.allclose(a["est"], b["est"], atol=1e-9)
    assert both.fit_measures["chisq"] == pytest.approx(2 * base.fit_measures["chisq"], rel=SAME)


def test_groups_without_equality_are_separate_fits() -> None:
    data, text = chain_sample(), "q =~ q1 + q2 + q3\n j =~ j1 + j2 + j3\n l =~ l1 + l2 + l3\n j ~ q\n l ~ j + q"
    joint = sem.fit(text, data, group="brand").fit_measures["chisq"]
    apart = sum(sem.fit(text, part).fit_measures["chisq"] for _, part in data.groupby("brand"))
    assert joint == pytest.approx(apart, rel=SAME)


def test_fiml_without_gaps_is_ml(base: sem.Results) -> None:
    full = sem.fit(CHAIN, chain_sample(), missing="fiml")
    assert full.fit_measures["chisq"] == pytest.approx(base.fit_measures["chisq"], rel=1e-6)
    assert np.allclose(full.parameters["est"][:12], base.parameters["est"][:12], atol=1e-7)


def test_moments_are_the_data(base: sem.Results) -> None:
    data = chain_sample()[ITEMS]
    check_same(base, sem.fit(CHAIN, moments=sem.Moments(data.cov(), nobs=len(data))))


def test_unit_weights_and_single_row_clusters() -> None:
    data = chain_sample().assign(one=2.0, row=range(400))
    plain = sem.fit(CHAIN, data, estimator="MLR")
    weighted = sem.fit(CHAIN, data, sampling_weights="one")
    assert np.allclose(weighted.parameters["se"], plain.parameters["se"], rtol=1e-8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.FitWarning)
        clustered = sem.fit(CHAIN, data, estimator="MLR", cluster="row")
    stretch = 400 / 399  # the small-sample correction J / (J - 1) for J clusters
    expected = plain.fit_measures["chisq_scaled"] / stretch
    assert clustered.fit_measures["chisq_scaled"] == pytest.approx(expected, rel=1e-6)


def test_integer_weights_are_repeated_rows() -> None:
    data = chain_sample(200).assign(times=np.resize([1, 2, 3], 200))
    weighted = sem.fit(CHAIN, data, sampling_weights="times")
    repeated = sem.fit(CHAIN, data.loc[data.index.repeat(data["times"])])
    assert np.allclose(weighted.parameters["est"], repeated.parameters["est"], atol=1e-7)


def test_recovery_in_a_large_sample() -> None:
    results = sem.fit(CHAIN, chain_sample(100_000, seed=11), std_lv=False)
    frame = results.parameters.set_index(["lhs", "op", "rhs"])
    truth = {("joy", "~", "quality"): 0.6 / 1.0, ("loyal", "~", "joy"): 0.5, ("loyal", "~", "quality"): 0.2}
    for key, value in truth.items():
        marker = {"joy": 0.7, "loyal": 0.7, "quality": 0.7}  # loadings of the markers, equal for all three factors
        expected = value * marker[key[0]] / marker[key[2]]
        assert abs(frame.loc[key, "est"] - expected) < 4 * frame.loc[key, "se"]


def test_many_patterns_converge() -> None:
    data = with_gaps(chain_sample(2000), ITEMS, share=0.25)
    patterns = len(np.unique(data[ITEMS].isna(), axis=0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.FitWarning)
        results = sem.fit(CHAIN, data, missing="fiml")
    assert patterns > 250
    assert results.converged


def test_a_second_look_changes_nothing(base: sem.Results) -> None:
    frame = base.parameters
    frame.loc[:, "est"] = 0.0
    assert base.parameters["est"].abs().max() > 0.5
