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


def test_penalties_and_rewards_name_the_class():
    figure = sx.plots.penalty_reward(sx.penalty_reward(answers(), "joy"))
    assert texts(figure, "name") == ["queue", "price", "gift"]
    assert texts(figure, "cell:class")[0].startswith("basic")


def test_conditions_show_both_ceilings():
    figure = sx.plots.necessity(sx.necessity(answers(), "joy", permutations=50))
    assert {f"d:{name}:{ceiling}" for name in ("queue", "gift") for ceiling in ("ce_fdh", "cr_fdh")} <= drawn(figure)


@pytest.mark.parametrize("plot", [sx.plots.priorities, sx.plots.penalty_reward, sx.plots.necessity])
def test_another_frame_is_refused(plot):
    with pytest.raises(OptionError, match="are not there"):
        plot(pd.DataFrame({"a": [1.0]}))


def test_a_frame_without_values_is_refused():
    frame = sx.penalty_reward(answers(), "joy").assign(penalty=np.nan, reward=np.nan)
    with pytest.raises(ModelError, match="nothing to draw"):
        sx.plots.penalty_reward(frame)
