"""Files that are no survey are refused before they are read, and long and wide ones are read by column."""

import os
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest

from sexresearch.errors import DataError
from sexresearch.survey import read_survey, statfile
from sexresearch.survey.dialect import Dialect
from sexresearch.survey.file_content import LARGEST_FILE, LONGEST_LINE
from sexresearch.survey.textrows import text_rows

MANY = 300  # rows, more than those looked at one by one


def refused(path, match):
    with pytest.raises(DataError, match=match) as caught:
        read_survey(path)
    assert str(path.parent) not in str(caught.value)


def sparse(path, size, begin=b""):
    with path.open("wb") as file:
        file.write(begin)
        file.truncate(size)
    return path


def workbook(path, rows=((1, 2),), cells=None):
    book = openpyxl.Workbook()
    for row in (("a", "b"), *rows):
        book.active.append(row)
    for cell, value in (cells or {}).items():
        book.active[cell] = value
    book.save(path)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".xlsx", ".sav", ".dta", ".parquet"])
def test_what_is_no_file_is_not_opened(tmp_path, suffix):
    for kind, make in {"a pipe": os.mkfifo, "a folder": os.mkdir}.items():
        path = tmp_path / f"{kind[2:]}{suffix}"
        make(path)
        refused(path, f"cannot be opened: it is {kind}, not a file")
    (tmp_path / f"zero{suffix}").symlink_to("/dev/zero")
    refused(tmp_path / f"zero{suffix}", "it is a device, not a file")
    refused(sparse(tmp_path / f"b{suffix}", 4 * LARGEST_FILE), r"has 4,096 MB; .* are read up to [\d,]+ MB")
    refused(sparse(tmp_path / f"c{suffix}", 2**23), "is not a text file|cannot be read as a")


@pytest.mark.parametrize(
    ("begin", "match"),
    [
        (b"a,b\n1,2\n", "it holds zero bytes"),
        (b"\xff\xfe", "has a line of more than 4 million characters"),
        (b"\xff\xfea,b\n1," + b"x" * (LONGEST_LINE + 1), "has a line of more than 4 million characters"),
    ],
)
def test_holes_and_endless_lines(tmp_path, begin, match):
    refused(sparse(tmp_path / "a.csv", 2**23, begin), match)


@pytest.mark.parametrize(
    ("suffix", "begin"),
    [(".sav", b"$FL2@(#)"), (".dta", b"<stata_dta>"), (".parquet", b"PAR1"), (".xlsx", b"PK\x03\x04")],
)
def test_files_that_begin_well_and_hold_nothing(tmp_path, suffix, begin):
    refused(sparse(tmp_path / f"a{suffix}", 2**27, begin), "8 MB of it in a row are empty")


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
def test_a_part_that_is_far_too_large_unpacked(tmp_path, part):
    with zipfile.ZipFile(workbook(tmp_path / "a.xlsx")) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in (parts | {part: b" " * (25 * 2**20)}).items():
            target.writestr(name, content)
    refused(tmp_path / "b.xlsx", rf"its part '{part}' is [\d,]+ times larger unpacked")


def test_entities_are_refused(tmp_path):
    with zipfile.ZipFile(workbook(tmp_path / "a.xlsx")) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    parts["xl/workbook.xml"] = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]>' + parts["xl/workbook.xml"]
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w") as target:
        for name, content in parts.items():
            target.writestr(name, content)
    refused(tmp_path / "b.xlsx", "defines entities")


def test_one_cell_far_away(tmp_path):
    refused(workbook(tmp_path / "a.xlsx", cells={"XFD1048576": 5}), "sheet 'Sheet' reaches to the cell XFD1048576")
    assert read_survey(workbook(tmp_path / "b.xlsx", cells={"ZZ9": None})).n == 1


