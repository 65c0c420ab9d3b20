"""Figures of how sure an answer is: what is drawn, what is counted, what is refused."""

import numpy as np
import pandas as pd
import pytest
from sem_samples import CHAIN, chain_sample

import sexresearch as sx
from sexresearch.errors import ModelError, OptionError


def test_every_specification_is_drawn_and_those_without_estimate_are_counted():
    frame = sx.multiverse(chain_sample(), CHAIN, estimators=["ML"]).specifications
    lost = frame.iloc[[3]].assign(est=np.nan, decision="", converged=False)
    figure = sx.plots.specification_curve(pd.concat([frame, lost]), title="Curve", note="Synthetic data.")
    drawn = {str(line.get_gid()): len(line.get_xdata()) for line in figure.axes[1].lines}
    assert drawn["est:positive"] == len(frame)
    assert drawn["reference"] == 1
    texts = [text.get_text().replace("\n", " ") for text in figure.axes[0].texts]
    assert any("1 without an estimate are not drawn" in text for text in texts)
    assert {f"without {name}" for name in ("q1", "j2", "l3")} <= set(texts)


def test_every_approach_is_drawn_and_those_missing_are_named():
    row = {"cause": "joy", "effect": "stay", "std_all": 0.4, "ci_lower": 0.3, "ci_upper": 0.5, "decision": "positive"}
    rows = [row | {"approach": "sem"}, row | {"approach": "pls", "std_all": np.nan, "decision": ""}]
    figure = sx.plots.concordance(pd.DataFrame(rows), labels={"joy": "Delight"})
    assert "sem:joy:stay" in {str(line.get_gid()) for line in figure.axes[1].lines}
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert "Delight → stay" in texts
    assert any("Missing: pls" in text.replace("\n", " ") for text in texts)


def test_rows_are_as_high_as_their_names():
    row = {"approach": "sem", "std_all": 0.4, "ci_lower": 0.3, "ci_upper": 0.5, "decision": "positive"}
    frame = pd.DataFrame([row | {"cause": cause, "effect": "stay"} for cause in ("joy", "ease")])
    long = dict.fromkeys(["joy", "ease", "stay"], "What customers of all branches say of how they were looked after")
    figure = sx.plots.concordance(frame, labels=long)
    figure.canvas.draw()
    upper, lower = (text.get_window_extent() for text in figure.axes[0].texts if text.get_gid() == "name")
    assert upper.y0 > lower.y1


@pytest.mark.parametrize("plot", [sx.plots.specification_curve, sx.plots.concordance])
def test_another_frame_is_refused(plot):
    with pytest.raises(OptionError, match="are not there"):
        plot(pd.DataFrame({"a": [1.0]}))


def test_nothing_to_draw_is_said():
    frame = sx.multiverse(chain_sample(), CHAIN, estimators=["ML"], at_most=2).specifications.assign(est=np.nan)
    with pytest.raises(ModelError, match="nothing to draw"):
        sx.plots.specification_curve(frame)
