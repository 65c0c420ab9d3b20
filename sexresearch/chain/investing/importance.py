"""`importance`: what matters for a target beside how well it is done, for constructs and for their items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.chain.investing.levers import passes_through, ranked_by_default
from sexresearch.chain.investing.points import Points, composites_of, meters, no_means, readings, sampled
from sexresearch.chain.investing.quadrants import judged
from sexresearch.chain.investing.scales import Scale, limits_of
from sexresearch.chain.joining import joined
from sexresearch.chain.measurement.notes import clearly_loads
from sexresearch.chain.paths.arrows import Arrows, all_arrows, checked_name, is_drawn
from sexresearch.chain.paths.routes import feedback
from sexresearch.errors import ModelError, OptionError
from sexresearch.sem import Results
from sexresearch.sem.view import Array, Draws, Interval, View, matrices, view

COLUMNS = ["kind", "construct", "item", "group"]
WITHIN = "respondents within their cluster: one point more than others of the same cluster"
BETWEEN = "clusters: one point more for all respondents of a cluster, or of the cluster itself"
MEANS_ABOVE = "no performance within clusters: the means stand between them, at level 2"


SMALLEST = 0.05  # points of the target per point: twenty points more are worth less than one


@in_words
def importance(
    results: Results | View,
    target: str,
    scale: Scale | None = None,
    constructs: Sequence[str] | None = None,
    level: float = 0.95,
    smallest: float = SMALLEST,
    bootstrap: int = 0,
    seed: int = 1,
    interval: Interval | None = None,
) -> pd.DataFrame:
    """Where to invest: for every lever and its items, the effect of one point on the target beside its points today.

    Parameters
    ----------
    results : Results or View
        A fit.
    target : str
        A variable of the model.
    scale : Survey, Instrument, (lowest, highest) or dict of such pairs by item, optional
        Ends of the items' answer scales. Items it does not name run from their lowest to their highest answer, which
        note says.
    constructs : sequence of str, optional
        Those to be set against each other, best of one kind, such as the nine elements. Default: the levers, which are
        the constructs that lead to the target and that no other such construct leads to (what stands between passes on
        the lever's own effect and, being nearer, always weighs more). Whether a lever can be pulled (age cannot), the
        model does not know: name those that can.
    level : float
        Coverage of the limits, between 0 and 1.
    smallest : float
        Smallest effect of interest, in points of the target per point of a construct.
    bootstrap : int
        Replicates for the limits; 0 for none, otherwise at least 2.
    seed : int
        Whole number of at least 0 that decides the replicates or draws.
    interval : {"delta", "monte_carlo", "percentile", "bias_corrected", "bca"}, optional
        How limits are made, as in `effects`. Default: "delta", or "percentile" with replicates.

    Returns
    -------
    DataFrame
        One row per construct and item (and group, and level): target, kind, construct, item, group, level, weight,
        importance and performance with _ci_lower and _ci_upper, std_all (standardized total effect), quadrant, outcome,
        verdict, note. outcome is "holds" where the importance is shown and so is the quadrant, "doubtful" where an
        interval holds 0 or reaches over a line between quadrants, "fails" where the row is unimportant or works against
        the target, or the solution is inadmissible, else "not_computable". What is missing has its reason in note: no
        path, no scale, no means, an item with a negative loading, no convergence.

    Raises
    ------
    ModelError
        A name is not in the model.
    OptionError
        Answers off the scale, unknown items in `scale`, an unknown interval, or a number out of its range.

    Notes
    -----
    importance is the total effect in points of the target per point of the row, performance the mean, both in points
    from 0 to 100 (formulas: module `points`); an item's importance is its construct's times the item's weight in the
    index. Limits as in `effects`; means that the model does not hold vary as normal ones do, independently of the
    estimates. quadrant: means over the constructs (over the items) divide high from low (Martilla & James 1977,
    doi 10.1177/002224297704100112; Ringle & Sarstedt 2016, doi 10.1108/IMDS-10-2015-0449);
    "alone" where there is no other. Before that, "unimportant" where the whole interval of importance is nearer to 0
    than `smallest` (of an item: times its weight; Lakens 2017, doi 10.1177/1948550617697177), "not shown" where it
    holds 0 and reaches beyond, "works against" where it lies below 0; none where no path leads to the target, a number
    is missing or the solution is inadmissible.

    Two levels: levers and target are set against each other at the level that holds both. At level 1 a point is one
    more than others of the same cluster have, and there is no performance, as means stand at level 2; at level 2 it is
    one for the whole cluster, or on the scale of its records (Preacher, Zyphur & Zhang 2010, doi 10.1037/a0020141).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> joy, ease = rng.normal(size=(2, 300, 1))
    >>> data = np.hstack([joy + rng.normal(size=(300, 3)), ease, joy + 0.5 * ease + rng.normal(size=(300, 1))])
    >>> data = pd.DataFrame(4 + data, columns=["j1", "j2", "j3", "ease", "stay"]).clip(1, 7)
    >>> frame = importance(fit("joy =~ j1 + j2 + j3; stay ~ joy + ease", data), target="stay", scale=(1, 7))
    >>> frame[["construct", "quadrant"]].head(2).to_numpy().tolist()
    [['joy', 'concentrate here'], ['ease', 'possible overkill']]
    """
    fit = view(results, "importance", levels=True)
    _refuse(smallest)
    at = sampled(fit, interval, bootstrap, seed, level)
    graphs = all_arrows(fit)
    chosen = _chosen(fit, graphs, target, constructs)
    scales, notes = limits_of(fit, scale)
    rows = [row for number, graph in enumerate(graphs) for row in _rows(fit, graph, number, target, chosen[number])]
    beside = [passes_through(graphs[g], c, () if item else chosen[g], target) for _, c, item, g, _ in rows]
    frame = _numbers(fit, at, rows, target, scales, notes)
    moved = [moved_at(fit, g) for _, _, _, g, _ in rows]
    parts = zip(moved, beside, frame["note"], strict=True)
    frame["note"] = [joined(what, _shared(through), note) for what, through, note in parts]
    return judged(frame, target, level, smallest, fit.inadmissible)


def _refuse(smallest: float) -> None:
    if isinstance(smallest, bool) or not isinstance(smallest, Real) or not smallest >= 0:
        raise OptionError(f"smallest is an effect in points per point, 0 or more; found {smallest!r}")


def _shared(through: Sequence[str]) -> str:
    return f"a part of its effect runs through {' and '.join(through)}, listed beside it" if through else ""


def _chosen(fit: View, graphs: Sequence[Arrows], target: str, constructs: Sequence[str] | None) -> list[list[str]]:
    """By group, the constructs to be shown: those named, else levers and silent ones, else all but the target."""
    names = list(dict.fromkeys(name for graph in graphs for name in graph.names))
    checked_name(target, names, "target", fit.latents)
    if constructs is not None:
        listed = [constructs] if isinstance(constructs, str) else list(constructs)
        inside = [checked_name(name, names, "construct", fit.latents) for name in listed if name != target]
        targets = [inside for _ in graphs]
    else:
        inside = [name for name in constructs_of(fit) if name != target]
        own = [[name for name in constructs_of(fit, number) if name != target] for number in range(len(graphs))]
        pairs = list(zip(graphs, own, strict=True))
        targets = [ranked_by_default(graph, names, target) if target in graph.names else [] for graph, names in pairs]
        targets = targets if any(targets) else own
    if not inside:
        raise ModelError(f"there is nothing to set beside the target {target!r}: name constructs other than it")
    return [[name for name in own if name in graph.names] for own, graph in zip(targets, graphs, strict=True)]


def constructs_of(fit: View, number: int | None = None) -> list[str]:
    """Latent variables, then observed ones that no latent is measured by; of one level where there are two."""
    one = None if number is None or fit.blocks[number].level is None else number
    blocks, rows = (fit.blocks, fit.rows) if one is None else (fit.blocks[one : one + 1], fit.by_block[one])
    measured = {row.rhs for row in rows if row.op == "=~" and is_drawn(row)}
    there = {name for block in blocks for name in block.names}
    observed = (name for name in fit.observed if name not in measured)
    return [name for name in (*fit.latents, *observed) if name in there]


def items_of(fit: View, number: int, construct: str) -> list[str]:
    """The observed indicators of a construct in one group."""
    rows = fit.by_block[number]
    parts = [row.rhs for row in rows if row.op == "=~" and row.lhs == construct and is_drawn(row)]
    return [name for name in parts if name not in fit.latents]


Row = tuple[str, str, str, int, bool]  # kind, construct, item (or ""), number of the group, whether a path leads on


def _rows(fit: View, graph: Arrows, number: int, target: str, chosen: Sequence[str]) -> list[Row]:
    if target not in graph.names:
        return []
    leads = {name: target in graph.reach[name] for name in chosen}
    items = [
        ("item", name, item, number, True) for name in chosen if leads[name] for item in items_of(fit, number, name)
    ]
    return [*(("construct", name, "", number, leads[name]) for name in chosen), *items]


def _numbers(
    fit: View,
    at: Draws,
    rows: Sequence[Row],
    target: str,
    scales: Mapping[str, tuple[float, float]],
    notes: Mapping[str, str],
) -> pd.DataFrame:
    """The frame without quadrants: weights, importance and performance with limits, standardized effects, notes."""
    place = [{name: i for i, name in enumerate(block.names)} for block in fit.blocks]

    def quantities(points: list[Points]) -> Array:
        weight = [_weight(points[g], place[g], construct, item) for _, construct, item, g, _ in rows]
        effect = [
            points[g].total[:, place[g][target], place[g][c]] if leads else np.full(len(points[g].total), np.nan)
            for _, c, _, g, leads in rows
        ]
        shown = [points[g].level[:, place[g][item or construct]] for _, construct, item, g, _ in rows]
        return np.stack([*weight, *(w * e for w, e in zip(weight, effect, strict=True)), *shown], axis=1)

    read = readings(fit, at, meters(fit, scales), quantities)
    weight, effect, shown = (read[i * len(rows) : (i + 1) * len(rows)].reset_index(drop=True) for i in range(3))
    frame = pd.DataFrame(rows, columns=[*COLUMNS, "connected"])
    frame = placed(fit, frame)
    frame.insert(0, "target", target)
    frame["weight"] = np.where(frame["kind"] == "item", weight["est"], np.nan)
    for name, own in (("importance", effect), ("performance", shown)):
        frame[[name, f"{name}_ci_lower", f"{name}_ci_upper"]] = own[["est", "ci_lower", "ci_upper"]]
    frame["std_all"] = _standardized(fit, rows, target)
    frame["note"] = [
        joined("" if leads else _silent(fit, g, c, target), *reasons(fit, g, (item or c, target), notes), at.note, why)
        for (_, c, item, g, leads), why in zip(rows, effect["reason"], strict=True)
    ]
    numbers = [name for name in frame if name not in (*COLUMNS, "level", "target", "connected", "note")]
    lost = [bool(unreadable(fit, g)) for g in range(len(place))]
    frame.loc[[lost[g] for _, _, _, g, _ in rows], numbers] = np.nan
    return frame


def placed(fit: View, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with labels for the numbers of its blocks in "group", and with the level where there are two."""
    blocks = [fit.blocks[number] for number in frame["group"]]
    frame["group"] = [block.label if fit.groups else pd.NA for block in blocks]
    if fit.blocks[0].level is not None:
        frame.insert(frame.columns.get_loc("group") + 1, "level", pd.Series([b.level for b in blocks], dtype=object))
    return frame


def moved_at(fit: View, number: int) -> str:
    """Who is moved by one point at this level; empty for models of one level."""
    return {1: WITHIN, 2: BETWEEN}.get(fit.blocks[number].level or 0, "")


def _silent(fit: View, number: int, construct: str, target: str) -> str:
    shows = shows_only(fit, number, construct)
    return f"no path of arrows leads from {construct} to {target}, so the model is silent on its importance{shows}"


def shows_only(fit: View, number: int, construct: str) -> str:
    """What to know about a construct that is an indicator of another; empty for others."""
    rows = fit.by_block[number]
    above = [row.lhs for row in rows if row.op == "=~" and row.rhs == construct and is_drawn(row)]
    return f"; it only shows {' and '.join(above)}: a composite would make it a cause" if above else ""


def _weight(points: Points, place: Mapping[str, int], construct: str, item: str) -> Array:
    return points.weights[:, place[construct], place[item]] if item else np.ones(len(points.units))


def _standardized(fit: View, rows: Sequence[Row], target: str) -> Array:
    """Total effects of the constructs in standard deviations; missing for items and without a path."""
    out = np.full(len(rows), np.nan)
    for i, (kind, construct, _, number, leads) in enumerate(rows):
        names, at = fit.blocks[number].names, matrices(fit.places[number], fit.estimates[None, :])
        s, t = (names.index(name) for name in (construct, target))
        spread = np.diag(at.C[0])
        if kind == "construct" and leads and min(spread[s], spread[t]) > 0:
            out[i] = at.G[0, t, s] * np.sqrt(spread[s] / spread[t]) + 0.0
    return out


def unreadable(fit: View, number: int) -> str:
    """Why nothing of a group can be read in points; empty where it can."""
    if not fit.converged:
        return "the fit did not converge: see results.problems"
    if fit.blocks[number].roles.ordered:
        return "ordered items have categories and no points: fit them as numbers (estimator='MLR') for that"
    if feedback(fit, number) >= 1:
        return "a loop of the model does not settle (an eigenvalue of the paths is 1 or more): no total effects"
    return ""


def reasons(fit: View, number: int, names: Sequence[str], notes: Mapping[str, str]) -> list[str]:
    """What is missing or assumed where these variables are read in points."""
    lost = unreadable(fit, number)
    if lost:
        return [lost]
    reasons = [f"inadmissible solution: {'; '.join(fit.inadmissible)}"] if fit.inadmissible else []
    reasons += [] if np.isfinite(fit.vcov).all() else ["the fit has no standard errors (se='none')"]
    if no_means(fit.blocks[number]):
        reasons.append("the moments hold no means, so there is no performance")
    for name in names:
        reasons += _of_variable(fit, number, name, notes)
    if fit.blocks[number].roles.split:
        reasons.append(MEANS_ABOVE)
    return reasons


def _of_variable(fit: View, number: int, name: str, notes: Mapping[str, str]) -> list[str]:
    if name in notes:
        return [notes[name]]
    reasons_of_items, formed = [], name in composites_of(fit, number)
    for row, value in zip(fit.rows, fit.estimates, strict=True):
        if row.group == number and row.lhs == name and row.op == ("~" if formed else "=~") and value != 0:
            if value < 0 and not formed:
                reasons_of_items.append(_negative(fit, number, name, row.rhs))
            reasons_of_items += _of_variable(fit, number, row.rhs, notes)
    return reasons_of_items


def _negative(fit: View, number: int, construct: str, item: str) -> str:
    """What a negative loading asks for: the item recoded, or left out where the loading cannot be told from 0."""
    rows = fit.parameters.query("op == '=~' and lhs == @construct and rhs == @item")
    block = fit.blocks[number]
    own = rows[rows["group"] == block.label] if fit.groups else rows
    own = own if block.level is None else own[own["level"] == block.level]
    advice = "recode it" if clearly_loads(own).all() else "the loading cannot be told from 0, so leave the item out"
    return f"{item} loads negatively on {construct}, which has no index then: {advice}"
