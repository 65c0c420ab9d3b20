"""Figures of effects: everything is drawn, printed as it was computed, inside the page, and names keep apart."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sem_samples import chain_sample

import sexresearch as sx
from sexresearch.chain.investing.quadrants import judged
from sexresearch.chain.paths.path_limits import path_limits
from sexresearch.errors import ModelError, OptionError
from sexresearch.plots import forest, importance_map, path_diagram, radar
from sexresearch.sem import fit
from sexresearch.sem.output.results import Results

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.sem.FitWarning")
TOUCH = 1.5  # pixels two texts may share: anti-aliasing and hinting
CHAIN = """quality =~ q1 + q2 + q3
joy =~ j1 + j2 + j3
loyal =~ l1 + l2 + l3
joy ~ quality
loyal ~ joy + quality"""


@dataclass(frozen=True)
class Boxes:
    """Texts by (gid, position), boxes in pixels, and the page."""

    texts: list[tuple[str, str, np.ndarray]]
    page: np.ndarray


def boxes(figure: Figure) -> Boxes:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    texts = [
        (str(t.get_gid()), t.get_text(), t.get_window_extent(renderer).extents)
        for axes in figure.axes
        for t in axes.texts
        if t.get_text()
    ]
    return Boxes(texts, np.array([0, 0, *canvas.get_width_height()]))


def overlap(one: np.ndarray, other: np.ndarray) -> bool:
    shared = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    return bool(np.all(shared > TOUCH))


def check(figure: Figure, words: str = "Synthetic data.") -> dict[str, list[str]]:
    """All texts inside the page and apart from each other; returns them by gid."""
    found = boxes(figure)
    for _, text, box in found.texts:
        assert (box[:2] >= found.page[:2] - TOUCH).all(), text
        assert (box[2:] <= found.page[2:] + TOUCH).all(), text
    clashes = [(a[1], b[1]) for a, b in combinations(found.texts, 2) if overlap(a[2], b[2])]
    assert not clashes
    by_gid: dict[str, list[str]] = {}
    for gid, text, _ in found.texts:
        by_gid.setdefault(gid.split(":")[0], []).append(text)
    assert words in " ".join(by_gid["foot"][0].split("\n"))
    return by_gid


@pytest.fixture(scope="module")
def chain() -> Results:
    return fit(CHAIN, chain_sample())


def test_a_forest_prints_the_effects_of_the_frame(chain):
    frame = sx.effects(chain)
    texts = check(forest(frame, title="From quality to loyalty", note="Synthetic data."))
    assert texts["effect"] == ["direct", "indirect", "total indirect", "total"]
    row = frame.iloc[1]
    wanted = f"{row['std_all']:.2f} [{row['std_all_ci_lower']:.2f}, {row['std_all_ci_upper']:.2f}]".replace("0.", ".")
    assert texts["numbers"][1] == wanted
    raw = check(forest(frame, standardized=False, note="Synthetic data."), "units of the data")
    assert raw["numbers"][1].startswith(f"{row['est']:.2f} [")
    assert len(forest(frame).axes[1].lines) == 1 + 2 * 4  # zero line; interval and point of each effect


def test_a_forest_takes_one_effect_forty_effects_long_names_negative_and_missing_ones(chain):
    frame = sx.effects(chain)
    labels = {
        "quality": "outstanding service excellence of the nine elements",
        "loyal": "customer loyalty in every way",
    }
    check(forest(frame.iloc[[0]], note="Synthetic data."))
    many = pd.concat([frame] * 10, ignore_index=True)
    many.loc[::3, ["std_all", "std_all_ci_lower", "std_all_ci_upper"]] *= -1
    many.loc[4, ["std_all", "std_all_ci_lower", "std_all_ci_upper"]] = np.nan
    many.loc[5, ["std_all", "std_all_ci_lower", "std_all_ci_upper"]] = np.nan
    texts = check(forest(many, labels=labels, title="A $5 title", note="Synthetic data."))
    assert "not computable" in texts["numbers"]
    none = sx.effects(chain, "loyal", "quality")
    assert check(forest(none, note="Synthetic data."))["numbers"] == ["0, no path"] * 3
    groups = sx.effects(fit(CHAIN, chain_sample(), group="brand"))
    assert any("−" in text for text in check(forest(groups, note="Synthetic data."))["effect"])


def test_a_forest_refuses_other_frames(chain):
    with pytest.raises(OptionError, match="takes the frame of effects"):
        forest(chain.parameters)
    with pytest.raises(ModelError, match="nothing to draw"):
        forest(sx.effects(chain).query("effect == 'share mediated'"))


def made_up(n: int, spread: float = 1.0, seed: int = 2) -> pd.DataFrame:
    """A made-up frame of n constructs, as crowded as `spread` is small."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame({"kind": "construct", "construct": [f"a rather long name {i}" for i in range(n)], "item": ""})
    rows = rows.assign(group=pd.NA, importance=0.2 + 0.1 * spread * rng.normal(size=n))
    rows["performance"] = 60 + 5 * spread * rng.normal(size=n)
    for name, half in (("importance", 0.05), ("performance", 1.5)):
        rows[f"{name}_ci_lower"], rows[f"{name}_ci_upper"] = rows[name] - half, rows[name] + half
    return judged(rows.assign(weight=np.nan, connected=True, note=""), "loyalty", 0.95, smallest=0.05)


