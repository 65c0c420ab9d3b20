"""The TOML codebook of a questionnaire, written so that reading it gives the same parts again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields

from sexresearch.survey.parts import Construct, Field, Item, ResponseScale

BARE = re.compile(r"[A-Za-z0-9_-]+")


def codebook_text(title: str, constructs: tuple[Construct, ...], others: tuple[Field, ...], language: str = "") -> str:
    """The codebook as text: title, language, scales, constructs with their items, other columns.

    >>> item = Item("sat1", "Satisfied?", ResponseScale("ten", 1, 10))
    >>> print(codebook_text("", (Construct("satisfaction", "Satisfaction", (item,)),), ()))
    [scales.ten]
    lowest = 1
    highest = 10
    <BLANKLINE>
    [constructs.satisfaction]
    label = "Satisfaction"
    scale = "ten"
    [constructs.satisfaction.items]
    sat1 = "Satisfied?"
    <BLANKLINE>
    """
    scales = dict.fromkeys(item.scale for construct in constructs for item in construct.items)
    top = (("title", title), ("language", language))
    head = ["".join(f"{name} = {quoted(text)}\n" for name, text in top if text)] if title or language else []
    parts = [*map(scale_text, scales), *("\n".join(construct_lines(part)) + "\n" for part in constructs)]
    columns = ["[fields]\n" + "".join(f"{field_line(field)}\n" for field in others)] if others else []
    return "\n".join([*head, *parts, *columns])


def scale_text(scale: ResponseScale) -> str:
    """The table of one response scale.

    >>> print(scale_text(ResponseScale("two", 0, 1, labels=((0, "no"), (1, "yes")))))
    [scales.two]
    lowest = 0
    highest = 1
    labels = ["no", "yes"]
    <BLANKLINE>
    """
    lines = [f"[scales.{key(scale.name)}]", f"lowest = {number(scale.lowest)}", f"highest = {number(scale.highest)}"]
    if scale.labels:
        lines.append(f"labels = {_labels(scale)}")
    if scale.missing:
        lines.append(f"missing = {missing_text(scale.missing)}")
    if not scale.whole:
        lines.append("whole = false")
    return "\n".join(lines) + "\n"


def missing_text(codes: Iterable[float | str]) -> str:
    """The list of codes and words that count as no answer.

    >>> missing_text([99.0, "n/a"])
    '[99, "n/a"]'
    """
    return f"[{', '.join(quoted(code) if isinstance(code, str) else number(code) for code in codes)}]"


def construct_lines(construct: Construct, comments: Mapping[str, str] | None = None) -> Iterator[str]:
    """The lines of one construct; `comments` stand behind the lines of the items they name."""
    remarks = comments or {}
    yield f"[constructs.{key(construct.name)}]"
    yield f"label = {quoted(construct.label)}"
    if construct.definition:
        yield f"definition = {quoted(construct.definition)}"
    if construct.node:
        yield f"node = {quoted(construct.node)}"
    scales = [item.scale.name for item in construct.items]
    common = max(scales, key=scales.count) if scales else ""
    if common:
        yield f"scale = {quoted(common)}"
    yield f"[constructs.{key(construct.name)}.items]"
    for item in construct.items:
        yield _item_line(item, common) + (f"   # {remarks[item.name]}" if remarks.get(item.name) else "")


def field_line(field: Field) -> str:
    """The line of a column that is no item.

    >>> field_line(Field("brand", "Brand", "group", (("1", "premium"),)))
    'brand = { label = "Brand", role = "group", labels = { 1 = "premium" } }'
    """
    if field.role == "other" and not field.labels and not field.missing:
        return f"{key(field.name)} = {quoted(field.label)}"
    parts = [f"label = {quoted(field.label)}", f"role = {quoted(field.role)}"]
    if field.labels:
        parts.append(f"labels = {labels_table(field.labels)}")
    if field.missing:
        parts.append(f"missing = {missing_text(field.missing)}")
    return f"{key(field.name)} = {{ {', '.join(parts)} }}"


def key(name: str) -> str:
    """A name as TOML takes it: quoted where it has more than letters, digits, dash and underscore.

    >>> key("sat_1"), key("Qualität 1")
    ('sat_1', '"Qualität 1"')
    """
    return name if BARE.fullmatch(name) else quoted(name)


def quoted(text: str) -> str:
    """Text as TOML takes it.

    >>> quoted('the best')
    '"the best"'
    """
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def number(value: float) -> str:
    """A number as TOML takes it, whole numbers without decimals.

    >>> number(7.0), number(0.5), number(float("inf"))
    ('7', '0.5', 'inf')
    """
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _labels(scale: ResponseScale) -> str:
    codes = [code for code, _ in scale.labels]
    if scale.whole and codes == [scale.lowest + step for step in range(scale.categories or 0)]:
        return f"[{', '.join(quoted(text) for _, text in scale.labels)}]"
    return labels_table((number(code), text) for code, text in scale.labels)


def labels_table(pairs: Iterable[tuple[str, str]]) -> str:
    """Texts by code in braces.

    >>> labels_table([("1", "no")])
    '{ 1 = "no" }'
    """
    return "{ " + ", ".join(f"{key(code)} = {quoted(text)}" for code, text in pairs) + " }"


def _item_line(item: Item, common: str) -> str:
    names = [field.name for field in fields(item) if field.name not in ("name", "wording", "scale", "reverse")]
    more = [f"{name} = {quoted(getattr(item, name))}" for name in names if getattr(item, name)]
    more = (["reverse = true"] if item.reverse else []) + more
    more = ([] if item.scale.name == common else [f"scale = {quoted(item.scale.name)}"]) + more
    wording = quoted(item.wording)
    return f"{key(item.name)} = " + (f"{{ {', '.join([f'wording = {wording}', *more])} }}" if more else wording)
