"""Bad survey files: each is refused with the user's own names, and all problems of a file come together."""

import datetime

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sexresearch.errors import DataError, OptionError, SexresearchError
from sexresearch.survey import Instrument, Survey, read_survey

INSTRUMENT = Instrument.from_toml(
    """
    [scales.ten]
    lowest = 1
    highest = 10
    missing = [98, 99]
    [constructs.sat]
    scale = "ten"
    items = { sat1 = "a", sat2 = { wording = "b", column = "Q2" }, sat3 = "c", zufriedenheit = "d" }
    [fields]
    brand = { role = "group", labels = { 1 = "premium" } }
    """
)
ALL = {"sat1": [1, 2], "Q2": [3, 4], "sat3": [5, 6], "zufriedenheit": [7, 8], "brand": [1, 1]}


def test_all_problems_come_together_by_name(tmp_path):
    path = tmp_path / "clients.csv"
    path.write_text(
        "sat1,Q2,Sat_3,brand,city,city,\n"
        "11,yes,5,1,Oslo,Oslo,x\n"
        "99,no,6,2,Bern,Bern,\n"
        "2.5,yes,7,1,Wien,Wien,\n"
        "12,10,7,1,Wien,Wien,\n"
        "11,10,7,1,Wien,Wien,\n",
        encoding="utf-8",
    )
    with pytest.raises(DataError) as caught:
        read_survey(path, INSTRUMENT)
    assert str(caught.value).splitlines() == [
        "clients.csv cannot be used as it is (row 1 is the first answer):",
        "- the column 'city' is there 2 times (column 5, 6): rename or remove all but one",
        "- 1 column with answers but no name: column 7",
        "- the column 'sat3' (item) is not there; similar: Sat_3",
        "- the column 'zufriedenheit' (item) is not there; not in use: Sat_3, city",
        "- item 'sat1': 3 answers are not within 1 to 10: 11, 12 (row 1, 4, 5); missing codes of 'ten': 98, 99",
        "- item 'sat1': 1 answer is not whole: 2.5 (row 3)",
        "- item 'sat2': 3 answers are neither number nor label: 'yes', 'no' (row 1, 2, 3); "
        'if no answer is meant: missing = [98, 99, "yes", "no"] in scale \'ten\'',
        "- field 'brand': no label for 2 (row 2)",
    ]


def test_long_lists_are_shortened():
    frame = pd.DataFrame(ALL | {"sat1": [0, 0]}).sample(200, replace=True, random_state=1).reset_index(drop=True)
    with pytest.raises(DataError, match=r"200 answers are not within 1 to 10: 0 \(row 0, 1, 2, 3, 4 and 195 more\)"):
        Survey.from_frame(frame, INSTRUMENT)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "a.csv is empty"),
        ("a.csv", b" \n\n", "a.csv is empty"),
        ("a.csv", b"sat1,Q2\n", "there are no answers: a header, but no rows"),
        ("a.csv", b"sat1,Q2\n,\n\n", "there are no answers"),
        ("a.csv", b",,\n1,2,3\n", "no header"),
        ("a.csv", b"a,b\n1,2,3\n4,5\n6,7,8\n", "2 lines with more cells than the header: line 2, 4"),
        ("a.csv", b'a,b\n1,"2\n3,4\n', "cannot be split into columns at line 3"),
        ("a.csv", b'a,b\n1,"2"x\n3,4\n', "cannot be split into columns at line 2"),
        ("a.csv", b"a\x00b,c\n1,2\n", "not a text file"),
        ("a.csv", b"a\x81,c\xff\n1,2\n", "not a text file"),
        ("a.csv", b"\xff\xfea", "not a text file"),
        ("a.csv", b"a,a,a.1\n1,2,3\n", "the column 'a' is there 2 times"),
        ("a.csv", b"a,a \n1,2\n", "the column 'a' is there 2 times"),
        ("a.tsv", b"a\ta\n1\t2\n", "the column 'a' is there 2 times"),
        ("a.xlsx", b"a,b\n1,2\n", "cannot be read as an Excel workbook"),
        ("a.sav", b"a,b\n1,2\n", "cannot be read as an SPSS file"),
        ("a.dta", b"a,b\n1,2\n", "cannot be read as a Stata file"),
        ("a.parquet", b"a,b\n1,2\n", "cannot be read as a Parquet file"),
        ("a.sav", b"", "a.sav is empty"),
        ("a.doc", b"a,b\n1,2\n", "the formats are .csv, .tsv, .txt, .dat, .xlsx, .sav, .dta, .parquet"),
        ("a", b"a,b\n1,2\n", "no reader for ''"),
    ],
)
def test_files_that_are_no_survey(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_survey(path)
    assert message in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("cut", [50, 400])
@pytest.mark.parametrize("suffix", [".xlsx", ".sav", ".dta", ".parquet"])
def test_truncated_files(tmp_path, suffix, cut):
    import pyreadstat

    frame, path = pd.DataFrame(ALL), tmp_path / f"a{suffix}"
    writers = {".xlsx": pd.DataFrame.to_excel, ".parquet": pd.DataFrame.to_parquet}
    writers |= {".sav": pyreadstat.write_sav, ".dta": pyreadstat.write_dta}
    writers[suffix](frame, path)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(DataError, match=rf"a\{suffix} "):
        read_survey(path)


def test_absent_file_and_folder(tmp_path):
    with pytest.raises(DataError, match=r"nothing.csv cannot be opened: No such file"):
        read_survey(tmp_path / "nothing.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError, match=r"folder.csv cannot be opened"):
        read_survey(tmp_path / "folder.csv")


def test_sheets(tmp_path):
    pd.DataFrame(ALL).to_excel(tmp_path / "a.xlsx", sheet_name="answers", index=False)
    with pytest.raises(DataError, match="no sheet 'Sheet1'; its sheets are answers"):
        read_survey(tmp_path / "a.xlsx", sheet="Sheet1")
    with pytest.raises(OptionError, match=r"a\.csv has no sheets"):
        read_survey(tmp_path / "a.csv", sheet="answers")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "no header"),
        ([[None, None], [1, 2], [3, 4]], "no header"),
        ([["sat1", None], [1, 2]], "1 column with answers but no name: column 2"),
        ([["sat1", "sat1"], [1, 2]], "the column 'sat1' is there 2 times"),
        ([["sat1"]], "there are no answers"),
        ([["sat1", "Q2"], [1, "=A2+1"], [2, "=A3+1"]], "formulas without a saved value in row 2, 3 of the sheet"),
    ],
)
def test_worksheets_that_are_no_survey(tmp_path, rows, message):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(DataError, match=message):
        read_survey(tmp_path / "a.xlsx")


