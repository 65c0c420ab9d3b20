"""What many questions or names of one file begin with, such as "How satisfied are you with": it tells none apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

WORDS = 3  # words that an opening has at least
SHARED = 3  # questions that begin with it at least

ROW = re.compile(r"(.{3,}?)(?:\s*\[(.+)\]| - (.+))")  # of a table of questions: what stands above it, and one row
SENTENCE = 3  # words from which on a row says by itself what it asks
GROUPED = re.compile(r"\w+(?:[/\-]\w+)+")  # groups of a form and the name of a question in them
FORMS = {"KEY", "meta-instanceID", "instanceID", "SubmissionDate"}  # columns of forms whose groups end in a dash


def rows_of_batteries(texts: Sequence[str]) -> list[str]:
    """The questions, those of a table of several without what stands above all of its rows.

    >>> rows_of_batteries(["Do you agree? [It was great fun]", "Do you agree? [I was bored there]", "Why - if so?"])
    ['It was great fun', 'I was bored there', 'Why - if so?']
    """
    matches = [ROW.fullmatch(text) for text in texts]
    times = Counter(match.group(1) for match in matches if match)
    rows = [(match.group(2) or match.group(3) or "").strip() if match else "" for match in matches]
    several = [match is not None and times[match.group(1)] > 1 for match in matches]
    parts = zip(texts, rows, several, strict=True)
    return [row if many and len(row.split()) >= SENTENCE else text for text, row, many in parts]


def last_parts(headers: Sequence[str]) -> dict[str, str]:
    """The names of questions without the groups of the form they stand in, by header.

    >>> last_parts(["start", "visit/sat1", "visit/del/del1", "a-b"])
    {'visit/sat1': 'sat1', 'visit/del/del1': 'del1'}
    """
    marks = "/-" if FORMS & set(headers) else "/"
    grouped = [header for header in headers if GROUPED.fullmatch(header)]
    return {header: re.split(f"[{marks}]", header)[-1] for header in grouped if any(mark in header for mark in marks)}


def without_openings(texts: Sequence[str]) -> list[str]:
    """The texts without the longest opening that each shares with others; one that consists of it stays whole.

    >>> asked = ["how good was the food", "how good was the room", "how good was the bar", "was it fun"]
    >>> without_openings(asked)
    ['food', 'room', 'bar', 'was it fun']
    """
    split = [text.split() for text in texts]
    times = Counter(tuple(words[:size]) for words in split for size in range(WORDS, len(words)))
    return [" ".join(words[_length(words, times) :]) for words in split]


def _length(words: list[str], times: Counter[tuple[str, ...]]) -> int:
    sizes = range(len(words) - 1, WORDS - 1, -1)
    return next((size for size in sizes if times[tuple(words[:size])] >= SHARED), 0)
