"""A document as a LaTeX article: booktabs tables, long ones over pages, wide ones on pages on their side."""

from __future__ import annotations

from collections.abc import Iterator

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
)
from sexresearch.document.layout import SIDEWAYS, column_widths, is_wide, side_parts
from sexresearch.document.numbering import numbered
from sexresearch.document.pictures import picture
from sexresearch.document.tables import Table
from sexresearch.document.writers.tex_escaping import escaped
from sexresearch.document.writers_words import words_of

LONG = 34  # rows from which on a table runs over pages
SECTIONS = {1: "section", 2: "subsection", 3: "subsubsection"}
BABEL = {"en": "english", "de": "ngerman"}
PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage{iftex}
\ifPDFTeX
  \usepackage[utf8]{inputenc}
  \usepackage[T1]{fontenc}
  \usepackage{textcomp}
\else
  \usepackage{fontspec}
\fi
\usepackage[%s]{babel}
\usepackage[margin=25mm]{geometry}
\usepackage{amsmath,amssymb,array,booktabs,caption,graphicx,longtable,pdflscape}
\usepackage[hidelinks]{hyperref}
\captionsetup{singlelinecheck=false,labelfont=bf}
\title{%s}
\author{}
\date{%s}
"""


def tex(document: Document, folder: str = "figures") -> str:
    """The text of the article; figures are looked for in `folder`, as `tex_pictures` names them."""
    words = words_of(document.language)
    subtitle = escaped(document.subtitle)
    parts = [
        PREAMBLE % (BABEL[document.language], escaped(document.title), subtitle),
        r"\begin{document}",
        r"\maketitle",
    ]
    if document.synthetic:
        parts.append(rf"\noindent\fbox{{\parbox{{0.97\linewidth}}{{{escaped(words['synthetic'])}}}}}")
    figures = 0
    for block, number in numbered(document):
        figures += isinstance(block, Figure)
        parts.append(_block(block, number, f"{folder}/figure{figures}.pdf", document.language))
    if document.source:
        parts.append(rf"\bigskip\noindent{{\footnotesize {escaped(words['source'])}: {escaped(document.source)}}}")
    return "\n\n".join([*parts, r"\end{document}"]) + "\n"


def tex_pictures(document: Document) -> Iterator[tuple[str, bytes]]:
    """Name and contents of the file of each figure."""
    for place, figure in enumerate(document.figures, start=1):
        yield f"figure{place}.pdf", picture(figure.drawing, "pdf")


def _block(block: Block, number: str, file: str, language: str) -> str:
    words = words_of(language)
    if isinstance(block, Heading):
        return rf"\{SECTIONS[block.level]}{{{escaped(block.text)}}}"
    if isinstance(block, Paragraph):
        return _words(block)
    if isinstance(block, Bullets):
        kind = "enumerate" if block.ordered else "itemize"
        items = "\n".join(rf"  \item {_words(item)}" for item in block.paragraphs)
        return f"\\begin{{{kind}}}\n{items}\n\\end{{{kind}}}"
    if isinstance(block, Note):
        return f"\\begin{{quote}}\n{_words(block.paragraph)}\n\\end{{quote}}"
    if isinstance(block, Code):
        lines = "\\\\\n".join(rf"\mbox{{}}{escaped(line)}" for line in block.text.strip("\n").splitlines())
        return f"{{\\small\\ttfamily\\raggedright\\noindent\n{lines}\n\\par}}"
    if isinstance(block, Table):
        return table_text(block, numbered_caption=bool(number), words_note=words["note"])
    if isinstance(block, Figure):
        return _figure(block, file)
    if isinstance(block, PageBreak):
        return r"\clearpage"
    assert isinstance(block, Appendix)
    return f"\\clearpage\n\\appendix\n\\section*{{{escaped(block.title or words['appendix'])}}}"


def _words(paragraph: Paragraph) -> str:
    parts = []
    for run in paragraph.runs:
        text = escaped(run.text)
        text = rf"\textbf{{{text}}}" if run.strong else text
        text = rf"\emph{{{text}}}" if run.emphasis else text
        parts.append(rf"\href{{{_address(run.link)}}}{{{text}}}" if run.link else text)
    return "".join(parts)


def _address(link: str) -> str:
    for letter, code in (("%", r"\%"), ("#", r"\#"), ("\\", "%5C"), ("{", "%7B"), ("}", "%7D"), ("&", r"\&")):
        link = link.replace(letter, code)
    return link


def _figure(figure: Figure, file: str) -> str:
    width = r"\includegraphics[width=\linewidth,height=0.8\textheight,keepaspectratio]"
    caption = f"\n\\caption{{{escaped(figure.caption)}}}" if figure.caption else ""
    alternative = escaped(figure.words).replace("\n", " ")
    return f"\\begin{{figure}}[htbp]\n\\centering\n% {alternative}\n{width}{{{file}}}{caption}\n\\end{{figure}}"


def table_text(table: Table, *, numbered_caption: bool = True, words_note: str = "Note.") -> str:
    """One table for a paper: caption, tabular with booktabs rules, note."""
    long, wide = len(table.cells) > LONG, is_wide(table)
    made = _long(table, numbered_caption) if long else _floating(table, numbered_caption, words_note)
    if long and table.note:
        made += f"\n\n{_note(table, words_note)}"
    return f"\\begin{{landscape}}\n{made}\n\\end{{landscape}}" if wide else made


def _columns(table: Table) -> str:
    """r for numbers, l for short text, a paragraph of its share of the page for long text."""
    widths = column_widths(table)
    cells = list(zip(*table.cells, strict=True)) or [()] * len(widths)
    found = []
    for number, width, column in zip(table.numeric, widths, cells, strict=True):
        long = any(len(cell) > width for cell in column)
        share = min(0.55, width / max(sum(widths), 1))
        found.append("r" if number else rf">{{\raggedright\arraybackslash}}p{{{share:.2f}\linewidth}}" if long else "l")
    return "".join(found)


def _rows(table: Table) -> str:
    lines = []
    for place, row in enumerate(table.cells):
        cells = [rf"\textbf{{{escaped(cell)}}}" if place in table.emphasized else escaped(cell) for cell in row]
        lines.append(" & ".join(cells) + r" \\")
    return "\n".join(lines)


def _head(table: Table) -> str:
    return " & ".join(escaped(header) for header in table.headers) + r" \\"


def _floating(table: Table, counted: bool, words_note: str) -> str:
    caption = (f"\\caption{{{escaped(table.caption)}}}\n" if counted else f"{escaped(table.caption)}\n\n") * bool(
        table.caption
    )
    note = f"\n\n{_note(table, words_note)}" if table.note else ""
    parts = side_parts(table, SIDEWAYS, "", least=1.0) if is_wide(table) else [table]
    body = "\n\n\\bigskip\n".join(map(_tabular, parts))
    return f"\\begin{{table}}[htbp]\n\\small\n{caption}{body}{note}\n\\end{{table}}"


def _tabular(table: Table) -> str:
    rules = (r"\toprule", _head(table), r"\midrule", *([_rows(table)] if table.cells else []), r"\bottomrule")
    return "\n".join((f"\\begin{{tabular}}{{{_columns(table)}}}", *rules, r"\end{tabular}"))


def _long(table: Table, counted: bool) -> str:
    caption = rf"\caption{{{escaped(table.caption)}}} \\" if counted and table.caption else ""
    head = f"\\toprule\n{_head(table)}\n\\midrule"
    start = (
        f"{{\\small\n\\begin{{longtable}}{{{_columns(table)}}}\n{caption}\n{head}\n\\endfirsthead\n{head}\n\\endhead"
    )
    return f"{start}\n\\bottomrule\n\\endfoot\n{_rows(table)}\n\\end{{longtable}}}}"


def _note(table: Table, words_note: str) -> str:
    return rf"\par\smallskip{{\footnotesize \emph{{{escaped(words_note)}}} {escaped(table.note)}\par}}"
