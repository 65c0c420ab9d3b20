"""Answers given as words, labels inside files, and what counts as no answer."""

import pandas as pd
import pyreadstat
import pytest

from sexresearch.errors import DataError, InstrumentError
from sexresearch.survey import Instrument, Survey, read_survey

LABELS = '["Strongly disagree", "Disagree", "Don’t mind", "Agree", "Strongly agree"]'
FIVE = {1: "Strongly disagree", 2: "Disagree", 3: "Don't mind", 4: "Agree", 5: "Strongly agree"}


def instrument(scale=f"labels = {LABELS}", lowest=1, highest=5):
    return Instrument.from_toml(
        f"[scales.a]\nlowest = {lowest}\nhighest = {highest}\n{scale}\n"
        '[constructs.delight]\nscale = "a"\n[constructs.delight.items]\ndel1 = "w"\n'
    )


def answers(values, *about, **scale):
    survey = Survey.from_frame(pd.DataFrame({"del1": values}), instrument(*about, **scale))
    return survey.answers["del1"].tolist(), survey


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Strongly  agree", 5),
        ("Strongly\u00a0agree", 5),
        ("strongly\u200b AGREE", 5),
        ("Don't mind", 3),
        ("5 - Strongly agree", 5),
        ("5 = Strongly agree", 5),
        ("(5) Strongly agree", 5),
        ("5. Strongly agree", 5),
        ("5: in full", 5),
        ("Strongly agree (5)", 5),
        ("5 Strongly agree", 5),
        ("A5", 5),
        ("5,0", 5),
    ],
)
def test_one_answer_in_many_spellings(text, code):
    assert answers([text, 1])[0] == [code, 1]


@pytest.mark.parametrize("text", ["4 - Strongly agree", "1-2 times", "1 - 5 times", "4-Mar", "-oth-", "Agre"])
def test_texts_that_are_not_clear_are_refused(text):
    with pytest.raises(DataError, match=r"item 'del1': 1 answer is (neither|not clear)"):
        answers([text, 1])


def test_case_distinguishes_where_the_labels_do():
    labels = 'labels = { 1 = "Yes", 2 = "yes" }'
    assert answers(["Yes", "yes"], labels)[0] == [1, 2]
    with pytest.raises(DataError, match=r"'YES'.*it fits the labels of 1 and 2"):
        answers(["YES"], labels)


def test_answer_codes_need_a_scale_from_1():
    assert answers(["A1", "A5"])[0] == [1, 5]
    with pytest.raises(DataError, match="neither number nor label: 'A1'"):
        answers(["A1"], "", lowest=0, highest=10)


def test_missing_words_are_declared_and_reported():
    got, survey = answers(["Weiß  nicht", 99, "PASS", 4, "k. A."], 'missing = ["weiß nicht", "pass", 99]')
    assert pd.Series(got).isna().tolist() == [True, True, True, False, True]
    counted = {(none.answer, none.times, none.because) for none in survey.no_answers}
    assert counted == {
        ("Weiß  nicht", 1, "declared missing"),
        ("PASS", 1, "declared missing"),
        ("99", 1, "declared missing"),
        ("k. A.", 1, "a usual word of no answer"),
    }
    assert any("'k. A.' counts as no answer" in note for note in survey.notes)


def test_a_missing_code_may_have_a_label_and_a_missing_word_may_not_be_one():
    assert pd.isna(answers(["Don't know"], 'missing = [99]\nlabels = { 1 = "no", 99 = "Don’t know" }')[0][0])
    with pytest.raises(InstrumentError, match="missing word 'no' is also the label"):
        instrument('missing = ["no"]\nlabels = { 1 = "No" }')
    with pytest.raises(InstrumentError, match="2 answers have the same label"):
        instrument('labels = { 1 = "so  so", 2 = "so so" }')


WORDS = ["Don’t know", "weiß nicht", "keine Angabe", "ne sait pas", "no sabe", "non so", "não sei", "weet niet"]
WORDS += ["vet ej", "ved ikke", "nie wiem", "N/A", "[n/a]", "weiß nicht / keine Angabe", "-"]


@pytest.mark.parametrize("word", WORDS)
def test_usual_words_of_no_answer(word):
    assert pd.isna(answers([word, 1])[0][0])
    assert Survey.from_frame(pd.DataFrame({"x": [5, word]})).items == ("x",)


def sav(tmp_path, values, labels):
    pyreadstat.write_sav(pd.DataFrame({"del1": values}), tmp_path / "a.sav", variable_value_labels={"del1": labels})
    return tmp_path / "a.sav"


