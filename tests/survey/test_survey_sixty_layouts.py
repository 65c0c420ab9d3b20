"""Sixty ways in which platforms, programs and clients write the same answers: each reads as the same survey."""

import io
import json

import openpyxl
import pandas as pd
import pyreadstat
import pytest

from sexresearch.survey import Field, Instrument, read_survey, screen

LABELS = ["Strongly disagree", "Disagree", "Neither", "Agree", "Strongly agree"]
ANSWERS = [5, 4, 1]  # to the question below, by three respondents
TEXT = "Staff surprised me"


def instrument(column):
    return Instrument.from_toml(
        f"[scales.a]\nlowest = 1\nhighest = 5\nlabels = {json.dumps(LABELS)}\n[constructs.d]\nscale = 'a'\n"
        f"[constructs.d.items]\nx = {{ wording = '{TEXT}', column = {json.dumps(column)} }}\n"
    )


def words(answers=ANSWERS):
    return [LABELS[answer - 1] for answer in answers]


def table(header, answers, *, before=(), ids=("1", "2", "3"), more=("a", "b", "c")):
    """Rows of text: an identifier, the answers, one more column."""
    return [*before, header, *([one, answer, other] for one, answer, other in zip(ids, answers, more, strict=True))]


def csv(rows, mark=",", end="\n", encoding="utf-8"):
    text = pd.DataFrame(rows).to_csv(header=False, index=False, sep=mark, lineterminator=end)
    return text.encode(encoding)


def xlsx(*sheets, merge=(), percent=()):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for place, rows in enumerate(sheets):
        page = book.create_sheet(f"Sheet{place + 1}")
        for row in rows:
            page.append([int(cell) if isinstance(cell, str) and cell.isdigit() else cell for cell in row])
    for area in merge:
        book.worksheets[-1].merge_cells(area)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


PLAIN = table(["id", "q1", "t"], ANSWERS)
WORDS = table(["id", "q1", "t"], words())
IMPORT = [json.dumps({"ImportId": name}) for name in ("a", "b", "c")]
QUALTRICS = [["ResponseId", "Q1", "Finished"], ["Response ID", TEXT, "Finished"]]
DATES = ["2026-01-05 10:00:00", "2026-01-05 11:00:00", ""]
LIME = [[f"{row}", date, "3", "en", "1234567", answer] for row, date, answer in zip("123", DATES, ANSWERS, strict=True)]
LIME_WORDS = [[*row[:5], word] for row, word in zip(LIME, words(), strict=True)]
LIME_CODES = ["id", "submitdate", "lastpage", "startlanguage", "seed", "G1Q1[SQ1]"]
LIME_BOTH = ["id. Response ID", "submitdate. Date", "lastpage. Page", "startlanguage. Lang", "seed. Seed"]
LIME_BOTH += [f"G1Q1[SQ1]. {TEXT}"]
LIME_FULL = {
    "en": ["Response ID", "Date submitted", "Last page", "Start language", "Seed", TEXT],
    "de": ["Antwort ID", "Datum Abgeschickt", "Letzte Seite", "Start-Sprache", "Zufallsstartwert", TEXT],
    "nl": ["Antwoord ID", "Datum ingestuurd", "Laatste pagina", "Starttaal", "Begingetal", TEXT],
    "pl": ["Identyfikator odpowiedzi", "Data wysłania", "Ostatnia strona", "Język początkowy", "Ziarno", TEXT],
}
SURVEYMONKEY = [["Respondent ID", "How was it?", None], [None, TEXT, "Room"]]
FORMS = ["ID", "Start time", "Completion time", TEXT, "Which?"]
FORMS_DE = ["ID", "Startzeit", "Fertigstellungszeit", TEXT, "Was?"]
FORM_ROWS = [
    [row, "1/5/26 10:00", "1/5/26 10:09", word, "Food;Staff;"] for row, word in zip("123", words(), strict=True)
]
GOOGLE_ROWS = [["2026/01/05 10:00:00 AM GMT+1", word, "Food, Staff"] for word in words()]
KOBO = [
    ["start", "visit/staff/q1", "_uuid", "_submission_time"],
    *(["2026-01-05T10:00", a, f"u{a}", "x"] for a in ANSWERS),
]
REPEAT = [["visit/rating", "_index", "_parent_index"], *([5, row, 1] for row in range(1, 60))]
REDCAP = ["record_id", "redcap_event_name", "q1", "channels___1", "survey_complete"]
REDCAP_ROWS = [[row, "baseline_arm_1", answer, "1", "2"] for row, answer in zip("123", ANSWERS, strict=True)]
REDCAP_LABELS = ["Record ID", "Event Name", TEXT, "Channels (choice=Web)", "Complete?"]
REDCAP_WORDS = [[row, "Baseline", word, "Checked", "Complete"] for row, word in zip("123", words(), strict=True)]
GERMAN = [["Nr", "Größe", "q1"], *(["1", "1,5", answer] for answer in ANSWERS)]