@pytest.mark.parametrize("suffix", [".sav", ".dta", ".parquet"])
def test_files_that_say_they_hold_too_much(tmp_path, monkeypatch, suffix):
    monkeypatch.setattr(statfile, "MOST_CELLS", 5)
    writers = {".sav": pyreadstat.write_sav, ".dta": pyreadstat.write_dta, ".parquet": pd.DataFrame.to_parquet}
    writers[suffix](pd.DataFrame({"a": [1.0, 2, 3], "b": [1.0, 2, 3]}), tmp_path / f"a{suffix}")
    refused(tmp_path / f"a{suffix}", "holds 3 rows × 2 columns; files are read up to 5 cells")


def test_too_many_columns(tmp_path):
    (tmp_path / "a.csv").write_text("c" + ",c" * 60_000 + "\n1" + ",1" * 60_000 + "\n")
    refused(tmp_path / "a.csv", "has 60,001 columns; files are read up to 50,000")


def test_long_and_wide_files_are_read_by_column(tmp_path):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.integers(1, 8, (40, 3000)), columns=[f"c{place}" for place in range(3000)])
    frame.to_csv(tmp_path / "wide.csv", index=False)
    pd.testing.assert_frame_equal(read_survey(tmp_path / "wide.csv").answers, frame.set_axis(range(1, 41)))
    rows = text_rows((tmp_path / "wide.csv").read_text(), Dialect(","))
    assert rows.widths.tolist() == [3000] * 41


@pytest.mark.parametrize(
    ("head", "column", "read"),
    [
        ("", ["5", "4", ""], [5, 4, np.nan]),
        ("", ["05", "4", "3"], ["05", "4", "3"]),
        ("", ["1.5", "2.25", "3"], [1.5, 2.25, 3]),
        ("", ["True", "False", "True"], ["True", "False", "True"]),
        ("", ["5", "n/a", "4"], [5, np.nan, 4]),
        ("", ["inf", "2", "3"], ["inf", "2", "3"]),
        ("", ["12345678901234567", "2", "3"], ["12345678901234567", "2", "3"]),
        ("Client survey,,\n", ["5", "4", "3"], [5, 4, 3]),
        ("", [" 5 ", '"4"', "3"], [5, 4, 3]),
        ("", ['"a, ""b"""', "c", "d"], ['a, "b"', "c", "d"]),
        ("", ['"two\nlines"', "c", "d"], ["two\nlines", "c", "d"]),
    ],
)
def test_long_files_are_read_like_short_ones(tmp_path, head, column, read):
    for times in (1, MANY):
        lines = [f"{row},{cell},x" for row, cell in enumerate(column * times)]
        (tmp_path / "a.csv").write_text(head + "id,q,t\n" + "\n".join(lines) + "\n\n,,\n")
        answers = read_survey(tmp_path / "a.csv").answers["q"]
        pd.testing.assert_series_equal(answers, pd.Series(read * times, answers.index, name="q"))


def test_long_files_with_notes_at_both_ends(tmp_path):
    body = "\n".join(f"{row};1,5;x" for row in range(MANY))
    (tmp_path / "a.csv").write_text(f"Client survey;;\n\nid;q;t\n{body}\n;;\nSource: us;;\n")
    survey = read_survey(tmp_path / "a.csv")
    assert survey.answers["q"].tolist() == [1.5] * MANY
    assert any("remarks below" in note for note in survey.notes)


def test_an_undecidable_point_in_a_long_file(tmp_path):
    (tmp_path / "a.csv").write_text("id;sales\n" + "1;2\n" * MANY + "1;1.234\n")
    refused(tmp_path / "a.csv", r"'1\.234' may be 1234 or 1\.234")


def test_lines_of_a_long_file_are_named(tmp_path):
    (tmp_path / "a.csv").write_text("a,b,c\n" + "1,2,3\n" * MANY + "1,2,3,4\n")
    refused(tmp_path / "a.csv", f"1 line with more cells than the header: line {MANY + 2}")
    (tmp_path / "a.csv").write_text('a,b,c\n"x\ny",2,3\n' + "1,2,3\n" * MANY + "1,2\n")
    assert f"line {MANY + 4}" in read_survey(tmp_path / "a.csv").notes[0]
