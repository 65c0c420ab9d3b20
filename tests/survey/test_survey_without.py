"""Rows taken out of a survey: the record of which and why goes wherever the survey goes."""

import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import DataError
from sexresearch.survey import Exclusion, Survey, screen

FRAME = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [2.0, 2.0, 4.0, 5.0]}, index=["ann", "bo", "cy", "di"])


@pytest.fixture
def survey():
    return Survey.from_frame(FRAME, name="clients")


def findings(survey, *rows):
    table = screen(survey)
    found = pd.DataFrame({"check": [check for check, _ in rows], "rows": [labels for _, labels in rows]})
    found.attrs = table.attrs
    return found


def test_the_reason_is_recorded_and_said(survey):
    rest = survey.without(["bo"], because="answered twice")
    assert rest.exclusions == (Exclusion("answered twice", ("bo",)),)
    assert rest.caption == "clients, n = 3, 1 row excluded: answered twice (1)"
    assert "1 row excluded: answered twice (1)" in repr(rest)
    assert survey.exclusions == ()
    assert survey.n == 4
    pd.testing.assert_frame_equal(rest.answers, FRAME.drop(index="bo"), check_dtype=False)


def test_findings_bring_their_reasons(survey):
    found = findings(survey, ("spam", ("ann",)), ("speeding", ("ann", "cy")))
    rest = survey.without(found)
    assert rest.exclusions == (Exclusion("spam, speeding", ("ann",)), Exclusion("speeding", ("cy",)))
    assert survey.without(found.iloc[1]).exclusions == (Exclusion("speeding", ("ann", "cy")),)
    assert survey.without(found, because="careless").exclusions == (Exclusion("careless", ("ann", "cy")),)


def test_rows_that_are_out_stay_out_for_the_first_reason(survey):
    rest = survey.without(["ann"], because="test answer").without(["ann", "di"], because="no customer")
    assert [(part.because, part.rows) for part in rest.exclusions] == [
        ("test answer", ("ann",)),
        ("no customer", ("di",)),
    ]
    found = findings(survey, ("speeding", ("ann", "cy")))
    assert rest.without(found).answers.index.tolist() == ["bo"]


def test_many_reasons_are_counted_in_the_caption(survey):
    rest = survey
    for label, because in zip(["ann", "bo", "cy"], ["x", "y" * 90, "z"], strict=True):
        rest = rest.without([label], because=because)
    assert "3 rows excluded" in rest.caption
    assert len(rest.caption) < 160


def test_the_record_reaches_fit_and_report(tmp_path):
    survey = sx.datasets.load("service_excellence_demo").without([1, 2], because="bogus <rows>")
    results = sx.fit("joy =~ val1 + val2 + val3", survey, missing="fiml")
    assert results.provenance.source == survey.caption
    page = sx.report(results, tmp_path / "client.html").read_text(encoding="utf-8")
    assert "2 rows excluded: bogus &lt;rows&gt; (2)" in page


@pytest.mark.parametrize(
    ("rows", "because", "message"),
    [
        (["ann"], "", "needs a reason"),
        (["ann"], "  ", "needs a reason"),
        (["eve"], "x", "clients has no row eve"),
        (["ann", "bo", "cy", "di"], "x", "no row would be left"),
        ([True, False, True, False], "x", "not True and False"),
        (FRAME, "x", "a frame without check and rows"),
        ("ann", "x", "labels of rows; found str"),
        (3, "x", "labels of rows; found int"),
        ([["ann"]], "x", "unhashable|several of"),
    ],
)
def test_what_names_no_rows_is_refused(survey, rows, because, message):
    with pytest.raises(sx.errors.SexresearchError, match=message):
        survey.without(rows, because=because)


def test_findings_of_another_survey_are_refused(survey):
    other = Survey.from_frame(FRAME + 1, name="clients")
    with pytest.raises(DataError, match="other answers than those of clients"):
        survey.without(findings(other, ("speeding", ("ann",))))


def test_the_old_spelling_works_and_warns(survey):
    with pytest.warns(DeprecationWarning, match=r"drop\(\) will go in version 0.3: write without"):
        assert survey.drop(["ann"]).n == 3
