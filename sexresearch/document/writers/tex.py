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
from sexresearch.document.layout import sideways
from sexresearch.document.numbering import numbered
from sexresearch.document.pictures import picture
from sexresearch.document.tables import Table
from sexresearch.document.writers.tex_escaping import escaped
from sexresearch.document.writers.tex_room import kept_lines
from sexresearch.document.writers.tex_tables import table_text
from sexresearch.document.writers_words import words_of

SECTIONS = {1: "section", 2: "subsection", 3: "subsubsection"}
LANDSCAPE = "\\begin{landscape}\n\\setlength{\\LTcapwidth}{\\linewidth}"  # for captions of long tables
TIGHT = r"  \setlength{\itemsep}{2pt}\setlength{\parskip}{0pt}\setlength{\parsep}{0pt}"
BABEL = {"en": "english", "de": "ngerman"}
PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage{iftex}
\ifPDFTeX
  \usepackage[utf8]{inputenc}
  \usepackage[T1]{fontenc}
  \usepackage{textcomp}
  \IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\else
  \usepackage{fontspec}
\fi
\usepackage[%s]{babel}
\usepackage[margin=25mm]{geometry}
\usepackage{amsmath,amssymb,array,booktabs,caption,graphicx,longtable,pdflscape}
\usepackage[hidelinks]{hyperref}
\usepackage[section]{placeins}
\captionsetup{singlelinecheck=false,labelfont=bf,hypcap=false}
\setlength{\LTleft}{0pt}
\setlength{\LTcapwidth}{\linewidth}
\setlength{\emergencystretch}{3em}
\newcommand{\room}[1]{\par\begingroup\dimen0=\pagegoal\advance\dimen0 by-\pagetotal
  \ifdim#1>\dimen0\vfil\break\fi\endgroup}
\hypersetup{pdftitle={%s}}
"""
TITLE = r"\begin{center}{\LARGE %s\par}\medskip{\large %s\par}\end{center}"


def tex(document: Document, folder: str = "figures") -> str:
    """The text of the article; figures are looked for in `folder`, as `tex_pictures` names them."""
    words = words_of(document.language)
    title = escaped(document.title)
    parts = [
        PREAMBLE % (BABEL[document.language], title),
        r"\begin{document}",
        TITLE % (title, escaped(document.subtitle)),
    ]
    if document.synthetic:
        parts.append(rf"\noindent\fbox{{\parbox{{0.97\linewidth}}{{{escaped(words['synthetic'])}}}}}")
    figures, lying = 0, False
    for place, ((block, number), turned) in enumerate(zip(numbered(document), sideways(document.blocks), strict=True)):
        if turned != lying:
            parts.append(LANDSCAPE if turned else r"\end{landscape}")
            lying = turned
        figures += isinstance(block, Figure)
        file = f"{folder}/figure{figures}.pdf"
        if isinstance(block, Heading) and not isinstance(document.blocks[place - 1] if place else None, Heading):
            parts.append(rf"\room{{{kept_lines(document.blocks, place, turned=turned)}\baselineskip}}")
        parts.append(_block(block, number, file, document.language, turned=turned))
        parts += [_source(document)] if isinstance(block, Appendix) else []
    if lying:
        parts.append(r"\end{landscape}")
    if not any(isinstance(block, Appendix) for block in document.blocks):
        parts.append(_source(document))
    return "\n\n".join([*parts, r"\end{document}"]) + "\n"


def _source(document: Document) -> str:
    """How the numbers came about: where the appendix begins, or at the end where there is none."""
    text = f"{words_of(document.language)['source']}: {document.source}"
    return rf"\noindent{{\footnotesize {escaped(text)}\par}}" if document.source else ""


def tex_pictures(document: Document) -> Iterator[tuple[str, bytes]]:
    """Name and contents of the file of each figure."""
    for place, figure in enumerate(document.figures, start=1):
        yield f"figure{place}.pdf", picture(figure.drawing, "pdf")


def _block(block: Block, number: str, file: str, language: str, *, turned: bool) -> str:
    words = words_of(language)
    if isinstance(block, Heading):
        return rf"\{SECTIONS[block.level]}{{{escaped(block.text)}}}"
    if isinstance(block, Paragraph):
        return _words(block)
    if isinstance(block, Bullets):
        kind = "enumerate" if block.ordered else "itemize"
        items = "\n".join(rf"  \item {_words(item)}" for item in block.paragraphs)
        return f"\\begin{{{kind}}}\n{TIGHT}\n{items}\n\\end{{{kind}}}"
    if isinstance(block, Note):
        return f"\\begin{{quote}}\n{_words(block.paragraph)}\n\\end{{quote}}"
    if isinstance(block, Code):
        lines = "\\\\\n".join(rf"\mbox{{}}{escaped(line)}" for line in block.text.strip("\n").splitlines())
        return f"{{\\small\\ttfamily\\raggedright\\noindent\n{lines}\n\\par}}"
    if isinstance(block, Table):
        return table_text(block, words, counted=bool(number), turned=turned)
    if isinstance(block, Figure):
        return _figure(block, file)
    if isinstance(block, PageBreak):
        return r"\clearpage"
    assert isinstance(block, Appendix)
    return f"\\clearpage\n\\appendix\n\\section{{{escaped(block.title or words['appendix'])}}}"


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
    return f"\\begin{{figure}}[!htb]\n\\centering\n% {alternative}\n{width}{{{file}}}{caption}\n\\end{{figure}}"
