"""The parts of a questionnaire: response scales, items, constructs and the other columns of a survey file."""

from __future__ import annotations

from dataclasses import dataclass

from sexresearch.arguments import worded

ROLES = ("id", "group", "cluster", "weight", "other")


@worded
@dataclass(frozen=True)
class ResponseScale:
    """The answers a respondent can give: codes from `lowest` to `highest`.

    `labels` are (code, text) pairs for all codes or only the ends. `missing` are the codes and words that stand for
    no answer; such a code may have a label too. `whole` is False for sliders, percentages and amounts, where any
    number in the range is an answer.

    >>> ends = ((1, "strongly disagree"), (7, "strongly agree"))
    >>> ResponseScale("agree7", 1, 7, labels=ends, missing=(99,)).categories
    7
    """

    name: str
    lowest: float
    highest: float
    labels: tuple[tuple[float, str], ...] = ()
    missing: tuple[float | str, ...] = ()
    whole: bool = True

    @property
    def categories(self) -> int | None:
        """How many answers the scale offers; None where any number in the range is an answer."""
        return int(self.highest - self.lowest) + 1 if self.whole else None


@worded
@dataclass(frozen=True)
class Item:
    """One question of the questionnaire, answered on one scale.

    `name` is the item's name in models and tables, `column` its header in the survey file where that differs.
    `reverse` marks a wording where a high answer means a low value of the construct; `Survey` gives the rule.

    >>> Item("sat1", "How satisfied are you overall?", ResponseScale("ten", 1, 10)).header
    'sat1'
    """

    name: str
    wording: str
    scale: ResponseScale
    reverse: bool = False
    column: str = ""

    @property
    def header(self) -> str:
        """The header of the item's column in the survey file."""
        return self.column or self.name


@worded
@dataclass(frozen=True)
class Construct:
    """A concept that is measured by one or more items, such as customer delight.

    `node` links it to a node or level of the effect chain by the identifier `sexresearch.standard` uses.

    >>> item = Item("sat1", "How satisfied are you overall?", ResponseScale("ten", 1, 10))
    >>> Construct("satisfaction", "Satisfaction", (item,)).items[0].name
    'sat1'
    """

    name: str
    label: str
    items: tuple[Item, ...]
    definition: str = ""
    node: str = ""


@worded
@dataclass(frozen=True)
class Field:
    """A column of the survey file that is not an item: respondent number, brand, branch, weight.

    `role` is one of id, group, cluster, weight, other. `labels` are (code, text) pairs, the code written as
    in the file: where given, the survey holds the texts, and a code without a text is an error.

    >>> Field("brand", "Brand position", "group", labels=(("1", "premium"), ("2", "luxury"))).role
    'group'
    """

    name: str
    label: str = ""
    role: str = "other"
    labels: tuple[tuple[str, str], ...] = ()
