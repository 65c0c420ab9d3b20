"""What an answer cannot say, in words."""

from __future__ import annotations

from collections.abc import Mapping

from sexresearch.answering.facts import AnswerPart, Fact
from sexresearch.answering.grounds import judged_fit
from sexresearch.answering.stages.directing import directed
from sexresearch.answering.stages.setting import Setting
from sexresearch.sem import Results
from sexresearch.standard.nodes import node_key

DELIGHT = ("delight", "valued", "exceeded")


def limits_part(setting: Setting, material: Mapping[str, object]) -> AnswerPart:
    """The limits of this answer: those of every survey, and those of this one."""
    facts = [Fact("limit_causes", first=True), Fact("limit_silent"), Fact("limit_method")]
    if setting.survey.synthetic:
        facts.insert(0, Fact("limit_synthetic"))
    parts = setting.answered.constructs if setting.choices.items else ()
    nodes = {node_key(part.node) for part in parts if part.node}
    if "success" not in nodes:
        facts.append(Fact("limit_success"))
    if not nodes & set(DELIGHT):
        facts.append(Fact("limit_delight"))
    if setting.choices.fitting.ordered:
        facts.append(Fact("limit_ordered"))
    results = material.get("chain")
    if not isinstance(results, Results):
        return AnswerPart("limits", tuple(facts))
    of_links, tables = directed(setting, results)
    facts += [*of_links, *(Fact("limit_problem", {"reason": problem}) for problem in results.problems)]
    return AnswerPart("limits", tuple(facts), tables, grounds={"model": judged_fit(results)})
