"""`priorities`: what to improve next, and with which probability it is the right choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import TypeAlias

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.chain.deciding.beside import ALL, beside
from sexresearch.chain.deciding.gains import total_draws
from sexresearch.chain.deciding.own_units import TargetUnits, units_of
from sexresearch.chain.deciding.priority_verdicts import judged_priorities
from sexresearch.chain.deciding.ranks import Ranks, ranks
from sexresearch.chain.investing.importance import importance
from sexresearch.chain.investing.scales import limits_of
from sexresearch.chain.joining import joined
from sexresearch.errors import OptionError
from sexresearch.sem import Results
from sexresearch.sem.view import Array, Draws, View, draws, view
from sexresearch.standard import chain as effect_chain
from sexresearch.standard.nodes import node_key
from sexresearch.survey.instrument import Instrument
from sexresearch.survey.survey import Survey

FREE = "a cost of 0 leaves nothing to divide the gain by, so it is not ranked"
UNPRICED = "no cost is given, so it is not ranked"
Scaled: TypeAlias = "Survey | Instrument | pd.DataFrame | Mapping[str, tuple[float, float]] | Sequence[float] | None"
POINTS = 5.0  # points of a lever whose worth is stated
FIRST = ["target", "construct", "clause", "group", "importance", "importance_ci_lower", "importance_ci_upper"]
FIRST += ["performance", "performance_ci_lower", "performance_ci_upper"]
LAST = [
    "d",
    "kind",
    "probability",
    "gain",
    "gain_ci_lower",
    "gain_ci_upper",
    "points",
    "unit",
    "cost",
    "gain_per_cost",
    "rank",
    "p_first",
]
LAST += ["p_top_two", "outcome", "verdict", "note"]


@in_words
def priorities(
    results: Results | View,
    survey: Scaled,
    target: str,
    cost: Mapping[str, float] | None = None,
    points: float = POINTS,
    constructs: Sequence[str] | None = None,
    bootstrap: int = 0,
    seed: int = 1,
    level: float = 0.95,
) -> pd.DataFrame:
    """What to improve next: what some points of every lever bring to the target, its rank, and how sure the rank is.

    Parameters
    ----------
    results : Results or View
        A fit.
    survey : Survey, Instrument, DataFrame, dict of (lowest, highest) by item, (lowest, highest) or None
        Where the answers' scales and the clauses stand; a frame and None say neither.
    target : str
        A variable of the model. One that is no rating, such as spending, stays in its own units.
    cost : dict of float by str, optional
        What one point of a lever costs, at least 0. The rank is then that of the gain per cost; a lever that costs 0
        has none.
    points : float
        Points of a lever whose worth is stated, above 0 and up to 100.
    constructs : sequence of str, optional
        Those to be ranked. Default: the levers, as in `importance`, so that no cause stands against its own mediator.
    bootstrap : int
        Replicates for limits and probabilities; 0 for draws from the estimates' normal distribution.
    seed : int
        Whole number of at least 0 that decides the draws.
    level : float
        Coverage of the limits, between 0 and 1; also the probability from which one lever is told apart from another.

    Returns
    -------
    DataFrame
        One row per lever (and group), first ranks first: target, construct, clause, group, importance and performance
        with _ci_lower and _ci_upper, d (of `necessity`, ceiling ce_fdh), kind and its probability (of
        `penalty_reward`), gain with limits, points, unit, cost, gain_per_cost, rank, p_first, p_top_two, outcome,
        verdict (the outcome in words), note. outcome is "holds" where the row is told apart: first from all others, any
        other from the first; "doubtful" where it is not, or where no gain is shown; "fails" where it works against the
        target, or the solution is inadmissible. What is missing has its reason in note.

    Raises
    ------
    ModelError
        A name is not in the model.
    OptionError
        A cost below 0, a cost of what is not ranked, answers off the scale, a number out of its range.

    Notes
    -----
    importance is the total effect (formulas: module `points`), gain that many points of it. p_first and p_top_two are
    the shares of draws of all coefficients together in which the row comes first, or among the first two (draws:
    MacKinnon, Lockwood & Williams 2004, doi 10.1207/s15327906mbr3901_4). They say how sure the ranking is if the
    arrows of the model are causes; no draw tests that.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> joy, ease = rng.normal(size=(2, 300))
    >>> data = pd.DataFrame({"joy": joy, "ease": ease, "stay": joy + 0.5 * ease + rng.normal(size=300)})
    >>> frame = priorities(fit("stay ~ joy + ease", data), (-9, 9), "stay")
    >>> frame[["construct", "rank", "p_first"]].to_numpy().tolist()
    [['joy', 1.0, 1.0], ['ease', 2.0, 0.0]]
    """
    fit = view(results, "priorities")
    if isinstance(points, bool) or not isinstance(points, Real) or not 0 < points <= 100:
        raise OptionError(f"points must lie above 0, up to 100; found {points!r}")
    to_rank = _to_rank(fit, survey, target, cost, constructs, level)
    at = draws(fit, None if bootstrap else "monte_carlo", bootstrap, seed, level)
    return _ranked_by(fit, *to_rank, target, at, bool(cost), points, seed)


def priorities_by(
    fit: View,
    survey: Scaled,
    target: str,
    at: Draws,
    cost: Mapping[str, float] | None = None,
    constructs: Sequence[str] | None = None,
    seed: int = 1,
) -> pd.DataFrame:
    """The frame of `priorities` from draws that are there already, so that several targets can share them."""
    to_rank = _to_rank(fit, survey, target, cost, constructs, at.level)
    return _ranked_by(fit, *to_rank, target, at, bool(cost), POINTS, seed)


def _to_rank(
    fit: View,
    survey: Scaled,
    target: str,
    cost: Mapping[str, float] | None,
    constructs: Sequence[str] | None,
    level: float,
) -> tuple[TargetUnits, pd.DataFrame]:
    """The units of the target, and the levers with clause and cost."""
    units = units_of(fit, None if isinstance(survey, pd.DataFrame) else survey, target)
    frame = _levers(fit, units, target, constructs, level)
    frame["clause"] = [_clause(survey, name) for name in frame["construct"]]
    frame["cost"] = _costs(cost, frame["construct"].tolist())
    return units, frame


def _ranked_by(
    fit: View, units: TargetUnits, frame: pd.DataFrame, target: str, at: Draws, costly: bool, points: float, seed: int
) -> pd.DataFrame:
    sampled = _importance_draws(fit, at, units, frame, target)
    frame = _with_gains(_classed(fit, frame, target, units, seed), sampled, points, at)
    return _ordered(judged_priorities(*_ranked(frame, sampled, costly, at), at.level, fit.inadmissible))


def _levers(fit: View, units: TargetUnits, target: str, constructs: Sequence[str] | None, level: float) -> pd.DataFrame:
    """The rows of `importance` that stand for constructs, with importance in the target's units."""
    rows = importance(fit, target, units.scale, constructs, level)
    frame = rows[rows["kind"] == "construct"].reset_index(drop=True)
    own = ["importance", "importance_ci_lower", "importance_ci_upper"]
    frame[own] = frame[own] * units.size
    return frame.assign(unit=units.word).drop(columns=["quadrant", "outcome", "verdict"])


