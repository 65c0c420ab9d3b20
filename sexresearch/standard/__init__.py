"""What ISO 23592:2021 and ISO/TR 7179:2023 say, as data: headings are facts, wording is our own."""

from sexresearch.deprecation import renamed_value
from sexresearch.standard.catalogue import Catalogue, Clause
from sexresearch.standard.clauses import clause
from sexresearch.standard.effect_chain import ChainLink, ChainNode, EffectChain, chain
from sexresearch.standard.effect_model import (
    Dimension,
    Element,
    Practice,
    SubElement,
    dimensions,
    elements,
    practices,
    sub_elements,
)
from sexresearch.standard.evidence import Measure, Strength, measures, strengths
from sexresearch.standard.foundations import (
    Benefit,
    DefinedTerm,
    Principle,
    PyramidLevel,
    benefits,
    principles,
    pyramid,
    terms,
)
from sexresearch.standard.frames import as_frame
from sexresearch.standard.modelling import Consequence, Rival
from sexresearch.standard.related import RelatedStandard, family

__all__ = [
    "Benefit",
    "Catalogue",
    "ChainLink",
    "ChainNode",
    "Clause",
    "Consequence",
    "DefinedTerm",
    "Dimension",
    "EffectChain",
    "Element",
    "Measure",
    "Practice",
    "Principle",
    "PyramidLevel",
    "RelatedStandard",
    "Rival",
    "Strength",
    "SubElement",
    "as_frame",
    "benefits",
    "chain",
    "clause",
    "dimensions",
    "elements",
    "family",
    "measures",
    "practices",
    "principles",
    "pyramid",
    "strengths",
    "sub_elements",
    "terms",
]


def __getattr__(name: str) -> object:
    """The value of an old name."""
    return renamed_value(__name__, name, {"Term": ("DefinedTerm", DefinedTerm)}, until="0.3")
