"""Every public callable, every parameter, many wrong values: it works or says in words what is wrong."""

import inspect
import signal
import warnings
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch import chain, datasets, lab, plots, sem, standard, study, survey
from sexresearch.errors import SexresearchError
from sexresearch.report import fit_sentence
from sexresearch.survey import Construct, Field, Instrument, Item, ResponseScale

SECONDS = 20  # that a call may take at most, on a busy machine
WRONG = (
    *(None, True, 0, -1, 3, 10**6, 2.5, -0.1, float("nan"), float("inf"), 1j, "", "nonsense", "a =~ b", b"bytes"),
    *([], ["nonsense"], [None], [1.5], (), {}, {"nonsense": 1}, {1: None}, {"a"}, object(), int, lambda x: x),
    *(np.zeros(3), np.zeros((2, 2)), np.array(["a"]), pd.DataFrame(), pd.DataFrame({"a": [1.0]}), pd.Series([1.0])),
    *(np.datetime64("2020-01-01"), range(3), pd.NA),
)
FEW = (None, -1, 2.5, float("nan"), "nonsense", ["nonsense"], {"nonsense": 1}, object(), np.zeros(3), WRONG[-5])
SLOW = {"invariance", "latent_means", "path_differences", "permutation_test", "power", "impute", "dynamic_cutoffs"}
SLOW |= {"efa", "align", "how_many_factors", "validity", "fit", "growth", "priorities", "necessity", "multiverse"}
SLOW |= {"concordance", "pls", "lab.chain", "lab.importance"}
LONG = {
    "replicates",
    "permutations",
    "null",
    "at_most",
    "bootstrap",
    "draws",
    "m",
    "n",
    "workers",
}  # a million of these takes its time, rightly


def answers() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    joy = rng.normal(size=80)
    return pd.DataFrame({f"x{i}": joy + rng.normal(size=80) for i in range(4)}).assign(g=["u", "v"] * 40)


