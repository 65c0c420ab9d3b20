"""How values show themselves in a notebook: the verdict first, errors without frames, warnings without paths."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import SexresearchError


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(1)
    joy = rng.normal(size=400)
    return pd.DataFrame({name: joy + rng.normal(size=400) for name in ("a", "b", "c", "d")}).assign(g=["u", "v"] * 200)


def test_a_fit_shows_its_verdict_its_paths_and_both_kinds_of_measures(data):
    results = sx.fit("joy =~ a + b + c; d ~ joy", data, estimator="MLR")
    shown = results._repr_html_()
    assert shown.startswith("<p><strong>The model fits the data well: robust CFI")
    assert "uncorrected" in shown
    assert shown.index("joy → d") < shown.index("<details>")
    assert shown.count("<details>") == len(results.summary().tables) - 1
    assert not re.search(r"&lt;NA&gt;|\bnan\b|\de-\d", shown)
    assert "&lt; 0.001" in shown


def test_a_summary_says_once_how_its_numbers_came_about(data):
    found = sx.fit("joy =~ a + b + c + d", data).summary()
    assert len(found.tables) > 2
    assert all(shown.count(found.source) == 1 for shown in (repr(found), found._repr_html_()))


def test_what_is_wrong_comes_first(data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sx.FitWarning)
        results = sx.fit("joy =~ a + b + c", data.assign(b=data["a"] * 2 + 0.1 * data["b"]))
    shown = results._repr_html_()
    assert ("not admissible" in shown) == bool(results.inadmissible)
    assert all(problem.split(":")[0] in shown for problem in results.problems)


def test_hostile_names_stay_text(data):
    named = data.rename(columns={"g": "<script>alert(1)</script>"})
    results = sx.fit("joy =~ a + b + c + d", named, group="<script>alert(1)</script>")
    assert "<script>" not in results._repr_html_()


def test_errors_raised_on_purpose_show_one_message():
    with pytest.raises(SexresearchError) as caught:
        sx.fit("joy =~ a", pd.DataFrame({"b": [1.0]}))
    assert caught.value._render_traceback_() == [f"{caught.type.__name__}: {caught.value}"]


def test_a_warning_in_a_notebook_has_no_temporary_path(data):
    gaps = data.mask(np.random.default_rng(3).random(data.shape) < 0.05)
    code = compile("\nsx.fit('joy =~ a + b + c + d', gaps)", "/tmp/ipykernel_12/34.py", "exec")
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        exec(code, {"sx": sx, "gaps": gaps})
    (note,) = (one for one in found if issubclass(one.category, sx.FitWarning))
    assert (note.filename, note.lineno) == ("cell", 2)
    for public in (sx.fit, sx.growth):
        with pytest.warns(sx.FitWarning) as found:
            public("joy =~ a + b + c + d", gaps)
        assert found[0].filename == __file__


def test_the_version_is_that_of_the_package():
    assert sx.__version__ == sx.fit("joy =~ a + b + c", moments=moments()).provenance.versions["sexresearch"]


def moments():
    r = pd.DataFrame(np.full((3, 3), 0.5) + 0.5 * np.eye(3), index=list("abc"), columns=list("abc"))
    return sx.Moments(r, nobs=100)


def test_a_survey_shows_its_constructs_with_labels_and_gaps():
    survey = sx.datasets.load("service_excellence_demo")
    shown = survey._repr_html_()
    assert survey.caption in shown
    assert all(part.label in shown for part in survey.instrument.constructs)
    assert "<script>" not in sx.Survey.from_frame(pd.DataFrame({"a": [1]}), name="<script>")._repr_html_()


def test_a_model_shows_its_text_and_what_it_holds():
    shown = sx.Model("joy =~ a + b + c\nd ~ joy\nd ~~ d")._repr_html_()
    assert "1 latent and 4 observed variables; 3 loadings, 1 path, 1 covariance" in shown
    assert "joy =~ a + b + c" in shown
