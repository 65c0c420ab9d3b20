"""Levels in points from 0 to 100, each with its interval: one number for a construct wherever it is stated."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtrit

from sexresearch.answering.facts import Fact
from sexresearch.answering.stages.setting import Setting
from sexresearch.answering.text_catalogue import named
from sexresearch.survey import Construct, Item

LEVEL = 0.95
POINTS = "points"
FEWEST_PAIRS = 3  # pairs that Fisher's z takes at the least
LIMITS = ["performance", "performance_ci_lower", "performance_ci_upper"]


def levels(setting: Setting) -> pd.DataFrame:
    """One row per construct that was answered, with its label: performance with limits, unit, n."""
    return pd.DataFrame([row for part in setting.answered.constructs for row in _rows(setting, part)])


def with_levels(setting: Setting, frame: pd.DataFrame) -> pd.DataFrame:
    """A frame of constructs with the levels that respondents gave in the place of those that a model implies."""
    known = levels(setting)
    known = known[known["unit"] == POINTS].set_index("construct")[LIMITS]
    out = frame.copy()
    for row, name in frame["construct"].items():
        if setting.label(name) in known.index and all(map(_is_closed, _items(setting, str(name)))):
            out.loc[row, LIMITS] = known.loc[setting.label(name)].to_numpy(float)
    return out


def low_is_good(setting: Setting) -> list[str]:
    """Labels of the constructs that go against the target: the interval of their correlation lies below 0."""
    target = setting.choices.target
    means = {part.name: _standing(setting, part) for part in setting.answered.constructs}
    if target not in means:
        return []
    return [setting.label(name) for name, own in means.items() if name != target and _goes_down(own, means[target])]


def _standing(setting: Setting, part: Construct) -> pd.Series:
    """How high each respondent answers on a construct, its questions in standard deviations."""
    answers = setting.survey.answers[[item.name for item in part.items]].astype(float)
    return ((answers - answers.mean()) / answers.std()).mean(axis=1)


def _goes_down(own: pd.Series, target: pd.Series) -> bool:
    """Whether the upper limit of the correlation lies below 0 (Fisher 1915, doi 10.1093/biomet/10.4.507)."""
    kept = own.notna() & target.notna()
    n, r = int(kept.sum()), float(own.corr(target))
    if n <= FEWEST_PAIRS or not -1 < r < 1:
        return r == -1.0
    half = float(ndtri(0.5 + LEVEL / 2)) / np.sqrt(n - FEWEST_PAIRS)
    return bool(np.arctanh(r) + half < 0)


def lowest_question(setting: Setting, name: str) -> Fact | None:
    """Which question of a construct stands lowest, and which others are not told apart from it; None below two."""
    items = [item for item in _items(setting, name) if _is_closed(item)]
    if len(items) < 2:
        return None
    points = {item.name: _points(setting, item) for item in items}
    means = {item: _mean(setting, values) for item, values in points.items()}
    low = min(means, key=lambda item: means[item][0])
    tied = [item for item in means if item != low and not _is_above(setting, points[item] - points[low])]
    mean, half, _ = means[low]
    values = {"construct": setting.label(name), "item": _words(setting, low), "room": mean}
    values |= {
        "room_lower": mean - half,
        "room_upper": mean + half,
        "names": [_words(setting, item) for item in tied],
    }
    return Fact("room_tied" if tied else "room", values, first=True)


def _words(setting: Setting, name: str) -> str:
    """The wording of a question; where it was asked in reverse, that is said, as points were turned round."""
    wording = setting.labels.quoted(name)
    return (
        f"{wording} ({named(setting.labels.language, 'reversed', 'words')})" if _is_reversed(setting, name) else wording
    )


def _is_reversed(setting: Setting, name: str) -> bool:
    return any(item.reverse for item in setting.instrument.items if item.name == name)


def _is_above(setting: Setting, difference: pd.Series) -> bool:
    mean, half, _ = _mean(setting, difference)
    return mean - half > 0


def _items(setting: Setting, name: str) -> tuple[Item, ...]:
    return next((part.items for part in setting.answered.constructs if part.name == name), ())


def _is_closed(item: Item) -> bool:
    return bool(np.isfinite([item.scale.lowest, item.scale.highest]).all())


def _points(setting: Setting, item: Item) -> pd.Series:
    return 100 * (setting.survey.answers[item.name] - item.scale.lowest) / (item.scale.highest - item.scale.lowest)


def _rows(setting: Setting, part: Construct) -> list[dict[str, object]]:
    """The construct in points where its scales have ends; else each of its items in its own units."""
    closed = [item for item in part.items if _is_closed(item)]
    rows = []
    if closed:
        pomp = pd.concat([_points(setting, item) for item in closed], axis=1)
        rows.append(_row(setting, setting.label(part.name), pomp.mean(axis=1), POINTS))
    for item in (item for item in part.items if item not in closed):
        label = f"{setting.label(part.name)}: {setting.labels.of(item.name)}"
        rows.append(_row(setting, label, setting.survey.answers[item.name], "as recorded"))
    return rows


def _row(setting: Setting, label: str, values: pd.Series, unit: str) -> dict[str, object]:
    mean, half, n = _mean(setting, values)
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
    column = _column(setting, setting.choices.fitting.sampling_weights)
    return None if column is None else pd.to_numeric(column, errors="coerce")


def _mean(setting: Setting, values: pd.Series) -> tuple[float, float, int]:
    """Weighted mean, half of its interval, and n: linearized variance over rows or clusters.

    Cochran (1977), Sampling Techniques, 3rd ed.: with u = w (y - mean) / sum of w summed by cluster, the variance is
    G / (G - 1) times the sum of u².
    """
    clusters, weights = _column(setting, setting.choices.fitting.cluster), _weights(setting)
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
