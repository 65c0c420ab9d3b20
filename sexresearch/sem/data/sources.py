"""Tables that are read by column and in pieces: Parquet files and folders, Arrow data sets, lazy tables.

Lazy tables are those of DuckDB, polars, Ibis and Dask, as narwhals knows them; "duckdb://FILE#TABLE" opens one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import narwhals as nw
import pandas as pd

from sexresearch.errors import DataError
from sexresearch.extras import extra
from sexresearch.sem.data.column_names import look_alikes
from sexresearch.sem.language.names import factors

ROWS_AT_ONCE = 2**17  # of a piece
DUCKDB = "duckdb://"
DUCKDB_FILES = (".duckdb", ".ddb", ".db")
PARQUET_FILES = (".parquet", ".pq")


Rows: TypeAlias = Any  # some rows of a source: a record batch where Arrow stands behind it, a frame where not


class Source(Protocol):
    """A table outside of memory: its columns, and some of them piece by piece."""

    @property
    def names(self) -> tuple[str, ...]: ...

    def pieces(self, names: Sequence[str]) -> Iterator[Rows]: ...


def source_of(data: object) -> Source | None:
    """The source that `data` names or is; None where it is no source but a table in memory.

    DataError for a path or table that is not there or cannot be read.
    """
    if isinstance(data, str) and data.startswith(DUCKDB):
        return LazySource(_duckdb_table(data), data)
    if isinstance(data, (str, Path)):
        return _parquet(Path(data))
    if type(data).__module__.startswith("pyarrow._dataset"):
        return ArrowSource(data, "the Arrow data set")
    if type(data).__module__.startswith("ibis."):
        return IbisSource(data, "the Ibis table")
    if type(data).__module__.startswith("dask.dataframe."):
        return DaskSource(data, "the Dask data frame")
    lazy = nw.from_native(data, pass_through=True)
    return LazySource(lazy, f"the {type(data).__name__}") if isinstance(lazy, nw.LazyFrame) else None


@dataclass(frozen=True, eq=False)
class ReadOnce:
    """A source of which several models are fitted, and what was added up for them by what that depends on."""

    source: Source
    known: dict[object, Any] = field(default_factory=dict)


def source_behind(data: object) -> Source | None:
    """The source, as `source_of` knows it; None for a frame or a survey in memory too."""
    if isinstance(data, ReadOnce):
        return data.source
    return None if isinstance(data, pd.DataFrame) or hasattr(data, "answers") else source_of(data)


def read_once(data: object) -> object:
    """A source as one that is read once for all models of the same columns and options; other data as they are."""
    source = None if data is None else source_behind(data)
    return data if source is None or isinstance(data, ReadOnce) else ReadOnce(source)


def read_columns(source: Source, names: Sequence[str]) -> pd.DataFrame:
    """Every row of these columns, of no others."""
    pieces = [as_frame(rows) for rows in source.pieces(names)]
    return pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame(columns=list(names))


def as_frame(rows: Rows) -> pd.DataFrame:
    """Some rows as a frame."""
    return rows if isinstance(rows, pd.DataFrame) else rows.to_pandas()


def on_one_line(error: Exception) -> str:
    """What an error of another library says.

    >>> on_one_line(OSError("No header.\\n\\n  Read 3 bytes\\n"))
    'No header. Read 3 bytes'
    """
    return " ".join(str(error).split())


def columns_behind(wanted: Sequence[str], known: Sequence[str]) -> list[str] | None:
    """The known columns that make up those wanted: themselves, factors of a product, look-alikes; None where one lacks.

    >>> columns_behind(["a", "b:c"], ["c", "b", "a", "d"])
    ['a', 'b', 'c']
    """
    chosen: list[str] = []
    for name in wanted:
        whole = [name] if name in known else list(factors(name) or (name,))
        parts = [part if part in known else next(iter(look_alikes(part, known)), None) for part in whole]
        if None in parts:
            return None
        chosen += [part for part in parts if part is not None]
    return list(dict.fromkeys(chosen))


@dataclass(frozen=True)
class FrameSource:
    """A data frame in memory, handed out in pieces like any other source."""

    frame: pd.DataFrame

    @property
    def names(self) -> tuple[str, ...]:
        """The columns."""
        return tuple(self.frame.columns)

    def pieces(self, names: Sequence[str]) -> Iterator[pd.DataFrame]:
        """The columns as frames of at most `ROWS_AT_ONCE` rows."""
        for first in range(0, len(self.frame), ROWS_AT_ONCE):
            yield self.frame.iloc[first : first + ROWS_AT_ONCE][list(names)]


@dataclass(frozen=True)
class _OpenTable:
    """A table that another library holds open; values that hold one are equal where their labels are.

    Pickled, it is the paths of its files.
    """

    table: Any = field(compare=False)
    label: str

    def __getstate__(self) -> dict[str, object]:
        return {"label": self.label, "table": self.table if hasattr(self.table, "files") else None}

    def __deepcopy__(self, memo: object) -> _OpenTable:
        return self

    def _at_hand(self) -> Any:
        """The table; DataError in another process, to which files go by their path and other tables not at all."""
        if self.table is None:
            raise DataError(
                f"this needs the rows of {self.label}, which stayed with the process that read it: sums and the paths "
                "of files are all that is sent to workers or stored. Fit a data frame or a file, or ask in that process"
            )
        return self.table


@dataclass(frozen=True)
class ArrowSource(_OpenTable):
    """A pyarrow data set: one Parquet file, a folder of them, or one that the user opened."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns."""
        return tuple(self._at_hand().schema.names)

    def pieces(self, names: Sequence[str]) -> Iterator[Rows]:
        """The columns in batches of at most `ROWS_AT_ONCE` rows; DataError names a file that differs or is damaged."""
        self._refuse_differing(names)
        try:
            for batch in self.table.to_batches(columns=list(names), batch_size=ROWS_AT_ONCE):
                if batch.num_rows:
                    yield batch
        except (OSError, ValueError) as error:
            raise DataError(f"{self._unreadable(names)} ({on_one_line(error)})") from error

    def _unreadable(self, names: Sequence[str]) -> str:
        """Which file cannot be read, of several, and whether it could if it were opened anew."""
        for part in self.table.get_fragments():
            if not _readable(part, names):
                anew = _parquet(Path(part.path)).table.get_fragments() if Path(part.path).is_file() else ()
                changed = any(_readable(other, names) for other in anew)
                what = "changed since it was opened. Fit a copy that stands still" if changed else "is damaged"
                return f"{part.path} {what}"
        return f"{self.label} is damaged"

    def _refuse_differing(self, names: Sequence[str]) -> None:
        for part in self.table.get_fragments():
            try:
                schema = part.physical_schema
            except (OSError, ValueError) as error:
                raise DataError(f"{part.path} is no Parquet file or damaged: {error}") from error
            for name in names:
                there = schema.field(name).type if name in schema.names else None
                here = self.table.schema.field(name).type
                if there != here:
                    what = f"is {there}" if there is not None else "is absent"
                    raise DataError(f"column {name!r} {what} in {part.path} and {here} in the files before it")


