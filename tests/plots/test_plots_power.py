"""The power curve shows what `power` found: points, errors, target, sizes needed."""

import numpy as np
import pytest

import sexresearch as sx
from sexresearch.errors import OptionError


@pytest.fixture(scope="module")
def found():
    return sx.power("m ~ a*0.3*x\n y ~ b*0.2*m\n ab := a*b", n=[50, 100, 300], replicates=100)


def test_every_effect_is_a_line_through_its_power(found):
    figure = sx.plots.power_curve(found, labels={"ab": "whole chain"}, title="Power", note="Assumed population.")
    _, area = figure.axes
    lines = [container.lines[0] for container in area.containers]
    for line, effect in zip(lines, ["m ~ x", "y ~ m", "ab"], strict=True):
        own = found.table[found.table["effect"] == effect]
        assert np.array(line.get_ydata()) == pytest.approx(own["power"].to_numpy())
        assert list(line.get_xdata()) == [50, 100, 300]
    names = [text.get_text() for text in area.get_legend().get_texts()]
    needed = found.needed.set_index("effect")["needed"]
    assert names[2] == f"whole chain  (n = {needed['ab']:.0f})"
    assert figure.axes[0].texts[0].get_text() == "Power"
    assert "100 simulated samples per point" in figure.axes[0].texts[1].get_text()


def test_nothing_sticks_out_of_the_page(found):
    figure = sx.plots.power_curve(found, labels={"ab": "the whole chain from excellence to success, all of it"})
    figure.canvas.draw()
    box = figure.axes[1].get_legend().get_window_extent()
    assert box.x1 <= figure.bbox.x1


def test_other_things_are_refused():
    with pytest.raises(OptionError, match="draws the result of power"):
        sx.plots.power_curve("a")


def test_its_curves_are_put_into_words(found):
    first = found.table[found.table["effect"] == "m ~ x"]["power"].iloc[0]
    said = sx.plots.alt_text(sx.plots.power_curve(found, title="Power", note="Assumed population."))
    assert said.startswith("Power. power by respondents; m ~ x (n = ")
    assert f": {first:.2f} at 50, " in said
