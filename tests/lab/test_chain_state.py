"""The state behind the live chain: its numbers are those of the public functions, and wishes that fail are said."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import ModelError, OptionError
from sexresearch.lab.live_panel import WAITING, panel

TEXT = """
excellence =~ core1 + core2 + core3 + core4
experience =~ exper1 + exper2 + exper3
delight =~ val1 + val2 + val3
satisfaction =~ sat1 + sat2 + sat3
loyalty =~ remain + recommend + repurchase
success =~ wallet + recommendations + retained
experience ~ excellence
delight ~ b*experience
satisfaction ~ excellence
loyalty ~ delight + satisfaction
success ~ loyalty
twice := 2*b
"""
SURVEY = sx.datasets.load("service_excellence_demo")
RESULTS = sx.fit(TEXT, SURVEY)
BY_HAND = TEXT.replace("loyalty ~ delight", "loyalty ~ 0*delight")


def run(code: str, names: dict[str, object]) -> dict[str, object]:
    """What the names are after the exported code."""
    exec(code, names)
    return names


def test_a_slider_says_what_what_if_says():
    lab = sx.lab.chain(RESULTS, SURVEY)
    lab.move("delight", 5)
    lab.move("loyalty", -2)
    expected = sx.what_if(RESULTS, {"delight": 5.0, "loyalty": -2.0}, SURVEY)
    pd.testing.assert_frame_equal(lab.predicted, expected)


def test_dropping_an_arrow_is_the_fit_with_the_arrow_at_zero():
    lab = sx.lab.chain(RESULTS, SURVEY)
    lab.drop("delight", "loyalty")
    expected = sx.fit(BY_HAND, SURVEY)
    assert lab.results.fit_measures["chisq"] == expected.fit_measures["chisq"]
    assert lab.comparison["df_diff"].iloc[1] == 1
    assert lab.comparison["pvalue"].iloc[1] == sx.compare(RESULTS, expected)["pvalue"].iloc[1]
    lab.add("delight", "loyalty")
    assert lab.results is RESULTS


def test_adding_an_arrow_is_the_fit_of_the_longer_text():
    lab = sx.lab.chain(RESULTS, SURVEY)
    lab.add("excellence", "loyalty")
    expected = sx.fit(TEXT + "\nloyalty ~ excellence", SURVEY)
    assert lab.results.fit_measures["chisq"] == pytest.approx(expected.fit_measures["chisq"], rel=1e-9)
    lab.drop("excellence", "loyalty")
    assert lab.results is RESULTS


@pytest.mark.parametrize(
    "options", [{}, {"group": "brand", "group_equal": ["loadings"]}, {"estimator": "MLM"}, {"missing": "fiml"}]
)
def test_exported_code_gives_the_same_numbers(options):
    results = sx.fit(TEXT, SURVEY, **options)
    lab = sx.lab.chain(results, SURVEY)
    lab.drop("satisfaction", "loyalty")
    lab.move("experience", 3.5)
    after = run(lab.code, {"results": results, "survey": SURVEY})["results_now"]
    pd.testing.assert_frame_equal(after.parameters, lab.results.parameters)
    pd.testing.assert_series_equal(after.fit_measures, lab.results.fit_measures)


def test_a_fit_to_moments_is_tried_out_too():
    items = list(RESULTS.observed)
    answers = SURVEY.answers[items].dropna()
    moments = sx.Moments(answers.cov(), nobs=len(answers))
    results = sx.fit(TEXT, moments=moments)
    lab = sx.lab.chain(results, (1, 7))
    lab.drop("delight", "loyalty")
    expected = sx.fit(BY_HAND, moments=moments)
    assert lab.results.fit_measures["chisq"] == pytest.approx(expected.fit_measures["chisq"], rel=1e-9)
    after = run(lab.code, {"results": results})["results_now"]
    np.testing.assert_allclose(after.parameters["est"], lab.results.parameters["est"], rtol=1e-9)


def test_a_slider_stays_on_the_scale():
    lab = sx.lab.chain(RESULTS, SURVEY)
    lowest, highest = lab.state.limits("delight")
    assert (highest - lowest) == pytest.approx(100)
    with pytest.raises(OptionError, match=r"delight stands at .* of 100, so it moves by"):
        lab.move("delight", highest + 0.1)
    with pytest.raises(ModelError, match="did you mean 'delight'"):
        lab.move("deligt", 1)


def test_what_cannot_be_fitted_is_said_and_nothing_changes():
    x, e = np.random.default_rng(1).normal(size=(2, 100))
    results = sx.fit("stay ~ joy", pd.DataFrame({"joy": x, "stay": x + e}))
    lab = sx.lab.chain(results, (-9, 9))
    lab.add("stay", "joy")
    assert lab.state.message.startswith("The model with stay → joy cannot be fitted: ")
    assert lab.state.message.endswith("What is shown is the chain before.")
    assert lab.results is results


def test_a_model_that_stops_converging_is_said(monkeypatch):
    lab = sx.lab.chain(RESULTS, SURVEY)
    monkeypatch.setattr("sexresearch.lab.chain_state.refitted", lambda results, model: SimpleNamespace(converged=False))
    lab.drop("delight", "loyalty")
    said = "The model without delight → loyalty did not converge. What is shown is the chain before."
    assert lab.state.message == said
    assert lab.results is RESULTS


def test_groups_and_units_are_chosen():
    results = sx.fit(TEXT, SURVEY, group="brand")
    lab = sx.lab.chain(results, SURVEY)
    lab.show(group="luxury", standardized=False)
    shown = results.parameters.query("lhs == 'loyalty' and rhs == 'delight' and group == 'luxury'")["est"].iloc[0]
    arrow = next(arrow for arrow in lab._scene()["arrows"] if arrow["key"] == "delight→loyalty")
    assert arrow["text"] == f"{shown:.2f}"
    with pytest.raises(OptionError, match="its groups are: low-budget, premium, luxury"):
        lab.show(group="cheap")


def test_the_drawing_is_plain_data_with_labels_and_wordings():
    scene = sx.lab.chain(RESULTS, SURVEY)._scene()
    json.dumps(scene, allow_nan=False)
    node = next(node for node in scene["nodes"] if node["name"] == "delight")
    item = next(item for item in SURVEY.instrument.items if item.name == "val1")
    assert item.wording in node["items"][0]
    assert node["r2"] == f"R² = {RESULTS.r_squared['delight']:.2f}"


def test_outside_of_a_notebook_there_is_a_picture_and_a_sentence():
    lab = sx.lab.chain(RESULTS, SURVEY)
    page = lab._repr_html_()
    assert "data:image/png;base64," in page
    assert "live one" in page
    assert repr(lab) == "ChainLab(6 constructs, as fitted); a live drawing in JupyterLab"


def test_a_saved_notebook_that_is_not_trusted_shows_a_sentence_and_no_address():
    pytest.importorskip("anywidget")
    made = panel("chain", {}, lambda asked: None)
    assert made._repr_mimebundle_()[0]["text/plain"] == WAITING


def test_ordered_items_have_no_points_and_say_so():
    data = SURVEY.answers[["val1", "val2", "val3", "remain", "recommend", "repurchase"]].dropna()
    text = "delight =~ val1 + val2 + val3; loyalty =~ remain + recommend + repurchase; loyalty ~ delight"
    results = sx.fit(text, data, ordered=True)
    scene = sx.lab.chain(results)._scene()
    assert [slider["can"] for slider in scene["sliders"]] == [False, False]
    assert "ordered items have categories and no points" in scene["sliders"][0]["why"]


def test_what_is_no_chain_is_refused():
    with pytest.raises(ModelError, match="no regressions"):
        sx.lab.chain(sx.fit("delight =~ val1 + val2 + val3", SURVEY))
    with pytest.raises(OptionError, match="Results of a fit"):
        sx.lab.chain("nonsense")
