"""The questionnaire as a text file in Qualtrics' advanced format, which its survey import reads (.txt)."""

from __future__ import annotations

from collections.abc import Sequence

from sexresearch.survey.fielding.questions import (
    AnswerOption,
    Battery,
    batteries,
    field_choices,
    is_answered,
    usable_names,
)
from sexresearch.survey.parts import Construct, Field

NAME = "A-Za-z0-9_"
CHOICE, TEXT = "MC:SingleAnswer:Horizontal", "TE:SingleLine"


def qualtrics(title: str, constructs: Sequence[Construct], fields: Sequence[Field], language: str) -> bytes:
    """The text: a block per battery, a question per item, whose identifier becomes the name of its column.

    Answers show their code before their words, so that exports of codes and of words are read alike; fields that
    nobody answers are embedded data.
    """
    parts = batteries(constructs)
    headers = [item.header for battery in parts for item in battery.items] + [field.name for field in fields]
    names = usable_names(headers, NAME, 60)
    texts = ["[[AdvancedFormat]]", *(f"[[ED:{names[field.name]}]]" for field in fields if not is_answered(field))]
    for place, battery in enumerate(parts, start=1):
        texts += [f"[[Block:{place}]]", *_battery(battery, names)]
    questions = [field for field in fields if is_answered(field)]
    texts += [f"[[Block:{len(parts) + 1}]]"] * bool(questions)
    texts += [_question(names[field.name], field.label or field.name, field_choices(field)) for field in questions]
    return ("\n\n".join(texts) + "\n").encode()


def _battery(battery: Battery, names: dict[str, str]) -> list[str]:
    return [_question(names[item.header], item.wording, battery.choices) for item in battery.items]


def _question(name: str, wording: str, choices: Sequence[AnswerOption]) -> str:
    head = f"[[Question:{CHOICE if choices else TEXT}]]\n[[ID:{name}]]\n{_plain(wording)}"
    answers = [f"[[Choice:{choice.code}]]\n{_plain(choice.shown)}" for choice in choices]
    return "\n".join([head, *(["[[AdvancedChoices]]", *answers] if answers else [])])


def _plain(text: str) -> str:
    """The text on one line, without brackets that Qualtrics would take for its own marks."""
    return " ".join(text.split()).replace("[[", "[ [").replace("]]", "] ]")
