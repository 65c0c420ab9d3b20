"""`what_if`: what a change of one construct would do to those that follow, in points from 0 to 100."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.chain.investing.importance import constructs_of, moved_at, placed, reasons, shows_only, unreadable
from sexresearch.chain.investing.points import Points, meters, readings, sampled
from sexresearch.chain.investing.scales import Scale, limits_of
from sexresearch.chain.joining import joined
from sexresearch.chain.paths.arrows import Arrows, all_arrows, checked_name
from sexresearch.errors import OptionError
from sexresearch.sem import Results
from sexresearch.sem.view import Array, Interval, View, view

ASSUMED = "if the model's arrows are causes, effects stay linear and all else stays as it is"
NUMBERS = ["change", "change_ci_lower", "change_ci_upper", "performance", "predicted"]


@in_words
def what_if(
    results: Results | View,
    changes: Mapping[str, float],
    scale: Scale | None = None,
    level: float = 0.95,
    bootstrap: int = 0,
    seed: int = 1,
    interval: Interval | None = None,
) -> pd.DataFrame:
    """The predicted change of every construct that follows, if some were raised or lowered from outside.

    Parameters
    ----------
    results : Results or View
        A fit.
    changes : dict of float by str
        Points between -100 and 100 by construct, as in ``{"culture": +5}``, on top of what the model passes on to it.
    scale : Survey, Instrument, (lowest, highest) or dict of such pairs by item, optional
        Ends of the items' answer scales, as in `importance`.
    level : float
        Coverage of the limits, between 0 and 1.
    bootstrap : int
        Replicates for the limits; 0 for none, otherwise at least 2.
    seed : int
        Whole number of at least 0 that decides the replicates or draws.
    interval : {"delta", "monte_carlo", "percentile", "bias_corrected", "bca"}, optional
        How limits are made, as in `effects`. Default: "delta", or "percentile" with replicates.

    Returns
    -------
    DataFrame
        One row per construct (and group, and level), causes before effects: construct, group, level, change,
        change_ci_lower, change_ci_upper (points), performance (today), predicted (then), note (the assumption behind
        the row, and what is missing). Where nothing follows, the other constructs stand there without a change, and
        with the reason.

    Raises
    ------
    ModelError
        A construct is not in the model.
    OptionError
        A change that is no number of points, answers off the scale, an unknown interval, or a number out of its range.

    Notes
    -----
    The change of t is the sum over the changed s of the total effect of s on t times the points of s (formulas: module
    `points`); limits as in `importance`. That the arrows are causes is an assumption, not a finding: the data fit as
    well where an arrow is turned round (Bollen & Pearl 2013, doi 10.1007/978-94-007-6094-3_15). At two levels a change
    stays at its own: respondents moved against others of their cluster, or whole clusters; note says which.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> joy = rng.normal(size=(300, 1))
    >>> data = pd.DataFrame(4 + joy + rng.normal(size=(300, 4)), columns=["j1", "j2", "j3", "stay"]).clip(1, 7)
    >>> results = fit("joy =~ j1 + j2 + j3; stay ~ joy", data)
    >>> what_if(results, {"joy": +5}, scale=(1, 7))[["construct", "change"]].round(0).to_numpy().tolist()
    [['joy', 5.0], ['stay', 5.0]]
    """
    fit = view(results, "what_if", levels=True)
    at = sampled(fit, interval, bootstrap, seed, level)
    graphs = all_arrows(fit)
    _refuse(fit, graphs, changes)
    scales, notes = limits_of(fit, scale)
    rows = [(name, number) for number, graph in enumerate(graphs) for name in _moved(fit, graph, number, changes)]
    names = [block.names for block in fit.blocks]

    def quantities(points: list[Points]) -> Array:
        change = [_change(points[g], graphs[g], names[g], name, changes) for name, g in rows]
        return np.stack([*change, *(points[g].level[:, names[g].index(name)] for name, g in rows)], axis=1)

    read = readings(fit, at, meters(fit, scales), quantities)
    (change, today), own = np.split(read["est"].to_numpy(), 2), read[: len(rows)]
    limits = own["ci_lower"].to_numpy(), own["ci_upper"].to_numpy()
    frame = pd.DataFrame({"construct": [name for name, _ in rows]})
    frame["group"] = [g for _, g in rows]
    frame = placed(fit, frame)
    numbers = np.stack([change, *limits, today, today + change], axis=1)
    lost = [bool(unreadable(fit, g)) for g in range(len(graphs))]
    numbers[[lost[g] for _, g in rows]] = np.nan
    silent = [not _reached(graphs[g], name, changes) for name, g in rows]
    numbers[np.ix_(silent, [NUMBERS.index(name) for name in NUMBERS if name != "performance"])] = np.nan
    frame[NUMBERS] = numbers
    ends = [(name, *(s for s in changes if s in names[g])) for name, g in rows]
    why = [reasons(fit, g, own, notes) for (_, g), own in zip(rows, ends, strict=True)]
    moved = [moved_at(fit, g) for _, g in rows]
    beyond = ["beyond the scale of 0 to 100" if not 0 <= x <= 100 else "" for x in frame["predicted"].fillna(50)]
    alone = [joined(*_alone(fit, graphs[g], g, name, changes)) for name, g in rows]
    drawn_notes = [joined(at.note, reason) for reason in own["reason"]]
    parts = zip(moved, alone, beyond, drawn_notes, why, strict=True)
    frame["note"] = [joined(ASSUMED, *own_parts, *others) for *own_parts, others in parts]
    return frame


def _refuse(fit: View, graphs: Sequence[Arrows], changes: Mapping[str, float]) -> None:
    if not isinstance(changes, Mapping) or not changes:
        raise OptionError(f"changes takes points by construct, such as {{'culture': +5}}; found {changes!r}")
    names = list(dict.fromkeys(name for graph in graphs for name in graph.names))
    for name, points in changes.items():
        checked_name(name, names, "construct", fit.latents)
        if isinstance(points, bool) or not isinstance(points, Real) or not -100 <= points <= 100:
            raise OptionError(f"the change of {name!r} must be points between -100 and 100; found {points!r}")


def _moved(fit: View, graph: Arrows, number: int, changes: Mapping[str, float]) -> list[str]:
    """The changed constructs and all that follow, causes before effects; all others where nothing follows."""
    reached = {name for source in changes if source in graph.names for name in graph.reach[source]}
    first = [name for name in changes if name in graph.names]
    if not first and fit.blocks[number].level is not None:
        return []
    after = [name for name in constructs_of(fit, number) if name in reached and name not in first]
    others = [name for name in constructs_of(fit, number) if name in graph.names and name not in first]
    return [*first, *(sorted(after, key=lambda name: -len(graph.reach[name])) or others)]


def _alone(fit: View, graph: Arrows, number: int, name: str, changes: Mapping[str, float]) -> list[str]:
    """Says so where a change goes nowhere, or does not reach a construct."""
    inside = [source for source in changes if source in graph.names]
    if name in inside:
        follows = any(construct in graph.reach[name] for construct in constructs_of(fit))
        return [] if follows else [f"no construct follows from {name}{shows_only(fit, number, name)}"]
    if _reached(graph, name, changes):
        return []
    return [f"no path of arrows leads to {name} from {', '.join(inside)}, so the model is silent on its change"]


def _reached(graph: Arrows, name: str, changes: Mapping[str, float]) -> bool:
    return name in changes or any(name in graph.reach[source] for source in changes if source in graph.names)


def _change(points: Points, graph: Arrows, names: Sequence[str], name: str, changes: Mapping[str, float]) -> Array:
    """(R,) points that reach a variable."""
    t = names.index(name)
    leads = [source for source in changes if source in names and (source == name or name in graph.reach[source])]
    parts = [changes[source] * points.total[:, t, names.index(source)] for source in leads]
    return np.sum([np.zeros(len(points.units)), *parts], axis=0)
