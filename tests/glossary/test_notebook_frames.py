"""Frames of results show themselves by the glossary in a notebook; frames of anybody else as they always did."""

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

import sexresearch as sx
from sexresearch.glossary import notebook
from sexresearch.glossary.notebook import html_of, show_in_notebooks
from sexresearch.marking import names_made_with


@pytest.fixture(scope="module")
def results():
    rng = np.random.default_rng(1)
    joy = rng.normal(size=400)
    data = pd.DataFrame({name: joy + rng.normal(size=400) for name in ("j1", "j2", "j3", "stay")})
    return sx.fit("joy =~ j1 + j2 + j3; stay ~ joy", data)


@pytest.fixture
def shell(monkeypatch):
    one = InteractiveShell()
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: one)
    return one


def shown(shell, value):
    return shell.display_formatter.format(value, include={"text/html"})[0].get("text/html")


def test_results_show_as_sx_table_does_and_so_do_parts_of_them(results, shell):
    show_in_notebooks()
    for frame in (results.parameters, results.parameters.query("op == '~'"), sx.reliability(results)):
        assert shown(shell, frame) == sx.table(frame)._repr_html_()
    assert shown(shell, results.fit_measures) == sx.table(results.fit_measures)._repr_html_()
    loadings = shown(shell, results.parameters)
    assert "&lt; 0.001" in loadings
    assert not any(ugly in loadings for ugly in ("NaN", "&lt;NA&gt;", "e-"))
    assert shown(shell, results.parameters) == loadings  # nothing in it changes from one time to the next


def test_other_frames_stay_as_they_are(results, shell):
    own = pd.DataFrame({"est": [0.123456789], "pvalue": [1e-9]})  # of the glossary by name, but not a result
    merged = results.parameters.merge(own.assign(lhs="stay"), on="lhs")
    plain = [own, merged, results.parameters.drop(columns=["est"]).T]
    before = [shown(shell, frame) for frame in plain]
    show_in_notebooks()
    assert [shown(shell, frame) for frame in plain] == before
    assert shown(shell, results.parameters["est"]) is None  # a column, as pandas prints it
    survey = sx.datasets.load("service_excellence_demo")
    assert names_made_with(survey.answers) is None
    assert html_of(survey.answers.assign(est=1.0)) is None


def test_what_was_told_to_ipython_before_still_shows_other_frames(results, shell):
    html = shell.display_formatter.formatters["text/html"]
    html.for_type(pd.DataFrame, lambda frame: "mine")
    show_in_notebooks()
    show_in_notebooks()
    assert shown(shell, pd.DataFrame({"x": [1]})) == "mine"
    assert shown(shell, results.parameters) == sx.table(results.parameters)._repr_html_()
    html.for_type(pd.DataFrame, lambda frame: "later")
    assert shown(shell, results.parameters) == "later"


def test_long_results_show_their_ends_and_the_options_of_pandas_hold(results):
    with pd.option_context("display.max_rows", 10):
        page = html_of(results.parameters)
        assert page.count("<tr>") == 1 + len(results.parameters) if len(results.parameters) <= 10 else 11
    with pd.option_context("display.max_rows", 3):
        page = html_of(results.parameters)
        assert page.count("<tr>") == 1 + 2 * notebook.ENDS
        assert f"of {len(results.parameters)} rows" in page
    with pd.option_context("display.notebook_repr_html", False):
        assert html_of(results.parameters) is None


def test_a_result_is_an_ordinary_frame(results):
    frame = results.parameters
    assert type(frame) is pd.DataFrame
    again = pickle.loads(pickle.dumps(frame))
    pd.testing.assert_frame_equal(again, frame)
    assert html_of(again) == html_of(frame)
    given = pd.DataFrame({"est": [1.0]})
    sx.table(given)
    assert given.attrs == {}


def test_importing_the_package_imports_no_ipython():
    code = "import sys, sexresearch; sys.exit('IPython' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_filtered_frame_shows_no_numbers_of_rows(results):
    for frame in (results.parameters, results.parameters.sort_values("est"), results.parameters.iloc[:0]):
        assert sx.table(frame).headers[0] == "lhs"
