"""Numbers written as text: decimal and thousands marks, percent and currency signs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

# Digits that are a name rather than a number: a leading zero, or more digits than a float can hold.
DIGITS_AS_NAME = re.compile(r"[+-]?0\d.*|\d{16,}")
MARKS = {".": "points", ",": "commas"}
GROUPING = " '"
CURRENCY = "[€$£¥]|EUR|USD|GBP|CHF"
AROUND = re.compile(rf"(?:{CURRENCY})?\s*([+-]?[\d.,][\d.,' ]*(?:[eE][+-]?\d+)?)\s*(%|{CURRENCY})?")
PLAIN_MARKS = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2019": "'", "\u2212": "-"})
# Not three digits behind the mark, a zero or four digits before it, or a grouping mark before it: it is decimal.
DECIMAL = {
    mark: re.compile(
        rf"[+-]?(?:\d*\{mark}(?:\d{{1,2}}|\d{{4,}})|0?\{mark}\d+|\d{{4,}}\{mark}\d+"
        rf"|\d{{1,3}}(?:[{other}' ]\d{{3}})+\{mark}\d+|\d*\{mark}\d+[eE][+-]?\d+)"
    )
    for mark, other in ((".", ","), (",", "."))
}
GROUPED = {mark: re.compile(rf"[+-]?[1-9]\d{{0,2}}(?:\{mark}\d{{3}}){{2,}}") for mark in ".,"}
OPEN = {mark: re.compile(rf"[+-]?[1-9]\d{{0,2}}\{mark}\d{{3}}") for mark in ".,"}


@dataclass(frozen=True)
class NumberMarks:
    """How the numbers of one column are written.

    `decimal` and `thousands` are the marks found ("" where there is none), `open` the first number whose mark may
    be either, `clash` two numbers that cannot both be right.
    """

    decimal: str = ""
    thousands: str = ""
    open: str = ""
    clash: tuple[str, str] | tuple[()] = ()


def written(texts: Sequence[str]) -> NumberMarks:
    """How these numbers are written, judged by the numbers alone.

    >>> written(["1.234,5", "12"]), written(["987", "1.234"]).open
    (NumberMarks(decimal=',', thousands='.', open='', clash=()), '1.234')
    """
    joined = "\n".join(texts)
    marks = [mark for mark in MARKS if mark in joined]
    if not marks:
        return NumberMarks(thousands=_grouping(joined))
    decimal = {mark: next(filter(DECIMAL[mark].fullmatch, texts), "") for mark in marks}
    if decimal.get(".") and decimal.get(","):
        return NumberMarks(clash=(decimal["."], decimal[","]))
    decimal_mark = next((mark for mark in marks if decimal[mark]), "")
    if decimal_mark:
        others = [mark for mark in marks if mark != decimal_mark]
        return NumberMarks(decimal_mark, "".join(others) or _grouping(joined))
    grouped = next((mark for mark in marks if any(map(GROUPED[mark].fullmatch, texts))), "")
    if grouped:
        return NumberMarks("," if grouped == "." else ".", grouped)
    opened = [decimal_mark for mark in marks if (decimal_mark := next(filter(OPEN[mark].fullmatch, texts), ""))]
    return NumberMarks(clash=(opened[0], opened[1])) if len(opened) > 1 else NumberMarks(open="".join(opened))


def bare(texts: Sequence[str]) -> tuple[list[str], list[str]] | None:
    """The numbers without signs around them, and the signs; None where a text is no number.

    >>> bare(["45 %", "€ 1.200"]), bare(["about 5"])
    ((['45', '1.200'], ['%', '']), None)
    """
    matches = [AROUND.fullmatch(text.translate(PLAIN_MARKS)) for text in texts]
    if not all(matches):
        return None
    groups = [match.groups() for match in matches if match]
    return [number.strip() for number, _ in groups], ["%" if sign == "%" else "" for _, sign in groups]


def numbers(texts: Sequence[str], decimal: str, thousands: str) -> npt.NDArray[np.float64] | None:
    """The numbers, given their marks; None where one of the texts is not written in this way.

    >>> numbers(["1.234,5", "12"], ",", ".").tolist(), numbers(["1.2.3"], ",", ".")
    ([1234.5, 12.0], None)
    """
    if not texts or any(map(DIGITS_AS_NAME.fullmatch, texts)):
        return None
    if thousands:
        end = rf"(?:\{decimal or '.'}\d*)?"
        shape = re.compile(rf"[+-]?\d{{1,3}}(?:[{re.escape(thousands)}]\d{{3}})*{end}|[+-]?\d+{end}")
        if not all(map(shape.fullmatch, texts)):
            return None
        texts = [text.translate(dict.fromkeys(map(ord, thousands))) for text in texts]
    if decimal == ",":
        if any("." in text for text in texts):
            return None
        texts = [text.replace(",", ".", 1) for text in texts]
    values = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").to_numpy(float)
    return None if np.isnan(values).any() else values


def _grouping(joined: str) -> str:
    return "".join(mark for mark in GROUPING if mark in joined)


def column_letters(place: int) -> str:
    """The letters of a column, counted from 1, as Excel writes them.

    >>> column_letters(3), column_letters(16384)
    ('C', 'XFD')
    """
    letters = ""
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
