"""`effects`: direct, specific indirect, total indirect and total effects between constructs, with intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.chain.joining import joined
from sexresearch.chain.paths.arrows import Arrows, all_arrows, checked_name
from sexresearch.chain.paths.estimands import (
    SHARE,
    Estimand,
    GroupAndLevel,
    VariablePair,
    derived,
    estimand_slopes,
    estimands,
)
from sexresearch.chain.paths.routes import Route, feedback, route_slopes, route_values
from sexresearch.errors import ModelError, OptionError
from sexresearch.sem import Results
from sexresearch.sem.view import Array, Draws, Interval, View, draws, uncertain, view, z_and_p

MOST_PATHS = 100  # specific paths between two constructs that are listed one by one
NUMBERS = ["est", "se", "z", "pvalue", "ci_lower", "ci_upper", "std_all", "std_all_ci_lower", "std_all_ci_upper"]
KEYS = ["source", "target", "group", "level", "effect", "path"]


@in_words
def effects(
    results: Results | View,
    source: str | Sequence[str] | None = None,
    target: str | Sequence[str] | None = None,
    bootstrap: int = 0,
    seed: int = 1,
    interval: Interval | None = None,
    contrast: tuple[str, str] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """How much of a change in one variable reaches another, along which paths?

    Parameters
    ----------
    results : Results or View
        A fit.
    source, target : str or sequence of str, optional
        Variables of the model. Default: from what nothing explains to what explains nothing further.
    bootstrap : int
        Replicates for the limits; 0 for none, otherwise at least 2. Moments hold no rows: their replicates are drawn
        from the fitted model.
    seed : int
        Whole number of at least 0 that decides the replicates or draws.
    interval : {"delta", "monte_carlo", "percentile", "bias_corrected", "bca"}, optional
        How limits are made; the last three need `bootstrap`. Default: "delta", or "percentile" with replicates.
    contrast : pair of str, optional
        Two variables: the paths through the first less those through the second. Default: every two of up to four
        specific paths are compared.
    level : float
        Coverage of the limits, between 0 and 1.

    Returns
    -------
    DataFrame
        One row per effect, groups one after the other, then their differences: source, target, group, effect, path,
        est, se, z, pvalue, ci_lower, ci_upper (units of the data), std_all, std_all_ci_lower, std_all_ci_upper,
        interval, note. effect is direct, indirect (one path), total indirect, total, share mediated, through or
        contrast. What is 0 or missing has its reason in note: no path, a fit that did not converge, replicates that
        failed.

    Raises
    ------
    ModelError
        A variable is not in the model, or no effect leads anywhere.
    OptionError
        An unknown interval, or a number out of its range.

    Notes
    -----
    Every simple path along regressions and loadings is listed; the total is (I - B)^-1 - I, to which listed paths do
    not add up in a loop (Bollen 1989, doi 10.1002/9781118619179; Sobel 1982; formulas: modules `routes`,
    `uncertainty`). share mediated is total indirect over total: missing where direct and indirect effects have opposite
    signs, unsteady below some 500 respondents (MacKinnon, Warsi & Dwyer 1995, doi 10.1207/s15327906mbr3001_3). Reading
    effects as consequences takes the model's arrows for causes; no interval tests that.
    A model of two levels has effects at either one, and a column level: what leads from a variable of the clusters to
    their respondents (2-1-1, 2-2-1) is that at level 2, and an effect of respondents (1-1-1) has its part within
    clusters and its part between them, the row "2 − 1" being their difference (Preacher, Zyphur & Zhang 2010, doi
    10.1037/a0020141).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=200)
    >>> m = 0.5 * x + rng.normal(size=200)
    >>> results = fit("m ~ x; y ~ m", pd.DataFrame({"x": x, "m": m, "y": 0.5 * m + rng.normal(size=200)}))
    >>> effects(results, source="x", target="y")[["effect", "path"]].head(2).to_numpy().tolist()
    [['direct', 'x → y'], ['indirect', 'x → m → y']]
    """
    fit = view(results, "effects", levels=True)
    graphs = all_arrows(fit)
    wanted = _pairs(fit, graphs, source, target)
    through = _through(fit, graphs, contrast)
    at = draws(fit, interval, bootstrap, seed, level)
    pairs = [_pair(fit, graphs[n], n, *ends) for ends in wanted for n in _where(fit, graphs, *ends)]
    return _frame(fit, pairs, estimands(pairs, _parts(fit), through), at)


def _parts(fit: View) -> list[GroupAndLevel]:
    """Group and level of every block."""
    several = len(fit.groups) > 1
    return [
        GroupAndLevel(block.label if several else pd.NA, pd.NA if block.level is None else block.level)
        for block in fit.blocks
    ]


def _where(fit: View, graphs: Sequence[Arrows], source: str, target: str) -> list[int]:
    """The blocks to look at: all of them, or the levels that hold both variables."""
    blocks = list(range(len(graphs)))
    if fit.blocks[0].level is None:
        return blocks
    both = [n for n in blocks if source in graphs[n].names and target in graphs[n].names]
    if not both:
        where = {
            name: next(fit.blocks[n].level for n in blocks if name in graphs[n].names) for name in (source, target)
        }
        where_each = " and ".join(f"{name!r} is at level {level} alone" for name, level in where.items())
        raise ModelError(f"{where_each}: parts within clusters and parts between them do not act on each other")
    return both


def _pairs(
    fit: View,
    graphs: Sequence[Arrows],
    source: str | Sequence[str] | None,
    target: str | Sequence[str] | None,
) -> list[tuple[str, str]]:
    """Which effects are asked for: the names given, or those of the ends of the model that are connected."""
    names = _names(graphs)
    sources, targets = _ends(fit)
    given = [_listed(part) for part in (source, target)]
    wanted = [
        checked_name(n, names, w, fit.latents)
        for w, part in zip(("source", "target"), given, strict=True)
        for n in part
    ]
    sources, targets = wanted[: len(given[0])] or sources, wanted[len(given[0]) :] or targets
    pairs = [(s, t) for s in sources for t in targets if s != t or wanted]
    if source is None or target is None:
        pairs = [(s, t) for s, t in pairs if any(t in graph.reach[s] for graph in graphs if s in graph.names)]
    if not pairs:
        raise ModelError(_unconnected(source, target))
    apart = [(s, t) for s, t in pairs if s != t]
    if not apart:
        raise ModelError(f"source and target are both {pairs[0][0]!r}; an effect needs two variables")
    return apart


def _ends(fit: View) -> tuple[list[str], list[str]]:
    """What nothing explains, and what explains nothing further: in the first group, at any level of it."""
    first = [block.roles for block in fit.blocks[: 1 if fit.blocks[0].level is None else 2]]
    sources = [name for roles in first for name in (*roles.exogenous_latent, *roles.exogenous)]
    return list(dict.fromkeys(sources)), list(dict.fromkeys(name for roles in first for name in roles.outcomes))


def _unconnected(source: str | Sequence[str] | None, target: str | Sequence[str] | None) -> str:
    """What to say where no effect was found because only one end, or none, was named."""
    if source is None and target is None:
        return "the model has no regression that leads anywhere; name source and target"
    end, named, other = ("to", target, "source") if source is None else ("on from", source, "target")
    return f"no arrow of the model leads {end} {', '.join(_listed(named))}; name a {other} to see that the effect is 0"


def _names(graphs: Sequence[Arrows]) -> list[str]:
    return list(dict.fromkeys(name for graph in graphs for name in graph.names))


def _listed(names: str | Sequence[str] | None) -> list[str]:
    return [names] if isinstance(names, str) else list(names or ())


def _through(fit: View, graphs: Sequence[Arrows], contrast: tuple[str, str] | None) -> tuple[str, ...]:
    if contrast is None:
        return ()
    if isinstance(contrast, str) or len(contrast) != 2 or contrast[0] == contrast[1]:
        raise OptionError(f"contrast takes two variables that paths lead through; found {contrast!r}")
    return tuple(checked_name(name, _names(graphs), "contrast", fit.latents) for name in contrast)


def _pair(fit: View, graph: Arrows, number: int, source: str, target: str) -> VariablePair:
    """The route between two variables in one group, with the reasons its rows need."""
    absent = [name for name in (source, target) if name not in graph.names]
    if absent:
        return VariablePair(source, target, number, None, (), f"{absent[0]} is not in the model of this group")
    paths = graph.paths(source, target, MOST_PATHS)
    many = f"more than {MOST_PATHS} paths: too many to list" if len(paths) > MOST_PATHS else ""
    paths = [] if many else paths
    place = {name: i for i, name in enumerate(fit.blocks[number].names)}
    steps = tuple(tuple(place[name] for name in path) for path in paths)
    route = Route(number, place[source], place[target], steps)
    reasons = _reasons(fit, graph, number, source, target, many)
    return VariablePair(source, target, number, route, tuple(paths), *reasons)


def _reasons(fit: View, graph: Arrows, number: int, source: str, target: str, many: str) -> tuple[str, str, str, bool]:
    """Why nothing is passed on, why there is no direct effect, what to know about the total."""
    if target not in graph.reach[source]:
        back = f"; the arrows lead from {target} to {source}" if source in graph.reach[target] else ""
        return f"0: no path of arrows leads from {source} to {target}{back}", "", "", False
    direct = "" if target in graph.after.get(source, ()) else f"0: the model has no arrow from {source} to {target}"
    loop = graph.loop(source, target)
    if not loop:
        return "", direct, many, False
    size = feedback(fit, number)
    if size >= 1:
        return (
            "",
            direct,
            f"no total: the loop of {', '.join(loop)} does not settle (eigenvalue {size:.2f}, limit 1)",
            True,
        )
    total = f"total by (I - B)^-1: {', '.join(loop)} form a loop, which the paths do not add up to"
    return "", direct, joined(many, total), False


def _frame(fit: View, pairs: Sequence[VariablePair], rows: Sequence[Estimand], at: Draws) -> pd.DataFrame:
    routes = [pair.route for pair in pairs if pair.route is not None]
    base, slopes = route_values(fit, routes, *at.point), route_slopes(fit, routes)
    samples = route_values(fit, routes, *at.samples) if len(at.samples[0]) else base
    scales = []
    for scale in (0, 1):
        est = derived(rows, base[scale])[0]
        lean = estimand_slopes(rows, base[scale][0], slopes[scale])
        scales.append((est, uncertain(at, est, lean, derived(rows, samples[scale]))))
    return _table(rows, scales, at, fit.converged)


def _table(
    rows: Sequence[Estimand], scales: Sequence[tuple[Array, pd.DataFrame]], at: Draws, converged: bool
) -> pd.DataFrame:
    (est, raw), (std, scaled) = scales
    z, pvalue = z_and_p(est, raw["se"].to_numpy())
    columns = {key: [getattr(row, key) for row in rows] for key in KEYS} | {
        "est": est,
        "se": raw["se"],
        "z": z,
        "pvalue": pvalue,
        "ci_lower": raw["ci_lower"],
        "ci_upper": raw["ci_upper"],
        "std_all": std,
        "std_all_ci_lower": scaled["ci_lower"],
        "std_all_ci_upper": scaled["ci_upper"],
        "interval": at.method,
        "note": [joined(row.note, reason, at.note) for row, reason in zip(rows, raw["reason"], strict=True)],
    }
    frame = pd.DataFrame(columns)
    frame = _in_units(frame) if frame["level"].notna().any() else frame.drop(columns="level")
    frame.loc[(frame["se"] == 0) & (frame["note"] == ""), "note"] = "fixed by the model, so there is no error"
    share = (frame["effect"] == SHARE) & ~frame["est"].between(0, 1)
    frame.loc[share & frame["est"].notna() & converged, "note"] = (
        "direct and indirect effects have opposite signs, so there is no share"
    )
    frame.loc[share | (not converged), NUMBERS] = np.nan
    return frame


def _in_units(frame: pd.DataFrame) -> pd.DataFrame:
    """Differences between levels in the units of the data alone: either level is standardized by its own spread."""
    apart = frame["level"].map(lambda level: isinstance(level, str))
    frame.loc[apart, ["std_all", "std_all_ci_lower", "std_all_ci_upper"]] = np.nan
    return frame