LAYOUTS = {
    "commas": ("a.csv", csv(PLAIN), "q1"),
    "semicolons": ("a.csv", csv(PLAIN, ";"), "q1"),
    "tabs": ("a.tsv", csv(PLAIN, "\t"), "q1"),
    "tabs in .csv": ("a.csv", csv(PLAIN, "\t"), "q1"),
    "tabs in .txt": ("a.txt", csv(PLAIN, "\t"), "q1"),
    "bars": ("a.csv", csv(PLAIN, "|"), "q1"),
    "carets": ("a.csv", csv(PLAIN, "^"), "q1"),
    "blanks": ("a.dat", b"id  q1 t\n 1   5 7\n 2   4 8 \n10   1 9\n", "q1"),
    "sep line": ("a.csv", b"sep=;\r\n" + csv(PLAIN, ";"), "q1"),
    "DOS ends": ("a.csv", csv(PLAIN, end="\r\n") + b"\x1a", "q1"),
    "old Macintosh ends": ("a.csv", csv(PLAIN, end="\r"), "q1"),
    "UTF-8 with mark": ("a.csv", csv(PLAIN, encoding="utf-8-sig"), "q1"),
    "UTF-16": ("a.csv", csv(GERMAN, ";", encoding="utf-16"), "q1"),
    "UTF-32": ("a.csv", csv(GERMAN, ";", encoding="utf-32"), "q1"),
    "Windows-1252": ("a.csv", csv(GERMAN, ";", encoding="cp1252"), "q1"),
    "all cells in quotes": ("a.csv", b'"id","q1"\n"1","5"\n"2","4"\n"3","1"\n', "q1"),
    "single quotes": ("a.csv", b"'id','q1'\n'1','5'\n'2','4'\n'3','1'\n", "q1"),
    "commas in the question": ("a.csv", csv(table(["id", "How, was; it?", "t"], ANSWERS)), "How, was; it?"),
    "line break in the question": ("a.csv", csv(table(["id", "How\nwas it?", "t"], ANSWERS)), "How was it?"),
    "title above": ("a.csv", csv([["Client survey", "", ""], ["", "", ""], *PLAIN]), "q1"),
    "remarks below": ("a.csv", csv([*PLAIN, ["", "", ""], ["Source: us", "", ""]]), "q1"),
    "empty columns behind": ("a.csv", b"id,q1,,\n1,5,,\n2,4,,\n3,1,,\n", "q1"),
    "row numbers of R": ("a.csv", b'"","q1"\n"1",5\n"2",4\n"3",1\n', "q1"),
    "words": ("a.csv", csv(WORDS), "q1"),
    "codes before words": ("a.csv", csv(table(["id", "q1", "t"], [f"{a} - {LABELS[a - 1]}" for a in ANSWERS])), "q1"),
    "words before codes": ("a.csv", csv(table(["id", "q1", "t"], [f"{LABELS[a - 1]} ({a})" for a in ANSWERS])), "q1"),
    "words in capitals": ("a.csv", csv(table(["id", "q1", "t"], [word.upper() for word in words()])), "q1"),
    "decimals": ("a.csv", csv(table(["id", "q1", "t"], ["5.0", "4.0", "1.0"])), "q1"),
    "decimal commas": ("a.csv", csv(table(["id", "q1", "t"], ["5,0", "4,0", "1,0"]), ";"), "q1"),
    "Qualtrics, three header rows": ("a.csv", csv([*QUALTRICS, IMPORT, *table([], ANSWERS)[1:]]), "Q1"),
    "Qualtrics, by its text": ("a.csv", csv([*QUALTRICS, IMPORT, *table([], words())[1:]]), TEXT),
    "Qualtrics, tabs and UTF-16": (
        "a.tsv",
        csv([*QUALTRICS, IMPORT, *table([], ANSWERS)[1:]], "\t", encoding="utf-16"),
        "Q1",
    ),
    "Qualtrics, Excel": ("a.xlsx", xlsx([*QUALTRICS, *table([], ANSWERS)[1:]]), "Q1"),
    "Qualtrics, legacy": (
        "a.csv",
        csv([["V1", "V7", "Q1"], ["ResponseID", "Finished", TEXT], ["a", "1", "5"], ["b", "1", "4"], ["c", "1", "1"]]),
        "Q1",
    ),
    "LimeSurvey, codes": ("a.csv", csv([LIME_CODES, *LIME]), "G1Q1[SQ1]"),
    "LimeSurvey, answer codes": ("a.csv", csv([LIME_CODES, *([*row[:5], f"A{row[5]}"] for row in LIME)]), "G1Q1[SQ1]"),
    "LimeSurvey, codes and texts": ("a.csv", csv([LIME_BOTH, *LIME_WORDS]), "G1Q1[SQ1]"),
    "LimeSurvey, by its text": ("a.csv", csv([LIME_BOTH, *LIME_WORDS]), TEXT),
    **{f"LimeSurvey, texts ({key})": ("a.csv", csv([head, *LIME_WORDS], ";"), TEXT) for key, head in LIME_FULL.items()},
    "LimeSurvey, Excel": ("a.xlsx", xlsx([LIME_FULL["de"], *LIME_WORDS]), TEXT),
    "SurveyMonkey, Excel": ("a.xlsx", xlsx([*SURVEYMONKEY, *table([], words())[1:]], merge=["B1:C1"]), TEXT),
    "SurveyMonkey, CSV": ("a.csv", csv([*SURVEYMONKEY, *table([], words())[1:]]), f"How was it? - {TEXT}"),
    "Google Forms": (
        "a.csv",
        csv([["Timestamp", f"How was it? [{TEXT}]", "Which?"], *GOOGLE_ROWS]),
        f"How was it? [{TEXT}]",
    ),
    "Google Forms (German)": ("a.csv", csv([["Zeitstempel", TEXT, "Was?"], *GOOGLE_ROWS]), TEXT),
    "Microsoft Forms": ("a.xlsx", xlsx([FORMS, *FORM_ROWS]), TEXT),
    "Microsoft Forms (German, CSV)": ("a.csv", csv([FORMS_DE, *FORM_ROWS]), TEXT),
    "Kobo": ("a.csv", csv(KOBO, ";"), "q1"),
    "Kobo, Excel with repeats": ("a.xlsx", xlsx(KOBO, REPEAT), "q1"),
    "ODK": (
        "a.csv",
        csv([["SubmissionDate", "visit-q1", "KEY"], *(["2026", a, f"uuid:{a}"] for a in ANSWERS)]),
        "visit-q1",
    ),
    "REDCap, raw": ("a.csv", csv([REDCAP, *REDCAP_ROWS]), "q1"),
    "REDCap, labels": ("a.csv", csv([REDCAP_LABELS, *REDCAP_WORDS]), TEXT),
    "Excel": ("a.xlsx", xlsx(PLAIN), "q1"),
    "Excel, words": ("a.xlsx", xlsx(WORDS), "q1"),
    "Excel, cover sheet": ("a.xlsx", xlsx([["Client survey"], ["January 2026"]], PLAIN), "q1"),
    "Excel, title and footnote": ("a.xlsx", xlsx([["Client survey"], [], *PLAIN, [], ["n = 3, own survey"]]), "q1"),
    "Excel, empty rows and columns before": ("a.xlsx", xlsx([[], *([None, *row] for row in PLAIN)]), "q1"),
    "Excel, groups above names": (
        "a.xlsx",
        xlsx([["Client", None, "Other"], ["id", "q1", "t"], *PLAIN[1:]], merge=["A1:B1"]),
        "q1",
    ),
    "Excel, blanks that do not break": ("a.xlsx", xlsx([["id", "q1\u00a0 ", "t"], *PLAIN[1:]]), "q1"),
}
FILES = ("SPSS", "SPSS with labels", "Stata", "Parquet")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout(tmp_path, layout):
    name, content, column = LAYOUTS[layout]
    (tmp_path / name).write_bytes(content)
    survey = read_survey(tmp_path / name, instrument(column))
    assert survey.answers["x"].tolist() == ANSWERS
    assert read_survey(tmp_path / name).n == len(ANSWERS)


