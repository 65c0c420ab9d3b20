"""Layouts of survey platforms and of clients' workbooks, and what a platform says about its answers."""

import json

import numpy as np
import openpyxl
import pandas as pd
import pytest

from sexresearch.errors import DataError
from sexresearch.survey import Instrument, Survey, read_survey, screen


def instrument(scale="lowest = 1\nhighest = 5", **columns):
    items = "\n".join(f"{name} = {{ wording = 'w', column = {json.dumps(col)} }}" for name, col in columns.items())
    labels = 'labels = ["Strongly disagree", "Disagree", "Neither", "Agree", "Strongly agree"]' * ("5" in scale)
    return Instrument.from_toml(
        f"[scales.a]\n{scale}\n{labels}\n[constructs.d]\nscale = 'a'\n[constructs.d.items]\n{items}\n"
    )


def book(path, *sheets, merge=(), formats=None):
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for title, rows in sheets:
        page = workbook.create_sheet(title)
        for row in rows:
            page.append(row)
        for area in merge:
            page.merge_cells(area)
        for cell, text in (formats or {}).items():
            page[cell].number_format = text
    workbook.save(path)
    return path


HEAD = ["StartDate", "ResponseId", "Q1"]
TEXT = ["Start Date", "Response ID", "How much?"]
IDS = [json.dumps({"ImportId": name}) for name in HEAD]
ROW = ["2026-01-05 10:00", "R_1", "5"]


@pytest.mark.parametrize("column", ["Q1", "How much?"])
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".xlsx"])
@pytest.mark.parametrize(
    "rows",
    [
        [HEAD, TEXT, IDS, ROW],
        [HEAD, TEXT, ROW],
        [["panel", *HEAD], ["panel", *TEXT], ["", *IDS], ["west", *ROW]],
        [["V1", "V8", "Q1"], ["ResponseID", "StartDate", "How much?"], ["R_1", "2026-01-05", "5"]],
        [HEAD, TEXT, [text.replace('"', "'") for text in IDS], ROW],
    ],
)
def test_qualtrics(tmp_path, rows, suffix, column):
    path = tmp_path / f"a{suffix}"
    if suffix == ".xlsx":
        book(path, ("A", rows))
    else:
        pd.DataFrame(rows).to_csv(path, header=False, index=False, sep="\t" if suffix == ".tsv" else ",")
    survey = read_survey(path, instrument(del1=column))
    assert survey.answers["del1"].tolist() == [5.0]
    assert any("Qualtrics" in note for note in survey.notes)


@pytest.mark.parametrize(
    "headers", ["id. Response ID|G1[S1]. a|G1[S2]. ", "id. Response ID|G1[S1]. |G1[S2]", "id|G1[S1]|G1[S2]"]
)
def test_limesurvey(tmp_path, headers):
    (tmp_path / "a.csv").write_text(",".join(f'"{text}"' for text in headers.split("|")) + '\n"1","A5","A4"\n')
    answers = read_survey(tmp_path / "a.csv", instrument(x="G1[S1]", y="G1[S2]")).answers
    assert answers[["x", "y"]].iloc[0].tolist() == [5, 4]


def test_two_header_rows(tmp_path):
    rows = [["Respondent ID", "How much?", None, None, "Other?"], [None, "staff", "room", "food", "Response"]]
    path = book(tmp_path / "a.xlsx", ("A", [*rows, [1, "Agree", 5, 4, "x"], [2, "Agree", 3, 2, "y"]]), merge=["B1:D1"])
    for about in (None, instrument(staff="staff"), instrument(staff="How much? - staff")):
        survey = read_survey(path, about)
        assert set(survey.answers) == {"Respondent ID", "staff", "room", "food", "Other?"}
        assert survey.n == 2


def test_groups_in_names_of_kobo(tmp_path):
    (tmp_path / "a.csv").write_text("start,visit/staff/del1,_id\n2026-01-05,5,1\n")
    assert read_survey(tmp_path / "a.csv", instrument(del1="del1")).answers["del1"].tolist() == [5]


DATA = [["del1", "del2", "del3"], [5, 4, 3], [3, 2, 1]]


@pytest.mark.parametrize("about", [None, instrument(del1="del1", del2="del2")])
@pytest.mark.parametrize(
    "sheets",
    [
        [("A", [["Client survey 2026"], [], *DATA])],
        [("A", [["Client survey", "2026"], ["n = 2"], *DATA, [], ["Source: our own survey"]])],
        [("A", [[], *DATA])],
        [("Info", [["exported by us"]]), ("Data", DATA)],
        [("Info", [["who", "us"], ["when", "today"]]), ("Data", DATA + [[1, 1, 1]] * 30)],
    ],
)
def test_titles_covers_and_footnotes(tmp_path, sheets, about):
    survey = read_survey(book(tmp_path / "a.xlsx", *sheets), about)
    assert survey.answers["del1"].tolist()[:2] == [5, 3]
    assert survey.answers[["del1", "del2", "del3"]].notna().all().all()
    assert survey.notes