@dataclass(frozen=True)
class LazySource(_OpenTable):
    """A lazy table of another library, as narwhals knows it."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns; DataError where the library cannot tell them."""
        try:
            return tuple(self._at_hand().collect_schema().names())
        except DataError:
            raise
        except Exception as error:  # every library has errors of its own
            raise self._unreadable(error) from error

    def _at_hand(self) -> nw.LazyFrame[Any]:
        stored = self.table is None and self.label.startswith(DUCKDB)
        return _duckdb_table(self.label) if stored else super()._at_hand()

    def pieces(self, names: Sequence[str]) -> Iterator[Rows]:
        """The columns in batches where the library hands these out, whole where it does not."""
        table, handed_out = self._at_hand(), 0
        try:
            chosen = table.select(*names)
            for rows in _batches(chosen):
                if len(rows):
                    yield rows
                handed_out += len(rows)
        except Exception as error:  # every library has errors of its own
            raise self._unreadable(error, handed_out) from error

    def _unreadable(self, error: Exception, rows: int = 0) -> DataError:
        where = f" beyond row {rows}" if rows else ""
        reason = f"{self.label} cannot be read{where} ({type(error).__name__}): {on_one_line(error)}"
        return DataError(f"{reason}. Of Parquet files, their path given in its place names the one that is to blame")


