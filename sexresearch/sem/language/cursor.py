"""A place among the tokens of model text, which reading moves along."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sexresearch.sem.language.names import written
from sexresearch.sem.language.tokens import Token, fail

MOST_NESTED = 60  # brackets within brackets: more than any formula needs, fewer than the interpreter can follow


class Cursor:
    """All tokens of a text, the number of the next one, and for every token where its line ends."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens, self.at, self.nested = tokens, 0, 0
        self.ends = [0] * len(tokens)
        end = len(tokens) - 1
        for place in range(end, -1, -1):
            end = place if tokens[place].kind == "end" else end
            self.ends[place] = end

    @property
    def here(self) -> Token:
        """The next token."""
        return self.tokens[self.at]

    @property
    def next(self) -> Token:
        """The token after the next one."""
        return self.tokens[min(self.at + 1, len(self.tokens) - 1)]

    @property
    def line(self) -> Sequence[Token]:
        """The tokens from here to the end of the line."""
        return self.tokens[self.at : self.ends[self.at]]

    def take(self) -> Token:
        """The next token, which is then behind."""
        self.at += 1
        return self.tokens[self.at - 1]

    def accept(self, *texts: str) -> Token | None:
        """The next token if it is one of these signs."""
        token = self.tokens[self.at]
        return self.take() if token.text in texts and token.kind in ("punct", "op") else None

    def expect(self, text: str) -> Token:
        """The next token, which must be this sign."""
        return self.accept(text) or fail(self.here, f"found {shown(self.here)}", repr(text))

    def text(self, start: int, stop: int | None = None) -> str:
        """Tokens as text without blanks."""
        tokens = self.tokens[start : self.at if stop is None else stop]
        return "".join(written(token.text) if token.kind == "quoted" else token.text for token in tokens)

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One bracket further in; refused where there are too many."""
        self.descend()
        yield
        self.nested -= 1

    def descend(self) -> None:
        """One level further in, to be left again by the caller; refused where there are too many."""
        self.nested += 1
        if self.nested > MOST_NESTED:
            fail(self.here, f"more than {MOST_NESTED} brackets or signs within each other", "parts defined by ':='")


def shown(token: Token) -> str:
    """A token as messages show it."""
    return "the end of the line" if token.kind == "end" else repr(token.text)