@pytest.mark.parametrize(("n", "spread"), [(1, 1.0), (9, 1.0), (9, 0.05), (20, 1.0), (20, 0.3)])
def test_every_name_stands_on_the_map_and_none_covers_another(n, spread):
    frame = made_up(n, spread)
    texts = check(importance_map(frame, title="What to improve", note="Synthetic data."))
    assert len(texts["name"]) == n
    assert len(texts["quadrant"]) == 4


def test_the_map_shows_constructs_or_items_of_one_group(chain):
    scale = (-5, 12)
    frame = sx.importance(chain, "loyal", scale, constructs=["quality", "joy"])
    assert check(importance_map(frame, labels={"joy": "Delight"}, note="Synthetic data."))["name"] == [
        "quality",
        "Delight",
    ]
    assert len(check(importance_map(frame, kind="item", note="Synthetic data."))["name"]) == 6
    groups = sx.importance(fit(CHAIN, chain_sample(), group="brand"), "loyal", scale)  # one lever, alone on the map
    check(importance_map(groups, group="north", note="Synthetic data."))
    with pytest.raises(OptionError, match="an importance map shows one group, and group=None is none of them"):
        importance_map(groups)
    with pytest.raises(OptionError, match="kind 'items' is not known"):
        importance_map(frame, kind="items")
    with pytest.raises(OptionError, match="takes the frame of importance"):
        importance_map(chain.parameters)
    with pytest.raises(ModelError, match="see the column note"):
        importance_map(frame.assign(performance=np.nan))


def test_the_unimportant_and_the_not_shown_are_hollow_and_the_unconnected_are_counted():
    frame = made_up(5)
    frame["quadrant"] = ["unimportant", "", "low priority", "concentrate here", "not shown"]
    figure = importance_map(frame, note="Synthetic data.")
    texts = check(figure, "1 construct without path or value left out")
    assert len(texts["name"]) == 4
    points = [line for line in figure.axes[1].lines if str(line.get_gid()).startswith("point")]
    assert [line.get_markerfacecolor() == line.get_color() for line in points] == [False, True, True, False]
    foot = " ".join(text.get_text().replace("\n", " ") for axes in figure.axes for text in axes.texts)
    assert "Hollow: unimportant, as the interval of importance lies within the smallest effect of interest; or" in foot


def test_a_radar_shows_every_construct_in_every_group():
    rows = pd.concat([made_up(9, seed=seed).assign(group=name) for seed, name in enumerate(["low", "mid", "high"])])
    texts = check(radar(rows, title="Performance", note="Synthetic data."))
    assert len(texts["name"]) == 9
    assert texts["group"] == ["low", "mid", "high"]
    names = ["a rather long name 3", "a rather long name 1", "a rather long name 2"]
    figure = radar(rows, constructs=names, labels={names[0]: "Culture", "mid": "premium"}, note="Synthetic data.")
    assert check(figure)["name"][0] == "Culture"
    mid = rows[(rows["group"] == "mid")].set_index("construct")["performance"]
    np.testing.assert_allclose(figure.axes[1].lines[1].get_ydata(), [*mid[names], mid[names[0]]])
    looks = [(line.get_color(), str(line.get_linestyle()), line.get_marker()) for line in figure.axes[1].lines]
    assert all(len({look[k] for look in looks}) == 3 for k in (0, 2))


def test_a_radar_says_what_is_missing_and_refuses_what_it_cannot_show():
    rows = made_up(5)
    rows.loc[2, "performance"] = np.nan
    check(radar(rows, note="Synthetic data."), "1 value missing")
    with pytest.raises(ModelError, match="at least 3 constructs; found 2"):
        radar(rows.iloc[:2])
    with pytest.raises(OptionError, match=r"constructs \['culture'\] are not in the frame"):
        radar(rows, constructs=["culture"])
    with pytest.raises(OptionError, match="takes the frame of importance"):
        radar(rows.drop(columns="performance"))
    with pytest.raises(OptionError, match="at most 6 groups"):
        radar(pd.concat([rows.assign(group=str(i)) for i in range(7)]))


def test_a_path_diagram_prints_the_intervals_of_its_paths(chain):
    direct = sx.effects(chain, "quality", "joy").query("effect == 'direct'").iloc[0]
    limits = path_limits(chain).query("lhs == 'joy' and op == '~'").iloc[0]
    assert limits["std_all_ci_lower"] == pytest.approx(direct["std_all_ci_lower"], abs=1e-10)
    figure = path_diagram(chain, intervals=True, note="Synthetic data.")
    texts = {t.get_gid(): t.get_text() for t in figure.axes[0].texts}
    low, high = (f"{limits[name]:.2f}".lstrip("0") for name in ("std_all_ci_lower", "std_all_ci_upper"))
    assert texts["value:path:quality:joy"].split("\n")[1] == f"[{low}, {high}]"
    assert "\n" not in texts["value:loading:joy:j1"]
    check(figure, "In brackets: 95% intervals.")
    raw = path_diagram(chain, intervals=True, standardized=False, note="Synthetic data.")
    row = chain.parameters.query("lhs == 'joy' and op == '~'").iloc[0]
    texts = {t.get_gid(): t.get_text() for t in raw.axes[0].texts}
    assert texts["value:path:quality:joy"].endswith(f"[{row['ci_lower']:.2f}, {row['ci_upper']:.2f}]")
    groups = fit(CHAIN, chain_sample(), group="brand")
    check(path_diagram(groups, group="south", intervals=True, items=False, note="Synthetic data."))


def test_a_figure_is_the_same_every_time(chain):
    frame = made_up(12, 0.3)
    one, other = (boxes(importance_map(frame)).texts for _ in range(2))
    assert all(a[1] == b[1] and (a[2] == b[2]).all() for a, b in zip(one, other, strict=True))
