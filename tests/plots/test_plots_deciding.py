"""Figures of what to do next: what is drawn, what is left out and counted, what is refused."""

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import ModelError, OptionError


def answers() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.integers(1, 6, size=(300, 3)), columns=["queue", "gift", "price"])
    return data.assign(joy=-1.0 * (data["queue"] <= 2) + (data["gift"] >= 4) + rng.normal(size=300))


def texts(figure: object, gid: str) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts if text.get_gid() == gid]


def drawn(figure: object) -> set[str]:
    return {str(line.get_gid()) for line in figure.axes[1].lines}


def test_priorities_stand_in_the_order_of_their_rank_and_what_has_no_gain_is_counted():
    results = sx.fit("joy ~ queue + gift", answers())
    frame = sx.priorities(results, {"queue": (1, 5), "gift": (1, 5)}, "joy")
    lost = frame.iloc[[0]].assign(construct="price", gain=np.nan, rank=np.nan)
    figure = sx.plots.priorities(pd.concat([frame, lost]), labels={"gift": "Gifts"}, note="Synthetic data.")
    assert len(texts(figure, "name")) == 2
    assert texts(figure, "name") == ["1. queue", "2. Gifts"]
    assert {"gain:queue", "gain:gift"} <= drawn(figure)
    assert "1 without an effect" in texts(figure, "foot")[0].replace("\n", " ")


def test_what_decides_the_rank_is_drawn_where_costs_are_given():
    results = sx.fit("joy ~ queue + gift", answers())
    scale = {"queue": (1, 5), "gift": (1, 5)}
    figure = sx.plots.priorities(sx.priorities(results, scale, "joy", cost={"queue": 4.0, "gift": 0}))
    assert texts(figure, "cell:per cost")[1] == texts(figure, "cell:P first")[1] == "–"
    assert "Ranked by the gain of a point per unit of its cost." in texts(figure, "foot")[0].replace("\n", " ")
    assert not texts(sx.plots.priorities(sx.priorities(results, scale, "joy")), "cell:per cost")


def test_gains_of_other_targets_stand_beside():
    data = answers().assign(stay=lambda d: d["joy"] + np.random.default_rng(2).normal(size=len(d)))
    results = sx.fit("joy ~ queue + gift; stay ~ joy", data)
    scale = {"queue": (1, 5), "gift": (1, 5)}
    one, other = (sx.priorities(results, scale, target) for target in ("stay", "joy"))
    figure = sx.plots.priorities(one, also=[other.iloc[:1]], labels={"joy": "Delight"})
    assert len(texts(figure, "cell:gain: Delight")) == 2
    assert texts(figure, "cell:gain: Delight")[1] == "–"


def test_penalties_and_rewards_name_the_class():
    figure = sx.plots.penalty_reward(sx.penalty_reward(answers(), "joy"))
    assert texts(figure, "name") == ["queue", "price", "gift"]
    assert texts(figure, "cell:class")[0].startswith("basic")


def test_conditions_show_both_ceilings():
    figure = sx.plots.necessity(sx.necessity(answers(), "joy", permutations=50))
    assert {f"d:{name}:{ceiling}" for name in ("queue", "gift") for ceiling in ("ce_fdh", "cr_fdh")} <= drawn(figure)


def feelings() -> pd.DataFrame:
    return pd.DataFrame({"with": [1] * 40 + [2] * 20, "without": [4] * 30 + [5] * 30})


def test_classes_are_shares_of_one_bar():
    figure = sx.plots.kano(sx.kano(feelings(), {"gift": ("with", "without")}), labels={"gift": "A gift, for $5"})
    assert texts(figure, "cell:class (p)") == ["attractive (.06)"]
    assert texts(figure, "name") == [r"A gift, for \$5"]
    assert {text.get_text() for text in figure.axes[1].texts} >= {"must-be", "attractive", "50", "33", "17"}


