"""Path diagrams: nothing overlaps, nothing is left out, and what is printed is what was estimated."""

import re
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import sexresearch as sx
from sexresearch.errors import ModelError, OptionError
from sexresearch.plots import path_diagram

TOUCH = 1.0  # pixels two boxes may share: anti-aliasing and hinting move glyphs by less
NARROW = 0.5  # pixels an arrow may enter a node that is none of its ends: half a line's rounding
A4_LANDSCAPE, SMALLEST_PRINT = 11.0, 5.5  # inches; points that item names keep when shrunk to that width


@dataclass(frozen=True)
class FitEstimates:
    """Stands in for Results where only the layout matters; its numbers are made up."""

    parameters: pd.DataFrame
    r_squared: pd.Series
    latents: tuple[str, ...]
    observed: tuple[str, ...]
    converged: bool = True


def estimated(model: str, group: object = pd.NA, seed: int = 1) -> FitEstimates:
    """Made-up estimates for every formula of a model text (operators =~ ~ ~~ only)."""
    rng = np.random.default_rng(seed)
    rows = []
    for lhs, op, rhs in re.findall(r"(\w+) *(=~|~~|~) *(.+)", model.replace(";", "\n")):
        for k, name in enumerate(rhs.split("+")):
            marker, std = op == "=~" and k == 0, float(rng.uniform(-0.3, 0.95))
            se, p = (0.0, np.nan) if marker else (0.1, [0.0001, 0.004, 0.03, 0.4][int(rng.integers(4))])
            rows.append((lhs, op, name.strip(), group, 1.0 if marker else 3 * std, se, p, std))
    frame = pd.DataFrame(rows, columns=["lhs", "op", "rhs", "group", "est", "se", "pvalue", "std_all"])
    latents = tuple(dict.fromkeys(frame["lhs"][frame["op"] == "=~"]))
    explained = dict.fromkeys([*frame["lhs"][frame["op"] == "~"], *frame["rhs"][frame["op"] == "=~"]])
    names = dict.fromkeys([*frame["lhs"], *frame["rhs"]])
    r_squared = pd.Series({name: float(rng.uniform(0, 1)) for name in explained}, dtype=float)
    return FitEstimates(frame, r_squared, latents, tuple(name for name in names if name not in latents))


def measured(names: str, n_items: int = 3) -> str:
    """A measurement model with items A1, A2, … for latent A."""
    return "\n".join(f"{n} =~ " + " + ".join(f"{n.lower()}{k + 1}" for k in range(n_items)) for n in names.split())


ECSI = """
Image =~ IMAG1 + IMAG2 + IMAG3 + IMAG4 + IMAG5; Expectation =~ CUEX1 + CUEX2 + CUEX3
Quality =~ PERQ1 + PERQ2 + PERQ3 + PERQ4 + PERQ5 + PERQ6 + PERQ7; Value =~ PERV1 + PERV2
Satisfaction =~ CUSA1 + CUSA2 + CUSA3; Complaints =~ CUSCO; Loyalty =~ CUSL1 + CUSL2 + CUSL3
Expectation ~ Image; Quality ~ Expectation; Value ~ Expectation + Quality; Complaints ~ Satisfaction
Satisfaction ~ Image + Expectation + Quality + Value; Loyalty ~ Image + Satisfaction + Complaints
"""
CHAIN = (
    measured("L1 L2 L3 L4 experience valued exceeded satisfaction loyalty success")
    + """
experience ~ L1 + L2 + L3 + L4; valued ~ experience; exceeded ~ experience; satisfaction ~ L1 + L2
loyalty ~ valued + exceeded + satisfaction; success ~ loyalty; valued ~~ exceeded
L1 ~~ L2 + L3 + L4; L2 ~~ L3 + L4; L3 ~~ L4
"""
)
FIFTEEN = (
    measured("F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12 F13 F14 F15")
    + """
F4 ~ F1 + F2; F5 ~ F1 + F3; F6 ~ F2 + F3; F7 ~ F4 + F5; F8 ~ F5 + F6 + F1; F9 ~ F4 + F6; F10 ~ F7 + F8
F11 ~ F8 + F9; F12 ~ F7 + F9 + F3; F13 ~ F10 + F11 + F5; F14 ~ F11 + F12; F15 ~ F13 + F14 + F10
F1 ~~ F2 + F3; F2 ~~ F3
"""
)
MODELS = {
    "chain of 3": measured("Quality Satisfaction Loyalty")
    + "\nSatisfaction ~ Quality; Loyalty ~ Satisfaction + Quality",
    "5, feedback": measured("A B C D E", 4) + "\nB ~ A + C; C ~ A + B; D ~ B + C + sex; E ~ D + A; B ~~ C",
    "ECSI, 7": ECSI,
    "8": measured("A B C D E F G H", 4) + "\nC ~ A + B; D ~ A + B; E ~ C + D + B; F ~ C + D; G ~ E + F + A; H ~ G + E"
    "\nA ~~ B; E ~~ F",
    "ISO chain, 10": CHAIN,
    "12": measured("A B C D E F G H I J K L")
    + "\nE ~ A + B + C; F ~ B + C + D; G ~ A + D; H ~ E + F + G; I ~ E + F + G"
    "\nJ ~ H + I + A; K ~ H + I + D; L ~ J + K + E + F\nA ~~ B + C + D; B ~~ C + D; C ~~ D",
    "15": FIFTEEN,
    "factor analysis": measured("A B C D E") + "\nA ~~ B + C + D + E; B ~~ C + D + E; C ~~ D + E; D ~~ E; a1 ~~ b2",
    "second order": measured("lead culture design operate delight")
    + "\nexcellence =~ lead + culture + design + operate\ndelight ~ excellence; spend ~ delight + excellence + age",
    "residual covariances": measured("ind") + "\nd60 =~ y1 + y2 + y3 + y4; d65 =~ y5 + y6 + y7 + y8\nd60 ~ ind"
    "\nd65 ~ ind + d60; y1 ~~ y5; y2 ~~ y4 + y6; y3 ~~ y7; y4 ~~ y8; y6 ~~ y8",
    "general factor": measured("f g h") + "\nall =~ f1 + f2 + f3 + g1 + g2 + g3 + h1 + h2 + h3",
    "cross-loading": measured("f g h") + "\nf =~ h3; f ~~ g + h; g ~~ h",
    "far covariances": measured("A B C D") + "\nC ~ A + B; D ~ C; A ~~ B + D; a1 ~~ d2; B ~~ c1",
    "observed only": "satisfied ~ quality + price + age; loyal ~ satisfied + price; spend ~ loyal + satisfied + age",
}


