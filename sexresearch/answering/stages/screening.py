"""Can the answers be trusted? What screening found, what was left out, and what is missing."""

from __future__ import annotations

import math
from collections import Counter

import pandas as pd

from sexresearch.answering.facts import AnswerPart, Fact
from sexresearch.answering.phrases import translated
from sexresearch.answering.stages.setting import Setting
from sexresearch.answering.text_catalogue import filled_text, named
from sexresearch.survey import Survey, screen
from sexresearch.survey.platform import marked_rows
from sexresearch.survey.translations import texts_of
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
FULL = "allowed for: every answer given is used (full information maximum likelihood)"
ALLOWED_FOR = {  # advice of checks whose finding the estimator or the method for gaps takes care of
    "not normal": "allowed for: the estimator is robust (MLR)",
    "missing answers": f"ask why; {FULL}",
    "missing answers depend on others": FULL,
}
TEST, BY_PLATFORM = "preview or test", "previews and tests, so marked by the survey platform"
SILENT = "no answers"  # rows that no model counts, which `_used` says
UNUSABLE = ("constant item",)
MANY = 0.05  # our convention: share of respondents pointed at from which on page one says so
MOST = 4  # names listed in a sentence


def respondents_of(survey: Survey) -> Survey:
    """The survey without what its platform marks as previews and tests; whole where it is nothing else."""
    marked = [mark.rows for mark in marked_rows(survey.answers) if mark.check == TEST]
    rows = list(dict.fromkeys(row for part in marked for row in part))
    return survey.without(rows, because=BY_PLATFORM) if 0 < len(rows) < survey.n else survey


def data_part(setting: Setting) -> AnswerPart:
    """The part about the answers themselves."""
    flags = screen(setting.survey)
    advice = [_advice(setting, *pair) for pair in zip(flags["check"], flags["advice"], strict=True)]
    where = [_where(setting, name) for name in flags["where"]]
    shown = flags.assign(rows=flags["rows"].map(len), where=where, advice=advice)
    tables = {"screening": setting.labels.frame(shown)} if len(flags) else {}
    facts = [*_used(setting), *_suspicious(setting, flags), *_gaps(setting), *_lost(setting, flags)]
    facts += _untranslated(setting)
    return AnswerPart("data", tuple(facts), tables)


def _advice(setting: Setting, check: str, advice: str) -> str:
    """What to do about a finding; that it is done where the estimator or the method for gaps allows for it."""
    fitting = setting.choices.fitting
    done = {"not normal": fitting.estimator == "MLR"}
    done |= dict.fromkeys(("missing answers", "missing answers depend on others"), fitting.missing == "fiml")
    return ALLOWED_FOR[check] if done.get(check) else advice


def _where(setting: Setting, name: str) -> str:
    """Where a check looked: of a scale, the one topic or else the questions that are answered on it."""
    scales = {item.scale.name: item.scale for item in setting.instrument.items}
    if name not in scales or name in {part.name for part in setting.instrument.constructs}:
        return name
    topics = [part.name for part in setting.instrument.constructs if name in {item.scale.name for item in part.items}]
    if len(topics) == 1:
        return topics[0]
    ends = {"lowest": scales[name].lowest, "highest": scales[name].highest}
    if not all(map(math.isfinite, ends.values())):
        return name
    return filled_text(setting.labels.language, "on_scale", ends, "cells")


def _used(setting: Setting) -> list[Fact]:
    survey, language = setting.survey, setting.labels.language
    items = list(setting.choices.items or survey.items)
    silent = int(survey.answers[items].isna().all(axis=1).sum())
    out = {translated(part.because, language): len(part.rows) for part in survey.exclusions}
    out |= {named(language, "silent_rows", "reasons"): silent} if silent else {}
    if not out:
        return [Fact("rows_all", {"n": survey.n})]
    because = "; ".join(f"{reason} ({rows})" for reason, rows in out.items())
    counts = {"n": survey.n - silent, "all": survey.n - silent + sum(out.values()), "out": sum(out.values())}
    chosen = any(part.because != BY_PLATFORM for part in survey.exclusions)  # what nobody answered needs no page one
    return [Fact("rows_some", {**counts, "because": because}, first=chosen)]


def _suspicious(setting: Setting, findings: pd.DataFrame) -> list[Fact]:
    own = findings[findings["check"].isin(set(CARELESS) - {SILENT})]
    signs = Counter(row for labels in own["rows"] for row in set(labels))
    rows, several = set(signs), sum(times > 1 for times in signs.values())
    few = findings[findings["check"] == "small sample"]["detail"]
    small = [Fact("few_rows", {"detail": text}, first=True) for text in few]
    if not rows and not setting.choices.items:
        return small
    if not rows:
        clean = Verdict("holds", "respondents pointed at by screening", 0.0, decimals=0)
        return [*small, Fact("screening_clean", verdicts=(clean,))]
    share = len(rows) / setting.survey.n
    verdict = Verdict("doubtful", "share of respondents pointed at by screening", share)
    key = "screening_found" if several or len(rows) == 1 else "screening_found_single"
    counts = {"n": len(rows), "share": share, "several": several, "several_share": several / setting.survey.n}
    return [*small, Fact(key, counts, (verdict,), first=share >= MANY)]


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


def _untranslated(setting: Setting) -> list[Fact]:
    """What the questionnaire does not say in the language of the answer; definitions are not shown."""
    own = setting.instrument
    texts = texts_of(own.title, own.constructs, own.fields)
    left = [texts[place] for place in setting.labels.untranslated if place[-1] != "definition"]
    quoted = [setting.labels.quoted(text) for text in left[:MOST]]
    return [Fact("untranslated", {"n": len(left), "names": quoted})] if left else []
