"""A questionnaire in several languages: read, written, translated, and answers read in each of its languages."""

import re
from dataclasses import replace

import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.datasets.bundled import path
from sexresearch.errors import InstrumentError, OptionError
from sexresearch.survey import Survey

CODEBOOK = """
title = "Guests"
language = "en"
[scales.agree]
lowest = 1
highest = 3
labels = ["disagree", "neither", "agree"]
[constructs.joy]
label = "Joy"
definition = "Being glad."
scale = "agree"
[constructs.joy.items]
joy1 = "I was glad."
joy2 = { wording = "I was bored.", reverse = true }
[fields]
city = "City"
brand = { label = "Brand", role = "group", labels = { 1 = "premium", 2 = "luxury" } }
"""
GERMAN = """
[translations.de]
title = "Gäste"
[translations.de.scales]
agree = ["stimme nicht zu", "weder noch", "stimme zu"]
[translations.de.constructs]
joy = { label = "Freude", definition = "Froh sein." }
[translations.de.items]
joy1 = "Ich war froh."
joy2 = "Mir war langweilig."
[translations.de.fields]
city = "Stadt"
brand = { label = "Marke", labels = { 1 = "Premium", 2 = "Luxus" } }
"""
FRENCH = '[translations.fr.items]\njoy1 = "J\'étais content."\n'
BUILT_IN = ["synthetic/service_excellence_demo", "synthetic/service_excellence_world", "synthetic/messy_client"]
BUILT_IN += ["raw/acsi_2015", "raw/mobi_ecsi"]


def both() -> sx.Instrument:
    return sx.Instrument.from_toml(CODEBOOK + GERMAN)


def test_every_text_is_there_in_both_languages():
    german = both().translated("de")
    part = german.construct("joy")
    assert (german.title, german.language, part.label, part.definition) == ("Gäste", "de", "Freude", "Froh sein.")
    assert [item.wording for item in part.items] == ["Ich war froh.", "Mir war langweilig."]
    assert part.items[0].scale.labels == ((1.0, "stimme nicht zu"), (2.0, "weder noch"), (3.0, "stimme zu"))
    assert [field.label for field in german.fields] == ["Stadt", "Marke"]
    assert german.fields[1].labels == (("1", "Premium"), ("2", "Luxus"))
    assert both().untranslated("de") == both().untranslated("en") == ()


def test_what_is_not_translated_stays_and_is_named():
    partly = sx.Instrument.from_toml(CODEBOOK + FRENCH)
    french = partly.translated("fr")
    assert [item.wording for item in french.items] == ["J'étais content.", "I was bored."]
    assert ("items", "joy2") in partly.untranslated("fr")
    assert ("items", "joy1") not in partly.untranslated("fr")
    assert partly.translated("de") == partly
    assert len(partly.untranslated("de")) == len(partly.untranslated("fr")) + 1


def test_a_questionnaire_that_does_not_say_its_language_is_left_as_it_is():
    plain = sx.Instrument.from_toml(CODEBOOK.replace('language = "en"', ""))
    assert plain.translated("de") == plain
    assert plain.untranslated("de") == ()


@pytest.mark.parametrize("text", [CODEBOOK, CODEBOOK + GERMAN, CODEBOOK + GERMAN + FRENCH])
def test_written_and_read_again_it_is_the_same(text):
    instrument = sx.Instrument.from_toml(text)
    assert sx.Instrument.from_toml(instrument.to_toml()) == instrument
    german = instrument.translated("de")
    assert german.translated("en") == instrument
    assert sx.Instrument.from_toml(german.to_toml()) == german


def test_fewer_constructs_are_written_with_their_own_translations_alone():
    demo = sx.Instrument.from_toml(path("data/synthetic/service_excellence_demo.toml"))
    fewer = replace(demo, constructs=demo.constructs[:2], fields=demo.fields[:1])
    again = sx.Instrument.from_toml(fewer.to_toml())
    assert again.translated("de").constructs == fewer.translated("de").constructs
    assert again.untranslated("de") == ()


@pytest.mark.parametrize("name", BUILT_IN)
def test_bundled_questionnaires_are_whole_in_german(name):
    instrument = sx.Instrument.from_toml(path(f"data/{name}.toml"))
    assert instrument.untranslated("de") == ()
    german = instrument.translated("de")
    same = [a.wording for a, b in zip(instrument.items, german.items, strict=True) if a.wording == b.wording]
    assert same == []


@pytest.mark.parametrize("kind", ["full", "customer-core", "employee", "pulse", "audit"])
def test_questionnaires_of_the_bank_carry_both_languages(kind):
    english = sx.instrument(kind)
    assert english.untranslated("de") == ()
    german = sx.instrument(kind, language="de")
    translated = english.translated("de")
    assert (translated.constructs, translated.title) == (german.constructs, german.title)