def test_dates_that_excel_made_of_answers(tmp_path):
    pd.DataFrame(ALL | {"sat1": [datetime.date(2026, 3, 4), 2]}).to_excel(tmp_path / "a.xlsx", index=False)
    with pytest.raises(DataError, match="item 'sat1': 1 answer is neither number nor label: '2026-03-04"):
        read_survey(tmp_path / "a.xlsx", INSTRUMENT)


def test_repeated_columns_in_parquet(tmp_path):
    pq.write_table(pa.table([[1, 2], [3, 4]], names=["sat1", "sat1"]), tmp_path / "a.parquet")
    with pytest.raises(DataError, match="the column 'sat1' is there 2 times"):
        read_survey(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sat1": ["a", "b"]}, "2 answers are neither number nor label: 'a', 'b'"),
        ({"sat1": [np.inf, 1]}, "1 answer is not within 1 to 10: inf"),
        ({"sat1": [-np.inf, 1]}, "1 answer is not within 1 to 10: -inf"),
        ({"sat1": pd.to_datetime(["2026-01-01", "2026-01-02"])}, "2 answers are neither number nor label"),
        ({"sat1": pd.Categorical(["a", 3])}, "1 answer is neither number nor label: 'a'"),
        ({"sat1": [1 + 1e-9, 2]}, "1 answer is not whole"),
        ({"sat1": ["1_0", "2"]}, "1 answer is neither number nor label: '1_0'"),
        ({"sat1": [[1], {}]}, "2 answers are neither number nor label"),
    ],
)
def test_values_that_are_no_answers(change, message):
    with pytest.raises(DataError) as caught:
        Survey.from_frame(pd.DataFrame(ALL | change), INSTRUMENT)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame(), "there are no columns"),
        (pd.DataFrame(ALL).iloc[:0], "there are no answers"),
        (pd.DataFrame(ALL, index=[3, 3]), r"the row labels repeat \(3\)"),
        (pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")])), "one level"),
        ([[1, 2]], "must be a pandas DataFrame"),
        (pd.DataFrame(ALL).assign(sat2=1), "item 'sat2' is read from 'Q2', but there is another column 'sat2'"),
        (pd.DataFrame(ALL).set_axis(range(5), axis=1), r"'sat1' \(item\) is not there; not in use: 0, 1, 2, 3, 4"),
    ],
)
def test_frames_that_are_no_survey(frame, message):
    with pytest.raises(DataError, match=message):
        Survey.from_frame(frame, INSTRUMENT)


def test_taking_rows_out():
    survey = Survey.from_frame(pd.DataFrame(ALL), INSTRUMENT)
    with pytest.raises(DataError, match="has no row 7, 8"):
        survey.without([0, 7, 8], because="test")
    with pytest.raises(DataError, match="no row would be left"):
        survey.without([0, 1], because="test")


def test_constructs_need_an_instrument():
    with pytest.raises(SexresearchError, match="without an instrument"):
        Survey.from_frame(pd.DataFrame(ALL)).items_of("sat")
    with pytest.raises(SexresearchError, match="no construct 'joy'"):
        Survey.from_frame(pd.DataFrame(ALL), INSTRUMENT).items_of("joy")
