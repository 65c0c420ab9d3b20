"""`report`: fitted results written as a document that can be sent, read and kept without this software."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, runtime_checkable

from sexresearch.arguments import in_words
from sexresearch.document import Document, write
from sexresearch.document.write import writable
from sexresearch.errors import OptionError
from sexresearch.report.naming import labels_of, labels_of_constructs
from sexresearch.report.paper_tables import PaperTable
from sexresearch.report.results_document import results_document
from sexresearch.report.write_up import WriteUp
from sexresearch.sem import Results
from sexresearch.survey import Survey

TITLE = "Structural equation model"


@runtime_checkable
class DocumentMaker(Protocol):
    """What makes a document of itself, such as an answer."""

    def document(self, title: str = "", *, slides: bool = False) -> Document:
        """The document; with `slides`, the shorter one that is shown."""


@in_words
def report(
    results: Results | Document | PaperTable | WriteUp | DocumentMaker,
    path: str | Path,
    *,
    title: str = TITLE,
    data: str | Survey = "",
) -> Path:
    """Write results as a document that can be sent, read and kept without this software.

    Parameters
    ----------
    results : Results, Answer, Document, PaperTable or WriteUp
        A fit, an answer, a document of your own (`sexresearch.document`), or what `apa_table`, `model_table` or
        `write_up` return.
    path : str or Path
        Where to write it; the suffix names the format: .html, .docx, .pptx, .xlsx (the tables) or .tex. Folders are
        made as needed; a file that is there is replaced only when the new one is complete.
    title : str
        Title of the document; a `Document` has its own.
    data : str or Survey
        Where the answers come from. A survey gives its caption and, where it has an instrument, the labels of
        constructs and the wordings of items. Where it says "synthetic", the document does so visibly. Default: the
        caption of the survey that was fitted, which names the rows taken out.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    OptionError
        The suffix is another one.

    Notes
    -----
    The document begins with the verdict on the fit in words and the paths with their intervals, and the diagram; tables
    of paths, effects, measurement and fit follow; every parameter, the model text and how the numbers came about stand
    in the appendix, which slides leave out. Nothing in it is fetched when it is opened.

    Examples
    --------
    >>> import tempfile, sexresearch as sx
    >>> results = sx.fit("joy =~ CUSA1 + CUSA2 + CUSA3 + CUSCO", moments=sx.datasets.load("mobi_moments"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     report(results, f"{folder}/client.html", data="mobi, n = 250").name
    'client.html'
    """
    destination = writable(path, "a report")
    if isinstance(results, Document):
        return write(results, destination)
    if isinstance(results, PaperTable | WriteUp):
        return write(results.document, destination)
    if not isinstance(results, Results) and isinstance(results, DocumentMaker):
        shown = destination.suffix.lower() == ".pptx"
        return write(results.document("" if title == TITLE else title, slides=shown), destination)
    if not isinstance(results, Results):
        raise OptionError(f"report takes the Results of a fit, or a Document; found {type(results).__name__}")
    survey = data if isinstance(data, Survey) else None
    caption = (data if isinstance(data, str) else data.caption) or results.provenance.source
    return write(
        results_document(results, title, caption, labels_of(survey), labels_of_constructs(survey)), destination
    )
