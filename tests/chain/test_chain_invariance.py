"""Invariance over groups and waves against lavaan and semTools, and against planted differences."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.chain.invariance.invariance_design import FitSource, Groups
from sexresearch.chain.invariance.latent_means import ComparedConstructs
from sexresearch.chain.invariance.search import candidates

FOLDER = Path(__file__).parents[1] / "reference"
SAME = 2e-5  # relative; lavaan stops its iterations that far from the minimum
CHANGED = 2e-4  # of a small difference of two such chi-squares
GROUPED = "visual =~ x1 + x2 + x3; verbal =~ x4 + x5 + x6; speed =~ x7 + x8 + x9"
SECOND = """
exp =~ exp1 + exp2 + exp3
qua =~ qua1 + qua2 + qua3
val =~ val1 + val2 + val3
view =~ exp + qua + val
"""
PANEL = "joy =~ a + b + c + d"
WAVES = {"spring": "{}_1", "autumn": "{}_2"}
STEPS = ["configural", "metric", "scalar", "strict"]


def read(name):
    return pd.read_csv(FOLDER / "data" / f"{name}.csv")


def values(name):
    return pd.read_csv(FOLDER / "measurement" / f"{name}.csv")


CASES = {
    "groups": lambda: sx.invariance(GROUPED, read("groups"), group="region"),
    "robust": lambda: sx.invariance(GROUPED, read("groups"), group="region", fitting=sx.Fitting(estimator="MLR")),
    "fiml": lambda: sx.invariance(GROUPED, read("missing"), group="brand", fitting=sx.Fitting(missing="fiml")),
    "second": lambda: sx.invariance(SECOND, read("chain").assign(half=["one"] * 200 + ["two"] * 200), group="half"),
    "waves": lambda: sx.invariance(PANEL, values("panel"), waves=WAVES),
}


@pytest.mark.parametrize("case", CASES)
def test_every_step_is_that_of_lavaan_and_semtools(case, assert_in_glossary):
    table = CASES[case]().set_index("step")
    assert table.index.tolist() == STEPS
    expected = values("invariance").query("case == @case and value == value")
    assert len(expected) > 25
    for row in expected.itertuples():
        tolerance = CHANGED if row.what in ("chisq_diff", "pvalue") else SAME
        assert table.loc[row.step, row.what] == pytest.approx(row.value, rel=tolerance, abs=tolerance), row
    assert_in_glossary(table.reset_index())


def test_changes_are_differences_from_the_row_below():
    table = CASES["groups"]()
    for name in ("cfi", "rmsea", "srmr"):
        np.testing.assert_allclose(table[f"{name}_change"].iloc[1:], table[name].diff().iloc[1:], atol=1e-12)
    assert table["verdict"].str.split(":").str[0].tolist() == ["holds", "fails", "fails", "doubtful"]
    assert "Cheung & Rensvold 2002" in table["verdict"][2]


def test_joint_score_tests_are_those_of_lavaan():
    source = FitSource(read("groups"), None, sx.Fitting(estimator="ML"))
    design = Groups(sx.Model(GROUPED), source, "region")
    for step, equal in {"metric": ["loadings"], "scalar": ["loadings", "intercepts"]}.items():
        found = candidates(design, design.fit(equal, ()), equal[-1])
        expected = values("score")
        expected = expected[expected["step"] == step].set_index("formula")
        assert {candidate.formula for candidate in found} == set(expected.index)
        for candidate in found:
            assert candidate.chisq == pytest.approx(expected.loc[candidate.formula, "chisq"], rel=CHANGED)
            assert candidate.df == expected.loc[candidate.formula, "df"]


def test_effect_sizes_of_latent_means_are_those_of_a_defined_parameter():
    found = sx.latent_means(GROUPED, read("groups"), group="region")
    assert found["note"].str.contains("does not stand").all()  # the scalar step fails in these data
    assert found["effect_size"].isna().all()
    design = Groups(sx.Model(GROUPED), FitSource(read("groups"), None, sx.Fitting(estimator="ML")), "region")
    results = design.fit(["loadings", "intercepts"], ())
    difference, effect = ComparedConstructs(results, ("visual", 0), ("visual", 1)).estimates
    expected = values("latent_means").set_index("what")
    assert difference == pytest.approx(tuple(expected.loc["difference", ["est", "se"]]), rel=CHANGED)
    assert effect == pytest.approx(tuple(expected.loc["d", ["est", "se"]]), rel=CHANGED)


def planted(seed=0, n=1200, shift=0.4):
    """Four groups, four constructs of five items; one intercept differs in the third group."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(n, 4)) @ np.linalg.cholesky(0.5 * np.eye(4) + 0.5).T
    items = np.repeat(factors, 5, axis=1) * 0.8 + rng.normal(size=(n, 20)) * 0.6
    data = pd.DataFrame(items, columns=[f"x{i}" for i in range(20)])
    data["brand"] = np.repeat(["a", "b", "c", "d"], n // 4)
    data["x3"] += shift * (data["brand"] == "c")
    return data


MODEL = "\n".join(f"f{k} =~ " + " + ".join(f"x{5 * k + i}" for i in range(5)) for k in range(4))


def test_the_planted_item_is_found_and_only_it(assert_in_glossary):
    table = sx.invariance(MODEL, planted(), group="brand", partial=True)
    assert table["step"].tolist() == ["configural", "metric", "scalar", "partial scalar", "strict"]
    assert table["released"].sum() == ("x3 ~1",)
    row = table.set_index("step").loc["partial scalar"]
    assert "x3 ~1 (χ² " in row["note"]
    assert "p < .05 / 19" in row["note"]
    assert row["pvalue"] > 0.05
    assert_in_glossary(table)
    means = sx.latent_means(MODEL, planted(), group="brand", partial=True)
    assert means["step"].eq("partial scalar").all()
    assert means["effect_size"].abs().max() < 0.3
    assert_in_glossary(means)


def test_a_partial_step_is_the_fit_with_these_formulas_free():
    table = sx.invariance(MODEL, planted(), group="brand", partial=True).set_index("step")
    equal = ["loadings", "intercepts"]
    again = sx.fit(MODEL, planted(), group="brand", group_equal=equal, group_partial=["x3 ~1"])
    assert table.loc["partial scalar", "chisq"] == pytest.approx(again.fit_measures["chisq"], rel=SAME)


def test_the_search_by_cfi_stops_earlier():
    strong = planted(shift=1.5)
    strong["x8"] += 0.25 * (strong["brand"] == "b")
    by_score = sx.invariance(MODEL, strong, group="brand", partial=True)
    by_cfi = sx.invariance(MODEL, strong, group="brand", partial=True, stop="cfi")
    assert set(by_score["released"].sum()) == {"x3 ~1", "x8 ~1"}
    assert by_cfi["released"].sum() == ("x3 ~1",)
    assert by_cfi["note"].str.contains("cut-off of CFI").any()


def test_two_items_of_a_construct_stay_equal():
    data = planted(shift=1.0)
    model = "f0 =~ x1 + x2 + x3; f1 =~ x5 + x6 + x7"
    data["x2"] += 1.0 * (data["brand"] == "b")
    table = sx.invariance(model, data, group="brand", partial=True)
    assert [formula for formula in table["released"].sum() if formula.endswith("~1")] == ["x3 ~1"]
    assert table["note"].str.contains("every construct keeps 2 equal items").any()


def test_planted_change_between_waves_is_found():
    panel = values("panel").assign(b_2=lambda d: d["b_2"] + 0.5)
    table = sx.invariance(PANEL, panel, waves=WAVES, partial=True)
    assert table["released"].sum() == ("b ~1",)
    row = sx.latent_means(PANEL, panel, waves=WAVES, partial=True).iloc[0]
    assert (row["group"], row["against"]) == ("autumn", "spring")
    assert row["ci_lower"] < 0.3 < row["ci_upper"]  # the truth behind panel.csv: means 0.3 apart, both SD about 1


def test_moments_by_group_are_enough():
    moments = sx.datasets.load("acsi_2015_moments_by_industry")
    model = "Expectation =~ OVERALLX + CUSTOMX + WRONGX; Value =~ PQ + QP"
    table = sx.invariance(model, moments=moments)
    assert table["verdict"].notna().all()
    assert sx.latent_means(model, moments=moments)["against"].eq("airlines").all()


def test_a_fixed_loading_of_the_model_is_kept():
    data = planted()
    marker = sx.invariance(MODEL.replace("x0", "1*x0"), data, group="brand")
    free = sx.invariance(MODEL, data, group="brand")
    np.testing.assert_allclose(marker["chisq"], free["chisq"], rtol=SAME)


def test_a_small_group_is_named_with_its_n():
    data = planted()
    data.loc[:10, "brand"] = "tiny"
    table = sx.invariance(MODEL, data, group="brand")
    assert table["step"].tolist() == STEPS
    assert table["cfi"].isna().all()
    assert table["note"].str.contains("group 'tiny' holds 11 respondents with answers, too few for 20 items").all()
    means = sx.latent_means(MODEL, data, group="brand")
    assert means["note"].str.contains("'tiny' holds 11").all()


def test_a_category_of_the_group_that_nobody_has_is_no_group():
    data = planted()
    typed = data.assign(brand=pd.Categorical(data["brand"], categories=["a", "b", "c", "d", "e"]))
    pd.testing.assert_frame_equal(sx.invariance(MODEL, typed, group="brand"), sx.invariance(MODEL, data, group="brand"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "give either group="),
        ({"group": "brand", "waves": WAVES}, "give either group="),
        ({"waves": {"spring": "{}_1"}}, "two waves or more"),
        ({"waves": {"spring": "_1", "autumn": "_2"}}, "patterns of column names"),
        ({"group": "brand", "stop": "bic"}, "'bic' is not known; allowed: score, cfi"),
    ],
)
def test_unclear_questions_are_refused_in_words(options, said):
    with pytest.raises(sx.errors.OptionError, match=said):
        sx.invariance(MODEL, planted(n=200), **options)


