"""How two models stand to each other, as data, and differences whose scaling correction is negative, by lavaan."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from reference_cases import read_data

from sexresearch.sem import compare, fit
from sexresearch.sem.after.nesting import relation

FOLDER = Path(__file__).parents[1] / "reference" / "comparing"
DIFFERENCE = 5e-6  # relative; lavaan stops its iterations that far from the minimum
REPRODUCED = 1e-3  # of covariances: a discrepancy of 1e-8 per respondent is taken for none
TWO = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6"
EQUAL = "f =~ x1 + 1*x2 + x3\ng =~ x4 + x5 + x6"
ORTHOGONAL = TWO + "\nf ~~ 0*g"
ONE = "f =~ x1 + x2 + x3 + x4 + x5 + x6"


@pytest.fixture(scope="module")
def heavy():
    return pd.read_csv(FOLDER / "heavy_tails.csv")


@pytest.fixture(scope="module")
def plain():
    rng = np.random.default_rng(3)
    factors = rng.normal(size=(300, 2)) @ np.array([[1, 0.4], [0, 0.9]])
    items = np.repeat(factors, 3, axis=1) + rng.normal(size=(300, 6))
    return pd.DataFrame(items, columns=[f"x{k}" for k in range(1, 7)]).assign(half=["one", "two"] * 150)


EXPECTED = pd.read_csv(FOLDER / "comparing.csv").to_dict("records")
GROUPS = pd.read_csv(FOLDER / "groups.csv").to_dict("records")
SIX = "f1 =~ x1 + x2 + x3\nf2 =~ x4 + x5 + x6"
MIMIC = f"{SIX}\nf1 + f2 ~ age + online"  # age and online are taken as given
MEANS = f"{SIX}\nx1 ~ c(i, i)*1\nx4 ~ c(j, j)*1\nf1 + f2 ~ c(0, NA)*1"  # no restriction, with latent means to lose


@pytest.mark.parametrize("row", EXPECTED, ids=lambda row: f"{row['estimator']}-{row['information']}")
def test_the_difference_of_2010_is_that_of_lavaan(heavy, row):
    fits = [fit(text, heavy, estimator=row["estimator"], information=row["information"]) for text in (TWO, EQUAL)]
    found = compare(*fits, method="satorra_bentler_2010").iloc[1]
    assert found["chisq_diff"] == pytest.approx(row["chisq_diff"], rel=DIFFERENCE)
    assert (found["df_diff"], found["method"]) == (1, "satorra_bentler_2010")


@pytest.mark.parametrize("row", GROUPS, ids=lambda row: row["estimator"])
def test_differences_between_groups_are_those_of_lavaan(row):
    def fitted(text, *equal):
        return fit(text, read_data("grid"), estimator=row["estimator"], group="site", group_equal=equal)

    given = compare(fitted(MIMIC), fitted(MIMIC, "loadings", "regressions"), method="satorra_2000").iloc[1]
    means = compare(fitted(MEANS), fitted(SIX, "loadings", "intercepts"), method="satorra_bentler_2010").iloc[1]
    assert given["chisq_diff"] == pytest.approx(row["given"], rel=DIFFERENCE)
    assert means["chisq_diff"] == pytest.approx(row["means"], rel=DIFFERENCE)


def test_a_negative_correction_falls_back_to_the_one_that_cannot_be(heavy):
    fits = [fit(text, heavy, estimator="MLR") for text in (TWO, EQUAL)]
    asked = compare(*fits, method="satorra_bentler_2001").iloc[1]
    assert np.isnan(asked["chisq_diff"])
    assert "the scaling correction is negative" in asked["note"]
    found = compare(*fits).iloc[1]
    expected = next(row for row in EXPECTED if row["information"] == "observed")
    assert found["chisq_diff"] == pytest.approx(expected["chisq_diff"], rel=DIFFERENCE)
    assert (found["relation"], found["method"]) == ("nested", "satorra_bentler_2010")
    assert found["note"] == "2 is nested in 1; scaled by satorra_bentler_2010"


def ordered(data):
    items = data.filter(like="x")
    codes = items.apply(lambda item: pd.cut(item, [-np.inf, *item.quantile([0.3, 0.6]), np.inf], labels=False))
    return codes.assign(half=data["half"])


@pytest.mark.filterwarnings("ignore:the covariance matrix of the latent variables")
@pytest.mark.parametrize(
    ("options", "method"),
    [
        ({}, "standard"),
        ({"group": "half"}, "standard"),
        ({"estimator": "MLM"}, "satorra_bentler_2001"),
        ({"estimator": "MLR", "group": "half"}, "satorra_bentler_2001"),
        ({"estimator": "MLMV"}, "satorra_2000"),
        ({"ordered": True}, "satorra_2000"),
        ({"ordered": True, "group": "half"}, "satorra_2000"),
        ({"ordered": True, "estimator": "WLSM"}, "satorra_bentler_2001"),
    ],
)
def test_relations_hold_for_every_estimator_and_in_groups(plain, options, method):
    data = ordered(plain) if options.get("ordered") else plain
    fits = {name: fit(text, data, **options) for name, text in (("two", TWO), ("orthogonal", ORTHOGONAL))}
    fits["again"] = fit("h =~ x4 + x5 + x6\nf =~ x1 + x2 + x3\nh ~ f", data, **options)
    nested = compare(fits["two"], fits["orthogonal"]).iloc[1]
    assert (nested["relation"], nested["method"]) == ("nested", method)
    assert nested["pvalue"] < 0.05
    same = compare(fits["two"], fits["again"]).iloc[1]
    assert (same["relation"], same["method"]) == ("equivalent", "")
    assert "imply the same moments" in same["note"]
    crossed = fit("f =~ x1 + x2 + x4\ng =~ x3 + x5 + x6", data, **options)
    assert compare(fits["two"], crossed).loc[1, "relation"] == "apart"


def test_models_that_cannot_be_compared_are_so_in_the_data(plain):
    row = compare(fit(TWO, plain), fit(ORTHOGONAL, plain, estimator="MLR")).iloc[1]
    assert row["relation"] == "incomparable"
    assert row["method"] == ""


def test_the_relation_knows_the_point_where_the_larger_model_implies_the_smaller(plain):
    larger, smaller = fit(TWO, plain).fitted, fit(ONE, plain).fitted
    found = relation(larger, smaller)
    assert found.kind == "nested"
    np.testing.assert_allclose(
        larger.states_at(found.reproduced.solution.theta)[0].cov, smaller.states[0].cov, atol=1e-3
    )
    assert relation(larger, larger).kind == "equivalent"


def test_an_inadmissible_solution_is_named():
    rng = np.random.default_rng(4)
    data = pd.DataFrame(0.5 * rng.normal(size=(60, 1)) + rng.normal(size=(60, 4)), columns=list("abcd"))
    half = {"group": "half", "group_equal": ["loadings", "intercepts"]}
    data["half"] = ["one", "two"] * 30
    with pytest.warns(UserWarning, match="negative variance"):
        fits = [fit("joy =~ a + b + c + d", data, **half), fit("joy =~ a + k*b + k*c + d", data, **half)]
    note = compare(*fits, names=["free", "equal"]).loc[1, "note"]
    assert "inadmissible solution of free: negative variance" in note
