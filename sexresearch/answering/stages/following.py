"""The figures that managers follow: recommendation, best answers, delight, effort, loss and amounts, with intervals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from sexresearch.answering.facts import Fact
from sexresearch.answering.phrases import translated
from sexresearch.answering.stages.setting import Setting
from sexresearch.answering.text_catalogue import catalogue, named
from sexresearch.survey import Field, Survey, kpis
from sexresearch.survey.kpi.changes import COLUMNS, kpi_changes
from sexresearch.survey.parts import Role
from sexresearch.verdict import Verdict

KEPT = ["kpi", "item", "segment", "est", "ci_lower", "ci_upper", "n", "unit", "note"]
LEADING = ("NPS", "top-2-box", "delight rate")  # the first of these that there is stands on page one
ALL = "all"


def followed(setting: Setting) -> tuple[tuple[Fact, ...], dict[str, pd.DataFrame]]:
    """What is said about the figures, and their table: for all, and by group where there are any."""
    survey = _designed(setting)
    known = setting.choices.group and len(survey.answers[setting.choices.group].dropna().unique()) > 1
    indices = kpis(survey, setting.choices.group if known else None)
    stated = indices[indices["est"].notna()]
    everyone = indices[indices["segment"] == ALL]
    changes = _changes(setting, survey)
    facts = [*_changed(setting, changes), *_leading(setting, everyone, changes.empty), *_missing(setting, everyone)]
    if stated.empty:
        return tuple(facts), {}
    tables = {"kpis": _shown(setting, stated[KEPT])}
    return tuple(facts), tables | ({} if changes.empty else {"changes": _shown(setting, changes)})


def _changes(setting: Setting, survey: Survey) -> pd.DataFrame:
    """What changed from wave to wave, in the order in which the waves were joined; empty without waves."""
    column = setting.survey.waves
    return kpi_changes(survey, column) if column else pd.DataFrame(columns=COLUMNS)


def _changed(setting: Setting, changes: pd.DataFrame) -> list[Fact]:
    """The last change of the figure that leads, and whether it is more than chance."""
    rows = [changes[changes["kpi"] == name].tail(1) for name in LEADING]
    return [_change(setting, row.iloc[0]) for row in rows if len(row)][:1]


def _change(setting: Setting, row: pd.Series) -> Fact:
    size, lower, upper = (float(row[f"kpi_change{end}"]) for end in ("", "_ci_lower", "_ci_upper"))
    known = np.isfinite([size, lower, upper]).all()
    shown = known and (lower > 0 or upper < 0)
    why = str(row["note"]) or "no limits"
    verdict = Verdict("holds" if shown else "doubtful", "change", size) if known else _unknown(why)
    way = ("rose" if size > 0 else "fell") if shown else "open" if known else "unlimited"
    scale = 100.0 if row["unit"] == "share" else 1.0
    ends = sorted(abs(end) for end in (lower, upper)) if shown else [lower, upper]
    filling = {"value": scale * (abs(size) if shown else size), "lower": scale * ends[0], "upper": scale * ends[1]}
    levels = {"now": "est", "now_lower": "ci_lower", "now_upper": "ci_upper"}
    levels |= {"was": "est_against", "was_lower": "against_ci_lower", "was_upper": "against_ci_upper"}
    filling |= {name: float(row[column]) for name, column in levels.items()}
    words: dict[str, object] = {
        "earlier": str(row["against"]),
        "later": str(row["group"]),
        "item": _item_words(setting, row),
    }
    reason = {} if known else {"reason": why}
    key = f"kpi_{LEADING.index(row['kpi'])}_{way}"
    return Fact(key, words | filling | reason, (verdict,), first=True)


def _unknown(why: str) -> Verdict:
    return Verdict("not_computable", "change", reason=why)


def _item_words(setting: Setting, row: pd.Series) -> str:
    return setting.labels.quoted(str(row["item"]).split(", ", maxsplit=1)[0])


def _designed(setting: Setting) -> Survey:
    """The survey, its fields with the roles that were chosen for this answer."""
    fitting = setting.choices.fitting
    chosen: dict[str | None, Role] = {fitting.sampling_weights: "weight", fitting.cluster: "cluster"}
    chosen.pop(None, None)
    other = [
        replace(field, role="other") if field.role in ("weight", "cluster") else field
        for field in setting.answered.fields
        if field.name not in chosen
    ]
    fields = (*other, *(Field(str(name), role=role) for name, role in chosen.items()))
    return replace(setting.survey, instrument=replace(setting.answered, fields=fields))


def _shown(setting: Setting, stated: pd.DataFrame) -> pd.DataFrame:
    """The table with labels; every figure by the word that the catalogue has for it."""
    language = setting.labels.language
    frame = stated.reset_index(drop=True)
    frame["kpi"] = [named(language, name, "kpis") for name in frame["kpi"]]
    frame["item"] = [_question(setting, names.split(", ")) for names in frame["item"]]
    if "segment" in frame:
        frame["segment"] = [named(language, name, "kpis") if name == ALL else name for name in frame["segment"]]
    return setting.labels.frame(frame)


def _question(setting: Setting, items: list[str]) -> str:
    """The wording of one item; of several, the topics they belong to."""
    if len(items) == 1:
        return setting.label(items[0])
    topics = [part.name for part in setting.answered.constructs if {item.name for item in part.items} & set(items)]
    return ", ".join(setting.labels.several(topics))


def _leading(setting: Setting, everyone: pd.DataFrame, first: bool) -> list[Fact]:
    """The figures of all respondents; the first of them stands on page one where no change does."""
    stated = everyone[everyone["est"].notna()]
    rows = [stated[stated["kpi"] == name].head(1) for name in LEADING]
    firsts = [row.iloc[0] for row in rows if len(row)]
    return [
        Fact(
            f"kpi_{LEADING.index(row['kpi'])}",
            {
                "value": float(row["est"]),
                "lower": float(row["ci_lower"]),
                "upper": float(row["ci_upper"]),
                "item": _item_words(setting, row),
            },
            first=first and place == 0,
        )
        for place, row in enumerate(firsts)
    ]


def _missing(setting: Setting, everyone: pd.DataFrame) -> list[Fact]:
    """The figures that cannot be stated, each with its reason."""
    language = setting.labels.language
    reasons = catalogue(language)["kpi_reasons"]
    missing = []
    for name, rows in everyone.groupby("kpi", sort=False):
        if rows["est"].notna().any() or str(name) not in reasons:
            continue
        row = rows.iloc[0]
        why = str(reasons[name]) if not row["item"] else translated(setting.labels.text(str(row["note"])), language)
        missing.append(f"{named(language, str(name), 'kpis')} ({why})")
    return [Fact("kpis_missing", {"names": missing})] if missing else []
