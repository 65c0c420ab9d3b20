"""What the effect chain means for a structural equation model, and the rival views of its contested link."""

from __future__ import annotations

from dataclasses import dataclass

from sexresearch.standard.catalogue import Catalogue


@dataclass(frozen=True)
class Consequence:
    """What the wording of the standard means for the model that is fitted; `nodes` are the nodes concerned.

    >>> consequences["moderator"].nodes
    ('surprise', 'delight')
    """

    key: str
    title: str
    nodes: tuple[str, ...]
    description: str


@dataclass(frozen=True)
class Rival:
    """A rival view of the link from delight to loyalty, to be fitted and compared.

    >>> rivals["satisfaction_enough"].title
    'satisfaction is enough'
    """

    key: str
    title: str
    description: str


consequences = Catalogue(
    (
        Consequence(
            "routes",
            "delight has two routes",
            ("valued", "exceeded", "delight"),
            "Measure feeling valued and expectations exceeded apart, and let each lead to delight.",
        ),
        Consequence(
            "moderator",
            "surprise moderates",
            ("surprise", "delight"),
            "Enter surprise as a moderator of delight, not as one of its indicators.",
        ),
        Consequence(
            "parallel",
            "satisfaction runs in parallel",
            ("promise", "satisfaction", "loyalty"),
            "Keep a path from levels 1 and 2 over satisfaction beside the path over delight.",
        ),
        Consequence(
            "capability",
            "excellence is of higher order",
            ("excellence",),
            "Model elements and their interplay as one construct; compare second-order and composite.",
        ),
        Consequence(
            "contested",
            "delight to loyalty is contested",
            ("delight", "satisfaction", "loyalty"),
            "Fit the rival views of this link and compare them; do not assume it.",
        ),
    ),
    kind="modelling consequence",
    by="key",
)

rivals = Catalogue(
    (
        Rival("threshold", "threshold", "Delight works only above a certain level."),
        Rival("saturation", "saturation", "More delight adds less and less loyalty."),
        Rival("no_effect", "no effect", "Delight leaves loyalty as it is."),
        Rival("satisfaction_enough", "satisfaction is enough", "Satisfaction alone carries loyalty."),
    ),
    kind="rival view",
    by="key",
)
