"""What of the standard a questionnaire asks about: every part of the model, and by which constructs and items."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from sexresearch.standard import benefits, chain, elements, pyramid, sub_elements
from sexresearch.standard.catalogue import plain
from sexresearch.standard.nodes import node_key
from sexresearch.survey.parts import Construct, Item

# What stands for a node where nothing asks for it as such, by the rules of `chain_model`: all of one of the sets.
STANDS_FOR = {
    "experience": (("L3", "L4"),),
    "delight": (("valued", "exceeded"),),
    "promise": (("L1",), ("L2",)),
}
ItemsByPart = dict[str, list[tuple[Construct, Item]]]


def coverage_frame(constructs: tuple[Construct, ...]) -> pd.DataFrame:
    """One row per part of the model: measured or not, by what, and who answers."""
    items = _items_by_part(constructs)
    rows = list(_parts(items))
    return pd.DataFrame(
        {
            "part": [part for part, *_ in rows],
            "clause": [clause for _, clause, *_ in rows],
            "title": [title for _, _, title, _ in rows],
            "measured": [bool(pairs) for *_, pairs in rows],
            "by": [_joined(construct.name for construct, _ in pairs) for *_, pairs in rows],
            "item_names": [_joined(item.name for _, item in pairs) for *_, pairs in rows],
            "respondents": [_joined(item.respondent for _, item in pairs if item.respondent) for *_, pairs in rows],
        }
    )


def _items_by_part(constructs: tuple[Construct, ...]) -> ItemsByPart:
    """Construct and item by the part of the model that they ask about, as look-ups compare it."""
    by_clause: ItemsByPart = {}
    for construct in constructs:
        for item in construct.items:
            place = node_key(construct.node) if construct.node else ""
            for clause in dict.fromkeys(plain(name) for name in (place, item.clause) if name):
                by_clause.setdefault(clause, []).append((construct, item))
    return by_clause


def _parts(items: ItemsByPart) -> Iterator[tuple[str, str, str, list[tuple[Construct, Item]]]]:
    for node in chain.nodes:
        yield "effect chain", node.key, node.title, _of_node(node.key, items)
    for level in pyramid:
        yield "pyramid", level.key, level.title, items.get(plain(level.key), [])
    for element in elements:
        of_parts = [pair for part in element.sub_elements for pair in items.get(plain(part.clause), [])]
        own = items.get(plain(element.clause), [])
        title = element.title + (" (provisional)" if element.status == "provisional" else "")
        yield "element", element.clause, title, own + of_parts
    for part in sub_elements:
        yield "sub-element", part.clause, part.title, items.get(plain(part.clause), [])
    for benefit in benefits:
        key = f"4 {benefit.key}"
        yield "benefit", key, benefit.title, items.get(plain(key), [])


def _of_node(key: str, items: ItemsByPart) -> list[tuple[Construct, Item]]:
    own = items.get(key, [])
    if own:
        return own
    clauses = [part.clause for part in (*elements, *sub_elements)]
    of_elements = [pair for clause in clauses for pair in items.get(plain(clause), [])]
    if key == "excellence":
        return of_elements or [pair for level in pyramid for pair in items.get(plain(level.key), [])]
    if key == "experience" and not of_elements:
        return []  # then levels 3 and 4 are parts of excellence
    for places in STANDS_FOR.get(key, ()):
        if all(plain(place) in items for place in places):
            return [pair for place in places for pair in items[plain(place)]]
    return []


def _joined(names: Iterator[str]) -> str | None:
    return "; ".join(dict.fromkeys(names)) or None
