"""From the TOML codebook of a questionnaire to its parts; `Instrument.from_toml` describes the format."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sexresearch.errors import InstrumentError
from sexresearch.survey.codebook_keys import Table, as_meant, nearest
from sexresearch.survey.codebook_lines import given_twice
from sexresearch.survey.codebook_shape import shape_problems
from sexresearch.survey.codebook_text import key
from sexresearch.survey.codebook_translations import read_translations, translation_problems
from sexresearch.survey.consistency import scale_problems
from sexresearch.survey.parts import Construct, Field, Item, ResponseScale
from sexresearch.survey.problem import LONGEST_LINE, Problem
from sexresearch.survey.translations import Translation, texts_of

Codes = tuple[float | str, ...]


@dataclass(frozen=True)
class Codebook:
    """What a codebook says, and what is wrong with it."""

    title: str
    constructs: tuple[Construct, ...]
    fields: tuple[Field, ...]
    language: str
    translations: tuple[Translation, ...]
    problems: tuple[Problem, ...]


def read_codebook(text: str, name: str = "the codebook") -> Codebook:
    """The parts of a codebook, and its problems: unknown keys, wrong types, items without a scale.

    What a problem leaves unclear is read as it was most likely meant, so that all others are found in the same pass.
    Raises InstrumentError where the text is not TOML.

    >>> read_codebook("title = 'empty'").title
    'empty'
    """
    try:
        document: Table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InstrumentError(f"{name} is not valid TOML: {error}{_shown(text, str(error))}") from error
    wrong = tuple(shape_problems(document))
    if wrong:
        document = as_meant(document)
    common = _missing(document)
    scales = {key: _scale(key, table, common) for key, table in document.get("scales", {}).items()}
    constructs = tuple(_construct(key, part, scales) for key, part in document.get("constructs", {}).items())
    fields = tuple(_field(key, part, common) for key, part in document.get("fields", {}).items())
    title, texts = document.get("title", ""), texts_of(document.get("title", ""), constructs, fields)
    texts |= {("scales", scale.name, f"{code:g}"): text for scale in scales.values() for code, text in scale.labels}
    lowest = {scale.name: scale.lowest for scale in scales.values()}
    problems = (
        *wrong,
        *_missing_scales(document, constructs, scales),
        *_idle_scales(constructs, scales),
        *translation_problems(document, texts, lowest),
    )
    translations = read_translations(document, texts, lowest)
    return Codebook(title, constructs, fields, document.get("language", ""), translations, problems)


def _shown(text: str, error: str) -> str:
    """The line that is no TOML, and what is right where a key is given twice or a text stands without its quotes."""
    twice = given_twice(text) if error.startswith("Cannot") else None
    if twice:
        path, first, second = twice
        return f": '{'.'.join(path)}' in line {first} is given again in line {second}; write one of them"
    number = re.search(r"at line (\d+)", error)
    line = text.split("\n")[int(number.group(1)) - 1].strip() if number else ""
    bare = re.fullmatch(r"([\w.-]+)\s*=\s*([^\W\d][^\"'\[\]{}#=]*)", line)
    write = f'; texts stand in quotes: {bare.group(1)} = "{bare.group(2).strip()}"' if bare else ""
    return f": {line[:LONGEST_LINE]}{write}" if line else ""


def _missing(table: Table) -> Codes:
    return tuple(code if isinstance(code, str) else float(code) for code in table.get("missing", ()))


def _scale(name: str, table: Table, common: Codes) -> ResponseScale:
    """A scale; of the codes that stand for no answer in the whole file, those that are no answers of it count."""
    labels = table.get("labels", {})
    if isinstance(labels, list):
        labels = {table["lowest"] + step: text for step, text in enumerate(labels)}
    pairs = tuple((float(code), str(text)) for code, text in labels.items())
    lowest, highest = table["lowest"], table["highest"]
    free = (code for code in common if isinstance(code, str) or not lowest <= code <= highest)
    missing = tuple(dict.fromkeys((*_missing(table), *free)))
    return ResponseScale(name, lowest, highest, pairs, missing, table.get("whole", True))


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


def _field(name: str, value: str | Table, common: Codes) -> Field:
    """A field; the codes of the whole file count where it has labels, as it is known then that they are no answers."""
    table = _table(value, "label")
    labels = tuple((str(code), str(text)) for code, text in table.get("labels", {}).items())
    free = [code for code in common if labels and (code if isinstance(code, str) else f"{code:g}") not in dict(labels)]
    missing = tuple(dict.fromkeys((*_missing(table), *free)))
    return Field(name, table.get("label", ""), table.get("role", "other"), labels, missing)


def _table(value: str | Table, key: str) -> Table:
    return {key: value} if isinstance(value, str) else value


def _idle_scales(constructs: tuple[Construct, ...], scales: Mapping[str, ResponseScale]) -> Iterator[Problem]:
    """What is wrong with scales that no item names; those of items are checked with the items."""
    used = {item.scale.name for construct in constructs for item in construct.items}
    yield from (problem for name, scale in scales.items() if name not in used for problem in scale_problems(scale))


def _missing_scales(
    document: Table, constructs: tuple[Construct, ...], scales: Mapping[str, ResponseScale]
) -> Iterator[Problem]:
    known = f"the scales are {', '.join(scales) or '(none)'}"
    for construct in constructs:
        home = ("constructs", construct.name)
        common = document["constructs"][construct.name].get("scale")
        for item in construct.items:
            name = item.scale.name
            at = (*home, "scale") if name == common else (*home, "items", item.name, "scale")
            if not name:
                write = f'scale = "{next(iter(scales), "…")}" below [constructs.{key(construct.name)}]'
                yield Problem(f"item '{item.name}' has no scale; {known}", (*home, "items", item.name), write)
            elif name not in scales:
                meant = nearest(name, scales)
                near = f" ({meant} perhaps)" if meant else ""
                wrong = f"item '{item.name}' names the scale '{name}', which is not defined; {known}{near}"
                yield Problem(wrong, at, "" if meant else f"[scales.{key(name)}]", (name, meant) if meant else ())