@pytest.mark.parametrize(
    "labels",
    [
        {1: "Strongly agree", 2: "Agree", 3: "Don't mind", 4: "Disagree", 5: "Strongly disagree"},
        {1: "STRONGLY AGREE", 5: "strongly  disagree"},
        {1: "agree", 5: "disagree"},
    ],
)
def test_a_reversed_scale_in_the_file_is_refused(tmp_path, labels):
    with pytest.raises(DataError, match=r"'del1': the file's labels (run the other way|stand at other codes): 1 is"):
        read_survey(sav(tmp_path, [1.0, 5.0], labels), instrument())


def test_labels_in_the_file_that_agree_or_only_differ_in_words(tmp_path):
    assert read_survey(sav(tmp_path, [1.0, 5.0], FIVE), instrument()).notes == ()
    survey = read_survey(sav(tmp_path, [1.0, 5.0], FIVE | {3: "undecided"}), instrument())
    assert "3 is 'undecided' in the file" in survey.notes[0]


@pytest.mark.parametrize("about", [None, instrument()])
def test_codes_that_the_file_labels_as_no_answer(tmp_path, about):
    survey = read_survey(sav(tmp_path, [1.0, 5.0, 99.0], FIVE | {99: "Don't know"}), about)
    assert survey.answers["del1"].isna().tolist() == [False, False, True]
    assert any("99 (Don't know)" in note for note in survey.notes)


def test_an_undeclared_code_is_refused_with_the_line_to_write():
    with pytest.raises(DataError, match=r"if no answer is meant: missing = \[99\] in scale 'a'"):
        answers([5, 99])


def test_what_arithmetic_leaves_is_rounded_and_said():
    got, survey = answers([1.0000000001, 2.0])
    assert got == [1.0, 2.0]
    assert survey.notes == ("1 answer rounded to a whole number (del1)",)


def test_headers_that_look_alike_are_alike():
    frame = pd.DataFrame({"de\u200bl1 ": [5]})
    assert Survey.from_frame(frame, instrument()).answers["del1"].tolist() == [5]


CODES_OF_NO_ANSWER = """
missing = [98, 99]
[scales.a]
lowest = 1
highest = 5
[scales.percent]
lowest = 0
highest = 100
[constructs.joy]
scale = "a"
items = { q1 = "One?", q2 = "Two?" }
[constructs.share]
items = { q3 = { wording = "How many in 100?", scale = "percent" } }
[fields]
brand = { label = "Brand", role = "group", labels = { 1 = "premium", 2 = "luxury" } }
income = { label = "Income", labels = { 1 = "low", 99 = "not said" } }
age = "Age"
size = { label = "Employees", missing = [-9, "unsure"] }
"""
RAW = {
    "q1": [1, 98, 99, 5],
    "q2": [2, 3, 99, 4],
    "q3": [98, 99, 50, 7],
    "brand": [1, 2, 99, 1],
    "income": [1, 99, 98, 1],
    "age": [98, 40, 30, 20],
    "size": [-9, 3, "unsure", 4],
}


def test_codes_of_no_answer_of_a_whole_file_are_declared_once():
    survey = Survey.from_frame(pd.DataFrame(RAW), Instrument.from_toml(CODES_OF_NO_ANSWER))
    answers = survey.answers
    assert answers["q1"].isna().tolist() == [False, True, True, False]
    assert answers["q3"].tolist() == [98, 99, 50, 7]
    assert answers["brand"].fillna("").tolist() == ["premium", "luxury", "", "premium"]
    assert answers["income"].fillna("").tolist() == ["low", "not said", "", "low"]
    assert answers["age"].tolist() == [98, 40, 30, 20]
    assert answers["size"].fillna(0).tolist() == [0, 3, 0, 4]
    declared = {(none.column, none.answer): none.times for none in survey.no_answers}
    assert declared == {
        ("q1", "98"): 1, ("q1", "99"): 1, ("q2", "99"): 1, ("brand", "99"): 1, ("income", "98"): 1,
        ("size", "-9"): 1, ("size", "unsure"): 1,
    }  # fmt: skip
    again = Instrument.from_toml(survey.instrument.to_toml())
    assert again == survey.instrument


def test_undeclared_codes_are_refused_with_the_one_line_that_settles_all():
    instrument = Instrument.from_toml(CODES_OF_NO_ANSWER.replace("missing = [98, 99]\n", ""))
    with pytest.raises(DataError) as error:
        Survey.from_frame(pd.DataFrame(RAW), instrument)
    text = str(error.value)
    assert "field 'brand': no label for 99 (row 2); if no answer is meant: missing = [99] in field 'brand'" in text
    assert "if these codes mean no answer wherever they are: missing = [98, 99] at the top of the codebook" in text


@pytest.mark.parametrize("where", ["missing = 99\n", "missing = [true]\n"])
def test_codes_of_no_answer_at_the_top_are_numbers_or_texts_in_a_list(where):
    with pytest.raises(InstrumentError, match=r"line 2: top level.*missing = \[99"):
        Instrument.from_toml(CODES_OF_NO_ANSWER.replace("missing = [98, 99]\n", where))
