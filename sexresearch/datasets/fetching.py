"""Files that are fetched once and kept in the user's data home, checked by their SHA-256."""

from __future__ import annotations

import os
from pathlib import Path

from sexresearch.datasets.registry import Entry
from sexresearch.errors import DatasetError
from sexresearch.extras import extra

HOME_VARIABLE = "SEXRESEARCH_DATA_HOME"


def data_home() -> Path:
    """The folder of fetched files: the environment variable SEXRESEARCH_DATA_HOME, else the user's data folder.

    >>> data_home().is_absolute()
    True
    """
    return Path(os.environ.get(HOME_VARIABLE) or _user_home()).expanduser().resolve()


def _user_home() -> str:
    with extra("files"):
        import platformdirs

    return platformdirs.user_data_dir("sexresearch")


def fetched(entry: Entry) -> Path:
    """The file of a fetched data set, downloaded unless the data home has it; nothing is written where it has.

    Raises DatasetError naming URL, file and folder where the file is neither there nor to be had, or where its bytes
    are not the expected ones.
    """
    file = data_home() / entry.file
    if not file.exists():
        _download(entry, file)
    _check(entry, file)
    return file


def _check(entry: Entry, file: Path) -> None:
    with extra("files"):
        import pooch

    digest = pooch.file_hash(str(file), alg="sha256")
    if digest != entry.sha256:
        raise DatasetError(
            f"'{entry.file}' in {file.parent} is not the file of the data set '{entry.name}': "
            f"its SHA-256 is {digest}, expected {entry.sha256}; delete it to fetch it anew from {entry.url}"
        )


def _download(entry: Entry, file: Path) -> None:
    with extra("files"):
        import pooch

    try:
        pooch.retrieve(entry.url, f"sha256:{entry.sha256}", file.name, file.parent, progressbar=False)
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"the data set '{entry.name}' is not on this machine and could not be fetched ({_reason(error)}). "
            f"Get {entry.url} and put it as '{entry.file}' into {file.parent}, "
            f"or let {HOME_VARIABLE} name a folder that has it"
        ) from error


def _reason(error: Exception) -> str:
    if isinstance(error, ValueError):
        return "the bytes that came are not the expected ones"
    return f"{type(error).__name__}: no connection, or no right to write there"
