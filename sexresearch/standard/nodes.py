"""Places in the model of the standard that a construct can have: nodes, levels, dimensions, elements, sub-elements."""

from __future__ import annotations

from sexresearch.standard.catalogue import near, nearest, plain
from sexresearch.standard.effect_chain import chain
from sexresearch.standard.effect_model import dimensions, elements, sub_elements
from sexresearch.standard.foundations import pyramid

KNOWN = (
    [(chain.nodes, node.key) for node in chain.nodes]
    + [(pyramid, level.key) for level in pyramid]
    + [(elements, element.clause) for element in elements]
    + [(sub_elements, part.clause) for part in sub_elements]
    + [(dimensions, dimension.clause) for dimension in dimensions]
)


def node_key(node: str) -> str:
    """The identifier of a place in the model, given by identifier or title; empty where there is no such place.

    >>> node_key("customer_delight"), node_key("L1"), node_key("7.2.1"), node_key("7.1.2 a)"), node_key("weather")
    ('delight', 'L1', '7.2.1', '7.1.2 a', '')
    """
    wanted = node.replace("_", " ")
    return next((key for catalogue, key in KNOWN if wanted in catalogue and catalogue[wanted] == catalogue[key]), "")


def near_nodes(node: str) -> str:
    """The end of an error text on an unknown place: those nearest to it, or what kinds of places there are.

    >>> near_nodes("delihgt")
    'near matches: delight'
    """
    otherwise = (*chain.nodes.identifiers, "L1 to L4", "clauses such as 7.2.1")
    return near(node.replace("_", " "), _places(), otherwise)


def nearest_node(node: str) -> str:
    """The identifier of the place nearest to an unknown one; empty where none is near.

    >>> nearest_node("delihgt"), nearest_node("weather forecast")
    ('delight', '')
    """
    return next(iter(nearest(node.replace("_", " "), _places())), "")


def _places() -> dict[str, str]:
    """Identifiers by what a look-up compares: identifiers and titles."""
    names = {plain(key): key for _, key in KNOWN}
    return names | {plain(catalogue[key].title): key for catalogue, key in KNOWN}