def test_waves_take_a_plain_measurement_model():
    with pytest.raises(sx.errors.OptionError, match="found 'joy =~ b'"):
        sx.invariance("joy =~ a + k*b + c", values("panel"), waves=WAVES)


def test_a_model_without_constructs_has_nothing_to_compare():
    with pytest.raises(sx.errors.OptionError, match="no '=~'"):
        sx.invariance("x0 ~ x1", planted(n=200), group="brand")


def test_columns_that_are_not_there_are_named_by_fit():
    with pytest.raises(sx.errors.DataError, match="brands"):
        sx.invariance(MODEL, planted(n=200), group="brands")


def test_steps_of_ordered_items_are_those_of_lavaan(assert_in_glossary):
    table = sx.invariance(GROUPED, values("ordered_groups"), group="region", fitting=sx.Fitting(ordered=True))
    table = table.set_index("step")
    for row in values("ordered_invariance").query("value == value").itertuples():
        tolerance = 1e-3 if row.what == "chisq_diff" else 2e-4  # lavaan's polychoric correlations are good to 1e-5
        assert table.loc[row.step, row.what] == pytest.approx(row.value, rel=tolerance, abs=tolerance), row
    assert table.loc["scalar", "cfi_change"] == pytest.approx(np.diff(table["cfi_scaled"].iloc[[0, 2]])[0], abs=1e-12)
    assert "scaled by satorra_2000" in table.loc["metric", "note"]
    assert_in_glossary(table.reset_index())