def _classed(fit: View, frame: pd.DataFrame, target: str, units: TargetUnits, seed: int) -> pd.DataFrame:
    """The frame with d and kind of the constructs that lead to the target, group by group."""
    classes = beside(
        fit, target, list(dict.fromkeys(frame["construct"][frame["importance"].notna()])), units.scale, seed
    )
    keys = pd.MultiIndex.from_arrays([frame["construct"], frame["group"].fillna(ALL)])
    own = classes.reindex(keys).reset_index(drop=True)
    note = [joined(note, why) for note, why in zip(frame["note"], own["why"].fillna(""), strict=True)]
    return frame.assign(d=own["d"], kind=own["kind"].fillna(""), probability=own["probability"], note=note)


def _clause(survey: object, construct: str) -> str:
    """The clause of the standard that a construct stands for, or its node where the standard numbers none."""
    instrument = survey.instrument if isinstance(survey, Survey) else survey
    parts = instrument.constructs if isinstance(instrument, Instrument) else ()
    node = next((node_key(part.node) for part in parts if part.name == construct and part.node), "")
    return effect_chain.nodes[node].term or node if node and node in effect_chain.nodes else node


def _costs(cost: Mapping[str, float] | None, names: Sequence[str]) -> list[float]:
    unknown = [name for name in cost or {} if name not in names]
    if unknown:
        ranked = ", ".join(names)
        raise OptionError(f"cost names {', '.join(map(repr, unknown))}, not ranked here; ranked are: {ranked}")
    for name, value in (cost or {}).items():
        if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= value < np.inf:
            raise OptionError(f"the cost of a point of {name!r} must be a number above 0; found {value!r}")
    return [float((cost or {}).get(name, np.nan)) for name in names]


