"""`answer`: the four questions as one value, honest where the data say less."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.answering.answer import PAGE_ONE
from sexresearch.answering.fact_sentences import sentence
from sexresearch.answering.labels import MARKS, Labels
from sexresearch.answering.phrases import translated
from sexresearch.answering.stages.chaining import _view
from sexresearch.answering.stages.improving import costs_said
from sexresearch.answering.stages.screening import CARELESS
from sexresearch.answering.text_catalogue import catalogue, filled_text
from sexresearch.chain.deciding.direction import direction_as_fitted
from sexresearch.errors import DataError, OptionError

SEED, ROWS = 1, 400
SHORT = ["core", "individual", "valued", "exceeded", "satisfaction", "loyalty", "success"]


def some(name="service_excellence_demo", rows=ROWS):
    survey = sx.datasets.load(name)
    kept = survey.answers.sample(rows, random_state=SEED).index
    return survey.without(survey.answers.index.difference(kept), because="a smaller sample")


@pytest.fixture(scope="module")
def found():
    return sx.answer(only(some(), SHORT), group="brand")


def texts(answer, question):
    return [sentence.text for sentence in answer.sentences if sentence.question == question]


def only(survey, constructs):
    """The survey with a questionnaire of some of its constructs."""
    kept = tuple(part for part in survey.instrument.constructs if part.name in constructs)
    names = [item.name for part in kept for item in part.items]
    frame = survey.answers[[*names, "brand"]]
    return sx.Survey.from_frame(frame, sx.Instrument(kept))


def test_an_answer_names_the_lever_its_gain_and_its_interval(found):
    row = found.tables["priorities"].iloc[0]
    assert found.target == "success"
    first = texts(found, "next")[0]
    assert row["construct"] in first
    for name in ("gain", "gain_ci_lower", "gain_ci_upper"):
        assert f"{row[name]:.2f}" in first


def test_page_one_has_nine_sentences_at_the_most_and_begins_with_what_to_do(found):
    assert 3 <= len(found.page_one) <= PAGE_ONE
    assert found.page_one[0].question == "next"
    assert all(sentence.text in repr(found) for sentence in found.page_one)


def test_the_tables_hold_labels_and_wordings_in_the_place_of_names(found):
    instrument = some().instrument
    names = {item.name for item in instrument.items if item.name[-1].isdigit()}  # others are words as well
    for name, frame in found.tables.items():
        cells = {str(cell) for column in frame.select_dtypes(exclude="number") for cell in frame[column]}
        assert not {word for cell in cells for word in cell.split()} & names, name
    assert set(found.tables["items"]["wording"]) <= {item.wording for item in instrument.items}


def test_choices_are_made_by_the_data_and_have_reasons(found):
    chosen = found.choices.set_index("choice")
    assert chosen.loc["estimator", "value"] == "MLR"
    assert chosen.loc["missing answers", "value"] == "fiml"
    assert chosen["reason"].str.len().min() > 0


def test_estimates_are_those_of_the_chain_fitted_alone():
    survey = only(some(), ["delight", "valued", "exceeded", "satisfaction", "loyalty"])
    model = "satisfaction =~ sat1 + sat2 + sat3\nloyalty =~ remain + recommend + repurchase\nloyalty ~ satisfaction"
    mine = sx.answer(survey, "loyalty", model=model)
    alone = sx.fit(model, survey, estimator="MLR", missing="fiml").parameters.query("op == '~'")["std_all"].item()
    assert mine.tables["links"]["std_all"].item() == pytest.approx(alone, abs=1e-8)
    assert f"{alone:.2f}" in " ".join(texts(mine, "chain"))


def test_a_survey_without_instrument_is_refused_and_told_what_is_needed():
    with pytest.raises(DataError, match="codebook"):
        sx.answer(sx.Survey.from_frame(pd.DataFrame({"sat1": [1, 2, 3]})))


def test_names_that_are_not_there_are_refused():
    survey = only(some(rows=100), ["loyalty", "satisfaction"])
    with pytest.raises(OptionError, match="target 'joy'"):
        sx.answer(survey, "joy")
    with pytest.raises(OptionError, match="group 'brnd'"):
        sx.answer(survey, group="brnd")
    with pytest.raises(OptionError, match="language 'fr'"):
        sx.answer(survey, language="fr")


@pytest.mark.parametrize("kept", [["satisfaction", "loyalty"], ["core", "satisfaction", "loyalty"], ["surprise"]])
def test_a_questionnaire_that_asks_less_gets_a_shorter_answer(kept):
    answer = sx.answer(only(some(rows=200), kept))
    assert texts(answer, "measured")
    assert any("Delight was not measured" in text for text in texts(answer, "limits"))
    assert all(text.startswith("Not answered: ") for text in texts(answer, "whom"))


def test_forty_respondents_and_an_item_nobody_answered_do_not_end_in_an_error():
    survey = some(rows=40)
    frame = survey.answers.assign(val1=float("nan"), remain=5.0, recommend=5.0, repurchase=5.0)
    answer = sx.answer(sx.Survey.from_frame(frame, survey.instrument), without=["one answer throughout"])
    assert any("Loyalty could not be analysed" in text for text in texts(answer, "data"))
    assert len(answer.page_one) >= 1


def test_one_group_and_three_respondents_are_said_in_words_and_written_in_every_format(tmp_path):
    survey = some(rows=3)
    frame = survey.answers.assign(brand="luxury")
    short = sx.answer(sx.Survey.from_frame(frame, survey.instrument))
    assert texts(short, "whom") == ["Not answered: there is one group only."]
    assert "There are few respondents" in " ".join(sentence.text for sentence in short.page_one)
    assert "matrix" not in " ".join(sentence.text for sentence in short.sentences).replace("covariance matrix", "")
    off = sx.answer(only(survey, ["satisfaction"]), group="")
    assert texts(off, "whom") == ["Not answered: comparing groups was switched off."]
    for suffix in ("docx", "pptx", "xlsx", "html", "tex"):
        assert sx.report(short, tmp_path / f"short.{suffix}").stat().st_size > 4_000


def test_previews_are_no_respondents_unless_they_are_asked_for():
    survey = only(some(rows=300), ["loyalty"])
    status = ["Survey Preview"] * 3 + ["IP Address"] * (len(survey.answers) - 3)
    marked = sx.Survey.from_frame(
        survey.answers.assign(Status=status, ResponseId=range(len(status))), survey.instrument
    )
    found = sx.answer(marked)
    told = " ".join(sentence.text for sentence in found.sentences)
    assert not [sentence for sentence in found.page_one if "left out" in sentence.text]
    assert f"{len(status) - 3} of {len(status)} questionnaires were used; 3 were left out: previews and tests" in told
    assert sx.answer(marked, without=()).survey.n == len(status)
    every = sx.Survey.from_frame(marked.answers.assign(Status="Survey Preview"), survey.instrument)
    assert sx.answer(every).survey.n == len(status)  # a form that was only tried out is read all the same


def test_without_success_or_delight_the_limits_say_so():
    survey = only(some(), ["core", "feedback", "satisfaction", "loyalty"])
    asked = sx.answer(survey, group="")
    assert asked.target == "loyalty"
    assert {"Success was not measured", "Delight was not measured"} <= {text.split(",")[0] for text in asked.limits}
    assert asked.first_lever


def test_nobody_answered_anything():
    survey = only(some(rows=30), ["loyalty", "satisfaction"])
    empty = survey.answers.assign(**dict.fromkeys(survey.items, float("nan")))
    answer = sx.answer(sx.Survey.from_frame(empty, survey.instrument))
    told = "Not answered: no question was answered in more than one way."
    assert texts(answer, "measured") == [told] == texts(answer, "today")
    assert any("Delight was not measured" in text for text in texts(answer, "limits"))


def test_items_of_three_categories_are_ordered_and_gains_are_said_to_take_them_as_numbers():
    survey = only(some(rows=300), ["core", "individual", "valued", "exceeded", "loyalty"])
    scale = sx.ResponseScale("three", 1, 3)
    parts = [
        sx.Construct(p.name, p.label, tuple(sx.Item(i.name, i.wording, scale) for i in p.items), node=p.node)
        for p in survey.instrument.constructs
    ]
    coarse = survey.answers[list(survey.items)].apply(lambda column: pd.cut(column, [0, 3, 5, 7], labels=False) + 1.0)
    answer = sx.answer(sx.Survey.from_frame(coarse, sx.Instrument(tuple(parts))))
    assert answer.choices.set_index("choice").loc["estimator", "value"] == "WLSMV"
    assert any("equally spaced numbers" in text for text in texts(answer, "next"))
    assert answer.tables["priorities"]["gain"].notna().all()


def test_a_target_of_one_amount_is_counted_in_its_question_and_never_called_points():
    survey = sx.datasets.load("service_excellence_demo")
    kept = {"core": 3, "satisfaction": 3, "loyalty": 3, "success": 1}
    parts = []
    for part in survey.instrument.constructs:
        if part.name in kept:
            items = [item for item in part.items if part.name != "success" or not np.isfinite(item.scale.highest)]
            parts.append(replace(part, items=tuple(items[: kept[part.name]])))
    names = [item.name for part in parts for item in part.items]
    frame = survey.answers.sample(400, random_state=2)[names]
    wording = parts[-1].items[0].wording
    for language, unit in (("en", "units of"), ("de", "Einheiten von")):
        found = sx.answer(sx.Survey.from_frame(frame, sx.Instrument(tuple(parts))), "success", language=language)
        assert unit.split()[0] in found.page_one[0].text
        assert wording.rstrip(".") in found.page_one[0].text
        assert set(found.tables["priorities"]["unit"]) == {f"{unit} {wording.join(MARKS[language])}"}
        caption = next(figure.caption for figure in found.document().figures)
        assert wording in caption
        assert unit in caption


def test_a_view_that_is_ahead_of_others_not_ruled_out_is_not_called_the_best():
    labels = Labels(sx.instrument("customer-core"), "en")
    rows = [("full", "holds", 0.7), ("direct", "doubtful", 0.2), ("pyramid", "fails", 0.1)]
    table = pd.DataFrame(rows, columns=["model", "outcome", "bic_weight"]).assign(equivalent="", verdict="")
    setting = SimpleNamespace(labels=labels)
    facts = _view(setting, SimpleNamespace(kind="full", rivals=table))
    assert [fact.key for fact in facts] == ["view_ahead", "view_undecided"]
    assert sentence(facts[1], labels) == "The answers do not rule out “excellence itself makes loyal”."
    clear = table.assign(outcome=["holds", "fails", "fails"])
    assert [fact.key for fact in _view(setting, SimpleNamespace(kind="full", rivals=clear))] == ["view_best"]


def test_costs_that_decide_the_order_are_said_and_what_has_no_place_in_it():
    ranks = {"core": (1.0, 1.0), "valued": (2.0, np.nan), "joy": (np.nan, np.nan)}
    frame = pd.DataFrame([{"construct": name, "gain": gain, "rank": rank} for name, (gain, rank) in ranks.items()])
    labels = SimpleNamespace(several=list)
    said = costs_said(SimpleNamespace(cost={"core": 1.0, "valued": 0.0}, labels=labels), frame)
    assert [fact.key for fact in said] == ["by_cost", "unpriced"]
    assert filled_text("en", "unpriced", said[1].values).endswith("is given: valued.")
    assert not costs_said(SimpleNamespace(cost=None, labels=labels), frame)


def test_a_check_that_names_no_rows_is_refused():
    with pytest.raises(OptionError, match="speedy"):
        sx.answer(only(some(rows=30), ["loyalty"]), without=["speedy"])


def test_two_languages_say_the_same_with_the_same_values():
    english, german = catalogue("en"), catalogue("de")

    def places(text):
        return {part.split("}")[0].split(":")[0] for part in text.split("{")[1:]}

    for part in set(english) - {"words", "cells", "columns", "heads"}:
        assert english[part].keys() == german[part].keys(), part
        assert not [key for key in english[part] if places(english[part][key]) != places(german[part][key])], part


def test_links_of_groups_are_those_of_path_differences_and_page_one_keeps_its_limits(found):
    frame = found.tables["path_differences"]
    kept = only(some(), SHORT)
    model, fitting = found.material["chain"].model, sx.Fitting(estimator="MLR", missing="fiml")
    alone = sx.path_differences(model, kept, group="brand", partial=True, fitting=fitting)
    assert frame["path_difference"].tolist() == pytest.approx(alone["path_difference"].tolist(), abs=1e-8)
    assert any("link" in text.lower() for text in texts(found, "whom")[1:])
    assert found.page_one[-1].question == "limits"


def test_figures_that_managers_follow_are_those_of_kpis_or_have_their_reason(found):
    frame = found.tables["kpis"]
    alone = sx.kpis(only(some(), SHORT), by="brand")
    assert frame["est"].tolist() == pytest.approx(alone[alone["est"].notna()]["est"].tolist())
    told = " ".join(texts(found, "today"))
    assert "gave one of the two best answers" in told
    assert "Net promoter score (answered on 1 to 7; the NPS takes 0 to 10)" in told


def test_checks_of_direction_are_those_of_the_fit_and_missing_ones_have_their_reason(found):
    frame, results = found.tables["direction"], found.material["chain"]
    assert frame["path"].unique().tolist() == [
        "Service excellence → Customer delight", "Customer delight → Loyalty", "Loyalty → Customer-level success",
    ]  # fmt: skip
    alone = direction_as_fitted(results, "loyalty", "success").checks
    last = frame[frame["path"] == "Loyalty → Customer-level success"]
    assert last["detail"].tolist()[2:] == [found.labels.text(text) for text in alone["detail"][2:]]
    whole = sx.direction(results, "loyalty", "success").checks
    assert whole["detail"][2].startswith(alone["detail"][2])
    waves = frame[frame["check"] == "waves"]
    assert set(zip(waves["outcome"], waves["note"], strict=True)) == {
        ("not computable", "nobody was asked more than once")
    }
    said = next(text for text in found.limits if text.startswith("Which way"))
    doubted = frame[frame["outcome"].isin(["fails", "doubtful"])]["path"]
    assert all(path in said for path in doubted)
    assert "instruments, hidden causes and independences" in said


def test_without_a_key_link_nothing_is_said_of_direction():
    asked = sx.answer(only(some(rows=200), ["core", "satisfaction"]), group="")
    assert "direction" not in asked.tables
    assert not any(text.startswith("Which way") for text in asked.limits)


COUNTED = (  # what is counted in sentences, in the plural, parted as patterns are
    "questionnaires|respondents|questions|topics|links|comparisons|clusters|points|items|rows|"
    "Antwortbögen|Fragen|Themen|Verbindungen|Vergleiche|Punkte|Zeilen|Ziehungen|Stichproben|Felder|Sekunden"
)
PLURAL = re.compile(
    rf"\b(?<![-–])1 (?:{COUNTED})\b|\b1 (?:of|von) \d+ \w+ (?:are|were|sind|wurden)\b|\b(?:[Aa]lle?) 1\b"
)
NEVER_ONE = {
    "measured_some",
    "measured_some_poor",
    "links_some",
    "view_tied",
    "links_all",
    "links_all_poor",
    "links_some_poor",
    "clusters",
}  # of more than one, or with a form of their own


@pytest.mark.parametrize("language", ["en", "de"])
def test_no_message_counts_one_of_something_in_the_plural(language):
    known = catalogue(language)
    for part in ("sentences", "reasons", "figures"):
        for key, text in known[part].items():
            names = [found.split(":")[0] for found in re.findall(r"{(\w+[^}]*)}", text)]
            for every in (3,) if key in NEVER_ONE else (1, 3):
                values = dict.fromkeys(names, 1) | {"n": 1, "all": every, "names": ["joy"], "least": 5}
                told = filled_text(language, key, values, part)
                assert not PLURAL.search(told), told
    for english, _ in known.get("phrases", []):
        told = translated(re.sub(r"{\w+}", "1", english), language)
        assert " of " in english or " of {b} items" in english or not PLURAL.search(told), told


def test_an_answer_that_cannot_say_what_to_improve_says_so_on_page_one():
    answer = sx.answer(only(some(rows=200), ["surprise"]))
    assert answer.page_one[0].question == "next"
    assert answer.page_one[0].text.startswith("What to improve first cannot be told from these answers: ")


def test_a_topic_of_which_little_is_good_is_not_called_the_lowest():
    survey = only(some(rows=200), ["satisfaction", "loyalty"])
    often = (8 - survey.answers["sat1"]).clip(1, 7) * 0.4 + 0.6  # few complaints, and the fewer the more loyal
    part = sx.Construct("complaints", "Complaints", (sx.Item("often", "Has complained", sx.ResponseScale("s", 1, 7)),))
    frame = survey.answers.assign(often=often.round())
    answer = sx.answer(sx.Survey.from_frame(frame, sx.Instrument((*survey.instrument.constructs, part))))
    told = texts(answer, "today")
    assert not any("lowest: Complaints" in text for text in told)
    assert "Low is good for Complaints: where it is higher, Loyalty is lower." in told
    names = [text.get_text() for text in answer.figures["today"].axes[0].texts if text.get_gid() == "name"]
    assert names[-1] == "Complaints (low is good)"
    assert names[0] in ("Satisfaction", "Loyalty")


def test_respondents_without_any_answer_are_not_said_to_be_used():
    survey = only(some(rows=200), ["satisfaction", "loyalty"])
    frame = survey.answers.copy()
    frame.loc[frame.index[:3], list(survey.items)] = np.nan
    answer = sx.answer(sx.Survey.from_frame(frame, survey.instrument), group="")
    assert texts(answer, "data")[0] == "197 of 200 questionnaires were used; 3 were left out: no answer at all (3)."
    flagged = [text for text in texts(answer, "data") if "possibly careless" in text]
    assert len(flagged) <= 1
    flags = sx.screen(answer.survey)
    rows = {row for rows in flags[flags["check"].isin(set(CARELESS) - {"no answers"})]["rows"] for row in rows}
    assert all(f"points at {len(rows)} possibly" in text or len(rows) == 1 for text in flagged)


def test_what_the_method_allows_for_is_not_advised(found):
    advice = found.tables["screening"].set_index("check")["advice"]
    assert advice["not normal"] == "allowed for: the estimator is robust (MLR)"
    assert not [text for text in advice if "=" in text]


def test_items_set_free_in_loadings_and_intercepts_are_named_and_those_in_residuals_are_not():
    from sexresearch.answering.stages.comparing_groups import _understood_apart

    steps = pd.DataFrame({"released": [(), ("satisfaction =~ sat1", "sat2 ~1"), ("sat3 ~~ sat3",)]})
    assert list(_understood_apart(steps)) == ["sat1", "sat2"]


def test_two_questions_of_one_wording_are_told_apart_by_their_topics():
    from sexresearch.answering.labels import Labels

    scale = sx.ResponseScale("s", 1, 5)
    long = "Overall satisfaction with all that we do (1 very dissatisfied, 5 very satisfied)"
    parts = [
        sx.Construct(name, label, (sx.Item(f"{name}1", "Places to eat", scale), sx.Item(f"{name}2", more, scale)))
        for name, label, more in (("offer", "Offer", long), ("clean", "Cleanliness", "Restrooms"))
    ]
    labels = Labels(sx.Instrument(tuple(parts)), "en")
    assert (labels.of("offer1"), labels.of("clean1")) == ("Places to eat (Offer)", "Places to eat (Cleanliness)")
    assert labels.quoted("offer2") == "“Overall satisfaction with all that we do”"


def test_page_one_keeps_what_is_wrong_with_the_answers_before_a_second_sentence_on_a_question(found):
    from sexresearch.answering.facts import Fact, unanswered

    lost = Fact("constructs_lost", {"names": ["Feeling valued"]}, first=True)
    parts = [replace(p, facts=(lost, *p.facts)) if p.question == "data" else p for p in found.parts]
    told = replace(found, parts=tuple(parts)).page_one
    assert len(told) == PAGE_ONE
    assert any(sentence.text.startswith("Feeling valued could not be analysed") for sentence in told)
    silent = [unanswered("next", "no_chain") if p.question == "next" else p for p in parts]
    assert [sentence.question for sentence in replace(found, parts=tuple(silent)).page_one[:2]] == ["next", "data"]


def test_no_limit_of_a_share_passes_one_and_what_was_cut_says_so():
    survey = sx.datasets.load("service_excellence_demo")
    names = ("satisfaction", "loyalty")
    kept = sx.Instrument(tuple(part for part in survey.instrument.constructs if part.name in names))
    items = [item.name for item in kept.items]
    answers = survey.answers[items].head(12)
    table = sx.answer(sx.Survey.from_frame(_as_recorded(kept, answers), kept)).tables["measurement"]
    limits = table[[name for name in table if name.endswith("_ci_upper")]]
    assert float(limits.max().max()) <= 1
    cut = (limits == 1).any(axis=1)
    assert cut.any()
    assert (table["note"] != "").tolist() == cut.tolist()


def _as_recorded(kept, answers):
    """The answers as a file has them, reversed items not yet turned."""
    turned = [item for item in kept.items if item.reverse]
    return answers.assign(**{item.name: item.scale.lowest + item.scale.highest - answers[item.name] for item in turned})


def batteries():
    """Two topics of six questions in halves, each topic on a scale of its own, some rows with one answer throughout.

    The halves go together, so that each topic is reliable, yet one factor a topic does not fit. Twenty rows give one
    answer to the first six questions, five of them to the last six also.
    """
    draw = np.random.default_rng(SEED)
    topics = draw.normal(size=(ROWS, 2))
    halves = 0.8 * np.repeat(topics, 2, axis=1) + 0.6 * draw.normal(size=(ROWS, 4))
    answers = np.repeat(halves, 3, axis=1) + 0.4 * draw.normal(size=(ROWS, 12))
    whole = np.clip(np.round(4 + 1.2 * answers), 1, 7)
    whole[:20, :6], whole[:5, 6:] = 5, 5
    names = [f"q{number}" for number in range(12)]
    scales = [sx.ResponseScale(name, 1, 7) for name in ("first", "last")]
    items = tuple(sx.Item(name, name, scales[number // 6]) for number, name in enumerate(names))
    parts = (sx.Construct("a", "Topic a", items[:6]), sx.Construct("b", "Topic b", items[6:]))
    return sx.Survey.from_frame(pd.DataFrame(whole, columns=names), sx.Instrument(parts))


def test_signs_of_carelessness_are_counted_by_how_many_and_topics_that_fit_poorly_together_are_doubted():
    survey = batteries()
    found, flags = sx.answer(survey), sx.screen(survey)
    signs = pd.Series([row for rows in flags[flags["check"].isin(CARELESS)]["rows"] for row in rows]).value_counts()
    several = int((signs > 1).sum())
    assert several >= 5
    assert f"points at {len(signs)} possibly careless" in texts(found, "data")[1]
    assert f", {several} of them (" in texts(found, "data")[1]
    shown = found.tables["screening"].query("check == 'one answer throughout'")
    assert set(shown["where"]) == {"Topic a", "Topic b"}
    assert found.tables["measurement"]["outcome"].eq("holds").all()
    assert texts(found, "measured")[0] == filled_text("en", "measured_all_poor", {"n": 2, "all": 2})


def test_differences_of_more_than_two_groups_are_those_from_one_of_them(found):
    means = found.tables["means"]
    assert (means["group"].nunique(), means["against"].nunique()) == (2, 1)
    start = f"The largest difference from {means['against'].iloc[0]}: "
    assert any(text.startswith(start) for text in texts(found, "whom"))
