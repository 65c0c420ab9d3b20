"""Tables for LaTeX: booktabs rules, columns that share the page, long ones over pages, smaller print where needed."""

from __future__ import annotations

from collections.abc import Mapping

from sexresearch.document.layout import BETWEEN, SIDEWAYS, UPRIGHT, column_widths, letters, lines_of, shrink, side_parts
from sexresearch.document.tables import Table
from sexresearch.document.writers.tex_escaping import escaped

LINES = {False: 38, True: 24}  # on a page upright and on its side, from which on a table runs over pages
PRINTS = ((0.95, "small"), (0.85, "footnotesize"), (0.0, "scriptsize"))  # by how much a table has to shrink
TIED = 3  # last rows of a table over pages that stay on one page with its note
ONE_BACK = "\n\n\\addtocounter{table}{-1}\n\n"  # parts of a table have one number
PARAGRAPH = r">{\raggedright\arraybackslash\hspace{0pt}}p{%.3f\linewidth}"  # the space lets the first word be broken


def table_text(table: Table, words: Mapping[str, str], *, counted: bool, turned: bool) -> str:
    """The table with caption and note; in parts below each other where the page is too narrow for all columns."""
    room = SIDEWAYS if turned else UPRIGHT
    parts = side_parts(table, room, words["continued"])
    return (ONE_BACK if counted else "\n\n").join(_part(part, room, words, counted, turned) for part in parts)


def _part(table: Table, room: int, words: Mapping[str, str], counted: bool, turned: bool) -> str:
    widths = column_widths(table, room=room)
    height = sum(lines_of(cells, widths) for cells in table.cells)
    if height > LINES[turned]:
        return _long(table, room, words, counted)
    return _standing(table, room, words, counted) if turned else _floating(table, room, words, counted)


def _columns(table: Table, room: int) -> str:
    """r for numbers, l for short text, a paragraph of its share of the page for text in several lines."""
    widths, whole = column_widths(table, room=room), max(room, letters(table))
    cells = list(zip(*table.cells, strict=True)) or [()] * len(widths)
    kinds = []
    for number, width, column in zip(table.numeric, widths, cells, strict=True):
        in_lines = any(len(cell) > width for cell in column)
        kinds.append("r" if number else PARAGRAPH % (width / (whole + BETWEEN)) if in_lines else "l")
    return f"@{{}}{''.join(kinds)}@{{}}"


def _print(table: Table, room: int) -> str:
    size = next(name for least, name in PRINTS if shrink(table, room) >= least)
    return rf"\{size}\setlength{{\tabcolsep}}{{4pt}}"


def _row(cells: tuple[str, ...]) -> str:
    return " & ".join(map(escaped, cells)) + r" \\"


def _rows(table: Table, words: Mapping[str, str]) -> str:
    if not table.cells:
        return rf"\multicolumn{{{len(table.headers)}}}{{@{{}}l@{{}}}}{{{escaped(words['empty'])}}} \\"
    bold = {place: tuple(rf"\textbf{{{escaped(cell)}}}" for cell in table.cells[place]) for place in table.emphasized}
    return "\n".join(
        " & ".join(bold[place]) + r" \\" if place in bold else _row(cells) for place, cells in enumerate(table.cells)
    )


def _tabular(table: Table, room: int, words: Mapping[str, str]) -> str:
    rules = (r"\toprule", _row(table.headers), r"\midrule", _rows(table, words), r"\bottomrule")
    return "\n".join((f"\\begin{{tabular}}{{{_columns(table, room)}}}", *rules, r"\end{tabular}"))


def _caption(table: Table, counted: bool, command: str) -> str:
    if not table.caption:
        return ""
    return f"{command}{{{escaped(table.caption)}}}\n" if counted else f"{escaped(table.caption)}\n\n"


def _floating(table: Table, room: int, words: Mapping[str, str], counted: bool) -> str:
    inside = f"{_caption(table, counted, chr(92) + 'caption')}{_tabular(table, room, words)}{_note(table, words)}"
    return f"\\begin{{table}}[!htb]\n{_print(table, room)}\n{inside}\n\\end{{table}}"


def _standing(table: Table, room: int, words: Mapping[str, str], counted: bool) -> str:
    """A table that stays where it is, whole; on pages on their side nothing floats."""
    caption = _caption(table, counted, r"\captionof{table}")
    inside = f"{caption}{_tabular(table, room, words)}{_note(table, words)}"
    begun = rf"\par\smallskip\noindent\begin{{minipage}}{{\linewidth}}{_print(table, room)}"
    return f"{begun}\n{inside}\n\\end{{minipage}}\\par\\bigskip"


def _long(table: Table, room: int, words: Mapping[str, str], counted: bool) -> str:
    """A table over pages. Its last rows, the rule and the note below them are not parted."""
    caption = rf"\caption{{{escaped(table.caption)}}} \\" if counted and table.caption else ""
    head = f"\\toprule\n{_row(table.headers)}\n\\midrule"
    start = f"{{{_print(table, room)}\n\\begin{{longtable}}{{{_columns(table, room)}}}\n{caption}\n{head}\n"
    heads = f"\\endfirsthead\n{head}\n\\endhead\n\\bottomrule\n\\endfoot\n\\endlastfoot"
    *rows, last = _rows(table, words).split("\n")
    tied = [f"{row}*" for row in rows[1 - TIED :]]
    body = "\n".join([*rows[: 1 - TIED], *tied, f"{last}*"])
    return f"{start}{heads}\n{body}\n{_end(table, words)}\n\\end{{longtable}}}}"


def _end(table: Table, words: Mapping[str, str]) -> str:
    """The rule and the note as rows between which no page ends; the note widens no column."""
    columns = len(table.headers)
    line = rf"\multispan{{{columns}}}\leaders\hrule height\heavyrulewidth\hfill\cr"
    rule = rf"\noalign{{\nobreak\vskip\aboverulesep}}{line}"
    if not table.note:
        return rule
    text = rf"\footnotesize\emph{{{escaped(words['note'])}}} {escaped(table.note)}"
    note = rf"\multicolumn{{{columns}}}{{@{{}}l@{{}}}}{{\rlap{{\parbox[t]{{\linewidth}}{{{text}}}}}}} \\"
    return f"{rule}\n\\noalign{{\\nobreak\\smallskip\\nobreak}}\n{note}"


def _note(table: Table, words: Mapping[str, str]) -> str:
    if not table.note:
        return ""
    text = rf"\emph{{{escaped(words['note'])}}} {escaped(table.note)}"
    return f"\n\n\\par\\nopagebreak\\smallskip{{\\footnotesize {text}\\par}}"
