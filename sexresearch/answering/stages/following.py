"""The figures that managers follow: recommendation, best answers, delight, effort, loss and amounts, with intervals."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from sexresearch.answering.facts import Fact
from sexresearch.answering.phrases import translated
from sexresearch.answering.stages.setting import Setting
from sexresearch.answering.text_catalogue import catalogue, named
from sexresearch.survey import Field, Survey, kpis
from sexresearch.survey.parts import Role

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
    facts = [*_leading(setting, everyone), *_missing(setting, everyone)]
    if stated.empty:
        return tuple(facts), {}
    return tuple(facts), {"kpis": _shown(setting, stated)}


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
    frame = stated[KEPT].reset_index(drop=True)
    frame["kpi"] = [named(language, name, "kpis") for name in frame["kpi"]]
    frame["item"] = [_question(setting, names.split(", ")) for names in frame["item"]]
    frame["segment"] = [named(language, name, "kpis") if name == ALL else name for name in frame["segment"]]
    return setting.labels.frame(frame)


def _question(setting: Setting, items: list[str]) -> str:
    """The wording of one item; of several, the topics they belong to."""
    if len(items) == 1:
        return setting.label(items[0])
    topics = [part.name for part in setting.answered.constructs if {item.name for item in part.items} & set(items)]
    return ", ".join(setting.labels.several(topics))


def _leading(setting: Setting, everyone: pd.DataFrame) -> list[Fact]:
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
                "item": setting.labels.quoted(str(row["item"]).split(", ", maxsplit=1)[0]),
            },
            first=place == 0,
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
