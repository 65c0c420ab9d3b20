"""What strict output comparison does not see in a committed notebook: cleared outputs, missing figures, bad habits."""

import ast
import base64
import re
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))
MOST_LINES = 6  # in a code cell: a notebook tells, the package computes
SMALLEST_FIGURE = 2_000  # bytes; a blank or broken PNG is smaller
MACHINE_PATH = re.compile(r"(?<![\w.:/])/(?:home|root|work|Users|tmp|usr|opt)/|[A-Z]:\\\\")


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request) -> nbformat.NotebookNode:
    return nbformat.read(request.param, as_version=nbformat.NO_CONVERT)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook):
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def test_there_are_notebooks():
    assert NOTEBOOKS


def test_it_is_valid_and_carries_nothing_of_the_machine(notebook):
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) >= (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) == {"kernelspec"}
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    assert all(set(cell.metadata) <= {"tags"} for cell in notebook.cells)


def test_it_was_run_once_from_top_to_bottom(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    shown = [output.execution_count for output in outputs(notebook) if output.output_type == "execute_result"]
    assert set(shown) <= set(counts)


def test_cells_that_show_something_have_stored_outputs(notebook):
    for cell in code_cells(notebook):
        if isinstance(ast.parse(cell.source).body[-1], ast.Expr):
            assert cell.outputs, f"no stored output:\n{cell.source}"


def test_it_stores_no_error_and_no_warning(notebook):
    for output in outputs(notebook):
        assert output.output_type != "error"
        assert output.get("name") != "stderr", output.get("text")


def test_every_figure_is_stored_as_png(notebook):
    for output in outputs(notebook):
        data = output.get("data", {})
        if data.get("text/plain", "").startswith("<Figure"):
            assert "image/png" in data
        if "image/png" in data:
            png = base64.b64decode(data["image/png"])
            assert png.startswith(b"\x89PNG")
            assert len(png) > SMALLEST_FIGURE


def test_code_cells_are_short_and_plain(notebook):
    for cell in code_cells(notebook):
        lines = [line for line in cell.source.splitlines() if line.strip()]
        assert 0 < len(lines) <= MOST_LINES, cell.source
        assert not lines[-1].rstrip().endswith(";"), "a trailing semicolon does not hide the output when checked"
        assert not [line for line in lines if line.startswith(("%", "!"))], cell.source
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, kinds)], cell.source


def test_every_assertion_stands_in_a_cell_tagged_checks(notebook):
    for cell in code_cells(notebook):
        if any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(cell.source))):
            assert "checks" in cell.metadata.get("tags", []), cell.source


def test_it_names_no_folder_of_the_machine(notebook):
    texts = [cell.source for cell in notebook.cells]
    for output in outputs(notebook):
        texts.append(output.get("text", ""))
        texts += [text for kind, text in output.get("data", {}).items() if kind.startswith("text/")]
    assert not [text for text in texts if MACHINE_PATH.search(text)]


def test_it_begins_with_a_question_and_ends_with_an_answer(notebook):
    first, last = notebook.cells[0], notebook.cells[-1]
    assert first.cell_type == "markdown"
    assert first.source.rstrip().endswith("?")
    assert last.cell_type == "markdown"
    assert [line for line in last.source.splitlines() if line.strip() and not line.startswith("#")]


def test_its_text_needs_no_script_to_be_read(notebook):
    """Reports open without a network and without MathJax, so formulas are written in plain characters."""
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    assert not [text for text in texts if re.search(r"\$[^$\n]+\$|\\\(|<script", text)]
