"""What to do next from bad input: the row or the check is missing with its reason, the rest stands."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.sem.FitWarning")
TEXT = "joy =~ j1 + j2 + j3; ease =~ e1 + e2 + e3; bond =~ b1 + b2 + b3; bond ~ joy + ease"
SCALE = (1.0, 9.0)


def answers(n: int = 400, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    joy, ease = rng.normal(size=(2, n))
    own = {"j": joy, "e": ease, "b": 0.6 * joy + 0.4 * ease + 0.5 * rng.normal(size=n)}
    items = {f"{k}{i}": f + 0.5 * rng.normal(size=n) for k, f in own.items() for i in (1, 2, 3)}
    return (5 + 2.2 * pd.DataFrame(items)).round().clip(*SCALE)


@pytest.fixture(scope="module")
def results() -> sx.Results:
    return sx.fit(TEXT, answers())


def checks(found: sx.Direction) -> pd.DataFrame:
    return found.checks.set_index("check")


def test_one_attribute_has_all_that_several_have():
    data = answers()[["j1", "b1"]]
    assert sx.penalty_reward(data, "b1")["kind"].item() != ""
    assert sx.necessity(data, "b1", permutations=9)["d"].notna().all()
    assert sx.bottlenecks(data, "b1", percents=(100,))["condition"].unique().tolist() == ["j1"]
    alone = sx.fit("joy =~ j1 + j2 + j3; bond =~ b1 + b2 + b3; bond ~ joy", answers())
    row = sx.priorities(alone, SCALE, "bond").iloc[0]
    assert (row["rank"], row["p_first"], row["p_top_two"]) == (1, 1, 1)
    assert row["verdict"] == "First priority, as no other lever is ranked."


def test_answers_all_at_the_ceiling_leave_the_other_attributes():
    data = answers().assign(e1=9.0)
    for frame, name in (
        (sx.penalty_reward(data, "b1", ["j1", "e1"]), "attribute"),
        (sx.necessity(data, "b1", ["j1", "e1"], permutations=9), "condition"),
        (sx.bottlenecks(data, "b1", ["j1", "e1"], percents=(100,)), "condition"),
    ):
        rows = frame.groupby(name)["note"].first()
        assert "are the same" in rows["e1"]
        assert "are the same" not in rows["j1"]
    alone = sx.necessity(data, "b1", ["e1"], permutations=9).iloc[0]
    assert alone["note"] == "all answers to e1 are the same, so there is no room to be empty"
    assert np.isnan(alone["n"])
    flat = sx.penalty_reward(data.assign(b1=9.0), "b1", ["j1"], scale=SCALE)["note"].item()
    assert flat == "all answers to b1 are the same, so there is no class"
    panel = [[["j1"], ["e1"], ["j3"]], [["b1"], ["b2"], ["b3"]]]
    found = sx.direction(data, *panel)
    assert checks(found).loc["waves", ["outcome", "note"]].tolist() == [
        "not_computable", "all answers to e1 are the same",
    ]  # fmt: skip
    assert found.verdict.outcome == "undecided"


def test_everyone_who_answers_without_a_wish_is_questionable_and_has_no_coefficients():
    row = sx.kano(pd.DataFrame({"with": [1] * 40, "without": [1] * 40}), {"gift": ("with", "without")}).iloc[0]
    assert row["kind"] == "questionable"
    assert row[["better", "worse"]].isna().all()
    assert "better" not in row["verdict"]


def test_few_at_an_end_of_the_scale_have_no_class_and_the_rest_stands():
    data = answers()
    data["e1"] = data["e1"].clip(lower=4)
    frame = sx.penalty_reward(data, "b1", ["j1", "e1"], scale=SCALE).set_index("attribute")
    assert "0 of 400 rate it low; at least 30 must" in frame.loc["e1", "note"]
    assert (frame.loc["e1", "kind"], frame.loc["j1", "kind"] != "") == ("", True)
    assert np.isfinite(frame.loc["e1", "reward"])


def test_without_waves_the_other_checks_stand_and_the_verdict_names_them(results):
    found = sx.direction(results, "joy", "bond")
    assert checks(found).loc["waves", "note"].startswith("no waves")
    assert set(found.verdict.rests_on) == set(checks(found).query("outcome != 'not_computable'").index)
    assert all(name in found.verdict.sentence for name in found.verdict.rests_on)


def test_a_wave_that_nobody_answered_is_told():
    panel = [[["j1"], ["e1"], ["j3"]], [["b1"], ["b2"], ["b3"]]]
    found = sx.direction(answers().assign(e1=np.nan), *panel)
    assert checks(found).loc["waves", "note"] == "nobody answered e1"


def test_without_instruments_the_other_checks_stand():
    found = checks(sx.direction(sx.fit("b1 ~ j1; b1 ~~ 0.1*j1", answers()), "j1", "b1"))
    assert "the model implies 0 instruments" in found.loc["instruments", "note"]
    assert found.loc["confounder", "outcome"] != "not_computable"
    without = checks(sx.direction(sx.fit(TEXT, answers(), std_lv=True), "joy", "bond"))
    assert "no marker item" in without.loc["instruments", "note"]


def test_without_a_marker_the_other_methods_stand(results):
    frame = sx.method_bias(results).set_index("check")
    assert "no marker" in frame.loc["marker", "note"]
    assert frame.loc[["harman", "collinearity"], "value"].notna().all()


def test_without_seminr_the_other_approaches_stand(monkeypatch):
    monkeypatch.setitem(sys.modules, "seminr", None)
    found = sx.concordance(answers(), TEXT)
    rows = found.paths.set_index("approach")
    assert rows.loc["pls", "note"].str.contains("seminr is not installed").all()
    assert rows.loc[["sem", "sum_scores"], "std_all"].notna().all()
    assert "pls is missing" in found.sentence
    assert "by the 2 approaches that are there" in found.sentence


def test_a_cost_of_zero_leaves_its_row_without_a_rank_and_the_rest_stands(results):
    frame = sx.priorities(results, SCALE, "bond", cost={"joy": 0, "ease": 2}).set_index("construct")
    assert frame.loc["joy", ["gain_per_cost", "rank", "p_first", "p_top_two"]].isna().all()
    assert "a cost of 0" in frame.loc["joy", "note"]
    assert frame.loc["joy", "gain"] > 0
    assert frame.loc["ease", "rank"] == 1


def test_one_specification_alone_is_not_called_robust():
    found = sx.multiverse(answers(), TEXT, "joy", "bond", items={}, estimators=["ML"], at_most=1)
    assert found.verdict.outcome == "not_computable"
    assert "nothing to compare the reference with" in found.sentence


def test_a_specification_that_does_not_converge_is_counted_and_shown():
    noise = pd.DataFrame(np.random.default_rng(2).normal(size=(40, 6)), columns=["j1", "j2", "j3", "b1", "b2", "b3"])
    text = "joy =~ j1 + j2 + j3; bond =~ b1 + b2 + b3; bond ~ joy"
    found = sx.multiverse(noise, text, items={"joy": [["j1", "j2"], ["j2", "j3"]]}, estimators=["ML"])
    lost = found.specifications[~found.specifications["converged"]]
    assert len(lost) > 0
    assert found.n == len(found.specifications) == found.n_converged + len(lost)
    assert (lost["reason"] != "").all()
    assert f"{len(lost)} did not converge" in found.sentence
