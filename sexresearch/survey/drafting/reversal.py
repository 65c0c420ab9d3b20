"""Items that run against their construct: by what their labels say and how their answers go along with the others."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

AGAINST = -0.1  # correlation with the others of the construct below which an item runs against them
ALL_AGAINST = -0.2  # the same with all items of the file, for an item that has no company in its construct
ENOUGH = 20  # respondents


def reversed_items(
    answers: Mapping[str, pd.Series], constructs: Mapping[str, str], falling: Mapping[str, bool]
) -> dict[str, float | None]:
    """Items a high answer to which means a low value, with the correlation that shows it (None: by their labels alone).

    `constructs` is the construct of each item, `falling` whether the labels of its scale run from much to little.

    >>> good = pd.Series([1.0, 2, 3, 4, 5] * 5)
    >>> answers = {"a": good, "b": good, "c": 6 - good}
    >>> found = reversed_items(answers, dict.fromkeys("abc", "x"), dict.fromkeys("abc", False))
    >>> {name: round(r, 3) for name, r in found.items()}
    {'c': -1.0}
    """
    frame = pd.DataFrame(dict(answers))
    frame = (frame - frame.mean()) / frame.std().replace(0.0, np.nan)
    frame = frame * pd.Series({name: -1.0 if falling[name] else 1.0 for name in frame}, dtype=float)
    reversed_by: dict[str, float | None] = {}
    general = _general(frame)
    for name in frame:
        mates = [other for other in frame if other != name and constructs[other] == constructs[name]]
        r = _against(frame, str(name), mates, general)
        if (r is not None) != falling[name]:
            reversed_by[str(name)] = r
    return reversed_by


def _general(frame: pd.DataFrame) -> pd.Series:
    """The common direction of all items, positive for most of them."""
    if frame.shape[1] < 2:
        return frame.mean(axis=1)
    between = np.nan_to_num(frame.corr(min_periods=10).to_numpy())
    weights = np.linalg.eigh(between)[1][:, -1]
    weights = weights if (weights > 0).sum() * 2 >= len(weights) else -weights
    return pd.Series(frame.fillna(0.0).to_numpy() @ weights, index=frame.index)


def _against(frame: pd.DataFrame, name: str, mates: list[str], general: pd.Series) -> float | None:
    own = frame[name]
    if own.notna().sum() < ENOUGH:
        return None
    overall = float(own.corr(general))
    if len(mates) < 2:
        return overall if overall <= ALL_AGAINST else None
    mean = float(np.nanmean([own.corr(frame[mate], min_periods=10) for mate in mates]))
    return mean if mean <= AGAINST and overall < 0 else None
