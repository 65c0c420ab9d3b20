"""Columns that belong together by their names, and codes at the end of a battery that are no answers."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

BRACKET = re.compile(r"(.+?)\[.+\]")
NUMBERED = re.compile(r"(.*[^\d._\- ])[._\- ]*\d{1,3}[A-Za-z]?")
PARTS = re.compile(r"([A-Za-z]+\d+[._\-])\d{1,3}")
QUESTION = re.compile(r"([A-Za-z]{1,2}\d+)[._\- ]*[A-Za-z].*")
COUNTERS = {"q", "v", "x", "f", "item", "var", "frage", "question", "col", "column", "i", "c", "a", "spalte", ""}
ENOUGH = 20  # answers with a code before it is judged
SURE = 3.0  # standard errors
PART_OF_STEP = 0.5  # of how much more extremely the code beside it rates than the one next to that
Array = npt.NDArray[np.float64]


def battery_name(code: str) -> str:
    """The part of a name that the columns of one battery share; empty where a name only counts columns.

    >>> [battery_name(code) for code in ("sat1", "DEL_2", "Q7WiFi", "Q5_3", "G01Q02[SQ003]", "Q12", "gender")]
    ['sat', 'del', 'q7', 'q5_', 'g01q02', '', '']
    """
    for pattern in (BRACKET, NUMBERED, PARTS, QUESTION):
        match = pattern.fullmatch(code)
        if match:
            name = match.group(1).lower()
            return "" if name in COUNTERS else name
    return ""


def no_answer_ends(columns: Sequence[Array], mood: Array | None = None) -> tuple[float, ...]:
    """Codes at the lowest or highest end of a battery that do not continue its other answers.

    On a rating scale those who tick the highest code rate other things higher than those who tick the code below it,
    and those at the lowest code rate them lower. A code that does the opposite stands for something else, such as
    "never used". `columns` are the answers of the same respondents, NaN where there is none; `mood` is how high these
    rate on the whole, by default on the other columns.

    >>> mood = np.arange(400) % 5 + 1.0
    >>> never = np.where(np.arange(400) % 7 == 0, 6.0, mood)
    >>> no_answer_ends([mood, np.roll(never, 5), never]), no_answer_ends([mood, mood, mood])
    ((6.0,), ())
    """
    no_answers: list[float] = []
    values = np.array(columns, dtype=float)
    while True:
        inside = np.where(np.isin(values, no_answers), np.nan, values)
        low, high = float(np.nanmin(inside)), float(np.nanmax(inside))
        ends = [(high, 1.0)] + ([(low, -1.0)] if low == 0 else [])
        more = [code for code, sign in ends if high - low > 2 and _breaks(inside, mood, code, sign)]
        if not more:
            return tuple(sorted(no_answers))
        no_answers += more


def _breaks(values: Array, mood: Array | None, code: float, sign: float) -> bool:
    """Whether respondents at `code` rate other things less extremely than those at the codes beside it."""
    rest = _rest(values) if mood is None else np.broadcast_to(mood, values.shape)
    known = np.isfinite(values) & np.isfinite(rest)
    beside = np.unique(values[known & (values != code)])[:: -int(sign)]
    enough = next((place for place in range(1, 4) if np.isin(values, beside[:place]).sum() >= ENOUGH), 3)
    at, near, next_to = (
        rest[np.isin(values, codes) & known] for codes in ([code], beside[:enough], beside[enough : enough + 1])
    )
    if min(len(at), len(near)) < ENOUGH:
        return False
    step = max(0.0, sign * float(near.mean() - next_to.mean())) if len(next_to) else 0.0
    error = float(np.sqrt(at.var() / len(at) + near.var() / len(near)))
    beyond = sign * float(at.mean() - near.mean())
    if mood is None:  # the rest then lacks the ends of other columns, which flattens what lies beyond
        return beyond < -max(SURE * error, step * PART_OF_STEP)
    return beyond < 0 and beyond - step * PART_OF_STEP < -SURE * error


def _rest(values: Array) -> Array:
    """The mean of each respondent's other answers, those at the ends left out, around the mean of the column."""
    middle = np.where((values > np.nanmin(values)) & (values < np.nanmax(values)), values, np.nan)
    filled = np.isfinite(middle)
    zeros = np.where(filled, middle, 0.0)
    others = filled.sum(axis=0) - filled
    rest = np.where(others > 0, (zeros.sum(axis=0) - zeros) / np.maximum(others, 1), np.nan)
    counts = np.maximum(np.isfinite(rest).sum(axis=1, keepdims=True), 1)
    return rest - np.nansum(rest, axis=1, keepdims=True) / counts
