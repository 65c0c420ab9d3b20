"""Importance and what-if at two levels: by hand, at the level that holds both, with the means where they stand."""

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import ModelError

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.FitWarning")
TEXT = """level: 1
joy =~ y1 + y2 + y3
stay ~ joy + x
level: 2
joyb =~ y1 + y2 + y3
stay ~ joyb
joyb ~ staff
"""
SCALE, POINTS = (-10.0, 30.0), 2.5  # per unit of an answer
EXACT = 1e-9  # relative
SAMPLING = 0.5  # points: of a mean of 12 against its estimate by weighted clusters


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    branch = np.repeat(np.arange(80), rng.integers(5, 12, 80))
    staff, n = rng.normal(size=80), len(branch)
    joy_b = 0.5 * staff + 0.6 * rng.normal(size=80)
    joy, x = rng.normal(size=n), 3 + rng.normal(size=n)
    stay = 10 + 0.4 * joy + x + (0.7 * joy_b + 0.4 * rng.normal(size=80))[branch] + 0.6 * rng.normal(size=n)
    noise = 0.7 * rng.normal(size=(n, 3)) + 0.4 * rng.normal(size=(80, 3))[branch]
    items = 12 + (joy + joy_b[branch])[:, None] * [1, 0.8, 1.2] + noise
    frame = pd.DataFrame(items, columns=["y1", "y2", "y3"])
    return frame.assign(x=x, stay=stay, staff=4 + staff[branch], branch=branch, region=np.where(branch % 2, "n", "s"))


@pytest.fixture(scope="module")
def results(data) -> sx.Results:
    return sx.fit(TEXT, data, cluster="branch")


def index_of(results: sx.Results, construct: str) -> tuple[pd.Series, float]:
    """Weights of the items, and points of the index per unit of the construct, on this scale."""
    rows = results.parameters.query("op == '=~' and lhs == @construct").set_index("rhs")
    share = rows["std_all"] / rows["std_all"].sum()
    return share, float((share * rows["est"]).sum() * POINTS)


def test_effects_of_either_level_equal_the_computation_by_hand(results):
    frame = sx.importance(results, "stay", SCALE, ["joy", "joyb"]).query("kind == 'construct'").set_index("level")
    paths = results.parameters.query("op == '~' and lhs == 'stay'").set_index("rhs")["est"]
    for level, name in ((1, "joy"), (2, "joyb")):
        _, unit = index_of(results, name)
        assert frame.loc[level, "construct"] == name
        assert frame.loc[level, "importance"] == pytest.approx(paths[name] * POINTS / unit, rel=EXACT)
    moved = sx.what_if(results, {"joyb": 5.0}, SCALE).set_index("construct")
    assert moved["level"].unique().tolist() == [2]
    assert moved.loc["stay", "change"] == pytest.approx(5 * frame.loc[2, "importance"], rel=EXACT)
    assert "clusters: one point more" in moved.loc["stay", "note"]


def test_means_stand_between_clusters_and_hold_what_covariates_add(results, data):
    frame = sx.importance(results, "stay", SCALE, ["joy", "joyb"]).query("kind == 'construct'").set_index("level")
    share, _ = index_of(results, "joyb")
    level = (share * (results.implied[2]["mean"][share.index] - SCALE[0])).sum() * POINTS
    assert frame.loc[2, "performance"] == pytest.approx(level, rel=EXACT)
    assert np.isnan(frame.loc[1, "performance"])
    assert "the means stand between them, at level 2" in frame.loc[1, "note"]
    today = sx.what_if(results, {"joyb": 5.0}, SCALE).set_index("construct").loc["stay", "performance"]
    assert today == pytest.approx(POINTS * (data["stay"].mean() - SCALE[0]), abs=SAMPLING)


def test_levers_are_those_of_the_level_of_the_target(results):
    frame = sx.importance(results, "joyb", SCALE)
    assert frame["level"].unique().tolist() == [2]
    assert frame["construct"].tolist() == ["staff"]
    assert "lowest to the highest answer" not in frame["note"][0]
    both = sx.importance(results, "stay").query("kind == 'construct'")
    assert set(zip(both["level"], both["construct"], strict=True)) == {(1, "joy"), (1, "x"), (2, "staff")}


def test_groups_and_levels_stand_apart(data):
    found = sx.fit(TEXT, data, cluster="branch", group="region")
    frame = sx.importance(found, "stay", SCALE, ["joy", "joyb"]).query("kind == 'construct'")
    assert frame[["group", "level"]].to_numpy().tolist() == [[g, k] for g in found.groups for k in (1, 2)]
    assert len(sx.what_if(found, {"joy": 5.0}, SCALE)["group"].unique()) == 2


def test_names_at_neither_level_are_said(results):
    with pytest.raises(ModelError, match="'joyous' is not in the model"):
        sx.importance(results, "joyous", SCALE)
