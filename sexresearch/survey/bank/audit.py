"""The self-assessment of an organization: how far each practice and recommendation the standard lists is in place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sexresearch.standard import SubElement, elements
from sexresearch.standard.effect_model import Element
from sexresearch.survey.bank.content import bank, bank_scales, words
from sexresearch.survey.parts import Construct, Item, ResponseScale

SOURCE = "ISO 23592:2021"


def audit_constructs(language: str) -> tuple[Construct, ...]:
    """One construct for each element: its listed practices and recommendations, and its maturity as a whole.

    The standard's own sentences are not ours to print: an item names the place in its lists, to be read in your copy.

    >>> found = audit_constructs("en")
    >>> sum(item.name.startswith("practice") for part in found for item in part.items)
    97
    """
    scale, texts = bank_scales(language)["maturity5"], words(language)["audit"]
    titles = {part.construct.node: part.construct.label for part in bank(language)}
    return tuple(_construct(element, titles, texts, scale) for element in elements)


def _construct(
    element: Element, titles: Mapping[str, str], texts: Mapping[str, Any], scale: ResponseScale
) -> Construct:
    name = element.clause.replace(".", "_")
    title = texts["elements"][element.clause]
    points = [item for part in element.sub_elements for item in _points(part, titles[part.clause], texts, scale)]
    whole = texts["maturity"].format(title=title, clause=element.clause)
    maturity = Item(f"maturity_{name}", whole, scale, clause=element.clause, respondent="manager")
    return Construct(f"audit_{name}", title, (*points, maturity), texts["definition"], element.clause)


def _points(part: SubElement, title: str, texts: Mapping[str, Any], scale: ResponseScale) -> Iterator[Item]:
    place = part.clause.replace(".", "_").replace(" ", "_")
    for kind, count in (("practice", part.practice_count), ("recommendation", part.should_count)):
        for number in range(1, (count or 0) + 1):
            wording = texts[kind].format(title=title, number=number, count=count, clause=part.clause)
            name = f"{kind}_{place}_{number}"
            yield Item(name, wording, scale, clause=part.clause, respondent="manager", source=SOURCE)
