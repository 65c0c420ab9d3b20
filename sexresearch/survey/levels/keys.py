"""The labels of clusters in several sources: of one type, spelled alike, and which of them are where."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from numbers import Number
from typing import TypeAlias

import pandas as pd

from sexresearch.errors import DataError
from sexresearch.survey.levels.people import People
from sexresearch.survey.wording import counted, listed, together

Keys: TypeAlias = pd.Series  # the label of each row's cluster, missing where there is none


def keys_of(people: People, by: str) -> Keys:
    """The labels of a source's rows; blanks alone are no label."""
    labels = people.frame[by].astype(object)
    empty = labels.isna() | labels.map(lambda label: isinstance(label, str) and not label.strip())
    labels = labels.mask(empty, None)
    if empty.all():
        raise DataError(f"{people.name}: '{by}' is empty in every row")
    return labels


def labels_of(keys: Keys) -> list[Hashable]:
    """The labels that occur, in order of first appearance."""
    return list(dict.fromkeys(keys.dropna()))


def refuse_unlike(sources: Sequence[tuple[str, Keys]], by: str) -> None:
    """DataError where labels differ in type, or in capitals and blanks alone, within a source or between two."""
    kinds = {name: sorted({_kind(label) for label in labels_of(keys)}) for name, keys in sources}
    if len({kind for own in kinds.values() for kind in own}) > 1:
        examples = [
            f"{name}: {' and '.join(own)}, as in {_example(keys)}"
            for (name, keys), own in zip(sources, kinds.values(), strict=True)
        ]
        raise DataError(together(f"'{by}' is not of one type; make it text, or numbers, in every source", examples))
    alike: dict[str, dict[Hashable, str]] = {}
    for name, keys in sources:
        for label in labels_of(keys):
            if isinstance(label, str):
                alike.setdefault(_plain(label), {}).setdefault(label, name)
    twice = [spelled for spelled in alike.values() if len(spelled) > 1]
    if twice:
        examples = [" / ".join(f"{label!r} ({name})" for label, name in spelled.items()) for spelled in twice]
        shown = examples[:5] + ([f"and {len(examples) - 5} more"] if len(examples) > 5 else [])
        raise DataError(together(f"'{by}' differs in capitals or blanks alone; spell each cluster in one way", shown))


def _plain(label: str) -> str:
    return " ".join(label.split()).casefold()


def _kind(label: Hashable) -> str:
    if isinstance(label, bool):
        return "True or False"
    return "text" if isinstance(label, str) else "numbers" if isinstance(label, Number) else type(label).__name__


def _example(keys: Keys) -> str:
    return listed(repr(label) for label in labels_of(keys)[:2])


def refuse_twice(name: str, keys: Keys, by: str) -> None:
    """DataError where a cluster has several rows, though it shall have one."""
    counts = keys.dropna().value_counts(sort=False)
    twice = counts[counts > 1]
    if len(twice):
        several = listed(f"{label!r} ({count} rows)" for label, count in twice.items())
        raise DataError(
            f"{name} shall have one row for each {by}, but has several for {several}: keep one, or sum them up"
        )


def refuse_none_in_common(first: tuple[str, Keys], other: tuple[str, Keys], by: str) -> None:
    """DataError where no cluster is in both sources."""
    if not set(labels_of(first[1])) & set(labels_of(other[1])):
        examples = " and ".join(f"{_example(keys)} in {name}" for name, keys in (first, other))
        raise DataError(f"no {by} is in both {first[0]} and {other[0]}: {examples}")


def said_of_rows(name: str, keys: Keys, by: str) -> list[str]:
    """What there is to know of rows without a label, in words."""
    without = int(keys.isna().sum())
    return [f"{counted(without, 'row')} of {name} without a {by}: left out"] if without else []
