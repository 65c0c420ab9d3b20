"""What the item bank holds: the files of this folder as constructs with their items, in one language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sexresearch.frozen import ReadOnlyDict, unwritable
from sexresearch.survey.parts import Construct, Item, ResponseScale

FOLDER = Path(__file__).parent
STRUCTURE = "bank.toml"
USUAL_SCALE = "agree7"
Table = Mapping[str, Any]


@dataclass(frozen=True)
class BankConstruct:
    """A construct of the bank in one language, and what only the bank knows of it.

    `respondents` are those of its items, `neighbour` marks what other studies ask and the standard does not,
    `header_words` are what columns that hold it are usually called, `also` other usual ways to ask for it, for
    comparison alone.
    """

    construct: Construct
    respondents: tuple[str, ...]
    neighbour: bool
    header_words: tuple[str, ...]
    also: tuple[str, ...] = ()


@cache
def languages() -> tuple[str, ...]:
    """The languages of the bank, by the files there are.

    >>> languages()
    ('de', 'en')
    """
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml") if path.name != STRUCTURE))


@cache
def structure() -> Table:
    """The bank without its words."""
    return _read(STRUCTURE)


@cache
def words(language: str) -> Table:
    """The words of the bank in one of its languages."""
    return _read(f"{language}.toml")


@cache
def bank(language: str) -> tuple[BankConstruct, ...]:
    """All constructs of the bank in one of its languages.

    >>> [found.construct.name for found in bank("en")][:2]
    ['core', 'feedback']
    """
    scales = bank_scales(language)
    return tuple(_construct(name, table, language, scales) for name, table in structure()["constructs"].items())


@cache
def bank_scales(language: str) -> Mapping[str, ResponseScale]:
    """The response scales of the bank by name.

    >>> bank_scales("en")["agree7"].labels[0]
    (1.0, 'disagree completely')
    """
    labels = words(language)["scales"]
    scales = structure()["scales"].items()
    return ReadOnlyDict({name: _scale(name, table, labels.get(name, {})) for name, table in scales})


def _read(name: str) -> Table:
    return unwritable(tomllib.loads((FOLDER / name).read_text(encoding="utf-8")))


def _scale(name: str, table: Table, labels: tuple[str, ...] | dict[str, str]) -> ResponseScale:
    if isinstance(labels, tuple):
        labels = {str(table["lowest"] + step): text for step, text in enumerate(labels)}
    pairs = tuple((float(code), text) for code, text in labels.items())
    return ResponseScale(name, table["lowest"], table["highest"], pairs, whole=table.get("whole", True))


def _construct(name: str, table: Table, language: str, scales: Mapping[str, ResponseScale]) -> BankConstruct:
    texts = words(language)["constructs"][name]
    items = tuple(_item(name, place, wording, table, scales) for place, wording in enumerate(texts["items"], start=1))
    construct = Construct(name, texts["label"], items, texts["definition"], table.get("node", ""))
    respondents = tuple(dict.fromkeys(item.respondent for item in items))
    usual = tuple(table.get("header_words", ()))
    return BankConstruct(construct, respondents, table.get("neighbour", False), usual, tuple(texts.get("also", ())))


def _item(name: str, place: int, wording: str, table: Table, scales: Mapping[str, ResponseScale]) -> Item:
    scale = table.get("scales", {}).get(str(place), table.get("scale", USUAL_SCALE))
    clauses = table.get("clauses", ())
    clause = clauses[place - 1] if clauses else table.get("clause", "")
    source = table.get("sources", {}).get(str(place), table.get("source", ""))
    return Item(
        f"{name}_{place}",
        wording,
        scales[scale],
        reverse=place in table.get("reversed", ()),
        clause=clause,
        respondent=table.get("respondents", {}).get(str(place), table["respondent"]),
        source=structure()["sources"][source] if source else "",
    )
