"""Files as people have them: numbers as text, hidden sheets, totals, codes in words, words of no answer."""

import openpyxl
import pandas as pd
import pyreadstat
import pytest

from sexresearch.errors import DataError
from sexresearch.survey import Instrument, read_survey

LABELS = ["Strongly disagree", "Disagree", "Neutral", "Agree", "Strongly agree"]
SCALE = "[scales.a]\nlowest = 1\nhighest = 5\n[constructs.c]\nscale = 'a'\nitems = { q1 = 'One', q2 = 'Two' }\n"
ABOUT = Instrument.from_toml(SCALE)


def book(path, sheets, hidden=()):
    made = openpyxl.Workbook()
    made.remove(made.active)
    for title, rows in sheets.items():
        page = made.create_sheet(title)
        page.sheet_state = "hidden" if title in hidden else "visible"
        for row in rows:
            page.append(row)
    made.save(path)
    return path


@pytest.mark.parametrize(
    ("cells", "values", "said"),
    [
        (["1.234,50", "987,00"], [1234.5, 987], "points between thousands in x"),
        (["1,234.50", "987.00"], [1234.5, 987], "commas between thousands in x"),
        (["5", 4, None, " 3 "], [5, 4, None, 3], "read as numbers in x"),
        (["45 %", "80 %"], [45, 80], "percent signs are left out in x"),
        (["0123", "0987"], ["0123", "0987"], ""),
        (["5", "about 5"], ["5", "about 5"], ""),
    ],
)
def test_numbers_that_stand_as_text_in_a_workbook(tmp_path, cells, values, said):
    path = book(tmp_path / "a.xlsx", {"Data": [["id", "x"], *([row, cell] for row, cell in enumerate(cells, 1))]})
    survey = read_survey(path)
    found = [None if pd.isna(value) else value for value in survey.answers["x"]]
    assert found == values
    assert said in " ".join(survey.notes)


def test_a_mark_alone_in_a_workbook_is_refused_and_can_be_said(tmp_path):
    path = book(tmp_path / "a.xlsx", {"Data": [["id", "x"], [1, "1.234"], [2, "2.500"]]})
    with pytest.raises(DataError, match=r"'1\.234' may be 1234 or 1\.234: say decimal='\.'"):
        read_survey(path)
    assert read_survey(path, decimal=",").answers["x"].tolist() == [1234, 2500]
    assert read_survey(path, decimal=".").answers["x"].tolist() == [1.234, 2.5]


def test_hidden_sheets_and_covers_come_last(tmp_path):
    cover, old, data = [["Report"], ["Author", "X"]], [["q1", "q2"], *[[1, 1]] * 90], [["q1", "q2"], [5, 4], [3, 2]]
    path = book(tmp_path / "a.xlsx", {"Cover": cover, "Old": old, "Data": data}, hidden=["Old"])
    for instrument in (None, ABOUT):
        survey = read_survey(path, instrument)
        assert survey.answers.to_numpy().tolist() == [[5, 4], [3, 2]]
        assert "sheet 'Data' is read, not Cover, Old" in survey.notes
    only = book(tmp_path / "b.xlsx", {"Cover": cover, "Old": old}, hidden=["Old"])
    assert read_survey(only, ABOUT).n == 90


@pytest.mark.parametrize("word", ["Mittelwert", "Total", "Summe:", "AVERAGE", "Moyenne"])
def test_totals_below_the_answers_are_no_respondent(tmp_path, word):
    rows = [["id", "q1", "q2"], *([row, 5, 4] for row in range(1, 9)), [word, 5, 4]]
    survey = read_survey(book(tmp_path / "a.xlsx", {"Data": rows}), ABOUT)
    assert survey.n == 8
    assert "1 row of totals or remarks below the answers left out" in survey.notes
    (tmp_path / "a.csv").write_text("\n".join(";".join(map(str, row)) for row in rows))
    assert read_survey(tmp_path / "a.csv", ABOUT).n == 8
    brands = [["brand", "q1", "q2"], ["Shell", 5, 4], ["Esso", 3, 2], ["Total", 1, 1]]
    assert read_survey(book(tmp_path / "b.xlsx", {"Data": brands}), ABOUT).n == 3  # a brand of that name


@pytest.mark.parametrize(
    "form", ["{} – {}", "{}: {}", "{1} ({0})", "({}) {}", "{}—{}", "{}. {}", "{} = {}", "[{}] {}", "{}/{}", "{1} - {0}"]
)
def test_codes_in_words(tmp_path, form):
    lines = [f"{form.format(code, LABELS[code - 1])};{code}" for code in (5, 1, 3, 4, 2)]
    (tmp_path / "a.csv").write_text("\n".join(["q1;q2", *lines]), encoding="utf-8")
    for labels in ("", f"labels = {LABELS}\n".replace("'", '"')):
        survey = read_survey(
            tmp_path / "a.csv", Instrument.from_toml(SCALE.replace("[constructs", f"{labels}[constructs"))
        )
        assert survey.answers["q1"].tolist() == [5, 1, 3, 4, 2]


@pytest.mark.parametrize(
    "word",
    [
        "k. A.",
        "Sans avis",
        "No sabe / No contesta",
        "Não sei",
        "Weet ik niet",
        "Vet ej",
        "Ved ikke",
        "Nie wiem",
        "nevím",
        "En osaa sanoa",
        "не знаю",
        "分からない",
        "不知道",
        "Nem tudom",
        "Δεν γνωρίζω",
        "Don´t know",
        "99 - Don't know",
    ],
)
def test_words_of_no_answer_in_many_languages(tmp_path, word):
    (tmp_path / "a.csv").write_text(f"q1;q2\n5;4\n{word};2\n", encoding="utf-8")
    survey = read_survey(tmp_path / "a.csv", ABOUT)
    assert survey.answers["q1"].isna().tolist() == [False, True]
    assert "counts as no answer (a usual word of no answer): q1 (1)" in " ".join(survey.notes)


def test_a_field_that_the_file_labels_in_part_keeps_its_codes(tmp_path):
    frame = pd.DataFrame({"q1": [1.0, 5, 3], "q2": [2.0, 4, 1], "g": [1.0, 2, 3]})
    pyreadstat.write_sav(frame, tmp_path / "a.sav", variable_value_labels={"g": {1: "new", 2: "old"}})
    survey = read_survey(tmp_path / "a.sav", Instrument.from_toml(SCALE + "[fields]\ng = { role = 'group' }\n"))
    assert survey.answers["g"].tolist() == [1, 2, 3]
    assert any("codes are kept, as the file has no label for 3" in note for note in survey.notes)


def test_names_that_repeat_are_placed(tmp_path):
    (tmp_path / "a.csv").write_text("q1,q2,q1\n5,4,3\n")
    with pytest.raises(DataError, match=r"'q1' is there 2 times \(column 1, 3\)"):
        read_survey(tmp_path / "a.csv")
