"""What importance says: which constructs it sets against each other, and no more than the intervals show."""

import re

import numpy as np
import pandas as pd
import pytest
from sem_samples import chain_sample, stopped

import sexresearch as sx
from sexresearch.chain.investing.quadrants import judged
from sexresearch.errors import OptionError
from sexresearch.sem import fit

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.sem.FitWarning")
CHAIN = """
    quality =~ q1 + q2 + q3
    joy     =~ j1 + j2 + j3
    loyal   =~ l1 + l2 + l3
    joy   ~ quality
    loyal ~ joy + quality
"""
SCALE = (-5.0, 12.0)
HALF = 5.01e-4  # half of the third decimal printed


@pytest.fixture(scope="module")
def chain():
    return fit(CHAIN, chain_sample())


@pytest.fixture(scope="module")
def survey():
    return sx.datasets.load("service_excellence_demo")


def made(importance, low, high, performance=60.0, **others):
    rows = pd.DataFrame({"importance": importance, "importance_ci_lower": low, "importance_ci_upper": high})
    rows = rows.assign(kind="construct", item="", group=pd.NA, weight=np.nan, performance=performance)
    rows["construct"] = [f"c{i}" for i in range(len(rows))]
    half = {"performance_ci_lower": rows["performance"] - 2, "performance_ci_upper": rows["performance"] + 2}
    return rows.assign(**half, connected=True, note="").assign(**others)


def test_means_divide_the_map():
    levels = [40.0, 80.0, 40.0, 80.0, 60.0, 60.0, 10.0]
    rows = made(
        [0.5, 0.5, 0.1, 0.1, 0.0, -0.3, np.nan],
        [0.4, 0.4, 0.06, 0.06, -0.1, -0.4, np.nan],
        [0.6, 0.6, 0.15, 0.15, 0.1, -0.2, np.nan],
        levels,
        connected=[True] * 6 + [False],
    )
    rows.loc[3, "performance_ci_lower"] = 58.0
    frame = judged(rows, "loyalty", 0.95, smallest=0.05)
    names = ["concentrate here", "keep up the good work", "low priority", "possible overkill"]
    assert frame["quadrant"].tolist() == [*names, "not shown", "works against", ""]
    assert frame["verdict"][0] == (
        "Concentrate here: importance 0.500 at or above the mean 0.150, performance 40.0 below the mean 60.0 "
        "(Martilla & James 1977; Ringle & Sarstedt 2016)."
    )
    near = " Near the line: its interval of performance reaches over it."
    assert frame["verdict"].str.endswith(near).tolist() == [False] * 3 + [True] + [False] * 3


@pytest.mark.parametrize(
    ("low", "high", "smallest", "quadrant"),
    [
        (-0.15, 1.23, 0.05, "not shown"),
        (-0.02, 0.04, 0.05, "unimportant"),
        (-0.02, 0.06, 0.05, "not shown"),
        (-0.06, 0.02, 0.05, "not shown"),
        (0.01, 0.04, 0.05, "unimportant"),  # above 0, and too small to matter
        (-0.04, -0.01, 0.05, "unimportant"),
        (-0.15, 1.23, 2.0, "unimportant"),
        (-0.02, 0.04, 0.0, "not shown"),
        (-0.5, -0.1, 0.05, "works against"),
    ],
)
def test_only_an_interval_within_the_smallest_effect_of_interest_is_unimportant(low, high, smallest, quadrant):
    rows = made([(low + high) / 2, 0.5, 0.6], [low, 0.4, 0.5], [high, 0.6, 0.7])
    frame = judged(rows, "loyalty", 0.95, smallest)
    assert frame["quadrant"][0] == quadrant
    numbers = [float(found) for found in re.findall(r"-?\d+\.\d{3}", frame["verdict"][0])]
    assert numbers == pytest.approx([low, high], abs=HALF)


