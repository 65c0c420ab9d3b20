"""Sentences that rest on a verdict say so where it is in doubt: one rule for every sentence and every outcome."""

from dataclasses import replace
from typing import get_args

import pytest

import sexresearch as sx
from sexresearch.answering.fact_sentences import sentences_of
from sexresearch.answering.facts import AnswerPart, Fact
from sexresearch.answering.grounds import OWN_FORM, RESTS_ON, judged_fit, with_doubt
from sexresearch.answering.text_catalogue import catalogue, filled_text
from sexresearch.verdict import Outcome, Verdict, gravest

FORMS = ("_of_one", "_one", "_two", "_single")  # endings of sentences on one, two, or each by one alone
ON_ANSWERS_ALONE = {  # what rests on no model: answers, choices, limits, and verdicts told as such
    *("unanswered", "unanswered_next", "rows_all", "rows_some", "few_rows", "screening_clean", "screening_found"),
    *("gaps_fiml", "gaps_pairwise", "gaps_listwise", "constructs_lost", "items_lost", "today_span", "today_turned"),
    *("measured_fails", "measured_doubtful", "measured_not_computable", "measured_impossible", "measured_single"),
    *("links_none", "view_own"),
    *(
        "view_only",
        "view_topics",
        "view_best",
        "view_ahead",
        "view_tied",
        "view_undecided",
        "view_backward",
        "view_pair",
    ),
    *("groups_apart", "groups_unfit", "paths_apart", "kpi_0", "kpi_1", "kpi_2", "kpis_missing", "room", "room_tied"),
    *("by_cost", "unpriced", "gain_as_numbers", "limit_causes", "limit_synthetic", "limit_direction_none"),
    *(f"kpi_{place}_{way}" for place in range(3) for way in ("rose", "fell", "open", "unlimited")),
    *(
        "limit_silent",
        "limit_method",
        "limit_success",
        "limit_delight",
        "limit_ordered",
        "limit_problem",
        "untranslated",
    ),
}


def base(key):
    """The key of a sentence without what its form for one, for two or for doubt adds."""
    for ending in (*FORMS, *OWN_FORM.values()):
        if key.endswith(ending) and key not in ON_ANSWERS_ALONE | set(RESTS_ON):
            return base(key.removesuffix(ending))
    return key


@pytest.fixture(scope="module")
def found():
    survey = sx.datasets.load("service_excellence_demo")
    kept = ("core", "satisfaction", "loyalty")
    parts = tuple(part for part in survey.instrument.constructs if part.name in kept)
    names = [item.name for part in parts for item in part.items]
    frame = survey.answers.sample(500, random_state=1)[[*names, "brand"]]
    return sx.answer(sx.Survey.from_frame(frame, sx.Instrument(parts)), group="brand")


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_sentence_of_the_catalogue_rests_on_something_named_or_on_answers_alone(language):
    keys = {base(key) for key in catalogue(language)["sentences"]}
    assert keys == ON_ANSWERS_ALONE | set(RESTS_ON)
    assert not ON_ANSWERS_ALONE & set(RESTS_ON)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("outcome", get_args(Outcome))
def test_a_sentence_says_what_its_ground_leaves_in_doubt(outcome, language):
    texts = catalogue(language)
    for key, ground in RESTS_ON.items():
        part = AnswerPart("chain", grounds={ground: (Verdict("holds", "CFI"), Verdict(outcome, "RMSEA", reason="-"))})
        shown, doubt = with_doubt(part, Fact(key), language)
        if outcome == "holds":
            assert (shown, doubt) == (key, "")
        elif shown == key:
            assert doubt == f" {texts['doubts'][f'{ground}_{outcome}']}"
        else:  # in words of its own
            assert shown == f"{key}{OWN_FORM[outcome]}"
            assert texts["sentences"][shown] != texts["sentences"].get(key)
            assert doubt == ""
    assert len({texts["doubts"][f"{ground}_{outcome}"] for ground in RESTS_ON.values() if outcome != "holds"}) in (0, 4)


def test_without_a_verdict_on_its_ground_a_sentence_does_not_stand_as_if_it_held():
    told = with_doubt(AnswerPart("chain"), Fact("total_shown"), "en")[1]
    assert told == " How well the model fits the answers cannot be told."


def test_grounds_are_the_verdicts_of_the_fits_and_steps_behind_the_sentences(found):
    for question, name in (("chain", "chain"), ("next", "levers"), ("measured", "measurement")):
        part = found.part(question)
        ground = part.grounds["measurement" if question == "measured" else "model"]
        assert [(v.criterion, v.outcome) for v in ground] == [
            (v.criterion, v.outcome) for v in judged_fit(part.material[name])
        ]
    whom = found.part("whom")
    assert gravest(whom.grounds["groups"]) == whom.material["means"]["outcome"].iloc[0]
    steps = sx.invariance(
        found.material["chain"].model, found.survey, group="brand", partial=True,
        fitting=sx.Fitting(estimator="MLR", missing="fiml"),
    )  # fmt: skip
    below = steps[~steps["step"].str.contains("scalar|strict")]
    assert {v.criterion.removesuffix(" step"): v.outcome for v in whom.grounds["links"]} == {
        row.step: row.outcome for row in below.itertuples() if row.outcome in ("holds", "doubtful")
    }


@pytest.mark.parametrize("language", ["en", "de"])
def test_that_no_link_differs_says_that_the_number_of_comparisons_is_allowed_for(language):
    allowed = {"en": "comparisons, their number allowed for", "de": "Vergleiche, ihre Zahl berücksichtigt"}[language]
    assert f"12 {allowed}" in filled_text(language, "paths_unshown", {"n": 12})
    assert allowed not in filled_text(language, "paths_unshown", {"n": 1})


@pytest.mark.parametrize(("language", "place"), [("en", "the report's appendix"), ("de", "Anhang des Berichts")])
def test_reasons_are_said_to_be_where_they_are_on_slides_too(language, place):
    doubted = ["measured_doubtful", "measured_not_computable", "groups_alike_doubted", "groups_partial_doubted"]
    assert all(place in catalogue(language)["sentences"][key] for key in doubted)


def test_a_comparison_of_links_on_a_doubtful_step_says_so(found):
    whom = found.part("whom")
    assert any(fact.key in ("paths_differ", "paths_unshown") for fact in whom.facts)
    for outcome, said in (("holds", False), ("doubtful", True)):
        verdicts = (Verdict(outcome, "configural step"), Verdict("holds", "metric step"))
        sentences = sentences_of([replace(whom, grounds={"groups": (), "links": verdicts})], found.labels)
        of_links = [sentence for sentence in sentences if "link" in sentence.text.split("comparable")[0].lower()]
        assert of_links
        assert all(("the links may not be comparable" in sentence.text) == said for sentence in of_links)
        assert all(set(verdicts) <= set(sentence.verdicts) for sentence in of_links)
