"""The effect chain of ISO 23592:2021 (Figure 2): nodes and links. The wording is our own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sexresearch.standard.catalogue import Catalogue
from sexresearch.standard.modelling import Consequence, Rival, consequences, rivals

Role = Literal["chain", "route", "moderator", "parallel"]


@dataclass(frozen=True)
class ChainNode:
    """A concept of the effect chain, as a latent variable would stand for it.

    `role` is chain for the five concepts of Figure 2, route for the two ways to delight, moderator for
    surprise, parallel for the path by way of satisfaction. `levels` are the pyramid levels it rests on,
    `facets` the sides it is known by, `term` the clause that defines it (empty where clause 3 does not).

    >>> chain.nodes["loyalty"].facets
    ('remain', 'recommend', 'repurchase')
    """

    key: str
    title: str
    role: Role
    description: str
    levels: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    term: str = ""


@dataclass(frozen=True)
class ChainLink:
    """A directed link between two nodes; `contested` marks a link the literature disputes.

    >>> chain.links["delight -> loyalty"].contested
    True
    """

    source: str
    target: str
    role: Role
    description: str
    contested: bool = False

    @property
    def key(self) -> str:
        """Source and target as text: 'delight -> loyalty'."""
        return f"{self.source} -> {self.target}"


@dataclass(frozen=True)
class EffectChain:
    """The effect chain: nodes, links, their consequences for modelling, and rivals of the contested link.

    Examples
    --------
    >>> [node.key for node in chain.nodes if node.role == "chain"]
    ['excellence', 'experience', 'delight', 'loyalty', 'success']
    """

    nodes: Catalogue[ChainNode]
    links: Catalogue[ChainLink]
    consequences: Catalogue[Consequence]
    rivals: Catalogue[Rival]


NODES = (
    ChainNode(
        "excellence",
        "service excellence",
        "chain",
        "Capability of the organization: four dimensions, nine elements and their interplay.",
        term="3.1",
    ),
    ChainNode(
        "experience",
        "outstanding customer experience",
        "chain",
        "What individual and surprisingly excellent service provision gives the customer.",
        levels=("L3", "L4"),
        term="3.7",
    ),
    ChainNode(
        "valued",
        "feeling valued",
        "route",
        "First route to delight: being treated as someone who matters.",
        ("L3",),
    ),
    ChainNode(
        "exceeded",
        "expectations exceeded",
        "route",
        "Second route to delight: receiving more than was expected.",
    ),
    ChainNode("surprise", "surprise", "moderator", "Makes delight stronger, and is not delight itself.", ("L4",)),
    ChainNode(
        "delight",
        "customer delight",
        "chain",
        "Strong positive emotion that comes by feeling valued, by expectations exceeded, or by both.",
        facets=("valued", "exceeded"),
        term="3.5",
    ),
    ChainNode(
        "promise",
        "promises kept",
        "parallel",
        "Core service delivered and feedback dealt with.",
        ("L1", "L2"),
    ),
    ChainNode(
        "satisfaction",
        "satisfaction",
        "parallel",
        "Verdict that expectations were met; it runs beside delight.",
        levels=("L1", "L2"),
        term="3.9",
    ),
    ChainNode(
        "loyalty",
        "customer loyalty",
        "chain",
        "Customers remain, recommend and buy again.",
        facets=("remain", "recommend", "repurchase"),
    ),
    ChainNode(
        "success",
        "business success",
        "chain",
        "The benefits of clause 4, for the organization and its market.",
    ),
)

LINKS = (
    ChainLink("excellence", "experience", "chain", "The capability shows in individual and surprising provision."),
    ChainLink("experience", "delight", "chain", "Outstanding experiences delight customers."),
    ChainLink("delight", "loyalty", "chain", "Delighted customers are said to be loyal; rivals are compared.", True),
    ChainLink("loyalty", "success", "chain", "Loyal customers make the business succeed."),
    ChainLink("experience", "valued", "route", "The experience lets customers feel valued."),
    ChainLink("experience", "exceeded", "route", "The experience exceeds what customers expected."),
    ChainLink("valued", "delight", "route", "Feeling valued delights."),
    ChainLink("exceeded", "delight", "route", "Exceeded expectations delight."),
    ChainLink(
        "surprise",
        "delight",
        "moderator",
        "Surprise intensifies delight: an interaction, never an indicator.",
    ),
    ChainLink("promise", "satisfaction", "parallel", "Kept promises satisfy."),
    ChainLink("satisfaction", "loyalty", "parallel", "Satisfied customers may be loyal without being delighted."),
)

chain = EffectChain(
    Catalogue(NODES, kind="node of the effect chain", by="key"),
    Catalogue(LINKS, kind="link of the effect chain", by="key"),
    consequences,
    rivals,
)
