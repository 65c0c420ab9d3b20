"""The translations of a codebook: read from its tables and written so that reading gives the same again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sexresearch.survey.codebook_keys import TRANSLATED_KEYS, Table, nearest
from sexresearch.survey.codebook_text import key, labels_table, quoted
from sexresearch.survey.problem import Problem
from sexresearch.survey.translations import Place, Texts, Translation

LABELS = {"constructs": "label", "fields": "label"}  # what a mere text of these parts is


def read_translations(document: Table, own: Texts, lowest: Mapping[str, float]) -> tuple[Translation, ...]:
    """The translations of a codebook, as far as they are texts; `own` are the questionnaire's, `lowest` scales' codes.

    >>> document = {"translations": {"de": {"items": {"sat1": "Zufrieden?"}}}}
    >>> read_translations(document, {("items", "sat1"): "Satisfied?"}, {})[0].texts
    ((('items', 'sat1'), 'Zufrieden?'),)
    """
    tables = {name: table for name, table in document.get("translations", {}).items() if isinstance(table, dict)}
    given = {language: dict(_texts(table, lowest)) for language, table in tables.items()}
    return tuple(
        Translation(language, tuple((place, text) for place in own if (text := texts.get(place))))
        for language, texts in given.items()
    )


def translation_problems(document: Table, own: Texts, lowest: Mapping[str, float]) -> Iterator[Problem]:
    """Translations of parts that are not there, that are no texts, or of a language that is not said or said twice.

    >>> document = {"language": "en", "translations": {"de": {"items": {"sat2": "Zufrieden?"}}}}
    >>> [problem.text for problem in translation_problems(document, {("items", "sat1"): "Satisfied?"}, {})]
    ["translation 'de': the questionnaire has no item 'sat2', sat1 perhaps"]
    """
    tables, language = document.get("translations", {}), document.get("language", "")
    if tables and not language:
        wrong = "translations need the language of the other texts"
        yield Problem(wrong, ("translations",), 'language = "en" at the top of the codebook')
    for name, table in tables.items():
        at = ("translations", name)
        if name == language:
            yield Problem(f"translation '{name}': that is the language of the questionnaire itself", at)
        elif not isinstance(table, dict):
            yield Problem(f"translation '{name}': expected a table with the keys {', '.join(TRANSLATED_KEYS)}", at)
        else:
            yield from _wrong(f"translation '{name}'", at, table, own, lowest)


def _wrong(where: str, at: Place, table: Table, own: Texts, lowest: Mapping[str, float]) -> Iterator[Problem]:
    for name, part in table.items():
        if name not in TRANSLATED_KEYS:
            near = nearest(name, TRANSLATED_KEYS)
            wrong = f"{where}: unknown key '{name}'{f', {near} perhaps' if near else ''}; the keys are"
            yield Problem(f"{wrong} {', '.join(TRANSLATED_KEYS)}", (*at, name), instead=(name, near) if near else ())
        elif type(part) is not TRANSLATED_KEYS[name]:
            yield Problem(f"{where}: '{name}' must be {'text' if name == 'title' else 'a table'}", (*at, name))
    for place, text in _texts(table, lowest):
        if text is None:
            yield Problem(f"{where}: {_named(place)} must be text", (*at, *place))
        elif place not in own:
            known = [other[1] for other in own if other[0] == place[0] and len(other) > 1]
            meant = "" if len(place) < 2 or place[1] in known else nearest(place[1], known)
            wrong = f"{where}: the questionnaire has no {_named(place)}{f', {meant} perhaps' if meant else ''}"
            yield Problem(wrong, (*at, *place[:2]), instead=(place[1], meant) if meant else ())


def _named(place: Place) -> str:
    kind, *rest = place
    if not rest:
        return kind
    more = f": {' '.join(rest[1:])}" if len(rest) > 1 and rest[-1] != "label" else ""
    return f"{kind.removesuffix('s')} '{rest[0]}'{more}"


def _texts(table: Table, lowest: Mapping[str, float]) -> Iterator[tuple[Place, str | None]]:
    """Every text with its place; None in the place of what is no text."""
    for kind in TRANSLATED_KEYS:
        parts = table.get(kind)
        if kind == "title" and isinstance(parts, str):
            yield (kind,), parts
        elif isinstance(parts, dict):
            for name, part in parts.items():
                yield from _of_part(kind, name, part, lowest)


def _of_part(kind: str, name: str, part: Any, lowest: Mapping[str, float]) -> Iterator[tuple[Place, str | None]]:
    if isinstance(part, str):
        yield (kind, name, *([LABELS[kind]] if kind in LABELS else [])), part
    elif kind == "scales" and isinstance(part, list):
        start = lowest.get(name, 1)
        yield from (((kind, name, f"{start + step:g}"), _text(text)) for step, text in enumerate(part))
    elif isinstance(part, dict) and kind != "items":
        for inner, value in part.items():
            if isinstance(value, dict):
                yield from (((kind, name, inner, code), _text(text)) for code, text in value.items())
            else:
                yield (kind, name, _code(inner) if kind == "scales" else inner), _text(value)
    else:
        yield (kind, name), None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _code(code: str) -> str:
    try:
        return f"{float(code):g}"
    except ValueError:
        return code


def translations_text(translations: Sequence[Translation], own: Texts) -> Iterator[str]:
    """The tables of a codebook that hold the translations of `own` texts.

    >>> german = Translation("de", ((("items", "sat1"), "Zufrieden?"), (("items", "sat2"), "Froh?")))
    >>> print(*translations_text([german], {("items", "sat1"): "Satisfied?"}))
    [translations.de.items]
    sat1 = "Zufrieden?"
    <BLANKLINE>
    """
    for translation in translations:
        head = f"translations.{key(translation.language)}"
        texts = {place: text for place, text in translation.texts if place in own}
        if title := texts.get(("title",)):
            yield f"[{head}]\ntitle = {quoted(title)}\n"
        for kind in ("scales", "constructs", "items", "fields"):
            parts: dict[str, dict[Place, str]] = {}
            for place, text in texts.items():
                if place[0] == kind:
                    parts.setdefault(place[1], {})[place[2:]] = text
            lines = [f"{key(name)} = {_part(kind, own)}\n" for name, own in parts.items()]
            if lines:
                yield f"[{head}.{kind}]\n{''.join(lines)}"


def _part(kind: str, own: Mapping[Place, str]) -> str:
    """What stands behind the name of a part: its text, or a table."""
    if kind == "scales":
        return labels_table((place[0], text) for place, text in own.items())
    if set(own) <= {(), ("label",)}:
        return quoted(next(iter(own.values())))
    plain = [f"{place[0]} = {quoted(text)}" for place, text in own.items() if len(place) == 1]
    codes = [(place[1], text) for place, text in own.items() if len(place) == 2]
    return f"{{ {', '.join([*plain, *([f'labels = {labels_table(codes)}'] if codes else [])])} }}"
