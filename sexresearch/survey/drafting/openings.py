"""Words that many questions of one file begin with, such as "How satisfied are you with": they tell none apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

WORDS = 3  # words that an opening has at least
SHARED = 3  # questions that begin with it at least


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