def test_the_row_of_names_can_be_said(tmp_path):
    path = book(tmp_path / "a.xlsx", ("A", [["x", "y", "z"], *DATA]))
    assert list(read_survey(path, header=2).answers) == ["del1", "del2", "del3"]


def test_percent_cells_count_as_shown(tmp_path):
    path = book(tmp_path / "a.xlsx", ("A", [["share"], [0.45], [1.0]]), formats={"A2": "0%", "A3": "0.0%"})
    assert read_survey(path, instrument("lowest = 0\nhighest = 100\nwhole = false", s="share")).answers["s"][1] == 45
    assert read_survey(path, instrument("lowest = 0\nhighest = 1\nwhole = false", s="share")).answers["s"][1] == 0.45
    part = book(tmp_path / "b.xlsx", ("A", [["share"], [0.45], [1.0]]), formats={"A2": "0%"})
    with pytest.raises(DataError, match="some cells are in percent"):
        read_survey(part)


def test_formulas_without_value_matter_in_used_columns_only(tmp_path):
    path = book(tmp_path / "a.xlsx", ("A", [["del1", "sum"], [5, "=A2*2"]]))
    assert any("formulas" in note for note in read_survey(path, instrument(del1="del1")).notes)
    with pytest.raises(DataError, match="column 'sum': formulas without a saved value in row 2"):
        read_survey(path, instrument(total="sum"))


def test_merged_cells_below_the_header_are_filled(tmp_path):
    path = book(tmp_path / "a.xlsx", ("A", [["branch", "q"], ["Bern", 5], [None, 4]]), merge=["A2:A3"])
    assert read_survey(path).answers["branch"].tolist() == ["Bern", "Bern"]


@pytest.mark.parametrize(
    ("columns", "checks"),
    [
        ({"ResponseId": ["a", "b"], "Status": ["Survey Preview", "IP Address"]}, {"preview or test": (0,)}),
        (
            {"ResponseId": ["a", "b"], "Status": [1, 0], "Finished": [1, 0]},
            {"preview or test": (0,), "not finished": (1,)},
        ),
        ({"Finished": ["True", "False"]}, {"not finished": (1,)}),
        ({"id": [1, 2], "submitdate": ["2026-01-05", None], "lastpage": [3, 1]}, {"not finished": (1,)}),
        ({"Status": ["new", "old"]}, {}),
        ({"ResponseId": ["a", "b"], "Status": ["Offline Survey Preview", "Offline"]}, {"preview or test": (0,)}),
        ({"lfdn": [1, 2], "tester": [0, 1], "dispcode": [31, 31]}, {"preview or test": (1,)}),
        ({"id": [1, 2], "tester": [0, 1]}, {}),
        ({"CASE": [7, 8], "QUESTNNR": ["base", "base"], "MODE": ["pretest", "interview"]}, {"preview or test": (0,)}),
        ({"mode": ["pretest", "interview"]}, {}),
        ({"is_test_data": ["1", "0"]}, {"preview or test": (0,)}),
    ],
)
def test_what_the_platform_marks_is_said_and_kept(columns, checks):
    survey = Survey.from_frame(pd.DataFrame(columns | {"Q1": [5, 4]}))
    found = screen(survey).set_index("check")["rows"]
    assert survey.n == 2
    assert {check: rows for check, rows in found.items() if check in {"preview or test", "not finished"}} == checks
    assert all(any(note.startswith(check) for note in survey.notes) for check in checks)


def column(code, rest, times=20):
    return pd.DataFrame({"x": np.r_[np.full(times, code), np.resize(rest, 180)]})


@pytest.mark.parametrize(
    ("code", "rest", "found"),
    [
        (99, [1, 2, 3, 4, 5], True),
        (-99, [1, 2, 3, 4, 5], True),
        (98, [0, 5, 10], True),
        (9, [1, 2, 3, 4, 5, 6, 7], True),
        (-1, [1, 2, 3, 4, 5], True),
        (999, [20, 35, 80], True),
        (9, [1, 2, 8, 10], False),
        (-1, [0, 1, 2], False),
        (99, [0, 50, 98, 100], False),
        (5, [1, 2, 3, 4], False),
    ],
)
def test_codes_apart_from_all_answers(code, rest, found):
    table = screen(Survey.from_frame(column(code, rest).astype(float)))
    assert ("code of no answer" in set(table["check"])) == found
    if found:
        row = table.set_index("check").loc["code of no answer"]
        assert len(row["rows"]) == 20
        assert f"missing = [{code}]" in row["advice"]


def test_codes_that_a_scale_has_are_answers():
    percent = instrument("lowest = 0\nhighest = 100", x="x")
    assert "code of no answer" not in set(screen(Survey.from_frame(column(99, [1, 2, 3]), percent))["check"])


def test_group_labels_that_look_alike():
    frame = pd.DataFrame({"brand": ["Premium", "premium", "pre\u00admium ", "luxury"], "x": [1, 2, 3, 4]})
    survey = Survey.from_frame(frame)
    assert any("'Premium' (1), 'premium' (1)" in note for note in survey.notes)
    assert screen(survey).set_index("check").loc["labels alike", "where"] == "brand"
