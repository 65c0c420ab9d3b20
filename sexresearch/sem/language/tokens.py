"""Model text cut into tokens that remember their line and column, so that an error can point at the place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from sexresearch.errors import ModelSyntaxError
from sexresearch.sem.language.names import end_of_name
from sexresearch.sem.language.signs import plain

OPERATORS = ("=~", "~~", "~*~", "~1", "|", ":=", "==", "~", "<", ">")
PATTERN = re.compile(
    r"""[ \t\f\v]*(?:
        (?P<name>(?:[^\W\d]|\.(?!\d))[\w.]*)
      | (?P<punct>[-+*/^(),?:](?![ \t]*=))
      | (?P<end>[\n;])
      | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<op>=[ \t]*~|~[ \t]*\*[ \t]*~|~[ \t]*~|<[ \t]*~|:[ \t]*=|=[ \t]*=|[<>][ \t]*=|[~<>|=])
      | (?P<string>"[^"\n]*"|'[^'\n]*')
      | (?P<quoted>`(?:[^`]|``)+`)
      | (?P<comment>[#!][^\n]*)
      | (?P<sign>[-+*/^(),?:])
      | (?P<last>\Z))""",
    re.VERBOSE,
)
AT_LEAST = {">=": ">", "<=": "<"}  # an inequality holds at its limit too
KINDS = {"sign": "punct"}
ARROWS = "\u2190\u2192\u27f5\u27f6\u21d0\u21d2"


class Token(NamedTuple):
    """One piece of model text: kind is number, string, name, quoted, op, punct or end; line and column count from 1."""

    kind: str
    text: str
    line: int
    column: int

    @property
    def names(self) -> bool:
        """Whether the token can be a variable or a parameter."""
        return self.kind in ("name", "quoted")


def fail(token: Token, what: str, wanted: str) -> NoReturn:
    """Raise ModelSyntaxError at a token: where, what was found, what was expected."""
    error = ModelSyntaxError(f"line {token.line}, column {token.column}: {what}; expected {wanted}")
    error.line = token.line
    raise error


def tokenize(text: str) -> list[Token]:
    """All tokens of a model text; a formula runs on where its line, or the next one, says so.

    A line is continued when it ends in an operator, ``+``, ``*`` or an open bracket, or when the next line begins
    with ``+`` or ``*``.

    >>> [token.text for token in tokenize("f =~ x1 + # first" + chr(10) + "2*x2")]
    ['f', '=~', 'x1', '+', '2', '*', 'x2', '']
    """
    raw = list(_scan(plain(text)))
    resumed = _resumed(raw)
    kept: list[Token] = []
    depth = 0
    for token, again in zip(raw, resumed, strict=True):
        if token.kind == "punct":
            depth += {"(": 1, ")": -1}.get(token.text, 0)
        line_end = token.kind == "end" and token.text == "\n"
        if line_end and kept and (depth > 0 or _unfinished(kept[-1]) or (again and kept[-1].kind != "end")):
            continue
        kept.append(token)
    return kept


def _scan(text: str) -> Iterator[Token]:
    line, start, position, match_at = 1, 0, 0, PATTERN.match
    simple = text.isascii()
    while match := match_at(text, position):
        kind = match.lastgroup or ""
        first, position = match.span(kind)
        matched, column = text[first:position], first - start + 1
        if kind == "name":
            if not simple:
                position = end_of_name(text, first)
                matched = text[first:position] or _unreadable(Token("bad", text[first], line, column))
            yield Token(kind, matched, line, column)
        elif kind == "punct":
            yield Token(kind, matched, line, column)
        elif kind == "last":
            yield Token("end", "", line, column)
            return
        elif kind != "comment":
            if kind == "number" and end_of_name(text, position) > position:
                _begins_with_digit(Token(kind, text[first : end_of_name(text, position)], line, column))
            yield Token(KINDS.get(kind, kind), _plain_form(kind, matched), line, column)
            if "\n" in matched:
                line += matched.count("\n")
                start = first + matched.rindex("\n") + 1
    position += len(text[position:]) - len(text[position:].lstrip(" \t\f\v"))
    _unreadable(Token("bad", text[position], line, position - start + 1))


def _begins_with_digit(token: Token) -> NoReturn:
    wanted = f"a name, which takes back-ticks where it begins with a digit: `{token.text}`"
    fail(token, f"found {token.text!r}", wanted)


def _plain_form(kind: str, text: str) -> str:
    """The text of a token: operators without blanks, names without their back-ticks."""
    if kind == "op":
        text = re.sub(r"[ \t]", "", text)
        return AT_LEAST.get(text, text)
    return text[1:-1].replace("``", "`") if kind == "quoted" else text


def _unreadable(token: Token) -> NoReturn:
    if token.text == "`":
        fail(token, "a back-tick that is not closed", "a name between two of them, as in `x 1`")
    hint = "; did you mean '=~' (is measured by) or '~' (is explained by)?" if token.text in ARROWS else ""
    wanted = "a variable, a number, or one of " + " ".join(OPERATORS)
    fail(token, f"cannot read {token.text!r}{hint}", wanted)


def _resumed(raw: list[Token]) -> list[bool]:
    """Whether the next token that is no line end is ``+`` or ``*``, so that the formula runs on."""
    out, following = [], False
    for token in reversed(raw):
        out.append(following)
        if token.kind != "end" or token.text != "\n":
            following = token.kind == "punct" and token.text in "+*"
    return out[::-1]


def _unfinished(last: Token) -> bool:
    return last.kind == "op" or (last.kind == "punct" and last.text in "+-*/^,?(")
