"""Common method bias: a planted method is found and taken out of the paths, none is found where there is none."""

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import ModelError, OptionError
from sexresearch.glossary import COLUMNS
from sexresearch.sem.view import view

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.sem.FitWarning")
SAMPLED = 0.09  # three standard errors of a standardized path from 1,500 answers
TEXT = """
    joy =~ j1 + j2 + j3; ease =~ e1 + e2 + e3; bond =~ b1 + b2 + b3; weather =~ w1 + w2 + w3
    bond ~ joy + ease
"""
LOADS = {1: 1.0, 2: 0.7, 3: 0.4}  # were they equal, a method could not be told from what the constructs share
PATH = 0.4 / np.sqrt(0.4**2 + 0.3**2 + 0.75)  # of joy, standardized


def answers(method: float, n: int = 1500, seed: int = 1) -> pd.DataFrame:
    """Items of four constructs, weather having nothing to do with the others, and a way of asking that colours all."""
    rng = np.random.default_rng(seed)
    joy, ease, weather, way = rng.normal(size=(4, n))
    bond = 0.4 * joy + 0.3 * ease + np.sqrt(0.75) * rng.normal(size=n)
    latent = {"j": joy, "e": ease, "b": bond, "w": weather}
    return pd.DataFrame(
        {
            f"{k}{i}": LOADS[i] * f + method * way + 0.6 * rng.normal(size=n)
            for k, f in latent.items()
            for i in (1, 2, 3)
        }
    )


def part(frame: pd.DataFrame, check: str) -> pd.DataFrame:
    return frame[frame["check"] == check].set_index("path")


def test_a_common_method_is_found_and_taken_out_of_the_paths():
    frame = sx.method_bias(sx.fit(TEXT, answers(0.5)), marker="weather")
    latent, marked = part(frame, "latent_method"), part(frame, "marker")
    assert max(latent.loc["", "pvalue"], marked.loc["", "pvalue"]) < 0.001
    assert latent.loc["", "value"] == pytest.approx(0.5, abs=SAMPLED)
    path = latent.loc["joy → bond"]
    assert path["std_controlled"] == pytest.approx(PATH, abs=SAMPLED)
    assert abs(marked.loc["joy → bond", "std_controlled"] - PATH) < abs(path["std_all"] - PATH)
    assert set(frame.columns) <= set(COLUMNS)


def test_none_is_found_where_there_is_none_and_the_paths_stand():
    frame = sx.method_bias(sx.fit(TEXT, answers(0.0, seed=3)), marker="weather")
    for check in ("latent_method", "marker"):
        own = part(frame, check)
        assert own.loc["", "pvalue"] > 0.01
        assert own.loc["joy → bond", "std_change"] == pytest.approx(0.0, abs=SAMPLED)
        assert own.loc["joy → bond", "verdict"].startswith("Stands")


def test_harman_and_collinearity_equal_their_closed_forms():
    data = answers(0.3)
    results = sx.fit(TEXT, data)
    frame = sx.method_bias(results)
    share = np.linalg.eigvalsh(data.corr().to_numpy())[-1] / 12
    assert part(frame, "harman")["value"].item() == pytest.approx(share)
    cov = sx.fit(TEXT.replace("bond ~ joy + ease", ""), data).parameters.query("op == '~~' and lhs != rhs")
    names = ["joy", "ease", "bond", "weather"]
    R = pd.DataFrame(np.eye(4), index=names, columns=names)
    for lhs, rhs, value in cov[["lhs", "rhs", "std_all"]].to_numpy():
        R.loc[lhs, rhs] = R.loc[rhs, lhs] = value
    vif = np.diag(np.linalg.inv(R.to_numpy()))
    found = part(frame, "collinearity")["value"].reindex(names)
    assert found["joy"] == pytest.approx(vif[0], abs=0.1)


def test_moments_give_what_the_answers_give():
    data = answers(0.4)
    one = sx.method_bias(sx.fit(TEXT, data), marker="weather")
    other = sx.method_bias(sx.fit(TEXT, moments=sx.Moments(data.cov(), len(data))), marker="weather")
    np.testing.assert_allclose(one["std_controlled"], other["std_controlled"], rtol=1e-5)


def test_without_a_marker_or_another_fit_the_rest_stands():
    results = sx.fit(TEXT, answers(0.3, 400))
    assert "no marker" in part(sx.method_bias(results), "marker")["note"].item()
    seen = sx.method_bias(view(results, "test"))
    assert part(seen, "latent_method")["note"].item() == "only Results can be fitted again"
    assert part(seen, "harman")["value"].notna().all()


@pytest.mark.parametrize(
    ("marker", "error", "said"),
    [("rain", ModelError, "marker 'rain' is not in the model"), ("joy", OptionError, "it is tied to bond")],
)
def test_what_is_no_marker_is_refused(marker, error, said):
    with pytest.raises(error, match=said):
        sx.method_bias(sx.fit(TEXT, answers(0.3, 300)), marker=marker)


def test_groups_are_refused():
    data = answers(0.3, 400).assign(g=["a", "b"] * 200)
    with pytest.raises(OptionError, match="one group"):
        sx.method_bias(sx.fit(TEXT, data, group="g"))


def test_a_method_with_a_negative_variance_says_nothing_of_method_and_paths():
    rng = np.random.default_rng(3)
    style, joy, bond = rng.normal(size=(3, 1000, 1))
    content = np.hstack([joy * [1.0, 0.7, 0.4], bond * [1.0, 0.7, 0.4], np.zeros((1000, 3))])
    names = [f"{letter}{i}" for letter in "jbm" for i in (1, 2, 3)]
    data = pd.DataFrame(content + 0.5 * style + rng.normal(0, 0.6, (1000, 9)), columns=names)
    results = sx.fit("joy =~ j1 + j2 + j3; bond =~ b1 + b2 + b3; mark =~ m1 + m2 + m3; bond ~ joy", data)
    frame = sx.method_bias(results, marker="mark")
    lost, marked = part(frame, "latent_method"), part(frame, "marker")
    assert lost.index.tolist() == [""]
    assert "method ~~ method = -" in lost.loc["", "note"]
    assert np.isnan(lost.loc["", "value"])
    assert lost.loc["", "verdict"] == ""
    assert abs(marked.loc["joy → bond", "std_controlled"]) < 0.2 < marked.loc["joy → bond", "std_all"]
