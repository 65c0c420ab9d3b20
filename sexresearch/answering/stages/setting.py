"""What all stages share: the survey, the choices, the labels, and what the caller set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sexresearch.answering.choosing import Choices
from sexresearch.answering.labels import Labels
from sexresearch.errors import DataError
from sexresearch.sem import Model
from sexresearch.standard.nodes import node_key
from sexresearch.survey import Construct, Instrument, Survey

NOTHING = "nothing_answered"  # a reason of the catalogues
MINIMUM = 2  # items that a construct needs to be judged


@dataclass(frozen=True, eq=False)
class Setting:
    """The survey as it is analysed, and how."""

    survey: Survey
    choices: Choices
    labels: Labels
    model: Model | None = None
    view: str | None = None
    cost: Mapping[str, float] | None = None
    bootstrap: int = 0
    seed: int = 1

    @property
    def instrument(self) -> Instrument:
        """The questionnaire."""
        return self.labels.instrument

    @cached_property
    def answered(self) -> Instrument:
        """The questionnaire without the items that everybody answered alike or nobody at all."""
        kept = []
        for part in self.instrument.constructs:
            items = tuple(item for item in part.items if item.name in self.choices.items)
            if items:
                kept.append(Construct(part.name, part.label, items, part.definition, part.node))
        if not kept:
            raise DataError(NOTHING)
        return Instrument(tuple(kept), self.instrument.fields, self.instrument.title)

    @property
    def judged(self) -> tuple[Construct, ...]:
        """The constructs with items enough to be judged."""
        return tuple(part for part in self.answered.constructs if len(part.items) >= MINIMUM)

    def label(self, name: object) -> str:
        """The label of a name."""
        return self.labels.of(name)


def measurement_text(parts: tuple[Construct, ...]) -> str:
    """Model text in which every construct is measured by its items, and all go together."""
    return "\n".join(f"{part.name} =~ {' + '.join(item.name for item in part.items)}" for part in parts)


def on_node(parts: tuple[Construct, ...], nodes: tuple[str, ...]) -> tuple[Construct, ...]:
    """The constructs that stand for one of the nodes."""
    return tuple(part for part in parts if part.node and node_key(part.node) in nodes)
