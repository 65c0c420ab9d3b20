"""Where do we stand today? The level of every construct, in points from 0 to 100 or in the units of its items."""

from __future__ import annotations

import pandas as pd

from sexresearch.answering.facts import AnswerPart, Fact, unanswered
from sexresearch.answering.stages.following import followed
from sexresearch.answering.stages.levels_in_points import POINTS, levels, low_is_good
from sexresearch.answering.stages.setting import Setting
from sexresearch.answering.text_catalogue import named


def today_part(setting: Setting) -> AnswerPart:
    """The part about today's levels."""
    frame = levels(setting)
    if frame.empty:
        return unanswered("today", "no item was answered in more than one way")
    in_points = frame[frame["unit"] == POINTS]
    facts = []
    turned = [name for name in low_is_good(setting) if name in set(in_points["construct"])]
    wanted_high = in_points[~in_points["construct"].isin(turned)]
    if len(wanted_high) > 1:
        high, low = (wanted_high.loc[wanted_high["performance"].agg(kind)] for kind in ("idxmax", "idxmin"))
        facts.append(Fact("today_span", _end("high", high) | _end("low", low)))
    if turned:
        facts.append(Fact("today_turned", {"names": turned, "target": setting.label(setting.choices.target)}))
    of_kpis, tables = followed(setting)
    material = {"today": frame, "low_is_good": tuple(turned)}
    units = [named(setting.labels.language, unit, "unit_names") for unit in frame["unit"]]
    return AnswerPart("today", (*facts, *of_kpis), {"today": frame.assign(unit=units), **tables}, material)


def _end(name: str, row: pd.Series) -> dict[str, object]:
    """The highest or lowest level, with its limits."""
    limits = {f"{name}_{end}": float(row[f"performance_ci_{end}"]) for end in ("lower", "upper")}
    return {name: row["construct"], f"{name}_value": float(row["performance"])} | limits
