"""The keys of a codebook with their types, and a codebook with faults read as it was most likely meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

NUMBER = (int, float)
TOP_KEYS = {"title": (str,), "language": (str,), "scales": (dict,), "constructs": (dict,), "fields": (dict,)}
TOP_KEYS |= {"missing": (list,), "translations": (dict,)}
TRANSLATED_KEYS = {"title": str, "scales": dict, "constructs": dict, "items": dict, "fields": dict}
SCALE_KEYS = {
    "lowest": NUMBER,
    "highest": NUMBER,
    "labels": (list, dict),
    "missing": (list,),
    "whole": (bool,),
}
CONSTRUCT_KEYS = {"label": (str,), "definition": (str,), "node": (str,), "scale": (str,), "items": (dict,)}
ITEM_KEYS = {"wording": (str,), "scale": (str,), "reverse": (bool,), "column": (str,)}
ITEM_KEYS |= dict.fromkeys(("clause", "respondent", "source"), (str,))
FIELD_KEYS = {"label": (str,), "role": (str,), "labels": (dict,), "missing": (list,)}
Table = Mapping[str, Any]
Keys = Mapping[str, tuple[type, ...]]


def nearest(key: str, known: Iterable[str]) -> str:
    """The known name that `key` is most like; empty where it is like none."""
    return next(iter(difflib.get_close_matches(key, list(known), n=1)), "")


def is_number(text: str) -> bool:
    """Whether a text is a number.

    >>> is_number("7"), is_number("seven")
    (True, False)
    """
    try:
        float(text)
    except ValueError:
        return False
    return True


def as_meant(document: Table) -> Table:
    """The codebook with misspelt keys as the nearest known ones, and without what has a wrong type.

    >>> as_meant({"tittle": "Guests", "scales": {"s": {"lowest": 1, "higest": 7, "whole": "yes"}}})["scales"]
    {'s': {'lowest': 1, 'highest': 7}}
    """
    top = _with_codes(dict(usable(document, TOP_KEYS)))
    top["scales"] = {name: _scale(part) for name, part in top.get("scales", {}).items()}
    top["constructs"] = {name: _construct(part) for name, part in top.get("constructs", {}).items()}
    top["fields"] = {name: _text_or(part, FIELD_KEYS) for name, part in top.get("fields", {}).items()}
    return top


def usable(table: object, allowed: Keys) -> Table:
    """The values by known key that have the right type; a misspelt key counts as the nearest known one."""
    given = table if isinstance(table, dict) else {}
    meant = {nearest(key, allowed): key for key in given if key not in allowed}
    names = {name: name if name in given else meant.get(name, "") for name in allowed}
    return {name: given[key] for name, key in names.items() if key and type(given[key]) in allowed[name]}


def _scale(part: object) -> Table:
    table = dict(usable(part, SCALE_KEYS))
    if not {"lowest", "highest"} <= set(table):
        return {"lowest": -1e9, "highest": 1e9}  # a range that clashes with nothing
    table = _with_codes(table)
    labels = table.get("labels", {})
    if isinstance(labels, dict):
        table["labels"] = {code: text for code, text in labels.items() if is_number(code)}
    elif len(labels) != table["highest"] - table["lowest"] + 1:
        table["labels"] = {}
    return {key: value for key, value in table.items() if value != [] and value != {}}


def _with_codes(table: dict[str, Any]) -> dict[str, Any]:
    """The table with those of its codes of no answer that are numbers or texts."""
    return table | {"missing": [code for code in table.get("missing", []) if type(code) in (*NUMBER, str)]}


def _construct(part: object) -> Table:
    table = dict(usable(part, CONSTRUCT_KEYS))
    table["items"] = {name: _item(name, item) for name, item in table.get("items", {}).items()}
    return table


def _item(name: str, part: object) -> Any:
    return part if isinstance(part, str) else {"wording": name, **usable(part, ITEM_KEYS)}


def _text_or(part: object, allowed: Keys) -> Any:
    return part if isinstance(part, str) else _with_codes(dict(usable(part, allowed)))