VARIANTS = [(name, items) for name in MODELS for items in (True, False)]
OPTIONS = {"title": "A model", "note": "Synthetic data."}


@dataclass(frozen=True)
class Boxes:
    """Bounding boxes in pixels by gid: (left, bottom, right, top); lines of arrows as points."""

    texts: dict[str, np.ndarray]
    nodes: dict[str, np.ndarray]
    lines: dict[str, np.ndarray]
    page: np.ndarray


def measure(figure: Figure) -> Boxes:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    (axes,), renderer = figure.axes, canvas.get_renderer()
    texts = {t.get_gid(): t.get_window_extent(renderer).extents for t in axes.texts if t.get_text()}
    nodes = {p.get_gid(): p.get_window_extent(renderer).extents for p in axes.patches if p.get_gid()}
    lines = {line.get_gid(): axes.transData.transform(line.get_xydata()) for line in axes.lines}
    return Boxes(texts, nodes, lines, np.array([0, 0, *canvas.get_width_height()]))


@pytest.mark.parametrize("name", ["5, feedback", "ECSI, 7", "ISO chain, 10", "15"])
def test_intervals_take_no_room_from_other_texts_or_nodes(name):
    results = estimated(MODELS[name])
    std = results.parameters["std_all"]
    limited = results.parameters.assign(std_all_ci_lower=std - 0.08, std_all_ci_upper=std + 0.08)
    boxes = measure(path_diagram(replace(results, parameters=limited), intervals=True, **OPTIONS))
    assert not [pair for pair in combinations(boxes.texts, 2) if overlap(boxes.texts[pair[0]], boxes.texts[pair[1]])]
    values = [box for gid, box in boxes.texts.items() if gid.startswith("value")]
    assert not [node for node, box in boxes.nodes.items() for value in values if overlap(value, box)]


@cache
def drawn(name: str, items: bool) -> Boxes:
    return measure(path_diagram(estimated(MODELS[name]), items=items, **OPTIONS))


def words(figure: Figure) -> dict[str, str]:
    return {text.get_gid(): text.get_text() for text in figure.axes[0].texts}


def overlap(one: np.ndarray, other: np.ndarray) -> bool:
    shared = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    return bool(np.all(shared > TOUCH))


def within(inner: np.ndarray, outer: np.ndarray) -> bool:
    return bool(np.all(inner[:2] >= outer[:2]) and np.all(inner[2:] <= outer[2:]))


def crosses(line: np.ndarray, node: np.ndarray, ellipse: bool) -> bool:
    """Whether a polyline runs through a box, or through the ellipse in it."""
    steps = np.linspace(0, 1, 40)[:, None, None]
    points = (line[:-1] + steps * np.diff(line, axis=0)).reshape(-1, 2)
    centre, half = (node[:2] + node[2:]) / 2, (node[2:] - node[:2]) / 2 - NARROW
    away = np.abs((points - centre) / half)
    return bool(np.any((away**2).sum(axis=1) < 1) if ellipse else np.any((away < 1).all(axis=1)))