def test_ordered_categoricals_are_ordered_without_being_named():
    data = values("ordered_groups")
    items = [name for name in data if name != "region"]
    typed = data.assign(**{name: pd.Categorical(data[name], ordered=True) for name in items})
    named = sx.invariance(GROUPED, data, group="region", fitting=sx.Fitting(ordered=True))
    pd.testing.assert_frame_equal(sx.invariance(GROUPED, typed, group="region"), named)
    with pytest.raises(sx.errors.OptionError, match="partial=True searches"):
        sx.invariance(GROUPED, typed, group="region", partial=True)
    beside = planted(n=400).assign(age=lambda d: pd.Categorical(["young", "old"] * (len(d) // 2), ordered=True))
    assert "partial" in sx.invariance(MODEL, beside, group="brand", partial=True)["step"].str.cat()


def test_two_residuals_of_a_construct_stay_equal():
    rng = np.random.default_rng(3)
    data = pd.DataFrame(rng.normal(size=(600, 1)) + rng.normal(size=(600, 4)), columns=list("abcd"))
    data["brand"] = ["low", "high"] * 300
    data.loc[data["brand"] == "high", list("abcd")] += rng.normal(size=(300, 4))
    table = sx.invariance("joy =~ a + b + c + d", data, group="brand", partial=True).set_index("step")
    assert len(table.loc["partial strict", "released"]) == 2
    assert "every construct keeps 2 equal items" in table.loc["partial strict", "note"]


@pytest.mark.parametrize("options", [{"group": "region", "partial": True}, {"waves": WAVES}])
def test_ordered_items_are_not_searched_and_not_compared_over_waves(options):
    with pytest.raises(sx.errors.OptionError, match="ordered="):
        sx.invariance(GROUPED, values("ordered_groups"), fitting=sx.Fitting(ordered=True), **options)


def test_a_saturated_start_fits_perfectly_under_a_robust_test_too():
    table = sx.invariance("visual =~ x1 + x2 + x3", read("groups"), group="region", fitting=sx.Fitting(estimator="MLR"))
    assert table.loc[0, "verdict"].startswith("holds")
    assert table.loc[1, "cfi_change"] == pytest.approx(table.loc[1, "cfi_robust"] - 1)
