"""The questionnaire as a printable sheet (.docx): batteries as tables with the scale as their head."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from sexresearch.extras import extra
from sexresearch.survey.fielding.questions import AnswerOption, Battery, batteries, field_choices, is_answered
from sexresearch.survey.parts import Construct, Field

BOX = "\u2610"
A4 = (210.0, 297.0)  # mm
MARGIN, ANSWERS = 18.0, 126.0  # mm: around the page; of the columns of boxes together at most
NARROWEST, LETTER, PADDING = 8.5, 1.45, 4.0  # mm: of a column; of a letter in a head, 6.5 points; around it
WORDS = {
    "en": (
        "Please mark one box in every line. There are no right or wrong answers; leave out what you cannot judge.",
        "About you",
        "Please write a number",
    ),
    "de": (
        "Bitte kreuzen Sie in jeder Zeile ein Kästchen an. Es gibt keine richtigen oder falschen Antworten; lassen Sie "
        "aus, was Sie nicht beurteilen können.",
        "Über Sie",
        "Bitte tragen Sie eine Zahl ein",
    ),
}


def word(title: str, constructs: Sequence[Construct], fields: Sequence[Field], language: str) -> bytes:
    """The sheet on A4: title, how to fill it in, numbered questions; reversed items look like the others."""
    with extra("reports"):
        import docx
        from docx.shared import Mm, Pt

    sheet, file = docx.Document(), io.BytesIO()
    page = sheet.sections[0]
    page.page_width, page.page_height = (Mm(side) for side in A4)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Mm(MARGIN)
    style = sheet.styles["Normal"]
    style.font.name, style.font.size = "Calibri", Pt(10)
    how, about, number = WORDS[language]
    sheet.add_heading(title or "Questionnaire", level=0)
    sheet.add_paragraph(how)
    place = 1
    for battery in batteries(constructs):
        if battery.choices:
            _table(sheet, battery, place)
        else:
            _numbers(sheet, battery, place, number)
        place += len(battery.items)
    questions = [field for field in fields if is_answered(field)]
    if questions:
        sheet.add_heading(about, level=2)
    for field in questions:
        _field(sheet, field)
    sheet.core_properties.title, sheet.core_properties.author = title, ""
    sheet.save(file)
    return file.getvalue()


def _table(sheet: Any, battery: Battery, place: int) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm

    choices = battery.choices
    table = sheet.add_table(rows=1, cols=1 + len(choices), style="Table Grid")
    table.autofit = False
    longest = max(len(word) for choice in choices for word in choice.words.split())
    width = min(ANSWERS / len(choices), max(NARROWEST, LETTER * longest + PADDING))
    widths = [A4[0] - 2 * MARGIN - width * len(choices), *[width] * len(choices)]
    for cell, choice in zip(table.rows[0].cells[1:], choices, strict=True):
        _write(cell, _head(choice, battery), small=True, align=WD_ALIGN_PARAGRAPH.CENTER)
    for number, item in enumerate(battery.items, start=place):
        row = table.add_row()
        _write(row.cells[0], f"{number}. {item.wording}")
        for cell in row.cells[1:]:
            _write(cell, BOX, align=WD_ALIGN_PARAGRAPH.CENTER)
    for column, millimetres in zip(table.columns, widths, strict=True):
        column.width = Mm(millimetres)
    for row in table.rows:
        _kept_together(row)
        for cell, millimetres in zip(row.cells, widths, strict=True):
            cell.width = Mm(millimetres)
    _repeated(table.rows[0])
    sheet.add_paragraph()


def _head(choice: AnswerOption, battery: Battery) -> str:
    if float(choice.code) in battery.scale.missing:
        return choice.words
    return choice.code if choice.words == choice.code else f"{choice.code}\n{choice.words}"


def _write(cell: Any, text: str, small: bool = False, align: Any = None) -> None:
    from docx.shared import Pt

    paragraph = cell.paragraphs[0]
    run = paragraph.add_run(text)
    run.bold = False
    run.font.size = Pt(6.5) if small else Pt(10)
    paragraph.alignment = align
    paragraph.paragraph_format.space_after = paragraph.paragraph_format.space_before = Pt(2)


def _kept_together(row: Any) -> None:
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _repeated(row: Any) -> None:
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _numbers(sheet: Any, battery: Battery, place: int, ask: str) -> None:
    scale = battery.scale
    for number, item in enumerate(battery.items, start=place):
        sheet.add_paragraph(f"{number}. {item.wording}")
        sheet.add_paragraph(f"{ask} ({scale.lowest:g}\u2013{scale.highest:g}): ____________")


def _field(sheet: Any, field: Field) -> None:
    label = field.label or field.name
    choices = field_choices(field)
    sheet.add_paragraph(f"{label}: ____________________" if not choices else label)
    if choices:
        sheet.add_paragraph("    ".join(f"{BOX} {choice.words}" for choice in choices))
