"""Penalties and rewards against statsmodels, classes with their probabilities, splines, latent scores; Kano by hand."""

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.chain.deciding.asymmetry import KINDS, probabilities
from sexresearch.errors import DataError, ModelError, OptionError
from sexresearch.glossary import COLUMNS

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.sem.FitWarning")
EXACT = 1e-9  # two programs, one formula
DRAWN = 0.012  # a probability from 20,000 draws, three standard errors
SAMPLED = 0.25  # three standard errors of a coefficient of 1,000 answers
KNOWN = {"basic": (-1.0, 0.0), "excite": (0.0, 1.0), "perform": (-0.7, 0.7), "decoy": (0.0, 0.0)}


def rated(n: int = 1000, seed: int = 1, answers: int = 5) -> pd.DataFrame:
    """Answers from 1 to `answers`, and joy with the penalties and rewards of `KNOWN`."""
    rng = np.random.default_rng(seed)
    data = pd.DataFrame(rng.integers(1, answers + 1, size=(n, len(KNOWN))), columns=list(KNOWN))
    points = 100 * (data - 1) / (answers - 1)
    parts = [low * (points[name] <= 25) + high * (points[name] >= 75) for name, (low, high) in KNOWN.items()]
    return data.assign(joy=np.sum(parts, axis=0) + rng.normal(size=n))


def test_penalties_and_rewards_equal_ordinary_least_squares_with_hc3_errors():
    sm = pytest.importorskip("statsmodels.api")
    data = rated()
    data["joy"] *= 1 + (data["basic"] == 1)  # another spread at one end
    frame = sx.penalty_reward(data, "joy")
    design = [side for name in KNOWN for side in (data[name] <= 2, data[name] >= 4)]
    ols = sm.OLS(data["joy"], np.column_stack([np.ones(len(data)), *design]).astype(float)).fit(cov_type="HC3")
    limits = ols.conf_int().to_numpy()[1:]
    for j, name in enumerate(("penalty", "reward")):
        np.testing.assert_allclose(frame[name], ols.params.to_numpy()[1:][j::2], rtol=EXACT)
        np.testing.assert_allclose(frame[[f"{name}_ci_lower", f"{name}_ci_upper"]], limits[j::2], rtol=EXACT)
    assert set(frame.columns) <= set(COLUMNS)


@pytest.mark.parametrize("answers", [3, 5, 7, 10])
@pytest.mark.parametrize("curve", ["dummies", "spline"])
def test_planted_classes_are_found_on_every_scale(answers, curve):
    frame = sx.penalty_reward(rated(answers=answers), "joy", curve=curve).set_index("attribute")
    assert frame["kind"].to_dict() == {
        "basic": "basic",
        "excite": "excitement",
        "perform": "performance",
        "decoy": "none",
    }
    np.testing.assert_allclose(frame[[f"p_{kind}" for kind in KINDS]].sum(axis=1), 1.0)
    if curve == "dummies":
        np.testing.assert_allclose(frame[["penalty", "reward"]], list(KNOWN.values()), atol=SAMPLED)


def test_probabilities_of_the_classes_have_a_closed_form_where_one_index_is_known():
    """With the reward at 1 and sure, the class turns on the penalty alone: at 1/2 and at 2."""
    from scipy.special import ndtr

    found = probabilities(np.array([-2.0, 1.0]), np.diag([0.25, 1e-12]), 1.0, np.random.default_rng(1))
    below, above = ndtr((0.5 - 2.0) / 0.5), ndtr((2.0 - 2.0) / 0.5)
    np.testing.assert_allclose(found, [1 - above, above - below, below, 0.0], atol=DRAWN)


def test_an_end_of_the_scale_that_few_choose_has_no_index_and_the_rest_stands():
    data = rated()
    data["basic"] = data["basic"].clip(lower=4)
    frame = sx.penalty_reward(data, "joy", scale=dict.fromkeys(KNOWN, (1, 5)) | {"joy": (-9, 9)}).set_index("attribute")
    assert frame.loc["basic", ["penalty", "reward", "probability"]].isna().all()
    assert "0 of 1000 rate it low" in frame.loc["basic", "note"]
    assert frame.loc["basic", "kind"] == frame.loc["basic", "verdict"] == ""
    assert frame.loc["excite", "kind"] == "excitement"


def test_all_answers_at_the_ceiling_have_no_index():
    frame = sx.penalty_reward(rated().assign(basic=5), "joy").set_index("attribute")
    assert np.isnan(frame.loc["basic", "penalty"])
    assert "all answers are the same" in frame.loc["basic", "note"]


def test_an_attribute_that_repeats_another_says_so():
    data = rated()
    frame = sx.penalty_reward(data.assign(again=data["basic"])[["basic", "again", "joy"]], "joy").set_index("attribute")
    assert frame.loc["basic", "kind"] == "basic"
    assert "follow from those of other attributes" in frame.loc["again", "note"]


def test_gaps_are_counted():
    data = rated().astype(float)
    data.loc[:9, "decoy"] = np.nan
    assert sx.penalty_reward(data, "joy")["note"].str.contains("10 of 1000 respondents left out").all()


def fitted() -> sx.Results:
    rng = np.random.default_rng(2)
    quality, ease = rng.normal(size=(2, 800))
    joy = 0.9 * np.minimum(quality, 0) + 0.9 * np.maximum(ease, 0) + 0.3 * rng.normal(size=800)
    items = {
        f"{name}{i}": f + 0.4 * rng.normal(size=800)
        for name, f in (("q", quality), ("e", ease), ("j", joy))
        for i in "123"
    }
    text = "quality =~ q1 + q2 + q3; ease =~ e1 + e2 + e3; joy =~ j1 + j2 + j3; joy ~ quality + ease"
    return sx.fit(text, (5 + 1.5 * pd.DataFrame(items)).round().clip(1, 9))


