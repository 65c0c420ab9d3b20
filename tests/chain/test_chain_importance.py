"""Importance, performance and what-if: hand computations, invariance to the marker and the units, a bootstrap."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sem_samples import chain_sample

import sexresearch as sx
from sexresearch.datasets.world_population import total_effects
from sexresearch.errors import ModelError, OptionError
from sexresearch.glossary import COLUMNS
from sexresearch.sem import Moments, bootstrap, fit
from sexresearch.sem.output.results import Results

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.sem.FitWarning")
SAME = 1e-5  # two parametrizations of one model, each with the stopping error of its fit
SLOPES = 1e-4  # relative; limits rest on central differences
BOOTSTRAP = 0.2  # relative error of a standard error from 150 replicates, three times over
CHAIN = """
    quality =~ q1 + q2 + q3
    joy     =~ j1 + j2 + j3
    loyal   =~ l1 + l2 + l3
    joy   ~ quality
    loyal ~ joy + quality
"""
SCALE = (-5.0, 12.0)
WORLD = 0.03  # sampling error of a small standardized effect in 2,137 answers: three standard errors
ELEMENTS = [
    "vision",
    "management",
    "culture",
    "engagement",
    "understanding",
    "design",
    "innovation",
    "processes",
    "monitoring",
]
BOTH = ["quality", "joy"]
NUMBERS = ["importance", "importance_ci_lower", "importance_ci_upper", "performance", "performance_ci_lower"]


@pytest.fixture(scope="module")
def chain() -> Results:
    return fit(CHAIN, chain_sample())


def by_name(frame: pd.DataFrame, name: str) -> pd.Series:
    return frame[np.where(frame["item"] == "", frame["construct"], frame["item"]) == name].iloc[0]


def test_importance_and_performance_equal_the_computation_by_hand(chain):
    frame, rows, data = sx.importance(chain, "loyal", SCALE, BOTH), chain.parameters, chain_sample()
    points, unit, level, weight = 100 / (SCALE[1] - SCALE[0]), {}, {}, {}
    for construct in ("quality", "joy", "loyal"):
        part = rows[(rows["op"] == "=~") & (rows["lhs"] == construct)]
        share = part["std_all"] / part["std_all"].sum()
        unit[construct] = (share * part["est"]).sum() * points
        level[construct] = (share * [points * (data[item].mean() - SCALE[0]) for item in part["rhs"]]).sum()
        weight |= dict(zip(part["rhs"], share, strict=True))
    path = {(lhs, rhs): est for lhs, op, rhs, est in rows[["lhs", "op", "rhs", "est"]].to_numpy() if op == "~"}
    total = path["loyal", "quality"] + path["loyal", "joy"] * path["joy", "quality"]
    wanted = {
        "quality": total * unit["loyal"] / unit["quality"],
        "joy": path["loyal", "joy"] * unit["loyal"] / unit["joy"],
    }
    for name, value in wanted.items():
        assert by_name(frame, name)["importance"] == pytest.approx(value, rel=1e-9)
        assert by_name(frame, name)["performance"] == pytest.approx(level[name], rel=1e-9)
    assert by_name(frame, "j2")["importance"] == pytest.approx(weight["j2"] * wanted["joy"], rel=1e-9)
    assert by_name(frame, "j2")["weight"] == pytest.approx(weight["j2"], rel=1e-9)
    assert by_name(frame, "quality")["std_all"] == pytest.approx(
        sx.effects(chain, "quality", "loyal").query("effect == 'total'")["std_all"].item(), rel=1e-9
    )
    assert frame["construct"].unique().tolist() == ["quality", "joy"]
    assert set(frame.columns) <= set(COLUMNS)


def mapped(options: dict[str, object]) -> pd.DataFrame:
    return sx.importance(fit(CHAIN, chain_sample(), **options), "loyal", SCALE)


@pytest.mark.parametrize("options", [{"std_lv": True}, {"meanstructure": True}])
def test_neither_marker_nor_modelled_means_move_the_map(chain, options):
    one, other = (
        sx.importance(chain, "loyal", SCALE),
        sx.importance(fit(CHAIN, chain_sample(), **options), "loyal", SCALE),
    )
    np.testing.assert_allclose(one[NUMBERS], other[NUMBERS], rtol=SLOPES)


def test_units_of_the_answers_do_not_move_the_map(chain):
    data = chain_sample()
    items = [f"{letter}{i}" for letter in "qjl" for i in (1, 2, 3)]
    data[items] = 100 * (data[items] - SCALE[0]) / (SCALE[1] - SCALE[0])
    one, other = sx.importance(chain, "loyal", SCALE), sx.importance(fit(CHAIN, data), "loyal", (0, 100))
    np.testing.assert_allclose(one[NUMBERS], other[NUMBERS], rtol=SLOPES)
    by_item = dict.fromkeys(items, SCALE)
    pd.testing.assert_frame_equal(one, sx.importance(chain, "loyal", by_item))


def test_limits_agree_with_a_bootstrap(chain):
    def statistic(results: Results) -> dict[str, float]:
        frame = sx.importance(results, "loyal", SCALE, BOTH)
        joy, item = by_name(frame, "joy"), by_name(frame, "q1")
        return {"joy": joy["importance"], "level": joy["performance"], "item": item["importance"]}

    frame, drawn = sx.importance(chain, "loyal", SCALE, BOTH), bootstrap(chain, 150, statistic=statistic).replicates
    for name, row, column in (
        ("joy", "joy", "importance"),
        ("level", "joy", "performance"),
        ("item", "q1", "importance"),
    ):
        own = by_name(frame, row)
        half = (own[f"{column}_ci_upper"] - own[f"{column}_ci_lower"]) / 2 / 1.959964
        assert half == pytest.approx(drawn[name].std(), rel=BOOTSTRAP)


def test_an_observed_variable_has_the_error_of_a_mean_within_clusters_too():
    data = chain_sample()
    results = fit("l1 ~ q1", data, meanstructure=False)
    row = sx.importance(results, "l1", SCALE).iloc[0]
    slope = results.parameters.query("op == '~'").iloc[0]
    half = 1.959964 * data["q1"].std(ddof=0) / np.sqrt(len(data)) * 100 / (SCALE[1] - SCALE[0])
    assert row["performance_ci_upper"] - row["performance"] == pytest.approx(half, rel=SLOPES)
    assert row["importance"] == pytest.approx(slope["est"], rel=1e-9)
    assert row["importance_ci_upper"] == pytest.approx(slope["ci_upper"], rel=SLOPES)
    nested = sx.importance(fit("l1 ~ q1", data, cluster="branch"), "l1", SCALE).iloc[0]
    sums = (data["q1"] - data["q1"].mean()).groupby(data["branch"]).sum()
    half = 1.959964 * np.sqrt((sums**2).sum()) / len(data) * 100 / (SCALE[1] - SCALE[0])
    assert nested["performance_ci_upper"] - nested["performance"] == pytest.approx(half, rel=SLOPES)


def test_constructs_of_constructs_are_made_of_their_parts_and_groups_stand_apart():
    survey = sx.datasets.load("service_excellence_demo")
    text = """core =~ core1 + core2 + core3
    individual =~ ind1 + ind2 + ind3
    surprising =~ spr1 + spr2 + spr3
    excellence =~ core + individual + surprising
    loyalty =~ remain + recommend + repurchase
    loyalty ~ excellence"""
    results = sx.fit(text, survey)
    frame = sx.importance(results, "loyalty", survey)
    parts = [by_name(frame, name)["performance"] for name in ("core", "individual", "surprising")]
    loading = results.parameters.query("op == '=~' and lhs == 'excellence'")["std_all"].to_numpy()
    assert by_name(frame, "excellence")["performance"] == pytest.approx(np.average(parts, weights=loading), rel=1e-9)
    assert (frame["note"][frame["construct"] == "excellence"] == "").all()
    groups = sx.importance(sx.fit(text, survey, group="brand"), "loyalty", survey, constructs=["excellence"])
    assert groups["group"].tolist() == ["low-budget", "premium", "luxury"]
    assert groups["importance"].gt(0).all()


def test_moments_need_a_scale_and_means(chain):
    items = [f"{letter}{i}" for letter in "qjl" for i in (1, 2, 3)]
    data = chain_sample()[items]
    whole, bare = (fit(CHAIN, moments=Moments(data.cov(), len(data), mean)) for mean in (data.mean(), None))
    one, other = sx.importance(chain, "loyal", SCALE), sx.importance(whole, "loyal", SCALE)
    np.testing.assert_allclose(one[NUMBERS], other[NUMBERS], rtol=SLOPES)
    lost = sx.importance(bare, "loyal", SCALE)
    np.testing.assert_allclose(lost["importance"], one["importance"], rtol=SLOPES)
    assert lost["performance"].isna().all()
    assert lost["note"].str.contains("hold no means").all()
    lost = sx.importance(whole, "loyal")
    assert lost["importance"].isna().all()
    assert lost["note"].str.contains("say scale=").all()


def test_what_cannot_be_read_in_points_says_why(chain):
    turned = fit(CHAIN, chain_sample().eval("j2 = -j2"))
    frame = sx.importance(turned, "loyal", constructs=BOTH)
    assert np.isnan(by_name(frame, "joy")["importance"])
    assert "j2 loads negatively on joy, which has no index then: recode it" in by_name(frame, "joy")["note"]
    assert by_name(frame, "quality")["importance"] > 0
    failed = not_converged(chain)
    for frame in (sx.importance(failed, "loyal"), sx.what_if(failed, {"joy": 5})):
        assert frame.select_dtypes("number").isna().all(axis=None)
        assert frame["note"].str.contains("did not converge").all()
    bare = sx.importance(fit(CHAIN, chain_sample(), se="none"), "loyal")
    assert bare["importance"].notna().all()
    assert bare["importance_ci_lower"].isna().all()
    assert bare["note"].str.contains("no standard errors").all()


def not_converged(results: Results) -> Results:
    inner = results.fitted
    solution = replace(inner.constrained.solution, converged=False)
    return replace(results, fitted=replace(inner, constrained=replace(inner.constrained, solution=solution)))


def test_a_target_at_the_start_of_the_chain_has_nothing_that_matters_for_it(chain):
    frame = sx.importance(chain, target="quality", scale=(-9, 9))
    assert frame["construct"].tolist() == ["joy", "loyal"]
    assert frame[["importance", "importance_ci_lower", "importance_ci_upper", "std_all"]].isna().all(axis=None)
    assert frame["note"].str.startswith("no path of arrows leads from ").all()
    assert frame["performance"].notna().all()
    alone = fit("joy =~ j1 + j2 + j3", chain_sample())
    for results, constructs in ((chain, ["quality"]), (alone, None)):
        target = results.latents[0]
        with pytest.raises(ModelError, match=f"nothing to set beside the target '{target}'"):
            sx.importance(results, target, constructs=constructs)


def test_unknown_names_and_impossible_scales_are_refused(chain):
    with pytest.raises(
        ModelError, match=r"target 'loyalty' is not in the model \(did you mean 'loyal'\?\).*quality, joy, loyal; q1"
    ):
        sx.importance(chain, target="loyalty")
    with pytest.raises(
        ModelError, match="construct 'culture' is not in the model; its variables are: quality, joy, loyal"
    ):
        sx.what_if(chain, {"culture": +5})
    with pytest.raises(ModelError, match="construct 'culture'"):
        sx.importance(chain, "loyal", constructs=["culture"])
    for scale, words in (
        ((1, 5), r"q1: answers run from .* off the scale from 1 to 5"),
        ((7, 1), "lowest answer must be below"),
        (7, "needs \\(lowest, highest\\)"),
        ({"x9": (1, 7)}, r"scale names \['x9'\]"),
    ):
        with pytest.raises(OptionError, match=words):
            sx.importance(chain, "loyal", scale)
    for changes, words in (
        ({}, "points by construct"),
        ({"joy": "5"}, "between -100 and 100"),
        ({"joy": 500}, "-100 and 100"),
    ):
        with pytest.raises(OptionError, match=words):
            sx.what_if(chain, changes)
    for call in (lambda: sx.importance("fit", "loyal"), lambda: sx.what_if("fit", {"joy": 1})):
        with pytest.raises(OptionError, match="needs the Results of a fit; found str"):
            call()
    with pytest.raises(OptionError, match="level"):
        sx.what_if(chain, {"joy": 1}, level=95)


def test_a_change_reaches_what_follows_by_total_effects(chain):
    frame = sx.what_if(chain, {"quality": +5}, SCALE)
    assert frame["construct"].tolist() == ["quality", "joy", "loyal"]
    map_ = by_name(sx.importance(chain, "loyal", SCALE), "quality")
    last = frame.iloc[-1]
    for end in ("", "_ci_lower", "_ci_upper"):
        assert last[f"change{end}"] == pytest.approx(5 * map_[f"importance{end}"], rel=SLOPES)
    assert last["predicted"] == pytest.approx(last["performance"] + last["change"])
    assert (frame["change"][0], frame["change_ci_lower"][0]) == (pytest.approx(5), pytest.approx(5))
    assert frame["note"].str.startswith("if the model's arrows are causes").all()
    both = sx.what_if(chain, {"quality": 5, "joy": -2}, SCALE).set_index("construct")["change"]
    joy = sx.what_if(chain, {"joy": -2}, SCALE).set_index("construct")["change"]
    assert both["loyal"] == pytest.approx(last["change"] + joy["loyal"], abs=SAME)
    assert "beyond the scale" in sx.what_if(chain, {"quality": 90}, SCALE)["note"][0]
    assert set(frame.columns) <= set(COLUMNS)


def test_a_composite_is_its_own_index_and_makes_its_parts_causes():
    survey = sx.datasets.load("service_excellence_demo")
    text = """core =~ core1 + core2 + core3
    individual =~ ind1 + ind2 + ind3
    loyalty =~ remain + recommend + repurchase
    excellence =~ 0*core1
    excellence ~ core + individual
    excellence ~~ 0*excellence
    loyalty ~ 1*excellence"""
    results = sx.fit(text, survey)
    frame = sx.importance(results, "loyalty", survey, constructs=["excellence", "core", "individual"])
    whole, one, other = (by_name(frame, name) for name in ("excellence", "core", "individual"))
    share = np.array([one["importance"], other["importance"]]) / whole["importance"]
    assert share.sum() == pytest.approx(1, rel=1e-9)
    assert whole["performance"] == pytest.approx(share @ [one["performance"], other["performance"]], rel=1e-9)
    assert whole["note"] == ""
    assert not frame.duplicated(["construct", "item"]).any()
    assert "excellence" not in set(frame[frame["kind"] == "item"]["construct"])
    direct = sx.importance(
        sx.fit("\n".join(text.splitlines()[:3]) + "\nloyalty ~ core + individual", survey), "loyalty", survey
    )
    assert by_name(direct, "core")["importance"] == pytest.approx(one["importance"], rel=SLOPES)


def test_what_only_shows_a_factor_is_no_cause_and_the_note_says_so():
    survey = sx.datasets.load("service_excellence_demo")
    results = sx.fit(sx.chain_model(survey.instrument, "core"), survey)
    row = by_name(sx.importance(results, "loyalty", survey), "individual")
    assert row["note"].endswith("silent on its importance; it only shows excellence: a composite would make it a cause")
    frame = sx.what_if(results, {"individual": 5}, survey)
    assert "no construct follows from individual; it only shows excellence" in frame["note"][0]
    last = frame.set_index("construct").loc["success"]
    assert last[["change", "change_ci_lower", "change_ci_upper", "predicted"]].isna().all()
    assert last["performance"] > 0
    assert "no path of arrows leads to success from individual, so the model is silent" in last["note"]


def test_on_the_synthetic_world_the_decoys_are_unimportant_and_importance_is_the_truth():
    world = sx.datasets.load("service_excellence_world")
    results = sx.fit(sx.chain_model(world.instrument, "full", higher_order="composite"), world)
    frame = sx.importance(results, "loyalty", world, constructs=ELEMENTS).query("kind == 'construct'")
    assert set(frame[frame["quadrant"] == "unimportant"]["construct"]) == {"vision", "monitoring"}
    truth = total_effects("loyalty")
    np.testing.assert_allclose(frame["std_all"], [truth[name] for name in frame["construct"]], atol=WORLD)
    wanted = truth["delight"]
    found = sx.effects(results, "delight", "loyalty").query("effect == 'total'").iloc[0]
    assert found["std_all_ci_lower"] < wanted < found["std_all_ci_upper"]


@pytest.mark.parametrize(("strength", "settles"), [(0.5, True), (1.2, False)])
def test_a_loop_counts_only_where_it_settles(strength, settles):
    rng = np.random.default_rng(2)
    data = pd.DataFrame(rng.normal(size=(200, 4)), columns=["x", "w", "delight", "satisfaction"])
    text = f"delight ~ a*x + {strength}*satisfaction; satisfaction ~ c*w + {strength}*delight; delight ~~ satisfaction"
    results = fit(text, data)
    frame, after = sx.importance(results, "satisfaction", (-5, 5)), sx.what_if(results, {"x": 5}, (-5, 5))
    assert frame["importance"].notna().all() == settles
    assert after["change"].notna().all() == settles
    assert frame["note"].str.contains("does not settle").all() != settles
    total = sx.effects(results, "x", "satisfaction").query("effect == 'total'")["est"].item()
    assert settles is False or by_name(frame, "x")["importance"] == pytest.approx(total, rel=1e-9)
