"""The family around ISO 23592: standards to follow up, and their forerunners. The wording is our own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sexresearch.standard.catalogue import Catalogue


@dataclass(frozen=True)
class RelatedStandard:
    """A document of the same family; `role` is companion or forerunner.

    >>> family["ISO/TS 19387:2025"].title
    'maturity model'
    """

    key: str
    title: str
    role: Literal["companion", "forerunner"]
    description: str


family = Catalogue(
    (
        RelatedStandard(
            "ISO/TS 24082:2021", "designing excellent service", "companion", "How such service is designed."
        ),
        RelatedStandard(
            "ISO/TS 23686:2022",
            "measuring service excellence performance",
            "companion",
            "Eight guiding principles, a measurement system built on OKR, internal and external metrics.",
        ),
        RelatedStandard("ISO/TS 19387:2025", "maturity model", "companion", "How far an organization has come."),
        RelatedStandard("ISO/TS 19390:2025", "implementation", "companion", "How ISO 23592 is put to work."),
        RelatedStandard("ISO 11367:2025", "public services", "companion", "Service excellence in the public sector."),
        RelatedStandard(
            "CEN/TS 16880:2015",
            "European forerunner",
            "forerunner",
            "The European technical specification that came before.",
        ),
        RelatedStandard(
            "DIN SPEC 77224:2011",
            "German forerunner",
            "forerunner",
            "Has parts on measuring delight and on measuring profitability.",
        ),
    ),
    kind="related standard",
    by="key",
)
