"""The styles of documents for Word; everything looks as its style says, so that it can be changed in one place."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sexresearch.document.document_parts import Document
from sexresearch.document.text import clean

if TYPE_CHECKING:
    from docx.document import Document as Word

A4 = (8.27, 11.69)  # inches
MARGIN, ENDS = 0.8, 0.7  # inches at the sides, above and below
INK, GREY, ACCENT, WARN = "1F2933", "55606D", "005A8F", "B04600"
LANGUAGES = {"en": "en-GB", "de": "de-DE"}
SIZES = {"Title": 18, "Subtitle": 10, "Heading 1": 14, "Heading 2": 12, "Heading 3": 11, "Caption": 9}
ABOVE = {"Heading 1": 14, "Heading 2": 10, "Heading 3": 8, "List Bullet": 0}  # points
BELOW = {"Title": 4, "Subtitle": 4, "Heading 1": 4, "Heading 2": 3, "Caption": 4, "List Bullet": 2}


def styled(word: Word, document: Document) -> Word:
    """The empty file with page, fonts, language and the styles of the blocks."""
    from docx.shared import Inches

    section = word.sections[0]
    section.page_width, section.page_height = Inches(A4[0]), Inches(A4[1])
    for side in ("left", "right"):
        setattr(section, f"{side}_margin", Inches(MARGIN))
    for side in ("top", "bottom"):
        setattr(section, f"{side}_margin", Inches(ENDS))
    section.header_distance = section.footer_distance = Inches(ENDS / 2)
    _properties(word, document)
    _font(word.styles["Normal"], 10)
    word.styles["Normal"].paragraph_format.space_after = _points(4)
    word.styles["Normal"].paragraph_format.line_spacing = 1.05
    for name, size in SIZES.items():
        _font(word.styles[name], size, colour=GREY if name == "Subtitle" else INK)
        word.styles[name].paragraph_format.keep_with_next = True
    for name, gap in ABOVE.items():
        word.styles[name].paragraph_format.space_before = _points(gap)
    for name, gap in BELOW.items():
        word.styles[name].paragraph_format.space_after = _points(gap)
    word.styles["Subtitle"].font.italic = False
    _no_gaps(word.styles["Subtitle"])
    _no_rule(word.styles["Title"])
    _own_styles(word)
    _language(word, LANGUAGES[document.language])
    return word


def _properties(word: Word, document: Document) -> None:
    about = word.core_properties
    about.title, about.comments, about.author = clean(document.title)[:250], clean(document.source)[:250], ""
    about.created = about.modified = datetime(2000, 1, 1)
    about.language = document.language


def _points(size: float) -> Any:
    from docx.shared import Pt

    return Pt(size)


def _font(style: Any, size: float, colour: str = INK) -> None:
    from docx.oxml.ns import qn
    from docx.shared import RGBColor

    style.font.name, style.font.size, style.font.color.rgb = "Calibri", _points(size), RGBColor.from_string(colour)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):  # the theme would win
        fonts.attrib.pop(qn(f"w:{name}"), None)
    fonts.set(qn("w:cs"), "Calibri")


def _own_styles(word: Word) -> None:
    """Callout, Warning, Verdict, Code, Table Text, Table Head, Table Note."""
    for name, fill, edge in (
        ("Callout", "E9F3FA", ACCENT),
        ("Warning", "FDF1E8", WARN),
        ("Verdict", "E9F3FA", ACCENT),
    ):
        style = _added(word, name)
        _boxed(style, fill, edge)
        style.paragraph_format.space_before, style.paragraph_format.space_after = _points(4), _points(6)
        style.font.size = _points(11 if name == "Verdict" else 9.5)
    code = _added(word, "Code")
    code.font.name, code.font.size = "Consolas", _points(9)
    for name, size in (("Table Text", 8.5), ("Table Head", 8.5), ("Table Note", 8.5)):
        style = _added(word, name)
        style.font.size = _points(size)
        style.paragraph_format.space_before = _points(1.5)
        style.paragraph_format.space_after = _points(1.5 if name != "Table Note" else 12)
    word.styles["Table Head"].font.bold = True


def _added(word: Word, name: str) -> Any:
    from docx.enum.style import WD_STYLE_TYPE

    style = word.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = word.styles["Normal"]
    style.quick_style = True
    return style


def _boxed(style: Any, fill: str, edge: str) -> None:
    """A tinted background and a coloured line on the left."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    properties = style.element.get_or_add_pPr()
    line = f'<w:left w:val="single" w:sz="24" w:space="6" w:color="{edge}"/>'
    properties.append(parse_xml(f"<w:pBdr {nsdecls('w')}>{line}</w:pBdr>"))
    properties.append(parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:fill="{fill}"/>'))


def _no_rule(style: Any) -> None:
    """The template's line under the title away."""
    from docx.oxml.ns import qn

    for border in style.element.pPr.findall(qn("w:pBdr")):
        style.element.pPr.remove(border)


def _no_gaps(style: Any) -> None:
    """The template's gaps between letters away."""
    from docx.oxml.ns import qn

    for gaps in style.element.rPr.findall(qn("w:spacing")):
        style.element.rPr.remove(gaps)


def _language(word: Word, code: str) -> None:
    """The language in which Word checks spelling and hyphenates."""
    from docx.oxml.ns import qn

    for element in word.styles.element.iter(qn("w:lang")):
        element.set(qn("w:val"), code)
