"""`penalty_reward`: which attributes must not fail, and which delight; with the probability of each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy.special import ndtri

from sexresearch.arguments import in_words
from sexresearch.chain.deciding.asymmetry import FEWEST, KINDS, Indices, indices, probabilities
from sexresearch.chain.deciding.recipes import Recipes
from sexresearch.chain.deciding.scored import ScoredData, Scores, scored
from sexresearch.chain.joining import joined
from sexresearch.errors import OptionError
from sexresearch.sem import Results
from sexresearch.sem.view import View
from sexresearch.survey.instrument import Instrument
from sexresearch.survey.survey import Survey
from sexresearch.verdict import Verdict, against, prose

Curve = Literal["dummies", "spline"]
CURVES = get_args(Curve)
LINES = (25.0, 75.0)
WORDS = {
    "basic": "basic: low ratings take more than high ratings add",
    "performance": "performance: high ratings add about what low ratings take",
    "excitement": "excitement: high ratings add more than low ratings take",
    "none": "no effect, or one too small to tell",
}


@in_words
def penalty_reward(
    data: Results | View | Survey | pd.DataFrame,
    target: str,
    attributes: Sequence[str] | None = None,
    scale: Survey | Instrument | Mapping[str, tuple[float, float]] | Sequence[float] | None = None,
    scores: Scores = "composite",
    curve: Curve = "dummies",
    lines: Sequence[float] = LINES,
    seed: int = 1,
    level: float = 0.95,
) -> pd.DataFrame:
    """What low ratings of every attribute take from a target and high ratings add to it, and its class.

    Parameters
    ----------
    data : Results, View, Survey or DataFrame
        A fit, whose items weigh as in `importance`, or answers, whose items weigh alike.
    target : str
        A variable of the model; a construct or column of the answers.
    attributes : sequence of str, optional
        Default: of a fit, the levers of the target; of a survey, the elements of the standard, else its levels, else
        all other constructs; of a frame, all other columns of numbers.
    scale : Survey, Instrument, (lowest, highest) or dict of such pairs by item, optional
        Ends of the items' answer scales. Default: those of the survey, else the lowest and highest answer given.
    scores : {"composite", "latent"}
        "composite": means of items. "latent": Bartlett's factor scores in points, of results only.
    curve : {"dummies", "spline"}
        "dummies": one for low, one for high ratings. "spline": a smooth curve read at the mean of the same ratings.
    lines : sequence of two floats
        Ratings up to the first, in points from 0 to 100, are low, from the second on high.
    seed : int
        Whole number of at least 0 that decides the draws behind the probabilities.
    level : float
        Coverage of the limits, and the probability from which a class is stated without reserve; between 0 and 1.

    Returns
    -------
    DataFrame
        One row per attribute (and group): target, attribute, group, penalty and reward (in `unit`, with _ci_lower and
        _ci_upper), n_low, n_high, kind (basic, performance, excitement or none), probability (of the kind), p_basic,
        p_performance, p_excitement, p_none, unit, outcome, verdict, note. outcome is "holds" where the kind has a
        probability of `level`, else "doubtful", or "not_computable". Where fewer than 30 rate an attribute low, high
        or between, what rests on them is missing, and note says so.

    Raises
    ------
    ModelError, DataError
        A name is not there, or there are no answers.
    OptionError
        An unknown option, or a number out of its range.

    Notes
    -----
    All attributes stand in one regression, within each group of the fit; formulas, regions and sources: module
    `asymmetry`. Respondents count by the fit's sampling weights. Limits by HC3, or from clusters where the fit has them
    (module `regressed`).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> queue, gift = rng.integers(1, 6, size=(2, 500))
    >>> joy = -1.0 * (queue <= 2) + 1.0 * (gift >= 4) + rng.normal(size=500)
    >>> frame = penalty_reward(pd.DataFrame({"queue": queue, "gift": gift, "joy": joy}), "joy")
    >>> frame[["attribute", "kind"]].to_numpy().tolist()
    [['queue', 'basic'], ['gift', 'excitement']]
    """
    _refuse(curve, lines, seed, level)
    points = scored(data, "penalty_reward", target, attributes, scale, scores)
    size, unit = _unit(points.made, target, scores)
    ends = (float(lines[0]), float(lines[1]))
    frame = penalties(points, target, GainUnit(size, unit), curve == "spline", ends, seed, level)
    return frame.drop(columns="reason")  # which the note has


@dataclass(frozen=True)
class GainUnit:
    """What the target is counted in: units per point, and their name."""

    size: float = 1.0
    unit: str = "points"


IN_POINTS = GainUnit()


def penalties(
    points: ScoredData,
    target: str,
    counted: GainUnit = IN_POINTS,
    smooth: bool = False,
    lines: tuple[float, float] = LINES,
    seed: int = 1,
    level: float = 0.95,
) -> pd.DataFrame:
    """The frame of `penalty_reward` from points that are there already, and reason: the first for a missing class."""
    frames = []
    for own in points.groups:
        made = own.made
        numbers = indices(own.points, counted.size * own.target, lines, smooth, made.clusters, made.weights)
        frames.append(_frame(own, target, numbers, counted.unit, seed, level))
    return pd.concat(frames, ignore_index=True)


def _refuse(curve: str, lines: Sequence[float], seed: int, level: float) -> None:
    if curve not in CURVES:
        raise OptionError(f"curve {curve!r} is not known; allowed: {', '.join(CURVES)}")
    if len(lines) != 2 or not 0 <= lines[0] < lines[1] <= 100:
        raise OptionError(f"lines must be two rising numbers of points between 0 and 100; found {lines!r}")
    if not 0 < level < 1:
        raise OptionError(f"level must lie between 0 and 1; found {level!r}")
    if isinstance(seed, bool) or seed < 0:
        raise OptionError(f"seed must be a whole number of at least 0; found {seed!r}")


def _unit(made: Recipes, target: str, scores: str) -> tuple[float, str]:
    """What one point of the target is in the unit of its answers, and the unit's name."""
    ends = made.range_of(target)
    if ends is None or scores == "latent" or not np.isfinite(ends).all():
        return 1.0, "points"
    return (ends[1] - ends[0]) / 100.0, f"units of {target}"