def nested() -> sx.Results:
    data = answers().assign(branch=np.arange(80) // 8, x0=lambda frame: frame["x0"] + np.arange(80) // 8)
    return sx.fit("level: 1\nx0 ~ x1\nlevel: 2\nx0 ~~ x0", data, cluster="branch")


def valid() -> dict[str, tuple[object, dict[str, object]]]:
    """A call of each callable that works, by name."""
    data, text = answers(), "joy =~ x0 + x1 + x2 + x3"
    items = data.drop(columns="g")
    fitted = sx.fit(text, data)
    path = sx.fit("joy =~ x0 + x1 + x2; x3 ~ b*joy", data)
    gaps = items.mask(np.random.default_rng(2).random(items.shape) < 0.1)
    demo = sx.datasets.load("service_excellence_demo")
    boot = sx.bootstrap(fitted, 20)
    item = Item("s1", "How?", ResponseScale("ten", 1, 10))
    ranked = sx.importance(path, target="x3")
    calls = {
        sx.fit: {"model": text, "data": data},
        sx.growth: {"model": text, "data": data},
        sx.fit_many: {"model": text, "data": data, "by": "g"},
        sem.table_named: {"data": "base.duckdb", "table": "answers"},
        sx.bootstrap: {"results": fitted, "replicates": 5},
        sx.compare: {"results": fitted},
        sx.crosscheck: {"results": fitted, "engines": ["semopy"]},
        sx.dynamic_cutoffs: {"model": fitted, "replicates": 10},
        sx.impute: {"data": gaps, "m": 2},
        sx.merge_categories: {"data": items.round(), "items": ["x0"]},
        sx.level_fit: {"results": nested()},
        sx.monte_carlo: {"results": path, "draws": 200},
        sx.parameter_power: {"model": "y ~ 0.3*x", "n": 100},
        sx.permutation_test: {"model": text, "data": data, "group": "g", "replicates": 19},
        sx.pool: {"results": [fitted, fitted]},
        sx.profile_likelihood: {"results": path},
        sx.power: {"model": "y ~ 0.3*x", "n": 50, "replicates": 5},
        sx.rmsea_power: {"df": 10, "n": 100},
        sx.sensitivity: {"model": "y ~ 0.3*x", "n": 100},
        sx.simulate: {"model": "y ~ 0.3*x", "n": 50},
        sx.chain_model: {"instrument": demo.instrument},
        sx.cross_loadings: {"results": fitted},
        sx.effects: {"results": path},
        sx.explore: {"data": items, "factors": 1},
        sx.efa: {"data": items, "factors": 1},
        sx.how_many_factors: {"data": items, "most": 1, "replicates": 10},
        sx.factor_loadings: {"results": sx.efa(items, 1)},
        sx.align: {"results": sx.fit(text, data, group="g")},
        sx.factor_correlations: {"data": items, "factors": 1},
        sx.factor_fit: {"data": items, "factors": 1},
        sx.fornell_larcker: {"results": fitted},
        sx.htmt: {"results": fitted},
        sx.importance: {"results": path, "target": "x3"},
        sx.invariance: {"model": text, "data": data, "group": "g"},
        sx.latent_means: {"model": text, "data": data, "group": "g"},
        sx.path_differences: {"model": f"{text}\nx4 ~ joy", "data": data, "group": "g"},
        sx.parallel_analysis: {"data": items, "replicates": 10},
        sx.reliability: {"results": fitted},
        sx.validity: {"results": fitted},
        sx.what_if: {"results": path, "changes": {"joy": 1.0}},
        sx.rivals_sentence: {"table": pd.DataFrame()},
        sx.read_survey: {"path": "absent.csv"},
        sx.screen: {"survey": sx.Survey.from_frame(items)},
        sx.table: {"data": fitted.parameters},
        sx.headline: {"name": "n", "value": 1},
        sx.read_study: {"path": "absent.toml"},
        sx.datasets.load: {"name": "mobi_moments"},
        sx.datasets.codebook: {"name": "mobi_moments"},
        fit_sentence: {"results": fitted},
        standard.clause: {"number": "7.3.2"},
        standard.as_frame: {"entries": standard.elements},
        plots.importance_map: {"importance": ranked},
        plots.radar: {"importance": ranked},
        plots.path_diagram: {"results": fitted},
        plots.diagram_pages: {"results": fitted},
        plots.caterpillar: {"branches": sx.fit_many(text, data.assign(g=list("abcdefgh") * 10), by="g")},
        plots.forest: {"effects": sx.effects(path)},
        plots.alt_text: {"figure": plots.forest(sx.effects(path))},
        sx.apa_table: {"results": fitted},
        sx.model_table: {"results": fitted},
        sx.write_up: {"results": fitted},
        plots.htmt_map: {"pairs": sx.htmt(sx.fit("f =~ x0 + x1; h =~ x2 + x3", data))},
        plots.invariance_ladder: {"steps": sx.invariance(text, data, group="g")},
        plots.power_curve: {"found": sx.power("y ~ 0.3*x", [40, 80], replicates=5)},
        Instrument: {"constructs": (Construct("sat", "Satisfaction", (item,)),)},
        Instrument.from_toml: {"source": "absent.toml"},
        Construct: {"name": "sat", "label": "Satisfaction", "items": (item,)},
        Item: {"name": "s1", "wording": "How?", "scale": ResponseScale("ten", 1, 10)},
        ResponseScale: {"name": "ten", "lowest": 1, "highest": 10},
        Field: {"name": "brand"},
        sx.Survey.from_frame: {"frame": items},
        sx.Moments: {"cov": items.cov(), "nobs": 80},
        sx.Moments.from_correlations: {"correlations": items.corr(), "sd": items.std(), "nobs": 80},
        sx.Model: {"syntax": text},
        sx.Rotation: {"method": "geomin"},
        sx.Design: {},
        boot.intervals: {},
        demo.instrument.construct: {"name": "delight"},
        demo.items_of: {"construct": "delight"},
        demo.drop: {"rows": [1]},
    }
    rated = (3 + items).round().clip(1, 5)
    asked = pd.DataFrame({"with": [1, 2] * 40, "without": [5, 3, 4, 1] * 20})
    calls |= {
        sx.priorities: {"results": path, "survey": None, "target": "x3"},
        sx.penalty_reward: {"data": rated, "target": "x3"},
        sx.kano: {"survey": asked, "pairs": {"gift": ("with", "without")}},
        sx.necessity: {"data": rated, "target": "x3", "permutations": 10},
        sx.bottlenecks: {"data": rated, "target": "x3"},
        sx.shape: {"results": path, "cause": "joy", "effect": "x3"},
        sx.method_bias: {"results": path},
        sx.pls: {"results": path},
        sx.concordance: {"survey": data, "model": "joy =~ x0 + x1 + x2; x3 ~ joy"},
        sem.pls_estimates: {"results": path},
        sx.multiverse: {"survey": data, "model": "joy =~ x0 + x1 + x2; x3 ~ joy", "at_most": 2},
        sx.direction: {"data": data, "cause": [["x0"], ["x1"]], "effect": [["x2"], ["x3"]]},
    }
    plain = sx.Survey.from_frame(items)
    figures = sx.kpis(plain)
    calls |= {
        sx.draft_instrument: {"path": "absent.csv"},
        sx.instrument: {"kind": "pulse"},
        sx.kpis: {"survey": plain},
        sx.kpi_correlations: {"found": figures, "survey": plain, "results": fitted},
        sx.refit_without: {"results": fitted, "findings": sx.screen(plain), "survey": plain},
        sx.response_indices: {"survey": plain},
        sx.join_waves: {"waves": {"2025": demo, "2026": demo}},
        sx.join_sources: {"customers": data, "employees": data, "by": "g"},
        lab.chain: {"results": path},
        lab.codebook: {"path": "absent.csv"},
        lab.importance: {"results": path, "survey": None, "target": "x3"},
        plots.screening: {"survey": plain},
        plots.specification_curve: {
            "frame": sx.multiverse(data, "joy =~ x0 + x1 + x2; x3 ~ joy", at_most=2).specifications
        },
        plots.interval_dots: {"frame": sx.reliability(fitted), "value": "omega"},
    }
    for draw, ask in (
        (plots.priorities, sx.priorities),
        (plots.penalty_reward, sx.penalty_reward),
        (plots.kano, sx.kano),
        (plots.necessity, sx.necessity),
        (plots.shape, sx.shape),
        (plots.method_bias, sx.method_bias),
    ):
        calls[draw] = {"frame": ask(**calls[ask])}
    calls[plots.direction] = {"found": sx.direction(**calls[sx.direction])}
    calls[plots.concordance] = {"frame": sx.concordance(**calls[sx.concordance]).paths}
    results_methods = ("modification_indices", "score_tests", "residual_table", "factor_scores", "predict")
    calls |= {getattr(fitted, name): {} for name in (*results_methods, "score_reliability")}
    calls |= {path.wald_test: {"hypotheses": "b == 0"}}
    return {called(f): (f, given) for f, given in calls.items()}


def called(function) -> str:
    """The name of a callable, with its room where a question and its figure share one."""
    room = function.__module__.split(".")[1]
    return f"{room}.{function.__qualname__}" if room in ("plots", "lab") else function.__qualname__


@pytest.fixture(scope="module")
def calls():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return valid()


@contextmanager
def within(seconds: int):
    def late(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def stumbles(call, given: dict[str, object], name: str, value: object) -> str:
    """What goes wrong when the parameter has that value; empty where it works or is refused in words."""
    long = isinstance(value, int | float) and abs(value) > 1000 and name in LONG
    if long:
        return ""
    signature = inspect.signature(call)
    changed = {**given, name: value}
    several = [p.name for p in signature.parameters.values() if p.kind is p.VAR_POSITIONAL]
    positional = [changed.pop(p) for p in several if p in changed]
    try:
        with within(SECONDS):
            call(*positional, **changed)
    except SexresearchError as error:
        return "" if str(error) else f"{name}={value!r}: says nothing"
    except Exception as error:
        return f"{name}={value!r:.40}: {type(error).__name__}: {str(error)[:80]}"
    return ""


def names() -> list[str]:
    """The public callables a user calls; figures without parameters and errors are not among them."""
    found = []
    for room in (sx, chain, sem, plots, lab, datasets, standard, survey, study):
        found += [called(getattr(room, name)) for name in room.__all__ if inspect.isfunction(getattr(room, name))]
    return found


# slow, or they write files
UNCALLED = {"answer", "compare_rivals", "report", "many_customers", "new_study", "reproduce", "run_cases", "run_study"}
UNCALLED |= {"write_factor_scores"}
UNCALLED |= {"plots.effect_chain", "plots.model_wheel", "plots.pyramid", "list_cases", "list_datasets"}  # no parameters


def test_every_public_function_is_called(calls):
    assert set(names()) - set(calls) - UNCALLED == set()


@pytest.mark.filterwarnings("ignore")
def test_wrong_values_are_refused_in_words(calls, capsys):
    wrong = [
        f"{name}({said})"
        for name, (call, given) in calls.items()
        for parameter in inspect.signature(call).parameters
        for value in (FEW[::3] if name.startswith("plots.") else FEW if name in SLOW else WRONG)
        if (said := stumbles(call, given, parameter, value))
    ]
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong)
