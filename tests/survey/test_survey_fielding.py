"""One questionnaire as forms of four kinds: what each holds, and that answers given in it read back as they were."""

import csv
import io
import re

import docx
import numpy as np
import openpyxl
import pandas as pd
import pytest
from pyxform.xls2xform import convert

import sexresearch as sx
from sexresearch.errors import OptionError
from sexresearch.survey import Instrument, read_survey

CODEBOOK = """
title = "Branch survey"
[scales.agree5]
lowest = 1
highest = 5
labels = { 1 = "strongly disagree", 5 = "strongly agree", 99 = "cannot say" }
missing = [99]
[scales.recommend]
lowest = 0
highest = 10
[scales.percent]
lowest = 0
highest = 100
whole = false
[constructs.cust_delight]
label = "Customer delight"
scale = "agree5"
[constructs.cust_delight.items]
cust_del1 = "This visit was better than I thought possible."
cust_del2 = { wording = "I left as just another number.", reverse = true }
del3 = { wording = "They made me [[feel]] valued, = really.", column = "G01Q02[SQ003]" }
[constructs.loyalty]
label = "Loyalty"
items = { nps = { wording = "Would you recommend us?", scale = "recommend" } }
[constructs.wallet]
label = "Share of wallet"
items = { share = { wording = "Of 100 euro, how many here?", scale = "percent" } }
[fields]
respondent = { label = "Respondent number", role = "id" }
brand = { label = "Which brand?", role = "group", labels = { 1 = "premium", 2 = "luxury" } }
city = "Your city"
"""
ABOUT = Instrument.from_toml(CODEBOOK)
EVERY = {"form.xlsx": None, "lime.txt": "limesurvey", "q.txt": "qualtrics", "sheet.docx": None}


def raw(n=60):
    """Answers as respondents give them: reversed items not yet recoded, some left out, some without opinion."""
    rng = np.random.default_rng(5)
    answers = pd.DataFrame(rng.integers(1, 6, (n, 3)), columns=["cust_del1", "cust_del2", "del3"]).astype(object)
    answers.iloc[3, 0], answers.iloc[4, 1] = 99, None
    answers["nps"], answers["share"] = rng.integers(0, 11, n), rng.integers(0, 101, n) / 2
    return answers.assign(respondent=range(1, n + 1), brand=rng.integers(1, 3, n), city="Bern")


def exported(tmp_path, about=ABOUT):
    return {name: about.export(tmp_path / name, kind=kind) for name, kind in EVERY.items()}


def sheet(path, name):
    rows = list(openpyxl.load_workbook(path)[name].iter_rows(values_only=True))
    return pd.DataFrame(rows[1:], columns=rows[0])


def kobo(path):
    """Names of the columns as Kobo writes them, groups before the names, by the order of the form."""
    names, group = [], ""
    for kind, name in sheet(path, "survey")[["type", "name"]].itertuples(index=False):
        group = f"{name}/" if kind == "begin_group" else "" if kind == "end_group" else group
        names += [] if kind in {"begin_group", "end_group"} else [group + name]
    return names


def lime(path):
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")), delimiter="\t"))
    names, question = [], ""
    for row in rows:
        if row["class"] == "Q":
            question = row["name"]
            names += [] if row["type/scale"] == "F" else [question]
        names += [f"{question}[{row['name']}]"] if row["class"] == "SQ" else []
    return names


def qualtrics(path):
    text = path.read_text()
    return [*re.findall(r"\[\[ID:(\w+)\]\]", text), *re.findall(r"\[\[ED:(\w+)\]\]", text)]