@pytest.mark.parametrize("scores", ["composite", "latent"])
def test_a_fit_gives_its_levers_by_either_score(scores):
    frame = sx.penalty_reward(fitted(), "joy", scale=(1, 9), scores=scores).set_index("attribute")
    assert frame.loc["quality", "p_basic"] > 0.9
    assert frame.loc["ease", "p_excitement"] > 0.9
    assert frame.loc["quality", "unit"] == ("points" if scores == "latent" else "units of joy")


def test_a_survey_gives_the_elements_of_the_standard():
    survey = sx.datasets.load("service_excellence_world")
    frame = sx.penalty_reward(survey, "satisfaction")
    assert len(frame) == 9
    assert frame.loc[0, "attribute"] == "vision"


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"target": "fun"}, DataError, "'fun' is neither a construct nor a column"),
        ({"attributes": ["fun"]}, DataError, "'fun' is neither a construct nor a column"),
        ({"attributes": ["joy"]}, OptionError, "'joy' is the target"),
        ({"scores": "latent"}, OptionError, "needs the results of a fit"),
        ({"scores": "sum"}, OptionError, "scores 'sum' is not known"),
        ({"curve": "line"}, OptionError, "curve 'line' is not known"),
        ({"lines": (80, 20)}, OptionError, "two rising numbers"),
        ({"level": 2}, OptionError, "level must lie between 0 and 1"),
        ({"scale": (2, 5)}, DataError, "off the scale"),
    ],
)
def test_bad_input_is_named(options, error, said):
    with pytest.raises(error, match=said):
        sx.penalty_reward(rated(60), **({"target": "joy"} | options))


def test_moments_hold_no_ratings():
    moments = sx.Moments(pd.DataFrame(np.eye(2), index=["a", "b"], columns=["a", "b"]), nobs=100)
    with pytest.raises(ModelError, match="moments hold none"):
        sx.penalty_reward(sx.fit("b ~ a", moments=moments), "b")


def test_kano_classes_equal_the_count_by_hand():
    answers = [(1, 5)] * 30 + [(1, 3)] * 10 + [(3, 5)] * 8 + [(2, 2)] * 7 + [(5, 1)] * 3 + [(1, 1)] * 2
    data = pd.DataFrame(answers, columns=["with", "without"])
    row = sx.kano(data, {"gift": ("with", "without")}).iloc[0]
    counts = {"one_dimensional": 30, "attractive": 10, "must_be": 8, "indifferent": 7, "reverse": 3, "questionable": 2}
    assert {name: row[f"share_{name}"] for name in counts} == pytest.approx({k: v / 60 for k, v in counts.items()})
    assert (row["kind"], row["runner_up"]) == ("one_dimensional", "attractive")
    assert (row["better"], row["worse"]) == pytest.approx((40 / 55, -38 / 55))
    assert row["z"] == pytest.approx(20 / np.sqrt(40 * 80 / 120))
    assert set(row.index) <= set(COLUMNS)


def test_kano_says_where_two_classes_are_not_told_apart_and_where_there_are_too_few():
    near = pd.DataFrame([(1, 5)] * 20 + [(1, 3)] * 18, columns=["with", "without"])
    assert "not told apart" in sx.kano(near, {"gift": ("with", "without")}).loc[0, "verdict"]
    few = sx.kano(near.head(20), {"gift": ("with", "without")}).iloc[0]
    assert few["kind"] == ""
    assert "20 respondents answered both questions" in few["note"]


@pytest.mark.parametrize(
    ("pairs", "said"),
    [({}, "two columns by attribute"), ({"a": "with"}, "takes two columns"), ({"a": ("with", "gone")}, "gone")],
)
def test_kano_refuses_what_is_no_pair(pairs, said):
    data = pd.DataFrame({"with": [1] * 40, "without": [3] * 40})
    with pytest.raises(sx.errors.SexresearchError, match=said):
        sx.kano(data, pairs)


def test_kano_refuses_answers_off_its_scale():
    with pytest.raises(DataError, match="with: answers must be 1, 2, 3, 4 or 5; found 7"):
        sx.kano(pd.DataFrame({"with": [7] * 40, "without": [3] * 40}), {"gift": ("with", "without")})


@pytest.mark.parametrize(("value", "why"), [(7.0, "all answers are the same"), (np.nan, "nobody answered it")])
def test_an_attribute_that_tells_nothing_is_missing_and_the_rest_stands(value, why):
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"queue": rng.integers(1, 6, 300), "gift": value, "joy": rng.normal(size=300)})
    frame = sx.penalty_reward(data.astype(float), "joy").set_index("attribute")
    assert why in frame.loc["gift", "note"]
    assert np.isnan(frame.loc["gift", "penalty"])
    assert np.isfinite(frame.loc["queue", ["penalty", "reward"]].astype(float)).all()
    target = sx.penalty_reward(data.assign(joy=value).astype(float), "joy", attributes=["queue"])
    assert f"joy: {why}" in target["note"].item()
    assert target[["penalty", "kind"]].isin([np.nan, ""]).all(axis=None)


def test_the_outcome_says_whether_a_class_is_stated_without_reserve():
    frame = sx.penalty_reward(rated(), "joy")
    assert (frame["outcome"] == np.where(frame["probability"] >= 0.95, "holds", "doubtful")).all()
    assert frame["verdict"].str.startswith("Most likely").eq(frame["outcome"] == "doubtful").all()
    few = sx.penalty_reward(rated().head(60), "joy")
    assert few["outcome"].eq("not_computable").eq(few["kind"] == "").all()
    assert (few["outcome"] == "not_computable").any()
