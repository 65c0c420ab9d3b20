"""Texts that look alike are the same text: Unicode forms, invisible characters, kinds of blanks and quotes."""

from __future__ import annotations

import unicodedata

INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))
PLAIN_SIGNS = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4`", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
    | {"\u2026": "..."}
)


def clean(text: str) -> str:
    """The text composed (NFC), without invisible characters, and with single plain blanks inside.

    >>> clean("qualite\\u0301  du\\u00a0service\\u200b ")
    'qualité du service'
    """
    if text.isascii():
        return " ".join(text.split())
    return " ".join(unicodedata.normalize("NFC", text.translate(INVISIBLE)).split())


def plain(text: str) -> str:
    """The clean text with typographic quotes, dashes and dots as a keyboard writes them; case is kept.

    >>> plain("Don’t  know – sorry")
    "Don't know - sorry"
    """
    cleaned = clean(text)
    return cleaned if cleaned.isascii() else cleaned.translate(PLAIN_SIGNS)


def folded(text: str) -> str:
    """The plain text without case: what two spellings of one text have in common.

    >>> folded("WEISS NICHT") == folded("weiß  nicht")
    True
    """
    return unicodedata.normalize("NFC", plain(text).casefold())