def test_an_item_is_measured_by_its_part_in_its_construct():
    rows = made([0.02, 0.02], [0.012, 0.012], [0.03, 0.03], kind="item", item=["a", "b"], weight=[0.25, 0.8])
    assert judged(rows, "loyalty", 0.95, smallest=0.05)["quadrant"].tolist() == ["keep up the good work", "unimportant"]


def test_one_construct_alone_is_not_ranked():
    frame = judged(made([0.5], [0.4], [0.6]), "loyalty", 0.95, smallest=0.05)
    assert frame["quadrant"].tolist() == ["alone"]
    assert frame["verdict"][0] == "Alone: importance 0.500, and no other construct to set it against."


def test_a_decoy_is_not_shown_in_a_small_sample_and_unimportant_in_a_large_one():
    text = CHAIN.replace("loyal ~ joy", "loyal ~ decoy + joy")
    for n, quadrant in ((200, "not shown"), (20_000, "unimportant")):
        data = chain_sample(n).assign(decoy=np.random.default_rng(5).normal(size=n))
        frame = sx.importance(fit(text, data), "loyal", {"decoy": (-5.0, 5.0)}).set_index("construct")
        assert frame.loc["decoy", "quadrant"] == quadrant


def test_the_levers_are_ranked_and_not_what_passes_on_their_effect(chain, survey):
    assert sx.importance(chain, "loyal", SCALE)["construct"].unique().tolist() == ["quality"]
    composite = sx.fit(sx.chain_model(survey.instrument, "full", higher_order="composite"), survey)
    frame = sx.importance(composite, "loyalty", survey).query("kind == 'construct'")
    shown = frame[frame["importance"].notna()]
    assert shown["construct"].tolist() == ["core", "feedback", "individual", "surprising"]
    assert set(frame["construct"]) - set(shown["construct"]) == {"valued", "exceeded"}


def test_causes_in_a_loop_count_alike():
    rng = np.random.default_rng(2)
    data = pd.DataFrame(rng.normal(size=(200, 5)), columns=["x", "w", "delight", "trust", "stay"])
    text = "delight ~ x + 0.4*trust; trust ~ w + 0.4*delight; stay ~ delight + trust; delight ~~ trust"
    assert sx.importance(fit(text, data), "stay", (-5, 5))["construct"].tolist() == ["x", "w"]
    alone = "delight ~ 0.4*trust; trust ~ 0.4*delight; stay ~ delight + trust; delight ~~ 0*trust"
    assert sx.importance(fit(alone, data), "stay", (-5, 5))["construct"].tolist() == ["delight", "trust"]


def test_named_constructs_that_pass_on_each_others_effect_are_told_apart_in_a_note(chain):
    frame = sx.importance(chain, "loyal", SCALE, ["quality", "joy"]).set_index("construct")
    notes = frame[frame["kind"] == "construct"]["note"]
    assert notes["quality"].startswith("a part of its effect runs through joy, listed beside it")
    assert "listed beside it" not in notes["joy"]


def test_where_the_model_is_silent_nothing_is_claimed(survey):
    results = sx.fit(sx.chain_model(survey.instrument, "core"), survey)
    for frame in (
        sx.importance(results, "loyalty", survey),
        sx.importance(results, "loyalty", survey, ["core", "individual", "excellence"]),
    ):
        silent = frame.query("construct == 'individual'").iloc[0]
        assert silent[["importance", "importance_ci_lower", "importance_ci_upper", "std_all"]].isna().all()
        assert (silent["quadrant"], silent["verdict"]) == ("", "")
        assert silent["note"].startswith("no path of arrows leads from individual to loyalty, so the model is silent")
        assert frame.set_index("construct").loc["excellence", "quadrant"] == "alone"


