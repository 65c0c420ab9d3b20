"""Where do we stand today? The level of every construct, in points from 0 to 100 or in the units of its items."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from sexresearch.answering.facts import AnswerPart, Fact, unanswered
from sexresearch.answering.stages.following import followed
from sexresearch.answering.stages.setting import Setting
from sexresearch.answering.text_catalogue import named
from sexresearch.survey import Construct

LEVEL = 0.95
POINTS = "points"


def today_part(setting: Setting) -> AnswerPart:
    """The part about today's levels."""
    rows = [row for part in setting.answered.constructs for row in _rows(setting, part)]
    if not rows:
        return unanswered("today", "no item was answered in more than one way")
    frame = pd.DataFrame(rows)
    in_points = frame[frame["unit"] == POINTS]
    facts = []
    if len(in_points) > 1:
        high, low = (in_points.loc[in_points["performance"].agg(kind)] for kind in ("idxmax", "idxmin"))
        facts.append(Fact("today_span", _end("high", high) | _end("low", low)))
    said, tables = followed(setting)
    units = [named(setting.labels.language, unit, "unit_names") for unit in frame["unit"]]
    return AnswerPart("today", (*facts, *said), {"today": frame.assign(unit=units), **tables}, {"today": frame})


def _end(name: str, row: pd.Series) -> dict[str, object]:
    """The highest or lowest level, with its limits."""
    limits = {f"{name}_{end}": float(row[f"performance_ci_{end}"]) for end in ("lower", "upper")}
    return {name: row["construct"], f"{name}_value": float(row["performance"])} | limits


def _rows(setting: Setting, part: Construct) -> list[dict[str, object]]:
    """The construct in points where its scales have ends; else each of its items in its own units."""
    answers = setting.survey.answers
    closed = [item for item in part.items if np.isfinite([item.scale.lowest, item.scale.highest]).all()]
    rows = []
    if closed:
        pomp = [100 * (answers[i.name] - i.scale.lowest) / (i.scale.highest - i.scale.lowest) for i in closed]
        rows.append(_row(setting, setting.label(part.name), pd.concat(pomp, axis=1).mean(axis=1), POINTS))
    for item in (item for item in part.items if item not in closed):
        label = f"{setting.label(part.name)}: {setting.labels.of(item.name)}"
        rows.append(_row(setting, label, answers[item.name], "as recorded"))
    return rows


def _row(setting: Setting, label: str, values: pd.Series, unit: str) -> dict[str, object]:
    mean, half, n = _mean(values, _column(setting, setting.choices.fitting.cluster), _weights(setting))
    return {
        "construct": label,
        "performance": mean,
        "performance_ci_lower": mean - half,
        "performance_ci_upper": mean + half,
        "unit": unit,
        "n": n,
    }


def _column(setting: Setting, name: str | None) -> pd.Series | None:
    return setting.survey.answers[name] if name else None


def _weights(setting: Setting) -> pd.Series | None:
    found = _column(setting, setting.choices.fitting.sampling_weights)
    return None if found is None else pd.to_numeric(found, errors="coerce")


def _mean(values: pd.Series, clusters: pd.Series | None, weights: pd.Series | None) -> tuple[float, float, int]:
    """Weighted mean, half of its interval, and n: linearized variance over rows or clusters.

    Cochran (1977), Sampling Techniques, 3rd ed.: with u = w (y - mean) / sum of w summed by cluster, the variance is
    G / (G - 1) times the sum of u².
    """
    kept = values.notna() & (True if weights is None else weights.notna())
    y = values[kept].to_numpy(float)
    w = np.ones(len(y)) if weights is None else weights[kept].to_numpy(float)
    mean = float((w * y).sum() / w.sum())
    share = pd.Series(w * (y - mean) / w.sum())
    by = share if clusters is None else share.groupby(clusters[kept].to_numpy()).sum()
    units = len(by)
    if units < 2:
        return mean, float("nan"), len(y)
    se = float(np.sqrt(units / (units - 1) * (by**2).sum()))
    return mean, float(stdtrit(units - 1, 0.5 + LEVEL / 2)) * se, len(y)
