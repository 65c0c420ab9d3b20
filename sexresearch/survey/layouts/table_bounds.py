"""Where the table begins and ends: title rows above the names, footnotes below the answers."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sexresearch.survey.layouts.file_layout import Row, blank, count_filled, is_value, texts_of
from sexresearch.survey.layouts.tworows import two_rows
from sexresearch.survey.spelling import folded

LOOKED_AT = 30  # rows among which the names are looked for
SHAPE = 200  # rows that show how wide the table is
FOOTNOTE_WIDTH = 3  # from this width on, one lone text below the table is not a row of answers
TOTALS = {"total", "totals", "grand total", "sum", "average", "avg", "mean", "median", "standard deviation", "gesamt"}
TOTALS |= {
    "summe",
    "mittelwert",
    "durchschnitt",
    "gesamtergebnis",
    "standardabweichung",
    "moyenne",
    "somme",
    "promedio",
}
TOTALS |= {
    "promedio",
    "media",
    "suma",
    "totale",
    "gemiddelde",
    "totaal",
    "medelvärde",
    "summa",
    "średnia",
    "n",
    "std. dev",
}
Rows = Sequence[Row]


def header_row(rows: Rows, wanted: Collection[str] = ()) -> int:
    """The place of the row of names: the one with most of the wanted names, else the first as wide as the table.

    >>> header_row([["Client survey 2026", None], [None, None], ["sat1", "sat2"], [5, 4]])
    2
    """
    filled = [count_filled(row) for row in rows[:SHAPE]]
    if not any(filled):
        return 0
    start = next((place for place, count in enumerate(filled) if count), 0)
    if wanted:
        hits = [len(set(texts_of(row)) & set(wanted)) for row in rows[:LOOKED_AT]]
        most = max(hits, default=0)
        if most:
            return hits.index(most)
    width = _typical([count for count in filled[start:] if count])
    if not width or (filled[start] >= width / 2 and filled[start] > 1) or width == 1:
        return _below_wide_title(rows, filled, start, width) or _below_lone_title(rows, filled, start)
    for place in range(start + 1, min(len(filled), LOOKED_AT)):
        if filled[place] > 1 and filled[place] >= width / 2 and _names(rows[place]):
            return place
    return start


def footnotes(rows: Rows) -> int:
    """How many rows at the end are no answers: one text alone, or totals, in or below a column of numbers.

    >>> footnotes([["id", "sat1", "sat2"], [1, 5, 4], [2, 3, 4], ["Source: our survey", None, None]])
    1
    """
    last = len(rows)
    counts = [count_filled(row) for row in rows]
    width = _typical([count for count in counts if count])
    first = last
    for place in range(last - 1, max(0, last - LOOKED_AT), -1):
        count = counts[place]
        if count == 0 and first < last:
            return last - place
        if width < 2 or (count and not (is_total(rows[place]) if count > 1 else _is_remark(rows[place]))):
            break
        first = place if count else first
    above = rows[1:first]
    numeric = bool(above) and sum(is_value(row[0]) for row in above if not blank(row[0])) > len(above) / 2
    return last - first if width >= FOOTNOTE_WIDTH and numeric else 0


def is_total(row: Row) -> bool:
    """Whether a row holds sums or means of those above it, as its first cell says.

    >>> is_total(["Mittelwert:", 3.4, 4.1]), is_total([17, 3, 4])
    (True, False)
    """
    cell = row[0] if len(row) else None
    return isinstance(cell, str) and folded(cell).rstrip(" :.") in TOTALS


def _is_remark(row: Row) -> bool:
    cell = row[0] if len(row) else None
    return isinstance(cell, str) and not blank(cell) and not is_value(cell)


def _typical(counts: list[int]) -> int:
    return sorted(counts)[len(counts) // 2] if counts else 0


def _names(row: Row) -> bool:
    cells = [cell for cell in row if not blank(cell)]
    texts = [text for text in texts_of(row) if text]
    return sum(map(is_value, cells)) < len(cells) / 2 and len(set(texts)) > len(texts) / 2


def _below_wide_title(rows: Rows, filled: list[int], start: int, width: int) -> int:
    """The first full row of texts below a title of several cells, if values follow it; 0 where there is none."""
    if filled[start] >= width or two_rows(rows[start:]):
        return 0
    for place in range(start + 1, min(len(filled) - 1, LOOKED_AT)):
        cells = [cell for cell in rows[place] if not blank(cell)]
        if any(map(is_value, cells)):
            return 0
        if filled[place] >= width:
            below = [cell for cell in rows[place + 1] if not blank(cell)]
            return place if sum(map(is_value, below)) >= len(below) / 2 and _names(rows[place]) else 0
    return 0


def _below_lone_title(rows: Rows, filled: list[int], start: int) -> int:
    """A table of one column below its title: an empty row stands between."""
    after = start + 2
    apart = len(filled) > after + 1 and max(filled) == 1 and not filled[start + 1] and filled[after] == 1
    return after if apart and _names(rows[after]) and any(map(is_value, rows[after + 1])) else start
