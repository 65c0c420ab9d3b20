"""A document to a file: the suffix names the format, the file is written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sexresearch.document.document_parts import Document
from sexresearch.document.writers.docx import docx
from sexresearch.document.writers.html import html
from sexresearch.document.writers.pptx import pptx
from sexresearch.document.writers.tex import tex, tex_pictures
from sexresearch.document.writers.xlsx import xlsx
from sexresearch.errors import OptionError
from sexresearch.writing import write_whole

FORMATS: dict[str, Callable[[Document], str | bytes]] = {".html": html, ".docx": docx, ".pptx": pptx, ".xlsx": xlsx}
SUFFIXES = (*FORMATS, ".tex")


def writable(path: str | Path, what: str) -> Path:
    """The path; OptionError where its suffix names no format. `what` is what cannot be written."""
    destination = Path(path)
    if destination.suffix.lower() not in SUFFIXES:
        raise OptionError(f"{what} cannot be written to {destination.name}; its suffix can be {', '.join(SUFFIXES)}")
    return destination


def write(document: Document, path: str | Path) -> Path:
    """Write the document in the format that the suffix names, and return the path.

    Folders are made as needed; a file that is there is replaced only when the new one is complete. Figures of a .tex
    file go into the folder NAME_figures beside it.

    Parameters
    ----------
    document : Document
        What is written.
    path : str or Path
        Where: its suffix is .html, .docx, .pptx, .xlsx or .tex.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OptionError
        The suffix names no format, or the document is none.
    WriteError
        The file cannot be written.

    Notes
    -----
    Text is escaped for the format, and cells of a workbook that would be formulas are written as text. Written by
    python-docx, python-pptx, XlsxWriter and Jinja.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(Document("Client report", ()), f"{folder}/client.html").name
    'client.html'
    """
    destination = writable(path, "a document")
    if not isinstance(document, Document):
        raise OptionError(f"write takes a Document; found {type(document).__name__}")
    suffix = destination.suffix.lower()
    if suffix != ".tex":
        return write_whole(destination, FORMATS[suffix](document))
    folder = f"{destination.stem}_figures"
    for name, content in tex_pictures(document):
        write_whole(destination.parent / folder / name, content)
    return write_whole(destination, tex(document, folder))
