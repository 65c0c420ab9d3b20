"""Answers given as words: which code of a response scale a text stands for, or that there is no answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from sexresearch.survey.marks import bare, numbers, written
from sexresearch.survey.noanswer import Because, is_no_answer
from sexresearch.survey.parts import ResponseScale
from sexresearch.survey.spelling import folded, plain

TRUTH = {"false": 0.0, "true": 1.0}
CODE = r"[+-]?\d+(?:[.,]\d+)?"
LEADING = re.compile(rf"[(\[]?({CODE})(?:[)\]]\s*[-:=.]?|\s*[-:=/]|\.|\s)\s*([^\d\s\-:=./)\]].*)")
TRAILING = re.compile(rf"(.*\S)\s*[(\[]({CODE})[)\]]")
BEHIND = re.compile(rf"(.*[^\W\d])(?:\s+-|\s*[:=])\s*({CODE})")
BLANK_ONLY = re.compile(rf"{CODE} [^-:=.)\]].*")
MONTH = re.compile(r"(jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-z]{0,6}\.?\b.*")
LETTERED = re.compile(r"([A-Za-z]{1,3})_?0*(\d{1,2})")


@dataclass(frozen=True)
class Words:
    """Texts of one item, read.

    `codes` are the answers; `no_answer` the texts that count as none, and why; `wrong` what cannot be read, with a
    reason where there is more to say than that; `notes` what was decided.
    """

    codes: Mapping[str, float] = field(default_factory=dict)
    no_answer: Mapping[str, Because] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_words(texts: Iterable[str], scale: ResponseScale) -> Words:
    """What each text means on a scale.

    In this order: a number; a missing word of the scale; a label as written, then whatever its case; true and false;
    a code before or behind a label ("5 - Agree", "Agree (5)"); the usual words of no answer; LimeSurvey's answer
    codes (A1, A2, …) of a scale that begins at 1.

    >>> five = ResponseScale("five", 1, 5, labels=((1, "No"), (5, "Yes")), missing=("pass",))
    >>> words = read_words(["YES", "1 - No", "Pass", "weiß nicht", "maybe"], five)
    >>> words.codes, list(words.no_answer), list(words.wrong)
    ({'YES': 5.0, '1 - No': 1.0}, ['Pass', 'weiß nicht'], ['maybe'])
    """
    distinct = list(dict.fromkeys(texts))
    codes, notes = _numeric(distinct, scale), []
    no_answer: dict[str, Because] = {}
    wrong, loose = {}, {}
    labels, missing = _labels(scale), {folded(word) for word in scale.missing if isinstance(word, str)}
    for text in (text for text in distinct if text not in codes):
        meant = _labelled(text, labels)
        if folded(text) in missing:
            no_answer[text] = "declared missing"
        elif len(meant) == 1:
            codes[text] = meant.pop()
        elif meant:
            wrong[text] = f"fits the labels of {' and '.join(f'{code:g}' for code in sorted(meant))}"
        elif folded(text) in TRUTH:
            codes[text] = TRUTH[folded(text)]
        elif _coded(text):
            loose[text] = _coded(text)
        elif is_no_answer(text):
            no_answer[text] = "a usual word of no answer"
        else:
            wrong[text] = ""
    unconfirmed = _by_code(loose, scale, labels, codes, no_answer, wrong)
    if unconfirmed:
        notes.append(f"texts such as '{unconfirmed[0]}' are read by the code in them")
    lettered = _lettered([text for text, why in wrong.items() if not why], scale)
    if lettered:
        codes |= lettered
        wrong = {text: why for text, why in wrong.items() if text not in lettered}
        shown = list(lettered)
        notes.append(f"the answer codes {', '.join(sorted(shown)[:5])} are read as the numbers in them")
    return Words(codes, no_answer, wrong, tuple(notes))


def _numeric(texts: list[str], scale: ResponseScale) -> dict[str, float]:
    if not texts:
        return {}
    plainly = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce")
    plain_codes = {text: float(value) for text, value in zip(texts, plainly, strict=True) if not np.isnan(value)}
    rest = [text for text in texts if text not in plain_codes and bare([text])]
    split = bare(rest)
    if not rest or split is None:
        return plain_codes
    marks = written(split[0])
    values = None if marks.open or marks.clash else numbers(split[0], marks.decimal, marks.thousands)
    if values is None:
        return plain_codes
    share = [0.01 if sign == "%" and scale.highest <= 1 else 1.0 for sign in split[1]]
    return plain_codes | {text: value * part for text, value, part in zip(rest, values, share, strict=True)}


def _labels(scale: ResponseScale) -> tuple[dict[str, set[float]], dict[str, set[float]]]:
    exact: dict[str, set[float]] = {}
    alike: dict[str, set[float]] = {}
    for code, label in scale.labels:
        exact.setdefault(plain(label), set()).add(float(code))
        alike.setdefault(folded(label), set()).add(float(code))
    return exact, alike


def _labelled(text: str, labels: tuple[dict[str, set[float]], dict[str, set[float]]]) -> set[float]:
    exact, alike = labels
    return set(exact.get(plain(text)) or alike.get(folded(text)) or ())


def _coded(text: str) -> tuple[float, str] | None:
    match = LEADING.fullmatch(plain(text))
    code, rest = match.groups() if match else ("", "")
    if not match:
        behind = TRAILING.fullmatch(plain(text)) or BEHIND.fullmatch(plain(text))
        rest, code = behind.groups() if behind else ("", "")
    if not code or MONTH.fullmatch(folded(rest)):
        return None
    return float(code.replace(",", ".")), rest


def _by_code(
    loose: dict[str, tuple[float, str] | None],
    scale: ResponseScale,
    labels: tuple[dict[str, set[float]], dict[str, set[float]]],
    codes: dict[str, float],
    no_answer: dict[str, Because],
    wrong: dict[str, str],
) -> list[str]:
    """Sorts texts that hold a code into answers, no answers and wrong ones; those whose label is not the scale's."""
    unconfirmed = []
    pairs = {text: pair for text, pair in loose.items() if pair}
    whole = not wrong and len({code for code, _ in pairs.values()}) == len({folded(rest) for _, rest in pairs.values()})
    for text, (code, rest) in pairs.items():
        meant = _labelled(rest, labels)
        if code in scale.missing:
            no_answer[text] = "declared missing"
        elif meant and code not in meant:
            other = f"{min(meant):g}"
            wrong[text] = f"begins with {code:g}, but that label belongs to {other} in the questionnaire"
        elif is_no_answer(rest) and not meant:
            no_answer[text] = "a usual word of no answer"
        elif meant or whole or not BLANK_ONLY.fullmatch(plain(text)):
            codes[text] = code
            unconfirmed += [] if meant else [text]
        else:
            wrong[text] = ""
    return unconfirmed


def _lettered(texts: list[str], scale: ResponseScale) -> dict[str, float]:
    matches = {text: match for text in texts if (match := LETTERED.fullmatch(text.strip()))}
    letters = {match.group(1) for match in matches.values()}
    values = {text: float(match.group(2)) for text, match in matches.items()}
    fits = all(scale.lowest <= value <= scale.highest for value in values.values())
    return values if len(letters) == 1 and scale.lowest == 1 and fits and scale.whole else {}
