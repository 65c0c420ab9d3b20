"""A chain made of the questionnaire's own topics, where it measures too little of the standard's chain for a view."""

from __future__ import annotations

from sexresearch.answering.stages.setting import MINIMUM, Setting, on_node
from sexresearch.sem import Model
from sexresearch.sem.view import written
from sexresearch.standard.nodes import node_key
from sexresearch.survey import Construct

TOPICS = "topics"
BETWEEN = ("experience", "delight", "satisfaction")  # what topics lead to first, the first of these that was asked
ENDS = (*BETWEEN, "valued", "exceeded", "loyalty", "success")


def topics_model(setting: Setting) -> Model | None:
    """All topics lead to the experience (or delight, satisfaction), and that to the target; None where none do."""
    parts, target = setting.answered.constructs, setting.choices.target
    causes = [part for part in parts if not part.node or node_key(part.node) not in ENDS]
    if not target or not causes:
        return None
    between = [part for node in BETWEEN for part in on_node(parts, (node,)) if part.name != target][:1]
    end = setting.answered.construct(target)
    names = " + ".join(written(part.name) for part in causes)
    first = between[0].name if between else target
    links = [f"{written(first)} ~ {names}", *([f"{written(target)} ~ {written(first)}"] if between else [])]
    return Model("\n".join([*map(_measured, (*causes, *between, end)), *links]))


def _measured(part: Construct) -> str:
    """The construct by its items; one of a single item is that item, without error of its own."""
    items = " + ".join(written(item.name) for item in part.items)
    if len(part.items) >= MINIMUM:
        return f"{written(part.name)} =~ {items}"
    return f"{written(part.name)} =~ 1*{items}\n{items} ~~ 0*{items}"
