"""The response scale a column is most likely answered on: from its answers, its labels and what its question says."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from sexresearch.survey.drafting.label_order import label_rank
from sexresearch.survey.noanswer import is_no_answer
from sexresearch.survey.parts import ResponseScale
from sexresearch.survey.spelling import folded

LOWEST = -3  # codes of a rating scale begin no lower
LARGEST = 11  # codes of a rating scale reach no further
SLIDER = 100  # where sliders end
USUAL = (2, 3, 4, 5, 6, 7, 10, 11)  # highest codes that scales end at
SEEN_OFTEN = 100  # answers from which on the highest code is taken as it is
ENDS = re.compile(
    r"\(?\s*(\d{1,3})\s*[=:–-]?\s*([^\d(),;=]+?)\s*(?:,|;|\.\.\.|…|bis|to|/|\s-\s)+\s*(\d{1,3})\s*[=:–-]?\s*([^\d(),;=]+?)\s*\)"
)


@dataclass(frozen=True)
class AnswerShape:
    """What the answers of one column or battery look like: lowest and highest code, how many, labels."""

    lowest: float
    highest: float
    count: int
    labels: Mapping[float, str] = field(default_factory=dict)


def question_ends(wording: str) -> dict[float, str]:
    """The ends of the scale as a question names them, by code.

    >>> question_ends("How satisfied are you (1 = not at all, 10 = completely)?")
    {1.0: 'not at all', 10.0: 'completely'}
    """
    match = ENDS.search(wording)
    if not match:
        return {}
    low, first, high, last = match.groups()
    return {float(low): first.strip(), float(high): last.strip()} if float(low) < float(high) else {}


def is_rating(codes: pd.Series) -> bool:
    """Whether numbers can be answers on a rating scale: whole, few, and not all alike.

    >>> is_rating(pd.Series([1.0, 4, 5])), is_rating(pd.Series([1.0, 4.5])), is_rating(pd.Series([1200.0, 90]))
    (True, False, False)
    """
    filled = codes.dropna()
    if filled.empty or not bool((filled == filled.round()).all()):
        return False
    low, high = float(filled.min()), float(filled.max())
    return low >= LOWEST and high <= LARGEST and filled.nunique() >= 3


def scale_of(answers: AnswerShape, wordings: Iterable[str], name: str) -> ResponseScale:
    """The scale of one column or battery; its highest code where few answered is the next usual one.

    >>> scale_of(AnswerShape(1, 4, 12), ["How good?"], "s")
    ResponseScale(name='s', lowest=1, highest=5, labels=(), missing=(), whole=True)
    """
    if answers.highest > LARGEST:
        return ResponseScale(name, 0, SLIDER, whole=False)
    ends = next((stated for wording in wordings if (stated := question_ends(wording))), {})
    labels = {**ends, **answers.labels} if _fits(ends, answers) else dict(answers.labels)
    low = min([min(answers.lowest, 1.0), *labels])
    high = max([_highest(answers, low), *labels])
    pairs = tuple(sorted((code, text) for code, text in labels.items()))
    return ResponseScale(name, _plain(low), _plain(high), pairs)


def scale_name(scale: ResponseScale, taken: Collection[str]) -> str:
    """A name that says what the scale is, not taken by another one.

    >>> scale_name(ResponseScale("", 1, 7), ["from1to7"])
    'from1to7_b'
    """
    base = f"from{scale.lowest:g}to{scale.highest:g}".replace("-", "minus").replace(".", "_")
    base = "amount" if scale.highest == float("inf") else base
    names = [base, *(f"{base}_{letter}" for letter in "bcdefghijklmnopqrstuvwxyz")]
    return next((name for name in names if name not in taken), f"{base}_{len(taken)}")


def no_answer_labels(labels: Mapping[float, str]) -> dict[float, str]:
    """Codes whose label says that there is no answer.

    >>> no_answer_labels({1.0: "bad", 9.0: "don't know"})
    {9.0: "don't know"}
    """
    return {code: text for code, text in labels.items() if is_no_answer(text) or _never_used(text)}


def falls(labels: Sequence[tuple[float, str]]) -> bool:
    """Whether higher codes mean less, as far as the labels tell.

    >>> falls([(1, "fully agree"), (5, "fully disagree")])
    True
    """
    ranks = [rank for _, text in sorted(labels) if (rank := label_rank(text)) is not None]
    return len(ranks) > 1 and ranks[0] > ranks[-1]


def _never_used(text: str) -> bool:
    return bool(re.search(r"never used|not used|did not use|nie genutzt|nicht genutzt|not applicable", folded(text)))


def _fits(ends: Mapping[float, str], answers: AnswerShape) -> bool:
    return bool(ends) and min(ends) <= answers.lowest and answers.highest <= max(ends) <= 2 * LARGEST


def _highest(answers: AnswerShape, low: float) -> float:
    high = answers.highest
    if answers.count >= SEEN_OFTEN and high not in (8, 9):
        return high
    if low < 0:
        return max(high, -low)
    usual = [5.0, 7.0, 10.0, 11.0] if answers.count < SEEN_OFTEN else [float(code) for code in USUAL]
    return next((code for code in usual if code >= high), high)


def _plain(value: float) -> float:
    return int(value) if float(value).is_integer() else value