def test_groups_with_models_of_their_own_have_levers_of_their_own():
    text = """group: south
    joy =~ j1 + j2 + j3
    loyal =~ l1 + l2 + l3
    loyal ~ joy
    group: north
    joy =~ j1 + j2 + j3
    loyal =~ l1 + l2 + l3
    loyal ~ joy + age
    joy ~ age"""
    frame = sx.importance(fit(text, chain_sample(), group="brand"), "loyal").query("kind == 'construct'")
    assert list(zip(frame["group"], frame["construct"], strict=True)) == [("south", "joy"), ("north", "age")]


def test_an_inadmissible_or_failed_solution_places_nothing(chain):
    names = [f"x{i}" for i in range(1, 5)]
    r = pd.DataFrame([[1, 0.5, 0.6, 0.6], [0.5, 1, 0.6, 0.6], [0.6, 0.6, 1, 0.5], [0.6, 0.6, 0.5, 1]], names, names)
    moments = sx.Moments(r, 200, pd.Series(3.0, index=names))
    improper = fit("f =~ x1 + x2\ng =~ x3 + x4\ng ~ f", moments=moments)
    frame = sx.importance(improper, "g", (1, 5))
    assert frame["importance"].notna().all()
    assert (frame["quadrant"] == "").all()
    assert frame["verdict"].str.startswith("No verdict: inadmissible solution (").all()
    assert frame["note"].str.contains("inadmissible solution: ").all()
    failed = sx.importance(stopped(chain), "loyal", SCALE)
    assert (failed["quadrant"] == "").all()


def test_a_loading_near_zero_is_not_to_be_recoded():
    data = chain_sample()
    data["odd"] = -0.02 * data["j1"] + np.random.default_rng(6).normal(size=len(data))
    results = fit(CHAIN.replace("j2 + j3", "j2 + j3 + odd"), data)
    assert results.parameters.query("rhs == 'odd' and op == '=~'")["est"].item() < 0
    note = sx.importance(results, "loyal", constructs=["joy"]).iloc[0]["note"]
    assert "the loading cannot be told from 0, so leave the item out" in note
    assert "recode" not in note


def test_numbers_in_a_verdict_are_those_of_the_table(chain):
    frame = sx.importance(chain, "loyal", SCALE, ["quality", "joy"])
    means = frame.groupby("kind")[["importance", "performance"]].mean()
    for row in frame.itertuples():
        numbers = [float(part) for part in re.findall(r"(\d+\.\d+)", row.verdict)]
        wanted = [row.importance, means["importance"][row.kind], row.performance, means["performance"][row.kind]]
        assert numbers == pytest.approx(wanted, abs=0.0501)
        assert numbers[:2] == pytest.approx(wanted[:2], abs=HALF)


@pytest.mark.parametrize("smallest", [-0.1, True, "small", float("nan")])
def test_the_smallest_effect_is_a_number(chain, smallest):
    with pytest.raises(OptionError, match="smallest is an effect in points per point"):
        sx.importance(chain, "loyal", SCALE, smallest=smallest)


def test_the_outcome_is_data_beside_the_sentence():
    """Shown and on one side of both lines; on a line; not shown; too small; against the target; not there."""
    rows = made(
        [0.5, 0.1, 0.1, 0.0, 0.01, -0.3, np.nan],
        [0.4, 0.08, 0.08, -0.1, -0.02, -0.4, np.nan],
        [0.6, 0.15, 0.15, 0.1, 0.03, -0.2, np.nan],
        [40.0, 40.0, 80.0, 60.0, 60.0, 60.0, 10.0],
        connected=[True] * 6 + [False],
    )
    rows.loc[2, "performance_ci_lower"] = 50.0
    frame = judged(rows, "loyalty", 0.95, smallest=0.05)
    expected = ["holds", "holds", "doubtful", "doubtful", "fails", "fails", "not_computable"]
    assert frame["outcome"].tolist() == expected
    assert (frame["verdict"] == "").tolist() == [outcome == "not_computable" for outcome in expected]
    lost = judged(rows, "loyalty", 0.95, smallest=0.05, inadmissible=("a variance below 0",))
    assert set(lost["outcome"]) == {"fails", "not_computable"}