def _importance_draws(fit: View, at: Draws, units: TargetUnits, frame: pd.DataFrame, target: str) -> Array:
    """(R, rows) draws of importance; NaN where a row has none."""
    numbers = [0 if not fit.groups else fit.groups.index(label) for label in frame["group"]]
    shown = frame["importance"].notna().to_numpy()
    causes = [pair for pair, kept in zip(zip(frame["construct"], numbers, strict=True), shown, strict=True) if kept]
    totals = total_draws(fit, at, limits_of(fit, units.scale)[0], causes, target)
    out = np.full((len(totals), len(frame)), np.nan)
    out[:, shown] = units.size * totals
    return out


def _with_gains(frame: pd.DataFrame, sampled: Array, points: float, at: Draws) -> pd.DataFrame:
    """The frame with gains; limits of replicates where there are any, else those of `importance`."""
    out = frame.copy()
    if at.method == "percentile" and len(sampled):
        tails = (0.5 - at.level / 2, 0.5 + at.level / 2)
        shown = out["importance"].notna().to_numpy()
        ends = np.nanquantile(sampled[:, shown], tails, axis=0)
        out.loc[shown, "importance_ci_lower"], out.loc[shown, "importance_ci_upper"] = ends
    for end in ("", "_ci_lower", "_ci_upper"):
        out[f"gain{end}"] = points * out[f"importance{end}"]
    out["points"], out["gain_per_cost"] = points, out["gain"] / (points * out["cost"].where(out["cost"] > 0))
    beyond = (out["performance"] + points > 100) & out["gain"].notna()
    over = np.where(beyond, f"{points:g} more points would lead beyond the end of the scale", "")
    out["note"] = [joined(*parts) for parts in zip(out["note"], over, strict=True)]
    return out


def _basis(at: Draws, ranked: Ranks) -> str:
    """What the probabilities rest on, or why there are none."""
    if at.reason:
        return f"no probability of the rank: {at.reason}"
    kind = "draws" if at.method == "monte_carlo" else "bootstrap replicates"
    return joined(f"probabilities from {ranked.used:,} {kind}", at.note)


def _ranked(
    frame: pd.DataFrame, sampled: Array, costly: bool, at: Draws
) -> tuple[pd.DataFrame, list[tuple[list[int], Ranks]]]:
    """The frame with ranks within each group, and the ranks of each group with the rows they are of."""
    out = frame.copy()
    out[["rank", "p_first", "p_top_two"]] = np.nan
    by = out["gain_per_cost"] if costly else out["gain"]
    lacking = out["gain"].notna() & by.isna()
    out.loc[lacking, "note"] = [
        joined(FREE if cost == 0 else UNPRICED, note)
        for cost, note in zip(out["cost"][lacking], out["note"][lacking], strict=True)
    ]
    by_group = []
    for _, rows in out.groupby("group", dropna=False, sort=False).groups.items():
        own = [row for row in rows if np.isfinite(by[row])]
        scale = (1.0 / out["cost"] if costly else out["points"]).to_numpy()[own]
        ranked = ranks(by.to_numpy()[own], sampled[:, own] * scale)
        out.loc[own, "rank"], out.loc[own, "p_first"], out.loc[own, "p_top_two"] = (
            ranked.rank, ranked.p_first, ranked.p_top_two,
        )  # fmt: skip
        out.loc[own, "note"] = [joined(note, _basis(at, ranked)) for note in out["note"][own]]
        by_group.append((own, ranked))
    return out, by_group


def _ordered(frame: pd.DataFrame) -> pd.DataFrame:
    """Groups in their order, first ranks first, what is not ranked last."""
    groups = list(dict.fromkeys(frame["group"].fillna("")))
    place = frame["group"].fillna("").map(groups.index)
    order = np.lexsort((np.arange(len(frame)), frame["rank"].fillna(np.inf), place))
    return frame.iloc[order].reset_index(drop=True)[[*FIRST, *LAST]]
