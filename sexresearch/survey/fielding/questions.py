"""What respondents are asked: batteries of items on one scale, single amounts, and the fields of the file."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sexresearch.survey.parts import Construct, Field, Item, ResponseScale

MOST_CHOICES = 11  # scales with more answers ask for a number
ASKED_ROLES = ("group", "other")  # the other roles are filled in by who runs the survey


@dataclass(frozen=True)
class AnswerOption:
    """One answer: its code in the file, and its words; the code itself where it has none."""

    code: str
    words: str

    @property
    def shown(self) -> str:
        """Code and words, so that the answer can be read by its code where an export holds only words."""
        return self.code if self.words == self.code else f"{self.code} - {self.words}"


@dataclass(frozen=True)
class Battery:
    """Items that are answered on one scale, and its choices; none where a number is asked for."""

    items: tuple[Item, ...]
    choices: tuple[AnswerOption, ...]
    scale: ResponseScale


def batteries(constructs: Sequence[Construct]) -> tuple[Battery, ...]:
    """Neighbouring items of one construct and scale together; no respondent sees the construct's name.

    >>> scale = ResponseScale("five", 1, 5, labels=((1, "no"), (5, "yes")))
    >>> items = (Item("a", "One?", scale), Item("b", "Two?", scale))
    >>> [len(battery.items) for battery in batteries((Construct("c", "C", items),))]
    [2]
    """
    groups = []
    for construct in constructs:
        for scale, items in groupby(construct.items, key=lambda item: item.scale):
            groups.append(Battery(tuple(items), choices_of(scale), scale))
    return tuple(groups)


def choices_of(scale: ResponseScale) -> tuple[AnswerOption, ...]:
    """The answers of a scale in order, and behind them the codes of no answer that have words.

    >>> scale = ResponseScale("three", 1, 3, labels=((1, "no"), (9, "unsure")), missing=(9,))
    >>> [choice.shown for choice in choices_of(scale)]
    ['1 - no', '2', '3', '9 - unsure']
    """
    if scale.categories is None or scale.categories > MOST_CHOICES:
        return ()
    words = {float(code): text for code, text in scale.labels}
    codes = [scale.lowest + step for step in range(scale.categories)]
    none = [float(code) for code in scale.missing if not isinstance(code, str) and float(code) in words]
    return tuple(AnswerOption(f"{code:g}", words.get(code, f"{code:g}")) for code in (*codes, *none))


def field_choices(field: Field) -> tuple[AnswerOption, ...]:
    """The answers of a field with labels; none where a text is asked for."""
    return tuple(AnswerOption(code, text) for code, text in field.labels)


def is_answered(field: Field) -> bool:
    """Whether respondents fill in the field."""
    return field.role in ASKED_ROLES


def usable_names(headers: Sequence[str], allowed: str, longest: int) -> dict[str, str]:
    """Header → a name that a platform takes: only the allowed characters, a letter first, none twice.

    >>> usable_names(["cust_del", "cust-del", "7up"], "A-Za-z0-9", 20)
    {'cust_del': 'custdel', 'cust-del': 'custdel2', '7up': 'q7up'}
    """
    names: dict[str, str] = {}
    for header in headers:
        name = re.sub(f"[^{allowed}]", "", header)
        name = (name if name[:1].isalpha() else f"q{name}")[:longest]
        taken, number = set(names.values()), 2
        while name in taken:
            name, number = f"{re.sub('[0-9]+$', '', name)[: longest - 3]}{number}", number + 1
        names[header] = name
    return names


def number_limits(scale: ResponseScale) -> tuple[str, str]:
    """Lowest and highest number of a scale as text, empty where there is no limit."""
    low, high = ("" if math.isinf(limit) else f"{limit:g}" for limit in (scale.lowest, scale.highest))
    return low, high
