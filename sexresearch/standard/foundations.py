"""ISO 23592:2021, clauses 3 to 5: terms, pyramid, benefits and principles. The wording is our own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sexresearch.standard.catalogue import Catalogue, Clause


@dataclass(frozen=True)
class Principle(Clause):
    """One of the seven principles of clause 5, by its letter.

    >>> principles["5 c"].title
    'people make the difference'
    """


@dataclass(frozen=True)
class DefinedTerm(Clause):
    """One of the fifteen terms of clause 3.

    >>> terms["customer delight"].clause
    '3.5'
    """


@dataclass(frozen=True)
class PyramidLevel:
    """A level of the service excellence pyramid (Figure 1): what is provided, how it feels, where it leads.

    `feeling` is what the customer experiences; `outcome` is the node of the effect chain the level leads to.

    >>> pyramid["L3"].feeling, pyramid["L3"].outcome
    ('feeling valued', 'delight')
    """

    key: str
    title: str
    feeling: str
    outcome: Literal["satisfaction", "delight"]
    bond: str
    description: str


@dataclass(frozen=True)
class Benefit:
    """A benefit of service excellence on the side of business success (clause 4).

    >>> benefits["employer brand"].key
    'employer_brand'
    """

    key: str
    title: str
    description: str


terms = Catalogue(
    (
        DefinedTerm(
            "3.1",
            "service excellence",
            "The abilities by which an organization keeps bringing about delight.",
        ),
        DefinedTerm("3.2", "excellent service", "Service so personal or so surprising that the experience stands out."),
        DefinedTerm("3.3", "co-creation", "Customers, employees and partners shaping a service together."),
        DefinedTerm("3.4", "customer", "Whoever is served, or could be: one person or a whole organization."),
        DefinedTerm(
            "3.5",
            "customer delight",
            "Strong positive emotion from feeling valued or expectations exceeded; surprise intensifies it.",
        ),
        DefinedTerm("3.6", "customer experience", "How dealing with an organization appears to the customer."),
        DefinedTerm(
            "3.7",
            "outstanding customer experience",
            "An experience clearly above what customers are used to.",
        ),
        DefinedTerm("3.8", "customer journey", "The path of contacts as the customer lives it, from first to last."),
        DefinedTerm("3.9", "satisfaction", "The customer's verdict on how far expectations were met."),
        DefinedTerm("3.10", "service", "What is provided in an exchange between provider and customer."),
        DefinedTerm("3.11", "service provision", "All that is done so that a service reaches the customer."),
        DefinedTerm("3.12", "vision", "The future the leaders want for the organization."),
        DefinedTerm("3.13", "mission", "The reason the organization exists, and for whom."),
        DefinedTerm("3.14", "strategy", "The chosen way towards the long-term goals."),
        DefinedTerm("3.15", "employee engagement", "Commitment, enthusiasm, and effort given beyond what is required."),
    ),
    kind="term",
    by="clause",
)

PROMISE, BOND = "promises kept", "emotional bond"

pyramid = Catalogue(
    (
        PyramidLevel(
            "L1",
            "core service proposition",
            "promises kept",
            "satisfaction",
            PROMISE,
            "The service that was promised is delivered.",
        ),
        PyramidLevel(
            "L2",
            "customer feedback management",
            "promises kept",
            "satisfaction",
            PROMISE,
            "Complaints and other feedback are dealt with and used.",
        ),
        PyramidLevel(
            "L3",
            "individual excellent service provision",
            "feeling valued",
            "delight",
            BOND,
            "The customer is served warmly and as a person.",
        ),
        PyramidLevel(
            "L4",
            "surprisingly excellent service provision",
            "surprise and joy",
            "delight",
            BOND,
            "The customer receives something wonderful that was not expected.",
        ),
    ),
    kind="pyramid level",
    by="key",
)

benefits = Catalogue(
    (
        Benefit(
            "differentiation",
            "competitive differentiation",
            "Customers can tell the organization from its rivals.",
        ),
        Benefit("reputation", "reputation for customer centricity", "It is known for putting customers first."),
        Benefit("preference", "customer preference", "Customers choose it where they have a choice."),
        Benefit(
            "relationships",
            "long-term relationships",
            "Customers remain, recommend and buy again, and fewer of them leave.",
        ),
        Benefit(
            "cost_saving",
            "long-term cost saving",
            "Fewer failures and less customer turnover cost less over time.",
        ),
        Benefit("employer_brand", "employer brand", "Good people want to work there."),
        Benefit("co_operation", "customer co-operation and engagement", "Customers take part and lend a hand."),
        Benefit("brand_strength", "brand strength", "The brand means more to more people."),
        Benefit(
            "subcontractors",
            "managing subcontractor networks",
            "Partners can be steered towards shared standards.",
        ),
        Benefit("efficiency", "company efficiency", "Work that does not help the customer is found and dropped."),
        Benefit("agility", "agility", "The organization responds faster to change."),
    ),
    kind="benefit",
    by="key",
)

principles = Catalogue(
    (
        Principle("5 a", "outside-in management", "Decisions start from the customer's point of view."),
        Principle("5 b", "deepening customer relationships", "Relationships are built to grow closer over time."),
        Principle("5 c", "people make the difference", "Engaged people are what makes a service excellent."),
        Principle(
            "5 d",
            "balanced attention to all stakeholders",
            "Customers, employees, subcontractors and other stakeholders all get their due.",
        ),
        Principle("5 e", "cross-functional management", "Departments work as one for the customer."),
        Principle("5 f", "leveraging technology", "Technology is used where it improves the experience."),
        Principle("5 g", "value for stakeholders", "Excellence pays off for everyone who has a stake in it."),
    ),
    kind="principle",
    by="clause",
)
