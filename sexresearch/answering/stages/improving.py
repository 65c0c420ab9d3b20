"""What should be improved next? Levers by what some points of them bring to the target, and how sure their order is."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from sexresearch.answering.facts import AnswerPart, Fact, silent, unanswered
from sexresearch.answering.grounds import judged_fit
from sexresearch.answering.stages.chaining import ChosenView, analysed
from sexresearch.answering.stages.levels_in_points import lowest_question, with_levels
from sexresearch.answering.stages.setting import Setting
from sexresearch.answering.stages.topics import TOPICS
from sexresearch.answering.text_catalogue import filled_text
from sexresearch.chain import chain_model, importance
from sexresearch.chain.deciding.priorities import priorities_by
from sexresearch.errors import InstrumentError, ModelError, OptionError
from sexresearch.sem import Results
from sexresearch.sem.view import Draws, draws, quiet_fit, view
from sexresearch.verdict import Verdict, against

LEVEL = 0.95  # probability from which one lever is told apart from another, as `priorities` has it
SHOWN = ["construct", "clause", "rank", "importance", "importance_ci_lower", "importance_ci_upper", "performance"]
SHOWN += ["performance_ci_lower", "performance_ci_upper", "gain", "gain_ci_lower", "gain_ci_upper", "unit", "points"]
SHOWN += ["p_first", "p_top_two"]
JUDGED = ["construct", "d", "kind", "probability", "verdict", "note"]
TABLES = {"priorities": SHOWN, "priorities_judged": JUDGED}
MONEY = re.compile(
    r"euro|€|\$|dollar|pound|£|franc|franken|\bchf\b|\busd\b|\beur\b|spend|spent|ausgegeben|umsatz|revenue|sales", re.I
)
MOST = 4  # names in a sentence


def next_part(setting: Setting, chosen: ChosenView) -> AnswerPart:
    """The part about what to do."""
    target = setting.choices.target
    if not target:
        return unanswered("next", "no_target")
    results = levers_fit(setting, chosen)
    names = {name for pair in results.parameters[["lhs", "rhs"]].itertuples(index=False) for name in pair}
    if target not in names:
        return unanswered("next", "target_outside")
    survey = analysed(setting)
    fit = view(results, "answer")
    at = draws(fit, None if setting.bootstrap else "monte_carlo", setting.bootstrap, setting.seed, LEVEL)
    frame = priorities_by(fit, survey, target, at, setting.cost, seed=setting.seed)
    ranked = with_levels(setting, frame[frame["rank"].notna()])
    clauses = [text if text[:1].isdigit() else "" for text in ranked["clause"]]  # names of nodes are codes
    ranked = ranked.assign(clause=clauses)
    shown = TABLES | ({"priorities": [*SHOWN, "cost", "gain_per_cost"]} if setting.cost else {})
    own = own_units(setting, results, ranked)
    tables = {name: _in_own(setting, ranked[kept], own) for name, kept in shown.items()} if len(ranked) else {}
    more, money = money_of(setting, results, ranked, at)
    tables |= money
    material = {
        "importance": importance(results, target, survey),
        "levers": results,
        "target": target,
        "own_units": own,
    }
    if money:
        material["money"] = setting.labels.of(money_item(setting, results))
    numbers = [Fact("gain_as_numbers")] if setting.choices.fitting.ordered and len(ranked) else []
    sentences = (*_facts(setting, ranked, target, own), *costs_said(setting, frame), *more, *numbers)
    return AnswerPart("next", sentences, tables, material, {"model": judged_fit(results)})


def costs_said(setting: Setting, frame: pd.DataFrame) -> list[Fact]:
    """That costs decide the order, and which levers have no place in it."""
    if not setting.cost or frame["rank"].isna().all():
        return []
    unpriced = frame["construct"][frame["gain"].notna() & frame["rank"].isna()].tolist()
    return [Fact("by_cost"), *([Fact("unpriced", {"names": setting.labels.several(unpriced)})] if unpriced else [])]


def levers_fit(setting: Setting, chosen: ChosenView) -> Results:
    """The chosen view with excellence made of its parts, which are then levers; the view itself where that has none.

    Ordered items have no points, so that they are taken as numbers here.
    """
    fitting, survey = setting.choices.for_rivals, analysed(setting)
    view = quiet_fit(chosen.results.model, survey, fitting) if setting.choices.fitting.ordered else chosen.results
    if chosen.kind in ("", TOPICS):
        return view
    try:
        model = chain_model(setting.answered, chosen.kind, higher_order="composite")  # type: ignore[arg-type]
        if "composite" not in model.syntax:
            return view
        results = quiet_fit(model, survey, fitting)
    except (InstrumentError, ModelError, OptionError):
        return view
    return results if results.converged and not results.inadmissible else view


def own_units(setting: Setting, results: Results, ranked: pd.DataFrame) -> str:
    """What a target without points is counted in: its question, or itself where it has several; "" for points."""
    if ranked.empty or ranked["unit"].iloc[0] == "points":
        return ""
    target = setting.choices.target
    used = [item.name for item in setting.answered.construct(target).items if item.name in results.model.observed]
    return setting.labels.of(used[0] if len(used) == 1 else target)


def _in_own(setting: Setting, frame: pd.DataFrame, own: str) -> pd.DataFrame:
    """The table in labels, with units that say what is counted."""
    shown = setting.labels.frame(frame)
    if not own or "unit" not in shown:
        return shown
    return shown.assign(unit=filled_text(setting.labels.language, "own_of", {"name": own}, "unit_names"))


def money_item(setting: Setting, results: Results) -> str:
    """The first item of the target that is an amount of money by its wording, on a scale without end; "" for none."""
    items = setting.answered.construct(setting.choices.target).items
    for item in items:
        open_ended = not np.isfinite([item.scale.lowest, item.scale.highest]).all()
        if open_ended and MONEY.search(item.wording) and item.name in results.model.observed:
            return item.name
    return ""


def money_of(
    setting: Setting, results: Results, ranked: pd.DataFrame, at: Draws
) -> tuple[list[Fact], dict[str, pd.DataFrame]]:
    """What the levers bring in money, by the same draws, where an item of the target is an amount of it."""
    item = money_item(setting, results)
    if not item or ranked.empty:
        return [], {}
    fit, levers = view(results, "answer"), ranked["construct"].tolist()
    in_money = priorities_by(fit, analysed(setting), item, at, setting.cost, constructs=levers, seed=setting.seed)
    in_money = in_money[in_money["rank"].notna()].assign(unit="as recorded")
    shown = setting.labels.frame(in_money[["construct", "rank", "gain", "gain_ci_lower", "gain_ci_upper", "points"]])
    facts = []
    for _, row in in_money[in_money["construct"] == ranked.iloc[0]["construct"]].iterrows():
        filling = _filling(setting, row, item) | {"item": setting.labels.of(item)}
        key = "money" if filling["lower"] > 0 else "money_open"
        facts.append(Fact(key, filling, (against("lower limit of the gain", filling["lower"], 0.0, "", strict=True),)))
    return facts, {"money": shown}


def _facts(setting: Setting, ranked: pd.DataFrame, target: str, own: str) -> list[Fact]:
    if ranked.empty:
        return [silent("next", "no_lever")]
    shown = ranked[ranked["gain_ci_lower"] > 0]
    hidden = ranked[~(ranked["gain_ci_lower"] > 0) & ~(ranked["gain_ci_upper"] < 0)]
    harmful = ranked[ranked["gain_ci_upper"] < 0]
    facts = (
        [_first(setting, shown, own or target, len(ranked) > 1)] if len(shown) else [_nothing(setting, ranked, target)]
    )
    begun = lowest_question(setting, str(shown.iloc[0]["construct"])) if len(shown) else None
    facts += [begun] if begun is not None else []
    facts += [_second(setting, shown, own or target)] if len(shown) > 1 else []
    if len(hidden) and len(shown):
        names = setting.labels.several(hidden["construct"].tolist())
        verdicts = tuple(Verdict("doubtful", setting.label(r.construct), r.gain, 0.0) for r in hidden.itertuples())
        facts.append(Fact("gain_open", {"names": names, "target": setting.label(target)}, verdicts))
    if len(harmful):
        facts.append(Fact("gain_negative", {"names": setting.labels.several(harmful["construct"].tolist())}))
    return facts


def _first(setting: Setting, shown: pd.DataFrame, target: str, others: bool) -> Fact:
    """The first lever: alone where it is ahead of all others with the probability asked for, else with its ties."""
    top = shown.iloc[0]
    filling = _filling(setting, top, target)
    if len(shown) == 1:
        return Fact(
            "first_only" if others else "first_alone",
            filling,
            (against("lower limit of the gain", filling["lower"], 0.0, ""),),
            first=True,
        )
    sure = float(top["p_first"])
    verdict = against("probability of coming first", sure, LEVEL, "", because="there are no draws", share=True)
    if verdict.outcome == "holds":
        return Fact("first_clear", filling | {"sure": sure}, (verdict,), first=True)
    tied = [str(row.construct) for row in shown.iloc[1:].itertuples() if row.outcome == "doubtful"]
    names = setting.labels.several(tied[: MOST - 1]) or setting.labels.several([shown.iloc[1]["construct"]])
    return Fact("first_tied", filling | {"sure": sure, "names": names}, (verdict,), first=True)


def _second(setting: Setting, shown: pd.DataFrame, target: str) -> Fact:
    filling = _filling(setting, shown.iloc[1], target)
    return Fact("next_best", filling, (against("lower limit of the gain", filling["lower"], 0.0, ""),), first=True)


def _nothing(setting: Setting, ranked: pd.DataFrame, target: str) -> Fact:
    verdicts = tuple(Verdict("doubtful", setting.label(row.construct), row.gain, 0.0) for row in ranked.itertuples())
    names = setting.labels.several(ranked["construct"].tolist())
    return Fact("gain_none", {"names": names, "target": setting.label(target)}, verdicts, first=True)


def _filling(setting: Setting, row: pd.Series, target: str) -> dict[str, Any]:
    return {
        "construct": setting.label(row["construct"]),
        "target": setting.label(target),
        "points": float(row["points"]),
        "gain": float(row["gain"]),
        "lower": float(row["gain_ci_lower"]),
        "upper": float(row["gain_ci_upper"]),
        "unit": "points" if row["unit"] == "points" else "own",
        "today": float(row["performance"]),
        "today_lower": float(row["performance_ci_lower"]),
        "today_upper": float(row["performance_ci_upper"]),
    }
