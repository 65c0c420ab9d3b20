"""Priorities: gains by hand, ranks and their probabilities by closed form, costs, money, and what is refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr
from sem_samples import chain_sample

import sexresearch as sx
from sexresearch.chain.deciding.ranks import ranks
from sexresearch.errors import ModelError, OptionError
from sexresearch.glossary import COLUMNS
from sexresearch.sem.view import view

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.sem.FitWarning")
DRAWN = 0.035  # a probability from 2,000 draws, three standard errors
RESAMPLED = 0.15  # a probability from 100 replicates, three standard errors
CHAIN = """
    quality =~ q1 + q2 + q3
    ease    =~ j1 + j2 + j3
    loyal   =~ l1 + l2 + l3
    loyal ~ ease + quality
"""
SCALE = (-5.0, 12.0)


@pytest.fixture(scope="module")
def chain() -> sx.Results:
    return sx.fit(CHAIN, chain_sample())


def two_causes(n: int = 150, spend: float = 1.0) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    joy, ease = rng.normal(size=(2, n))
    return pd.DataFrame({"joy": joy, "ease": ease, "stay": spend * (0.4 * joy + 0.3 * ease + rng.normal(size=n))})


def test_gains_are_importance_times_the_points(chain):
    known = sx.importance(chain, "loyal", SCALE).query("kind == 'construct'").set_index("construct")
    frame = sx.priorities(chain, SCALE, "loyal", points=3).set_index("construct")
    for end in ("", "_ci_lower", "_ci_upper"):
        both = frame[f"gain{end}"], 3 * known[f"importance{end}"].reindex(frame.index)
        np.testing.assert_allclose(*both, rtol=1e-12)
    assert frame["rank"].tolist() == [1.0, 2.0]
    assert frame["gain"].is_monotonic_decreasing
    assert set(frame.columns) | {"construct"} <= set(COLUMNS)


def test_probability_of_the_first_rank_has_a_closed_form_for_two_causes():
    results = sx.fit("stay ~ joy + ease", two_causes())
    frame = sx.priorities(results, (-9, 9), "stay").set_index("construct")
    rows = results.parameters.query("op == '~'").set_index("rhs")["est"]
    cov = results.vcov.iloc[:2, :2].to_numpy()
    wanted = ndtr((rows["joy"] - rows["ease"]) / np.sqrt(cov[0, 0] + cov[1, 1] - 2 * cov[0, 1]))
    assert frame.loc["joy", "p_first"] == pytest.approx(wanted, abs=DRAWN)
    assert frame["p_first"].sum() == pytest.approx(1.0)
    assert (frame["p_top_two"] == 1.0).all()
    assert "not told apart" in frame.loc["joy", "verdict"]
    assert "Not told apart" in frame.loc["ease", "verdict"]
    drawn = sx.priorities(results, (-9, 9), "stay", bootstrap=100, seed=2).set_index("construct")
    assert drawn.loc["joy", "p_first"] == pytest.approx(wanted, abs=RESAMPLED)
    assert "bootstrap replicates" in drawn.loc["joy", "note"]


def test_ranks_share_what_is_equal():
    drawn = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [np.nan, 1.0, 1.0]])
    found = ranks(np.array([1.0, 1.0, 0.0]), drawn)
    assert found.rank.tolist() == [1, 1, 3]
    assert found.used == 2
    assert found.p_first.tolist() == [0.5, 0.5, 0.0]
    assert found.p_top_two.tolist() == [1.0, 1.0, 0.0]


def test_the_cost_of_a_point_decides_where_it_is_given(chain):
    frame = sx.priorities(chain, SCALE, "loyal", cost={"quality": 1.0, "ease": 100.0}).set_index("construct")
    assert frame.loc["quality", "rank"] == 1.0
    assert frame.loc["quality", "p_first"] == 1.0
    np.testing.assert_allclose(frame["gain_per_cost"], frame["importance"] / frame["cost"], rtol=1e-12)
    part = sx.priorities(chain, SCALE, "loyal", cost={"ease": 2}).set_index("construct")
    assert np.isnan(part.loc["quality", "rank"])
    assert "no cost is given" in part.loc["quality", "note"]


@pytest.mark.parametrize("cost", [{"ease": -1.0}, {"ease": float("nan")}, {"ease": float("inf")}])
def test_a_cost_below_zero_is_refused_by_name(chain, cost):
    with pytest.raises(OptionError, match="cost of a point of 'ease' must be a number above 0"):
        sx.priorities(chain, SCALE, "loyal", cost=cost)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cost": {"joy": 1.0}}, "cost names 'joy', not ranked here; ranked are: quality, ease"),
        ({"points": 0}, "points must lie above 0"),
        ({"points": 101}, "points must lie above 0"),
        ({"level": 1.0}, "level must lie between 0 and 1"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"bootstrap": 1}, "needs bootstrap replicates"),
    ],
)
def test_other_options_are_refused_by_name(chain, options, said):
    with pytest.raises(OptionError, match=said):
        sx.priorities(chain, SCALE, "loyal", **options)


def test_an_unknown_target_is_named(chain):
    with pytest.raises(ModelError, match="target 'loyalty' is not in the model"):
        sx.priorities(chain, SCALE, "loyalty")


def test_a_target_without_a_scale_stays_in_its_own_units():
    data = two_causes(spend=100.0)
    results = sx.fit("stay ~ joy + ease", data)
    frame = sx.priorities(results, {"joy": (-9, 9), "ease": (-9, 9)}, "stay", points=1).set_index("construct")
    slopes = results.parameters.query("op == '~'").set_index("rhs")["est"]
    assert frame["unit"].eq("units of stay").all()
    np.testing.assert_allclose(frame["gain"], slopes.reindex(frame.index) * 18 / 100, rtol=1e-9)


def test_a_mediator_is_no_rival_of_its_cause():
    rng = np.random.default_rng(1)
    x, z = rng.normal(size=(2, 200))
    m = x + rng.normal(size=200)
    data = pd.DataFrame({"x": x, "z": z, "m": m, "y": m + z + rng.normal(size=200)})
    results = sx.fit("m ~ x; y ~ m + z", data)
    assert set(sx.priorities(results, (-9, 9), "y")["construct"]) == {"x", "z"}
    named = sx.priorities(results, (-9, 9), "y", constructs=["x", "m"]).set_index("construct")
    assert "runs through m" in named.loc["x", "note"]


def test_groups_are_ranked_apart():
    data = pd.concat([two_causes().assign(g="a"), two_causes(90).assign(g="b")], ignore_index=True)
    frame = sx.priorities(sx.fit("stay ~ joy + ease", data, group="g"), (-9, 9), "stay")
    assert frame["group"].tolist() == ["a", "a", "b", "b"]
    assert frame["rank"].tolist() == [1.0, 2.0, 1.0, 2.0]


def test_what_has_no_draws_has_no_probability_and_says_why():
    results = sx.fit("stay ~ joy + ease", two_causes(), se="none")
    frame = sx.priorities(results, (-9, 9), "stay")
    assert frame["p_first"].isna().all()
    assert frame["note"].str.contains("no standard errors").all()
    lost = sx.priorities(replace(view(results, "test"), converged=False), (-9, 9), "stay")
    assert lost["rank"].isna().all()
    assert lost["note"].str.contains("did not converge").all()


def test_an_inadmissible_solution_has_no_verdict(chain):
    frame = sx.priorities(replace(view(chain, "test"), inadmissible=("negative variance of q1",)), SCALE, "loyal")
    assert frame["verdict"].str.startswith("No verdict").all()


def test_elements_of_the_synthetic_world_carry_their_clauses():
    survey = sx.datasets.load("service_excellence_world")
    model = sx.chain_model(survey.instrument, "full", higher_order="composite")
    frame = sx.priorities(sx.fit(model, survey), survey, "loyalty").set_index("construct")
    assert frame.loc[["culture", "vision"], "clause"].tolist() == ["7.2.1", "7.1.1"]
    assert set(frame.index[:2]) == {"culture", "understanding"}
    assert frame.loc["vision", "p_top_two"] < 0.05
    assert frame.loc["vision", "verdict"].startswith("No priority")


def test_necessity_and_class_stand_beside_each_lever(chain):
    frame = sx.priorities(chain, SCALE, "loyal").set_index("construct")
    needed = (
        sx.necessity(chain, "loyal", scale=SCALE, permutations=0).query("ceiling == 'ce_fdh'").set_index("condition")
    )
    classed = sx.penalty_reward(chain, "loyal", scale=SCALE).set_index("attribute")
    np.testing.assert_allclose(frame["d"], needed["d"].reindex(frame.index))
    assert frame["kind"].tolist() == classed["kind"].reindex(frame.index).tolist()


def test_no_probability_from_draws_is_called_certain():
    """One effect is far beyond the other, so that it is ahead in every draw."""
    rng = np.random.default_rng(1)
    joy, ease = rng.normal(size=(2, 300))
    data = pd.DataFrame({"joy": joy, "ease": ease, "stay": joy + 0.3 * ease + 0.5 * rng.normal(size=300)})
    frame = sx.priorities(sx.fit("stay ~ joy + ease", data), (-9, 9), "stay")
    assert frame["p_first"].tolist() == [1.0, 0.0]
    assert frame["verdict"].tolist() == [
        "First priority: probability of being ahead of ease > .99 is above .95.",
        "Behind the first: probability that joy is ahead of it > .99 is above .95.",
    ]