WRONG = {
    "the language is not said": (
        CODEBOOK.replace('language = "en"\n', "") + GERMAN,
        r'translations need the language of the other texts; write language = "en" at the top',
    ),
    "its own language": (CODEBOOK + GERMAN.replace(".de", ".en"), "'en': that is the language of the questionnaire"),
    "an item that is not there": (
        CODEBOOK + GERMAN.replace("joy2 =", "joy3 ="),
        r"line \d+: translation 'de': the questionnaire has no item 'joy3', joy\d perhaps; write joy\d = \"Mir",
    ),
    "a code that is not there": (
        CODEBOOK + GERMAN.replace('2 = "Luxus"', '3 = "Luxus"'),
        r"line \d+: translation 'de': the questionnaire has no field 'brand': labels 3",
    ),
    "a number": (CODEBOOK + GERMAN.replace('"Stadt"', "3"), "translation 'de': field 'city' must be text"),
    "an unknown key": (CODEBOOK + GERMAN.replace("de.items", "de.itmes"), "unknown key 'itmes', items perhaps"),
    "no table": (CODEBOOK.replace('language = "en"', 'language = "en"\ntranslations.de = "ja"'), "expected a table"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_translations_are_named_with_their_line(case):
    text, message = WRONG[case]
    with pytest.raises(InstrumentError, match=message):
        sx.Instrument.from_toml(text)


ANSWERS = {
    "codes": ([1, 3], [3, 1], [1, 2]),
    "English": (["disagree", "agree"], ["agree", "disagree"], ["premium", "luxury"]),
    "German": (["stimme nicht zu", "Stimme zu"], ["stimme zu", "stimme nicht zu"], ["Premium", "Luxus"]),
    "both mixed": (["disagree", "stimme zu"], ["stimme zu", "disagree"], ["premium", "Luxus"]),
    "German with codes": (["1 - stimme nicht zu", "3 - stimme zu"], ["stimme zu (3)", "stimme nicht zu (1)"], [1, 2]),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_answers_are_read_in_all_languages(case):
    first, second, brand = ANSWERS[case]
    frame = pd.DataFrame({"joy1": first, "joy2": second, "city": ["Bern", "Oslo"], "brand": brand})
    survey = Survey.from_frame(frame, both())
    assert survey.answers[["joy1", "joy2"]].to_numpy().tolist() == [[1, 1], [3, 3]]
    assert survey.answers["brand"].tolist() == ["premium", "luxury"]
    german = survey.translated("de")
    assert german.answers["brand"].tolist() == ["Premium", "Luxus"]
    assert german.origin == survey.origin
    assert german.translated("en").answers.equals(survey.answers)


def test_labels_of_a_file_in_the_other_language_agree_with_the_questionnaire(tmp_path):
    pyreadstat = pytest.importorskip("pyreadstat")
    labels = {1: "stimme nicht zu", 2: "weder noch", 3: "stimme zu"}
    frame = pd.DataFrame({"joy1": [1, 3], "joy2": [3, 1], "city": ["Bern", "Oslo"], "brand": [1, 2]})
    file = tmp_path / "clients.sav"
    pyreadstat.write_sav(frame, str(file), variable_value_labels={"joy1": labels, "joy2": labels})
    notes = sx.read_survey(file, both()).notes
    assert not [note for note in notes if "labels differ" in note]


def test_waves_keep_the_languages():
    frame = pd.DataFrame({"joy1": [1, 3], "joy2": [3, 1], "city": ["Bern", "Oslo"], "brand": [1, 2]})
    wave = Survey.from_frame(frame, both())
    joined = sx.join_waves({"2025": wave, "2026": wave}).translated("de")
    assert [field.label for field in joined.instrument.fields] == ["Stadt", "Marke", "Welle"]
    assert joined.answers["brand"].tolist() == ["Premium", "Luxus"] * 2


@pytest.mark.parametrize("kind", [("xlsform", "xlsx"), ("limesurvey", "txt"), ("qualtrics", "txt")])
def test_forms_ask_in_the_language_wanted(kind, tmp_path):
    name, suffix = kind
    file = both().export(tmp_path / f"form.{suffix}", kind=name, language="de")
    text = file.read_bytes().decode("utf-8", "replace") if suffix == "txt" else _cells(file)
    assert re.search("Ich war froh", text)
    assert "I was glad" not in text


def _cells(file) -> str:
    return "\n".join(str(frame) for frame in pd.read_excel(file, sheet_name=None, dtype=str).values())


@pytest.mark.parametrize("wrong", [3, None, ["de"]])
def test_a_language_is_a_text(wrong):
    for question in (both().translated, both().untranslated):
        with pytest.raises(OptionError, match="language takes a code"):
            question(wrong)
