"""One stable formatting of tables: headers and decimals by the glossary, text and HTML with the same cells."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass, replace
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, ROUND_HALF_UP, Context, Decimal
from itertools import takewhile

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import OptionError
from sexresearch.escaping import on_one_line, visible
from sexresearch.glossary.column import Column
from sexresearch.glossary.every_column import COLUMNS

P_VALUES = frozenset(
    {"pvalue", "bollen_stine", "distinct_pvalue", "rmsea_pvalue", "d2_pvalue", "pvalue_without", "pvalue_holm"}
)  # never printed as 0
EXACT = Context(MAX_PREC, Emin=MIN_EMIN, Emax=MAX_EMAX)  # however many decimals are wished for
GAP, NAMES = 2, 0.7  # blanks between columns; share of the width that repeated columns of names take at the most
MOST_SHOWN = 3  # entries of a tuple (row labels, say) that one cell prints


def fixed(value: float, decimals: int) -> str:
    """A number with that many decimals, half a unit rounded away from 0: as in workbooks, wherever it is printed.

    >>> fixed(0.295, 2), fixed(-2.5, 0), fixed(1e-9, 3)
    ('0.30', '-3', '0.000')
    """
    if not math.isfinite(value):
        return f"{value:.{decimals}f}"
    return f"{Decimal(repr(float(value))).quantize(Decimal((0, (1,), -decimals)), ROUND_HALF_UP, EXACT):f}"


def format_value(value: object, decimals: int | None) -> str:
    """One cell as text: rounded, missing as empty, never a negative zero.

    Parameters
    ----------
    value : object
        A number, text, a tuple of values, or what is missing.
    decimals : int or None
        Of a number; None for as many as it has.

    Returns
    -------
    str
        As it is printed.

    Notes
    -----
    Half a unit is rounded away from 0, as in workbooks.

    Examples
    --------
    >>> format_value(-0.0001, 3), format_value(float("nan"), 3), format_value((1, 2, 3, 4), None)
    ('0.000', '', '1, 2, 3 … (4)')
    """
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, tuple):
        shown = ", ".join(on_one_line(str(part)) for part in value[:MOST_SHOWN])
        return shown if len(value) <= MOST_SHOWN else f"{shown} … ({len(value)})"
    if isinstance(value, bool) or decimals is None or not isinstance(value, (int, float)):
        return on_one_line(str(value))
    text = fixed(value, decimals)
    return text.lstrip("-") if float(text) == 0 else text


def format_cell(name: str, value: object, decimals: int | None) -> str:
    """One cell of the column `name` as text; a p value that would be printed as 0 is said to be below the last place.

    Parameters
    ----------
    name : str
        The column, which tells p values from others.
    value, decimals
        As in `format_value`.

    Returns
    -------
    str
        As it is printed.

    Notes
    -----
    As `format_value` but for p values.

    Examples
    --------
    >>> format_cell("pvalue", 1.6e-296, 3), format_cell("est", 0.0, 3)
    ('< 0.001', '0.000')
    """
    known = isinstance(value, float) and not math.isnan(value) and decimals
    if name in P_VALUES and known and float(str(value)) < 10.0**-known:
        return f"< {10.0**-known:.{known}f}"
    return format_value(value, decimals)


@dataclass(frozen=True)
class FormattedTable:
    """A data frame as it is printed: plain text in a console, plain HTML in JupyterLab, the same cells in both.

    `headers` and `rows` are text; `numeric` says which columns are numbers, printed flush right.
    """

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    caption: str = ""
    note: str = ""

    def __repr__(self) -> str:
        return self.within(None)

    def within(self, width: int | None) -> str:
        """The table as text; columns beyond a width follow in blocks below, each beside the names in front.

        >>> print(FormattedTable(("lhs", "est", "se"), (("y", "0.500", "0.100"),), (False, True, True)).within(12))
        lhs    est
        y    0.500
        <BLANKLINE>
        lhs     se
        y    0.100
        """
        places = range(len(self.headers))
        widths = [max(map(len, column)) for column in zip(self.headers, *self.rows, strict=True)]
        blocks = [list(places)] if width is None else _blocks(widths, self.numeric, width)
        text = "\n\n".join(self._lines(block, widths) for block in blocks)
        return visible("\n".join(part for part in (self.caption, text, self.note) if part))

    def _lines(self, places: list[int], widths: list[int]) -> str:
        lines = []
        for row in (self.headers, *self.rows):
            cells = [row[k].rjust(widths[k]) if self.numeric[k] else row[k].ljust(widths[k]) for k in places]
            lines.append("  ".join(cells).rstrip())
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        align = ["right" if right else "left" for right in self.numeric]
        head = _html_row("th", self.headers, align)
        body = "\n".join(_html_row("td", row, align) for row in self.rows)
        caption = f"<p><strong>{html.escape(self.caption)}</strong></p>\n" if self.caption else ""
        note = f"\n<p><em>{html.escape(self.note)}</em></p>" if self.note else ""
        return visible(f"{caption}<table>\n<thead>\n{head}\n</thead>\n<tbody>\n{body}\n</tbody>\n</table>{note}")


def _blocks(widths: list[int], numeric: tuple[bool, ...], width: int) -> list[list[int]]:
    """The columns of each block that stays within `width`; all repeat the columns of names that come first."""
    names = list(takewhile(lambda k: not numeric[k], range(len(widths))))
    while names and sum(widths[k] + GAP for k in names) > NAMES * width:
        names.pop()
    blocks = [list(names)]
    for k in range(len(names), len(widths)):
        if len(blocks[-1]) > len(names) and sum(widths[j] + GAP for j in [*blocks[-1], k]) - GAP > width:
            blocks.append(list(names))
        blocks[-1].append(k)
    return blocks


def _html_row(tag: str, cells: tuple[str, ...], align: list[str]) -> str:
    made = (f'<{tag} style="text-align: {a}">{html.escape(c)}</{tag}>' for c, a in zip(cells, align, strict=True))
    return "<tr>" + "".join(made) + "</tr>"


@in_words
def table(
    data: pd.DataFrame | pd.Series, caption: str = "", note: str = "", decimals: int | None = None
) -> FormattedTable:
    """A frame (or a series, as two columns) formatted by the glossary, stable enough to be compared byte for byte.

    Parameters
    ----------
    data : DataFrame or Series
        A table of results, such as ``results.parameters``. A named or text index becomes the first column; mere
        numbers of rows do not.
    caption : str
        Above the table; empty for none.
    note : str
        Below the table; empty for none.
    decimals : int, optional
        Decimals, at least 0, of columns that hold numbers. Default: those of the glossary, 3 for columns it does not
        know.

    Returns
    -------
    Table
        Text when printed, HTML in a notebook.

    Raises
    ------
    OptionError
        `data` is no frame or series, or decimals is no whole number of at least 0.

    Notes
    -----
    Headers and decimals come from `COLUMNS`; missing values are empty cells; the values of a series are formatted by
    their own names, so that degrees of freedom stay whole numbers.

    Examples
    --------
    >>> table(pd.DataFrame({"lhs": ["y"], "est": [0.12345]}))
    lhs    est
    y    0.123
    >>> table(pd.Series({"chisq": 85.3056, "df": 24.0}))
    measure   value
    chisq    85.306
    df           24
    """
    if not isinstance(data, pd.DataFrame | pd.Series):
        raise OptionError(f"table takes a frame or a series, such as results.parameters; found {type(data).__name__}")
    if decimals is not None and (isinstance(decimals, bool) or not isinstance(decimals, int) or decimals < 0):
        raise OptionError(f"decimals must be a whole number of at least 0; found {decimals!r}")
    if isinstance(data, pd.Series):
        kinds = [_column(str(name), decimals) for name in data.index]
        values = [format_cell(k.name, v, k.decimals) for v, k in zip(data.tolist(), kinds, strict=True)]
        rows = tuple(zip((on_one_line(str(name)) for name in data.index), values, strict=True))
        return FormattedTable(("measure", on_one_line(str(data.name or "value"))), rows, (False, True), caption, note)
    counted = data.index.name is None and pd.api.types.is_integer_dtype(data.index)  # rows that were left of a frame
    frame = data if counted else data.reset_index()
    columns = [_column(str(name), decimals) for name in frame.columns]
    cells = [_cells(frame.iloc[:, i], column, decimals) for i, column in enumerate(columns)]
    numeric = tuple(
        pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype) for dtype in frame.dtypes
    )
    headers = tuple(on_one_line(column.header) for column in columns)
    return FormattedTable(headers, tuple(zip(*cells, strict=True)), numeric, caption, note)


def _column(name: str, decimals: int | None) -> Column:
    known = COLUMNS.get(name, Column(name, name, 3 if decimals is None else decimals, ""))
    keep = decimals is None or known.decimals in (None, 0)
    return known if keep else replace(known, decimals=decimals)


def _cells(values: pd.Series, column: Column, decimals: int | None) -> list[str]:
    whole = pd.api.types.is_integer_dtype(values) and column.name not in COLUMNS
    places: int | None = 3 if decimals is None else decimals
    places = places if column.decimals == 0 and _are_parts(values) else column.decimals
    return [format_cell(column.name, value, None if whole else places) for value in values.tolist()]


def _are_parts(values: pd.Series) -> bool:
    """Whether all values lie below 1 and some are not 0: no counts, so that the glossary means another column."""
    sizes = values.dropna().abs() if pd.api.types.is_float_dtype(values) else values[:0]
    return bool(len(sizes)) and bool((sizes < 1).all()) and bool((sizes > 0).any())
