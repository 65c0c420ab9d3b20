"""Model text in lavaan's language, read into statements: formulas with modifiers, definitions and constraints."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace

from sexresearch.errors import ModelSyntaxError
from sexresearch.sem.language.expression import FUNCTIONS, Expression
from sexresearch.sem.language.tokens import OPERATORS, Token, fail, tokenize

FORMULA = ("=~", "~", "~~", "~*~", "~1", "|")
THRESHOLD = re.compile(r"t[1-9]\d*")
NUMERIC_MODIFIERS = ("start", "lower", "upper")
TEXT_MODIFIERS = ("label", "equal")


@dataclass(frozen=True)
class Modifiers:
    """What stands before ``*``, one entry per group (or a single one for all groups).

    `fixed` holds a number, NaN for ``NA`` (free), or None where nothing was said.
    """

    fixed: tuple[float | None, ...] = ()
    label: tuple[str | None, ...] = ()
    start: tuple[float | None, ...] = ()
    lower: tuple[float | None, ...] = ()
    upper: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Formula:
    """One elementary formula, such as ``f =~ x1`` or ``y ~1``; `group` numbers its ``group:`` block, if any."""

    lhs: str
    op: str
    rhs: str
    modifiers: Modifiers
    line: int
    group: int | None = None


@dataclass(frozen=True)
class Definition:
    """``name := expression``."""

    name: str
    expression: Expression
    text: str
    line: int


@dataclass(frozen=True)
class Constraint:
    """``lhs op rhs`` with op one of ``== < >``."""

    lhs: Expression
    op: str
    rhs: Expression
    text: tuple[str, str]
    line: int


@dataclass(frozen=True)
class Statements:
    """Everything a model text says, in its order."""

    formulas: tuple[Formula, ...] = ()
    definitions: tuple[Definition, ...] = ()
    constraints: tuple[Constraint, ...] = ()


def parse(text: str) -> Statements:
    """Read model text; ModelSyntaxError names line, column and what was expected.

    >>> parse("f =~ x1 + a*x2").formulas[1].modifiers.label
    ('a',)
    """
    if not isinstance(text, str):
        raise ModelSyntaxError(f"the model must be text in lavaan's syntax; found {type(text).__name__}")
    statements = _Parser(tokenize(text)).read()
    if not statements.formulas:
        raise ModelSyntaxError("the model text holds no formula; expected for example 'f =~ x1 + x2 + x3' or 'y ~ x'")
    return statements


def parse_constraints(text: str) -> tuple[Constraint, ...]:
    """Read constraints alone, separated by ``;`` or new lines; ModelSyntaxError where there is anything else.

    >>> parse_constraints("b1 == 0; b2 == b3")[1].text
    ('b2', 'b3')
    """
    if not isinstance(text, str):
        raise ModelSyntaxError(f"constraints must be text such as 'b1 == b2'; found {type(text).__name__}")
    statements = _Parser(tokenize(text)).read()
    if statements.formulas or statements.definitions or not statements.constraints:
        raise ModelSyntaxError(f"expected constraints such as 'b1 == 0; b2 == b3'; found {text!r}")
    return statements.constraints


@dataclass
class _Parser:
    tokens: list[Token]
    at: int = 0
    group: int | None = None
    formulas: list[Formula] = field(default_factory=list)
    definitions: list[Definition] = field(default_factory=list)
    constraints: list[Constraint] = field(default_factory=list)

    @property
    def here(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.here
        self.at += 1
        return token

    def accept(self, *texts: str) -> Token | None:
        return self.take() if self.here.kind in ("punct", "op") and self.here.text in texts else None

    def expect(self, text: str) -> Token:
        found = self.accept(text)
        return found if found else fail(self.here, f"found {_shown(self.here)}", repr(text))

    def read(self) -> Statements:
        while self.at < len(self.tokens):
            if self.here.kind == "end":
                self.take()
            else:
                self.statement()
        return Statements(tuple(self.formulas), tuple(self.definitions), tuple(self.constraints))

    def statement(self) -> None:
        start = self.at
        if self.block():
            return
        op = next((t for t in self._line() if t.kind == "op"), None)
        if op is None:
            fail(self.here, f"no operator after {self.here.text!r}", "one of " + " ".join(OPERATORS))
        elif op.text == ":=":
            self.definition()
        elif op.text in ("==", "<", ">"):
            self.constraint(start)
        else:
            self.formula()
        if self.here.kind != "end":
            fail(self.here, f"found {_shown(self.here)}", "'+' or the end of the line")

    def _line(self) -> list[Token]:
        rest = self.tokens[self.at :]
        return rest[: next(i for i, token in enumerate(rest) if token.kind == "end")]

    def block(self) -> bool:
        line = self._line()
        if len(line) < 2 or line[0].kind != "name" or line[1].text != ":":
            return False
        if line[0].text == "level":
            fail(line[0], "found a 'level:' block", "a single-level model: two-level models are not estimated")
        if line[0].text != "group" or len(line) != 3:
            fail(line[0], f"found a block {line[0].text!r}", "'group: 1', 'group: 2', ...")
        self.group = int(line[2].text) if line[2].text.isdigit() else 1 + (self.group or 0)
        self.at += len(line)
        return True

    def definition(self) -> None:
        name = self.variable("a name for the defined parameter")
        self.expect(":=")
        start = self.at
        expression = self.sum()
        self.definitions.append(Definition(name.text, expression, self._text(start), name.line))

    def constraint(self, start: int) -> None:
        left = self.sum()
        middle = self.at
        op = self.take()
        right = self.sum()
        text = (self._text(start, middle), self._text(middle + 1))
        self.constraints.append(Constraint(left, op.text, right, text, op.line))

    def _text(self, start: int, stop: int | None = None) -> str:
        return "".join(token.text for token in self.tokens[start : self.at if stop is None else stop])

    def formula(self) -> None:
        left = [self.variable("a variable")]
        while self.accept("+"):
            left.append(self.variable("a variable"))
        op = self.take()
        if op.kind != "op" or op.text not in FORMULA:
            fail(op, f"found {_shown(op)}", "one of " + " ".join(FORMULA))
        terms = [self.term()]
        while self.accept("+"):
            terms.append(self.term())
        for name in left:
            for modifiers, rhs in terms:
                self.add(name, op, modifiers, rhs)

    def add(self, name: Token, op: Token, modifiers: Modifiers, rhs: Token) -> None:
        intercept = rhs.kind == "number"
        if intercept and (op.text != "~" or rhs.text not in ("0", "1")):
            fail(rhs, f"found {_shown(rhs)}", "a variable (a fixed value is written as 0.5*x)")
        if intercept and rhs.text == "0":
            modifiers = replace(modifiers, fixed=(0.0,))
        if op.text == "|" and not THRESHOLD.fullmatch(rhs.text):
            fail(rhs, f"found {_shown(rhs)}", "the name of a threshold: t1, t2, ...")
        if op.text == "~*~" and rhs.text != name.text:
            fail(rhs, f"found {_shown(rhs)}", f"the same variable on both sides: {name.text} ~*~ {name.text}")
        if name.text == rhs.text and op.text in ("=~", "~"):
            fail(rhs, f"{name.text!r} would explain itself", "another variable")
        formula = Formula(
            name.text, "~1" if intercept else op.text, "" if intercept else rhs.text, modifiers, op.line, self.group
        )
        key = (formula.lhs, formula.op, formula.rhs, formula.group)
        for i, old in enumerate(self.formulas):
            if (old.lhs, old.op, old.rhs, old.group) == key:
                self.formulas[i] = replace(old, modifiers=_merge(old.modifiers, modifiers, name))
                return
        self.formulas.append(formula)

    def variable(self, wanted: str) -> Token:
        token = self.take()
        return token if token.kind == "name" else fail(token, f"found {_shown(token)}", wanted)

    def term(self) -> tuple[Modifiers, Token]:
        modifiers = Modifiers()
        while True:
            start = self.at
            factor = self.factor()
            if self.accept("*"):
                modifiers = _merge(modifiers, factor, self.tokens[start])
            elif self.accept("?"):
                modifiers = _merge(modifiers, Modifiers(start=factor.fixed), self.tokens[start])
            else:
                token = self.tokens[start]
                single = self.at == start + 1 and token.kind in ("name", "number")
                if not single:
                    fail(token, f"found {_shown(token)}", "a variable")
                if self.here.text == ":":
                    fail(self.here, "found ':'", "a column of the data: compute the product before fitting")
                return modifiers, token

    def factor(self) -> Modifiers:
        token = self.here
        call = token.kind == "name" and self.tokens[self.at + 1].text == "("
        if call and token.text in ("c", *NUMERIC_MODIFIERS, *TEXT_MODIFIERS):
            return self.call()
        if token.kind == "string" or (token.kind == "name" and not call):
            self.take()
            return _entries([_word(token)])
        value = self.product_of_numbers()
        return Modifiers(fixed=(value,))

    def call(self) -> Modifiers:
        name = self.take().text
        self.expect("(")
        values = [self.element()]
        while self.accept(","):
            values.append(self.element())
        close = self.expect(")")
        if len(values) == 1 and isinstance(values[0], tuple):
            values = list(values[0])
        if name == "c":
            return _entries(values)
        if name in TEXT_MODIFIERS:
            return Modifiers(label=tuple(str(v) for v in values))
        if any(isinstance(v, str) for v in values):
            fail(close, f"{name}() holds text", "numbers")
        numbers = tuple(float(v) for v in values)  # type: ignore[arg-type]
        return {
            "start": Modifiers(start=numbers),
            "lower": Modifiers(lower=numbers),
            "upper": Modifiers(upper=numbers),
        }[name]

    def element(self) -> object:
        token = self.here
        if token.kind == "name" and token.text == "c" and self.tokens[self.at + 1].text == "(":
            inner = self.call()
            pairs = zip(inner.fixed, inner.label, strict=True)
            return tuple(lab if lab is not None else fix for fix, lab in pairs)
        if token.kind in ("name", "string") and token.text not in FUNCTIONS:
            return _word(self.take())
        return self.product_of_numbers()

    def product_of_numbers(self) -> float:
        start = self.here
        negative = bool(self.accept("-"))
        value = self.power()
        while self.here.text == "/":
            self.take()
            value = Expression("/", parts=(value, self.power()))
        if value.names():
            fail(start, f"found {_shown(start)}", "a number, a label, or a variable")
        number = value.jet({}, 0).value
        return -number if negative else number

    def sum(self) -> Expression:
        value = self.product()
        while op := self.accept("+", "-"):
            value = Expression(op.text, parts=(value, self.product()))
        return value

    def product(self) -> Expression:
        if self.accept("-"):
            return Expression("negate", parts=(self.product(),))
        value = self.power()
        while op := self.accept("*", "/"):
            value = Expression(op.text, parts=(value, self.power()))
        return value

    def power(self) -> Expression:
        if self.accept("-"):
            return Expression("negate", parts=(self.power(),))
        base = self.atom()
        return Expression("^", parts=(base, self.power())) if self.accept("^") else base

    def atom(self) -> Expression:
        token = self.take()
        if token.kind == "number":
            return Expression("number", value=float(token.text))
        if token.text == "(" and token.kind == "punct":
            inner = self.sum()
            self.expect(")")
            return inner
        if token.kind == "name" and self.here.text == "(":
            if token.text not in FUNCTIONS:
                fail(token, f"unknown function {token.text!r}", "one of " + ", ".join(FUNCTIONS))
            self.take()
            inner = self.sum()
            self.expect(")")
            return Expression(token.text, parts=(inner,))
        if token.kind == "name":
            return Expression("name", name=token.text)
        return fail(token, f"found {_shown(token)}", "a number, a parameter label, or '('")


def _shown(token: Token) -> str:
    return "the end of the line" if token.kind == "end" else repr(token.text)


def _word(token: Token) -> object:
    text = token.text.strip("\"'") if token.kind == "string" else token.text
    return math.nan if text == "NA" and token.kind == "name" else text


def _entries(values: list[object]) -> Modifiers:
    fixed = tuple(float(v) if isinstance(v, (int, float)) else None for v in values)
    label = tuple(v if isinstance(v, str) else None for v in values)
    return Modifiers(fixed=fixed, label=label)


def _merge(old: Modifiers, new: Modifiers, token: Token) -> Modifiers:
    merged = {}
    for name in ("fixed", "label", "start", "lower", "upper"):
        before, after = getattr(old, name), getattr(new, name)
        said_before, said_now = any(v is not None for v in before), any(v is not None for v in after)
        if said_before and said_now and repr(before) != repr(after) and name in ("fixed", "label"):
            fail(token, f"a second {name} value {token.text!r} for the same parameter", f"one {name} value")
        merged[name] = after if said_now else before
    return Modifiers(**merged)