def test_answers_given_in_each_form_read_back_without_hand_work(tmp_path):
    given = raw()
    truth = sx.Survey.from_frame(given.rename(columns={"del3": "G01Q02[SQ003]"}), ABOUT).answers
    paths = exported(tmp_path)
    order = ["cust_del1", "cust_del2", "del3", "nps", "share", "respondent", "brand", "city"]
    shown = given[order]

    start = pd.DataFrame({"start": "2026-01-05T10:00", "_uuid": [f"u{row}" for row in given.index]})
    results = {"kobo.csv": (shown.set_axis(kobo(paths["form.xlsx"]), axis=1).assign(**start), ";")}
    own = pd.DataFrame({"id": range(1, 61), "submitdate": "2026-01-05 10:00:00", "lastpage": 3, "startlanguage": "en"})
    results["lime.csv"] = (pd.concat([own, shown.set_axis(lime(paths["lime.txt"]), axis=1)], axis=1), ",")
    codes = shown[["cust_del1", "cust_del2", "del3", "nps", "share", "brand", "city", "respondent"]]
    codes = codes.set_axis(qualtrics(paths["q.txt"]), axis=1)
    head = pd.DataFrame(
        [["Response ID", *codes], ['{"ImportId":"_recordId"}', *(f'{{"ImportId":"{c}"}}' for c in codes)]]
    )
    head.columns = ["ResponseId", *codes]
    results["qualtrics.csv"] = (pd.concat([head, codes.astype(object).assign(ResponseId="R_1")[head.columns]]), ",")
    for name, (frame, mark) in results.items():
        frame.to_csv(tmp_path / name, index=False, sep=mark)
        survey = read_survey(tmp_path / name, ABOUT)
        found = survey.answers[list(truth)].reset_index(drop=True)
        pd.testing.assert_frame_equal(found, truth.reset_index(drop=True), check_dtype=False)


def test_an_xlsform_passes_pyxform(tmp_path):
    path = ABOUT.export(tmp_path / "form.xlsx")
    result = convert(path)
    assert result.warnings == []
    for name in ("cust_del1", "cust_del2", "nps", "share", "brand", "city", "respondent"):
        assert f"<{name}" in result.xform
    assert sheet(path, "choices")["name"].tolist()[:6] == ["1", "2", "3", "4", "5", "99"]


@pytest.mark.parametrize("kind", ["full", "customer-core", "employee", "pulse", "audit"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_questionnaire_of_the_bank_can_be_fielded(tmp_path, kind, language):
    about = sx.instrument(kind, language)
    for name, form in EVERY.items():
        assert about.export(tmp_path / name, kind=form, language=language).stat().st_size > 1000
    if kind == "pulse":
        assert convert(tmp_path / "form.xlsx").xform


def test_limesurvey_names_are_letters_and_digits(tmp_path):
    path = exported(tmp_path)["lime.txt"]
    assert lime(path)[:3] == ["part1[custdel1]", "part1[custdel2]", "part1[G01Q02SQ003]"]
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")), delimiter="\t"))
    assert all(re.fullmatch("[A-Za-z][A-Za-z0-9]{0,19}", row["name"]) for row in rows if row["class"] in {"Q", "SQ"})
    assert [row["name"] for row in rows if row["class"] == "A"][:6] == ["1", "2", "3", "4", "5", "99"]


def test_qualtrics_text_follows_the_advanced_format(tmp_path):
    text = exported(tmp_path)["q.txt"].read_text()
    assert text.startswith(
        "[[AdvancedFormat]]\n\n[[ED:respondent]]\n\n[[Block:1]]\n\n[[Question:MC:SingleAnswer:Horizontal]]"
    )
    assert "[[ID:cust_del1]]" in text
    assert "[[Choice:1]]\n1 - strongly disagree\n[[Choice:2]]\n2\n" in text
    assert "They made me [ [feel] ] valued" in text


def test_respondents_see_no_constructs_and_no_marks(tmp_path):
    for path in exported(tmp_path).values():
        if path.suffix == ".docx":
            sheet_ = docx.Document(str(path))
            text = "\n".join(
                [p.text for p in sheet_.paragraphs] + [c.text for t in sheet_.tables for r in t.rows for c in r.cells]
            )
            assert text.count("\u2610") == 3 * 6 + 11 + 2
            assert round(sheet_.sections[0].page_width.mm) == 210
        elif path.suffix == ".xlsx":
            text = "\n".join(sheet(path, "survey")["label"].dropna())
        else:
            text = path.read_text(encoding="utf-8-sig")
        assert "I left as just another number." in text
        assert not re.search("Customer delight|Share of wallet|Loyalty|reverse", text)


@pytest.mark.parametrize(
    ("name", "options", "match"),
    [
        ("a.txt", {}, "say which form: kind='limesurvey' or kind='qualtrics'"),
        ("a.pdf", {}, "no form of kind '.pdf'"),
        ("a.xlsx", {"kind": "kobo"}, "kind"),
        ("a.xlsx", {"kind": "word"}, r"has the suffix \.docx"),
        ("a.docx", {"language": "xx"}, "language 'xx' is not there"),
    ],
)
def test_forms_that_are_not_there(tmp_path, name, options, match):
    with pytest.raises(OptionError, match=match):
        ABOUT.export(tmp_path / name, **options)
