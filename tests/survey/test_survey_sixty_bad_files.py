"""Sixty files that cannot be a survey as they are: each is refused with its place, what was found, and what to do."""

import io
import json
import zipfile

import openpyxl
import pandas as pd
import pyreadstat
import pytest

from sexresearch.errors import DataError, SexresearchError
from sexresearch.survey import Instrument, read_survey

LABELS = ["no", "rather no", "half", "rather yes", "yes"]
ABOUT = Instrument.from_toml(
    f"[scales.a]\nlowest = 1\nhighest = 5\nlabels = {json.dumps(LABELS)}\nmissing = [99]\n"
    "[constructs.d]\nscale = 'a'\nitems = { q1 = 'w', q2 = 'v' }\n[fields]\nbrand = { labels = { 1 = 'a', 2 = 'b' } }\n"
)
GOOD = [["q1", "q2", "brand"], [5, 4, 1], [3, 2, 2], [1, 5, 1]]
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def csv(*rows, mark=",", head=("q1", "q2", "brand")):
    return "\n".join(mark.join(map(str, row)) for row in (head, *rows)).encode() + b"\n"


def xlsx(rows=GOOD, cells=None, formats=None, title="Data"):
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    for cell, value in (cells or {}).items():
        book.active[cell] = value
    for cell, shown in (formats or {}).items():
        book.active[cell].number_format = shown
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def archive(name="data.csv", content=b"q1,q2\n1,2\n"):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as target:
        target.writestr(name, content)
    return file.getvalue()


