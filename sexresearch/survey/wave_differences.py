"""What differs between waves of a survey so that they cannot stand one below the other."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

import pandas as pd

from sexresearch.survey.codebook_text import key, quoted
from sexresearch.survey.instrument import Instrument
from sexresearch.survey.parts import Item, ResponseScale
from sexresearch.survey.spelling import folded
from sexresearch.survey.survey import Survey
from sexresearch.survey.wording import listed

UNUSED = "other"  # role of fields that no question is asked of: a wave may lack them
NEAR = 0.7  # how like two names are that may be one


def wave_differences(waves: Mapping[str, Survey]) -> Iterator[str]:
    """Names, scales, reversed items, constructs, roles and labels that differ, each wave against the first.

    >>> waves = {year: Survey.from_frame(pd.DataFrame({name: [5]})) for year, name in (("1", "sat"), ("2", "Sat"))}
    >>> [text[:52] for text in wave_differences(waves)]
    ["the column 'sat' of 1 is not in 2, which has 'Sat' ("]
    """
    (name, first), *others = waves.items()
    for other_name, other in others:
        if (first.instrument is None) != (other.instrument is None):
            without = name if first.instrument is None else other_name
            yield f"{without} was read without an instrument: read all waves with theirs"
        elif first.instrument is None or other.instrument is None:
            columns = (list(first.answers.columns), list(other.answers.columns))
            yield from _absent("column", (name, other_name), columns, {})
            yield from _kinds((name, other_name), columns[0], first.answers, other.answers)
        else:
            yield from _instruments((name, other_name), first.instrument, other.instrument)
            fields = [field.name for field in first.instrument.fields]
            yield from _kinds((name, other_name), fields, first.answers, other.answers)


def _instruments(names: tuple[str, str], first: Instrument, other: Instrument) -> Iterator[str]:
    parts = [{item.name: item for item in instrument.items} for instrument in (first, other)]
    wordings = {folded(item.wording): item.name for item in other.items}
    alike = {item.name: wordings.get(folded(item.wording), "") for item in first.items}
    yield from _absent("item", names, (list(parts[0]), list(parts[1])), alike)
    homes = [{i.name: c.name for c in instrument.constructs for i in c.items} for instrument in (first, other)]
    for item in other.items:
        if item.name in parts[0]:
            yield from _items(names, parts[0][item.name], item)
            here, there = homes[0][item.name], homes[1][item.name]
            if here != there:
                yield f"item '{item.name}' belongs to '{here}' in {names[0]} and to '{there}' in {names[1]}"
    fields = [{field.name: field for field in instrument.fields} for instrument in (first, other)]
    both = fields[0].keys() & fields[1].keys()
    used = [[name for name, one in own.items() if one.role != UNUSED or name in both] for own in fields]
    yield from _absent("field", names, (used[0], used[1]), {})
    for name in (name for name in fields[1] if name in fields[0]):
        before, now = fields[0][name], fields[1][name]
        if before.role != now.role:
            yield f"field '{name}' has the role '{before.role}' in {names[0]} and '{now.role}' in {names[1]}"
        yield from _labels(name, names, [text for _, text in before.labels], [text for _, text in now.labels])


def _labels(field: str, names: tuple[str, str], first: list[str], other: list[str]) -> Iterator[str]:
    """Labels of a field that are spelled in two ways, or of which none is in both waves."""
    known = {folded(text): text for text in first}
    spelled = [(known[folded(text)], text) for text in other if known.get(folded(text), text) != text]
    for here, there in spelled:
        yield f"field '{field}': the label '{here}' of {names[0]} is '{there}' in {names[1]}; spell it in one way"
    if first and other and not known.keys() & {folded(text) for text in other}:
        labels = f"{listed(first)} in {names[0]}, {listed(other)} in {names[1]}"
        yield f"field '{field}' has no label in common: {labels}"


def _items(names: tuple[str, str], first: Item, other: Item) -> Iterator[str]:
    if first.reverse != other.reverse:
        turned = names[0] if first.reverse else names[1]
        yield f"item '{first.name}' is reversed in {turned} alone; write reverse = true in both, or in none"
    here, there = first.scale, other.scale
    if (here.lowest, here.highest, here.whole) != (there.lowest, there.highest, there.whole):
        yield f"item '{first.name}' is answered from {_ends(here)} in {names[0]} and from {_ends(there)} in {names[1]}"
        return
    before = {code: text for code, text in here.labels if code not in here.missing}
    changed = [(code, text) for code, text in there.labels if code in before and folded(before[code]) != folded(text)]
    if changed and {folded(text) for _, text in changed} & {folded(text) for text in before.values()}:
        code, text = changed[0]
        where = f"{code:g} is '{before[code]}' in {names[0]} and '{text}' in {names[1]}"
        yield f"item '{first.name}': its answers stand in another order: {where}"


def _ends(scale: ResponseScale) -> str:
    return f"{scale.lowest:g} to {scale.highest:g}"


def _absent(
    kind: str, names: tuple[str, str], columns: tuple[list[str], list[str]], alike: Mapping[str, str]
) -> Iterator[str]:
    """What only one of two waves has; names that are like each other are taken for one that has changed."""
    only = [[name for name in own if name not in other] for own, other in (columns, columns[::-1])]
    free = {name.casefold(): name for name in only[1]}
    for name in only[0]:
        near = alike.get(name, "") if alike.get(name, "") in only[1] else ""
        near = near or next((free[f] for f in difflib.get_close_matches(name.casefold(), free, 1, NEAR)), "")
        if not near:
            yield f"the {kind} '{name}' of {names[0]} is not in {names[1]}; {_others(kind, names[1], only[1])}"
            continue
        free.pop(near.casefold(), None)
        write = f"; write {key(name)} = {{ wording = …, column = {quoted(near)} }}" if kind == "item" else ""
        hint = f"read {names[1]} with the first name{write}" if kind == "item" else "rename one of them"
        yield f"the {kind} '{name}' of {names[0]} is not in {names[1]}, which has '{near}' (the same?): {hint}"
    for name in free.values():
        yield f"the {kind} '{name}' of {names[1]} is not in {names[0]}; {_others(kind, names[0], only[0])}"


def _others(kind: str, wave: str, names: list[str]) -> str:
    return f"only {wave} has {listed(names)}" if names else f"every {kind} of {wave} is in the other too"


def _kinds(names: tuple[str, str], columns: list[str], first: pd.DataFrame, other: pd.DataFrame) -> Iterator[str]:
    """Columns of numbers in one wave that are of text in another."""
    for column in (column for column in columns if column in first.columns and column in other.columns):
        here, there = (_kind(frame[column]) for frame in (first, other))
        if here and there and here != there:
            yield f"the column '{column}' holds {here} in {names[0]} and {there} in {names[1]}"


def _kind(column: pd.Series) -> str:
    """What a column holds; empty where it holds nothing."""
    if column.isna().all():
        return ""
    return "numbers" if column.dtype.kind in "iufb" else "dates" if column.dtype.kind in "mM" else "text"
