"""On which line of a TOML codebook every key stands, as the reader of TOML itself does not say."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import suppress

Path = tuple[str, ...]
BLANK = re.compile(r"(?:\s|#[^\n]*)*")
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
# Texts of one line or several, in either kind of quotes.
TEXT = re.compile(r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'', re.DOTALL)
WORD = re.compile(r"[^,\]}#\n]+")  # a number, date, true or false


def key_lines(text: str) -> dict[Path, int]:
    """The line of every key and table, and of every member of a list, by its path; the text must be valid TOML.

    >>> key_lines('[scales.s]\\nlowest = 1\\nlabels = ["a",\\n  "b"]')[("scales", "s", "labels", "1")]
    4
    """
    return _Scan(text).lines()


def line_of(path: Sequence[str], lines: dict[Path, int]) -> int:
    """The line of a path, or of the nearest table around it; 0 where there is none.

    >>> line_of(("scales", "s", "highest"), {("scales", "s"): 3})
    3
    """
    ends = range(len(path), 0, -1)
    return next((lines[tuple(path[:end])] for end in ends if tuple(path[:end]) in lines), 0)


def given_twice(text: str) -> tuple[Path, int, int] | None:
    """The first key or table that a codebook gives twice, with both lines; None where there is none to be found.

    >>> given_twice("title = 'a'\\n\\ntitle = 'b'")
    (('title',), 1, 3)
    """
    scan = _Scan(text)
    with suppress(ValueError):
        scan.lines()
    return scan.twice


class _Scan:
    """One pass over a codebook, from key to key."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.breaks = [at for at, sign in enumerate(text) if sign == "\n"]
        self.line_by_path: dict[Path, int] = {}
        self.given: dict[Path, int] = {}
        self.twice: tuple[Path, int, int] | None = None

    def lines(self) -> dict[Path, int]:
        table: Path = ()
        while self._sign():
            if self._sign() == "[":
                table = self._header()
            else:
                self._pair(table)
        return self.line_by_path

    def _sign(self) -> str:
        """The next sign that is neither blank nor remark; empty at the end."""
        if blank := BLANK.match(self.text, self.place):
            self.place = blank.end()
        return self.text[self.place : self.place + 1]

    def _header(self) -> Path:
        many = self.text.startswith("[[", self.place)
        self.place += 1 + many
        start = self.place
        path = self._key(())
        if not many:
            self._give(path, start)
        while self._sign() == "]":
            self.place += 1
        return path

    def _pair(self, table: Path) -> None:
        start = self.place
        path = self._key(table)
        self._give(path, start)
        self.place += 1  # the sign of equality
        self._value(path)

    def _key(self, table: Path) -> Path:
        """The path of a key, dotted or not; the next sign stands behind it."""
        path, sign = table, "."
        self._sign()
        start = self.place
        while sign == ".":
            self._sign()
            match = TEXT.match(self.text, self.place) or BARE_KEY.match(self.text, self.place)
            if match is None:
                raise ValueError(f"no key at {self.place}")
            part = match.group()
            path = (*path, tomllib.loads(f"x = {part}")["x"] if part[0] in "\"'" else part)
            self.place = match.end()
            self._note(path, start)
            sign = self._sign()
            self.place += sign == "."
        return path

    def _value(self, path: Path) -> None:
        sign = self._sign()
        if sign == "{":
            self._members(path, "}")
        elif sign == "[":
            self._members(path, "]")
        else:
            match = TEXT.match(self.text, self.place) or WORD.match(self.text, self.place)
            self.place = match.end() if match else len(self.text)

    def _members(self, path: Path, end: str) -> None:
        self.place += 1
        number = 0
        while (sign := self._sign()) and sign != end:
            if sign == ",":
                self.place += 1
            elif end == "}":
                self._pair(path)
            else:
                self._note((*path, str(number)), self.place)
                self._value((*path, str(number)))
                number += 1
        self.place += 1

    def _note(self, path: Path, place: int) -> None:
        self.line_by_path.setdefault(path, self._line(place))

    def _give(self, path: Path, place: int) -> None:
        if path in self.given and self.twice is None:
            self.twice = path, self.given[path], self._line(place)
        self.given.setdefault(path, self._line(place))

    def _line(self, place: int) -> int:
        return bisect_right(self.breaks, place - 1) + 1
