"""Figures hold with 13 constructs and long names: nothing overlaps or sticks out, and they fit a page."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import sexresearch as sx
from sexresearch.errors import OptionError
from sexresearch.plots import alt_text, diagram_pages, htmt_map, importance_map, path_diagram, radar

NAMES = [f"c{k}" for k in range(13)]
LONG = [
    *("Service excellence vision, mission and strategy", "Leadership requirements and conditions", "Culture"),
    *("Employee engagement", "Understanding customer needs, expectations and desires", "Kundenzufriedenheit"),
    *("Designing and renewing outstanding customer experiences", "Service innovation management", "Delight"),
    *("Management of customer-experience-related processes and structure", "Monitoring of activities and results"),
    *("Word of mouth", "Repurchase"),
]
LABELS = dict(zip(NAMES, LONG, strict=True))
PAIR = ["a", "b", "value", "ci_lower", "ci_upper"]
A4, LEAST_POINTS = (6.3, 8.86), 6.0  # inches within the margins, and print that can still be read there
WIDEST, TALLEST = 12.0, 16.0  # inches: twice an A4 page, whose print is then half the size


@pytest.fixture(scope="module")
def factors():
    r = pd.DataFrame(0.3 * np.ones((39, 39)), index=range(39), columns=range(39))
    r = r.mask(np.kron(np.eye(13), np.ones((3, 3))) > 0, 0.6).mask(np.eye(39) > 0, 1.0)
    items = [f"{name}_{k}" for name in NAMES for k in range(3)]
    r.index, r.columns = items, items
    model = "\n".join(f"{name} =~ {name}_0 + {name}_1 + {name}_2" for name in NAMES)
    return sx.fit(model, moments=sx.Moments(r, nobs=600))


def assert_readable(figure):
    """No text over another, none outside of the page, a page that can be printed."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    texts = [text for axes in figure.axes for text in axes.texts if text.get_text()]
    boxes = [text.get_window_extent(renderer) for text in texts]
    page = figure.bbox
    assert all(b.x0 >= -1 and b.y0 >= -1 and b.x1 <= page.x1 + 1 and b.y1 <= page.y1 + 1 for b in boxes)
    over = [(texts[i], texts[j]) for i, j in combinations(range(len(boxes)), 2) if boxes[i].overlaps(boxes[j])]
    assert not over
    width, height = figure.get_size_inches()
    assert width <= WIDEST
    assert height <= TALLEST


def texts_of(figure):
    return [text.get_text().replace("\n", " ") for axes in figure.axes for text in axes.texts]


def test_the_htmt_map_names_every_construct_once_and_numbers_the_columns(factors):
    figure = htmt_map(sx.htmt(factors), labels=LABELS, title="Distinct?")
    assert_readable(figure)
    found = [text.replace("- ", "-") for text in texts_of(figure)]
    assert all(f"{k}. {name}" in found for k, name in enumerate(LONG, start=1))
    assert {str(k) for k in range(1, 13)} <= set(found)


def test_a_map_of_20_constructs_can_be_read_on_a4_and_frames_what_its_interval_does_not_tell_apart():
    names = [f"{LONG[k % 13]} {k}" for k in range(20)]
    pairs = pd.DataFrame([(a, b, 0.5, 0.4, 0.6) for a, b in combinations(names, 2)], columns=PAIR)
    pairs.loc[3, ["value", "ci_upper"]] = 0.83, 0.88
    figure = htmt_map(pairs)
    assert_readable(figure)
    share = min(1.0, *(side / own for side, own in zip(A4, figure.get_size_inches(), strict=True)))
    assert min(text.get_fontsize() for text in figure.axes[0].texts) * share >= LEAST_POINTS
    frames = [patch for patch in figure.axes[0].patches if not patch.get_fill()]
    assert len(frames) == 1
    assert any("its interval reaches it" in text for text in texts_of(figure))


def test_many_covariances_stand_in_a_matrix_beside_arrows_too():
    r = pd.DataFrame(0.3 * np.ones((7, 7)) + 0.7 * np.eye(7), index=list("abcdefy"), columns=list("abcdefy"))
    model = "\n".join(f"{name.upper()} =~ {name}" for name in "abcdefy") + "\nY ~ 0.2*A + B + C + D + E + F"
    gids = [text.get_gid() for text in path_diagram(sx.fit(model, moments=sx.Moments(r, nobs=600))).axes[0].texts]
    assert sum(str(gid).startswith("matrix:head") for gid in gids) == 5
    assert sum(str(gid).startswith("value:covariance") for gid in gids) == 15


