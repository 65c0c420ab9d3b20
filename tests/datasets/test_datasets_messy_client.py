"""The file as a client sends it: it is what its script writes, and reads, drafted or confirmed, as it was made."""

import importlib.util
import io

import openpyxl
import pytest

import sexresearch as sx
from sexresearch.datasets import service_excellence_demo as demo
from sexresearch.datasets.bundled import path

FILE = path("data/synthetic/messy_client.xlsx")
CODEBOOK = path("data/synthetic/messy_client.toml")


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("messy_client", path("data/messy_client.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def survey():
    return sx.read_survey(FILE, CODEBOOK, synthetic=True)


def cells(content):
    book = openpyxl.load_workbook(content)
    return {page.title: list(page.iter_rows(values_only=True)) for page in book.worksheets}


def test_it_is_what_the_script_writes(script):
    assert cells(FILE) == cells(io.BytesIO(script.content()))
    assert all("SYNTHETIC" in page[0][0] for page in cells(FILE).values())


def test_answers_are_those_it_was_made_of(script, survey):
    drawn, careless = demo.generate(script.N, script.SEED).answers, survey.answers["Duration (in minutes)"] < 1
    assert (survey.n, int(careless.sum())) == (script.N, script.SPEEDERS)
    for item in survey.items:
        if item != "nps":
            right = 8 - drawn[item] if item == "feed3" else drawn[item]
            found = survey.answers[item]
            assert found[~careless].equals(right[~careless].astype(float)), item
    assert survey.answers["nps"].between(0, 10).sum() > script.N / 2
    assert survey.answers["Share of spending with us"].max() == 100


def test_what_is_odd_is_said(survey):
    notes = "\n".join(survey.notes)
    for said in (
        "sheet 'Answers' is read, not Cover",
        "the names are in row 4",
        "remarks below",
        "in percent",
        "'n/a'",
    ):
        assert said in notes
    found = sx.screen(survey).set_index("check")
    assert found.loc["preview or test", "rows"] == (1, 2, 3)
    assert "'köln' (4)" in found.loc["labels alike", "detail"]
    speeders = set(survey.answers.index[survey.answers["Duration (in minutes)"] < 1])
    assert set(found.loc["speeding", "rows"]) == speeders


def test_the_draft_is_the_questionnaire_but_for_names(survey):
    draft = sx.draft_instrument(FILE)
    *constructs, success = draft.constructs
    assert [item.wording for item in success.items] == ["Share of spending with us"]  # a field, as it was confirmed
    assert [c.node for c in constructs] == [c.node for c in survey.instrument.constructs]
    proposals = [item for construct in constructs for item in construct.items]
    for proposed, confirmed in zip(proposals, survey.instrument.items, strict=True):
        assert (proposed.wording, proposed.reverse) == (confirmed.wording, confirmed.reverse)
        assert (proposed.scale.lowest, proposed.scale.highest) == (confirmed.scale.lowest, confirmed.scale.highest)
        assert proposed.scale.labels == confirmed.scale.labels