def _batches(chosen: nw.LazyFrame[Any]) -> Iterator[Rows]:
    """By the readers of DuckDB and polars."""
    native = nw.to_native(chosen)
    if hasattr(native, "to_arrow_reader"):
        return iter(native.to_arrow_reader(ROWS_AT_ONCE))
    if hasattr(native, "collect_batches"):
        read = native.collect_batches(chunk_size=ROWS_AT_ONCE, maintain_order=True)
        return (batch for rows in read for batch in rows.to_arrow().to_batches())
    return iter([chosen.collect("pandas").to_native()])


@dataclass(frozen=True)
class DaskSource(_OpenTable):
    """A data frame of Dask."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns."""
        return tuple(self._at_hand().columns)

    def pieces(self, names: Sequence[str]) -> Iterator[pd.DataFrame]:
        """The partitions, one at a time; DataError names the one that cannot be had or lacks a column."""
        chosen = self._at_hand()[list(names)]
        for number in range(chosen.npartitions):
            where = f"partition {number + 1} of {chosen.npartitions}"
            try:
                frame = chosen.partitions[number].compute()
            except Exception as error:  # whatever stands behind the partition
                raise DataError(f"{where} cannot be read ({type(error).__name__}): {on_one_line(error)}") from error
            if len(frame):
                yield frame


@dataclass(frozen=True)
class IbisSource(_OpenTable):
    """A table of Ibis: a warehouse that is asked for sums; its rows are read for what is no fit alone."""

    @property
    def native(self) -> Any:
        """The table as Ibis knows it."""
        return self._at_hand()

    @property
    def names(self) -> tuple[str, ...]:
        """The columns."""
        return tuple(self.native.columns)

    def pieces(self, names: Sequence[str]) -> Iterator[Rows]:
        """The columns in batches; DataError where the warehouse does not hand them out."""
        try:
            rows = self.native.select(*names).to_pyarrow()
        except Exception as error:  # every driver has errors of its own
            raise DataError(f"{self.label} cannot be read ({type(error).__name__}): {on_one_line(error)}") from error
        yield from (batch for batch in rows.to_batches(max_chunksize=ROWS_AT_ONCE) if batch.num_rows)


def _readable(part: Any, names: Sequence[str]) -> bool:
    try:
        for _ in part.to_batches(columns=list(names)):
            pass
    except (OSError, ValueError):
        return False
    return True


def _parquet(path: Path) -> ArrowSource:
    if not path.exists():
        raise DataError(f"{str(path)!r} is neither a file nor a folder; give the path of Parquet files or a data frame")
    if path.is_file() and path.suffix.lower() not in PARQUET_FILES:
        instead = f"read it first: data = sx.read_survey({str(path)!r})"
        instead = f"name a table of it: '{DUCKDB}{path}#TABLE'" if path.suffix.lower() in DUCKDB_FILES else instead
        raise DataError(f"{path.name} is no Parquet file; {instead}")
    with extra("files"):
        import pyarrow.dataset
    try:
        opened = pyarrow.dataset.dataset(path, format="parquet")
    except (OSError, ValueError) as error:
        raise DataError(f"{path.name} is no Parquet file or damaged: {error}") from error
    if not opened.schema.names:
        raise DataError(f"{path.name} holds no Parquet file")
    return ArrowSource(opened, path.name)


def _duckdb_table(address: str) -> nw.LazyFrame[Any]:
    file, _, table = address.removeprefix(DUCKDB).partition("#")
    if not table:
        raise DataError(f"{address!r} names no table; write {DUCKDB}FILE#TABLE")
    if not Path(file).is_file():
        raise DataError(f"{file!r} is no DuckDB file")
    with extra("scale"):
        import duckdb
    try:
        base = duckdb.connect(file, read_only=True)
        return nw.from_native(base.table(table))
    except duckdb.Error as error:
        raise DataError(f"{address!r} cannot be read: {error}") from error
