"""Texts that answer nothing: keyboard runs, one letter again and again, "test"."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd

from sexresearch.survey.platform import STATUS
from sexresearch.survey.spelling import folded

RUNS = r"asdf\w*|sdfg\w*|dfgh\w*|fghj\w*|hjkl\w*|jkl[öñ;]\w*|qwert[yz]?\w*|azerty\w*|zxcv\w*|yxcv\w*|(?:qwe|asd){2,}"
WORDS = r"test(?:ing|er|e|eintrag|antwort)?\s*\d*|(?:bla\s*){2,}|blah(?:\s*blah)*|lorem ipsum.*|foo|foobar|dummy|xyz"
ADDRESSES = r"\w*@test\.\w+|test\w*@[\w.]+|\S+@example\.\w+"
AGAIN = r"(?P<letter>[^\W\d])(?P=letter){2,}|[.!?#*_-]{3,}"
JUNK = re.compile("|".join((RUNS, WORDS, ADDRESSES, AGAIN)), re.IGNORECASE)
RARE = 0.05  # a text in more of the answers than this is a category of the client's, not junk


def junk_texts(answers: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    """Columns of texts with the rows whose text answers nothing.

    >>> frame = pd.DataFrame({"why": ["good food", "asdf", "xxx", "Wait was long"] + ["fine"] * 60})
    >>> [(name, rows[rows].index.tolist()) for name, rows in junk_texts(frame)]
    [('why', [1, 2])]
    """
    for name in answers.columns:
        values = answers[name]
        if not (values.dtype == object or isinstance(values.dtype, pd.StringDtype)) or folded(str(name)) in STATUS:
            continue
        texts = values[values.map(lambda cell: isinstance(cell, str))]
        times = texts.value_counts()
        junk = [text for text, n in times.items() if n <= max(1, RARE * len(texts)) and _junk(str(text))]
        if junk:
            yield str(name), values.isin(junk)


def _junk(text: str) -> bool:
    return JUNK.fullmatch(text.strip()) is not None
