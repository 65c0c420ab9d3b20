"""`write_factor_scores`: the factor scores of every row of a table, in a Parquet file, a piece at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import DataError, OptionError
from sexresearch.extras import extra
from sexresearch.sem import Results
from sexresearch.sem.view import ScoreMethod, SourceFrames, View, frame_of, source_frames, source_of_fit, view
from sexresearch.writing import written_whole

ROWS_TOGETHER = 2**17  # of a row group of the file
ROW = "row"


@in_words
def write_factor_scores(
    results: Results,
    path: str | Path,
    *,
    data: object | None = None,
    method: ScoreMethod = "regression",
    beside: str | Sequence[str] = (),
) -> Path:
    """Write the factor scores of every row to a Parquet file; memory does not grow with the rows.

    Parameters
    ----------
    results : Results
        A fit.
    path : str or Path
        The file. It takes its place when it is complete; an error or an interrupt leaves what was there.
    data : DataFrame, Survey, or the path of Parquet files, an Arrow data set, a lazy table, optional
        The respondents. Default: those of the fit, which are read once more where they were added up.
    method : {"regression", "bartlett"}
        "regression" is the only one for ordered answers.
    beside : str or sequence of str
        Columns of the data that are written before the scores, such as the respondent's number. Default: the column
        ``row``, which counts the rows of the data from 0.

    Returns
    -------
    Path
        The file: a row for every row of the data in their order, a column for every latent variable, empty where a row
        has no score.

    Raises
    ------
    ModelError
        The fit did not converge, or the model has no such scores.
    OptionError
        The answers stay in a warehouse (a table of Ibis), the model has two levels and its data are read in pieces, or
        there are neither rows nor a source.
    DataError
        A column is absent or cannot be used, with the rows where that is; the file would replace the answers.
    WriteError
        The file cannot be written.

    Notes
    -----
    Scores as by `Results.factor_scores`, row by row.

    Examples
    --------
    >>> import tempfile, sexresearch as sx
    >>> rng = np.random.default_rng(1)
    >>> answers = pd.DataFrame(rng.normal(size=(200, 1)) + rng.normal(size=(200, 4)), columns=list("abcd"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     answers.assign(id=range(200)).to_parquet(f"{folder}/answers.parquet")
    ...     results = sx.fit("joy =~ a + b + c + d", f"{folder}/answers.parquet")
    ...     scores = pd.read_parquet(write_factor_scores(results, f"{folder}/scores.parquet", beside="id"))
    >>> scores.shape, list(scores)
    ((200, 2), ['id', 'joy'])
    """
    seen = view(results, "write_factor_scores", levels=True)
    kept = [beside] if isinstance(beside, str) else list(dict.fromkeys(beside))
    clash = [name for name in kept or [ROW] if name in seen.latents]
    if clash:
        raise DataError(f"{clash[0]!r} is a latent variable too: name other columns, beside=...")
    given = source_of_fit(results) if data is None and results.rows is None else data
    source = None if given is None else source_frames(given)
    rows = results.rows if given is None else None
    if source is not None:
        pieces = _of_source(source, seen, kept, Path(path))
    else:
        pieces = iter(() if given is None and rows is None else [frame_of(given) if rows is None else rows])
    tables = _together(_scored(results, pieces, method, kept))
    with extra("files"):
        import pyarrow.parquet
    first = next(tables)
    with written_whole(path) as temporary, pyarrow.parquet.ParquetWriter(temporary, first.schema) as writer:
        for table in chain([first], tables):
            writer.write_table(table)
    return Path(path)


def _of_source(source: SourceFrames, seen: View, beside: Sequence[str], path: Path) -> Iterator[Any]:
    """The rows of a source, some at a time; the reasons for which there are none come before the first."""
    if source.warehouse is not None:
        raise OptionError(
            f"scores are one for each respondent, and the answers of {source.label} stay in the warehouse. Score a "
            "copy of it: table.to_parquet('answers.parquet'), then data='answers.parquet'"
        )
    if any(block.level is not None for block in seen.blocks):
        raise OptionError(
            "scores at two levels rest on all rows of a cluster, and those of a source come in pieces: give a data "
            "frame of whole clusters as data="
        )
    files, place = [Path(file).resolve() for file in source.files], path.resolve()
    if place in files or place.parent in {file.parent for file in files[1:]}:
        raise DataError(f"{str(path)!r} lies among the answers that are to be scored: name another place")
    names = dict.fromkeys(name for block in seen.blocks for name in block.observed)
    group = [] if seen.options.group is None else [seen.options.group]
    return source.pieces(list(dict.fromkeys(source.behind([*names, *group, *beside]))))


def _scored(results: Results, pieces: Iterator[Any], method: ScoreMethod, beside: Sequence[str]) -> Iterator[Any]:
    """Tables of Arrow: columns beside the scores, and the scores; DataError says in which rows something is wrong."""
    with extra("files"):
        import pyarrow as pa
    first, schema = 0, None
    for rows in pieces:
        table = rows if isinstance(rows, pa.RecordBatch) else _kept(rows, beside)
        frame = rows.to_pandas() if isinstance(rows, pa.RecordBatch) else rows
        last = first + len(frame)
        with _in_rows(first + 1, last):
            scores = results.factor_scores(method, data=_with_numbers(frame))
            columns = {name: table.column(name) for name in beside} or {ROW: pa.array(np.arange(first, last))}
            made = pa.table(columns | {name: pa.array(scores[name], from_pandas=True) for name in scores})
            schema = made.schema if schema is None else schema
            made = made.cast(schema)
        yield made
        first = last
    if schema is None:
        results.factor_scores(method)  # says why there are no rows
        raise DataError("the data are empty: 0 rows")


def _kept(frame: pd.DataFrame, names: Sequence[str]) -> Any:
    """Columns of a frame as Arrow holds them; DataError for those that are not there."""
    import pyarrow as pa

    absent = [name for name in names if name not in frame.columns]
    if absent:
        raise DataError(f"beside: the data have no column {absent[0]!r}; they have {[*map(str, frame.columns)][:20]}")
    return pa.Table.from_pandas(frame[list(names)], preserve_index=False)


def _with_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with gaps that are numbers in columns without an answer, whatever type a piece without any has."""
    empty = [name for name in frame.columns if frame[name].isna().all()]
    return frame.assign(**dict.fromkeys(empty, np.nan))


@contextmanager
def _in_rows(first: int, last: int) -> Iterator[None]:
    try:
        yield
    except (DataError, ValueError) as error:  # ValueError: a type that differs from that of the rows before
        raise DataError(f"rows {first} to {last}: {error}") from error


def _together(tables: Iterator[Any]) -> Iterator[Any]:
    """Small tables as large ones."""
    import pyarrow as pa

    waiting, rows = list[Any](), 0
    for table in tables:
        waiting, rows = [*waiting, table], rows + len(table)
        if rows >= ROWS_TOGETHER:
            yield pa.concat_tables(waiting)
            waiting, rows = [], 0
    if waiting:
        yield pa.concat_tables(waiting)
