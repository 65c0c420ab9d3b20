"""The questionnaire as LimeSurvey's tab-separated survey structure, which it imports (.txt)."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from sexresearch.survey.fielding.questions import (
    AnswerOption,
    Battery,
    batteries,
    field_choices,
    is_answered,
    number_limits,
    usable_names,
)
from sexresearch.survey.parts import Construct, Field

COLUMNS: tuple[str, ...] = (
    "class",
    "type/scale",
    "name",
    "relevance",
    "text",
    "help",
    "language",
    "validation",
    "mandatory",
    "other",
)
COLUMNS += ("default", "same_default", "hidden", "min_num_value_n", "max_num_value_n", "num_value_int_only")
SHORT_TEXT, NUMBER, LIST, ARRAY = "S", "N", "L", "F"
Row = dict[str, str]


def limesurvey(title: str, constructs: Sequence[Construct], fields: Sequence[Field], language: str) -> bytes:
    """The structure as text: survey, groups, questions, subquestions, answers, one row each.

    Batteries are arrays whose subquestions carry the items' names without signs, as LimeSurvey allows letters and
    digits only; answer codes are the codes of the scale.
    """
    parts = batteries(constructs)
    headers = [item.header for battery in parts for item in battery.items] + [field.name for field in fields]
    names = usable_names(headers, "A-Za-z0-9", 20)
    rows = [_row("S", name="language", text=language), _row("S", name="format", text="G")]
    rows.append(_row("SL", name="surveyls_title", text=title or "Questionnaire", language=language))
    for place, battery in enumerate(parts, start=1):
        rows.append(_row("G", name=str(place), relevance="1", language=language))
        rows += _battery(battery, place, names, language)
    if fields:
        rows.append(_row("G", name=str(len(parts) + 1), relevance="1", language=language))
        rows += [row for field in fields for row in _field(field, names, language)]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, restval="", delimiter="\t", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def _row(line: str, name: str, text: str = "", language: str = "", kind: str = "", relevance: str = "") -> Row:
    cells = {"type/scale": kind, "name": name, "text": text, "language": language, "relevance": relevance}
    return {"class": line, **cells}


def _question(kind: str, name: str, text: str, language: str) -> Row:
    return _row("Q", name, text, language, kind, relevance="1") | {"mandatory": "N", "other": "N"}


def _battery(battery: Battery, place: int, names: dict[str, str], language: str) -> list[Row]:
    if not battery.choices:
        low, high = number_limits(battery.scale)
        limits = {"min_num_value_n": low, "max_num_value_n": high}
        limits["num_value_int_only"] = "1" if battery.scale.whole else "0"
        return [_question(NUMBER, names[item.header], item.wording, language) | limits for item in battery.items]
    answers = _answers(battery.choices, language)
    if len(battery.items) == 1:
        item = battery.items[0]
        return [_question(LIST, names[item.header], item.wording, language), *answers]
    inside = [
        _row("SQ", kind="0", name=names[item.header], text=item.wording, language=language) for item in battery.items
    ]
    return [_question(ARRAY, f"part{place}", "", language), *inside, *answers]


def _field(field: Field, names: dict[str, str], language: str) -> list[Row]:
    choices, label = field_choices(field), field.label or field.name
    if not is_answered(field):
        return [_question(SHORT_TEXT, names[field.name], label, language) | {"hidden": "1"}]
    if not choices:
        return [_question(SHORT_TEXT, names[field.name], label, language)]
    return [_question(LIST, names[field.name], label, language), *_answers(choices, language)]


def _answers(choices: Sequence[AnswerOption], language: str) -> list[Row]:
    return [_row("A", kind="0", name=choice.code, text=choice.words, language=language) for choice in choices]
