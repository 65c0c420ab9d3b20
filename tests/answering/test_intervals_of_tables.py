"""No number of an answer stands without its interval, or the reason why it has none."""

from pathlib import Path

import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.answering.text_catalogue import named
from sexresearch.answering.unranged import REASONS

DATA = Path(__file__).resolve().parents[2] / "data" / "synthetic"
NO_ESTIMATES = {"n", "rows", "items", "df", "rank", "points"}  # counted or given
TESTS = {"chisq", "chisq_scaled", "pvalue", "pvalue_holm"}
EVERYWHERE = {"screening", "measurement", "items", "links", "effects", "explained", "rivals", "means", "priorities"}
ENDS = ["ci_lower", "ci_upper"]
SMALL = 700  # respondents that are drawn, for the time it takes


def demo():
    survey = sx.datasets.load("service_excellence_demo")
    frame = survey.answers.sample(SMALL, random_state=1)
    return sx.answer(sx.Survey.from_frame(frame, survey.instrument, synthetic=True))


def messy():
    file, questions = DATA / "messy_client.xlsx", DATA / "messy_client.toml"
    return sx.answer(sx.read_survey(file, questions, synthetic=True), language="de")


def ordered():
    """Items of few categories, without groups."""
    survey = sx.datasets.load("service_excellence_demo")
    kept = tuple(part for part in survey.instrument.constructs if part.name in ("core", "exceeded", "loyalty"))
    names = [item.name for part in kept for item in part.items]
    return sx.answer(sx.Survey.from_frame(survey.answers[names], sx.Instrument(kept)), ordered=True)


def world():
    survey = sx.datasets.load("service_excellence_world")
    frame = survey.answers.sample(SMALL, random_state=1)
    return sx.answer(sx.Survey.from_frame(frame, survey.instrument, synthetic=True), group="", cluster="")


@pytest.fixture(scope="module", params=[demo, messy, ordered, world])
def found(request):
    return request.param()


def estimates(frame):
    """Numeric columns that are neither limits, nor counted, nor tests."""
    names = [str(name) for name in frame.columns if pd.api.types.is_numeric_dtype(frame[name].dtype)]
    return [n for n in names if not n.endswith(tuple(ENDS)) and n not in NO_ESTIMATES | TESTS]


def limits_behind(frame, name):
    """The two columns of limits right behind a column; none where something else stands there."""
    place = list(frame.columns).index(name)
    behind = [str(other) for other in frame.columns[place + 1 : place + 3]]
    return behind if [other[-8:] for other in behind] == ENDS else []


def test_every_estimate_of_an_answer_has_an_interval_or_a_reason(found):
    notes = {table.caption: table.note for table in found.document().tables}
    for name, frame in found.tables.items():
        captions = [caption for caption in notes if caption.startswith(named(found.language, name, "tables")[:12])]
        for column in estimates(frame):
            if behind := limits_behind(frame, column):
                bare = frame[frame[column].notna() & frame[behind].isna().any(axis=1)]
                assert bare.empty or bare["note"].astype(bool).all(), (name, column)
                continue
            keys = [key for key, columns in REASONS.items() if column in columns]
            reasons = [named(found.language, key, "unranged") for key in keys]
            assert any(reason in notes[caption] for caption in captions for reason in reasons), (name, column)


def test_values_lie_within_their_limits(found):
    for name, frame in found.tables.items():
        for column in estimates(frame):
            if behind := limits_behind(frame, column):
                known = frame.dropna(subset=[column, *behind])
                inside = known[column].between(known[behind[0]], known[behind[1]])
                assert inside.all(), (name, column)


def test_answers_have_the_tables_that_are_walked_through(found):
    there = {name for name in EVERYWHERE if name in found.tables}
    assert {"measurement", "items", "links", "explained"} <= there


def test_shares_read_alike_in_sections_and_in_the_appendix(found):
    """The probability of coming first, in whole per cent and with two decimals."""
    if "priorities" not in found.tables or len(found.tables["priorities"]) < 2:
        return
    whole = {f"{100 * float(cell):.0f}" for table in found.document().tables for cell in probabilities(table)}
    said = {cell.rstrip(" %") for table in found.document().tables for cell in in_per_cent(table)}
    assert said <= whole | {"< 1", "> 99", "0", "100"}


def probabilities(table):
    places = [k for k, name in enumerate(table.frame.columns) if name == "p_first"]
    return [row[k].replace(",", ".") for row in table.cells for k in places]


def in_per_cent(table):
    places = [k for k, head in enumerate(table.headers) if head in ("First in", "Zuerst in")]
    return [row[k] for row in table.cells for k in places]
