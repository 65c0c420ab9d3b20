"""Signs that word processors, chats and PDF files put in place of the plain ones of model text."""

from __future__ import annotations

import re
import unicodedata

LOOKALIKES = {
    "~": "\u02dc\u223c\u2053\u301c\uff5e",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d",
    "*": "\u00d7\u2217\u22c5\u2731\uff0a",
    "/": "\u00f7\u2044\u2215\uff0f",
    '"': "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\uff02",
    "'": "\u2018\u2019\u201a\u201b\u2039\u203a\u2032\u00b4\uff07",
    "=": "\uff1d",
    ">=": "\u2265",
    "<=": "\u2264",
    "\n": "\u0085\u2028\u2029",
    "": "\u00ad\u180e\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
}  # what stands for nothing: byte-order marks, zero-width blanks, soft hyphens, marks of direction
PLAIN = str.maketrans({sign: plain for plain, signs in LOOKALIKES.items() for sign in signs})
KEPT = re.compile(r"[#!][^\n]*|`[^`]*`")  # comments, and names in back-ticks, which stand as they are


def plain(text: str) -> str:
    """Model text with typographic signs, line ends and blanks replaced by those of the language.

    >>> plain("f =\u02dc x1 + 2\u2217x2\u200b")
    'f =~ x1 + 2*x2'
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    if text.isascii():
        return text
    kept = [match.span() for match in KEPT.finditer(text)]
    parts, done = [], 0
    for start, stop in kept:
        parts += [_plain(text[done:start]), text[start:stop]]
        done = stop
    return "".join([*parts, _plain(text[done:])])


def _plain(text: str) -> str:
    if text.isascii():
        return text
    text = text.translate(PLAIN)
    return "".join(_narrow(c) for c in text)


def _narrow(c: str) -> str:
    """Blanks of any width as a blank, full-width punctuation as ASCII, everything else as it is."""
    if c.isascii():
        return c
    if unicodedata.category(c) == "Zs":
        return " "
    return chr(ord(c) - 0xFEE0) if "\uff01" <= c <= "\uff5e" and not c.isalnum() else c
