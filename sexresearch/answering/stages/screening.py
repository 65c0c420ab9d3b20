"""Can the answers be trusted? What screening found, what was left out, and what is missing."""

from __future__ import annotations

import math

import pandas as pd

from sexresearch.answering.facts import AnswerPart, Fact
from sexresearch.answering.phrases import translated
from sexresearch.answering.stages.setting import Setting
from sexresearch.answering.text_catalogue import filled_text
from sexresearch.survey import screen
from sexresearch.verdict import Verdict

CARELESS = (
    "one answer throughout",
    "long run of one answer",
    "repeated answers",
    "speeding",
    "person-total correlation",
    "psychometric synonyms",
    "psychometric antonyms",
    "even-odd consistency",
    "little variation",
    "near duplicate",
    "outlying answers",
    "no answers",
    "spam",
    "preview or test",
    "repeated id",
)
DROPPABLE = (*CARELESS, "not finished", "junk text", "code of no answer")  # checks that name rows
UNUSABLE = ("constant item",)
MANY = 0.05  # our convention: share of respondents pointed at from which on page one says so
MOST = 4  # names listed in a sentence


def data_part(setting: Setting) -> AnswerPart:
    """The part about the answers themselves."""
    flags = screen(setting.survey)
    shown = flags.assign(rows=flags["rows"].map(len), where=[_where(setting, name) for name in flags["where"]])
    tables = {"screening": setting.labels.frame(shown)} if len(flags) else {}
    facts = (*_used(setting), *_suspicious(setting, flags), *_gaps(setting), *_lost(setting, flags))
    return AnswerPart("data", facts, tables)


def _where(setting: Setting, name: str) -> str:
    """Where a check looked: of a scale, the questions that are answered on it."""
    scales = {item.scale.name: item.scale for item in setting.instrument.items}
    if name not in scales or name in {part.name for part in setting.instrument.constructs}:
        return name
    ends = {"lowest": scales[name].lowest, "highest": scales[name].highest}
    if not all(map(math.isfinite, ends.values())):
        return name
    return filled_text(setting.labels.language, "on_scale", ends, "cells")


def _used(setting: Setting) -> list[Fact]:
    survey = setting.survey
    if not survey.exclusions:
        return [Fact("rows_all", {"n": survey.n})]
    out = sum(len(part.rows) for part in survey.exclusions)
    language = setting.labels.language
    because = "; ".join(f"{translated(part.because, language)} ({len(part.rows)})" for part in survey.exclusions)
    return [Fact("rows_some", {"n": survey.n, "all": survey.n + out, "out": out, "because": because}, first=True)]


def _suspicious(setting: Setting, findings: pd.DataFrame) -> list[Fact]:
    own = findings[findings["check"].isin(CARELESS)]
    rows = {row for labels in own["rows"] for row in labels}
    few = findings[findings["check"] == "small sample"]["detail"]
    small = [Fact("few_rows", {"detail": text}, first=True) for text in few]
    if not rows:
        clean = Verdict("holds", "respondents pointed at by screening", 0.0, decimals=0)
        return [*small, Fact("screening_clean", verdicts=(clean,))]
    share = len(rows) / setting.survey.n
    verdict = Verdict("doubtful", "share of respondents pointed at by screening", share)
    return [*small, Fact("screening_found", {"n": len(rows), "share": share}, (verdict,), first=share >= MANY)]


def _gaps(setting: Setting) -> list[Fact]:
    items = list(setting.choices.items)
    share = float(setting.survey.answers[items].isna().to_numpy().mean()) if items else 0.0
    if not share:
        return []
    return [Fact(f"gaps_{setting.choices.fitting.missing}", {"share": share})]


def _lost(setting: Setting, findings: pd.DataFrame) -> list[Fact]:
    """Items that cannot be used, and constructs that lose all of theirs."""
    names = [name for name in findings[findings["check"].isin(UNUSABLE)]["where"] if name in setting.survey.items]
    gone = [p.name for p in setting.instrument.constructs if all(item.name in names for item in p.items)]
    inside = {item.name for name in gone for item in setting.instrument.construct(name).items}
    single = [name for name in names if name not in inside]
    facts = [Fact("constructs_lost", {"names": setting.labels.several(gone)}, first=True)] if gone else []
    quoted = [setting.labels.quoted(name) for name in single[:MOST]]
    return [*facts, *([Fact("items_lost", {"n": len(single), "names": quoted})] if single else [])]
