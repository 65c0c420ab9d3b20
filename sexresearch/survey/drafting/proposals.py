"""The proposal for every column of a file: item or other, construct, scale, direction, and what speaks for it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sexresearch.survey.consistency import is_model_name
from sexresearch.survey.drafting.answer_scales import AnswerShape, falls, scale_name, scale_of
from sexresearch.survey.drafting.column_roles import field_role
from sexresearch.survey.drafting.construct_votes import Vote, construct_votes
from sexresearch.survey.drafting.likeness import likeness
from sexresearch.survey.drafting.ratings import Rating, ratings
from sexresearch.survey.drafting.reversal import reversed_items
from sexresearch.survey.drafting.seen import SeenColumn
from sexresearch.survey.drafting.word_codes import with_codes
from sexresearch.survey.parts import Field, Item, ResponseScale


@dataclass(frozen=True, eq=False)
class ItemProposal:
    """A column that is proposed as an item: its vote, why it is one, what reverses it, if it is a record."""

    item: Item
    vote: Vote
    because: str
    correlation: float | None = None
    record: bool = False


@dataclass(frozen=True, eq=False)
class FieldProposal:
    """A column that is proposed as no item, and why."""

    field: Field
    because: str


def proposals(columns: Sequence[SeenColumn]) -> tuple[list[ItemProposal], list[FieldProposal]]:
    """What every column most likely is, items and others each in the order of the file."""
    seen = with_codes(columns)
    like = likeness(seen)
    rated = ratings(seen, like)
    places = sorted(rated)
    votes = construct_votes({place: rated[place] for place in places}, like)
    scales = item_scales([rated[place] for place in places])
    others = [FieldProposal(*_field(part)) for place, part in enumerate(seen) if place not in rated]
    names = _names([seen[place] for place in places], [part.field.name for part in others])
    against = _against({name: rated[place] for name, place in zip(names, places, strict=True)}, votes, places, scales)
    items = [
        ItemProposal(
            _item(name, rated[place], scale, name in against),
            votes[place],
            rated[place].because,
            against.get(name),
            rated[place].record,
        )
        for name, place, scale in zip(names, places, scales, strict=True)
    ]
    return items, others


def item_scales(items: Sequence[Rating]) -> list[ResponseScale]:
    """The scale of every item: that of its battery, else of the columns with the same labels, else its own."""
    groups: dict[object, list[Rating]] = {}
    for part in items:
        groups.setdefault(_group(part), []).append(part)
    scales: dict[object, ResponseScale] = {key: _scale(members) for key, members in groups.items()}
    merged: dict[object, ResponseScale] = {}
    for scale in scales.values():
        same = _key(scale)
        codes = dict.fromkeys((*(merged[same].missing if same in merged else ()), *scale.missing))
        merged[same] = replace(scale, missing=tuple(codes))
    named: dict[object, ResponseScale] = {}
    for same, scale in merged.items():
        name = scale_name(scale, [other.name for other in named.values()])
        named[same] = replace(scale, name=name)
    return [named[_key(scales[_group(part)])] for part in items]


def _key(scale: ResponseScale) -> object:
    return (scale.lowest, scale.highest, scale.labels, scale.whole)


def _group(part: Rating) -> object:
    labels = tuple(sorted(part.seen.labels.items()))
    return (part.battery, labels, part.record) if part.battery and not part.record else (part.seen.header,)


def _scale(members: Sequence[Rating]) -> ResponseScale:
    low = min(float(part.answers.min()) for part in members)
    high = max(float(part.answers.max()) for part in members)
    codes: dict[float | str, None] = {}
    for part in members:
        codes |= dict.fromkeys(part.missing) | dict.fromkeys(part.seen.words)
    if members[0].record:
        scale = _record_scale(members[0], low, high)
    else:
        labels = {code: text for part in members for code, text in part.seen.labels.items() if code not in codes}
        count = sum(int(part.answers.notna().sum()) for part in members)
        scale = scale_of(AnswerShape(low, high, count, labels), [part.seen.wording for part in members], "")
    outside = [code for code in codes if isinstance(code, str) or not scale.lowest <= code <= scale.highest]
    return replace(scale, missing=tuple(outside))


def _record_scale(part: Rating, low: float, high: float) -> ResponseScale:
    if low >= 0 and high <= 1:
        return ResponseScale("", 0, 1, tuple(sorted(part.seen.labels.items())))
    return ResponseScale("", 0, 100 if high <= 100 and _is_share(part) else float("inf"), whole=False)


def _is_share(part: Rating) -> bool:
    return bool(re.search(r"wallet|percent|prozent|per cent|%|of 100|von 100|share|anteil", _text(part.seen)))


def _text(seen: SeenColumn) -> str:
    return f"{seen.header} {seen.wording}".casefold()


def _item(name: str, part: Rating, scale: ResponseScale, reverse: bool) -> Item:
    header = part.seen.header
    return Item(name, part.seen.wording or header, scale, reverse, "" if header == name else header)


def _field(seen: SeenColumn) -> tuple[Field, str]:
    role, because = field_role(seen)
    return Field(seen.header, seen.wording if seen.wording != seen.header else "", role), because


def _names(items: Sequence[SeenColumn], taken: Sequence[str]) -> list[str]:
    """A name for each item that a model can hold, the header itself where it can be."""
    names: list[str] = []
    for number, seen in enumerate(items, start=1):
        word = re.sub(r"\W+", "_", seen.code).strip("_") or f"question_{number}"
        word = word if is_model_name(word) else f"q_{word}"
        used = {*names, *taken}
        names.append(next(name for name in (word, *(f"{word}_{k}" for k in range(2, 9999))) if name not in used))
    return names


def _against(
    items: Mapping[str, Rating], votes: Mapping[int, Vote], places: Sequence[int], scales: Sequence[ResponseScale]
) -> dict[str, float | None]:
    names = list(items)
    constructs = {name: votes[place].first.construct.name for name, place in zip(names, places, strict=True)}
    falling = {name: falls(scale.labels) for name, scale in zip(names, scales, strict=True)}
    rated = {name: part.answers for name, part in items.items() if not part.record}
    return reversed_items(rated, constructs, falling)
