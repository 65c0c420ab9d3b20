"""Quadrants of an importance-performance map, and a sentence for every row.

The means of importance and of performance divide the map (Martilla & James 1977, doi 10.1177/002224297704100112;
Ringle & Sarstedt 2016, doi 10.1108/IMDS-10-2015-0449). Where the interval of importance holds 0, importance is not
shown at all, and neither quadrant on that side would be true.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

QUADRANTS = {  # (important, well done)
    (True, False): "concentrate here",
    (True, True): "keep up the good work",
    (False, False): "low priority",
    (False, True): "possible overkill",
}
UNIMPORTANT, AGAINST = "unimportant", "works against"
SOURCE = "(Martilla & James 1977; Ringle & Sarstedt 2016)"


def judged(frame: pd.DataFrame, target: str, level: float) -> pd.DataFrame:
    """The frame with `quadrant` and `verdict` before its notes; constructs and items, and groups, are judged apart.

    Rows that are not `connected` to the target are not judged and have no part in the means.

    >>> rows = {"kind": "construct", "construct": ["a", "b"], "item": "", "group": "", "importance": [0.4, 0.1],
    ...         "importance_ci_lower": [0.3, -0.1], "importance_ci_upper": [0.5, 0.3], "performance": [50.0, 60.0],
    ...         "performance_ci_lower": [48.0, 58.0], "performance_ci_upper": [52.0, 62.0]}
    >>> judged(pd.DataFrame(rows).assign(note="", connected=True), "loyalty", 0.95)["quadrant"].tolist()
    ['concentrate here', 'unimportant']
    """
    shown = ["importance", "performance"]
    kept = frame.assign(importance=frame["importance"].where(frame["connected"]))
    kept["performance"] = kept["performance"].where(frame["connected"])
    means = kept.groupby(["kind", "group"], dropna=False)[shown].transform("mean")
    found = [
        _judged(row, mean, target, level)
        for row, mean in zip(frame.to_dict("records"), means.to_dict("records"), strict=True)
    ]
    out = frame.drop(columns=["connected", "note"]).assign(
        quadrant=[quadrant for quadrant, _ in found], verdict=[verdict for _, verdict in found]
    )
    return out.assign(note=frame["note"])


def _judged(row: Mapping[Hashable, Any], mean: Mapping[Hashable, Any], target: str, level: float) -> tuple[str, str]:
    effect, low, high = (row[name] for name in ("importance", "importance_ci_lower", "importance_ci_upper"))
    if math.isnan(effect) or math.isnan(low) or not row["connected"]:
        return "", ""
    if low <= 0 <= high:
        return UNIMPORTANT, f"Unimportant: the {level:.0%} interval of its effect on {target} holds 0."
    if high < 0:
        return AGAINST, f"Works against: more of it goes with less {target} ({level:.0%} interval below 0)."
    if math.isnan(row["performance"]):
        return "", ""
    important, well = effect >= mean["importance"], row["performance"] >= mean["performance"]
    name = QUADRANTS[important, well]
    over = [part for part in ("importance", "performance") if _reaches(row, part, mean[part])]
    near = f" Near the line: its interval of {' and of '.join(over)} reaches over it." if over else ""
    return name, (
        f"{name[0].upper()}{name[1:]}: importance {effect:.3f} {_side(important)} mean {mean['importance']:.3f}, "
        f"performance {row['performance']:.1f} {_side(well)} mean {mean['performance']:.1f} {SOURCE}.{near}"
    )


def _reaches(row: Mapping[Hashable, Any], part: str, line: float) -> bool:
    return bool(row[f"{part}_ci_lower"] < line < row[f"{part}_ci_upper"])


def _side(above: bool) -> str:
    return "at or above the" if above else "below the"
