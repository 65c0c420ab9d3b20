"""Blocks of exploratory factors, ``efa("block")*f1 + efa("block")*f2 =~ …``: their rows, before and after rotation.

Until they are rotated, factors of a block are uncorrelated, of variance 1, and their loadings are in echelon form: the
first anchor item loads on the first factor alone, the second on the first two, and so on (Joreskog 1969,
doi 10.1007/BF02289343). Rotation frees the zeros and, where it is oblique, the correlations. A block whose loadings are
those of an earlier one (of another group, or by labels) is turned with it, so that its factor covariances are free.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sexresearch.errors import ModelError
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.statements import Formula


@dataclass(frozen=True)
class ExploratoryBlock:
    """The factors of a block and the items that all of them load on, in the order of the text."""

    name: str
    factors: tuple[str, ...]
    items: tuple[str, ...]


def repeats(labels: tuple[str, ...], seen: Sequence[tuple[str, ...]], name: str) -> bool:
    """Whether the loadings of a block have all the labels of one `seen` before; ModelError where they have some."""
    if all(labels) and labels in seen:
        return True
    common = {label for known in seen for label in known if label} & set(labels)
    if common or len({label for label in labels if label}) < sum(map(bool, labels)):
        shown = f" ({', '.join(sorted(common)[:4])})" if common else ""
        raise ModelError(
            f"loadings of the block {name!r} share labels{shown} in part only; rotation turns a block as a whole: "
            "share all its loadings with another block, in the same order, or none"
        )
    return False


def blocks_of(formulas: Sequence[Formula], levels: Sequence[int] = ()) -> tuple[ExploratoryBlock, ...]:
    """The blocks of one group; ModelError where their factors do not all load on the same items, freely."""
    if not any(f.efa for f in formulas):
        return ()
    if levels:
        raise ModelError("exploratory blocks, efa(), are rotated in models of one level; write '=~' without them")
    factors: dict[str, list[str]] = {}
    items: dict[str, list[str]] = {}
    home: dict[str, str] = {}
    for f in formulas:
        if f.op != "=~":
            continue
        if home.setdefault(f.lhs, f.efa) != f.efa:
            first, second = (f"in the block {name!r}" if name else "in no block" for name in (home[f.lhs], f.efa))
            raise ModelError(f"the factor {f.lhs!r} is {first}, and {second} in line {f.line}: it belongs to one")
        if f.efa:
            _refuse_held(f)
            factors.setdefault(f.efa, []).append(f.lhs)
            items.setdefault(f.lhs, []).append(f.rhs)
    blocks = []
    for name, named in factors.items():
        own = tuple(dict.fromkeys(named))
        _refuse_uneven(name, own, items)
        blocks.append(ExploratoryBlock(name, own, tuple(items[own[0]])))
    return tuple(blocks)


def _refuse_held(f: Formula) -> None:
    fixed = [value for value in f.modifiers.fixed if value is not None and not math.isnan(value)]
    if fixed:
        raise ModelError(
            f"line {f.line}: '{f.name}' is fixed to {fixed[0]:g}, but loadings of the block {f.efa!r} are rotated; "
            'free it, or state where loadings should be small: rotation=Rotation(method="target", target=…)'
        )
    limits = [value for part in (f.modifiers.lower, f.modifiers.upper) for value in part if value is not None]
    if limits or any(f.modifiers.equal):
        what = "bounded" if limits else "equal to another parameter"
        raise ModelError(
            f"line {f.line}: '{f.name}' is {what}, but loadings of the block {f.efa!r} are rotated; free it"
        )


def _refuse_uneven(name: str, factors: Sequence[str], items: dict[str, list[str]]) -> None:
    everything = list(dict.fromkeys(item for factor in factors for item in items[factor]))
    for factor in factors:
        absent = [item for item in everything if item not in items[factor]]
        if absent:
            raise ModelError(
                f"{', '.join(absent)} of the block {name!r} has no loading on its factor {factor!r}: "
                "all factors of a block load on all its items"
            )
    if len(everything) < len(factors):
        raise ModelError(
            f"the block {name!r} has {len(factors)} factors for {len(everything)} items: too many to be identified"
        )


def rotated_rows(
    rows: Sequence[Parameter],
    blocks: Sequence[ExploratoryBlock],
    anchors: dict[str, tuple[str, ...]],
    turned: bool,
    oblique: bool,
    shared: Sequence[bool],
) -> list[Parameter]:
    """The rows of one group with those of its blocks as they are before rotation, or after it (`turned`).

    `shared` says of each block whether its loadings are those of an earlier one.
    """
    out = list(rows)
    for block, follows in zip(blocks, shared, strict=True):
        firsts = anchors.get(block.name, block.items)
        zero = {(f, item) for j, f in enumerate(block.factors) for item in firsts[:j]}
        out = [_block_row(row, block, zero, turned, oblique, follows) for row in out]
    return out


def _block_row(
    row: Parameter, block: ExploratoryBlock, zero: set[tuple[str, str]], turned: bool, oblique: bool, follows: bool
) -> Parameter:
    if row.op == "=~" and row.lhs in block.factors:
        hold = (row.lhs, row.rhs) in zero
        return replace(row, value=0.0 if hold and not turned else math.nan, turned=hold, efa=block.name)
    if row.op != "~~" or row.lhs not in block.factors or row.rhs not in block.factors:
        return row
    if row.user or (row.label and row.lhs == row.rhs):
        raise ModelError(
            f"'{row.name}' cannot be held or labelled: rotation sets the unit of the factors of {block.name!r}; "
            "for uncorrelated factors use rotation=Rotation(orthogonal=True)"
        )
    if follows:
        return replace(row, value=math.nan, efa=block.name)
    if row.lhs == row.rhs:
        return replace(row, value=1.0, efa=block.name)
    free = oblique and turned
    return replace(row, value=math.nan if free else 0.0, turned=oblique, efa=block.name)
