"""`reproduce` on small notebooks: one that runs through, one that fails, one that is no notebook."""

import json
import sys

import nbformat
import pandas as pd
import pytest
from nbformat import v4

from sexresearch.errors import StudyError
from sexresearch.study import reproduce
from sexresearch.study.results_file import read_results

GOOD = [
    "# Does it run?",
    "import sys\nprint(sys.executable)",
    "from sexresearch.study import headline\nheadline('half', 0.5)\nheadline('count', 3, 'rows')",
    "import matplotlib.pyplot as plt\nfigure, axes = plt.subplots()\nline = axes.plot([1, 2])",
    "## Answer\n\nIt **does** run (p < .001). More is not said.",
]
BAD = ["# Does it fail?", "from sexresearch.study import headline\nheadline('lost', 1)", "1 / 0", "'never shown'"]


def write(path, sources):
    cells = [v4.new_markdown_cell(text) if text.startswith("#") else v4.new_code_cell(text) for text in sources]
    cells[-1].metadata["execution"] = {"iopub.execute_input": "2026-01-01"}
    nbformat.write(v4.new_notebook(cells=cells), path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("study")


@pytest.fixture(scope="module")
def done(folder):
    """A run of three notebooks where another `python3` kernel is installed that does not work."""
    foreign = folder / "jupyter" / "kernels" / "python3"
    foreign.mkdir(parents=True)
    spec = {"argv": ["no-such-python"], "display_name": "Python 3", "language": "python"}
    (foreign / "kernel.json").write_text(json.dumps(spec))
    (folder / "broken.ipynb").write_text("{ not json")
    paths = [write(folder / "good.ipynb", GOOD), write(folder / "bad.ipynb", BAD), folder / "broken.ipynb"]
    out = folder / "reports"
    out.mkdir()
    (out / "results.csv").write_text("notebook,headline,number,note\ngood,old,1,\nother,kept,2,\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(folder / "jupyter"))
        patch.setenv("MPLBACKEND", "agg")
        return reproduce(paths, out=out, store=True)


def test_every_notebook_has_an_outcome(done, assert_in_glossary):
    assert_in_glossary(done.outcomes)
    rows = done.outcomes.set_index("notebook")
    assert rows["reproduced"].to_dict() == {"good": True, "bad": False, "broken": False}
    assert not done.succeeded
    assert rows.loc["good", "conclusion"] == "It does run (p < .001)."
    assert rows.loc["bad", "conclusion"] == "code cell 2: ZeroDivisionError: division by zero"
    assert "JSON" in rows.loc["broken", "conclusion"]


def test_numbers_of_this_run_replace_the_old_ones_and_leave_the_rest(done, folder, assert_in_glossary):
    stored = read_results(folder / "reports" / "results.csv")
    assert_in_glossary(stored)
    assert stored.to_numpy().tolist() == [
        ["good", "half", "0.5000", ""],
        ["good", "count", "3", "rows"],
        ["other", "kept", "2", ""],
    ]
    pd.testing.assert_frame_equal(done.results, stored.head(2))


def test_changes_against_the_published_numbers_are_named(done, assert_in_glossary):
    assert_in_glossary(done.changed)
    assert set(done.changed["headline"]) == {"half", "count"}
    assert set(done.changed["published"]) == {""}


def test_pages_open_without_a_network(done, folder, assert_opens_offline):
    for name in ("good", "bad", "broken"):
        assert_opens_offline((folder / "reports" / f"{name}.html").read_text(encoding="utf-8"))
    good = (folder / "reports" / "good.html").read_text(encoding="utf-8")
    assert "<title>Does it run?</title>" in good
    assert "half = 0.5000" in good
    assert "data:image/png" in good


def test_a_failure_shows_its_traceback(done, folder):
    bad = (folder / "reports" / "bad.html").read_text(encoding="utf-8")
    assert "Traceback" in bad
    assert "division by zero" in bad
    assert bad.count("never shown") == 1  # the code is there, its output is not
    assert "JSON" in (folder / "reports" / "broken.html").read_text(encoding="utf-8")


def test_figures_are_files(done, folder):
    figures = sorted(path.name for path in (folder / "reports" / "figures").iterdir())
    assert figures == ["good_1.png"]
    assert (folder / "reports" / "figures" / "good_1.png").read_bytes().startswith(b"\x89PNG")


def test_the_kernel_is_the_python_that_runs_this(done, folder):
    stored = nbformat.read(folder / "good.ipynb", as_version=4)
    assert stored.cells[1].outputs[0].text.strip() == sys.executable


def test_stored_notebooks_hold_nothing_of_the_machine(done, folder):
    stored = nbformat.read(folder / "good.ipynb", as_version=4)
    assert dict(stored.metadata) == {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    }
    assert [cell.execution_count for cell in stored.cells if cell.cell_type == "code"] == [1, 2, 3]
    assert all("execution" not in cell.metadata for cell in stored.cells)
    failed = nbformat.read(folder / "bad.ipynb", as_version=4)
    assert not [cell for cell in failed.cells if cell.get("outputs")]  # left as it was


def test_unknown_notebooks_are_refused_before_anything_runs(tmp_path):
    with pytest.raises(StudyError, match=r"No notebook 99_nothing, absent\.ipynb"):
        reproduce(["99_nothing", "absent.ipynb"], out=tmp_path / "reports")
    assert not (tmp_path / "reports").exists()
