"""What the committed notebooks say equals what is committed as results, and their pages open anywhere."""

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
