"""Outputs of notebooks are compared: words as they stand, numbers with a tolerance."""

import json

import pytest

from sexresearch.errors import OptionError, StudyError
from sexresearch.testing import assert_close_outputs


def stream(*texts):
    return [{"output_type": "stream", "name": "stdout", "text": text} for text in texts]


def shown(**data):
    named = {key.replace("_", "/"): value for key, value in data.items()}
    return [{"output_type": "display_data", "metadata": {}, "data": named}]


@pytest.fixture
def compared(tmp_path):
    """Compare two lists of outputs of one cell each."""

    def compare(now, before, **tolerance):
        for name, outputs in (("now", now), ("before", before)):
            cell = {"cell_type": "code", "metadata": {}, "execution_count": None, "source": "x", "outputs": outputs}
            whole = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
            (tmp_path / f"{name}.ipynb").write_text(json.dumps(whole), encoding="utf-8")
        assert_close_outputs(tmp_path / "now.ipynb", tmp_path / "before.ipynb", **tolerance)

    return compare


@pytest.mark.parametrize(
    ("now", "before"),
    [
        ("cfi 0.988", "cfi 0.989"),  # one unit of the last digit
        ("b = -.000", "b = .000"),
        ("b = −0.12, core1", "b = -0.12, core1"),
        ("n = 1,234.50", "n = 1234.5"),
        ("1.23456789e-05", "1.23456788e-05"),
        ("  a   1.00\n---------", "a 1.00\n-----"),
        ("250000001", "250000000"),
    ],
)
def test_numbers_that_are_near_pass(compared, now, before):
    compared(stream(now), stream(before))


@pytest.mark.parametrize(
    ("now", "before", "told"),
    [
        ("cfi 0.988", "cfi 0.986", "cell 1, line 1: 0.988, before 0.986"),
        ("x\nn = 251", "x\nn = 250", "line 2: 251, before 250"),
        ("b = -0.5", "b = 0.5", "-0.5, before 0.5"),
        ("p = .04*", "p = .04", "before 'p = .04'"),
        ("b = nan", "b = 0.1", "'b = nan', before 'b = 0.1'"),
        ("core2", "core1", "'core2', before 'core1'"),
        ("1e-3", "1e-5", "1e-3, before 1e-5"),
        ("1", "1\n2", "nothing, before '2'"),
        ("version 0.2.0", "version 0.1.0", "0.2.0"),
    ],
)
def test_what_differs_is_named(compared, now, before, told):
    with pytest.raises(AssertionError) as said:
        compared(stream(now), stream(before), last_digits=1 if "." in now else 0)
    assert told in str(said.value)


def test_tolerances_are_the_readers(compared):
    compared(stream("0.50"), stream("0.52"), rtol=0.1)
    compared(stream("0.50"), stream("0.52"), last_digits=2)
    with pytest.raises(AssertionError):
        compared(stream("0.50"), stream("0.51"), last_digits=0)


def test_pieces_of_a_stream_and_pictures_do_not_matter(compared):
    compared(stream("a 1", "\nb 2"), stream("a 1\nb 2"))
    compared(shown(image_png="AAAA", text_plain="<Figure>"), shown(image_png="BBBB", text_plain="<Figure>"))


def test_tables_of_html_are_read_as_text(compared):
    table = "<table><tr><td style='width: {}px'>cfi &amp; tli</td><td>{}</td></tr></table>"
    compared(shown(text_html=table.format(10, 0.988)), shown(text_html=table.format(12, 0.988)))
    with pytest.raises(AssertionError, match=r"0\.9, before 0\.5"):
        compared(shown(text_html=table.format(10, 0.9)), shown(text_html=table.format(10, 0.5)))


def test_only_ten_differences_are_listed(compared):
    with pytest.raises(AssertionError, match="and 5 more"):
        compared(stream("\n".join("1" * 15)), stream("\n".join("2" * 15)))


def test_a_notebook_is_run_anew_and_compared_with_what_it_stores(tmp_path):
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("nbclient")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print('cfi', 0.98765)")])
    path = tmp_path / "study.ipynb"
    notebook.cells[0].outputs = [nbformat.v4.new_output("stream", text="cfi 0.98766\n")]
    nbformat.write(notebook, path)
    before = path.read_bytes()
    assert_close_outputs(path)
    with pytest.raises(AssertionError, match=r"study\.ipynb shows something else than it stores"):
        assert_close_outputs(path, last_digits=0)
    assert path.read_bytes() == before
    notebook.cells[0].source = "1 / 0"
    nbformat.write(notebook, path)
    with pytest.raises(StudyError, match="does not run to its end"):
        assert_close_outputs(path)


def test_what_is_no_notebook_is_said(tmp_path):
    (tmp_path / "a.ipynb").write_text("[]")
    with pytest.raises(StudyError, match="is no notebook"):
        assert_close_outputs(tmp_path / "a.ipynb")
    with pytest.raises(StudyError, match="cannot be read"):
        assert_close_outputs(tmp_path / "b.ipynb")
    for wrong in ("1", -1, True, float("nan")):
        with pytest.raises(OptionError, match="rtol must be"):
            assert_close_outputs(tmp_path / "a.ipynb", rtol=wrong)
