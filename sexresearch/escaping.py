"""Text from files made safe to show: characters that would steer a terminal or a page are written out."""

from __future__ import annotations

import re

# C0 and C1 controls but for tab and line feed, separators that break lines, marks that turn the direction of writing,
# and halves of surrogate pairs, which no encoding can write. What scripts need (joiners, direction marks) stays.
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
BREAKING = re.compile("[\t\n]")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a cell that begins with one of these may be computed when it is opened


def visible(text: str) -> str:
    """The text with control characters written as Python writes them; lines and tabs stay, line ends become ``\\n``.

    A column named with an escape sequence can then neither colour, move nor overwrite what a terminal shows
    (Common Weakness Enumeration, CWE-150).

    >>> visible("red \\x1b[31malert\\r\\nnext line")
    'red \\\\x1b[31malert\\nnext line'
    """
    return STEERING.sub(_written_out, text.replace("\r\n", "\n"))


def on_one_line(text: str) -> str:
    """`visible` text without line ends and tabs either, for a cell of a table.

    >>> on_one_line("two\\nlines")
    'two\\\\nlines'
    """
    return BREAKING.sub(_written_out, visible(text))


def no_formula(text: str) -> str:
    """The text for a cell of a workbook, with an apostrophe before what a spreadsheet would take for a formula.

    (Common Weakness Enumeration, CWE-1236.)

    >>> no_formula("=cmd|' /C calc'!A0"), no_formula("-1.5"), no_formula("- none -")
    ("'=cmd|' /C calc'!A0", "'-1.5", "'- none -")
    """
    return f"'{text}" if text[:1] in FORMULA else text


def _written_out(match: re.Match[str]) -> str:
    return match.group().encode("unicode_escape", "surrogatepass").decode("ascii")
