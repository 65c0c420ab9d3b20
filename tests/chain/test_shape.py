"""Shapes of an effect: planted ones are found, measurement error is corrected for, thresholds lie in their interval."""

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.chain.deciding.calibrated import above
from sexresearch.errors import ModelError, OptionError
from sexresearch.glossary import COLUMNS

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.sem.FitWarning")
SAMPLED = 0.08  # three standard errors of a coefficient from 3,000 answers
SHAPES = {
    "straight": lambda f: 0.5 * f,
    "diminishing": lambda f: 0.6 * f - 0.2 * f**2,
    "threshold": lambda f: 0.1 * f + 1.0 * np.maximum(f - 0.5, 0),
    "cubic": lambda f: 0.7 * f - 0.15 * f**3,
}


def sample(shape: str, n: int = 3000, seed: int = 1) -> pd.DataFrame:
    """Three noisy items of joy, of bond (reliability about .7), and of mood, which strengthens joy."""
    rng = np.random.default_rng(seed)
    joy, mood = rng.normal(size=(2, n))
    bond = SHAPES.get(shape, lambda f: 0.5 * f + 0.3 * mood + 0.25 * f * mood)(joy) + 0.4 * rng.normal(size=n)
    latent = {"j": joy, "b": bond, "m": mood}
    return pd.DataFrame({f"{k}{i}": f + 1.0 * rng.normal(size=n) for k, f in latent.items() for i in (1, 2, 3)})


def fitted(shape: str, n: int = 3000, seed: int = 1) -> sx.Results:
    text = "joy =~ j1 + j2 + j3; mood =~ m1 + m2 + m3; bond =~ b1 + b2 + b3; bond ~ joy + mood"
    return sx.fit(text, sample(shape, n, seed))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_planted_shape_has_the_least_bic(shape):
    frame = sx.shape(fitted(shape), "joy", "bond").set_index("shape")
    assert frame["bic"].idxmin() == shape
    assert frame.loc[shape, "verdict"].startswith("Best")
    assert set(frame.columns) <= set(COLUMNS)


def test_slopes_and_bends_are_free_of_measurement_error():
    frame = sx.shape(fitted("diminishing"), "joy", "bond").set_index("shape")
    assert frame.loc["diminishing", "slope"] == pytest.approx(0.6, abs=SAMPLED)
    assert frame.loc["diminishing", "bend"] == pytest.approx(-0.2, abs=SAMPLED)
    cubic = sx.shape(fitted("cubic"), "joy", "bond").set_index("shape").loc["cubic"]
    assert cubic["bend"] == pytest.approx(-0.15, abs=SAMPLED)
    knot = sx.shape(fitted("threshold"), "joy", "bond").set_index("shape").loc["threshold"]
    assert knot["threshold_ci_lower"] <= 0.5 <= knot["threshold_ci_upper"]
    assert knot["bend"] == pytest.approx(1.0, abs=3 * SAMPLED)


def test_a_straight_line_is_the_path_of_the_model():
    results = fitted("straight")
    path = results.parameters.query("lhs == 'bond' and rhs == 'joy' and op == '~'")["est"].item()
    frame = sx.shape(results, "joy", "bond").set_index("shape")
    assert frame.loc["straight", "slope"] == pytest.approx(path, abs=SAMPLED / 4)


def test_a_moderator_is_found_by_the_same_route():
    frame = sx.shape(fitted("moderated"), "joy", "bond", moderator="mood").set_index("shape")
    assert frame["bic"].idxmin() == "moderated"
    assert frame.loc["moderated", "bend"] == pytest.approx(0.25, abs=SAMPLED)
    none = sx.shape(fitted("straight"), "joy", "bond", moderator="mood").set_index("shape").loc["moderated"]
    assert none["bend_ci_lower"] < 0 < none["bend_ci_upper"]


def test_what_lies_above_a_knot_equals_the_mean_of_many_draws():
    drawn = 0.3 + 0.7 * np.random.default_rng(1).standard_normal(400_000)
    assert above(np.array([0.3]), 0.49, 0.5)[0] == pytest.approx(np.maximum(drawn - 0.5, 0).mean(), abs=0.003)


def test_units_of_the_data_carry_over():
    data = sample("threshold")
    text = "joy =~ j1 + j2 + j3; bond =~ b1 + b2 + b3; bond ~ joy"
    one, other = (sx.shape(sx.fit(text, own), "joy", "bond").set_index("shape") for own in (data, 10 * data))
    assert other.loc["threshold", "threshold"] == pytest.approx(10 * one.loc["threshold", "threshold"], rel=1e-4)
    np.testing.assert_allclose(one["slope"], other["slope"], rtol=1e-4)
    assert other.loc["diminishing", "bend"] == pytest.approx(one.loc["diminishing", "bend"] / 10, rel=1e-4)


def test_few_respondents_have_no_shape():
    frame = sx.shape(sx.fit("b1 ~ j1", sample("straight", 40)), "j1", "b1")
    assert frame["bic"].isna().all()
    assert frame["note"].str.contains("at least 50 are needed").all()


def test_a_cause_of_two_values_is_straight_only():
    data = sample("straight", 300)
    frame = sx.shape(sx.fit("b1 ~ half", data.assign(half=1.0 * (data["j1"] > 0))), "half", "b1").set_index("shape")
    assert np.isfinite(frame.loc["straight", "bic"])
    assert frame.loc[["diminishing", "threshold", "cubic"], ["bic", "threshold"]].isna().all(axis=None)
    assert frame.loc["cubic", "note"].startswith("the cause takes too few values")


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        (("fun", "bond"), ModelError, "cause 'fun' is not in the model"),
        (("joy", "joy"), OptionError, "cause, effect and moderator are three variables"),
        (("joy", "bond", "fun"), ModelError, "moderator 'fun' is not in the model"),
    ],
)
def test_bad_input_is_named(asked, error, said):
    with pytest.raises(error, match=said):
        sx.shape(fitted("straight", 200), *asked)


def test_groups_and_moments_are_refused():
    data = sample("straight", 200)[["j1", "b1"]]
    with pytest.raises(OptionError, match="one group"):
        sx.shape(sx.fit("b1 ~ j1", data.assign(g=["a", "b"] * 100), group="g"), "j1", "b1")
    with pytest.raises(ModelError, match="moments hold none"):
        sx.shape(sx.fit("b1 ~ j1", moments=sx.Moments(data.cov(), 200)), "j1", "b1")
