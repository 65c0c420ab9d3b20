"""Permutation tests: shuffled groups are fitted as `fit` does, true differences are found, equal groups are not."""

import numpy as np
import pandas as pd
import pytest
from sem_samples import chain_sample

from sexresearch.errors import ModelError, OptionError
from sexresearch.sem import Fitting, fit, permutation_test
from sexresearch.sem.permutation import WORSE, _by_fit, _fitted, _shuffled

CLOSE = 1e-4  # replicates stop 1e-4 standard errors from their minimum
FACTOR = "f =~ x1 + x2 + x3 + x4"


def two_groups(loading=0.7, slope=0.0, n=300, seed=3):
    """A factor in two groups; x4 has another loading in the second, y another slope."""
    rng = np.random.default_rng(seed)
    group = np.repeat(["north", "south"], n // 2)
    second = group == "south"
    f = rng.normal(size=n)
    data = pd.DataFrame({f"x{i}": 0.7 * f + 0.7 * rng.normal(size=n) for i in (1, 2, 3)})
    data["x4"] = np.where(second, loading, 0.7) * f + 0.7 * rng.normal(size=n)
    data["y"] = (0.3 + slope * second) * data["x1"] + rng.normal(size=n)
    return data.assign(region=group)


def test_shuffled_groups_are_fitted_as_fit_does():
    data = chain_sample(n=300)
    text = "quality =~ q1 + q2 + q3\n joy =~ j1 + j2 + j3\n joy ~ quality"
    strict, loose = (_fitted(text, data, "brand", equal) for equal in (("loadings",), ()))
    _, permuted, failed = _by_fit(strict, loose, 3, 1, 1)
    assert failed == 0
    source = _shuffled(strict, 1)
    pooled = pd.DataFrame(source.pooled.values, columns=strict.fitted.samples[0].names)
    for number in range(3):
        shuffled = pooled.copy()
        for rows, answers in zip(source.rows(number), source.groups, strict=True):
            shuffled.loc[rows, "brand"] = answers.label
        told = [fit(r.model, shuffled, group="brand", group_equal=e).fit_measures
                for r, e in ((strict, ["loadings"]), (loose, []))]  # fmt: skip
        for name, sign in WORSE.items():
            change = sign * (told[0][name] - told[1][name])
            assert permuted[f"{name}_diff"][number] == pytest.approx(change, abs=CLOSE * max(1.0, abs(change)))


def test_the_observed_change_is_that_of_the_fits():
    data = two_groups(loading=0.2)
    found = permutation_test(FACTOR, data, "region", replicates=99).set_index("statistic")
    fits = [fit(FACTOR, data, group="region", group_equal=e).fit_measures for e in (["loadings"], [])]
    assert found.loc["chisq_diff", "value"] == pytest.approx(fits[0]["chisq"] - fits[1]["chisq"])
    assert found.loc["cfi_diff", "value"] == pytest.approx(fits[1]["cfi"] - fits[0]["cfi"])
    assert (found["pvalue"] <= 0.05).all()
    assert (found["value"] > found["critical"]).all()


def test_equal_groups_are_not_told_apart():
    found = permutation_test(FACTOR, two_groups(), "region", replicates=199)
    assert (found["pvalue"] > 0.05).all()
    again = permutation_test(FACTOR, two_groups(), "region", replicates=199, workers=2)
    pd.testing.assert_frame_equal(found, again)


def test_under_equal_groups_the_p_value_is_uniform():
    p = [
        permutation_test(FACTOR, two_groups(n=200, seed=seed), "region", replicates=39)["pvalue"].iloc[0]
        for seed in range(40)
    ]
    assert np.mean(p) == pytest.approx(0.5, abs=0.17)  # 4 standard errors of the mean of 40 uniform numbers


def test_a_statistic_of_one_s_own_is_tested_whatever_its_sign():
    def difference(results):
        slopes = results.parameters.query("op == '~'")["est"]
        return slopes.iloc[0] - slopes.iloc[1]

    alike = permutation_test("y ~ x1", two_groups(), "region", equal=(), statistic=difference, replicates=99)
    apart = permutation_test("y ~ x1", two_groups(slope=0.6), "region", equal=(), statistic=difference, replicates=99)
    assert alike["pvalue"].iloc[0] > 0.05 > apart["pvalue"].iloc[0]
    assert apart["value"].iloc[0] > 0
    assert apart["pvalue"].iloc[0] == 1 / 100


def test_wrong_calls_are_refused():
    data = two_groups()
    with pytest.raises(OptionError, match="hold more equal"):
        permutation_test(FACTOR, data, "region", equal=(), less=("loadings",))
    with pytest.raises(OptionError, match="replicates must be"):
        permutation_test(FACTOR, data, "region", replicates=5)
    with pytest.raises(OptionError, match="group_equal does not know"):
        permutation_test(FACTOR, data, "region", equal=("loads",))
    with pytest.raises(ModelError, match="different variables"):
        permutation_test("group: 1\n f =~ x1 + x2 + x3\n group: 2\n f =~ x1 + x2 + x4", data, "region")


def test_fitting_says_how_both_models_are_fitted():
    plain = permutation_test(FACTOR, two_groups(), "region", replicates=39)
    for fitting in (Fitting(std_lv=True), Fitting(estimator="MLR")):  # the same model, and the same chi-square
        other = permutation_test(FACTOR, two_groups(), "region", replicates=39, fitting=fitting)
        np.testing.assert_allclose(other["value"], plain["value"], atol=CLOSE)
        np.testing.assert_allclose(other["critical"], plain["critical"], rtol=CLOSE)


def test_a_statistic_takes_any_estimator_and_gaps():
    def slope(results):
        return results.parameters.query("op == '~'")["est"].iloc[0]

    data = two_groups(n=120)
    data.loc[::7, "y"] = np.nan
    for fitting in (Fitting(missing="fiml"), Fitting(estimator="ULS")):
        found = permutation_test("y ~ x1", data, "region", equal=(), statistic=slope, replicates=19, fitting=fitting)
        own = fit("y ~ x1", data, group="region", missing=fitting.missing, estimator=fitting.estimator)
        assert found["value"].item() == pytest.approx(abs(slope(own)), abs=1e-9)
        assert found["replicates"].item() == 19
        with pytest.raises(OptionError, match="maximum likelihood from complete rows"):
            permutation_test(FACTOR, data.assign(x1=data["x1"].mask(data["y"].isna())), "region", fitting=fitting)


@pytest.mark.parametrize("name", ["cluster", "sampling_weights"])
def test_respondents_who_cannot_be_exchanged_are_refused(name):
    with pytest.raises(OptionError, match=f"{name}='x1' out of fitting"):
        permutation_test(FACTOR, two_groups(), "region", fitting=Fitting(**{name: "x1"}))