TEXT = csv([5, 4, 1], [3, 2, 2])
ACCENTS = "q1;q2;größe\n5;4;süß\n3;2;groß\n".encode()
BAD = {
    "empty": ("a.csv", b"", "is empty"),
    "blanks only": ("a.csv", b"\n \n\t\n", "is empty"),
    "header only": ("a.csv", csv(), "a header, but no rows"),
    "header and empty lines": ("a.csv", csv(["", "", ""]), "no rows|no answers"),
    "no header": ("a.csv", b"5,4,1\n3,2,2\n", r"has no header: its first row holds numbers.*header=1"),
    "unnamed column": ("a.csv", csv([5, 4, 1, "x"], head=("q1", "q2", "brand", "")), "no name: column 4"),
    "name twice": ("a.csv", csv([5, 4, 1, 1], head=("q1", "q2", "brand", "q1")), "'q1' is there 2 times"),
    "names alike but for blanks": (
        "a.csv",
        csv([5, 4, 1, 1], head=("q1", "q2", "brand", "q1 ")),
        "'q1' is there 2 times",
    ),
    "item absent": ("a.csv", csv([5, 1], head=("q1", "brand")), r"'q2' \(item\) is not there"),
    "item misspelt": ("a.csv", csv([5, 4, 1], head=("q1", "Q_2", "brand")), r"'q2' .* similar: Q_2"),
    "field absent": ("a.csv", csv([5, 4], head=("q1", "q2")), r"'brand' \(field\) is not there"),
    "long line": ("a.csv", csv([5, 4, 1], [3, 2, 2, 9]), "more cells than the header: line 3"),
    "quote not closed": ("a.csv", b'q1,q2,brand\n5,"4,1\n3,2,2\n', "cannot be split into columns at line 3"),
    "quote inside a cell": ("a.csv", b'q1,q2,brand\n5,"4"x,1\n', "cannot be split into columns at line 2"),
    "two separators": ("a.csv", b"id,q1;q2\n1,A;B\n2,C;D\n", r"commas or semicolons; say which: separator=','"),
    "open mark": ("a.csv", b"id;spent\n1;1.234\n2;2.500\n", r"'1\.234' may be 1234 or 1\.234: say decimal='\.'"),
    "two decimal marks": ("a.csv", b"id;spent\n1;1.5\n2;2,5\n", r"'spent': both 1\.5 and 2,5 are in it"),
    "UTF-16 without mark": ("a.csv", TEXT.decode().encode("utf-16-le"), "looks like UTF-16 without its mark"),
    "UTF-32 without mark": ("a.csv", TEXT.decode().encode("utf-32-le"), "looks like UTF-32 without its mark"),
    "UTF-8 cut inside a letter": ("a.csv", ACCENTS[:-2], "UTF-8 up to line 3, but it is cut off there"),
    "two encodings": (
        "a.csv",
        ACCENTS + b"1;1;" + "weiß;\nende;\n".encode("cp1252"),
        "two encodings are mixed in it",
    ),
    "zero bytes": ("a.csv", b"q1,q2\n5\x00,4\n", "not a text file"),
    "web page": ("a.csv", b"<html><table><tr><td>q1</td></tr></table></html>", "is a web page"),
    "web page as .xlsx": ("a.xlsx", b"<!DOCTYPE html><html></html>", "is a web page"),
    "JSON": ("a.csv", b'[{"q1": 5, "q2": 4}]', "it is JSON"),
    "PDF": ("a.csv", b"%PDF-1.7\n", "it is a PDF document"),
    "packed": ("a.csv", b"\x1f\x8b\x08\x00abc", "packed file"),
    "workbook as .csv": ("a.csv", xlsx(), r"give it the suffix \.xlsx"),
    "SPSS as .csv": ("a.csv", b"$FL2@(#) SPSS", r"it is an SPSS file: give it the suffix \.sav"),
    "SPSS as .dta": ("a.dta", b"$FL2@(#) SPSS", r"it is an SPSS file: give it the suffix \.sav"),
    "Parquet as .sav": ("a.sav", b"PAR1abc", r"it is a Parquet file: give it the suffix \.parquet"),
    "text as .xlsx": ("a.xlsx", TEXT, r"plain text: give it the suffix \.csv"),
    "text as .sav": ("a.sav", TEXT, "cannot be read as an SPSS file"),
    "text as .dta": ("a.dta", TEXT, "cannot be read as a Stata file"),
    "text as .parquet": ("a.parquet", TEXT, "cannot be read as a Parquet file"),
    "old Excel as .xlsx": ("a.xlsx", OLD_OFFICE, r"old Excel workbook \(\.xls\): open it in Excel"),
    "protected": ("a.xlsx", OLD_OFFICE + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
    "old Excel": ("a.xls", OLD_OFFICE, r"no reader for '\.xls'.*save it as \.xlsx"),
    "OpenDocument": ("a.ods", archive(), r"no reader for '\.ods'.*save it as \.xlsx"),
    "no suffix": ("a", TEXT, "no reader for ''"),
    "archive as .xlsx": ("a.xlsx", archive(), "zip archive of other files"),
    "workbook cut off": ("a.xlsx", xlsx()[:-300], "damaged or cut off"),
    "workbook without sheets": (
        "a.xlsx",
        archive("xl/workbook.xml", b"<workbook/>"),
        "cannot be read as an Excel workbook",
    ),
    "empty sheet": ("a.xlsx", xlsx([]), "has no header"),
    "sheet with names only": ("a.xlsx", xlsx(GOOD[:1]), "no rows"),
    "a cell far away": ("a.xlsx", xlsx(cells={"XFD1048576": 1}), "'Data' reaches to the cell XFD1048576"),
    "division by zero": (
        "a.xlsx",
        xlsx(cells={"B3": "#DIV/0!"}),
        r"'q2': sheet 'Data' shows #DIV/0! in cell B3 \(1 cell\)",
    ),
    "two errors": ("a.xlsx", xlsx(cells={"A2": "#REF!", "A4": "#NUM!"}), r"shows #REF! and #NUM! in cell A2, A4"),
    "formula never saved": ("a.xlsx", xlsx(cells={"B3": "=A3+1"}), "'q2': formulas without a saved value in row 3"),
    "percent in part": ("a.xlsx", xlsx(cells={"A2": 0.5}, formats={"A2": "0%"}), "some cells are in percent"),
    "date for an answer": (
        "a.xlsx",
        xlsx(cells={"A2": pd.Timestamp("2026-05-04").to_pydatetime()}),
        "'q1': 1 answer is neither",
    ),
    "off the scale": ("a.csv", csv([5, 4, 1], [7, 2, 2]), r"'q1': 1 answer is not within 1 to 5: 7 \(row 2\)"),
    "undeclared code": ("a.csv", csv([5, 98, 1], [3, 2, 2]), r"'q2': .* 98 .*missing = \[99, 98\] in scale 'a'"),
    "not whole": ("a.csv", csv([2.5, 4, 1], [3, 2, 2]), r"'q1': 1 answer is not whole: 2\.5 \(row 1\)"),
    "word that is no label": (
        "a.csv",
        csv(["perhaps", 4, 1], [3, 2, 2]),
        r"'q1': .*neither number nor label: 'perhaps'",
    ),
    "label of another code": ("a.csv", csv(["1 - yes", 4, 1]), "begins with 1, but that label belongs to 5"),
    "code without label": ("a.csv", csv([5, 4, 7]), "field 'brand': no label for 7"),
    "infinite": ("a.csv", csv([5, "inf", 1]), "'q2': 1 answer is"),
    "all at once": ("a.csv", csv([9, "x", 7]), r"(?s)'q1': .*'q2': .*'brand': no label for 7"),
}
LABELLED = {
    "SPSS, reversed labels": (".sav", dict(zip(range(5, 0, -1), LABELS, strict=True))),
    "Stata, reversed labels": (".dta", dict(zip(range(5, 0, -1), LABELS, strict=True))),
}


def refused(path, match):
    before = path.read_bytes()
    needs = None if match.startswith((r"commas or", r"'1\.234'", "'spent'", "no name", "has no header")) else ABOUT
    with pytest.raises(SexresearchError, match=match) as caught:
        read_survey(path, needs)
    assert str(path.parent) not in str(caught.value)
    assert path.name in str(caught.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file(tmp_path, case):
    name, content, match = BAD[case]
    (tmp_path / name).write_bytes(content)
    refused(tmp_path / name, match)


@pytest.mark.parametrize("case", LABELLED)
def test_labels_in_the_file_against_the_questionnaire(tmp_path, case):
    suffix, labels = LABELLED[case]
    frame = pd.DataFrame(GOOD[1:], columns=GOOD[0]).astype(float)
    write = pyreadstat.write_sav if suffix == ".sav" else pyreadstat.write_dta
    write(frame, tmp_path / f"a{suffix}", variable_value_labels={"q1": labels})
    refused(tmp_path / f"a{suffix}", "item 'q1'")


def test_there_are_sixty():
    assert len(BAD) + len(LABELLED) >= 60


def test_errors_in_cells_of_columns_not_in_use_are_noted(tmp_path):
    rows = [[*row, extra] for row, extra in zip(GOOD, ["more", 1, "#DIV/0!", "#N/A"], strict=True)]
    (tmp_path / "a.xlsx").write_bytes(xlsx(rows))
    survey = read_survey(tmp_path / "a.xlsx", ABOUT)
    assert any("'more' (not in use): sheet 'Data' shows #DIV/0! in cell D3" in note for note in survey.notes)
    assert any("shows #N/A in cell D4: no value" in note for note in survey.notes)
    with pytest.raises(DataError, match="D3"):
        read_survey(tmp_path / "a.xlsx")
