"""For whom? Whether the groups may be compared, and which of them stands higher on what."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from sexresearch.answering.choosing import SMALL_GROUP
from sexresearch.answering.facts import AnswerPart, Fact, unanswered
from sexresearch.answering.stages.chaining import ChosenView
from sexresearch.answering.stages.comparing_links import links_by_group
from sexresearch.answering.stages.setting import Setting, measurement_text, on_node
from sexresearch.chain.invariance.groups_compared import groups_compared
from sexresearch.survey import Construct
from sexresearch.verdict import Verdict

OUTCOMES = ("experience", "valued", "exceeded", "delight", "satisfaction", "loyalty", "success")
STEPS = ["step", "n", "chisq", "chisq_scaled", "df", "cfi", "cfi_robust", "rmsea", "rmsea_robust", "srmr", "cfi_change"]
STEPS += ["rmsea_change", "srmr_change", "verdict", "note"]
MEANS = ["construct", "group", "against", "effect_size", "ci_lower", "ci_upper", "pvalue", "step", "note"]
DIFFERENCE_TESTS = {
    "satorra_bentler_2001": "Satorra & Bentler 2001",
    "satorra_bentler_2010": "Satorra & Bentler 2010",
    "satorra_2000": "Satorra 2000",
}
MOST = 3  # differences named in a sentence


def whom_part(setting: Setting, chosen: ChosenView | None = None) -> AnswerPart:
    """The part about groups: what they may be compared on, their means, and the links of the chosen view."""
    reason = _why_not(setting)
    if reason:
        return unanswered("whom", reason)
    parts = _compared(setting)
    group, fitting = setting.choices.group, setting.choices.fitting
    compared = groups_compared(measurement_text(parts), setting.survey, group, not fitting.ordered, fitting)
    steps, means = compared.steps, compared.differences
    numbers = means[means["effect_size"].notna()] if len(means) else means
    shown = steps[[name for name in STEPS if name in steps.columns]]
    whole = setting.labels.frame(shown.assign(note=[setting.labels.formulas(_sourced(note)) for note in shown["note"]]))
    words = [name for name in ("verdict", "note") if name in whole.columns]
    tables = {"invariance": whole.drop(columns=words), "invariance_judged": whole[["step", *words]]}
    tables |= {"means": setting.labels.frame(means[MEANS])}
    of_links, paths, links_ground = links_by_group(setting, None if _unfit(steps) else chosen)
    grounds = {"groups": compared.grounds, "links": links_ground}
    facts = (*_comparable(setting, steps, numbers), *_differences(setting, numbers), *of_links)
    return AnswerPart("whom", facts, tables | paths, {"steps": steps, "means": means}, grounds)


def _sourced(note: str) -> str:
    """The note with the source of a difference test in the place of the option's name.

    >>> _sourced("scaled by satorra_2000")
    'scaled by Satorra 2000'
    """
    for name, source in DIFFERENCE_TESTS.items():
        note = note.replace(name, source)
    return note


def _why_not(setting: Setting) -> str:
    """Why there is nothing to be compared; empty where there is."""
    group = setting.choices.group
    if not group:
        key = next((choice.key for choice in setting.choices.made if choice.choice == "group"), "")
        return {"one_value": "one_group", "asked_none": "groups_off"}.get(key, "no_group")
    counts = setting.survey.answers[group].value_counts()
    if len(counts) < 2:
        return "one_group"
    if int(counts.min()) < SMALL_GROUP:
        return "small_group"
    return "" if _compared(setting) else "no_outcome"


def _compared(setting: Setting) -> tuple[Construct, ...]:
    """What groups are compared on: the effects of the chain; all constructs where it has none."""
    return on_node(setting.judged, OUTCOMES) or setting.judged


def _comparable(setting: Setting, steps: pd.DataFrame, means: pd.DataFrame) -> list[Fact]:
    rows = list(steps.itertuples())
    verdicts = tuple(Verdict(row.outcome, row.step, reason=row.verdict or row.note or "-") for row in rows)
    groups = [str(label) for label in setting.survey.answers[setting.choices.group].dropna().unique()]
    filling = {"n": len(groups), "groups": groups, "field": setting.label(setting.choices.group)}
    if means.empty:
        return [Fact("groups_unfit" if _unfit(steps) else "groups_apart", filling, verdicts, first=True)]
    freed = [name for name in dict.fromkeys(_understood_apart(steps)) if name in setting.survey.items]
    if not freed:
        return [Fact("groups_alike", filling, verdicts)]
    quoted = [setting.labels.quoted(name) for name in freed[:MOST]]
    return [Fact("groups_partial", filling | {"n": len(freed), "names": quoted}, verdicts)]


def _understood_apart(steps: pd.DataFrame) -> Iterator[str]:
    """Items whose loading or intercept was set free, which means rest on; residuals make no difference to them."""
    for formula in (formula for released in steps["released"] for formula in released):
        lhs, op, *rhs = formula.split(" ")
        if op == "=~":
            yield rhs[-1]
        elif op != "~~":
            yield lhs


def _unfit(steps: pd.DataFrame) -> bool:
    """Whether the questions do not even hang together alike in all groups."""
    return str(steps["outcome"].iloc[0]) not in ("holds", "doubtful")


def _differences(setting: Setting, means: pd.DataFrame) -> list[Fact]:
    if means.empty:
        return []
    clear = means[(means["ci_lower"] > 0) | (means["ci_upper"] < 0)]
    if clear.empty:
        return [Fact("means_unshown", {"n": len(means)}, first=True)]
    largest = clear.loc[clear["effect_size"].abs().sort_values(ascending=False).index]
    row = largest.iloc[0]
    verdicts = tuple(
        Verdict(r.outcome, f"{setting.label(r.construct)}: {r.group} against {r.against}", r.effect_size)
        for r in clear.itertuples()
    )
    higher, lower = (row["group"], row["against"]) if row["effect_size"] > 0 else (row["against"], row["group"])
    ends = sorted(abs(float(row[end])) for end in ("ci_lower", "ci_upper"))
    filling: dict[str, object] = {
        "construct": setting.label(row["construct"]),
        "higher": str(higher),
        "lower_group": str(lower),
    }
    filling |= {"value": abs(float(row["effect_size"])), "lower": ends[0], "upper": ends[1]}
    filling |= {"n": len(clear), "all": len(means)}
    groups = {*means["group"], *means["against"]}
    key = "means_differ_from" if len(groups) > 2 else "means_differ"  # of more than two, each is set against the first
    return [Fact(key, filling | {"against": str(row["against"])}, verdicts, first=True)]
