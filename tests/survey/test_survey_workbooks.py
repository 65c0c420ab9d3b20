"""Excel: one pass over the one sheet that is read, and only columns in use matter."""

import zipfile

import openpyxl
import pandas as pd
import pytest

from sexresearch.errors import DataError
from sexresearch.survey import Instrument, read_survey
from sexresearch.survey.sheetcells import TALL

SHEET = "xl/worksheets/sheet1.xml"
ONE_ITEM = Instrument.from_toml(
    """
    [scales.five]
    lowest = 1
    highest = 5
    [constructs.delight]
    scale = "five"
    items = { q = "a" }
    """
)


def workbook(path, change, rows=(("q", "sum"), (5, 4), (3, 2))):
    """A workbook of one sheet whose part is changed as text."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path.parent / "source.xlsx")
    with zipfile.ZipFile(path.parent / "source.xlsx") as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, change(content) if name == SHEET else content)
    return path


def formula(cell, saved, kind=b""):
    def change(xml):
        place = xml.index(b'<c r="' + cell)
        end = xml.index(b"</c>", place) + len(b"</c>")
        return xml[:place] + b'<c r="' + cell + b'"' + kind + b"><f>A2*2</f>" + saved + b"</c>" + xml[end:]

    return change


def test_a_formula_counts_as_its_saved_value(tmp_path):
    assert read_survey(workbook(tmp_path / "a.xlsx", formula(b"B2", b"<v>8</v>"))).answers["sum"].tolist() == [8, 2]


def test_a_formula_that_gave_an_empty_text_was_calculated(tmp_path):
    survey = read_survey(workbook(tmp_path / "a.xlsx", formula(b"B2", b"<v></v>", b' t="str"')))
    assert survey.answers["sum"].isna().tolist() == [True, False]


@pytest.mark.parametrize("saved", [b"", b"<v/>", b"<v></v>"])
def test_a_formula_without_saved_value_matters_where_its_column_is_used(tmp_path, saved):
    path = workbook(tmp_path / "a.xlsx", formula(b"B3", saved))
    with pytest.raises(DataError, match="column 'sum': formulas without a saved value in row 3 of the sheet"):
        read_survey(path)
    survey = read_survey(path, ONE_ITEM)
    assert survey.answers["q"].tolist() == [5, 3]
    assert any("column 'sum' (not in use): formulas" in note for note in survey.notes)


def test_other_sheets_are_not_looked_at(tmp_path):
    book = openpyxl.Workbook()
    for row in (("q", "sum"), (5, 4), (3, 2)):
        book.active.append(row)
    other = book.create_sheet("Notes")
    other["A1"], other["XFD1048576"] = "=1/0", 5
    book.save(tmp_path / "a.xlsx")
    assert read_survey(tmp_path / "a.xlsx").answers["sum"].tolist() == [4, 2]


@pytest.mark.parametrize("said", [b'<dimension ref="A1"/>', b'<dimension ref="A1:XFD1048576"/>', b""])
def test_the_size_that_a_sheet_says_does_not_matter(tmp_path, said):
    path = workbook(tmp_path / "a.xlsx", lambda xml: xml.replace(b'<dimension ref="A1:B3"/>', said, 1))
    assert read_survey(path).answers.shape == (2, 2)


@pytest.mark.parametrize("row", [b'<row r="%d"/>', b'<row r="%d"><c r="A%d"><v>1</v></c></row>'])
def test_rows_far_below_are_refused_before_they_are_read(tmp_path, row):
    far = row.replace(b"%d", str(TALL + 1).encode())
    path = workbook(tmp_path / "a.xlsx", lambda xml: xml.replace(b"</sheetData>", far + b"</sheetData>"))
    with pytest.raises(DataError, match=r"reaches to (row 100,001|the cell A100001), almost empty"):
        read_survey(path)


def test_columns_of_numbers_and_gaps_are_read_as_such(tmp_path):
    rows = [("a", "b", "c", "d"), (1, 1.5, None, True), (2, None, 7, 1), (3, 2, 9, 0)]
    answers = read_survey(workbook(tmp_path / "a.xlsx", bytes, rows)).answers
    assert answers["a"].dtype == "int64"
    assert answers["b"].dtype == answers["c"].dtype == "float64"
    pd.testing.assert_series_equal(answers["c"], pd.Series([None, 7, 9], [1, 2, 3], float, name="c"))
    assert answers["d"].tolist() == [True, 1, 0]
