"""One sentence for every priority: first or not, told apart from the others or not, and by how much.

A lever is told apart from another where it is ahead of it in as many draws as the level asks. A gain whose interval
holds 0 makes no priority, whatever its rank.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from sexresearch.chain.deciding.ranks import Ranks
from sexresearch.verdict import Outcome, Verdict, admissible, against, gravest, prose

WORDS = {
    "first": {"holds": "first priority", "doubtful": "first, but not told apart from all others"},
    "only": {"holds": "first priority, as no other lever is ranked"},
    "behind": {"holds": "behind the first", "doubtful": "not told apart from the first"},
    "unshown": {"doubtful": "no priority, as no gain is shown", "fails": "works against the target"},
    "lost": {"fails": "no verdict"},
}
NO_DRAWS = "there are no draws"
Statement = tuple[str, list[Verdict]]


def judged_priorities(
    frame: pd.DataFrame, by_group: Sequence[tuple[list[int], Ranks]], level: float, inadmissible: Sequence[str] = ()
) -> pd.DataFrame:
    """The frame with `outcome` and `verdict`, both of verdicts as data; the latter empty where a row has no rank."""
    outcomes: list[Outcome] = ["not_computable"] * len(frame)
    sentences = [""] * len(frame)
    for rows, ranked in by_group:
        for place, row in enumerate(rows):
            kind, verdicts = priority(frame, rows, ranked, place, level, inadmissible)
            outcomes[row], sentences[row] = gravest(verdicts), f"{prose(verdicts, WORDS[kind])}."
    return frame.assign(outcome=outcomes, verdict=[text[:1].upper() + text[1:] for text in sentences])


def priority(
    frame: pd.DataFrame, rows: Sequence[int], ranked: Ranks, place: int, level: float, inadmissible: Sequence[str]
) -> Statement:
    """What is to be said of the row in that place among the ranked ones, as data: which kind of words, and verdicts."""
    if inadmissible:
        return "lost", [admissible(inadmissible)]
    low, high = (float(frame[f"gain_ci_{end}"][rows[place]]) for end in ("lower", "upper"))
    if high < 0:
        return "unshown", [Verdict("fails", "upper limit of the gain", high, 0.0)]
    if low <= 0:
        return "unshown", [against("lower limit of the gain", low, 0.0, "", strict=True)]
    names = [str(frame["construct"][row]) for row in rows]
    first = ranked.rank.tolist().index(min(ranked.rank))
    ahead = {k: float(ranked.ahead[first, k]) for k in range(len(rows)) if k != first}
    if place != first:
        criterion = f"probability that {names[first]} is ahead of it"
        return "behind", [_probable(criterion, ahead[place], level)]
    verdicts = [
        _probable(f"probability of being ahead of {names[k]}", ahead[k], level)
        for k in sorted(ahead, key=ahead.__getitem__)
    ]
    if not verdicts:
        return "only", [Verdict("holds", "the only lever", math.nan)]
    return "first", [v for v in verdicts if v.outcome != "holds"] or verdicts[:1]


def _probable(criterion: str, probability: float, level: float) -> Verdict:
    """A probability read off draws against the level asked for."""
    return against(criterion, probability, level, "", because=NO_DRAWS, share=True)
