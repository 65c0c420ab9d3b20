"""The catalogues of texts: sentences as templates, filled with numbers and names in the language of the reader."""

from __future__ import annotations

import math
import re
import string
import tomllib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from sexresearch.errors import OptionError
from sexresearch.frozen import unwritable
from sexresearch.glossary.formatting import fixed
from sexresearch.languages import LANGUAGES

COUNTED: Mapping[object, str] = {1: "one", 2: "two"}  # numbers that sentences may have a form of their own for
ONE = ("1", "1.0")  # what a number of one reads as
NOTHING = 1e-9  # per cent: what rounding leaves of a limit of 0
DECIMALS = re.compile(r"\.(\d)f")
PARTED = "|"  # between the word for one and the word for more


@cache
def catalogue(language: str) -> Mapping[str, Any]:
    """All texts of a language.

    >>> catalogue("de")["questions"]["whom"]
    'Für wen?'
    """
    if language not in LANGUAGES:
        raise OptionError(f"language {language!r} is not known; allowed: {', '.join(LANGUAGES)}")
    text = files("sexresearch.answering").joinpath("texts", f"{language}.toml").read_text(encoding="utf-8")
    return unwritable(tomllib.loads(text))


def filled_text(language: str, key: str, values: Mapping[str, object] | None = None, part: str = "sentences") -> str:
    """The text of that key, filled with values.

    >>> filled_text("de", "rows_all", {"n": 1500})
    'Alle 1.500 Antwortbögen wurden ausgewertet.'
    >>> filled_text("en", "items_lost", {"n": 1, "names": ["joy"]})
    'One question could not be used, as nobody answered it or all answered alike: joy.'
    """
    filling = dict(values or {})
    return FilledTemplates(language).format(_template(language, key, filling, part), **filling)


def stated_values(language: str, key: str, values: Mapping[str, object] | None = None) -> frozenset[str]:
    """The names of the values that the sentence of that key states.

    >>> sorted(stated_values("en", "items_lost", {"n": 1, "names": ["joy"]}))
    ['names']
    """
    template = _template(language, key, dict(values or {}), "sentences")
    return frozenset(field for _, field, _, _ in string.Formatter().parse(template) if field)


def _template(language: str, key: str, filling: Mapping[str, object], part: str) -> str:
    """The text of that key, in the form for one or two where it has such."""
    known = catalogue(language)[part]
    forms = [f"{key}_of_one"] if filling.get("all") == 1 else []
    forms += [f"{key}_{COUNTED[filling['n']]}"] if filling.get("n") in COUNTED else []
    return str(known[next((form for form in forms if form in known), key)])


def named(language: str, key: str, part: str) -> str:
    """A word of the catalogue; the key itself where there is none."""
    return str(catalogue(language).get(part, {}).get(key, key))


class FilledTemplates(string.Formatter):
    """Templates: whole numbers with separators, others with the decimals after the colon, `%` for shares.

    Lists are joined by commas and the language's "and"; with `or` after the colon by its "or". Two words after the
    colon, parted by |, stand for one and for more of what is counted.
    """

    def __init__(self, language: str) -> None:
        self.language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        """One value as text.

        >>> FilledTemplates("de").format("{a:.2f}; {b:%}; {c}", a=0.5, b=0.123, c=["x", "y", "z"])
        '0,50; 12 %; x, y und z'
        >>> FilledTemplates("en").format("{a:%} [{b:%} to {c:%}]", a=0.0, b=1e-18, c=0.004)
        '0% [0% to < 1%]'
        >>> FilledTemplates("en").format("{a:%}, {a:.2f}", a=0.295)
        '30%, 0.30'
        >>> FilledTemplates("en").format("{n} {n:row is|rows are}, {names:it|them}", n=1, names=["a", "b"])
        '1 row is, them'
        """
        if PARTED in format_spec:
            one, more = format_spec.split(PARTED)
            return one if (len(value) == 1 if isinstance(value, list | tuple) else str(value) in ONE) else more
        if isinstance(value, list | tuple):
            return listed([str(part) for part in value], self.language, format_spec or "and")
        if isinstance(value, bool) or not isinstance(value, int | float):
            return str(value)
        if math.isnan(value):
            return "?"
        return self._number(float(value), format_spec)

    def _number(self, value: float, spec: str) -> str:
        if spec == "%":
            share = 100.0 * value
            whole = f"{Decimal(fixed(value, 2)) * 100 + 0:.0f}"
            near = "< 1" if NOTHING < share < 1 else "> 99" if 99 < share < 100 else whole
            return near + (" %" if self.language == "de" else "%")
        decimals = DECIMALS.fullmatch(spec or ".0f")
        text = f"{Decimal(fixed(value, int(decimals[1]))):,f}" if decimals else f"{value:,{spec}}"
        text = text.removeprefix("-") if text.strip("-0.,") == "" else text
        return text.translate(str.maketrans(",.", ".,")) if self.language == "de" else text


def listed(names: Sequence[str], language: str, word: str = "and") -> str:
    """Names as a list in words.

    >>> listed(["a", "b", "c"], "en", "or")
    'a, b or c'
    """
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {catalogue(language)['words'][word]} {names[-1]}"
