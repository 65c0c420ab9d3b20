"""Answers given as words, turned into codes: columns with the same labels share one order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sexresearch.survey.drafting.label_order import ordered_labels
from sexresearch.survey.drafting.seen import MOST_LABELS, SeenColumn
from sexresearch.survey.spelling import folded

SHARED = 2  # labels that two columns have in common if they are answered alike


def with_codes(columns: Sequence[SeenColumn]) -> list[SeenColumn]:
    """The columns, those of ordered words with codes: from 1, or 0 and 1 for no and yes.

    >>> labels = {"a": ("good", "very good"), "b": ("bad",)}
    >>> one, two = (SeenColumn(name, "", ranked=own) for name, own in labels.items())
    >>> [seen.labels for seen in with_codes([one, two])]
    [{1.0: 'good', 2.0: 'very good'}, {}]
    """
    groups = _groups([seen for seen in columns if seen.ranked])
    by_header = {seen.header: labels for members, labels in groups for seen in members}
    return [_coded(seen, by_header[seen.header]) if seen.header in by_header else seen for seen in columns]


def _groups(columns: Sequence[SeenColumn]) -> list[tuple[list[SeenColumn], list[str]]]:
    """Columns by the labels they share, with all labels of the group in order; no group without an order."""
    groups: list[tuple[list[SeenColumn], dict[str, str]]] = []
    for seen in sorted(columns, key=lambda seen: -len(seen.ranked)):
        own = {folded(text): text for text in seen.ranked}
        home = next((group for group in groups if len(own.keys() & group[1].keys()) >= min(SHARED, len(own))), None)
        together = {**own, **home[1]} if home else own
        if home and len(together) <= MOST_LABELS and ordered_labels(list(together.values())):
            home[0].append(seen)
            home[1].update(together)
        else:
            groups.append(([seen], own))
    ordered = [(members, ordered_labels(list(labels.values()))) for members, labels in groups]
    return [(members, labels) for members, labels in ordered if labels and len(labels) > 1]


def _coded(seen: SeenColumn, labels: list[str]) -> SeenColumn:
    first = 0 if len(labels) == 2 and {folded(text) for text in labels} <= {"no", "yes", "nein", "ja"} else 1
    codes = {folded(label): float(first + step) for step, label in enumerate(labels)}
    numbers = seen.cells.map(lambda cell: codes.get(folded(str(cell))), na_action="ignore").astype(float)
    return replace(seen, codes=numbers, labels={float(first + step): label for step, label in enumerate(labels)})
