"""Facts: what an answer says, as data; sentences are made of them in the language of the reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import pandas as pd

from sexresearch.verdict import Verdict

Question = Literal["data", "today", "measured", "chain", "whom", "next", "limits"]
QUESTIONS = get_args(Question)


@dataclass(frozen=True)
class Fact:
    """One thing to be said.

    key : of its sentence in the catalogues. values : what the sentence is filled with: numbers, names, lists of names.
    verdicts : what it was judged by. first : whether it stands on page one.
    """

    key: str
    values: Mapping[str, object] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()
    first: bool = False


@dataclass(frozen=True)
class Sentence:
    """One sentence of an answer.

    question : it belongs to. verdicts : behind it. first : whether it stands on page one. stated : names of the values
    that its text states, as in `Fact`.
    """

    question: Question
    text: str
    verdicts: tuple[Verdict, ...] = ()
    first: bool = False
    stated: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class AnswerPart:
    """The answer to one question: what is said, the tables behind it, and what figures are drawn from.

    grounds : verdicts on what its sentences rest on, as `grounds` names it.
    """

    question: Question
    facts: tuple[Fact, ...] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    material: Mapping[str, object] = field(default_factory=dict)
    grounds: Mapping[str, tuple[Verdict, ...]] = field(default_factory=dict)


def unanswered(question: Question, reason: str) -> AnswerPart:
    """A part that could not be answered, and why.

    >>> unanswered("whom", "there is one group").facts[0].values["reason"]
    'there is one group'
    """
    sentence = reason.strip().rstrip(".")
    return AnswerPart(question, (silent(question, sentence),))


def silent(question: Question, reason: str) -> Fact:
    """The fact that a question has no answer; what to do next is said to be open on page one."""
    first = question == "next"
    return Fact("unanswered_next" if first else "unanswered", {"question": question, "reason": reason}, first=first)
