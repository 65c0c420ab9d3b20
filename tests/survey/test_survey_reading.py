"""Reading survey files: real files of every format give the same survey, and peculiarities of exports are met."""

import hashlib
import json
import re
from dataclasses import FrozenInstanceError

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest
from pandas.testing import assert_frame_equal

from sexresearch.survey import Instrument, Survey, read_survey

INSTRUMENT = Instrument.from_toml(
    """
    [scales.agree7]
    lowest = 1
    highest = 7
    labels = ["never", "rarely", "at times", "half the time", "often", "mostly", "always"]
    missing = [99]
    [scales.percent]
    lowest = 0
    highest = 100
    whole = false
    [constructs.delight]
    scale = "agree7"
    items = { del1 = "a", del2 = { wording = "b", reverse = true } }
    [constructs.wallet]
    scale = "percent"
    items = { share = "c" }
    [fields]
    respondent = { role = "id" }
    brand = { role = "group", labels = { 1 = "premium", 2 = "luxury" } }
    """
)
RAW = pd.DataFrame(
    {
        "respondent": [104, 101, 103, 102],
        "del1": [7.0, 99.0, np.nan, 4.0],
        "del2": [1.0, 2.0, 3.0, np.nan],
        "share": [12.5, 100.0, np.nan, 0.25],
        "brand": [1, 2, 2, 1],
        "größe": ["klein", "groß", None, "groß"],
    }
)
EXPECTED = pd.DataFrame(
    {
        "respondent": [104, 101, 103, 102],
        "del1": [7.0, np.nan, np.nan, 4.0],
        "del2": [7.0, 6.0, 5.0, np.nan],
        "share": [12.5, 100.0, np.nan, 0.25],
        "brand": ["premium", "luxury", "luxury", "premium"],
        "größe": ["klein", "groß", np.nan, "groß"],
    },
    index=pd.RangeIndex(1, 5),
)


def write(frame, path):
    texts = frame.astype({"größe": object}).fillna({"größe": ""})
    match path.suffix:
        case ".csv":
            frame.to_csv(path, index=False)
        case ".tsv":
            frame.to_csv(path, index=False, sep="\t")
        case ".xlsx":
            frame.to_excel(path, index=False)
        case ".parquet":
            frame.to_parquet(path, index=False)
        case ".sav":
            pyreadstat.write_sav(texts, path, missing_ranges={"del1": [99]})
        case ".dta":
            pyreadstat.write_dta(texts, path)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".xlsx", ".parquet", ".sav", ".dta"])
def test_every_format_gives_the_same_survey(tmp_path, suffix):
    path = write(RAW, tmp_path / f"clients{suffix}")
    survey = read_survey(path, INSTRUMENT)
    assert_frame_equal(survey.answers, EXPECTED, check_index_type=False)
    assert survey.source.name == f"clients{suffix}"
    assert survey.source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert survey.source.rows == survey.n == 4
    assert survey.extra == ("größe",)
    assert survey.items == ("del1", "del2", "share")
    assert survey.items_of("delight") == ("del1", "del2")


def test_frame_gives_the_same_survey_and_is_left_alone():
    before = RAW.copy()
    survey = Survey.from_frame(RAW.set_axis(list("abcd")), INSTRUMENT)
    assert_frame_equal(survey.answers, EXPECTED.set_axis(list("abcd")))
    assert_frame_equal(RAW, before)
    assert survey.source.sha256 is None


@pytest.mark.parametrize(
    "dtypes",
    [
        {"del1": "Float64", "del2": "Int64", "respondent": "Int32", "brand": "category", "größe": "string"},
        {"del1": "float32", "del2": "Float32", "respondent": "int8", "brand": "string", "größe": "category"},
        {"del1": object, "del2": "string", "respondent": "uint16", "brand": object},
    ],
)
def test_column_types_do_not_matter(tmp_path, dtypes):
    frame = RAW.astype(dtypes)
    path = tmp_path / "clients.parquet"
    frame.astype({"del1": "Float64"}).to_parquet(path)
    for survey in (Survey.from_frame(frame.set_axis(EXPECTED.index), INSTRUMENT), read_survey(path, INSTRUMENT)):
        assert_frame_equal(survey.answers, EXPECTED, check_index_type=False)


def test_parquet_index_with_a_name_is_a_column(tmp_path):
    path = tmp_path / "clients.parquet"
    RAW.set_index("respondent").to_parquet(path)
    assert read_survey(path, INSTRUMENT).answers["respondent"].tolist() == [104, 101, 103, 102]
    RAW.iloc[[3, 0]].to_parquet(path)
    assert list(read_survey(path).answers.columns) == list(RAW.columns)


def test_survey_cannot_be_changed():
    survey = Survey.from_frame(RAW, INSTRUMENT)
    with pytest.raises(FrozenInstanceError):
        survey.synthetic = True
    taken = survey.answers
    taken.loc[0, "del1"] = 1.0
    taken["new"] = 0
    assert survey.answers.loc[0, "del1"] == 7.0
    assert "new" not in survey.answers


