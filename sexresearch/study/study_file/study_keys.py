"""The keys of `study.toml`, and everything that is wrong with those of a file."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

Kinds = tuple[type, ...]
NUMBER: Kinds = (int, float)
TOP: dict[str, Kinds] = {
    "title": (str,),
    "citation": (str,),
    "doi": (str,),
    "seen": (str,),
    "note": (str,),
    "data": (dict,),
    "cleaning": (dict,),
    "model": (dict,),
    "fit": (dict,),
    "published": (list,),
}
DATA: dict[str, Kinds] = {
    "kind": (str,),
    "dataset": (str,),
    "file": (str,),
    "table": (str,),
    "sheet": (str,),
    "header": (int,),
    "separator": (str,),
    "decimal": (str,),
    "thousands": (str,),
    "questionnaire": (str,),
    "synthetic": (bool,),
    "moments": (str,),
    "names": (list,),
    "lower": (str,),
    "sd": (list,),
    "mean": (list,),
    "nobs": (int,),
    "decimals": (int,),
    "likelihood": (str,),
}
CLEANING: dict[str, Kinds] = {"because": (str,), "keep": (dict,), "drop_found": (list,), "drop_rows": (list,)}
MODEL: dict[str, Kinds] = {"text": (str,), "file": (str,), "view": (str,), "higher_order": (str,)}
FIT: dict[str, Kinds] = {
    "estimator": (str,),
    "missing": (str,),
    "ordered": (bool, list),
    "group": (str,),
    "group_equal": (list,),
    "group_partial": (list,),
    "cluster": (str,),
    "sampling_weights": (str,),
    "cluster_weights": (str,),
    "std_lv": (bool,),
    "meanstructure": (bool,),
    "fixed_x": (bool,),
    "se": (str,),
    "test": (str,),
    "information": (str,),
    "parameterization": (str,),
}
PUBLISHED: dict[str, Kinds] = {
    "where": (str,),
    "what": (str,),
    "by": (str,),
    "decimals": (int,),
    "tolerance": NUMBER,
    "verified": (bool,),
    "group": (str,),
    "reason": (str,),
    "reasons": (dict,),
    "cannot_recompute": (str,),
    "values": (dict,),
}
WORDS: dict[type, str] = {
    str: "text",
    dict: "a table",
    list: "a list",
    bool: "true or false",
    int: "a number",
    float: "a number",
}


def shape_problems(document: Mapping[str, Any]) -> list[str]:
    """Unknown keys with the nearest known one, values of the wrong type, keys that are not given.

    >>> shape_problems({"data": {}, "model": {"txt": "y ~ x"}})
    ["model: unknown key 'txt'; did you mean 'text'?"]
    """
    problems = list(_problems("top level", document, TOP, ("data", "model")))
    for key, allowed in (("data", DATA), ("cleaning", CLEANING), ("model", MODEL), ("fit", FIT)):
        if isinstance(document.get(key), dict):
            problems += _problems(key, document[key], allowed, ("because",) if key == "cleaning" else ())
    blocks = document.get("published", [])
    for number, block in enumerate(blocks if isinstance(blocks, list) else [], start=1):
        problems += _problems(f"published {number}", block, PUBLISHED, ("where", "what", "values"))
    return problems


def nearest(word: str, known: Mapping[str, object] | list[str] | tuple[str, ...]) -> str:
    """The question after a word that is not known: the nearest known one, or all of them.

    >>> nearest("std_al", ["std_all", "est"]), nearest("q", ["a", "b"])
    ("did you mean 'std_all'?", 'known are a, b')
    """
    names = [str(name) for name in known]
    near = difflib.get_close_matches(word, names, n=1)
    return f"did you mean '{near[0]}'?" if near else f"known are {', '.join(names)}"


def _problems(where: str, table: object, allowed: Mapping[str, Kinds], required: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(table, dict):
        yield f"{where}: must be a table"
        return
    for key, value in table.items():
        if key not in allowed:
            yield f"{where}: unknown key '{key}'; {nearest(key, allowed)}"
        elif type(value) not in allowed[key]:
            yield f"{where}: '{key}' must be {' or '.join(dict.fromkeys(WORDS[kind] for kind in allowed[key]))}"
    yield from (f"{where}: '{key}' is not given" for key in required if key not in table)
