"""Heat map and ladder: every pair and step is there, nothing is cut off or overlaps, colours follow the cut-offs."""

import math

import pandas as pd
import pytest
from matplotlib.colors import to_hex

from sexresearch import plots
from sexresearch.errors import OptionError
from sexresearch.plots.style import PALETTE

PAIRS = pd.DataFrame(
    [
        ("satisfaction", "delight", 0.87, 0.84, 0.89, ""),
        ("satisfaction", "loyalty", 0.31, 0.25, 0.36, ""),
        ("satisfaction", "success", math.nan, math.nan, math.nan, "success needs two items"),
        ("delight", "loyalty", 0.95, 0.93, 0.97, ""),
        ("delight", "success", math.nan, math.nan, math.nan, "success needs two items"),
        ("loyalty", "success", math.nan, math.nan, math.nan, "success needs two items"),
    ],
    columns=["a", "b", "value", "ci_lower", "ci_upper", "note"],
)
PAGE = 6.3  # inches between the margins of A4
READABLE = 7.0  # points
STEPS = pd.DataFrame(
    {
        "step": ["configural", "metric", "scalar", "partial scalar", "strict"],
        "cfi_change": [math.nan, -0.002, -0.031, -0.004, math.nan],
        "rmsea_change": [math.nan, -0.001, 0.060, 0.016, math.nan],
        "srmr_change": [math.nan, 0.028, 0.009, 0.002, math.nan],
        "released": [(), (), (), ("sat1 ~1", "visual =~ x9"), ()],
        "outcome": ["holds", "holds", "fails", "doubtful", "not_computable"],
    }
)


def words(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def assert_readable(figure):
    """No text leaves the figure, and no two texts overlap."""
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts if text.get_text()]
    page = figure.bbox
    assert all(b.x0 >= 0 and b.y0 >= 0 and b.x1 <= page.x1 and b.y1 <= page.y1 for b in boxes)
    assert not [(i, j) for i in range(len(boxes)) for j in range(i) if boxes[i].overlaps(boxes[j])]


def test_the_map_shows_every_pair_in_its_colour():
    figure = plots.htmt_map(PAIRS, title="Distinct?", note="Synthetic data.")
    assert_readable(figure)
    found = words(figure)
    assert {".87", ".31", ".95", ".84 – .89", "Distinct?"} <= set(found)
    assert found.count("–") == 3
    assert found[-1].endswith("Synthetic data.")
    fills = [to_hex(patch.get_facecolor()).upper() for patch in figure.axes[0].patches]
    assert PALETTE["orange"] in fills[:6]
    assert PALETTE["vermillion"] in fills[:6]


def test_the_map_takes_labels_and_a_group():
    both = pd.concat([PAIRS.assign(group="a"), PAIRS.assign(group="b", value=0.5)])
    assert ".50" in words(plots.htmt_map(both, group="b", labels={"loyalty": "Customer loyalty"}))
    assert "Customer loyalty" in words(plots.htmt_map(both, group="b", labels={"loyalty": "Customer loyalty"}))
    with pytest.raises(OptionError, match=r"names one of \['a', 'b'\]"):
        plots.htmt_map(both)


def test_the_ladder_shows_every_step():
    figure = plots.invariance_ladder(STEPS, title="Compare?", note="Synthetic data.")
    assert_readable(figure)
    found = words(figure)
    assert set(STEPS["step"]) <= set(found)
    assert "free: sat1 ~1, visual =~ x9" in found
    assert {".031", "−.001", ".060", ".028"} <= set(found)
    marks = [line for line in figure.axes[0].lines if line.get_marker() in ("o", "D", "X")]
    assert [line.get_marker() for line in marks[:3]] == ["o", "X", "o"]  # fall of CFI: metric, scalar, partial scalar


def test_the_ladder_prints_at_seven_points_on_a_page_upright():
    figure = plots.invariance_ladder(STEPS, title="Compare?", note="Synthetic data.")
    shrunk = PAGE / max(PAGE, figure.get_size_inches()[0])
    assert min(text.get_fontsize() for text in figure.axes[0].texts) * shrunk >= READABLE


@pytest.mark.parametrize(("draw", "said"), [(plots.htmt_map, "table of htmt"), (plots.invariance_ladder, "invariance")])
def test_other_tables_are_refused(draw, said):
    with pytest.raises(OptionError, match=said):
        draw(pd.DataFrame({"x": [1]}))


def test_a_long_footnote_of_the_ladder_goes_on_below_and_not_beyond():
    figure = plots.invariance_ladder(
        STEPS, note="clients.csv, n = 2129, 303 rows excluded: a gap (276), one answer throughout (27)"
    )
    foot = [text for text in figure.axes[0].texts if text.get_text().startswith(("Grey:", "clients.csv"))]
    assert len(foot) == 2
    assert foot[0].get_position()[1] > foot[1].get_position()[1] > 0
