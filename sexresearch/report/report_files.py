"""`report`: fitted results written as a document that can be sent, read and kept without this software."""

from __future__ import annotations

from pathlib import Path

from sexresearch.arguments import in_words
from sexresearch.errors import OptionError
from sexresearch.report.html import html_document
from sexresearch.sem import Results
from sexresearch.writing import write_whole

WRITERS = {".html": html_document}


@in_words
def report(results: Results, path: str | Path, *, title: str = "Structural equation model", data: str = "") -> Path:
    """Write the results as a document that can be sent, read and kept without this software.

    Parameters
    ----------
    results : Results
        A fit.
    path : str or Path
        Where to write it; the suffix names the format (.html). Folders are made as needed.
    title : str
        Title of the document.
    data : str
        Where the answers come from; where it says "synthetic", the document does so visibly. Default: the caption of
        the survey that was fitted, which names the rows taken out.

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
    The document holds the source of the data, the fit in one sentence, the path diagram, every table of
    ``results.summary()``, the effects where some are indirect, the problems found, the model text and how the numbers
    came about. Nothing in it is fetched when it is opened.

    Examples
    --------
    >>> import tempfile, sexresearch as sx
    >>> results = sx.fit("joy =~ CUSA1 + CUSA2 + CUSA3 + CUSCO", moments=sx.datasets.load("mobi_moments"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     report(results, f"{folder}/client.html", data="mobi, n = 250").name
    'client.html'
    """
    destination = Path(path)
    writer = WRITERS.get(destination.suffix.lower())
    if writer is None:
        raise OptionError(f"a report cannot be written to {destination.name}; its suffix can be {', '.join(WRITERS)}")
    return write_whole(destination, writer(results, title, data or results.provenance.source))
