"""The parts of a questionnaire: response scales, items, constructs and the other columns of a survey file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from sexresearch.arguments import worded

Role = Literal["id", "group", "cluster", "weight", "other"]
Respondent = Literal["customer", "employee", "manager", "record"]
ROLES, RESPONDENTS = get_args(Role), get_args(Respondent)


@worded
@dataclass(frozen=True)
class ResponseScale:
    """The answers a respondent can give: codes from lowest to highest.

    Parameters
    ----------
    name : str
        Name of the scale.
    lowest : float
        Lowest code.
    highest : float
        Highest code.
    labels : tuple of (float, str)
        Pairs of code and text, for all codes or only the ends.
    missing : tuple of float or str
        Codes and words that stand for no answer; such a code may have a label too.
    whole : bool
        False for sliders, percentages and amounts, where any number in the range is an answer.

    Examples
    --------
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

    Parameters
    ----------
    name : str
        The item's name in models and tables.
    wording : str
        The question as it is asked.
    scale : ResponseScale
        The answers it offers.
    reverse : bool
        A high answer means a low value of the construct; `Survey` gives the rule.
    column : str
        Header of its column in the survey file, where that is not its name.
    clause : str
        The clause of the standard it asks about, as in "7.1.2 a"; empty for that of its construct.
    respondent : str
        Who answers: "customer", "employee", "manager", or "record" for what the books say; empty where not said.
    source : str
        Where the idea of the question comes from.

    Examples
    --------
    >>> Item("sat1", "How satisfied are you overall?", ResponseScale("ten", 1, 10)).header
    'sat1'
    """

    name: str
    wording: str
    scale: ResponseScale
    reverse: bool = False
    column: str = ""
    clause: str = ""
    respondent: Respondent | Literal[""] = ""
    source: str = ""

    @property
    def header(self) -> str:
        """The header of the item's column in the survey file."""
        return self.column or self.name


@worded
@dataclass(frozen=True)
class Construct:
    """A concept that is measured by one or more items, such as customer delight.

    Parameters
    ----------
    name : str
        The construct's name in models and tables.
    label : str
        Its name in words.
    items : tuple of Item
        One or more, in the order of the questionnaire.
    definition : str
        What it means; empty where not said.
    node : str
        A node, level, dimension, element or sub-element by the identifier that `sexresearch.standard` uses; empty for
        none.

    Examples
    --------
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

    Parameters
    ----------
    name : str
        Name of the column.
    label : str
        Its name in words.
    role : {"id", "group", "cluster", "weight", "other"}
        What the column is for.
    labels : tuple of (str, str)
        Pairs of code, written as in the file, and text: where given, the survey holds the texts, and a code without a
        text is an error.
    missing : tuple of float or str
        Codes and words that stand for no answer.

    Examples
    --------
    >>> Field("brand", "Brand position", "group", labels=(("1", "premium"), ("2", "luxury"))).role
    'group'
    """

    name: str
    label: str = ""
    role: Role = "other"
    labels: tuple[tuple[str, str], ...] = ()
    missing: tuple[float | str, ...] = ()
