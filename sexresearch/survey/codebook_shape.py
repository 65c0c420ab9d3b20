"""What is wrong with the keys of a codebook and the types of their values, each with the line that would be right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sexresearch.survey.codebook_keys import (
    CONSTRUCT_KEYS,
    FIELD_KEYS,
    ITEM_KEYS,
    NUMBER,
    SCALE_KEYS,
    TOP_KEYS,
    Table,
    is_number,
    nearest,
    usable,
)
from sexresearch.survey.codebook_text import number, quoted
from sexresearch.survey.problem import Problem

TYPE_WORDS = {
    str: "text",
    dict: "a table",
    list: "a list",
    bool: "true or false",
    int: "a number",
    float: "a number",
}

EXAMPLES = {str: '"…"', dict: "{ … }", list: "[…]", bool: "true", int: "1", float: "1"}

Path = tuple[str, ...]


def shape_problems(document: Table) -> Iterator[Problem]:
    """Unknown keys, keys that are not given, and values of a wrong type.

    >>> [problem.text for problem in shape_problems({"title": 3})]
    ["top level: 'title' must be text"]
    """
    yield from _wrong_keys("top level", (), document, TOP_KEYS)
    yield from _wrong_missing("top level", (), document)
    for where, at, table in _tables(document, (), "scales", "scale"):
        yield from _wrong_keys(where, at, table, SCALE_KEYS, required=("lowest", "highest"))
        if isinstance(table, dict):
            yield from _wrong_codes(where, at, table)
    for where, at, table in _tables(document, (), "constructs", "construct"):
        yield from _wrong_keys(where, at, table, CONSTRUCT_KEYS)
        for item_where, item_at, item in _tables(table, at, "items", "item"):
            if not isinstance(item, str):
                yield from _wrong_keys(item_where, item_at, item, ITEM_KEYS, required=("wording",))
    for where, at, table in _tables(document, (), "fields", "field"):
        if not isinstance(table, str):
            yield from _wrong_keys(where, at, table, FIELD_KEYS)
            yield from _wrong_missing(where, at, table)


def _tables(parent: object, above: Path, key: str, kind: str) -> Iterator[tuple[str, Path, Any]]:
    tables = parent.get(key) if isinstance(parent, dict) else None
    if isinstance(tables, dict):
        yield from ((f"{kind} '{name}'", (*above, key, name), table) for name, table in tables.items())


def _wrong_keys(
    where: str, at: Path, table: object, allowed: Mapping[str, tuple[type, ...]], required: tuple[str, ...] = ()
) -> Iterator[Problem]:
    if not isinstance(table, dict):
        example = "{ " + ", ".join(f"{key} = …" for key in (required or tuple(allowed)[:1])) + " }"
        wrong = f"{where}: expected a table with the keys {', '.join(allowed)}"
        yield Problem(wrong, at, f"{at[-1]} = {example}" if at else "")
        return
    meant = set(usable(table, allowed))
    for key in required:
        if key not in table and key not in meant:
            yield Problem(f"{where}: '{key}' is not given", at, f"{key} = {EXAMPLES[allowed[key][0]]}")
    for key, value in table.items():
        if key not in allowed:
            near = nearest(key, allowed)
            wrong = f"{where}: unknown key '{key}'{f', {near} perhaps' if near else ''}; the keys are"
            yield Problem(f"{wrong} {', '.join(allowed)}", (*at, key), instead=(key, near) if near else ())
        elif type(value) not in allowed[key]:
            kinds = dict.fromkeys(TYPE_WORDS[kind] for kind in allowed[key])
            write = f"{key} = {_as_kind(value, allowed[key][0])}"
            yield Problem(f"{where}: '{key}' must be {' or '.join(kinds)}", (*at, key), write)


def _as_kind(value: object, kind: type) -> str:
    """A value as it may have been meant: in quotes, out of them, in a list."""
    if kind is str and isinstance(value, (bool, int, float)):
        return quoted(str(value).lower() if isinstance(value, bool) else str(value))
    if kind is list and isinstance(value, (int, float, str)) and not isinstance(value, bool):
        return f"[{quoted(value) if isinstance(value, str) else value}]"
    if kind is bool and str(value).lower() in ("true", "yes", "1", "false", "no", "0"):
        return "true" if str(value).lower() in ("true", "yes", "1") else "false"
    if kind is int and isinstance(value, str) and is_number(value):
        return value
    return EXAMPLES[kind]


def _wrong_codes(where: str, at: Path, scale: Table) -> Iterator[Problem]:
    labels = scale.get("labels")
    yield from _wrong_missing(where, at, scale)
    if isinstance(labels, dict):
        for key in labels:
            if not is_number(key):
                yield Problem(
                    f"{where}: label code '{key}' is not a number", (*at, "labels", key), "1 = " + quoted(key)
                )
    if isinstance(labels, list) and {type(scale.get("lowest")), type(scale.get("highest"))} <= set(NUMBER):
        answers = scale["highest"] - scale["lowest"] + 1
        if len(labels) != answers:
            wrong = f"{where}: {len(labels)} labels for {answers:g} answers; label some as {{ 1 = 'low' }}"
            yield Problem(wrong, (*at, "labels"), _some_labels(scale["lowest"], scale["highest"], labels))


def _wrong_missing(where: str, at: Path, table: object) -> Iterator[Problem]:
    missing = table.get("missing") if isinstance(table, dict) else None
    for place, code in enumerate(missing if isinstance(missing, list) else ()):
        if type(code) not in (*NUMBER, str):
            wrong = f"{where}: missing code {code!r} is neither a number nor a text"
            yield Problem(wrong, (*at, "missing", str(place)), 'missing = [99, "n/a"]')


def _some_labels(lowest: float, highest: float, labels: Sequence[object]) -> str:
    """Labels of the ends, where a list is too short or too long."""
    if len(labels) < 2:
        return f'labels = {{ {number(lowest)} = "low", {number(highest)} = "high" }}'
    first, last = quoted(str(labels[0])), quoted(str(labels[-1]))
    return f"labels = {{ {number(lowest)} = {first}, {number(highest)} = {last} }}"