@pytest.mark.parametrize(("name", "items"), VARIANTS)
def test_no_texts_and_no_nodes_overlap_each_other(name, items):
    boxes = drawn(name, items)
    for kind in (boxes.texts, boxes.nodes):
        assert not [pair for pair in combinations(kind, 2) if overlap(kind[pair[0]], kind[pair[1]])]


@pytest.mark.parametrize(("name", "items"), VARIANTS)
def test_names_sit_inside_their_node_and_all_other_texts_outside_of_nodes(name, items):
    boxes = drawn(name, items)
    for gid, text in boxes.texts.items():
        own = gid.replace(gid.split(":")[0], "node", 1) if gid.startswith(("name", "r_squared")) else ""
        assert within(text, boxes.nodes.get(own, boxes.page)), gid
        assert not [node for node, box in boxes.nodes.items() if node != own and overlap(text, box)], gid


@pytest.mark.parametrize(("name", "items"), VARIANTS)
def test_no_arrow_runs_through_a_node_that_is_not_its_end(name, items):
    boxes, latents = drawn(name, items), estimated(MODELS[name]).latents
    for gid, line in boxes.lines.items():
        others = {node: box for node, box in boxes.nodes.items() if node.split(":")[1] not in gid.split(":")[2:]}
        hit = [node for node, box in others.items() if crosses(line, box, node.split(":")[1] in latents)]
        assert not hit, f"{gid} runs through {hit}"


@pytest.mark.parametrize("name", MODELS)
def test_every_variable_and_every_arrow_is_there(name):
    boxes, results = drawn(name, True), estimated(MODELS[name])
    assert set(boxes.nodes) == {f"node:{name}" for name in (*results.latents, *results.observed)}
    assert len(boxes.lines) == len(results.parameters)
    assert set(boxes.texts) >= {gid.replace("arrow", "value", 1) for gid in boxes.lines}


@pytest.mark.parametrize(("name", "items"), VARIANTS)
def test_causes_stand_left_of_effects_except_for_one_feedback(name, items):
    boxes = drawn(name, items)
    paths = [gid.split(":")[2:] for gid in boxes.lines if gid.startswith("arrow:path:")]
    back = [(a, b) for a, b in paths if boxes.nodes[f"node:{a}"][2] >= boxes.nodes[f"node:{b}"][0]]
    assert back == ([("C", "B")] if "feedback" in name else [])


@pytest.mark.parametrize("name", ["ECSI, 7", "ISO chain, 10", "12", "15"])
def test_item_names_stay_legible_when_the_figure_is_shrunk_to_a_page(name):
    figure = path_diagram(estimated(MODELS[name]))
    smallest = min(text.get_fontsize() for text in figure.axes[0].texts)
    assert smallest * min(1, A4_LANDSCAPE / figure.get_figwidth()) > SMALLEST_PRINT


def test_without_items_only_latents_and_observed_variables_in_paths_are_left():
    left = {"lead", "culture", "design", "operate", "excellence", "delight", "spend", "age"}
    assert set(drawn("second order", False).nodes) == {f"node:{name}" for name in left}


SMALL = """y =~ y1 + y2
y ~ x + w
w ~~ x
y1 ~~ y2"""


def small() -> FitEstimates:
    """Two indicators, two paths, two covariances of which one is fixed, with numbers chosen for their print."""
    results = estimated(SMALL)
    rows = results.parameters.assign(
        est=[1.0, 1234.567, 0.5, -0.004, 2.0, np.nan],
        se=[0.0, 1.0, 0.1, 0.1, 0.0, 0.1],
        pvalue=[np.nan, 0.2, 0.0009, 0.05, np.nan, 0.01],
        std_all=[0.8, 0.126, 0.996, -0.004, 0.3, np.nan],
    )
    return replace(results, parameters=rows, r_squared=pd.Series({"y": 0.456, "y1": 0.64, "y2": 0.2}))


def test_values_are_printed_as_journals_print_them():
    text = words(path_diagram(small()))
    assert {gid: value for gid, value in text.items() if gid.startswith("value")} == {
        "value:loading:y:y1": ".80",
        "value:loading:y:y2": ".13",
        "value:path:x:y": "1.00***",
        "value:path:w:y": ".00",
        "value:covariance:y1:y2": "NA*",
    }
    assert text["r_squared:y"] == "$R$² = .46"
    assert "r_squared:y1" not in text


