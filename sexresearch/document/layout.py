"""How much room a table needs: widths in letters, whether it needs a page laid on its side, how its rows are split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise, takewhile
from math import ceil

import pandas as pd

from sexresearch.document.tables import Table

LONGEST_LINE = 34  # letters of a cell before it is set in several lines
UPRIGHT = 92  # letters beside each other on an A4 page upright, at the size of print of tables
SIDEWAYS = 142  # the same on its side
HEADS = ("Heading", "Appendix")
WORDS = ("Paragraph", "Note")
LEADING = (*HEADS, *WORDS)
SMALL_GAP = 4  # blocks between two wide tables that are turned with them
EMPTY = 14  # letters in which a table says that it has no rows
BETWEEN = 2  # letters between two columns
MANY = 10  # columns of a table that may be set in parts
SMALLEST_PRINT = 0.83  # of the size of print of tables, 7 of 8.5 points, below which a table is set in parts
LONG_WORD = 1.15  # room that a word needs so that no font breaks it, beside its letters
BOLD = 1.25  # room that a letter of a heading takes, which is bold, beside one of a cell


def column_widths(table: Table, longest: int = LONGEST_LINE, room: int = 0) -> list[int]:
    """Letters that each column needs: its longest cell, or its longest word where cells are set in several lines.

    What is left of `room` goes to the columns whose cells are set in several lines.

    >>> import pandas as pd
    >>> column_widths(Table(pd.DataFrame({"est": [0.5], "note": ["short"]})))
    [6, 6]
    """
    columns = list(zip(table.headers, *table.cells, strict=True))
    least = longest_words(table, longest)
    widths = [max(low, *(_needed(c, longest) for c in column)) for low, column in zip(least, columns, strict=True)]
    more = [max(0, max(map(len, column)) - width) for width, column in zip(widths, columns, strict=True)]
    left = room - sum(widths) - BETWEEN * len(widths)
    if left <= 0 or not any(more):
        return widths
    share = min(1.0, left / sum(more))
    return [width + int(share * wanted) for width, wanted in zip(widths, more, strict=True)]


def longest_words(table: Table, longest: int = LONGEST_LINE) -> list[int]:
    """Letters below which no column goes: room for its longest word, so that none is broken.

    >>> import pandas as pd
    >>> longest_words(Table(pd.DataFrame({"est": [0.5], "note": ["all independences hold"]})))
    [6, 15]
    """
    least = [3 if table.cells else EMPTY, *[3] * (len(table.headers) - 1)]  # an empty table says so in its first column
    heads = [ceil(BOLD * max(map(len, head.split()), default=0)) for head in table.headers]
    columns = list(zip(*table.cells, strict=True)) or [()] * len(heads)
    bodies = [max((len(word) for cell in column for word in cell.split()), default=0) for column in columns]
    words = [min(ceil(LONG_WORD * word), longest) for word in bodies]
    return [max(each) for each in zip(least, heads, words, strict=True)]


def _needed(cell: str, longest: int) -> int:
    if len(cell) <= longest:
        return len(cell)
    words = cell.split()
    return min(max(longest, max(map(len, words), default=0)), 2 * longest)


def letters(table: Table) -> int:
    """Letters beside each other that the table needs."""
    widths = column_widths(table)
    return sum(widths) + BETWEEN * len(widths)


def is_wide(table: Table) -> bool:
    """Whether the table needs a page on its side."""
    return letters(table) > UPRIGHT


def sideways(blocks: Sequence[object]) -> list[bool]:
    """Which blocks stand on a page on its side: wide tables, the headings and words right above them, what is between.

    >>> sideways([])
    []
    """
    turned = [isinstance(block, Table) and is_wide(block) for block in blocks]
    for place in [k for k, wide in enumerate(turned) if wide]:
        start = place
        while start and type(blocks[start - 1]).__name__ in LEADING and not turned[start - 1]:
            start -= 1
        headed = [k for k in range(start, place) if type(blocks[k]).__name__ in HEADS]
        for k in range(headed[0] if headed else place, place):
            turned[k] = True
    known = [k for k, wide in enumerate(turned) if wide]
    for before, after in pairwise(known):
        between = [type(block).__name__ for block in blocks[before + 1 : after]]
        if len(between) <= SMALL_GAP and all(kind in (*LEADING, "Table") and kind != "Appendix" for kind in between):
            turned[before + 1 : after] = [True] * len(between)
    return turned


def led(blocks: Sequence[object]) -> list[bool]:
    """Which paragraphs lead from a heading to a table or figure, and stay on the page where that begins.

    >>> import pandas as pd
    >>> from sexresearch.document.document_parts import Heading, Paragraph
    >>> led([Heading("Fit"), Paragraph("It is good."), Table(pd.DataFrame({"est": [0.5]})), Paragraph("The end.")])
    [False, True, False, False]
    """
    kinds = [type(block).__name__ for block in blocks]
    kept = [False] * len(kinds)
    for place in [k for k, kind in enumerate(kinds) if kind in ("Table", "Figure")]:
        start = place
        while start and kinds[start - 1] in WORDS:
            start -= 1
        if start and kinds[start - 1] in HEADS:
            kept[start:place] = [True] * (place - start)
    return kept


def shrink(table: Table, room: int) -> float:
    """By what the size of print is to be multiplied so that the table fits into `room` letters; 1 where it does."""
    return min(1.0, room / max(letters(table), 1))


def side_parts(table: Table, room: int, continued: str, least: float = SMALLEST_PRINT) -> list[Table]:
    """The table, or where its print would become too small, tables below each other that share their first columns.

    As many are shared as it takes to tell the rows apart.

    A value stays with its limits, which are the columns after it that end in _lower and _upper.

    >>> import pandas as pd
    >>> len(side_parts(Table(pd.DataFrame({"est": [0.5]})), UPRIGHT, "continued"))
    1
    """
    few = len(table.headers) < MANY or len(table.headers) != len(table.frame.columns)
    if few or shrink(table, room) >= least:
        return [table]
    own = {name: width + BETWEEN for name, width in zip(table.frame.columns, column_widths(table), strict=True)}
    keys = key_columns(table.frame)
    number = len(_split(own, room, keys))
    narrow = next(less for less in range(room // 2, room + 1) if len(_split(own, less, keys)) == number or less == room)
    parts = [replace(table, frame=table.frame[names], note="") for names in _split(own, narrow, keys)]
    named = [parts[0], *(replace(part, caption=f"{part.caption} ({continued})") for part in parts[1:])]
    return [*named[:-1], replace(named[-1], note=table.note)]


def key_columns(frame: pd.DataFrame) -> list[str]:
    """The first columns by which rows are told apart; the first alone where texts at the front do not do it.

    >>> key_columns(pd.DataFrame({"path": ["a", "a"], "group": ["u", "v"], "est": [0.1, 0.2]}))
    ['path', 'group']
    """
    texts = list(takewhile(lambda name: not pd.api.types.is_numeric_dtype(frame[name].dtype), frame.columns))
    fewest = (number for number in range(1, len(texts) + 1) if not frame.duplicated(texts[:number]).any())
    return [str(name) for name in frame.columns[: next(fewest, 1)]]


def _split(own: Mapping[str, int], room: int, keys: Sequence[str]) -> list[list[str]]:
    """The columns of parts that take `room` letters at the most, each with the columns `keys` in front."""
    kept, few = [list(keys)], len(keys)
    for name in list(own)[few:]:
        used = sum(own[known] for known in kept[-1])
        if used + own[name] > room and len(kept[-1]) > few:
            limit = str(name).endswith(("_lower", "_upper"))
            moved = _with_value(kept[-1], few) if limit and len(kept[-1]) > few + 2 else []
            kept.append([*keys, *moved])
        kept[-1].append(name)
    return kept


def _with_value(names: list[str], few: int) -> list[str]:
    """Take the value, with the limit it may already have, from the end of the names, of which the first few stay."""
    moved = [names.pop()]
    while moved[0].endswith(("_lower", "_upper")) and len(names) > few:
        moved.insert(0, names.pop())
    return moved


def lines_of(cells: Sequence[str], widths: Sequence[int]) -> int:
    """Lines that the tallest cell of a row takes when columns are as wide as given.

    >>> lines_of(["one two three", "1"], [7, 3])
    2
    """
    return max((-(-len(cell) // max(width, 1)) for cell, width in zip(cells, widths, strict=True)), default=1) or 1
