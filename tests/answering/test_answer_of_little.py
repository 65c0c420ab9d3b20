"""Surveys that hold little: a shorter answer that is true, with the reason in the place of what is missing."""

from dataclasses import replace

import numpy as np
import pytest

import sexresearch as sx

DEMO = sx.datasets.load("service_excellence_demo")
ROWS = 120


def survey(constructs, rows=ROWS, nodes=True, **changed):
    parts = tuple(part for part in DEMO.instrument.constructs if part.name in constructs)
    parts = parts if nodes else tuple(replace(part, node="") for part in parts)
    instrument = replace(DEMO.instrument, constructs=parts, fields=())
    frame = DEMO.answers.head(rows)[[item.name for part in parts for item in part.items]]
    frame = frame.assign(**changed)
    reverse = tuple(replace(p, items=tuple(replace(item, reverse=False) for item in p.items)) for p in parts)
    return sx.Survey.from_frame(frame, replace(instrument, constructs=reverse))


def told(answer, question):
    return " ".join(sentence.text for sentence in answer.sentences if sentence.question == question)


@pytest.mark.parametrize("language", ["en", "de"])
def test_nobody_answered_and_nothing_is_said_to_have_been_used(language):
    names = [item.name for part in DEMO.instrument.constructs[:3] for item in part.items]
    empty = survey([part.name for part in DEMO.instrument.constructs[:3]], **dict.fromkeys(names, np.nan))
    found = sx.answer(empty, language=language)
    used = next(fact for fact in found.part("data").facts if fact.key.startswith("rows_"))
    assert (used.key, dict(used.values)["n"], dict(used.values)["out"]) == ("rows_some", 0, ROWS)
    assert "screening_clean" not in {fact.key for fact in found.part("data").facts}
    missing = found.choices.iloc[3]
    assert missing["value"] == "fiml"


def test_the_reason_that_there_is_no_chain_is_the_one_that_can_be_put_right():
    short = sx.answer(survey(["loyalty"]))
    assert "measures too little of the effect chain" in told(short, "next")
    assert "measures too little of the effect chain" in told(short, "chain")
    unplaced = sx.answer(survey(["core", "satisfaction", "loyalty"], nodes=False))
    assert "does not say for which parts of the effect chain its topics stand" in told(unplaced, "next")
    german = sx.answer(survey(["core", "satisfaction", "loyalty"], nodes=False), language="de")
    assert "für welche Teile der Wirkungskette seine Themen stehen" in told(german, "next")


def test_a_saturated_model_is_not_said_to_fit():
    material = sx.answer(survey(["loyalty"])).material
    n = material["measurement"].nobs
    assert material["fit"] == f"No test of fit: the model has no degrees of freedom left, n = {n}."


@pytest.mark.parametrize(
    ("language", "words"), [("en", "are impossible as they stand"), ("de", "sind so nicht möglich")]
)
def test_why_nothing_is_measured_well_stands_in_the_section(language, words):
    """Two topics whose questions all ask the same, so that their correlation comes out above 1."""
    names = ["core", "satisfaction"]
    items = [item.name for part in DEMO.instrument.constructs if part.name in names for item in part.items]
    rng = np.random.default_rng(1)
    common = rng.normal(size=(ROWS, 1)) + rng.normal(size=(ROWS, len(items)))
    answers = dict(zip(items, np.clip(np.round(4 + common.T), 1, 7), strict=True))
    found = sx.answer(survey(names, **answers), language=language)
    assert found.part("measured").material["measurement"].inadmissible
    assert words in told(found, "measured")


@pytest.mark.parametrize("suffix", ["html", "docx", "pptx", "xlsx", "tex"])
@pytest.mark.parametrize("constructs", [["loyalty"], ["core", "satisfaction"]])
def test_little_is_written_in_every_format(constructs, suffix, tmp_path):
    found = sx.answer(survey(constructs, rows=40))
    assert sx.report(found, tmp_path / f"answer.{suffix}").stat().st_size > 0
