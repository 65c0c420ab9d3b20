"""The right side of a formula: variables, and the modifiers before them."""

from __future__ import annotations

import math
from dataclasses import fields, replace

from sexresearch.errors import ModelError
from sexresearch.sem.language.arithmetic import power_of
from sexresearch.sem.language.cursor import Cursor, shown
from sexresearch.sem.language.expression import FUNCTIONS, Expression
from sexresearch.sem.language.statements import Modifiers
from sexresearch.sem.language.tokens import Token, fail
from sexresearch.sem.language.unsupported import instead_of

NUMBERS = ("start", "lower", "upper")
TEXTS = ("label", "equal")
CALLS = ("c", *NUMBERS, *TEXTS)
CAST = "as.numeric"
UNBOUNDED = ("nan", "inf", "infinity")  # what R and Python print for numbers that nothing can be fixed to
NONE = Modifiers()
Word = float | str | None


def term(cursor: Cursor) -> tuple[Modifiers, Token]:
    """One term such as ``NA*start(0.5)*x``: its modifiers and its variable (or the number of an intercept)."""
    modifiers, token, after = NONE, cursor.here, cursor.next
    if token.names and (after.kind == "end" or after.text == "+"):
        return modifiers, cursor.take()
    while True:
        start = cursor.at
        factor = _factor(cursor)
        first = cursor.tokens[start]
        if cursor.accept("*"):
            modifiers = merged(modifiers, factor, first)
        elif cursor.accept("?"):
            modifiers = merged(modifiers, _starting(factor, first), first)
        else:
            if not (cursor.at == start + 1 and (first.names or first.kind == "number")):
                fail(first, f"found {shown(first)}", "a variable")
            return modifiers, product(cursor, first) if first.names else first


def product(cursor: Cursor, first: Token) -> Token:
    """A variable, or the product ``a:b`` of two that begins with it, as one token."""
    if not cursor.accept(":"):
        return first
    second = cursor.take()
    if not second.names:
        fail(second, f"found {shown(second)}", f"a second variable after '{first.text}:'")
    if cursor.here.text == ":":
        fail(cursor.here, "found a product of more than two variables", "a column of the data that holds it")
    return first._replace(text=f"{first.text}:{second.text}")


def _starting(factor: Modifiers, token: Token) -> Modifiers:
    if any(factor.label) or any(value is None or math.isnan(value) for value in factor.fixed) or not factor.fixed:
        fail(token, f"found {shown(token)} before '?'", "a number, as in 0.5?x")
    return Modifiers(start=factor.fixed)


def _factor(cursor: Cursor) -> Modifiers:
    token = cursor.here
    call = token.kind == "name" and cursor.next.text == "(" and cursor.next.kind == "punct"
    if call and token.text in CALLS:
        with cursor.deeper():
            return _call(cursor)
    if call and token.text != CAST:
        _refuse_function(cursor, token)
    if token.kind == "string" or (token.names and not call):
        cursor.take()
        return _entries([_word(token)])
    return _entries([_number(cursor)])


def _refuse_function(cursor: Cursor, token: Token) -> None:
    """Functions of variables, and modifiers of lavaan's that are not offered, are named; those of numbers go on."""
    inside = cursor.tokens[cursor.at + 2 : cursor.ends[cursor.at]]
    named = next((other for other in inside if other.text == ")" or other.kind in ("name", "quoted", "string")), token)
    if token.text in FUNCTIONS and not (named.names or named.kind == "string"):
        return
    advice = instead_of(token.text)
    if advice is not None:
        fail(token, f"found {token.text}(); {advice}", "a variable")
    fail(token, f"unknown function {token.text!r}", "a variable, or one of " + ", ".join(f"{name}()" for name in CALLS))


def _call(cursor: Cursor) -> Modifiers:
    name = cursor.take()
    close, values = _arguments(cursor)
    if name.text == "c":
        return _entries(values)
    if name.text in TEXTS:
        return _texts(name.text, values, close)
    if any(isinstance(value, str) for value in values):
        fail(close, f"{name.text}() holds text", "numbers")
    numbers = tuple(None if value is None or math.isnan(float(value)) else float(value) for value in values)
    return {
        "start": Modifiers(start=numbers),
        "lower": Modifiers(lower=numbers),
        "upper": Modifiers(upper=numbers),
    }[name.text]


