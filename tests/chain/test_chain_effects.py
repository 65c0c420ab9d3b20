"""Effects: equal to lavaan's definitions, to our own, to finite differences; what cannot be computed says why."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sem_samples import CHAIN, chain_sample

import sexresearch as sx
from sexresearch.chain.paths.effects import MOST_PATHS, effects
from sexresearch.chain.paths.routes import Route, route_slopes, route_values
from sexresearch.errors import ModelError, OptionError
from sexresearch.glossary import COLUMNS
from sexresearch.sem import Moments, bootstrap, fit, monte_carlo
from sexresearch.sem.output.results import Results
from sexresearch.sem.resampling.uncertainty import INTERVALS
from sexresearch.sem.view import view

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.sem.FitWarning")  # small, saturated, or with gaps
ROOT = Path(__file__).parents[2]
LAVAAN = ROOT / "tests" / "reference" / "effects"
ESTIMATE = 1e-6  # lavaan's values, polished by Newton steps on its own gradient
STOPPED = 1e-5  # lavaan's values of ordered items, as its optimizer left them
ERROR = 2e-5  # relative; lavaan's robust and standardized errors rest on numerical derivatives
ROUNDING = 1e-10
SLOPE = 1e-6  # central differences
BRANDS = ("low-budget", "premium", "luxury")

ROUTES = {  # a definition of the reference model: source, target, effect, path (a part of it)
    "direct": ("experience", "loyalty", "direct", ""),
    "delight_route": ("experience", "loyalty", "indirect", "delight"),
    "satisfaction_route": ("experience", "loyalty", "indirect", "satisfaction"),
    "total_indirect": ("experience", "loyalty", "total indirect", ""),
    "total": ("experience", "loyalty", "total", ""),
    "contrast": ("experience", "loyalty", "contrast", ""),
    "share": ("experience", "loyalty", "share mediated", ""),
}
SECOND_ORDER = {
    "direct": ("excellence", "loyalty", "direct", ""),
    "by_core": ("excellence", "loyalty", "indirect", "core"),
    "by_feedback": ("excellence", "loyalty", "indirect", "feedback"),
    "total": ("excellence", "loyalty", "total", ""),
}
LOOP = {
    "total": ("experience", "loyalty", "total", ""),
    "to_delight": ("experience", "delight", "total", ""),
    "delight_to_satisfaction": ("delight", "satisfaction", "total", ""),
}
COVARIATE = {name: ("age", "loyalty", name, "") for name in ("direct", "indirect", "total")}
NUMBERED = [(str(i + 1), i, i) for i in range(3)] + [(f"{b + 1}_{a + 1}", a, b) for a, b in ((0, 1), (0, 2), (1, 2))]
GROUPS = {
    f"{effect}{tail}": ("experience", "loyalty", effect, "", BRANDS[a] if a == b else f"{BRANDS[b]} − {BRANDS[a]}")
    for effect in ("indirect", "total")
    for tail, a, b in NUMBERED
}
CASES = {
    "routes": ("routes", ROUTES, {}),
    "routes_fiml": ("routes", ROUTES, {"estimator": "MLR", "missing": "fiml"}),
    "second_order": ("second_order", SECOND_ORDER, {"std_lv": True}),
    "groups": ("groups", GROUPS, {"group": "brand"}),
    "loop": ("loop", LOOP, {}),
    "covariate": ("covariate", COVARIATE, {}),
    "ordered": ("ordered", ROUTES, {"ordered": True}),
    "ordered_theta": ("ordered", ROUTES, {"ordered": True, "parameterization": "theta"}),
}


def fitted(model: str, options: dict[str, str] | None = None) -> Results:
    answers = pd.read_csv(ROOT / "data" / "synthetic" / "service_excellence_demo.csv")
    return fit((LAVAAN / f"{model}.txt").read_text(encoding="utf-8"), answers, **(options or {}))


def one(frame: pd.DataFrame, effect: str, part: str = "", group: str = "") -> pd.Series:
    found = frame[(frame["effect"] == effect) & frame["path"].str.contains(part, regex=False)]
    found = found[found["group"] == group] if group else found
    assert len(found) == 1
    return found.iloc[0]


@pytest.mark.parametrize("case", CASES)
def test_effects_equal_the_definitions_of_lavaan(case):
    model, wanted, options = CASES[case]
    results, values = fitted(model, options), pd.read_csv(LAVAAN / f"{case}.csv").set_index("name")
    assert set(values.index) == set(wanted)
    for name, (source, target, effect, part, *group) in wanted.items():
        row, value = one(effects(results, source, target), effect, part, *group), values.loc[name]
        sign = -1 if name == "contrast" and row["path"].index("satisfaction") < row["path"].index("delight") else 1
        width = value["std_all_ci_upper"] - value["std_all_ci_lower"]
        near = STOPPED if "ordered" in case else ESTIMATE
        assert sign * row["est"] == pytest.approx(value["est"], abs=near)
        assert sign * row["std_all"] == pytest.approx(value["std_all"], abs=near)
        assert row["se"] == pytest.approx(value["se"], rel=ERROR)
        assert row["std_all_ci_upper"] - row["std_all_ci_lower"] == pytest.approx(width, rel=ERROR)
        assert row["ci_upper"] - row["ci_lower"] == pytest.approx(value["ci_upper"] - value["ci_lower"], rel=ERROR)
        assert row["z"] == pytest.approx(row["est"] / row["se"], abs=ROUNDING)


@pytest.fixture(scope="module")
def chain() -> Results:
    return fit(CHAIN, chain_sample())


def test_effects_equal_our_own_definitions_whatever_the_interval(chain):
    defined = chain.parameters.query("op == ':='").iloc[0]
    found = one(effects(chain, "quality", "loyal"), "indirect")
    for column in ("est", "se", "z", "pvalue", "ci_lower", "ci_upper", "std_all"):
        assert found[column] == pytest.approx(defined[column], abs=ROUNDING)
    drawn = monte_carlo(chain, seed=3).iloc[0]
    found = one(effects(chain, "quality", "loyal", seed=3, interval="monte_carlo"), "indirect")
    np.testing.assert_allclose(
        found[["se", "ci_lower", "ci_upper"]].to_list(), drawn[["se", "ci_lower", "ci_upper"]].to_list()
    )


def test_bootstrap_limits_are_those_of_the_bootstrap(chain):
    drawn = bootstrap(chain, 200, seed=5)
    for interval in ("percentile", "bias_corrected", "bca"):
        found = one(effects(chain, "quality", "loyal", 200, 5, interval), "indirect")
        for scale, columns in (
            ("est", ["ci_lower", "ci_upper"]),
            ("std_all", ["std_all_ci_lower", "std_all_ci_upper"]),
        ):
            row = drawn.intervals(interval, scale=scale).query("op == ':='").iloc[0]
            np.testing.assert_allclose(
                found[columns].astype(float), row[["ci_lower", "ci_upper"]].astype(float), rtol=1e-5
            )
        assert found["interval"] == interval
    first = effects(chain, "quality", "loyal", bootstrap=200, seed=5)
    pd.testing.assert_frame_equal(
        first, effects(chain, "quality", "loyal", bootstrap=200, seed=5, interval="percentile")
    )
    assert not first["ci_lower"].equals(effects(chain, "quality", "loyal", bootstrap=200, seed=6)["ci_lower"])


@pytest.mark.parametrize("model", ["routes", "second_order", "loop", "covariate"])
def test_slopes_equal_finite_differences(model):
    inner = view(fitted(model), "effects")
    names = inner.blocks[0].names
    ends = {"covariate": ("age", "loyalty", "delight"), "second_order": ("excellence", "loyalty", "core")}
    source, target, by = ends.get(model, ("experience", "loyalty", "delight"))
    path = tuple(
        names.index(name) for name in ((source, by, target) if by != "core" else (source, by, "satisfaction", target))
    )
    routes = [Route(0, path[0], path[-1], (path,)), Route(0, path[1], path[-1])]
    point = np.concatenate([inner.theta, inner.exogenous])
    steps = np.diag(1e-5 * (1 + np.abs(point)))
    q = len(inner.theta)
    sides = [route_values(inner, routes, (point + s)[:, :q], (point + s)[:, q:]) for s in (steps, -steps)]
    for scale, slopes in enumerate(route_slopes(inner, routes)):
        numerical = (sides[0][scale] - sides[1][scale]).T / (2 * np.diag(steps))
        np.testing.assert_allclose(slopes, numerical, atol=SLOPE, rtol=SLOPE)


def test_paths_add_up_and_the_default_goes_from_the_first_cause_to_the_last_effect(chain):
    frame = effects(chain)
    assert set(frame["source"]) == {"quality"}
    assert set(frame["target"]) == {"loyal"}
    total = one(frame, "direct")["est"] + one(frame, "indirect")["est"]
    assert one(frame, "total")["est"] == pytest.approx(total, abs=ROUNDING)
    assert one(frame, "share mediated")["est"] == pytest.approx(one(frame, "indirect")["est"] / total, abs=ROUNDING)
    assert "MacKinnon" in one(frame, "share mediated")["note"]
    assert one(effects(chain, "joy", "l2"), "indirect")["path"] == "joy → loyal → l2"
    assert set(frame.columns) <= set(COLUMNS)


def test_unconnected_variables_have_no_effect_and_the_note_says_why(chain):
    frame = effects(chain, source="loyal", target="quality", bootstrap=20)
    assert frame["effect"].tolist() == ["direct", "total indirect", "total"]
    assert (frame[["est", "se", "ci_lower", "ci_upper", "std_all"]] == 0).all(axis=None)
    assert frame["pvalue"].isna().all()
    expected = "0: no path of arrows leads from loyal to quality; the arrows lead from quality to loyal"
    assert (frame["note"] == expected).all()
    assert one(effects(chain, "joy", "loyal"), "total indirect")["note"] == "0: no path leads through another variable"


def test_unknown_names_list_those_there_are(chain):
    with pytest.raises(
        ModelError, match=r"source 'qualty' is not in the model \(did you mean 'quality'\?\).*quality, joy"
    ):
        effects(chain, source="qualty", target="loyal")
    with pytest.raises(
        ModelError, match="target 'success' is not in the model; its variables are: quality, joy, loyal; q1"
    ):
        effects(chain, source="quality", target="success")
    every = effects(chain, ["quality", "joy", "loyal"], ["quality", "joy", "loyal"])
    assert len(every[["source", "target"]].drop_duplicates()) == 6
    with pytest.raises(ModelError, match="both 'joy'"):
        effects(chain, source="joy", target="joy")
    with pytest.raises(ModelError, match="name source and target"):
        effects(fit("joy =~ j1 + j2 + j3", chain_sample()))
    with pytest.raises(ModelError, match="no arrow of the model leads to quality; name a source"):
        effects(chain, target="quality")
    with pytest.raises(ModelError, match="no arrow of the model leads on from loyal; name a target"):
        effects(chain, source="loyal")


def test_unknown_options_are_refused(chain):
    for options, words in (
        ({"interval": "exact"}, "allowed: delta, monte_carlo, percentile, bias_corrected, bca"),
        ({"interval": "bca"}, "needs bootstrap replicates"),
        ({"interval": "delta", "bootstrap": 100}, "makes no use of bootstrap"),
        ({"bootstrap": -1}, "whole number"),
        ({"bootstrap": True}, "whole number"),
        ({"level": 95}, "between 0 and 1"),
        ({"contrast": "joy"}, "two variables"),
    ):
        with pytest.raises(OptionError, match=words):
            effects(chain, "quality", "loyal", **options)
    with pytest.raises(OptionError, match="needs the Results of a fit; found DataFrame"):
        effects(chain.parameters)
    with pytest.raises(ModelError, match="contrast 'Joy' is not in the model"):
        effects(chain, "quality", "loyal", contrast=("Joy", "quality"))


def test_a_fit_that_failed_has_no_effects_and_no_bootstrap():
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.normal(size=(12, 4)), columns=["x", "a", "b", "c"])
    results = fit("f =~ a + b + c; f ~ x", data)
    stopped = results if not results.converged else not_converged(results)
    for options in ({}, {"bootstrap": 50}, {"interval": "monte_carlo"}):
        frame = effects(stopped, "x", "f", **options)
        assert frame[["est", "se", "ci_lower", "std_all"]].isna().all(axis=None)
        assert frame["note"].str.contains("did not converge").all()


def not_converged(results: Results) -> Results:
    from dataclasses import replace

    inner = results.fitted
    solution = replace(inner.constrained.solution, converged=False)
    return replace(results, fitted=replace(inner, constrained=replace(inner.constrained, solution=solution)))


def test_without_standard_errors_estimates_stay_and_the_note_says_so():
    frame = effects(fit(CHAIN, chain_sample(), se="none"))
    assert frame["est"].notna().all()
    assert frame["se"].isna().all()
    assert frame["note"].str.contains("no standard errors").all()


def test_moments_are_resampled_from_the_model_and_bca_says_what_it_lacks():
    items = [f"{letter}{i}" for letter in "qjl" for i in (1, 2, 3)]
    data = chain_sample()[items]
    results = fit(CHAIN, moments=Moments(data.cov(), len(data)))
    frame = effects(results, bootstrap=300)
    assert frame["note"].str.contains("moments hold no rows").all()
    assert one(frame, "indirect")["se"] == pytest.approx(one(effects(results), "indirect")["se"], rel=0.2)
    refused = effects(results, bootstrap=300, interval="bca")
    assert refused["ci_lower"].isna().all()
    assert refused["note"].str.contains("use bias_corrected").all()


def test_a_loop_is_named_and_one_that_does_not_settle_has_no_total():
    text = "delight ~ a*x + {0}*satisfaction; satisfaction ~ c*w + {0}*delight; delight ~~ satisfaction"
    rng = np.random.default_rng(2)
    data = pd.DataFrame(rng.normal(size=(200, 4)), columns=["x", "w", "delight", "satisfaction"])
    frame = effects(fit(text.format(0.5), data), "x", "satisfaction")
    a = one(effects(fit(text.format(0.5), data), "x", "delight"), "direct")["est"]
    assert one(frame, "total")["est"] == pytest.approx(0.5 * a / (1 - 0.25), abs=ROUNDING)
    assert "delight, satisfaction form a loop" in one(frame, "total")["note"]
    frame = effects(fit(text.format(1.2), data), "x", "satisfaction")
    assert np.isnan(one(frame, "total")["est"])
    assert "does not settle (eigenvalue 1.20" in one(frame, "total")["note"]
    assert np.isfinite(one(frame, "indirect")["est"])


def test_the_delight_route_is_set_against_the_satisfaction_route():
    results = fitted("routes")
    frame = effects(results, "experience", "loyalty", contrast=("delight", "satisfaction"))
    row = one(frame, "contrast")
    value = pd.read_csv(LAVAAN / "routes.csv").set_index("name").loc["contrast"]
    assert row["path"] == "through delight − through satisfaction"
    assert row["est"] == pytest.approx(value["est"], abs=ESTIMATE)
    assert row["se"] == pytest.approx(value["se"], rel=ERROR)
    none = effects(results, "experience", "loyalty", contrast=("delight", "sat1"))
    assert one(none, "through", "sat1")["note"] == "0: no path leads through sat1"


def test_opposite_signs_leave_no_share():
    rng = np.random.default_rng(3)
    x = rng.normal(size=300)
    m = x + rng.normal(size=300)
    data = pd.DataFrame({"x": x, "m": m, "y": m - 0.5 * x + rng.normal(size=300)})
    results = fit("m ~ x; y ~ m + x", data)
    row = one(effects(results), "share mediated")
    assert np.isnan(row["est"])
    assert "opposite signs" in row["note"]
    failed = one(effects(not_converged(results)), "share mediated")
    assert failed["note"].endswith("; the fit did not converge: see results.problems")


def test_too_many_paths_are_counted_in_the_total_only():
    rng = np.random.default_rng(4)
    names = [f"v{i}" for i in range(9)]
    data = pd.DataFrame(rng.normal(size=(300, 9)) + rng.normal(size=(300, 1)), columns=names)
    text = "; ".join(f"{b} ~ {' + '.join(names[:i])}" for i, b in enumerate(names) if i)
    frame = effects(fit(text, data), "v0", "v8")
    assert frame["effect"].tolist() == ["direct", "total indirect", "total", "share mediated"]
    assert f"more than {MOST_PATHS} paths" in one(frame, "total indirect")["note"]
    through = effects(fit(text, data), "v0", "v8", contrast=("v1", "v2"))
    assert through[through["effect"] == "through"]["est"].isna().all()


@pytest.mark.parametrize("interval", INTERVALS)
def test_equal_groups_differ_by_nothing(interval):
    data = chain_sample()
    results = fit("joy =~ j1 + j2 + j3; joy ~ c(a, a)*q1; l1 ~ c(b, b)*joy + q1", data, group="brand")
    replicates = 50 if interval in ("percentile", "bias_corrected", "bca") else 0
    row = one(
        effects(results, "q1", "l1", replicates, interval=interval),
        "indirect",
        group="south − north" if results.groups[0] == "north" else "north − south",
    )
    assert (row["est"], row["se"]) == (0, 0)
    assert row["note"] == "fixed by the model, so there is no error"


def test_the_call_of_the_contract_works_on_the_demo():
    results = sx.fit("delight =~ val1 + val2 + exc1; loyalty =~ remain + recommend + repurchase; loyalty ~ delight",
                     sx.datasets.load("service_excellence_demo"), missing="listwise")  # fmt: skip
    frame = sx.effects(results, source="delight", target="loyalty", bootstrap=100, seed=1)
    assert one(frame, "direct")["ci_lower"] > 0


def test_ordered_items_have_effects_but_no_points():
    results = fitted("routes", {"ordered": True})
    item = one(effects(results, "experience", "remain"), "total")
    loading = results.parameters.query("lhs == 'loyalty' and rhs == 'remain'")["std_all"].item()
    total = one(effects(results, "experience", "loyalty"), "total")
    assert item["std_all"] == pytest.approx(loading * total["std_all"], abs=ROUNDING)
    assert effects(results, bootstrap=4)["ci_lower"].notna().all()
    bca = effects(results, "experience", "loyalty", bootstrap=30, interval="bca")
    assert one(bca, "total")["ci_lower"] < one(bca, "total")["est"] < one(bca, "total")["ci_upper"]
    for frame in (sx.importance(results, "loyalty"), sx.what_if(results, {"experience": 5})):
        assert frame["note"].str.contains("ordered items have categories and no points").all()
    assert sx.importance(results, "loyalty")["importance"].isna().all()
