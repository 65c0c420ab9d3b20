"""Survey files from statistical programs: SPSS, Stata and Parquet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sexresearch.errors import DataError
from sexresearch.extras import extra
from sexresearch.survey.rawtable import RawTable, numbered
from sexresearch.survey.spelling import clean

MOST_CELLS = 100_000_000


def read_spss(path: Path) -> RawTable:
    """The table in an SPSS file (.sav) with its labels of values and variables; user-missing values are missing."""
    with extra("files"):
        import pyreadstat

    return _labelled(path, pyreadstat.read_sav, "an SPSS file (.sav)")


def read_stata(path: Path) -> RawTable:
    """The table in a Stata file (.dta) with its labels of values and variables; . and .a to .z are missing."""
    with extra("files"):
        import pyreadstat

    return _labelled(path, pyreadstat.read_dta, "a Stata file (.dta)")


def _labelled(path: Path, reader: Callable[..., Any], kind: str) -> RawTable:
    try:
        _, about = reader(str(path), metadataonly=True)
        _check_cells(path.name, about.number_rows or 0, about.number_columns or 0)
        frame, meta = reader(str(path))
    except DataError:
        raise
    except Exception as error:  # pyreadstat lets several unrelated exceptions out of a damaged file
        raise DataError(f"{path.name} cannot be read as {kind}: {error}") from error
    labels = {
        column: {code_text(code): str(text) for code, text in texts.items()}
        for column, texts in meta.variable_value_labels.items()
    }
    texts = {name: clean(text) for name, text in meta.column_names_to_labels.items() if text and clean(text) != name}
    return RawTable(numbered(frame), labels, texts=texts)


def _check_cells(name: str, rows: int, columns: int) -> None:
    """Refuses a file that says of itself that it holds more cells than memory does, however small it is packed."""
    if rows * columns > MOST_CELLS:
        raise DataError(
            f"{name} holds {rows:,} rows × {columns:,} columns; files are read up to {MOST_CELLS:,} cells: leave out "
            f"the columns that are not needed"
        )


def read_parquet(path: Path) -> RawTable:
    """The table in a Parquet file; an index that pandas stored under a name is a column like the others."""
    with extra("files"):
        import pyarrow
        from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
        _check_cells(path.name, file.metadata.num_rows, file.metadata.num_columns)
        table = file.read()
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{path.name} cannot be read as a Parquet file: {error}") from error
    frame = table.to_pandas(ignore_metadata=True)
    return RawTable(numbered(frame.loc[:, [not str(name).startswith("__index_level_") for name in frame]]))


def code_text(code: object) -> str:
    """A code as it is written in a codebook: whole numbers without decimals.

    >>> code_text(1.0), code_text("A1")
    ('1', 'A1')
    """
    return str(int(code)) if isinstance(code, float) and code.is_integer() else str(code)