def test_checks_that_are_not_possible_have_their_reason():
    found = sx.direction(sx.fit("joy ~ queue + gift", answers()), "gift", "joy")
    figure = sx.plots.direction(found, labels={"gift": "Gifts"})
    assert texts(figure, "name")[0] == "model: Gifts → joy"
    assert "not possible: no waves" in texts(figure, "cell:outcome")[0]
    assert "est:gift → joy" in drawn(figure)
    assert "Undecided" in texts(figure, "foot")[0]


def test_both_directions_of_a_panel_are_drawn():
    rng = np.random.default_rng(1)
    waves = pd.DataFrame(rng.normal(size=(200, 6)) + rng.normal(size=(200, 1)), columns=[*"abcdef"])
    figure = sx.plots.direction(sx.direction(waves, list("abc"), list("def")))
    assert {"est:cause → effect, later", "est:effect → cause, later"} <= drawn(figure)


def test_paths_with_a_method_held_stand_beside_those_as_fitted():
    row = {"path": "joy → bond", "std_all": 0.5, "std_controlled": 0.1, "outcome": "doubtful", "note": ""}
    row |= {"verdict": "Does not stand."}
    head = {"check": "latent_method", "path": "", "value": 0.4, "pvalue": 0.0, "outcome": "doubtful"}
    head |= {"verdict": "A common method is shown."}
    figure = sx.plots.method_bias(pd.DataFrame([head, {"check": "latent_method", "pvalue": np.nan} | row]))
    assert {"fitted:joy → bond", "latent_method:joy → bond"} <= drawn(figure)
    assert "A common method is shown." in texts(figure, "foot")[0].replace("\n", " ")
    with pytest.raises(ModelError, match="nothing to draw"):
        sx.plots.method_bias(pd.DataFrame([head]).assign(std_all=np.nan, std_controlled=np.nan, note="no fit"))


def test_the_best_shape_is_thick_and_its_threshold_a_band():
    rng = np.random.default_rng(1)
    joy = rng.normal(size=400)
    data = pd.DataFrame({"joy": joy, "stay": np.maximum(joy - 0.5, 0) + 0.2 * rng.normal(size=400)})
    figure = sx.plots.shape(sx.shape(sx.fit("stay ~ joy", data), "joy", "stay"))
    widths = {str(line.get_gid()): line.get_linewidth() for line in figure.axes[1].lines}
    assert widths["shape:threshold"] > widths["shape:straight"]
    assert any(patch.get_gid() == "threshold band" for patch in figure.axes[1].patches)
    assert "Threshold 0.5" in texts(figure, "foot")[0].replace("\n", " ")


def test_long_names_of_the_axes_of_a_shape_stay_within_the_figure():
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"joy": rng.normal(size=200), "stay": rng.normal(size=200)})
    long = "processes and structures as the respondents of every branch have seen them over the whole of last year"
    figure = sx.plots.shape(
        sx.shape(sx.fit("stay ~ joy", data), "joy", "stay"), labels={"joy": long, "stay": f"of {long}"}
    )
    figure.canvas.draw()
    tight, size = figure.get_tightbbox(), figure.get_size_inches()
    assert min(tight.x0, tight.y0) >= -0.01
    assert tight.x1 <= size[0] + 0.01
    assert tight.y1 <= size[1] + 0.01


FRAMES = [sx.plots.priorities, sx.plots.penalty_reward, sx.plots.necessity, sx.plots.kano, sx.plots.method_bias]


@pytest.mark.parametrize("plot", [*FRAMES, sx.plots.shape])
def test_another_frame_is_refused(plot):
    with pytest.raises(OptionError, match="are not there"):
        plot(pd.DataFrame({"a": [1.0]}))


def test_a_frame_without_values_is_refused():
    frame = sx.penalty_reward(answers(), "joy").assign(penalty=np.nan, reward=np.nan)
    with pytest.raises(ModelError, match="nothing to draw"):
        sx.plots.penalty_reward(frame)
