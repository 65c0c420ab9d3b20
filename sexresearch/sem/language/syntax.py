"""Model text in lavaan's language, read into statements: formulas with modifiers, definitions and constraints."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from sexresearch.errors import ModelSyntaxError
from sexresearch.sem.language.arithmetic import sum_of
from sexresearch.sem.language.cursor import Cursor, shown
from sexresearch.sem.language.levels import LEVELS, refuse_half_levels
from sexresearch.sem.language.modifiers import NONE, merged, product, term
from sexresearch.sem.language.names import factors
from sexresearch.sem.language.statements import Constraint, Definition, Formula, Modifiers, Statements
from sexresearch.sem.language.tokens import OPERATORS, Token, fail, tokenize
from sexresearch.sem.language.unsupported import BLOCKS, MODIFIERS, OTHER_PROGRAMS, RANDOM_SLOPES
from sexresearch.sem.language.unsupported import OPERATORS as UNSUPPORTED

FORMULA = ("=~", "~", "~~", "~*~", "~1", "|")
COMPARED = ("==", "<", ">")
TEXT_OF = {
    "list": ': join its lines, as in "\\n".join(lines)',
    "DataFrame": ": the model comes before the data",
    "Results": ": give its model, results.model",
}
FROM_R = re.compile(r"\s*(?:[\w.]+\s*<-\s*)?['\"]")  # an assignment, or the quotes of a string
THRESHOLD = re.compile(r"t[1-9]\d*")
MEANT = "; did you mean '=~' (is measured by), '~' (is explained by), '==' (equals) or ':=' (is defined as)?"
ARROW = "; did you mean '=~' (is measured by) or '~' (is explained by)?"
Block = tuple[str | None, int | None]  # group and level
Key = tuple[str, str, str, Block]


def parse(text: str) -> Statements:
    """Read model text; ModelSyntaxError names line, column and what was expected.

    >>> parse("f =~ x1 + a*x2").formulas[1].modifiers.label
    ('a',)
    """
    if not isinstance(text, str):
        kind = type(text).__name__
        raise ModelSyntaxError(f"the model must be text in lavaan's syntax; found {kind}{TEXT_OF.get(kind, '')}")
    if from_r := FROM_R.match(text):
        raise ModelSyntaxError(
            f"the model begins with {from_r[0].strip()!r}, as in R; give the text within the quotes alone"
        )
    statements = _read(text)
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
    statements = _read(text)
    if statements.formulas or statements.definitions or not statements.constraints:
        raise ModelSyntaxError(f"expected constraints such as 'b1 == 0; b2 == b3'; found {text!r}")
    return statements.constraints


@dataclass
class _Read:
    """What has been read so far; `places` finds a formula again, `number` counts statements."""

    formulas: list[Formula] = field(default_factory=list)
    definitions: list[Definition] = field(default_factory=list)
    constraints: list[Constraint] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    arrows: list[tuple[Token, str]] = field(default_factory=list)
    places: dict[Key, tuple[int, int]] = field(default_factory=dict)
    block: Block = (None, None)
    number: int = 0


def _read(text: str) -> Statements:
    cursor, read = Cursor(tokenize(text)), _Read()
    while cursor.at < len(cursor.tokens):
        if cursor.here.kind == "end":
            cursor.take()
        else:
            read.number += 1
            _statement(cursor, read)
    _refuse_arrows(read)
    refuse_half_levels(read.formulas)
    _refuse_latent_products(read.formulas)
    return Statements(tuple(read.formulas), tuple(read.definitions), tuple(read.constraints), tuple(read.notes))


def _statement(cursor: Cursor, read: _Read) -> None:
    line = cursor.line
    op = next((token for token in line if token.kind == "op"), None)
    if op is None:
        if not _block(line, read):
            _no_operator(line)
        cursor.at += len(line)
    elif op.text == ":=":
        read.definitions.append(_definition(cursor))
    elif op.text in COMPARED:
        _constraint(cursor, read)
    elif op.text == "=":
        fail(op, f"found '='{MEANT}", "one of " + " ".join(OPERATORS))
    else:
        _formula(cursor, read)
    if cursor.here.kind != "end":
        fail(cursor.here, f"found {shown(cursor.here)}", "'+' or the end of the line")


def _no_operator(line: Sequence[Token]) -> None:
    other = next((t for t in line[1:] if t.text.lower() in OTHER_PROGRAMS), None)
    hint = f"; {other.text} of other programs is written {OTHER_PROGRAMS[other.text.lower()]!r} here" if other else ""
    fail(line[0], f"no operator after {line[0].text!r}{hint}", "one of " + " ".join(OPERATORS))


def _block(line: Sequence[Token], read: _Read) -> bool:
    """Whether the line opens a block such as ``group: 1``, which the formulas after it then belong to."""
    if len(line) < 2 or not line[0].names or line[1].text != ":":
        return False
    kind = line[0].text.lower()
    if kind in BLOCKS:
        fail(line[0], f"found a '{line[0].text}:' block; {BLOCKS[kind]}", "blocks for groups and levels alone")
    value = line[2] if len(line) == 3 else line[0]
    number = value.kind == "number" and value.text.isdigit()
    line_text = " ".join(token.text for token in line)
    if kind not in ("group", "level") or not (number or value.names or value.kind == "string") or len(line) != 3:
        fail(line[0], f"found {line_text!r}", "'group: 1', or 'group: label' (in quotes where it is no plain word)")
    text = value.text.strip("\"'") if value.kind == "string" else value.text
    if kind == "group":
        read.block = (text, None)
    elif text.lower() in LEVELS:
        read.block = (read.block[0], LEVELS[text.lower()])
    else:
        fail(line[0], f"found {line_text!r}", "'level: 1' or 'level: within', 'level: 2' or 'level: between'")
    return True


def _definition(cursor: Cursor) -> Definition:
    name = _variable(cursor, "a name for the defined parameter")
    cursor.expect(":=")
    start = cursor.at
    expression = sum_of(cursor)
    return Definition(name.text, expression, cursor.text(start), name.line)


def _constraint(cursor: Cursor, read: _Read) -> None:
    start, before = cursor.at, cursor.line
    for minus, after in pairwise(before):
        if minus.text == "-" and after.text == ">" and after.column == minus.column + 1:
            fail(minus, f"found '->'{ARROW}", "the effect on the left of one of these")
    left = sum_of(cursor)
    middle, op = cursor.at, cursor.take()
    if op.text not in COMPARED:
        fail(op, f"found {shown(op)}", "one of " + " ".join(COMPARED))
    arrow = op.text == "<" and cursor.here.text == "-" and cursor.here.column == op.column + 1
    if arrow and left.kind == "name" and cursor.next.names:
        read.arrows.append((op, left.name))
    right = sum_of(cursor)
    text = (cursor.text(start, middle), cursor.text(middle + 1))
    read.constraints.append(Constraint(left, op.text, right, text, op.line))


def _refuse_arrows(read: _Read) -> None:
    """``f <- x`` is no constraint unless f is a parameter; ``b <-1`` is one."""
    known = {label for f in read.formulas for label in f.modifiers.label} | {d.name for d in read.definitions}
    for op, name in read.arrows:
        if name not in known:
            fail(op, f"found '<-'{ARROW}", "one of these")


def _formula(cursor: Cursor, read: _Read) -> None:
    sides = [_left(cursor)]
    while cursor.accept("+"):
        sides.append(_left(cursor))
    op = cursor.take()
    if op.text in UNSUPPORTED:
        fail(op, f"found {op.text!r}; {UNSUPPORTED[op.text]}", "one of " + " ".join(FORMULA))
    _refuse_random_slope(op, cursor.line)
    if op.kind != "op" or op.text not in FORMULA:
        fail(op, f"found {shown(op)}{_left_hint(op)}", "one of " + " ".join(FORMULA))
    if cursor.here.kind == "op":
        both, hint = op.text + cursor.here.text, MEANT if cursor.here.text == "=" else ""
        fail(cursor.here, f"found {both!r}{hint}", "one of " + " ".join(OPERATORS))
    terms = [term(cursor)]
    while cursor.accept("+"):
        terms.append(term(cursor))
    if op.text == "=~" and len(terms) == 1 and terms[0][0] == NONE and terms[0][1].text == "0":
        for _, name in sides:
            _add(read, _phantom(name, op, read.block), name)
        return
    for block, name in sides:
        if block and op.text != "=~":
            fail(op, f"found {op.text!r} after efa()", "'=~': a block of exploratory factors is measured by items")
        for modifiers, rhs in terms:
            _add(read, replace(_elementary(name, op, modifiers, rhs, read.block), efa=block), rhs)


def _refuse_random_slope(op: Token, rest: Sequence[Token]) -> None:
    """The random slopes of other programs: ``s | y ~ x``, ``s | y ON x``, and ``y ~ x + (x | branch)``."""
    bar = op if op.text == "|" and any(t.text.lower() in ("~", "on") for t in rest) else None
    bracket = next((i for i, t in enumerate(rest) if t.text == "("), len(rest))
    if op.text == "~":
        bar = next((t for t in rest[bracket:] if t.text == "|"), None)
    if bar is not None:
        fail(bar, f"found '|'; {RANDOM_SLOPES}", "a random intercept at most, which every variable at both levels has")


def _left(cursor: Cursor) -> tuple[str, Token]:
    """The block of exploratory factors, "" where there is none, and the variable."""
    name = _variable(cursor, "a variable")
    if cursor.here.text == "(" and name.text == "efa":
        return _efa(cursor), product(cursor, _variable(cursor, "a factor"))
    if cursor.here.text == "(" and name.text in MODIFIERS:
        fail(name, f"found {name.text}(); {MODIFIERS[name.text]}", "a variable")
    return "", product(cursor, name)


def _efa(cursor: Cursor) -> str:
    """The name of the block in ``efa("name")*``, which the cursor has come to the bracket of."""
    cursor.expect("(")
    token = cursor.take()
    if token.kind != "string" or not token.text[1:-1].strip():
        fail(token, f"found {shown(token)}", 'the name of the block in quotes, as in efa("block")*f1')
    cursor.expect(")")
    cursor.expect("*")
    return token.text[1:-1].strip()


def _left_hint(op: Token) -> str:
    return "; modifiers stand on the right of the operator, as in f =~ a*x" if op.text == "*" else ""


def _variable(cursor: Cursor, wanted: str) -> Token:
    token = cursor.take()
    return token if token.names else fail(token, f"found {shown(token)}", wanted)


def _phantom(name: Token, op: Token, block: Block) -> Formula:
    """``f =~ 0``: a latent variable without indicators."""
    return Formula(name.text, op.text, name.text, Modifiers(fixed=(0.0,)), op.line, *block)


def _elementary(name: Token, op: Token, modifiers: Modifiers, rhs: Token, block: Block) -> Formula:
    intercept = rhs.kind == "number"
    if intercept and (op.text != "~" or rhs.text not in ("0", "1")):
        fail(rhs, f"found {shown(rhs)}", "a variable (a fixed value is written as 0.5*x)")
    if intercept and rhs.text == "0":
        modifiers = replace(modifiers, fixed=(0.0,))
    if op.text == "|" and not THRESHOLD.fullmatch(rhs.text):
        fail(rhs, f"found {shown(rhs)}", "the name of a threshold: t1, t2, ...")
    if op.text == "~*~" and rhs.text != name.text:
        fail(rhs, f"found {shown(rhs)}", f"the same variable on both sides: {name.text} ~*~ {name.text}")
    if name.text == rhs.text and op.text in ("=~", "~"):
        fail(rhs, f"{name.text!r} would explain itself", "another variable")
    kind = "~1" if intercept else op.text
    return Formula(name.text, kind, "" if intercept else rhs.text, modifiers, op.line, *block)


def _add(read: _Read, formula: Formula, token: Token) -> None:
    """A formula not said before; modifiers said in one statement belong together."""
    earlier = _earlier(read, formula)
    if earlier is None:
        read.places[formula.lhs, formula.op, formula.rhs, (formula.group, formula.level)] = (
            len(read.formulas),
            read.number,
        )
        read.formulas.append(formula)
        return
    place, number = earlier
    old = read.formulas[place]
    same = (old.lhs, old.group) == (formula.lhs, formula.group)
    if old.efa != formula.efa:
        fail(token, f"the factor {formula.lhs!r} in two blocks, or in a block and outside of it", "one block")
    if number == read.number and same:
        if formula.modifiers == old.modifiers == NONE:
            read.notes.append(f"line {formula.line}: {formula.name!r} is said twice and counts once")
        read.formulas[place] = replace(old, modifiers=merged(old.modifiers, formula.modifiers, token))
    elif formula.op == "~~" and formula.lhs != formula.rhs and same:
        read.notes.append(
            f"line {formula.line}: {formula.name!r} was said in line {old.line}, which counts; this one is ignored"
        )
    else:
        advice = "one place; modifiers of one parameter are joined as in a*x + start(0.5)*x"
        fail(token, f"{formula.name!r} was said in line {old.line} already, as {old.name!r}", advice)


def _earlier(read: _Read, formula: Formula) -> tuple[int, int] | None:
    """Place and statement of the same parameter, in this block or for all groups, in either direction."""
    lhs, op, rhs, places = formula.lhs, formula.op, formula.rhs, read.places
    block, everywhere = (formula.group, formula.level), (None, formula.level)
    earlier = places.get((lhs, op, rhs, block))
    if earlier is None and op == "~~":
        earlier = places.get((rhs, op, lhs, block))
    if earlier is None and formula.group is not None:
        earlier = places.get((lhs, op, rhs, everywhere)) or places.get((rhs, op, lhs, everywhere))
    return earlier


def _refuse_latent_products(formulas: list[Formula]) -> None:
    products = [f for f in formulas if ":" in f.lhs or ":" in f.rhs]
    latents = {f.lhs for f in formulas if f.op == "=~"} if products else set()
    for f in products:
        for name in (f.lhs, f.rhs):
            parts = factors(name)
            factors_named = [part for part in (*(parts or ()), *([name] if parts else [])) if part in latents]
            if factors_named:
                error = ModelSyntaxError(
                    f"line {f.line}: {name!r} is a product with the latent variable {factors_named[0]!r}, which is not "
                    "estimated; products of observed variables are: multiply the indicators"
                )
                error.line = f.line
                raise error
