"""The figures of the standard: the right words, none clipped, none on top of another, and shown exactly once."""

import matplotlib.pyplot as plt
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Wedge
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from sexresearch import plots, standard
from sexresearch.plots.style import PALETTE, new_figure, tint

FIGURES = {"pyramid": plots.pyramid, "model_wheel": plots.model_wheel, "effect_chain": plots.effect_chain}
WORDS = {
    "pyramid": [level.title for level in standard.pyramid] + ["1", "2", "3", "4", "delight", "satisfaction"],
    "model_wheel": [part.title for part in standard.dimensions]
    + [element.title for element in standard.elements]
    + [element.clause for element in standard.elements]
    + ["customer delight", "(provisional)"],
    "effect_chain": [node.title for node in standard.chain.nodes] + ["contested", "intensifies", "levels 1 and 2"],
}
SMALLEST = 11  # points; at 800 pixels for 12.8 inches, still ten pixels high


def texts(figure: Figure) -> list[Text]:
    return [text for text in figure.axes[0].texts if text.get_text()]


def extents(figure: Figure) -> list[tuple[str, Bbox]]:
    figure.draw_without_rendering()
    return [(text.get_text(), text.get_window_extent()) for text in texts(figure)]


def within(inner: Bbox, outer: Bbox) -> bool:
    return outer.x0 <= inner.x0 and inner.x1 <= outer.x1 and outer.y0 <= inner.y0 and inner.y1 <= outer.y1


@pytest.fixture(params=FIGURES)
def drawn(request: pytest.FixtureRequest) -> tuple[str, Figure]:
    return request.param, FIGURES[request.param]()


def test_every_word_is_there(drawn: tuple[str, Figure]) -> None:
    name, figure = drawn
    shown = [" ".join(text.get_text().split()) for text in texts(figure)]
    missing = [word for word in WORDS[name] if not any(word in text for text in shown)]
    assert missing == []


def test_no_text_is_clipped_or_overlaps_another(drawn: tuple[str, Figure]) -> None:
    figure = drawn[1]
    found = extents(figure)
    for place, (text, box) in enumerate(found):
        assert within(box, figure.bbox), text
        assert [other for other, beside in found[place + 1 :] if box.overlaps(beside)] == [], text


def test_text_stays_inside_its_box_and_boxes_apart(drawn: tuple[str, Figure]) -> None:
    figure = drawn[1]
    written = extents(figure)
    boxes = [patch.get_window_extent() for patch in figure.axes[0].patches if isinstance(patch, FancyBboxPatch)]
    for place, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[place + 1 :])
        for text, extent in written:
            assert within(extent, box) or not box.overlaps(extent), text


def test_names_beside_the_wheel_keep_off_it() -> None:
    figure = plots.model_wheel()
    names = [extent for text, extent in extents(figure) if any(text.split()[0] in e.title for e in standard.elements)]
    wheel = Bbox.union([p.get_window_extent() for p in figure.axes[0].patches if isinstance(p, Wedge)])
    outside = [extent for extent in names if extent.x1 < wheel.x0 or extent.x0 > wheel.x1]
    assert len(outside) >= len(standard.elements)


def test_fit_for_a_slide(drawn: tuple[str, Figure]) -> None:
    figure = drawn[1]
    assert figure.canvas.get_width_height() == (1600, 900)
    assert min(text.get_fontsize() for text in texts(figure)) >= SMALLEST
    assert not figure.axes[0].axison


def test_figures_do_not_stay_open() -> None:
    before = plt.get_fignums()
    for draw in FIGURES.values():
        draw()
    assert plt.get_fignums() == before


def test_figures_do_not_depend_on_the_user_s_settings() -> None:
    with plt.rc_context({"font.family": "serif", "font.size": 30, "axes.facecolor": "black"}):
        figure = plots.effect_chain()
    assert {text.get_fontfamily()[0] for text in texts(figure)} == {"DejaVu Sans"}
    assert to_rgb(figure.get_facecolor()) == (1, 1, 1)


def test_one_unit_is_one_inch() -> None:
    figure, axes = new_figure(4, 3)
    corner = axes.transData.transform((4, 3)) / figure.dpi
    assert corner == pytest.approx((4, 3))


def test_palette_is_the_one_of_okabe_and_ito() -> None:
    assert sorted(PALETTE.values()) == sorted(
        ["#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"]
    )
    with pytest.raises(TypeError):
        PALETTE["blue"] = "#000000"
    assert tint("#000000", 0.5) == "#808080"


def test_every_link_of_the_chain_is_drawn() -> None:
    lines = plots.effect_chain().axes[0].lines
    assert len(lines) == len(standard.chain.links)
