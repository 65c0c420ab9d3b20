"""Quadrants of an importance-performance map, and a sentence for every row.

The means of importance and of performance divide the map (Martilla & James 1977, doi 10.1177/002224297704100112;
Ringle & Sarstedt 2016, doi 10.1108/IMDS-10-2015-0449). A quadrant is named only where importance is shown. An interval
that holds 0 does not show that an effect is small: "unimportant" asks that all of it is nearer to 0 than the smallest
effect of interest (Lakens 2017, doi 10.1177/1948550617697177).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from sexresearch.verdict import Outcome

QUADRANTS = {  # (important, well done)
    (True, False): "concentrate here",
    (True, True): "keep up the good work",
    (False, False): "low priority",
    (False, True): "possible overkill",
}
UNIMPORTANT, NOT_SHOWN, AGAINST, ALONE = "unimportant", "not shown", "works against", "alone"
SOURCE = "(Martilla & James 1977; Ringle & Sarstedt 2016)"
LAKENS = "(Lakens 2017)"
ENDS = ("importance_ci_lower", "importance_ci_upper")
Row = Mapping[Hashable, Any]
Judgement = tuple[str, Outcome, str]  # quadrant, outcome, sentence
NONE: Judgement = ("", "not_computable", "")


def judged(
    frame: pd.DataFrame, target: str, level: float, smallest: float, inadmissible: Sequence[str] = ()
) -> pd.DataFrame:
    """The frame with `quadrant`, `outcome` and `verdict` before its notes; kinds, groups and levels are judged apart.

    Rows that are not `connected` to the target are not judged and have no part in the means. No row is where the
    solution is `inadmissible`.

    >>> rows = {"kind": "construct", "construct": ["a", "b", "c"], "item": "", "group": "", "weight": float("nan"),
    ...         "importance": [0.4, 0.1, 0.01], "importance_ci_lower": [0.3, -0.1, -0.02],
    ...         "importance_ci_upper": [0.5, 0.3, 0.04], "performance": [50.0, 60.0, 55.0],
    ...         "performance_ci_lower": [48.0, 58.0, 53.0], "performance_ci_upper": [52.0, 62.0, 57.0]}
    >>> frame = pd.DataFrame(rows).assign(note="", connected=True)
    >>> judged(frame, "loyalty", 0.95, smallest=0.05)["quadrant"].tolist()
    ['concentrate here', 'not shown', 'unimportant']
    """
    shown = ["importance", "performance"]
    keys = [name for name in ("kind", "group", "level") if name in frame.columns]
    kept = frame[keys].assign(**{name: frame[name].where(frame["connected"]) for name in shown})
    by = kept.groupby(keys, dropna=False)
    means, counts = by[shown].transform("mean"), by["importance"].transform("count")
    judgements: list[Judgement] = []
    for row, mean, count in zip(frame.to_dict("records"), means.to_dict("records"), counts, strict=True):
        if not row["connected"] or any(math.isnan(row[name]) for name in ("importance", *ENDS)):
            judgements.append(NONE)
        elif inadmissible:
            judgements.append(("", "fails", f"No verdict: inadmissible solution ({'; '.join(inadmissible)})."))
        else:
            least = smallest * (row["weight"] if row["kind"] == "item" else 1.0)
            judgements.append(_unranked(row, target, level, least) or _ranked(row, mean, int(count)))
    out = frame.drop(columns=["connected", "note"]).assign(
        quadrant=[quadrant for quadrant, _, _ in judgements],
        outcome=[outcome for _, outcome, _ in judgements],
        verdict=[verdict for _, _, verdict in judgements],
    )
    return out.assign(note=frame["note"])


def _unranked(row: Row, target: str, level: float, least: float) -> Judgement | None:
    """What is said of a row whose importance is none, not shown or negative; None for others."""
    low, high = (row[name] for name in ENDS)
    interval = f"the {level:.0%} interval of its effect on {target}, {low:.3f} to {high:.3f},"
    if -least < low and high < least:
        within = f"lies within ±{least:.3g}, the smallest effect of interest {LAKENS}"
        return UNIMPORTANT, "fails", f"Unimportant: {interval} {within}."
    if low <= 0 <= high:
        beyond = f"holds 0 and reaches beyond ±{least:.3g}: neither an effect nor its absence is shown"
        return NOT_SHOWN, "doubtful", f"Not shown: {interval} {beyond} {LAKENS}."
    if high < 0:
        return AGAINST, "fails", f"Works against: more of it goes with less {target} ({interval} lies below 0)."
    return None


def _ranked(row: Row, mean: Row, count: int) -> Judgement:
    if count < 2:
        alone = f"Alone: importance {row['importance']:.3f}, and no other {row['kind']} to set it against."
        return ALONE, "holds", alone
    if math.isnan(row["performance"]):
        return NONE
    important, well = row["importance"] >= mean["importance"], row["performance"] >= mean["performance"]
    name = QUADRANTS[important, well]
    over = [part for part in ("importance", "performance") if _reaches(row, part, mean[part])]
    near = f" Near the line: its interval of {' and of '.join(over)} reaches over it." if over else ""
    text = (
        f"{name[0].upper()}{name[1:]}: importance {row['importance']:.3f} {_side(important)} mean "
        f"{mean['importance']:.3f}, performance {row['performance']:.1f} {_side(well)} mean "
        f"{mean['performance']:.1f} {SOURCE}.{near}"
    )
    return name, "doubtful" if over else "holds", text


def _reaches(row: Row, part: str, line: float) -> bool:
    return bool(row[f"{part}_ci_lower"] < line < row[f"{part}_ci_upper"])


def _side(above: bool) -> str:
    return "at or above the" if above else "below the"
