"""What is said of rival models follows from data: relations, outcomes and admissible solutions, never from words."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.chain.views.rivals import FittedView, rivals_sentence
from sexresearch.chain.views.view_verdicts import verdict

FOLDER = Path(__file__).parents[1] / "reference"
CLOSE = 1e-9  # relative: the same fits twice
TWO = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6"
EQUAL = "f =~ x1 + 1*x2 + x3\ng =~ x4 + x5 + x6"


@pytest.fixture(scope="module")
def demo():
    return sx.datasets.load("service_excellence_demo")


@pytest.fixture(scope="module")
def robust(demo):
    return sx.compare_rivals(demo, ["full", "core", "reversed"], fitting=sx.Fitting(estimator="mlr", missing="ml"))


@pytest.mark.parametrize("estimator", ["ML", "MLM", "MLR"])
def test_a_nested_rival_is_never_tested_as_if_it_were_not(estimator):
    heavy = pd.read_csv(FOLDER / "comparing" / "heavy_tails.csv")
    fits = {name: sx.fit(text, heavy, estimator=estimator) for name, text in (("two", TWO), ("equal", EQUAL))}
    found = verdict("equal", fits)
    assert (found["test"], found["df_diff"], found["outcome"]) == ("nested", 1, "fails")
    assert found["chisq_diff"] == pytest.approx(sx.compare(*fits.values())["chisq_diff"][1], rel=CLOSE)
    assert verdict("two", {"equal": fits["equal"], "two": fits["two"]})["outcome"] == "doubtful"


def test_a_nested_rival_without_a_test_is_not_compared():
    heavy = pd.read_csv(FOLDER / "comparing" / "heavy_tails.csv")
    fits = {"two": sx.fit(TWO, heavy), "equal": sx.fit(EQUAL, heavy, estimator="MLR")}
    found = verdict("equal", fits)
    assert (found["test"], found["outcome"]) == ("", "not_computable")
    assert "different estimators" in str(found["verdict"])


def test_outcomes_are_data(robust, demo):
    outcomes = robust.set_index("model")["outcome"]
    assert outcomes.tolist()[0] == "holds"
    assert set(outcomes) <= {"holds", "doubtful", "fails", "not_computable"}
    same = sx.compare_rivals(demo, ["core", "reversed"])
    assert same["outcome"].tolist() == ["holds", "holds"]


def test_the_sentence_reads_no_sentences(robust):
    mute = robust.assign(verdict="fits worse", note="fits worse", test="")
    assert rivals_sentence(mute) == rivals_sentence(robust)
    turned = robust.assign(outcome=["holds", "doubtful", "doubtful"], equivalent="")
    assert "They do not decide between it and" in rivals_sentence(turned)


def test_measures_are_those_the_estimator_calls_for(robust, demo):
    row = robust.set_index("model").loc["full"]
    results = sx.fit(sx.chain_model(demo.instrument, "full"), demo, estimator="MLR", missing="fiml")
    assert row["rmsea"] == pytest.approx(results.fit_measures["rmsea_robust"], rel=CLOSE)
    assert row["chisq"] == pytest.approx(results.fit_measures["chisq_scaled"], rel=CLOSE)
    assert "chisq scaled (Yuan–Bentler, Mplus variant)" in row["note"]


@pytest.mark.filterwarnings("ignore:the model is saturated")
def test_an_inadmissible_solution_is_no_rival():
    cov = pd.DataFrame([[1, 0.9, 0.5], [0.9, 1, 0.3], [0.5, 0.3, 1]], index=list("abc"), columns=list("abc"))
    with pytest.warns(sx.FitWarning, match="negative variance"):
        results = sx.fit("joy =~ a + b + c", moments=sx.Moments(cov, 200))
    rival = FittedView("improper", results)
    assert rival.solution is results
    assert not rival.usable
    assert verdict("improper", {})["outcome"] == "not_computable"


def test_without_an_admissible_solution_nothing_is_decided():
    rows = {"model": ["a", "b"], "bic": [1.0, 2.0], "bic_weight": np.nan, "equivalent": "", "outcome": "not_computable"}
    assert rivals_sentence(pd.DataFrame(rows)) == "The data decide nothing here: no model has an admissible solution."
