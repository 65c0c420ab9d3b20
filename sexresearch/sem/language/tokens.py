"""Model text cut into tokens that remember their line and column, so that an error can point at the place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from sexresearch.errors import ModelSyntaxError

OPERATORS = ("=~", "~~", "~*~", "~1", "|", ":=", "==", "~", "<", ">")
PATTERN = re.compile(
    r"""(?P<skip>[ \t\r\f\u00a0]+|[#!][^\n]*)
      | (?P<end>[\n;])
      | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<string>"[^"\n]*"|'[^'\n]*')
      | (?P<name>[^\W\d][\w.]*)
      | (?P<op>=~|~~|~\*~|:=|==|~|<|>|\|)
      | (?P<punct>[-+*/^(),?:])""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    """One piece of model text: kind is number, string, name, op, punct or end; line and column count from 1."""

    kind: str
    text: str
    line: int
    column: int


def fail(token: Token, found: str, wanted: str) -> NoReturn:
    """Raise ModelSyntaxError at a token: where, what was found, what was expected."""
    raise ModelSyntaxError(f"line {token.line}, column {token.column}: {found}; expected {wanted}")


def tokenize(text: str) -> list[Token]:
    """All tokens of a model text; a formula runs on where its line, or the next one, says so.

    A line is continued when it ends in an operator, ``+``, ``*`` or an open bracket, or when the next line begins
    with ``+`` or ``*``.

    >>> [token.text for token in tokenize("f =~ x1 + # first" + chr(10) + "2*x2")]
    ['f', '=~', 'x1', '+', '2', '*', 'x2', '']
    """
    raw = list(_scan(text))
    kept: list[Token] = []
    depth = 0
    for i, token in enumerate(raw):
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "punct" else 0
        if token.kind == "end" and token.text == "\n" and (depth > 0 or _continues(kept, raw[i + 1 :])):
            continue
        kept.append(token)
    return kept


def _scan(text: str):  # type: ignore[no-untyped-def]
    line, start, position = 1, 0, 0
    while position < len(text):
        match = PATTERN.match(text, position)
        if match is None:
            here = Token("bad", text[position], line, position - start + 1)
            fail(here, f"cannot read {text[position]!r}", "a variable, a number, or one of " + " ".join(OPERATORS))
        kind = str(match.lastgroup)
        if kind != "skip":
            yield Token(kind, match.group(), line, position - start + 1)
        position = match.end()
        if match.group() == "\n":
            line, start = line + 1, position
    yield Token("end", "", line, position - start + 1)


def _continues(before: list[Token], after: list[Token]) -> bool:
    last = before[-1] if before else None
    following = next((token for token in after if token.text != "\n"), None)
    unfinished = last is not None and (last.kind == "op" or (last.kind == "punct" and last.text in "+-*/^,?("))
    resumed = following is not None and following.kind == "punct" and following.text in "+*" and last is not None
    return unfinished or (resumed and last is not None and last.kind != "end")