def test_unstandardized_values_keep_their_leading_zero_and_the_footnote_says_so():
    text = words(path_diagram(small(), standardized=False))
    assert [text[f"value:{gid}"] for gid in ("loading:y:y2", "path:x:y", "path:w:y")] == ["1234.57", "0.50***", "0.00"]
    assert text["foot"].startswith("Unstandardized estimates.")


def test_dashes_mark_what_is_not_significant_and_the_footnote_explains_what_is_drawn():
    figure = path_diagram(small(), note="Synthetic data.")
    dashed = [line.get_gid() for line in figure.axes[0].lines if line.is_dashed()]
    assert dashed == ["arrow:loading:y:y2", "arrow:path:w:y"]
    foot = words(figure)["foot"].replace("\n", " ")
    assert "***\xa0$p$\xa0<\xa0.001 (loadings without stars)." in foot
    assert foot.endswith("Dashed: $p$\xa0≥\xa0.05. Synthetic data.")
    plain = estimated("y ~ x")
    plain = replace(plain, parameters=plain.parameters.assign(pvalue=0.001))
    assert "Dashed" not in words(path_diagram(plain))["foot"]


def test_a_fit_that_did_not_converge_is_marked():
    assert "did not converge" not in words(path_diagram(small()))["foot"]
    foot = words(path_diagram(replace(small(), converged=False)))["foot"]
    assert "Estimation did not converge." in foot.replace("\n", " ")


def test_labels_replace_names_and_may_hold_any_sign():
    labels = {"y": "share of $ wallet", "x": "delight_with_service", "not in the model": "ignored"}
    text = words(path_diagram(small(), labels=labels, title="Costs $5 & more"))
    assert text["name:y"] == "share of \\$\nwallet"
    assert text["name:x"] == "delight_with_\nservice"
    assert text["name:w"] == "w"
    measure(path_diagram(small(), labels=labels, title="Costs $5 or $6", note="$1"))  # draws without an error


def test_a_group_is_chosen_by_its_label_and_never_silently():
    low, high = (estimated("y ~ x; z ~ y", group, seed) for group, seed in (("low", 1), ("high", 2)))
    frame = pd.concat([low.parameters, high.parameters], ignore_index=True)
    r_squared = pd.concat({"low": low.r_squared, "high": high.r_squared})
    both = replace(low, parameters=frame, r_squared=r_squared)
    alone = replace(high, parameters=high.parameters.assign(group=pd.NA))
    assert words(path_diagram(both, group="high")) == words(path_diagram(alone))
    with pytest.raises(OptionError, match="one group, and group=None is none of them: the groups are 'low', 'high'"):
        path_diagram(both)
    with pytest.raises(OptionError, match="group='High'"):
        path_diagram(both, group="High")
    with pytest.raises(OptionError, match="one group without a label; leave group out"):
        path_diagram(alone, group="high")


def test_results_without_any_arrow_are_refused():
    empty = replace(small(), parameters=small().parameters.iloc[:0])
    with pytest.raises(ModelError, match="nothing to draw"):
        path_diagram(empty)


def test_a_diagram_is_the_same_every_time_and_leaves_the_results_alone():
    results = estimated(MODELS["ISO chain, 10"])
    before = results.parameters.copy()
    first, second = measure(path_diagram(results)), measure(path_diagram(results))
    pd.testing.assert_frame_equal(results.parameters, before)
    for gid, box in first.texts.items():
        np.testing.assert_array_equal(box, second.texts[gid])


def test_it_draws_the_results_of_a_fit():
    model = """Expectation =~ OVERALLX + CUSTOMX + WRONGX; Quality =~ OVERALLQ + CUSTOMQ + WRONGQ
    Value =~ PQ + QP; Satisfaction =~ SATIS + CONFIRM + IDEAL; Quality ~ Expectation
    Value ~ Expectation + Quality; Satisfaction ~ Expectation + Quality + Value; REPUR ~ Satisfaction"""
    results = sx.fit(model, moments=sx.datasets.load("acsi_2015_moments"))
    text = words(path_diagram(results, labels={"REPUR": "repurchase"}))
    assert text["value:path:Satisfaction:REPUR"] == ".87***"
    assert text["name:REPUR"] == "repurchase"
    assert text["r_squared:REPUR"] == f"$R$² = {results.r_squared['REPUR']:.2f}".replace("0.", ".")


def test_it_draws_one_group_of_a_fit():
    moments = sx.datasets.load("acsi_2015_moments_by_industry")
    results = sx.fit("Value =~ PQ + QP + SATIS; REPUR ~ Value", moments=moments)
    text = words(path_diagram(results, group="banks"))
    assert text["r_squared:REPUR"] == f"$R$² = {results.r_squared['banks']['REPUR']:.2f}".replace("0.", ".")