@pytest.mark.parametrize("layout", FILES)
def test_a_file_of_a_program(tmp_path, layout):
    frame = pd.DataFrame({"id": [1.0, 2, 3], "q1": [float(answer) for answer in ANSWERS]})
    labels = {"q1": {float(code): label for code, label in enumerate(LABELS, start=1)}}
    path = tmp_path / {"SPSS": "a.sav", "SPSS with labels": "b.sav", "Stata": "a.dta", "Parquet": "a.parquet"}[layout]
    match layout:
        case "SPSS":
            pyreadstat.write_sav(frame, path)
        case "SPSS with labels":
            pyreadstat.write_sav(frame, path, variable_value_labels=labels)
        case "Stata":
            pyreadstat.write_dta(frame, path, variable_value_labels=labels)
        case _:
            frame.to_parquet(path)
    assert read_survey(path, instrument("q1")).answers["x"].tolist() == ANSWERS


def test_there_are_sixty():
    assert len(LAYOUTS) + len(FILES) >= 60


@pytest.mark.parametrize(
    ("layout", "unfinished"),
    [*((f"LimeSurvey, texts ({key})", (3,)) for key in LIME_FULL), ("LimeSurvey, codes", (3,)), ("REDCap, raw", ())],
)
def test_unfinished_answers_are_known_in_any_language(tmp_path, layout, unfinished):
    name, content, _ = LAYOUTS[layout]
    (tmp_path / name).write_bytes(content)
    found = screen(read_survey(tmp_path / name)).set_index("check")["rows"]
    assert found.get("not finished", ()) == unfinished


def test_forms_of_redcap_that_are_not_complete(tmp_path):
    (tmp_path / "a.csv").write_bytes(csv([REDCAP, *REDCAP_ROWS, ["4", "baseline_arm_1", "3", "0", "0"]]))
    found = screen(read_survey(tmp_path / "a.csv")).set_index("check")["rows"]
    assert found["not finished"] == (4,)


def test_answers_in_own_words_are_a_group_of_their_own(tmp_path):
    (tmp_path / "a.csv").write_bytes(csv([["q1", "brand"], ["5", "A1"], ["4", "-oth-"]]))
    field = Field("brand", labels=(("A1", "premium"), ("A2", "luxury")))
    about = Instrument(instrument("q1").constructs, (field,))
    assert read_survey(tmp_path / "a.csv", about).answers["brand"].tolist() == ["premium", "other"]
