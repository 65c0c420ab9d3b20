"""From the TOML codebook of a questionnaire to its parts; `Instrument.from_toml` describes the format."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from sexresearch.errors import InstrumentError
from sexresearch.survey.codebook_keys import (
    CONSTRUCT_KEYS,
    FIELD_KEYS,
    ITEM_KEYS,
    NUMBER,
    SCALE_KEYS,
    TOP_KEYS,
    Table,
    as_meant,
    is_number,
    nearest,
    usable,
)
from sexresearch.survey.consistency import scale_problems
from sexresearch.survey.parts import Construct, Field, Item, ResponseScale

TYPE_WORDS = {
    str: "text",
    dict: "a table",
    list: "a list",
    bool: "true or false",
    int: "a number",
    float: "a number",
}

Parts = tuple[str, tuple[Construct, ...], tuple[Field, ...], tuple[str, ...]]


def read_codebook(text: str, name: str = "the codebook") -> Parts:
    """Title, constructs and fields of a codebook, and its problems: unknown keys, wrong types, items without a scale.

    What a problem leaves unclear is read as it was most likely meant, so that all others are found in the same pass.
    Raises InstrumentError where the text is not TOML.

    >>> title, constructs, fields, problems = read_codebook("title = 'empty'")
    >>> title, constructs, problems
    ('empty', (), ())
    """
    try:
        document: Table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InstrumentError(f"{name} is not valid TOML: {error}") from error
    wrong = tuple(_shape_problems(document))
    if wrong:
        document = as_meant(document)
    scales = {key: _scale(key, table) for key, table in document.get("scales", {}).items()}
    constructs = tuple(_construct(key, part, scales) for key, part in document.get("constructs", {}).items())
    fields = tuple(_field(key, part) for key, part in document.get("fields", {}).items())
    return (
        document.get("title", ""),
        constructs,
        fields,
        (*wrong, *_missing_scales(constructs, scales), *_idle_scales(constructs, scales)),
    )


def _shape_problems(document: Table) -> Iterator[str]:
    yield from _wrong_keys("top level", document, TOP_KEYS)
    for where, table in _tables(document, "scales", "scale"):
        yield from _wrong_keys(where, table, SCALE_KEYS, required=("lowest", "highest"))
        if isinstance(table, dict):
            yield from _wrong_codes(where, table)
    for where, table in _tables(document, "constructs", "construct"):
        yield from _wrong_keys(where, table, CONSTRUCT_KEYS)
        for item_where, item in _tables(table, "items", "item"):
            if not isinstance(item, str):
                yield from _wrong_keys(item_where, item, ITEM_KEYS, required=("wording",))
    for where, table in _tables(document, "fields", "field"):
        if not isinstance(table, str):
            yield from _wrong_keys(where, table, FIELD_KEYS)


def _tables(parent: object, key: str, kind: str) -> Iterator[tuple[str, Any]]:
    tables = parent.get(key) if isinstance(parent, dict) else None
    if isinstance(tables, dict):
        yield from ((f"{kind} '{name}'", table) for name, table in tables.items())


def _wrong_keys(
    where: str, table: object, allowed: Mapping[str, tuple[type, ...]], required: tuple[str, ...] = ()
) -> Iterator[str]:
    if not isinstance(table, dict):
        yield f"{where}: expected a table with the keys {', '.join(allowed)}"
        return
    meant = set(usable(table, allowed))
    yield from (f"{where}: '{key}' is not given" for key in required if key not in table and key not in meant)
    for key, value in table.items():
        if key not in allowed:
            near = f", {nearest(key, allowed)} perhaps" if nearest(key, allowed) else ""
            yield f"{where}: unknown key '{key}'{near}; the keys are {', '.join(allowed)}"
        elif type(value) not in allowed[key]:
            kinds = dict.fromkeys(TYPE_WORDS[kind] for kind in allowed[key])
            yield f"{where}: '{key}' must be {' or '.join(kinds)}"


def _wrong_codes(where: str, scale: Table) -> Iterator[str]:
    labels, missing = scale.get("labels"), scale.get("missing")
    if isinstance(missing, list):
        wrong = [code for code in missing if type(code) not in (*NUMBER, str)]
        yield from (f"{where}: missing code {code!r} is neither a number nor a text" for code in wrong)
    if isinstance(labels, dict):
        yield from (f"{where}: label code '{key}' is not a number" for key in labels if not is_number(key))
    if isinstance(labels, list) and {type(scale.get("lowest")), type(scale.get("highest"))} <= set(NUMBER):
        answers = scale["highest"] - scale["lowest"] + 1
        if len(labels) != answers:
            yield f"{where}: {len(labels)} labels for {answers:g} answers; label some as {{ 1 = 'low' }}"


def _scale(name: str, table: Table) -> ResponseScale:
    labels = table.get("labels", {})
    if isinstance(labels, list):
        labels = {table["lowest"] + step: text for step, text in enumerate(labels)}
    pairs = tuple((float(code), str(text)) for code, text in labels.items())
    missing = tuple(code if isinstance(code, str) else float(code) for code in table.get("missing", ()))
    return ResponseScale(name, table["lowest"], table["highest"], pairs, missing, table.get("whole", True))


def _construct(name: str, table: Table, scales: Mapping[str, ResponseScale]) -> Construct:
    default, label = table.get("scale", ""), table.get("label", name)
    items = tuple(_item(key, part, default, scales) for key, part in table.get("items", {}).items())
    return Construct(name, label, items, table.get("definition", ""), table.get("node", ""))


def _item(name: str, value: str | Table, default: str, scales: Mapping[str, ResponseScale]) -> Item:
    table = _table(value, "wording")
    wanted = table.get("scale", default)
    # An undefined scale gets a stand-in, so that all other problems are found in the same pass.
    scale = scales.get(wanted, ResponseScale(wanted, 0, 1))
    more = (table.get(key, "") for key in ("column", "clause", "respondent", "source"))
    return Item(name, table["wording"], scale, table.get("reverse", False), *more)


def _field(name: str, value: str | Table) -> Field:
    table = _table(value, "label")
    labels = tuple((str(code), str(text)) for code, text in table.get("labels", {}).items())
    return Field(name, table.get("label", ""), table.get("role", "other"), labels)


def _table(value: str | Table, key: str) -> Table:
    return {key: value} if isinstance(value, str) else value


def _idle_scales(constructs: tuple[Construct, ...], scales: Mapping[str, ResponseScale]) -> Iterator[str]:
    """What is wrong with scales that no item names; those of items are checked with the items."""
    used = {item.scale.name for construct in constructs for item in construct.items}
    yield from (problem for name, scale in scales.items() if name not in used for problem in scale_problems(scale))


def _missing_scales(constructs: tuple[Construct, ...], scales: Mapping[str, ResponseScale]) -> Iterator[str]:
    known = f"the scales are {', '.join(scales) or '(none)'}"
    for item in (item for construct in constructs for item in construct.items):
        if not item.scale.name:
            yield f"item '{item.name}' has no scale; {known}"
        elif item.scale.name not in scales:
            meant = nearest(item.scale.name, scales)
            near = f" ({meant} perhaps)" if meant else ""
            yield f"item '{item.name}' names the scale '{item.scale.name}', which is not defined; {known}{near}"
