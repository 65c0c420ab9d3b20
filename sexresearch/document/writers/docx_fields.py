"""What Word computes itself: page numbers, numbers of captions, links."""

from __future__ import annotations

from typing import Any


def _element(name: str) -> Any:
    from docx.oxml import OxmlElement

    return OxmlElement(name)


def field(paragraph: Any, code: str, shown: str) -> None:
    """A field such as PAGE; `shown` stands there until Word has computed it."""
    from docx.oxml.ns import qn

    made = _element("w:fldSimple")
    made.set(qn("w:instr"), f" {code} ")
    run, text = _element("w:r"), _element("w:t")
    text.text = shown
    run.append(text)
    made.append(run)
    paragraph._p.append(made)


def captioned(paragraph: Any, number: str, caption: str, *, again: bool = False) -> None:
    """ "Table 2. Caption", whose number Word counts on when tables are added; `again` for a part of the same table."""
    kind, _, count = number.rpartition(" ")
    if again and number:
        paragraph.add_run(f"{number}. ")
    elif number:
        paragraph.add_run(f"{kind} ")
        field(paragraph, f"SEQ {kind} \\* ARABIC", count)
        paragraph.add_run(". ")
    paragraph.add_run(caption)


def hyperlink(paragraph: Any, text: str, address: str) -> None:
    """A run that leads to an address."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml.ns import qn

    made = _element("w:hyperlink")
    made.set(qn("r:id"), paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    run = paragraph.add_run(text)
    run.font.underline = True
    made.append(run._r)
    paragraph._p.append(made)
