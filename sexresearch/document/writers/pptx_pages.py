"""Pages of slides: size, title, number, and how far they are filled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sexresearch.document.document_parts import Document
from sexresearch.document.text import clean
from sexresearch.document.writers_words import words_of

if TYPE_CHECKING:
    from pptx.presentation import Presentation as Slides

WIDTH, HEIGHT = 13.333, 7.5  # inches
EDGE = 0.6  # inches kept free at the sides
ACROSS = WIDTH - 2 * EDGE
TOP, BOTTOM = 1.55, 6.95  # inches between which a slide is filled
INK, GREY, ACCENT, WARN = "1F2933", "55606D", "005A8F", "B04600"
FONT = "Calibri"
TITLE_ONLY, TITLE_SLIDE, TITLE_AND_BODY = 5, 0, 1


class Page:
    """A slide, the height in inches from which on it is free, and the column that is being filled."""

    def __init__(self, slide: Any) -> None:
        self.slide = slide
        self.free = TOP
        self.edge, self.across = EDGE, ACROSS

    @classmethod
    def added(cls, slides: Slides, title: str, document: Document, *, only_text: bool) -> Page:
        """A new slide with its message, its number and the source in the speaker's notes."""
        slide = slides.slides.add_slide(slides.slide_layouts[TITLE_AND_BODY if only_text else TITLE_ONLY])
        slide.shapes.title.text = clean(title)
        _sized(slide.shapes.title, 28 if len(title) < 75 else 24 if len(title) < 130 else 19, bold=True)
        _numbered(slide, document.title)
        if document.source:
            slide.notes_slide.notes_text_frame.text = clean(document.source)
        return cls(slide)

    def box(self, height: float) -> Any:
        """A text box over the width of the column; what follows stands below it."""
        made = self.slide.shapes.add_textbox(*inches(self.edge, self.free, self.across, height))
        made.text_frame.word_wrap = True
        self.free += height
        return made.text_frame

    def column(self, edge: float, across: float) -> None:
        """Go on at the top of a column."""
        self.free, self.edge, self.across = TOP, edge, across

    @property
    def left(self) -> float:
        """Inches of height that are still free."""
        return BOTTOM - self.free


def inches(*lengths: float) -> tuple[Any, ...]:
    """Lengths in the unit of the format."""
    from pptx.util import Inches

    return tuple(Inches(length) for length in lengths)


def opened(slides: Slides, document: Document) -> Slides:
    """The empty file in 16:9 with its layouts fitted, and the slide with the title."""
    from datetime import datetime

    slides.slide_width, slides.slide_height = inches(WIDTH, HEIGHT)
    for layout in (slides.slide_master, *slides.slide_layouts):
        _fitted(layout)
    about = slides.core_properties
    about.title, about.author, about.language = clean(document.title)[:250], "", document.language
    about.created = about.modified = datetime(2000, 1, 1)
    first = slides.slides.add_slide(slides.slide_layouts[TITLE_SLIDE])
    first.shapes.title.text = clean(document.title)
    _sized(first.shapes.title, 36 if len(document.title) < 60 else 26, bold=True)
    synthetic = words_of(document.language)["synthetic"] if document.synthetic else ""
    lines = [line for line in (document.subtitle, synthetic) if line]
    first.placeholders[1].text_frame.text = clean("\n".join(lines))
    _sized(first.placeholders[1], 18, colour=GREY)
    if document.source:
        first.notes_slide.notes_text_frame.text = clean(document.source)
    return slides


def _fitted(layout: Any) -> None:
    """Placeholders of the template's narrow page on the wide one; titles flush left at the top."""
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN

    for shape in layout.placeholders:
        kind = shape.placeholder_format.type
        name = str(kind).split(".")[-1].split(" ")[0]
        if name == "TITLE" and layout.name not in ("Section Header", "Vertical Title and Text"):
            place = inches(EDGE, 0.35, ACROSS, 1.1)
            shape.text_frame.paragraphs[0].alignment = PP_ALIGN.LEFT
            shape.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
        elif name == "CENTER_TITLE":
            place = inches(EDGE, 2.0, ACROSS, 1.7)
        elif name == "SUBTITLE":
            place = inches(EDGE, 3.9, ACROSS, 2.2)
        elif name in ("OBJECT", "BODY") and layout.name in ("Title and Content", ""):
            place = inches(EDGE, TOP, ACROSS, BOTTOM - TOP)
        else:
            place = (int(shape.left * 4 / 3), shape.top, int(shape.width * 4 / 3), shape.height)
        shape.left, shape.top, shape.width, shape.height = place


def _sized(shape: Any, size: float, *, bold: bool = False, colour: str = INK) -> None:
    """Every run of a shape in the font of the slides."""
    from pptx.enum.text import PP_ALIGN

    for paragraph in shape.text_frame.paragraphs:
        paragraph.alignment = PP_ALIGN.LEFT
        for run in paragraph.runs:
            dressed(run, size, bold=bold, colour=colour)


def dressed(run: Any, size: float, *, bold: bool = False, italic: bool = False, colour: str = INK) -> None:
    """A run with its looks."""
    from pptx.dml.color import RGBColor
    from pptx.util import Pt

    run.font.name, run.font.size, run.font.bold, run.font.italic = FONT, Pt(size), bold, italic
    run.font.color.rgb = RGBColor.from_string(colour)


def _numbered(slide: Any, title: str) -> None:
    """The title of the document and the number of the slide, small, at the bottom."""
    from pptx.enum.text import PP_ALIGN
    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls

    made = slide.shapes.add_textbox(*inches(EDGE, 7.0, ACROSS, 0.35))
    paragraph = made.text_frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.RIGHT
    run = paragraph.add_run()
    run.text = f"{clean(title)[:90]}   "
    dressed(run, 10, colour=GREY)
    number = parse_xml(
        f'<a:fld {nsdecls("a")} id="{{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}}" type="slidenum">'
        f'<a:rPr lang="en-GB" sz="1000"/><a:t>‹#›</a:t></a:fld>'
    )
    paragraph._p.append(number)