def test_many_covariances_stand_in_a_matrix(factors):
    figure = path_diagram(factors, labels=LABELS)
    assert_readable(figure)
    gids = [str(text.get_gid()) for text in figure.axes[0].texts]
    assert sum(gid.startswith("value:covariance:") for gid in gids) == 13 * 12 // 2
    arcs = [line for line in figure.axes[0].lines if str(line.get_gid()).startswith("arrow:covariance")]
    assert not arcs
    assert "Matrix: correlations of the constructs." in " ".join(texts_of(figure))
    row = factors.parameters.query("lhs == 'c0' and rhs == 'c5'")["std_all"].item()
    value = next(t for t in figure.axes[0].texts if t.get_gid() == "value:covariance:c0:c5").get_text()
    assert value.rstrip("*") == f"{row:.2f}".removeprefix("0")


LEAST_ON_PAGES = 7.0  # points, of diagrams that stand on pages of their own


def test_a_measurement_model_of_13_constructs_can_be_read_on_pages_of_a4(factors):
    *parts, matrix = diagram_pages(factors, labels=LABELS)
    assert 1 <= len(parts) <= 3
    for figure in (*parts, matrix):
        assert_readable(figure)
        share = min(1.0, *(side / own for side, own in zip(A4, figure.get_size_inches(), strict=True)))
        assert min(text.get_fontsize() for text in figure.axes[0].texts) * share >= LEAST_ON_PAGES - 0.01
    gids = [str(text.get_gid()) for figure in parts for text in figure.axes[0].texts]
    assert sorted(gid.removeprefix("name:") for gid in gids if gid.removeprefix("name:") in NAMES) == sorted(NAMES)
    assert sum(gid.startswith("value:loading:") for gid in gids) == 39
    values = [str(text.get_gid()) for text in matrix.axes[0].texts]
    assert sum(gid.startswith("value:covariance:") for gid in values) == 13 * 12 // 2
    row = factors.parameters.query("lhs == 'c0' and rhs == 'c5'")["std_all"].item()
    value = next(t for t in matrix.axes[0].texts if t.get_gid() == "value:covariance:c0:c5").get_text()
    assert value.rstrip("*") == f"{row:.2f}".removeprefix("0")


def test_a_model_that_can_be_read_stays_one_figure(factors):
    small = sx.fit("c0 =~ c0_0 + c0_1 + c0_2\nc1 =~ c1_0 + c1_1 + c1_2", moments=factors_moments())
    (figure,) = diagram_pages(small, labels=LABELS)
    assert texts_of(figure) == texts_of(path_diagram(small, labels=LABELS))


def factors_moments():
    items = [f"c{k}_{j}" for k in range(2) for j in range(3)]
    r = 0.3 + 0.3 * np.kron(np.eye(2), np.ones((3, 3))) + 0.4 * np.eye(6)
    return sx.Moments(pd.DataFrame(r, items, items), nobs=600)


def points():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"kind": "construct", "construct": NAMES, "item": "", "group": pd.NA, "target": "c12"})
    frame["importance"], frame["performance"] = rng.uniform(0.05, 0.3, 13), rng.uniform(45, 55, 13)
    for name, half in (("importance", 0.04), ("performance", 1.5)):
        frame[f"{name}_ci_lower"], frame[f"{name}_ci_upper"] = frame[name] - half, frame[name] + half
    return frame.assign(quadrant=["concentrate here", "low priority", "not shown", "alone"] * 3 + ["low priority"])


def test_names_in_the_importance_map_give_way_to_each_other():
    assert_readable(importance_map(points(), labels=LABELS, title="Where to begin"))


def test_a_single_group_is_dots_in_order_with_their_intervals():
    figure = radar(points(), labels=LABELS, title="Performance")
    assert_readable(figure)
    assert figure.axes[1].name == "rectilinear"
    best = points().sort_values("performance", ascending=False)
    names = [text.get_gid() for text in figure.axes[0].texts if str(text.get_gid()).startswith("name:")]
    assert names == [f"name:{name}" for name in best["construct"]]
    drawn = [line.get_xdata()[0] for line in figure.axes[1].lines if line.get_marker() == "o"]
    np.testing.assert_allclose(drawn, best["performance"])
    first = best.iloc[0]
    limits = f"[{first['performance_ci_lower']:.1f}, {first['performance_ci_upper']:.1f}]"
    assert f"{first['performance']:.1f} {limits}" in texts_of(figure)


def test_a_figure_says_in_words_what_it_shows(factors):
    said = alt_text(path_diagram(factors, labels=LABELS, title="Model"))
    assert said.startswith("Model. Service excellence vision, mission and strategy ↔ Leadership")
    assert len(said) <= 900
    assert "\n" not in said
    assert alt_text(radar(points(), labels=LABELS)).count(";") == 12
    with pytest.raises(OptionError, match="found int"):
        alt_text(3)
