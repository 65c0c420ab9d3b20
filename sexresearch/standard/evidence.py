"""How the field measures and analyses the nodes of the effect chain, and the strengths it has published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sexresearch.standard.catalogue import Catalogue

Kind = Literal["scale", "indicator", "analysis", "design"]


@dataclass(frozen=True)
class Measure:
    """A way of the field to measure or analyse nodes of the effect chain.

    `kind` is scale (questionnaire), indicator (business figure), analysis or design. `nodes` are keys of
    chain nodes or pyramid levels, or clause numbers. `facets` are the parts it distinguishes, `reference`
    says who proposed it, where the field names someone.

    Examples
    --------
    >>> [measure.title for measure in measures if "L3" in measure.nodes]
    ['personal touch']
    """

    key: str
    title: str
    kind: Kind
    nodes: tuple[str, ...]
    facets: tuple[str, ...]
    reference: str
    description: str


@dataclass(frozen=True)
class Strength:
    """A published strength of a link between two nodes: `statistic` names what `size` is.

    Examples
    --------
    >>> [found.size for found in strengths if found.statistic == "mean r"]
    [0.101]
    """

    lhs: str
    op: Literal["~", "~~"]
    rhs: str
    statistic: str
    size: float
    sample: str
    reference: str


JOHNSTON = "Johnston (2004)"
INDEX = ("satisfaction", "loyalty")
LINKS = ("excellence", "delight", "loyalty")

measures = Catalogue(
    (
        Measure(
            "promise",
            "delivering the promise",
            "scale",
            ("L1",),
            (),
            JOHNSTON,
            "Does what was agreed happen?",
        ),
        Measure(
            "resolving",
            "resolving problems well",
            "scale",
            ("L2",),
            (),
            JOHNSTON,
            "Are problems put right well?",
        ),
        Measure("personal", "personal touch", "scale", ("L3",), (), JOHNSTON, "Is the customer met as a person?"),
        Measure(
            "extra_mile",
            "going the extra mile",
            "scale",
            ("L4",),
            (),
            JOHNSTON,
            "Is more done than expected?",
        ),
        Measure(
            "servor",
            "SERV*OR",
            "scale",
            ("excellence",),
            (),
            "Lytle, Hom & Mokwa (1998)",
            "Employees describe the service orientation of their organization on ten dimensions.",
        ),
        Measure(
            "uwes",
            "work engagement (UWES)",
            "scale",
            ("7.2.2", "3.15"),
            ("vigor", "dedication", "absorption"),
            "",
            "Employees describe how engaged they are at work.",
        ),
        Measure(
            "delight",
            "customer delight",
            "scale",
            ("delight",),
            (),
            "Oliver, Rust & Varki (1997); Torres, Zhang & Ronzoni (2020); Parasuraman et al. (2021)",
            "There is no agreed measure; the last of these sources distinguishes six properties.",
        ),
        Measure(
            "index_items",
            "customer satisfaction index",
            "scale",
            INDEX,
            ("satisfaction", "loyalty", "value"),
            "ECSI; ACSI",
            "Items answered from 1 to 10.",
        ),
        Measure(
            "indicators",
            "customer key performance indicators",
            "indicator",
            INDEX,
            ("NPS", "CSAT top-2-box", "CES", "churn"),
            "",
            "Figures that organizations already keep.",
        ),
        Measure(
            "ipma",
            "importance-performance map (IPMA)",
            "analysis",
            LINKS,
            ("importance", "performance", "necessity"),
            "with necessary conditions (cIPMA): Hauff et al. (2024)",
            "Shows what matters much and is done little, and what is indispensable.",
        ),
        Measure(
            "penalty_reward",
            "penalty-reward contrast",
            "analysis",
            ("satisfaction", "delight"),
            ("penalty", "reward"),
            "Brandt (1987)",
            "Separates what only disappoints when missing from what only pleases when present.",
        ),
        Measure(
            "tolerance",
            "zone of tolerance",
            "analysis",
            ("satisfaction", "exceeded"),
            ("adequate", "desired"),
            "",
            "Places what was received between what is acceptable and what is hoped for.",
        ),
        Measure(
            "multilevel",
            "employees and customers of the same units",
            "design",
            ("excellence", "loyalty"),
            (),
            "Salanova, Agut & Peiró (2005); Hogreve et al. (2017)",
            "Links employees' answers to customers' answers unit by unit.",
        ),
    ),
    kind="measure",
    by="key",
)

OTTO = "Otto, Szymanski & Varadarajan (2020)"
LOPES = "Lopes et al. (2024), doi 10.2478/ejthr-2024-0016"
HOTEL = "hotel study, n = 178"

strengths: tuple[Strength, ...] = (
    Strength("success", "~~", "satisfaction", "mean r", 0.101, "251 correlations, 96 studies", OTTO),
    Strength("loyalty", "~~", "delight", "latent r", 0.750, HOTEL, LOPES),
    Strength("loyalty", "~~", "satisfaction", "latent r", 0.879, HOTEL, LOPES),
    Strength("satisfaction", "~~", "delight", "latent r", 0.773, HOTEL, LOPES),
    Strength("loyalty", "~", "delight", "beta", 0.175, HOTEL, LOPES),
    Strength("loyalty", "~", "satisfaction", "beta", 0.744, HOTEL, LOPES),
    Strength("loyalty", "~", "delight", "f2", 0.057, HOTEL, LOPES),
    Strength("loyalty", "~", "satisfaction", "f2", 1.038, HOTEL, LOPES),
    Strength("loyalty", "~", "delight + satisfaction", "R2", 0.785, HOTEL, LOPES),
)