def test_reversing_is_done_once_and_survives_dropping_rows():
    survey = Survey.from_frame(RAW, INSTRUMENT)
    assert survey.answers["del2"].tolist()[:3] == [7.0, 6.0, 5.0]
    assert survey.without([1], because="test").answers["del2"].tolist()[:2] == [7.0, 5.0]


def test_without_instrument_everything_is_kept(tmp_path):
    survey = read_survey(write(RAW, tmp_path / "clients.csv"))
    assert survey.instrument is None
    assert survey.items == ("respondent", "del1", "del2", "share", "brand")
    assert survey.answers["del1"].tolist()[:2] == [7.0, 99.0]
    assert survey.extra == ()


def test_instrument_is_read_from_its_path(tmp_path):
    (tmp_path / "instrument.toml").write_text(
        '[scales.t]\nlowest = 1\nhighest = 9\n[constructs.s]\nscale = "t"\nitems = { s1 = "a" }', encoding="utf-8"
    )
    (tmp_path / "clients.csv").write_text("s1\n3\n", encoding="utf-8")
    survey = read_survey(str(tmp_path / "clients.csv"), str(tmp_path / "instrument.toml"))
    assert survey.items_of("s") == ("s1",)


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ("del1;größe;share\n3;süß;0,5\n4;;12\n".encode(), "decimal commas in share"),
        ("del1;größe;share\n3;süß;0,5\n4;;12\n".encode(), "separated by semicolons"),
        ("sep=;\r\ndel1;größe;share\r\n3;süß;0,5\r\n4;;12\r\n".encode("utf-8-sig"), "decimal commas"),
        ("del1;größe;share\n3;süß;0,5\n4;;12\n".encode("cp1252"), "read as Windows-1252"),
        ("del1\tgröße\tshare\n3\tsüß\t0.5\n4\t\t12\n".encode("utf-16"), None),
        ("del1,größe,share\n3,süß,0.5\n\n4,NA,12\n,,\n,,\n".encode(), None),
        ('"del1", größe ,share\n"3", "süß", 0.5\n4, .,12.0\n'.encode(), None),
        (",del1,größe,share\n1,3,süß,0.5\n2,4,,12\n".encode(), "counts the rows: left out"),
        ("del1,größe,share,\n3,süß,0.5,\n4,,12,\n".encode(), None),
    ],
)
def test_dialects_of_csv(tmp_path, content, note):
    path = tmp_path / "clients.csv"
    path.write_bytes(content)
    survey = read_survey(path)
    expected = pd.DataFrame({"del1": [3, 4], "größe": ["süß", np.nan], "share": [0.5, 12.0]}, index=[1, 2])
    assert_frame_equal(survey.answers, expected, check_index_type=False)
    assert note is None or any(note in said for said in survey.notes)
    assert note is None or note in repr(survey)


def test_digits_that_are_names_stay_text(tmp_path):
    path = tmp_path / "clients.csv"
    path.write_text("zip,card,plain\n01234,12345678901234567,7\n80331,,8\n", encoding="utf-8")
    answers = read_survey(path).answers
    assert answers["zip"].tolist() == ["01234", "80331"]
    assert answers["card"].tolist()[0] == "12345678901234567"
    assert answers["plain"].tolist() == [7, 8]


def test_short_lines_are_missing_and_said(tmp_path):
    path = tmp_path / "clients.csv"
    path.write_text("a,b\n1,2\n3\n", encoding="utf-8")
    survey = read_survey(path)
    assert survey.answers["b"].isna().tolist() == [False, True]
    assert survey.notes == ("cells are missing at the end of 1 line: line 3",)


def test_answers_given_as_labels(tmp_path):
    path = tmp_path / "clients.csv"
    path.write_text(
        "respondent,del1,del2,share,brand\n1,Always,never,5,premium\n2,HALF THE TIME,99,TRUE,luxury\n", encoding="utf-8"
    )
    answers = read_survey(path, INSTRUMENT).answers
    assert answers["del1"].tolist() == [7.0, 4.0]
    assert answers["del2"].tolist()[0] == 7.0
    assert answers["share"].tolist() == [5.0, 1.0]
    assert answers["brand"].tolist() == ["premium", "luxury"]


def test_qualtrics_export(tmp_path):
    path = tmp_path / "clients.csv"
    header = ["StartDate", "Q1", "Q2_1"]
    rows = [
        header,
        ["Start Date", "How happy,\nall in all?", "Rate us"],
        [json.dumps({"ImportId": name}) for name in header],
        ["2026-03-01 10:00", "6", "3"],
        ["2026-03-02 11:00", "7", ""],
    ]
    pd.DataFrame(rows).to_csv(path, header=False, index=False)
    survey = read_survey(path)
    assert survey.answers["Q1"].tolist() == [6, 7]
    assert survey.answers.index.tolist() == [1, 2]
    assert any("Qualtrics" in note for note in survey.notes)


LIMESURVEY = '"id{0}","submitdate{1}","G01Q02[SQ001]{2}"\n"5","2026-03-01","6"\n"6","","7"\n'


