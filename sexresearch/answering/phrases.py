"""Phrases that other rooms make of numbers and names, such as verdicts and notes, in the language of the reader.

The catalogue holds pairs of an English phrase and its translation, both with the same places {a}, {b}, … for what
changes. A text is taken apart at "; "; what the catalogue does not know stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from sexresearch.answering.text_catalogue import FilledTemplates, catalogue

PLACE = re.compile(r"\\\{(\w+)\\\}")
POINT = re.compile(r"(?<![\w.])(-?)(\d*)\.(\d+)(?=e-?\d|\.(?!\d)|(?![\w.]))")
THOUSANDS = re.compile(r"(?<![\w.,])[1-9]\d{0,2}(?:,\d{3})+(?![\w,])")


def translated(text: str, language: str) -> str:
    """The text in that language, numbers with its decimal mark.

    >>> translated("not computable, because it has no value", "de")
    'nicht berechenbar: ohne Wert'
    """
    if language == "en":
        return text
    end = "." if text.endswith(".") else ""
    pieces = [_phrase(piece, language) for piece in text.removesuffix(".").split("; ")]
    return _with_commas("; ".join(pieces) + end)


def _phrase(text: str, language: str) -> str:
    """The first phrase of the catalogue that the whole text is; what stands in its places is translated likewise."""
    words = catalogue(language)["phrase_words"]
    if text in words:
        return str(words[text])
    for pattern, template in _patterns(language):
        match = pattern.fullmatch(text)
        if match:
            parts = {name: _phrase(part, language) for name, part in match.groupdict().items()}
            return FilledTemplates(language).format(template, **parts)
    return text


@cache
def _patterns(language: str) -> Sequence[tuple[re.Pattern[str], str]]:
    return tuple((_pattern(english), own) for english, own in catalogue(language)["phrases"])


def _pattern(phrase: str) -> re.Pattern[str]:
    return re.compile(PLACE.sub(r"(?P<\1>.+?)", re.escape(phrase)), re.DOTALL)


def worded(text: str, language: str) -> str | None:
    """The text in that language, numbers as they are; None where the catalogue does not know it.

    >>> worded("holds", "de"), worded("Customer delight", "de")
    ('hält', None)
    """
    translation = _phrase(text, language)
    return None if translation == text else translation


def comma_marked(text: str) -> str:
    """Decimal points that are left as commas, where no zero is put before them, as in figures.

    >>> comma_marked(".67*** [.59, .75]")
    ',67*** [,59; ,75]'
    """
    pairs = re.sub(r"(?<=\d), (?=-?\d*\.\d)", "; ", text)
    return re.sub(r"\.(?=\d)", ",", pairs)


def _with_commas(text: str) -> str:
    """Decimal points as commas, with the zero before them.

    >>> _with_commas("RMSEA .068 [0.05, 1.20], p < .001")
    'RMSEA 0,068 [0,05; 1,20], p < 0,001'
    >>> _with_commas("p below 1.2e-06, in 2,000 draws, above .95.")
    'p below 1,2e-06, in 2.000 draws, above 0,95.'
    """
    marked = THOUSANDS.sub(lambda number: number[0].replace(",", "\u2009"), text)
    pairs = re.sub(r"(?<=\d), (?=-?\d*\.\d)", "; ", marked)
    return POINT.sub(lambda match: f"{match[1]}{match[2] or '0'},{match[3]}", pairs).replace("\u2009", ".")
