"""What the committed notebooks say equals what is committed as results, and their pages open anywhere."""

import html
import re
from pathlib import Path

import nbformat
import pytest

from sexresearch.study.notebook_page import notebook_page
from sexresearch.study.outputs import conclusion, headlines
from sexresearch.study.results_file import read_results, results_frame

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))
SHORTEST, LONGEST = 20, 400  # characters of a conclusion: a sentence, readable in the table of outcomes


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def test_the_committed_results_are_those_of_the_notebooks(root):
    declared = [(path.stem, item) for path in NOTEBOOKS for item in headlines(nbformat.read(path, as_version=4))]
    expected = results_frame(declared)
    assert read_results(root / "reports" / "results.csv").to_numpy().tolist() == expected.to_numpy().tolist()
    assert not expected.duplicated(["notebook", "headline"]).any()


def test_every_notebook_declares_headline_numbers_or_is_about_text(path, notebook):
    assert headlines(notebook) or path.stem == "01_the_standard"


def test_every_notebook_has_a_conclusion_that_fits_a_table(notebook):
    assert SHORTEST <= len(conclusion(notebook)) <= LONGEST


def test_its_page_opens_without_a_network(path, notebook, assert_opens_offline):
    assert_opens_offline(notebook_page(notebook, path.stem))


def test_a_page_gives_the_answer_first_and_leaves_checks_to_the_notebook():
    path = next(path for path in NOTEBOOKS if '"checks"' in path.read_text(encoding="utf-8"))
    notebook = nbformat.read(path, as_version=4)
    checks = [cell.source for cell in notebook.cells if "checks" in cell.metadata.get("tags", [])]
    told = html.unescape(re.sub(r"<[^>]+>", "", notebook_page(notebook, path.stem)))
    assert checks
    assert not [source for source in checks if source in told]
    assert told.count("Answer:") == 2
    shown = [cell.source for cell in notebook.cells if cell.cell_type == "code" and cell.source not in checks]
    assert shown[1] in told
    assert told.index("Answer:") < told.index(shown[0])
