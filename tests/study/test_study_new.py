"""A new study: its files, its notebook for any questionnaire, run and checked as its Makefile does."""

import ast
import os
import subprocess
import sys
import tomllib

import nbformat
import pytest
from nbformat import v4
from typer.testing import CliRunner

import sexresearch as sx
from sexresearch.cli import _named_values, app
from sexresearch.errors import StudyError
from sexresearch.study.execution import execute

CHAIN = """
title = "Branch survey"
[scales.ten]
lowest = 1
highest = 10
whole = false
[constructs.promise]
node = "L1"
scale = "ten"
items = { p1 = "Kept?", p2 = "On time?", p3 = "Right?" }
[constructs.care]
node = "L3"
scale = "ten"
items = { c1 = "Known?", c2 = "Heard?", c3 = "Valued?" }
[constructs.delight]
node = "delight"
scale = "ten"
items = { d1 = "Delighted?", d2 = "Amazed?", d3 = "Moved?" }
[constructs.loyalty]
node = "loyalty"
scale = "ten"
items = { l1 = "Again?", l2 = "Recommend?", l3 = "First?" }
"""
POPULATION = """
promise =~ 0.8*p1 + 0.8*p2 + 0.8*p3
care =~ 0.8*c1 + 0.8*c2 + 0.8*c3
delight =~ 0.8*d1 + 0.8*d2 + 0.8*d3
loyalty =~ 0.8*l1 + 0.8*l2 + 0.8*l3
delight ~ 0.3*promise + 0.5*care
loyalty ~ 0.6*delight
"""
PLAIN = """
title = "Two things"
[scales.ten]
lowest = 1
highest = 10
[constructs.ease]
scale = "ten"
items = { e1 = "Easy?", e2 = "Quick?", e3 = "Clear?" }
[constructs.warmth]
scale = "ten"
items = { w1 = "Warm?", w2 = "Kind?", w3 = "Patient?" }
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A study of some answers, made by the command."""
    place = tmp_path_factory.mktemp("client")
    answers = sx.simulate(POPULATION, 300, seed=1)
    (5.5 + answers.clip(-4.5, 4.5)).round(2).to_csv(place / "clients.csv", index=False)
    (place / "questionnaire.toml").write_text(CHAIN, encoding="utf-8")
    given = ["--data", str(place / "clients.csv"), "--instrument", str(place / "questionnaire.toml")]
    shown = CliRunner().invoke(app, ["new", str(place / "study"), *given])
    assert shown.exit_code == 0, shown.output
    return place / "study"


def code_of(folder):
    notebook = nbformat.read(folder / "study.ipynb", as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_the_files_of_a_study_are_there_and_name_the_clients_files(made):
    names = {path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()}
    assert names >= {"study.toml", "study.ipynb", "README.md", "Makefile", ".github/workflows/study.yml"}
    read = sx.read_study(made)
    assert read.data.file.resolve() == (made.parent / "clients.csv").resolve()
    assert read.model.view == "core"


def test_cells_are_short_call_the_package_and_assert_nothing_of_ours(made):
    cells = code_of(made)
    assert cells[0].metadata.tags == ["parameters"]
    assert cells[0].source.splitlines() == ['study_file = "study.toml"', 'target = "loyalty"']
    for cell in cells:
        tree = ast.parse(cell.source)
        assert len(cell.source.splitlines()) <= 6
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.Assert | ast.FunctionDef)]
        assert "synthetic" not in cell.source.lower()


def test_it_runs_and_shows_the_same_again(made, root):
    """`make run notebook test`, as its Makefile has them."""
    assert sx.run_study(sx.read_study(made)).succeeded
    done = sx.reproduce([made / "study.ipynb"], out=made / "results", store=True)
    assert done.succeeded, done.outcomes["conclusion"].tolist()
    assert all(cell.outputs for cell in code_of(made)[1:])
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env", "study.ipynb"]
    environment = {key: value for key, value in os.environ.items() if key != "MPLBACKEND"}
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    path = os.pathsep.join([str(root), environment.get("PYTHONPATH", "")])
    checked = subprocess.run(
        [*command, "-p", "no:cacheprovider"],
        cwd=made,
        env={**environment, **one_thread, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout[-2000:]
    assert " passed" in checked.stdout


def test_a_questionnaire_without_a_chain_is_asked_what_it_can_answer(tmp_path):
    (tmp_path / "answers.csv").write_text("e1,e2,e3,w1,w2,w3\n1,2,3,4,5,6\n")
    (tmp_path / "two.toml").write_text(PLAIN)
    study = sx.new_study(tmp_path / "new", tmp_path / "answers.csv", tmp_path / "two.toml")
    read = sx.read_study(study)
    assert read.model.text.strip().splitlines() == ["ease =~ e1 + e2 + e3", "warmth =~ w1 + w2 + w3"]
    assert not any("importance" in cell.source for cell in code_of(study.parent))
    assert tomllib.loads(study.read_text(encoding="utf-8"))["title"] == "Two things"


def test_nothing_is_overwritten(tmp_path):
    sx.new_study(tmp_path / "a")
    before = (tmp_path / "a" / "study.toml").read_bytes()
    with pytest.raises(StudyError, match=r"already has study\.toml, study\.ipynb"):
        sx.new_study(tmp_path / "a")
    assert (tmp_path / "a" / "study.toml").read_bytes() == before
    with pytest.raises(StudyError, match="needs its questionnaire"):
        sx.new_study(tmp_path / "b", data="answers.csv")
    with pytest.raises(StudyError, match=r"no file 'absent\.csv'"):
        sx.new_study(tmp_path / "b", "absent.csv", "absent.toml")
    assert not (tmp_path / "b").exists()


@pytest.fixture
def notebook(tmp_path):
    cells = [v4.new_code_cell('where = "here"\nn = 1', metadata={"tags": ["parameters"]}), v4.new_code_cell("where, n")]
    nbformat.write(v4.new_notebook(cells=cells), tmp_path / "asked.ipynb")
    return tmp_path / "asked.ipynb"


def test_parameters_are_set_behind_their_cell(notebook):
    run = execute(notebook, parameters={"n": 3})
    assert not run.error
    assert run.notebook.cells[1].metadata.tags == ["injected-parameters"]
    assert run.notebook.cells[2].outputs[0].data["text/plain"] == "('here', 3)"


def test_parameters_that_a_notebook_does_not_hold_are_refused(notebook, tmp_path):
    assert "no parameter m; its parameters are n, where" in execute(notebook, parameters={"m": 3}).error
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell("1")]), tmp_path / "plain.ipynb")
    assert "no cell tagged 'parameters'" in execute(tmp_path / "plain.ipynb", parameters={"m": 3}).error
    with pytest.raises(StudyError, match="store or parameters"):
        sx.reproduce([notebook], out=tmp_path, store=True, parameters={"n": 2})


def test_the_command_takes_parameters_as_words_or_numbers():
    assert _named_values(["n=3", "x=0.5", "yes=true", "where=over there"]) == {
        "n": 3,
        "x": 0.5,
        "yes": True,
        "where": "over there",
    }
    assert CliRunner().invoke(app, ["reproduce", "02", "-p", "nothing"]).exit_code == 2