def _frame(own: ScoredData, target: str, regression: Indices, unit: str, seed: int, level: float) -> pd.DataFrame:
    names = own.names
    random = np.random.default_rng(seed)
    shares = np.stack(
        [probabilities(e, c, regression.spread, random) for e, c in zip(regression.est, regression.cov, strict=True)]
    )
    half = float(ndtri(0.5 + level / 2)) * np.sqrt(np.stack([regression.cov[:, i, i] for i in (0, 1)], axis=1))
    known = np.isfinite(shares).all(axis=1)
    best = np.where(known, np.nan_to_num(shares).argmax(axis=1), -1)
    columns: dict[str, object] = {"target": target, "attribute": list(names), "group": [own.label] * len(names)}
    for j, name in enumerate(("penalty", "reward")):
        est = regression.est[:, j]
        columns |= {name: est, f"{name}_ci_lower": est - half[:, j], f"{name}_ci_upper": est + half[:, j]}
    columns |= {"n_low": regression.counts[:, 0], "n_high": regression.counts[:, 2]}
    columns["kind"] = [KINDS[k] if k >= 0 else "" for k in best]
    columns["probability"] = [shares[i, k] if k >= 0 else np.nan for i, k in enumerate(best)]
    columns |= {f"p_{kind}": shares[:, k] for k, kind in enumerate(KINDS)}
    frame = pd.DataFrame(columns).assign(unit=unit)
    classes = [_class(row, level) for row in frame.to_dict("records")]
    sentences = [_sentence(own, row) for own, row in zip(classes, frame.to_dict("records"), strict=True)]
    frame["outcome"], frame["verdict"] = [own.outcome for own in classes], sentences
    why = [(_lacking(regression, i, target), own.note(name), _of_target(own, target)) for i, name in enumerate(names)]
    frame["reason"] = [next(filter(None, (_rare(regression, i), *reasons)), "") for i, reasons in enumerate(why)]
    frame["note"] = [joined(*reasons, _lost(own, regression)) for reasons in why]
    return frame


def _class(row: Mapping[object, object], level: float) -> Verdict:
    """Whether the class of an attribute is sure enough to be stated without reserve."""
    lacking = "there is no class"
    return against(
        f"probability of {row['kind']}", float(str(row["probability"])), level, "", because=lacking, share=True
    )


def _sentence(judged: Verdict, row: Mapping[object, object]) -> str:
    """The class of an attribute in a sentence; empty where it has none."""
    kind = str(row["kind"])
    if judged.outcome == "not_computable":
        return ""
    words = {"holds": WORDS[kind], "doubtful": f"most likely {WORDS[kind]}"}
    beside = [Verdict("holds", name, float(str(row[name])), decimals=2) for name in ("penalty", "reward")]
    text = prose([judged], words, beside)
    return f"{text[:1].upper()}{text[1:]}."


def _lacking(regression: Indices, i: int, target: str) -> str:
    """Why an attribute has no penalty, no reward or no class."""
    if np.isfinite(regression.est[i]).all() or not regression.counts[i].any():
        return ""  # nobody rates it: the notes of the name or of the target say why
    rare = _rare(regression, i)
    if rare:
        return f"{rare}; at least {FEWEST} must, so there is no class"
    if not regression.spread > 0:
        return f"all answers to {target} are the same, so there is no class"
    return "its ratings follow from those of other attributes, so there is no class"


def _rare(regression: Indices, i: int) -> str:
    """Where too few rate an attribute for it to have a class."""
    regions = zip(("low", "between low and high", "high"), regression.counts[i], strict=True)
    few = [f"{count} of {regression.used} rate it {where}" for where, count in regions if count < FEWEST]
    return " and ".join(few) if regression.counts[i].any() else ""


def _of_target(own: ScoredData, target: str) -> str:
    note = own.note(target)
    return f"{target}: {note}" if own.made.without_scale(target) else note


def _lost(own: ScoredData, regression: Indices) -> str:
    lost = len(own.target) - regression.used
    return f"{lost} of {len(own.target)} respondents left out, as they did not rate everything" if lost else ""
