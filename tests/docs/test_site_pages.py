"""Pages of the site: their code runs, their links and the names they speak of are there."""

import importlib
import inspect
import re
import sys
from pathlib import Path

import pytest

import sexresearch as sx
from sexresearch.glossary import COLUMNS
from sexresearch.study.scaffold.new_study import CI

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs" / "building"))
pytest.importorskip("IPython", reason="pages are run by IPython, of the extra lab")
from examples import ExampleError, blocks, with_output  # noqa: E402
from generated import COPIED, ROOMS, _cell, _room, home, public_names  # noqa: E402

SITE = ROOT / "docs" / "site"
PAGES = {str(path.relative_to(SITE)): path.read_text(encoding="utf-8") for path in sorted(SITE.rglob("*.md"))}
QUICK = ["index.md", "how/qualtrics.md", "how/robust.md", "how/missing.md", "how/term.md", "from/mplus.md"]
NOTEBOOKS = {f"notebooks/{path.stem}.md" for path in (ROOT / "notebooks").glob("*.ipynb")}
GENERATED = {"notebooks/index.md", "glossary.md", "cases.md", "speed.md", *(f"api/{room}.md" for room in ROOMS)}
MADE = {*COPIED.values(), *GENERATED}


def run(text):
    return with_output(text, "page", lambda figure: "figure.png")


@pytest.mark.parametrize("page", QUICK)  # all of them are run by `make docs`
def test_every_block_of_a_page_runs(page):
    assert 'class="output"' in run(PAGES[page])


@pytest.mark.parametrize("page", PAGES)
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+?\.md)", PAGES[page]):
        found = (Path("/") / page).parent.joinpath(target)
        name = str(Path(*_resolved(found)))
        assert name in {*PAGES, *MADE, *NOTEBOOKS}, f"{page}: {target}"


def _resolved(path):
    parts = []
    for part in path.parts[1:]:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return parts


@pytest.mark.parametrize("page", PAGES)
def test_names_that_a_page_speaks_of_are_there(page):
    for name in set(re.findall(r"\bsx\.(\w+)", PAGES[page])):
        assert hasattr(sx, name), f"sx.{name}"
    for name in set(re.findall(r"`results\.(\w+)", PAGES[page])):
        assert name in dir(sx.Results), f"results.{name}"


def test_nothing_is_asked_from_elsewhere():
    config = (ROOT / "docs" / "mkdocs.yml").read_text(encoding="utf-8")
    assert "font: false" in config
    # without it the offline plugin asks another host for a script
    assert "polyfills: [assets/iframe-worker.js]" in config
    assert (SITE / "assets" / "iframe-worker.js").exists()
    assert not re.search(r"https?://", config + "".join(PAGES.values()))


def test_every_page_is_in_the_navigation():
    config = (ROOT / "docs" / "mkdocs.yml").read_text(encoding="utf-8")
    listed = set(re.findall(r"[\w/-]+\.md", config.split("\nnav:")[1]))
    assert {*PAGES, *MADE} <= listed


def test_examples_of_copied_pages_run():
    """Those of terms.md change what later fits minimise: tests/sem/test_terms.py has them. The build runs all cases."""
    for source in set(COPIED) - {"docs/developer/terms.md"}:
        text = (ROOT / source).read_text(encoding="utf-8").replace("sexresearch cases run --all", "")
        assert not blocks(text) or 'class="output"' in run(text)


def test_other_languages_than_those_run_are_no_code_of_ours():
    every = "".join([*PAGES.values(), *((ROOT / source).read_text(encoding="utf-8") for source in COPIED)])
    assert set(re.findall(r"^```(\w+)", every, re.MULTILINE)) <= {"python", "sh", "r", "toml", "yaml", "text"}


def test_code_in_a_cell_of_a_table_stays_as_it_is():
    assert _cell("``a | b < c*`` or a | b*") == "`a | b < c*` or a \\| b\\*"


def test_the_workflow_shown_is_the_one_that_new_studies_get():
    shown = re.search(r"```yaml\n(.*?)```", PAGES["how/notebooks.md"], re.DOTALL)[1]
    assert "name: study\n" + shown == CI


def test_a_block_that_fails_stops_the_build_and_is_named():
    with pytest.raises(ExampleError, match="page: ZeroDivisionError"):
        run("```python\n1 / 0\n```")
    with pytest.raises(ExampleError, match="ends with"):
        run("```sh\nsexresearch fit nowhere.txt nothing\n```")


def test_what_a_block_shows_stands_beneath_it():
    assert "42" in run("```python\nx = 41\n```\n\n```python\nx + 1\n```")
    assert blocks("```toml\na = 1\n```") == []


def test_the_reference_names_every_public_function():
    named = {name for room in ROOMS for name in public_names(room)}
    members = {name: getattr(sx, name) for name in sx.__all__}
    functions = [name for name, member in members.items() if callable(member) and not inspect.ismodule(member)]
    assert not set(functions) - named
    assert len(COLUMNS) > 300


def test_the_reference_shows_functions_and_classes_and_no_module_of_their_name():
    read = pytest.importorskip("griffe", reason="the reference is read by griffe, of mkdocstrings").load(
        "sexresearch", search_paths=[ROOT]
    )
    for room in ROOMS:
        module = importlib.import_module(f"sexresearch.{room}")
        paths = [home(getattr(module, name)) for name in public_names(room)]
        assert re.findall(r"^::: (\S+)$", _room(room), re.MULTILINE) == paths
        assert {read[path.removeprefix("sexresearch.")].kind.value for path in paths} <= {"function", "class"}
