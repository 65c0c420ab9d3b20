"""Every public function that takes a fit, asked about one of two levels: an answer that knows them, or a refusal."""

import inspect

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import OptionError

mpl.use("Agg")
pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.FitWarning")
TEXT = """level: 1
joy =~ y1 + y2 + y3
stay =~ z1 + z2 + z3
stay ~ b1*joy
level: 2
joyb =~ y1 + y2 + y3
stayb =~ z1 + z2 + z3
stayb ~ b2*joyb
joyb ~ a2*w
across := a2*b2
"""
REFUSED = {  # what is asked beside the fit; the refusal says that models of one level are taken
    "align": {},
    "bottlenecks": {"target": "stay"},
    "cross_loadings": {},
    "crosscheck": {},
    "direction": {"source": "joy", "target": "stay"},
    "dynamic_cutoffs": {},
    "factor_loadings": {},
    "fornell_larcker": {},
    "htmt": {},
    "method_bias": {},
    "necessity": {"target": "stay"},
    "parameter_power": {"n": 100},
    "penalty_reward": {"target": "stay"},
    "pls": {},
    "priorities": {"survey": None, "target": "stay"},
    "sensitivity": {"n": 100},
    "shape": {"cause": "joy", "effect": "stay"},
    "validity": {},
}
HONOURED = {
    "apa_table": {},
    "bootstrap": {"replicates": 4},
    "compare": {},
    "effects": {},
    "importance": {"target": "stayb"},
    "level_fit": {},
    "model_table": {},
    "monte_carlo": {"draws": 50},
    "power": {"n": 300, "replicates": 2, "design": sx.Design(clusters=30)},
    "profile_likelihood": {},
    "reliability": {},
    "rmsea_power": {"n": 300},
    "simulate": {"n": 300, "design": sx.Design(clusters=30)},
    "what_if": {"changes": {"joyb": 5.0}},
    "write_up": {},
}
ELSEWHERE = {"pool", "refit_without", "report", "write_factor_scores"}  # several fits, findings of one, files: below


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    branch = np.repeat(np.arange(60), rng.integers(6, 11, 60))
    w = rng.normal(size=60)
    joy_b = 0.5 * w + 0.7 * rng.normal(size=60)
    stay_b = 0.6 * joy_b + 0.5 * rng.normal(size=60)
    joy = rng.normal(size=len(branch))
    stay = 0.5 * joy + 0.7 * rng.normal(size=len(branch))
    noise = 0.7 * rng.normal(size=(len(branch), 6)) + 0.35 * rng.normal(size=(60, 6))[branch]
    total = np.column_stack([joy + joy_b[branch]] * 3 + [stay + stay_b[branch]] * 3) * np.array([1, 0.8, 1.2] * 2)
    frame = pd.DataFrame(4 + total + noise, columns=["y1", "y2", "y3", "z1", "z2", "z3"])
    return frame.assign(w=w[branch], branch=branch, region=np.where(branch % 2, "north", "south"))


@pytest.fixture(scope="module")
def results(data) -> sx.Results:
    return sx.fit(TEXT, data, cluster="branch")


def takes_a_fit(name: str) -> bool:
    function = getattr(sx, name)
    if inspect.isclass(function) or inspect.ismodule(function) or not callable(function):
        return False
    first = next(iter(inspect.signature(function).parameters.values()), None)
    return first is not None and "Results" in str(first.annotation)


def test_every_function_that_takes_a_fit_is_asked():
    assert {name for name in sx.__all__ if takes_a_fit(name)} == {*REFUSED, *HONOURED, *ELSEWHERE}


@pytest.mark.parametrize("name", REFUSED)
def test_what_knows_one_level_says_so(results, name):
    with pytest.raises(OptionError, match="one level; this one has 'level:' blocks"):
        getattr(sx, name)(results, **REFUSED[name])


@pytest.mark.parametrize("name", HONOURED)
def test_what_knows_two_levels_answers(results, name):
    text = TEXT.replace("b1*joy", "0*joy")
    smaller = [sx.fit(text, results.rows, cluster="branch")] if name == "compare" else []
    found = getattr(sx, name)(results, *smaller, **HONOURED[name])
    frame = getattr(found, "frame", found)
    if isinstance(frame, pd.DataFrame) and {"level", "Level"} & set(frame.columns):
        column = frame["Level" if "Level" in frame else "level"]
        assert {"1", "2"} >= {str(value) for value in column if not pd.isna(value)} - {""}
    assert found is not None


def test_tables_of_papers_keep_the_levels_apart(results):
    both = sx.fit("level: 1\ny1 ~ y2\nlevel: 2\ny1 ~ y2", results.rows, cluster="branch")
    table = sx.model_table(both).frame
    assert table.iloc[:2, 0].tolist() == ["y2 → y1 (level 1)", "y2 → y1 (level 2)"]
    frame = sx.apa_table(results).frame
    assert frame.loc[frame["Parameter"] == "joyb → stayb", "Level"].tolist() == ["2"]
    assert set(sx.apa_table(results, "mediation").frame["Level"]) <= {"1", "2"}
    text = str(sx.write_up(results))
    assert "60 clusters of branch were modelled at two levels" in text
    assert "stayb between clusters" in text
    assert "level 1.0" not in repr(results.summary())


def test_figures_show_one_level_or_name_both(results):
    for level, name in ((1, "stay"), (2, "stayb")):
        figure = sx.plots.path_diagram(results, level=level, intervals=True)
        texts = [text.get_text() for axes in figure.axes for text in axes.texts]
        assert name in texts
        assert {1: "joyb", 2: "joy"}[level] not in texts
    with pytest.raises(OptionError, match=r"level=1 \(within clusters\) and level=2"):
        sx.plots.path_diagram(results)
    forest = sx.plots.forest(sx.effects(results))
    assert {"total, level 1", "total, level 2"} <= {t.get_text() for axes in forest.axes for t in axes.texts}


def test_scores_of_both_levels_are_written(results, tmp_path):
    written = pd.read_parquet(sx.write_factor_scores(results, tmp_path / "scores.parquet"))
    expected = results.factor_scores()
    assert list(written.columns) == ["row", *expected.columns]
    assert np.allclose(written[list(expected.columns)], expected, equal_nan=True)


def test_reports_have_a_diagram_and_tables_of_each_level(results, data, tmp_path):
    path = tmp_path / "fit.html"
    sx.report(results, path, title="Two levels")
    text = path.read_text(encoding="utf-8")
    for wanted in ("estimates: level 1", "estimates: level 2", "Regressions — level 2", "Constructs: reliability"):
        assert wanted in text
    with pytest.raises(OptionError, match="one for each imputed set"):
        sx.pool(results)
    with pytest.raises(OptionError, match="one level; this one has 'level:' blocks"):
        sx.refit_without(results, pd.DataFrame(), sx.Survey.from_frame(data))


OF_GROUPS = ("invariance", "path_differences", "latent_means")


@pytest.mark.parametrize("name", OF_GROUPS)
def test_questions_about_groups_say_that_they_take_one_level(data, name):
    with pytest.raises(OptionError, match="level"):
        getattr(sx, name)(TEXT, data, group="region", fitting=sx.Fitting(cluster="branch"))
