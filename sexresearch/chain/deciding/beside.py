"""What stands beside a priority: whether the target can do without it, and whether it must not fail or delights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sexresearch.chain.deciding.necessity import necessities
from sexresearch.chain.deciding.penalty_reward import penalties
from sexresearch.chain.deciding.scored import scored
from sexresearch.chain.investing.scales import Scale
from sexresearch.errors import SexresearchError
from sexresearch.sem.view import View

CEILING = "ce_fdh"  # steps: what answers on a scale ask for
ALL = ""  # stands for the group where there is one only


def beside(fit: View, target: str, constructs: Sequence[str], scale: Scale | None, seed: int) -> pd.DataFrame:
    """By construct and group: d, kind, probability (of the kind) and why (what is missing)."""
    keys = pd.MultiIndex.from_product([list(constructs), fit.groups or [ALL]], names=["construct", "group"])
    blank = pd.DataFrame({"d": np.nan, "kind": "", "probability": np.nan, "why": ""}, index=keys)
    if not len(blank):
        return blank
    if not fit.holds_rows or not fit.converged:
        why = "the fit did not converge" if not fit.converged else "moments hold no answers"
        return blank.assign(why=f"no d and no kind: {why}")
    try:
        points = scored(fit, "priorities", target, list(constructs), scale, "composite")
    except SexresearchError as error:
        return blank.assign(why=f"no d and no kind: {error}")
    needed, classed = necessities(points, target, 0, seed), _keyed(penalties(points, target, seed=seed), "attribute")
    out = blank.assign(
        d=_keyed(needed[needed["ceiling"] == CEILING], "condition")["d"],
        kind=classed["kind"],
        probability=classed["probability"],
    )
    reasons = classed.loc[out.index, "reason"]
    return out.assign(
        why=[f"no kind: {why}" if not kind else "" for kind, why in zip(out["kind"], reasons, strict=True)]
    )


def _keyed(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    return frame.assign(group=frame["group"].fillna(ALL)).set_index([name, "group"])
