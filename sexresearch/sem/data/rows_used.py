"""Which rows of each group take part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sexresearch.errors import DataError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.observed import Answers

OWN_PATTERN = 0.5  # patterns for each row of a group, from where the cost of "fiml" is said
MANY_PATTERNS = 1000


def take(answers: Answers, rows: Array) -> Answers:
    """A selection of rows by Boolean mask, or by number: each as often, and in the order, as it is named."""
    if rows.dtype == bool and rows.all():
        return answers
    parts = answers.weights, answers.clusters, answers.cluster_weights
    weights, clusters, above = (None if part is None else part[rows] for part in parts)
    return Answers(answers.label, answers.values[rows], weights, clusters, answers.index[rows], above)


def complete_rows(answers: Answers) -> tuple[Answers, list[str]]:
    """The rows without gaps (listwise deletion), and what is to be said about the others."""
    if len(answers.values) and not answers.gaps:
        return answers, []
    full = ~np.isnan(answers.values).any(axis=1)
    where, lost = group_prefix(answers.label), int((~full).sum())
    if not full.any():
        raise DataError(f"{where}every row has a missing answer, so listwise deletion leaves none; use missing='fiml'")
    return take(answers, full), dropped_note(answers.label, lost, len(full))


def dropped_note(label: object, lost: int, rows: int) -> list[str]:
    """What is said where listwise deletion dropped `lost` of the rows of a group; nothing where none."""
    text = f"{group_prefix(label)}{lost} of {rows} rows have missing answers and were dropped (listwise)"
    return [text] if lost else []


def silent_rows(number: int) -> str:
    """What is said of that many rows without an answer to any variable of the model.

    >>> silent_rows(1)
    '1 row has no answer to any variable of the model and was dropped'
    """
    has, was = ("row has", "was") if number == 1 else ("rows have", "were")
    return f"{number} {has} no answer to any variable of the model and {was} dropped"


def answered_rows(answers: Answers, names: Sequence[str], exogenous: Sequence[str]) -> tuple[Answers, list[str]]:
    """The rows that answer something and lack none of the `exogenous` variables, and what is to be said of the others.

    Variables that the model takes as given have no distribution in it from which their gaps could be filled.
    """
    answered, where = ~np.isnan(answers.values), group_prefix(answers.label)
    known = answered[:, [names.index(x) for x in exogenous]].all(axis=1)
    silent = known & ~answered.any(axis=1)
    notes = []
    if not known.all():
        lost = int((~known).sum())
        notes.append(f"{where}{lost} rows lack an exogenous variable ({', '.join(exogenous)}) and were dropped")
    if silent.any():
        notes.append(f"{where}{silent_rows(int(silent.sum()))}")
    if not (known & ~silent).any():
        raise DataError(f"{where}no row has any answer to {list(names)[:8]}")
    return take(answers, known & ~silent), notes


def cost_note(label: object, patterns: int, rows: int) -> list[str]:
    """What is said where nearly every row of a group has a pattern of missing answers of its own; else nothing."""
    if patterns < max(MANY_PATTERNS, OWN_PATTERN * rows):
        return []
    return [
        f"{group_prefix(label)}{patterns} patterns of missing answers in {rows} rows: 'fiml' works through every "
        "pattern in every step. Faster: fewer items, missing='listwise', or a random part of the rows"
    ]


def responding(answers: Answers, explained: int) -> Array:
    """(rows,) whether a row answers one of the first variables, which the model explains; covariates stand last."""
    return np.asarray(~np.isnan(answers.values[:, :explained]).all(axis=1))


def refuse_single_cluster(groups: Sequence[Answers], name: str | None) -> None:
    """DataError where the rows that take part come from one cluster."""
    codes = [group.clusters for group in groups if group.clusters is not None]
    if codes and all((own == codes[0][0]).all() for own in codes):
        raise DataError(f"cluster column {name!r} holds a single cluster; at least 2 are needed")


def group_prefix(label: object) -> str:
    """How a message begins that concerns one group; empty where there are no groups.

    >>> group_prefix("north")
    "group 'north': "
    """
    return "" if label is None else f"group {label!r}: "
