"""Tables named on a command line or in a study: Parquet, a DuckDB file, a warehouse by its address, or a query."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sexresearch.arguments import in_words
from sexresearch.errors import DataError
from sexresearch.extras import extra
from sexresearch.sem.data.sources import DUCKDB, DUCKDB_FILES


@in_words
def table_named(data: str, table: str | None = None, sql: str | None = None) -> object:
    """What `fit` reads: `data` itself, or the `table` or the answer to the query `sql` of the base that it names.

    Parameters
    ----------
    data : str
        A Parquet file or folder, a DuckDB file, or the address of a warehouse that Ibis knows ("postgres://…").
    table : str, optional
        Name of a table there.
    sql : str, optional
        A query; Parquet files are the table ``answers`` in it.

    Returns
    -------
    object
        What `fit` and `fit_many` take as data.

    Raises
    ------
    DataError
        It cannot be reached, has no such table, or the query has no answer.

    Notes
    -----
    Nothing is read but names and types of columns. A DuckDB file is opened for reading alone; passwords of an address
    are never shown.

    Examples
    --------
    >>> table_named("answers.parquet")
    'answers.parquet'
    """
    if table is None and sql is None:
        return data
    if table is not None and sql is not None:
        raise DataError("give either a table or a query, not both")
    if "://" in data and not data.startswith(DUCKDB):
        return _of_warehouse(data, table, sql)
    file = data.removeprefix(DUCKDB)
    return _query(file, str(sql)) if table is None else f"{DUCKDB}{file}#{table}"


def _query(file: str, sql: str) -> object:
    with extra("scale"):
        import duckdb
    known = Path(file)
    if not known.exists():
        raise DataError(f"{file!r} is neither a file nor a folder")
    try:
        if known.suffix.lower() in DUCKDB_FILES:
            return duckdb.connect(file, read_only=True).sql(sql)
        base = duckdb.connect()
        answers = str(known / "**" / "*.parquet") if known.is_dir() else file
        base.read_parquet(answers).create_view("answers")
        return base.sql(sql)
    except duckdb.Error as error:
        raise DataError(f"the query cannot be answered by {file}: {error}") from error


def _of_warehouse(address: str, table: str | None, sql: str | None) -> Any:
    with extra("scale"):
        import ibis
    kind, _, rest = address.partition("://")
    where = f"{kind}://{rest.rpartition('@')[2]}"  # no message repeats a password
    try:
        base = ibis.connect(address)
        return base.table(table) if table is not None else base.sql(str(sql))
    except Exception as error:  # every driver has errors of its own
        reason = str(error).replace(address, where)
        raise DataError(f"{where} cannot be read ({type(error).__name__}): {reason}") from error
