"""The package loads a name when it is used: importing it is cheap, and whoever asks for a name gets what it says."""

import importlib
import pickle
import subprocess
import sys

import pytest

import sexresearch as sx

LAZY = ["sexresearch", "sexresearch.sem", "sexresearch.chain"]


def printed(code: str) -> str:
    """What a process of its own prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def loaded_by(code: str, *names: str) -> str:
    return printed(f"import sys\n{code}\nprint(*[name for name in {names!r} if name in sys.modules])")


def test_importing_the_package_loads_no_library_and_none_of_its_rooms():
    libraries = "numpy", "pandas", "scipy", "pyarrow", "narwhals", "rich", "typer"
    assert loaded_by("import sexresearch", *libraries, *(f"sexresearch.{room}" for room in ("sem", "glossary"))) == ""


def test_a_fit_loads_the_rooms_of_a_fit_alone():
    rooms = [f"sexresearch.{room}" for room in ("chain", "survey", "plots", "document", "report", "answering", "study")]
    assert loaded_by("import sexresearch as sx; sx.fit", *rooms, "sexresearch.sem.fit") == "sexresearch.sem.fit"


@pytest.mark.parametrize("room", LAZY)
def test_every_name_is_what_its_room_holds_and_is_listed(room):
    module = importlib.import_module(room)
    assert len({*module.__all__}) == len(module.__all__) > 30
    assert {*module.__all__} <= {*dir(module)}
    for name in module.__all__:
        item = getattr(module, name)
        assert getattr(item, "__name__", name).rpartition(".")[2] == name or not callable(item)
    with pytest.raises(AttributeError, match="nothing_like_it"):
        _ = module.nothing_like_it


@pytest.mark.parametrize(
    ("modules", "name"),
    [
        (["sexresearch.report"], "report"),
        (["sexresearch.report", "sexresearch.study"], "report"),
        (["sexresearch.sem.fit", "sexresearch.sem.fit_many"], "sem.fit"),
        (["sexresearch.sem.growth"], "sem.growth"),
        (["sexresearch.chain.invariance.latent_means"], "chain.invariance"),
    ],
)
@pytest.mark.parametrize("first", ["name", "modules"])
def test_a_function_is_not_hidden_by_the_room_of_its_name(modules, name, first):
    loading = "\n".join(f"importlib.import_module({module!r})" for module in modules)
    lines = [loading, f"sx.{name}"] if first == "modules" else [f"sx.{name}", loading]
    code = "\n".join(["import importlib, sexresearch as sx", *lines, f"print(type(sx.{name}).__name__)"])
    assert printed(code) == "function"


def test_star_brings_every_name_and_no_figures():
    code = "from sexresearch import *\nimport sexresearch as sx\n"
    assert printed(code + "print({*sx.__all__} <= {*globals()}, 'plots' in globals())") == "True False"
    assert loaded_by("from sexresearch import *", "matplotlib", "anywidget") == ""
    assert printed("import sexresearch as sx; print(sx.plots.path_diagram.__name__)") == "path_diagram"


def test_names_pickle_by_where_they_are_made():
    for name in ("fit", "Model", "Moments", "effects", "report"):
        assert pickle.loads(pickle.dumps(getattr(sx, name))) is getattr(sx, name)


def test_a_running_notebook_shows_results_by_the_glossary_from_the_import_on():
    code = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
import sexresearch as sx, pandas as pd
print(shell.display_formatter.formatters["text/html"].for_type(pd.DataFrame).__module__)
"""
    assert printed(code) == "sexresearch.glossary.notebook"
