"""SYNTHETIC: the customers of `service_excellence_world` as many times over as wanted, written file by file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.datasets.service_excellence_world import generate
from sexresearch.errors import DatasetError, OptionError
from sexresearch.extras import extra


@in_words
def many_customers(folder: str | Path, rows: int = 100_000, seed: int = 1) -> list[Path]:
    """Parquet files of customers in a folder, one for each world of about 2,400 customers in 60 branches.

    Parameters
    ----------
    folder : str or Path
        Where they are written; made where it is not there.
    rows : int
        Customers in all files together, at least 1. Memory does not grow with them.
    seed : int
        Of the first world, a whole number of at least 0; every further world has the next.

    Returns
    -------
    list of Path
        The files. Branches are named by their world: "0001-B01".

    Raises
    ------
    DatasetError
        The folder holds Parquet files already.
    OptionError
        A number out of its range.

    Notes
    -----
    Synthetic: each world is `service_excellence_world.generate` of its own seed, so that the truth of
    `service_excellence_world.truth` holds in every one.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in many_customers(folder, rows=3000)]
    ['0001.parquet', '0002.parquet']
    """
    if rows < 1 or seed < 0:
        raise OptionError(f"rows must be at least 1 and seed at least 0; found {rows} and {seed}")
    with extra("files"):
        import pyarrow.parquet
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    if any(place.glob("*.parquet")):
        raise DatasetError(f"{place.name} holds Parquet files already; name an empty folder")
    files, left = list[Path](), rows
    while left > 0:
        number = len(files) + 1
        frame = _customers(seed + len(files), number)[:left]
        files.append(place / f"{number:04}.parquet")
        pyarrow.parquet.write_table(pyarrow.Table.from_pandas(frame, preserve_index=False), files[-1])
        left -= len(frame)
    return files


def _customers(seed: int, world: int) -> pd.DataFrame:
    """The customers of one world; answers take a byte each."""
    frame = generate(seed).customers
    small = {name: "Int8" for name, kind in frame.dtypes.items() if str(kind) == "Int64"}
    branch = f"{world:04}-" + frame["branch"]
    return frame.astype(small).assign(respondent=frame["respondent"] + 10_000 * world, branch=branch)
