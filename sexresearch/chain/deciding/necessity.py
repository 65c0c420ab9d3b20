"""`necessity` and `bottlenecks`: what a target cannot do without, and how much of it a level of the target asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.chain.deciding.ceilings import CEILINGS, above, chance, cornermost, required, steps, without_each
from sexresearch.chain.deciding.scored import ScoredData, Scores, scored
from sexresearch.chain.joining import joined
from sexresearch.errors import OptionError
from sexresearch.sem import Results
from sexresearch.sem.view import Array, View
from sexresearch.survey.instrument import Instrument
from sexresearch.survey.survey import Survey
from sexresearch.verdict import against, gravest, prose

SMALL, SIGNIFICANT = 0.1, 0.05
TRIMMED = 0.01  # part of the respondents nearest to the empty corner, left out for a second look
FEWEST = 10  # respondents
NUMBERS = ("d", "pvalue", "d_least", "d_most", "d_trimmed", "above")
WEIGHTED = "sampling weights count in shares of respondents only: a ceiling rests on the answers there are"
CLUSTERED = "p takes respondents of one cluster for as independent as any"
WORDS = {"holds": "necessary", "doubtful": "not shown to be necessary"}


@in_words
def necessity(
    data: Results | View | Survey | pd.DataFrame,
    target: str,
    conditions: Sequence[str] | None = None,
    scale: Survey | Instrument | Mapping[str, tuple[float, float]] | Sequence[float] | None = None,
    scores: Scores = "composite",
    permutations: int = 1000,
    seed: int = 1,
) -> pd.DataFrame:
    """Which conditions a target cannot do without: high values of it never come with low values of them.

    Parameters
    ----------
    data : Results, View, Survey or DataFrame
        A fit, whose items weigh as in `importance`, or answers, whose items weigh alike.
    target : str
        A variable of the model; a construct or column of the answers.
    conditions : sequence of str, optional
        Constructs, items or columns. Default: as the attributes of `penalty_reward`.
    scale : Survey, Instrument, (lowest, highest) or dict of such pairs by item, optional
        Ends of the items' answer scales. Default: those of the survey, else the lowest and highest answer given.
    scores : {"composite", "latent"}
        "composite": means of items. "latent": Bartlett's factor scores in points, of results only.
    permutations : int
        How often the target is dealt out anew for the p value; 0 for none.
    seed : int
        Whole number of at least 0 that decides how.

    Returns
    -------
    DataFrame
        Two rows per condition (and group), one per ceiling: target, condition, group, ceiling (ce_fdh or cr_fdh), n, d,
        pvalue, d_least and d_most (with any one respondent left out), d_trimmed (without the one per cent nearest to
        the empty corner), above (share of respondents above the ceiling), outcome, verdict, note. outcome is
        "holds" where the condition is necessary, else "doubtful", or "not_computable": numbers are then missing, with
        the reason in note.

    Raises
    ------
    ModelError, DataError
        A name is not there, or there are no answers.
    OptionError
        An unknown option, or a number out of its range.

    Notes
    -----
    Ceilings, d and p: module `ceilings`. Necessary is what has d of at least .1 (Dul 2016,
    doi 10.1177/1094428115584005) and a p value of at most .05 (Dul, van der Laan & Kuik 2020,
    doi 10.1177/1094428118795272). A single careless answer in the corner can undo a necessity; d_most and d_trimmed
    show whether one did. Groups of a fit have ceilings of their own. Sampling weights count in shares of respondents
    only, as a ceiling rests on the answers there are; p deals out single answers, whatever cluster they are from.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> trust = rng.uniform(0, 10, size=200)
    >>> luck, joy = rng.uniform(0, 10, size=200), trust * rng.uniform(size=200)
    >>> data = pd.DataFrame({"trust": trust, "luck": luck, "joy": joy})
    >>> necessity(data, "joy").query("ceiling == 'ce_fdh'")[["condition", "d"]].round(1).to_numpy().tolist()
    [['trust', 0.5], ['luck', 0.0]]
    """
    _refuse("permutations", permutations)
    _refuse("seed", seed)
    return necessities(scored(data, "necessity", target, conditions, scale, scores), target, permutations, seed)


def necessities(points: ScoredData, target: str, permutations: int, seed: int) -> pd.DataFrame:
    """The frame of `necessity` from points that are there already."""
    random = np.random.default_rng(seed)
    parts = [(own, j) for own in points.groups for j in range(len(points.names))]
    return pd.DataFrame([row for own, j in parts for row in _rows(own, target, j, permutations, random)])


def _refuse(name: str, value: int) -> None:
    if isinstance(value, bool) or value < 0:
        raise OptionError(f"{name} must be a whole number of at least 0; found {value!r}")


def _rows(scores: ScoredData, target: str, j: int, deals: int, random: np.random.Generator) -> list[dict[str, object]]:
    x, y, w = _pair(scores, j)
    why, note = _lacking(scores, target, j, x, y), _note(scores, target, j, len(x), bool(deals))
    head = {"target": target, "condition": scores.names[j], "group": scores.label}
    if why:
        blank = dict.fromkeys(NUMBERS, np.nan)
        tail = {"outcome": "not_computable", "verdict": "", "note": joined(why, note)}
        return [{**head, "ceiling": name, "n": _answered(scores, target, j), **blank, **tail} for name in CEILINGS]
    own, p, each = steps(x, y), chance(x, y, deals, random), without_each(x, y)
    keep = ~cornermost(x, y, TRIMMED)
    rest = steps(x[keep], y[keep]) if np.ptp(x[keep]) and np.ptp(y[keep]) else None
    rows = []
    for name in CEILINGS:
        d = float(own.d(name)[0])
        judged = [
            against("d", d, SMALL, "Dul 2016"),
            against("p", p[name], SIGNIFICANT, "Dul, van der Laan & Kuik 2020", side="most", decimals=3,
                    because="no permutations were asked for"),
        ]  # fmt: skip
        text = prose(judged, WORDS)
        trimmed = float(rest.d(name)[0]) if rest is not None else np.nan
        numbers = (d, p[name], *each[name], trimmed, above(x, y, name, w))
        tail = {"outcome": gravest(judged), "verdict": f"{text[:1].upper()}{text[1:]}.", "note": note}
        rows.append({**head, "ceiling": name, "n": len(x), **dict(zip(NUMBERS, numbers, strict=True)), **tail})
    return rows


def _pair(scores: ScoredData, j: int) -> tuple[Array, Array, Array]:
    """A condition and the target of those who gave both, and what they weigh."""
    there = np.isfinite(scores.points[:, j]) & np.isfinite(scores.target)
    weights = np.ones(len(there)) if scores.made.weights is None else scores.made.weights
    return scores.points[there, j], scores.target[there], weights[there]


def _lacking(scores: ScoredData, target: str, j: int, x: Array, y: Array) -> str:
    """Why nothing can be said of a condition; empty where it can."""
    name = scores.names[j]
    same = [which for which, own in ((name, x), (target, y)) if scores.made.all_alike(which) or _all_alike(own)]
    if same:
        return f"all answers to {' and '.join(same)} are the same, so there is no room to be empty"
    return f"{len(x)} respondents gave both {name} and {target}; at least {FEWEST} must" if len(x) < FEWEST else ""


def _all_alike(values: Array) -> bool:
    return len(values) > 0 and not np.ptp(values)


def _scaleless(scored: ScoredData, target: str, j: int) -> bool:
    """Whether answers that are all the same left a scale without ends, so that nobody has points."""
    return any(scored.made.all_alike(name) for name in (scored.names[j], target))


def _answered(scored: ScoredData, target: str, j: int) -> float:
    """How many gave both; missing where nobody has points."""
    return np.nan if _scaleless(scored, target, j) else len(_pair(scored, j)[0])


def _note(scores: ScoredData, target: str, j: int, n: int, dealt: bool = False) -> str:
    if _scaleless(scores, target, j):
        return ""
    lost = len(scores.target) - n
    gone = f"{lost} of {len(scores.target)} respondents left out, as an answer is missing" if lost else ""
    weighed = WEIGHTED if scores.made.weights is not None else ""
    clustered = CLUSTERED if dealt and scores.made.clusters is not None else ""
    return joined(scores.note(scores.names[j]), scores.note(target), gone, weighed, clustered)


@in_words
def bottlenecks(
    data: Results | View | Survey | pd.DataFrame,
    target: str,
    conditions: Sequence[str] | None = None,
    scale: Survey | Instrument | Mapping[str, tuple[float, float]] | Sequence[float] | None = None,
    scores: Scores = "composite",
    percents: Sequence[float] = (0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100),
) -> pd.DataFrame:
    """How much of every condition a level of the target asks for, and how many respondents give less.

    Parameters
    ----------
    data : Results, View, Survey or DataFrame
        As `necessity`.
    target : str
        A variable of the model; a construct or column of the answers.
    conditions : sequence of str, optional
        Constructs, items or columns. Default: as the attributes of `penalty_reward`.
    scale : Survey, Instrument, (lowest, highest) or dict of such pairs by item, optional
        Ends of the items' answer scales, as `necessity`.
    scores : {"composite", "latent"}
        "composite" or "latent", as `necessity`.
    percents : sequence of float
        Levels of the target, in per cent of its range from the lowest to the highest that occurs.

    Returns
    -------
    DataFrame
        One row per condition (and group), ceiling and level: target, condition, group, ceiling, percent (of the
        target), required (of the condition, in points from 0 to 100), required_percent (of its range), share (of
        respondents who give less), note. Missing, with the reason in note, where nothing is asked for or the ceiling
        lies beyond what occurs.

    Raises
    ------
    ModelError, DataError
        A name is not there, or there are no answers.
    OptionError
        An unknown option, or per cents outside of 0 to 100.

    Notes
    -----
    Dul 2016, doi 10.1177/1094428115584005.

    Examples
    --------
    >>> import pandas as pd
    >>> data = pd.DataFrame({"trust": range(11), "joy": range(11)})
    >>> frame = bottlenecks(data, "joy", percents=(50, 100))
    >>> frame[["ceiling", "percent", "required_percent"]].to_numpy().tolist()
    [['ce_fdh', 50.0, 50.0], ['ce_fdh', 100.0, 100.0], ['cr_fdh', 50.0, 50.0], ['cr_fdh', 100.0, 100.0]]
    """
    levels = np.array([float(percent) for percent in percents])
    if not len(levels) or not ((levels >= 0) & (levels <= 100)).all():
        raise OptionError(f"percents must lie between 0 and 100; found {list(percents)!r}")
    points = scored(data, "bottlenecks", target, conditions, scale, scores)
    parts = [(own, j) for own in points.groups for j in range(len(points.names))]
    return pd.concat([_requirements(own, target, j, levels) for own, j in parts], ignore_index=True)


def _requirements(scores: ScoredData, target: str, j: int, levels: Array) -> pd.DataFrame:
    x, y, w = _pair(scores, j)
    why, note = _lacking(scores, target, j, x, y), _note(scores, target, j, len(x))
    frames = []
    for name in CEILINGS:
        head: dict[str, object] = {
            "target": target,
            "condition": scores.names[j],
            "group": [scores.label] * len(levels),
        }
        frame = pd.DataFrame({**head, "ceiling": name, "percent": levels})
        points = np.full(len(levels), np.nan)
        reasons = [why] * len(levels)
        if not why:
            points = required(x, y, y.min() + np.ptp(y) * levels / 100.0, name)
            free = points <= x.min()
            reasons = np.select([free, np.isnan(points)], ["not necessary", "more than occurs"], "").tolist()
            points[free] = np.nan
        frame["required"] = points
        frame["required_percent"] = 100.0 * (points - x.min()) / np.ptp(x) if not why else np.nan
        frame["share"] = [np.nan if np.isnan(p) else float(np.average(x < p, weights=w)) for p in points]
        frames.append(frame.assign(note=[joined(own, note) for own in reasons]))
    return pd.concat(frames, ignore_index=True)