def _arguments(cursor: Cursor) -> tuple[Token, list[Word]]:
    """The closing bracket and everything before it; ``c()`` within is written out."""
    cursor.expect("(")
    values = [*_element(cursor)]
    while cursor.accept(","):
        values += _element(cursor)
    return cursor.expect(")"), values


def _texts(name: str, values: list[Word], close: Token) -> Modifiers:
    """Labels, or names of parameters; ``NA`` and empty text stand for none."""
    wrong = [value for value in values if isinstance(value, float) and not math.isnan(value)]
    if wrong:
        fail(close, f"{name}() holds the number {wrong[0]:g}", f'text, as in {name}("a")')
    texts = [value if isinstance(value, str) and value.strip() else None for value in values]
    if name == "label":
        return Modifiers(label=tuple(texts))
    return Modifiers(equal=tuple(None if text is None else "".join(text.split()) for text in texts))


def _element(cursor: Cursor) -> list[Word]:
    token = cursor.here
    called = token.kind == "name" and cursor.next.text == "("
    if called and token.text == "c":
        with cursor.deeper():
            cursor.take()
            return _arguments(cursor)[1]
    if token.kind == "string" or (token.names and not called):
        return [_word(cursor.take())]
    return [_number(cursor)]


def _number(cursor: Cursor) -> float:
    """A number, possibly computed from others; ``as.numeric(NA)`` is NaN."""
    if cursor.here.text == CAST:
        return _cast(cursor)
    start = cursor.here
    negative = bool(cursor.accept("-"))
    _refuse_unbounded(cursor.here)
    value = power_of(cursor)
    while cursor.here.text == "/":
        cursor.take()
        value = Expression("number", value=_value(Expression("/", parts=(value, power_of(cursor))), start))
    number = _value(value, start)
    return -number if negative else number


def _value(expression: Expression, token: Token) -> float:
    if expression.names():
        fail(token, f"found {shown(token)}", "a number, a label, or a variable")
    try:
        number = expression.jet({}, 0).value
    except ModelError as error:
        return fail(token, str(error), "a number, a label, or a variable")
    if not math.isfinite(number):
        fail(token, "found a value without bounds", "a number, a label, or a variable")
    return number


def _cast(cursor: Cursor) -> float:
    name = cursor.take()
    values = _arguments(cursor)[1]
    try:
        number = float(values[0]) if len(values) == 1 and values[0] is not None else math.inf
    except ValueError:
        number = math.inf
    if math.isinf(number):
        fail(name, f"{CAST}() holds no number", f"{CAST}(NA) or a number")
    return number


def _word(token: Token) -> Word:
    """Text, or NaN for ``NA``; what other programs print for no number is no label, unless it stands in quotes."""
    _refuse_unbounded(token)
    if token.kind == "name" and token.text in ("NA", "NA_real_"):
        return math.nan
    return token.text[1:-1] if token.kind == "string" else token.text


def _refuse_unbounded(token: Token) -> None:
    if token.kind == "name" and token.text.lower() in UNBOUNDED:
        fail(token, f"found {token.text}, a value that no parameter can have", "a number, or NA to free the parameter")


def _entries(values: list[Word]) -> Modifiers:
    fixed = tuple(value if isinstance(value, float) else None for value in values)
    label = tuple(value if isinstance(value, str) and value.strip() else None for value in values)
    return Modifiers(fixed=fixed, label=label)


def merged(old: Modifiers, new: Modifiers, token: Token) -> Modifiers:
    """Both together; refused where they give one thing two values."""
    merged_parts = {}
    for name in (field.name for field in fields(Modifiers)):
        before, after = getattr(old, name), getattr(new, name)
        given_before, given_now = any(v is not None for v in before), any(v is not None for v in after)
        if given_before and given_now and repr(before) != repr(after):
            fail(token, f"a second {name} value {token.text!r} for the same parameter", f"one {name} value")
        merged_parts[name] = after if given_now else before
    return replace(NONE, **merged_parts)
