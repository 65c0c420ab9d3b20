"""Which group a ``group:`` block of model text speaks of: by the group's label, else by its number."""

from __future__ import annotations

from collections.abc import Sequence

from sexresearch.errors import ModelError
from sexresearch.sem.language.statements import Formula, Statements


def label_text(label: object) -> str:
    """A group's label as text: whole numbers without decimals, however the data hold them.

    >>> label_text("luxury"), label_text(2019.0)
    ('luxury', '2019')
    """
    return f"{label:.0f}" if isinstance(label, float) and label.is_integer() else str(label)


def block_numbers(blocks: Sequence[str], labels: Sequence[str]) -> dict[str, int]:
    """The group (from 0) of each block; ModelError names the groups where blocks are neither labels nor numbers."""
    if all(block in labels for block in blocks):
        return {block: labels.index(block) for block in blocks}
    numbers = {str(k + 1): k for k in range(len(labels))}
    if all(block in numbers for block in blocks):
        return {block: numbers[block] for block in blocks}
    unknown = ", ".join(repr(block) for block in blocks if block not in labels)
    groups = f"the groups are {', '.join(map(repr, labels))}, or 1 to {len(labels)} in this order"
    if len(labels) < 2:
        groups = "the fit has a single group: name the column of the groups in group="
    raise ModelError(f"the model text has a block for group {unknown}, but {groups}")


def formulas_by_group(statements: Statements, labels: Sequence[str]) -> list[list[Formula]]:
    """The formulas of every group: those of its block, and those before any block, which are for all groups."""
    numbers = block_numbers(statements.blocks, labels)
    by_group = [
        [f for f in statements.formulas if f.group is None or numbers[f.group] == k] for k in range(len(labels))
    ]
    empty = [labels[k] for k, formulas in enumerate(by_group) if not formulas]
    if empty:
        raise ModelError(f"the model text has 'group:' blocks but none for group {', '.join(map(repr, empty))}")
    return by_group


def numbering_note(statements: Statements, labels: Sequence[str]) -> list[str]:
    """Where a block is called like a group's label and like the number of another group: how it is read."""
    numbers = block_numbers(statements.blocks, labels)
    places = {str(k + 1): k for k in range(len(labels))}
    other = [block for block, k in numbers.items() if places.get(block, k) != k]
    return [f"block 'group: {block}' is the group labelled {block!r}, not group number {block}" for block in other]
