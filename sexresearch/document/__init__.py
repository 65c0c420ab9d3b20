"""Documents: one model of headings, paragraphs, tables and figures, and a writer for each format.

A `Document` is a value: a title and blocks in the order in which they are read. What goes into it is decided elsewhere
(`sexresearch.report`); how it looks is decided by the writers. ``write(document, path)`` chooses one by the suffix:

- ``.html``: one self-contained page: light and dark, prints on A4 with page numbers, wide tables on landscape pages
- ``.docx``: real styles, captions, editable tables; wide tables in landscape sections; page numbers
- ``.pptx``: a slide per `Heading` of level 1, whose text is the slide's message; ends where the appendix begins
- ``.xlsx``: every table on a sheet of its own behind a list of contents; numbers stay numbers, no text is a formula
- ``.tex``: an article with booktabs tables; figures as PDF files in a folder beside it

Blocks: `Heading`, `Paragraph` (of `Run`: plain text, `strong`, `emphasis`, `link`), `Bullets`, `Note`, `Code`, `Table`,
`Figure`, `PageBreak`, `Appendix`. Text given as ``str`` is taken as it is: no markup is read, every writer escapes.
A `Table` is a data frame whose columns the glossary heads and formats; `Number` is a cell with decimals of its own.
Tables and figures that have a caption are numbered by the writers in the order of the document.

>>> import pandas as pd
>>> frame = pd.DataFrame({"effect": ["total"], "est": [0.41235], "pvalue": [0.0004]})
>>> document = Document(
...     "Client report",
...     (
...         Heading("Excellence carries loyalty"),
...         Paragraph(("Its effect is ", strong(".41"), ".")),
...         Table(frame, caption="Effects on loyalty", note="Maximum likelihood."),
...         Appendix(),
...         Heading("Model"),
...         Code("loyalty ~ excellence"),
...     ),
...     subtitle="clients.xlsx, n = 812",
...     source="sexresearch, estimator ML, n = 812",
... )
>>> document.tables[0].cells[0]
('total', '0.412', '< 0.001')
"""

from sexresearch.document.document_parts import (
    Appendix,
    Block,
    Bullets,
    Code,
    Document,
    Figure,
    Heading,
    Note,
    PageBreak,
    Paragraph,
    Run,
    emphasis,
    link,
    strong,
)
from sexresearch.document.tables import Number, Table
from sexresearch.document.write import FORMATS, write

__all__ = [
    "FORMATS",
    "Appendix",
    "Block",
    "Bullets",
    "Code",
    "Document",
    "Figure",
    "Heading",
    "Note",
    "Number",
    "PageBreak",
    "Paragraph",
    "Run",
    "Table",
    "emphasis",
    "link",
    "strong",
    "write",
]
