"""Libraries that only some features need, by the extra of the package that brings them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from sexresearch.errors import LibraryError

Extra = Literal["lab", "files", "reports", "engines", "scale"]
NEEDED_BY: dict[Extra, str] = {
    "lab": "notebooks and their reproduction",
    "files": "workbooks, statistical files and fetched data sets",
    "reports": "figures and reports",
    "engines": "other engines and imputation",
    "scale": "tables of a database",
}


@contextmanager
def extra(name: Extra) -> Iterator[None]:
    """Around the import of a library that an extra brings: where it is missing, LibraryError says what to install.

    >>> try:
    ...     with extra("reports"):
    ...         import ink
    ... except LibraryError as error:
    ...     print(error)
    ink is not installed, which figures and reports need: pip install "sexresearch[reports]"
    """
    try:
        yield
    except ImportError as error:
        library = (error.name or str(error)).split(".")[0]
        message = f"{library} is not installed, which {NEEDED_BY[name]} need"
        raise LibraryError(f'{message}: pip install "sexresearch[{name}]"', name=library) from error
