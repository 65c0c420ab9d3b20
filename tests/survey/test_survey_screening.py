"""Screening: each check finds what was planted, and nothing in clean answers."""

import numpy as np
import pandas as pd
import pytest

from sexresearch.survey import Construct, Field, Instrument, Item, ResponseScale, Survey, screen
from sexresearch.survey.careless import long_string, response_variability

AGREE = ResponseScale("agree7", 1, 7, missing=(99,))
ITEMS = tuple(Item(f"x{place}", f"statement {place}", AGREE, reverse=place == 3) for place in range(1, 11))
INSTRUMENT = Instrument(
    (Construct("delight", "Delight", ITEMS[:5]), Construct("loyalty", "Loyalty", ITEMS[5:])),
    (Field("respondent", role="id"),),
)
NAMES = [item.name for item in ITEMS]
N = 300


@pytest.fixture
def answers():
    """Clean raw answers of N respondents: one factor, noise, no two alike."""
    rng = np.random.default_rng(20261123)
    scores = rng.normal(size=(N, 1)) + rng.normal(scale=1.5, size=(N, len(NAMES)))
    frame = pd.DataFrame(np.clip(np.round(4 + scores), 1, 7), columns=NAMES)
    return frame.assign(x3=8 - frame["x3"], respondent=np.arange(N))


def found(frame, instrument=INSTRUMENT):
    return screen(Survey.from_frame(frame, instrument)).set_index("check")


def test_clean_answers_have_no_problem(answers, assert_in_glossary):
    table = screen(Survey.from_frame(answers, INSTRUMENT))
    assert table.empty
    assert list(table.columns) == ["check", "where", "rows", "share", "detail", "advice"]
    assert_in_glossary(table)


def test_constant_and_missing_items(answers):
    answers["x1"], answers["x2"], answers.loc[: N // 5 - 1, "x4"] = 5, np.nan, 99
    table = found(answers)
    assert table.loc["constant item", "where"].tolist() == ["x1", "x2"]
    assert table.loc["constant item", "detail"].tolist() == ["every answer is 5", "no answer at all"]
    assert table.loc["missing answers", "where"] == "x4"
    assert table.loc["missing answers", "share"] == pytest.approx(0.2)


def test_rows_without_answers_and_repeated_ids(answers):
    answers.loc[[4, 9], NAMES] = np.nan
    answers.loc[20, "respondent"] = 7
    table = found(answers)
    assert table.loc["no answers", "rows"] == (4, 9)
    assert table.loc["no answers", "share"] == pytest.approx(2 / N)
    assert table.loc["repeated id", "rows"] == (20,)
    assert table.loc["repeated id", "where"] == "respondent"
    assert "respondent: 7" in table.loc["repeated id", "detail"]


def test_one_answer_throughout_is_judged_on_answers_as_given(answers):
    answers.loc[[10, 11], NAMES] = 6
    answers.loc[12, NAMES] = [6, 6, 2, 6, 6, 6, 6, 6, 6, 6]
    answers.loc[13, NAMES] = [2, 5, 5, 5, 5, 5, 5, 5, 5, 3]
    table = found(answers)
    assert table.loc["one answer throughout", "rows"] == (10, 11)
    assert table.loc["one answer throughout", "where"] == "agree7"
    assert table.loc["long run of one answer", "rows"] == (13,)
    assert "repeated answers" not in table.index


def test_repeated_answers(answers):
    answers.loc[31, NAMES] = answers.loc[30, NAMES]
    answers.loc[33, NAMES] = answers.loc[30, NAMES]
    assert found(answers).loc["repeated answers", "rows"] == (31, 33)
    assert found(answers[NAMES], None).loc["repeated answers", "rows"] == (31, 33)
    branch = Instrument(INSTRUMENT.constructs, (*INSTRUMENT.fields, Field("branch")))
    answers["branch"] = np.where(answers["respondent"] == 33, "Bern", "Oslo")
    assert found(answers, branch).loc["repeated answers", "rows"] == (31,)


def test_floor_and_ceiling_look_at_the_raw_ends_of_whole_constructs(answers):
    answers.loc[: N // 5 - 1, ["x1", "x2", "x4", "x5"]] = 7
    answers.loc[: N // 5 - 1, "x3"] = 1
    answers.loc[N // 2 : N // 2 + N // 5 - 1, NAMES[5:]] = 1
    table = found(answers)
    assert table.loc["ceiling", "where"] == "delight"
    assert table.loc["ceiling", "share"] == pytest.approx(0.2)
    assert table.loc["floor", "where"] == "loyalty"


def test_few_categories(answers):
    answers["x1"] = answers["x1"].clip(3, 5)
    table = found(answers)
    assert table.loc["few categories", "where"] == "x1"
    assert table.loc["few categories", "detail"] == "3 of 7 categories are in use"


def test_item_that_was_recoded_before(answers):
    table = found(answers.assign(x3=8 - answers["x3"]))
    assert table.loc["against its construct", "where"] == "x3"


def test_small_sample(answers):
    table = found(answers.iloc[:40])
    assert table.loc["small sample", "detail"] == "40 rows with answers for 10 items"


def test_found_rows_can_be_taken_out(answers):
    answers.loc[[4, 9], NAMES] = np.nan
    survey = Survey.from_frame(answers, INSTRUMENT)
    rest = survey.without(screen(survey).query("check == 'no answers'"))
    assert rest.n == N - 2
    assert rest.caption.endswith("2 rows excluded: no answers (2)")
    assert screen(rest).empty


def test_single_item_and_slider_surveys():
    slider = Item("wallet", "Share", ResponseScale("percent", 0, 100, whole=False))
    instrument = Instrument((Construct("success", "Success", (slider,)),))
    assert found(pd.DataFrame({"wallet": np.linspace(0, 100, 50)}), instrument).empty


def test_screening_leaves_the_survey_alone(answers):
    survey = Survey.from_frame(answers, INSTRUMENT)
    before = survey.answers
    screen(survey)
    pd.testing.assert_frame_equal(survey.answers, before)


def test_long_string_against_counting_by_hand():
    rng = np.random.default_rng(7)
    answers = rng.integers(1, 4, size=(200, 12)).astype(float)
    answers[rng.random(answers.shape) < 0.1] = np.nan
    expected = []
    for row in answers:
        longest = run = 0
        for place, value in enumerate(row):
            run = 0 if np.isnan(value) else run + 1 if place and value == row[place - 1] else 1
            longest = max(longest, run)
        expected.append(longest)
    assert long_string(answers).tolist() == expected


def test_response_variability_is_the_standard_deviation_of_each_row():
    rng = np.random.default_rng(8)
    answers = rng.integers(1, 8, size=(100, 9)).astype(float)
    answers[rng.random(answers.shape) < 0.3] = np.nan
    expected = pd.DataFrame(answers).std(axis=1).to_numpy()
    np.testing.assert_allclose(response_variability(answers), expected, atol=1e-12)


def test_survey_without_any_number():
    assert found(pd.DataFrame({"city": ["Oslo", "Bern"]}), None).empty
