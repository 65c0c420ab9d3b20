"""Invariance of models whose own text identifies or restricts their constructs: every step is lavaan's, and `fit`'s."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.chain.invariance.identification import means_at_zero, scaled_by_text
from sexresearch.chain.invariance.invariance_design import FitSource, Groups
from sexresearch.chain.invariance.latent_means import ComparedConstructs
from sexresearch.sem import Model

FOLDER = Path(__file__).parents[1] / "reference"
CASES = pd.read_csv(FOLDER / "measurement" / "identification.csv").set_index("case")
VALUES = pd.read_csv(FOLDER / "measurement" / "identification_values.csv")
SAME = 2e-5  # relative; lavaan stops its iterations that far from the minimum
ORDERED = 2e-4  # lavaan's polychoric correlations are good to 1e-5
STEPS = {"configural": [], "metric": ["loadings"], "scalar": ["loadings", "intercepts"]}
STEPS |= {"strict": ["loadings", "intercepts", "residuals"]}


@pytest.fixture(scope="module")
def answers():
    return pd.read_csv(FOLDER / "data" / "groups.csv")


@pytest.fixture(scope="module")
def codes():
    return pd.read_csv(FOLDER / "measurement" / "ordered_groups.csv")


@pytest.mark.parametrize("case", CASES.index)
def test_every_step_is_that_of_lavaan(case, answers, codes):
    model, ordered = CASES.loc[case, ["model", "ordered"]]
    fitting = sx.Fitting(ordered=ordered or None)
    table = sx.invariance(model, codes if ordered else answers, group="region", fitting=fitting)
    table, tolerance = table.set_index("step"), ORDERED if ordered else SAME
    expected = VALUES[(VALUES["case"] == case) & VALUES["what"].isin(table.columns)]
    assert len(expected) >= 20
    for row in expected.itertuples():
        assert table.loc[row.step, row.what] == pytest.approx(row.value, rel=tolerance, abs=tolerance), row


OWN = [case for case in CASES[~CASES["ordered"]].index if scaled_by_text(Model(CASES.loc[case, "model"]))]


@pytest.mark.parametrize("case", OWN)
def test_latent_means_are_in_the_units_of_the_text(case, answers):
    design = Groups(Model(CASES.loc[case, "model"]), FitSource(answers, None, sx.Fitting(estimator="ML")), "region")
    (difference, se), _ = ComparedConstructs(design.fit(STEPS["scalar"], ()), ("visual", 0), ("visual", 1)).estimates
    expected = VALUES[(VALUES["case"] == case) & (VALUES["step"] == "scalar")].set_index("what")["value"]
    if case == "means in the text":  # free in every group there, so that the difference is one of two means
        return
    assert (difference, se) == pytest.approx(tuple(expected[["visual_mean", "visual_se"]]), rel=1e-3)


def test_every_step_is_fit_of_the_text_with_group_equal(answers):
    model = "visual =~ x1 + a*x2 + x3\nverbal =~ x4 + a*x5 + x6\nvisual ~~ v*visual\nverbal ~~ v*verbal"
    table = sx.invariance(model, answers, group="region").set_index("step")
    for step, equal in STEPS.items():
        fit = sx.fit(model, answers, group="region", group_equal=equal, meanstructure=True)
        assert table.loc[step, "chisq"] == pytest.approx(fit.fit_measures["chisq"], rel=SAME)
        assert table.loc[step, "df"] == fit.fit_measures["df"]
    assert table["df_diff"].notna().sum() == 3


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("f =~ a + b + c; g =~ d + e + h", False),
        ("f =~ a + start(0.5)*b + c", False),
        ("f =~ a + b + c; g =~ d + e + h; f ~~ 0*g", False),
        ("f =~ a + b + c; f ~ 0*1; a ~~ r*a; b ~~ r*b; a ~ i*1; b ~ i*1", False),
        ("f =~ a + b + c; f ~~ 0*f", True),
        ("f =~ a + k*b + c", True),
        ("f =~ a + lower(0.2)*b + c", True),
        ("f =~ NA*a + b + c; f ~~ 1*f", True),
        ("f =~ a + b + c; g =~ d + e + h; f ~~ c(k, k)*g", True),
        ("f =~ a + b + c; g =~ d + e + h; g ~ 0.5*f", True),
        ("f =~ a + b + c; f ~ m*1", True),
        ("f =~ a + b + c; a ~~ r*a; r > 0", True),
    ],
)
def test_a_restriction_that_depends_on_the_units_of_a_construct_is_seen(text, own):
    assert scaled_by_text(Model(text)) is own


def test_means_of_higher_constructs_are_left_to_a_text_that_speaks_of_them():
    text = "f =~ a + b + c; g =~ d + e + h; top =~ f + g"
    assert means_at_zero(Model(text)) == ["top ~ 0*1"]
    assert means_at_zero(Model(text + "; top ~ NA*1; f ~ 0*1")) == []
    assert means_at_zero(Model(text + "; f ~ 0*1")) == []


def test_a_marker_is_one_of_the_items_that_stay_equal():
    rng = np.random.default_rng(5)
    data = pd.DataFrame(rng.normal(size=(900, 1)) + 0.6 * rng.normal(size=(900, 3)), columns=list("abc"))
    data["brand"] = np.repeat(["one", "two", "three"], 300)
    data["c"] += 1.0 * data["a"] * (data["brand"] == "two")
    table = sx.invariance("joy =~ 1*a + b + c", data, group="brand", partial=True)
    assert "joy =~ c" in table["released"].sum()
