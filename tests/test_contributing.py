"""What a newcomer is told holds: the map is the house, files that pages name are there, old spellings work and go."""

import ast
import inspect
import re
import tomllib
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_architecture import PUBLIC_ROOMS, ROOMS, TREES

import sexresearch as sx
from sexresearch.errors import DataError, OptionError

ROOT = Path(__file__).resolve().parent.parent
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PAGES = [ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs" / "developer").glob("*.md"))]
PAGES += sorted((ROOT / "docs" / "decisions").glob("*.md"))
NOT_ROOMS = {"benchmarks", "docs", "grid", "reference"}  # what else lies in tests/
FILE = re.compile(r"`((?:[\w.]+/)*\w[\w.]*\.(?:py|md|toml|lock|cff|csv|R))`")
OLD = {"drop", "compare_rivals", "invariance", "latent_means"}  # functions with an old spelling that still works
OLD |= {"direction", "power_curve", "screening", "kpi_correlations", "power"}
TEXT = "joy =~ a + b + c + d"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_a_page_names_are_there(page):
    files = {path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.*") if ".venv" not in path.parts}
    named = set(FILE.findall(page.read_text(encoding="utf-8")))
    assert not [name for name in named if not any(f"/{path}".endswith(f"/{name}") for path in files)]


def test_the_map_names_every_room():
    drawn = GUIDE[GUIDE.index("## Map") : GUIDE.index("## Where new code goes")]
    private = {"__init__", "__main__", "terminal", "escaping", "fit_verb", "answer_verb", "codebook_verb"}
    assert not [room for room in set(ROOMS) - private if not re.search(rf"\b{room}\b", drawn)]
    rooms_of_sem = [path.parent.name for path in (ROOT / "sexresearch" / "sem").glob("*/__init__.py")]
    assert not [room for room in rooms_of_sem if f"{room}/" not in drawn]


def test_tests_are_laid_out_as_the_rooms_are():
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name[:1].isalpha()}
    assert folders == {*PUBLIC_ROOMS, *NOT_ROOMS}


def test_commands_of_the_guide_name_what_there_is():
    commands = GUIDE[GUIDE.index("## Running things") :]
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"^make (\w+)", commands, re.MULTILINE)) <= targets
    paths = re.findall(r'(?:pytest -q |python |TESTS=")((?:tests|sexresearch)/[\w/.]+)', commands)
    assert len(paths) > 3
    assert not [path for path in paths if not (ROOT / path).exists()]


def test_every_record_of_a_decision_stands_in_their_list():
    folder = ROOT / "docs" / "decisions"
    listed = set(re.findall(r"\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8")))
    assert listed == {path.name for path in folder.glob("[0-9]*.md")}


def decorated() -> dict[str, str]:
    """Functions with an old spelling, and the version in which it goes."""
    found = {}
    for tree in TREES.values():
        for node in ast.walk(tree):
            for mark in node.decorator_list if isinstance(node, ast.FunctionDef) else []:
                if isinstance(mark, ast.Call) and getattr(mark.func, "id", "") in ("superseded", "gathered", "renamed"):
                    until = next(word.value for word in mark.keywords if word.arg == "until")
                    found[node.name] = ast.literal_eval(until)
    return found


def test_old_spellings_go_in_a_version_to_come():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    now = tuple(map(int, project["version"].split(".")[:2]))
    versions = {name: tuple(map(int, until.split("."))) for name, until in decorated().items()}
    assert set(versions) == OLD
    assert not {name: until for name, until in versions.items() if not now < until <= (now[0], now[1] + 2)}


@pytest.mark.parametrize("name", ["invariance", "latent_means"])
def test_an_old_spelling_warns_with_the_new_one_and_gives_the_same(name):
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.normal(size=(200, 1)) + rng.normal(size=(200, 4)), columns=list("abcd"))
    data["brand"] = ["low", "high"] * 100
    question = getattr(sx, name)
    with pytest.warns(DeprecationWarning, match=r"will go in version .*: write fitting=sexresearch.Fitting"):
        old = question(TEXT, data, group="brand", estimator="MLR")
    new = question(TEXT, data, group="brand", fitting=sx.Fitting(estimator="MLR"))
    pd.testing.assert_frame_equal(old, new)


def test_an_old_spelling_of_the_comparison_of_views_warns():
    survey = sx.datasets.load("service_excellence_demo")
    with pytest.warns(DeprecationWarning, match="write fitting=sexresearch.Fitting"):
        old = sx.compare_rivals(survey, kinds=["core", "direct"], estimator="ML")
    assert set(old["model"]) == {"core", "direct"}


def test_a_renamed_argument_is_understood_with_a_warning_and_not_beside_the_new_one():
    with (
        pytest.warns(DeprecationWarning, match=r"found of power_curve\(\) will go in version .*: write power"),
        pytest.raises(OptionError, match="found str"),
    ):
        sx.plots.power_curve(found="no power")
    with pytest.raises(OptionError, match="write findings alone"):
        sx.plots.screening(None, found=1, findings=2)
    with pytest.warns(DeprecationWarning, match="write kpis"), pytest.raises(DataError, match="takes a Survey"):
        sx.kpi_correlations(found=1, survey=2, results=3)
    with pytest.warns(DeprecationWarning, match="write result"), pytest.raises(OptionError, match="found int"):
        sx.plots.direction(found=1)


def test_power_takes_a_fitting_and_understands_the_old_spelling():
    text, way = "y ~ 0.4*x", {"n": 60, "replicates": 20}
    with pytest.warns(DeprecationWarning, match=r"write fitting=sexresearch.Fitting\(estimator='MLR'\)"):
        old = sx.power(text, estimator="MLR", **way)
    new = sx.power(text, fitting=sx.Fitting(estimator="MLR"), **way)
    pd.testing.assert_frame_equal(old.table, new.table)
    with pytest.raises(OptionError, match="and no cluster: model and design say the rest"):
        sx.power(text, fitting=sx.Fitting(cluster="branch"), **way)
    robust = sx.power(text, fitting=sx.Fitting(se="robust"), **way).table
    assert robust["est"].to_numpy() == pytest.approx(sx.power(text, **way).table["est"].to_numpy(), abs=0.2)


ONE_FIT = {"fit", "growth", "efa"}  # they fit one model, and name each option, as `fit` does
DECIDES = {"answer"}  # None lets it decide, which a Fitting cannot say


def test_questions_that_fit_models_of_their_own_take_a_fitting():
    """Not the options one by one: `missing` of `multiverse` lists alternatives, `test` of `pool` is that of Rubin."""
    shared = {field.name for field in fields(sx.Fitting)} - {"cluster", "rotation"}
    for name in sx.__all__:
        item = getattr(sx, name)
        given = set(inspect.signature(item).parameters) if inspect.isfunction(item) else set()
        apart = (given & shared) - {"missing" if name == "multiverse" else "", "test" if name == "pool" else ""}
        assert not apart or name in ONE_FIT | DECIDES, f"{name} takes {apart}"


def test_an_old_name_of_a_class_is_understood():
    with pytest.warns(DeprecationWarning, match="sexresearch.standard.Term will go in version 0.3: write DefinedTerm"):
        assert sx.standard.Term is sx.standard.DefinedTerm
    with pytest.raises(AttributeError, match="no attribute 'Terms'"):
        sx.standard.Terms  # noqa: B018
