"""Files are written whole or not at all: into a temporary file beside the place, which then takes the place."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sexresearch.errors import WriteError


def write_whole(path: str | Path, content: str | bytes) -> Path:
    """Write the content to `path`, text as UTF-8, and return the path; folders are made as needed.

    A full disk, a lost connection or a kill in the middle leaves the file that was there as it was. The new file keeps
    the permissions and, where that is allowed, the owner of the old one; a link stays a link to the file it names.
    Raises WriteError saying in words why the file cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(f"{folder}/new/note.txt", "done").read_text()
    'done'
    """
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    with written_whole(path) as temporary:
        temporary.write_bytes(data)
    return Path(path)


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """A file to write little by little, which takes its place at `path` at the end, and none at all after an error.

    As `write_whole`, whatever interrupts the writing.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with written_whole(f"{folder}/note.txt") as temporary:
    ...         size = temporary.write_text("done")
    ...     [place.name for place in Path(folder).iterdir()]
    ['note.txt']
    """
    destination = Path(path)
    made_folder(destination.parent)
    with _worded_failure(destination):
        place = Path(os.path.realpath(destination))
        if place.is_dir():
            raise IsADirectoryError(0, "it is a folder")
        special = place.exists() and not place.is_file()  # a pipe or a device is written to, not replaced
        temporary = place if special else place.with_name(f".{secrets.token_hex(8)}.part")
        try:
            yield temporary
            if not special:
                _put_in_place(temporary, place)
        finally:
            if not special:
                temporary.unlink(missing_ok=True)


def write_confirmed(path: str | Path, content: str, replace_existing: bool) -> Path:
    """`write_whole` for what a person confirms by hand: WriteError where the file is there and may not be replaced."""
    if Path(path).exists() and not replace_existing:
        raise WriteError(f"'{path}' is there already, and may hold what you confirmed: name another file")
    return write_whole(path, content)


def made_folder(path: str | Path) -> Path:
    """The folder, made with those above it where it is not there yet; WriteError where it cannot be."""
    folder = Path(path)
    with _worded_failure(folder):
        if folder.exists() and not folder.is_dir():
            raise NotADirectoryError(0, "it is a file, not a folder")
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _worded_failure(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise WriteError(f"{str(path)!r} cannot be written: {reason}") from error


def _put_in_place(temporary: Path, place: Path) -> None:
    with open(temporary, "r+b") as file:
        os.fsync(file.fileno())
    if place.exists():
        _keep_rights(temporary, place.stat())
    os.replace(temporary, place)


def _keep_rights(temporary: Path, old: os.stat_result) -> None:
    if hasattr(os, "chown"):
        with suppress(OSError):  # only the superuser may give a file away
            os.chown(temporary, old.st_uid, old.st_gid)
    with suppress(OSError):  # some network folders know no permissions
        temporary.chmod(stat.S_IMODE(old.st_mode))