@pytest.mark.parametrize(
    ("texts", "noted"),
    [(("", "", ""), False), ((". Response ID", ". Date submitted", ". How happy? [Staff]"), True)],
)
def test_limesurvey_export(tmp_path, texts, noted):
    path = tmp_path / "clients.csv"
    path.write_text(LIMESURVEY.format(*texts), encoding="utf-8")
    instrument = Instrument.from_toml(
        """
        [scales.agree7]
        lowest = 1
        highest = 7
        [constructs.delight]
        items = { del1 = { wording = "a", scale = "agree7", column = "G01Q02[SQ001]" } }
        [fields]
        id = { role = "id" }
        """
    )
    survey = read_survey(path, instrument)
    assert survey.answers["del1"].tolist() == [6.0, 7.0]
    assert survey.extra == ("submitdate",)
    assert any("LimeSurvey" in note for note in survey.notes) == noted


def test_value_labels_of_the_file_become_texts_of_fields(tmp_path):
    instrument = Instrument.from_toml(
        """
        [scales.t]
        lowest = 1
        highest = 5
        [constructs.s]
        scale = "t"
        items = { s1 = "a" }
        [fields]
        brand = { role = "group" }
        visits = "Number of visits"
        """
    )
    frame = pd.DataFrame({"s1": [1.0, 5.0, 9.0], "brand": [1.0, 2.0, 1.0], "visits": [3.0, 0.0, 12.0]})
    labels = {"s1": {1: "low", 5: "high", 9: "no answer"}, "brand": {1: "premium", 2: "luxury"}, "visits": {0: "none"}}
    pyreadstat.write_sav(frame, tmp_path / "a.sav", variable_value_labels=labels, missing_ranges={"s1": [9]})
    pyreadstat.write_dta(frame.assign(s1=[1.0, 5.0, np.nan]), tmp_path / "a.dta", variable_value_labels=labels)
    for name in ("a.sav", "a.dta"):
        answers = read_survey(tmp_path / name, instrument).answers
        assert answers["brand"].tolist() == ["premium", "luxury", "premium"]
        assert answers["visits"].tolist() == [3, 0, 12]
        assert answers["s1"].isna().tolist() == [False, False, True]
        assert read_survey(tmp_path / name).answers["brand"].tolist() == [1, 2, 1]


def test_spss_ranges_of_missing_codes(tmp_path):
    frame = pd.DataFrame({"s1": [1.0, 97.0, 98.0, 5.0]})
    pyreadstat.write_sav(frame, tmp_path / "a.sav", missing_ranges={"s1": [{"lo": 97, "hi": 99}]})
    assert read_survey(tmp_path / "a.sav").answers["s1"].isna().tolist() == [False, True, True, False]


def book(path, *rows, more=()):
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    for title in more:
        workbook.create_sheet(title).append(["other"])
    workbook.save(path)
    return path


def test_excel_sheets(tmp_path):
    path = book(tmp_path / "a.xlsx", ["s1"], [5], more=("second",))
    assert read_survey(path).notes == ("sheet 'Sheet' is read, not second",)
    assert read_survey(path, sheet="Sheet").notes == ()


def test_excel_blank_headers_empty_ends_and_odd_cells(tmp_path):
    path = book(tmp_path / "a.xlsx", ["s1", None, 2026, "city"], [5, None, 1, "=text"], [None, None, 2, "#N/A"], [None])
    workbook = openpyxl.load_workbook(path)
    workbook.active["D2"].data_type = "s"
    workbook.save(path)
    survey = read_survey(path)
    assert list(survey.answers.columns) == ["s1", "2026", "city"]
    assert survey.n == 2
    assert survey.answers["city"].isna().tolist() == [False, True]


def test_excel_formulas_count_as_their_saved_value(tmp_path):
    from zipfile import ZipFile

    book(tmp_path / "raw.xlsx", ["s1", "s2"], [5, "=A2+1"])
    with ZipFile(tmp_path / "raw.xlsx") as source, ZipFile(tmp_path / "a.xlsx", "w") as target:
        for name in source.namelist():
            target.writestr(name, re.sub(rb"<f>A2\+1</f><v( ?/>|></v>)", b"<f>A2+1</f><v>6</v>", source.read(name)))
    assert read_survey(tmp_path / "a.xlsx").answers["s2"].tolist() == [6]


def test_synthetic_answers_say_so():
    survey = Survey.from_frame(RAW, INSTRUMENT, name="demo", synthetic=True)
    assert survey.synthetic
    assert survey.caption == "demo, n = 4 (synthetic)"
    assert "(synthetic)" in repr(survey)
    assert survey.without([0], because="test").synthetic


def test_order_of_rows_and_columns_is_that_of_the_file(tmp_path):
    shuffled = RAW.iloc[[2, 0, 3, 1], ::-1]
    survey = read_survey(write(shuffled, tmp_path / "clients.csv"), INSTRUMENT)
    assert list(survey.answers.columns) == list(RAW.columns[::-1])
    assert survey.answers["respondent"].tolist() == [103, 104, 102, 101]
    assert survey.answers.index.tolist() == [1, 2, 3, 4]
