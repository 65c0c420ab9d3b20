"""The path diagram of a fitted model: the chain from left to right, indicators outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.chain.paths.path_limits import path_limits
from sexresearch.plots._path.diagram_layout import arrange
from sexresearch.plots._path.draw import draw
from sexresearch.plots._path.graph import WORDS, Graph, build, explained_at, of_group, of_level
from sexresearch.plots._path.matrix import with_matrix, without_arcs
from sexresearch.plots._path.pages import can_be_read, pages
from sexresearch.plots._path.side_by_side import side_by_side
from sexresearch.sem import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Estimates(Protocol):
    """What a path diagram needs of `sexresearch.Results`."""

    @property
    def parameters(self) -> pd.DataFrame:
        """Rows with lhs, op, rhs, group, est, se, pvalue and std_all."""

    @property
    def r_squared(self) -> pd.Series:
        """Explained variance by variable, or by (group, variable)."""

    @property
    def latents(self) -> tuple[str, ...]:
        """Names of the latent variables."""

    @property
    def converged(self) -> bool:
        """Whether a minimum was reached."""


@in_words
def path_diagram(
    results: Estimates,
    *,
    items: bool = True,
    standardized: bool = True,
    group: object = None,
    labels: Mapping[str, str] | None = None,
    title: str = "",
    note: str = "",
    intervals: bool = False,
    level: int | None = None,
) -> Figure:
    """A fitted model as a path diagram, from causes on the left to effects on the right.

    Parameters
    ----------
    results : Results
        A fit, or what has its parameters, r_squared, latents and converged.
    items : bool
        Draw the indicators of latents, outside of the chain.
    standardized : bool
        Show std_all; False shows est, in the units of the data.
    group : object, optional
        Label of the group to draw, where there are several.
    labels : dict of str by str, optional
        Names in the figure by names in the model, as in ``{"SAT": "Satisfaction"}``; names that do not occur are
        ignored.
    title : str
        Above the figure; empty for none.
    note : str
        Ends the footnote, the place for "Synthetic data.".
    intervals : bool
        Show the 95 % interval (delta method) below the value of every path.
    level : {1, 2}, optional
        Of a model of two levels, the one to draw: 1 within clusters, 2 between them.

    Returns
    -------
    matplotlib.figure.Figure
        Latents are ellipses, observed variables boxes; nodes with arrows into them show R². Covariances are two-headed
        arcs, those fixed (se 0) left out; more than 10 among constructs that no path connects stand in a matrix beside
        or below the diagram. Stars mark p < .05, .01, .001, dashes p ≥ .05; a missing estimate prints NA, a missing p
        value gives neither stars nor dashes. The footnote says where the fit did not converge. The figure grows with
        the model, about 1.8 inches for each step of the longest chain; its fonts do not.

    Raises
    ------
    OptionError
        The group or level is unknown, or there are several and none is named.
    ModelError
        There is nothing to draw.

    Notes
    -----
    Values are those of `results.parameters`; nothing is computed. A variable stands as far to the right as the longest
    way that leads to it.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> rows = pd.DataFrame({"lhs": ["loyalty"], "op": ["~"], "rhs": ["delight"], "group": [pd.NA], "est": [0.8],
    ...                      "se": [0.1], "pvalue": [0.0], "std_all": [0.61]})
    >>> results = SimpleNamespace(parameters=rows, r_squared=pd.Series({"loyalty": 0.37}), latents=(),
    ...                           converged=True)
    >>> figure = path_diagram(results, note="Synthetic data.")
    >>> [text.get_text() for text in figure.axes[0].texts if text.get_gid().startswith("value")]
    ['.61***']
    """
    table = path_limits(results) if intervals and isinstance(results, Results) else results.parameters
    rows = of_level(of_group(table, group), level)
    explained = explained_at(results.r_squared, group, level)
    shown = labels or {}
    graph = build(rows, explained, results.latents, shown, items=items, standardized=standardized, intervals=intervals)
    problem = "" if results.converged else "Estimation did not converge."
    beside = "In brackets: 95% intervals." if intervals else ""
    graph, pairs = without_arcs(graph)
    aside = f"Matrix: {'correlations' if standardized else 'covariances'} of the constructs." if pairs else ""
    where = "" if level is None else f"Level {level}, {WORDS[level]}."
    foot = _footnote(graph, standardized, [where, beside, aside, problem, note.replace("$", r"\$")])
    figure = draw(side_by_side(graph) if pairs else arrange(graph), title.replace("$", r"\$"), foot)
    return with_matrix(figure, graph, pairs) if pairs else figure


@in_words
def diagram_pages(
    results: Estimates, labels: Mapping[str, str] | None = None, group: object = None
) -> tuple[Figure, ...]:
    """The diagram of `path_diagram`, in several figures where a measurement model is too large to be read on A4.

    Parameters
    ----------
    results : Results
        As in `path_diagram`.
    labels : dict of str by str, optional
        As in `path_diagram`.
    group : object, optional
        As in `path_diagram`.

    Returns
    -------
    tuple of matplotlib.figure.Figure
        One figure where it can be read, or where arrows other than loadings tie its parts together. Otherwise the
        constructs with their indicators in as few figures as print at 7 points on an A4 page, then the matrix of their
        correlations; the matrix of many has no stars, for want of room.

    Raises
    ------
    OptionError, ModelError
        As in `path_diagram`.

    Notes
    -----
    Nothing is computed here; letters keep their size, and what does not fit goes to the next page.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> rows = pd.DataFrame({"lhs": ["joy", "joy"], "op": ["=~", "=~"], "rhs": ["a", "b"], "group": [pd.NA] * 2,
    ...                      "est": [1.0, 0.9], "se": [0.0, 0.1], "pvalue": [float("nan"), 0.0], "std_all": [0.7, 0.6]})
    >>> len(diagram_pages(SimpleNamespace(parameters=rows, r_squared=pd.Series({"a": 0.5, "b": 0.4}), latents=("joy",),
    ...                                   converged=True)))
    1
    """
    whole = path_diagram(results, labels=labels, group=group)
    explained = explained_at(results.r_squared, group, None)
    rows = of_group(results.parameters, group)
    graph = build(rows, explained, results.latents, labels or {}, items=True, standardized=True, intervals=False)
    graph, pairs = without_arcs(graph)
    if not pairs or graph.facing or can_be_read(whole) or any(a.kind != "loading" for a in graph.arrows):
        return (whole,)
    return tuple(pages(graph, pairs, _footnote(graph, True, [])))


def _footnote(graph: Graph, standardized: bool, notes: Sequence[str]) -> str:
    """What the numbers are and what stars and dashes mean, then all notes that are not empty."""
    parts = ["Standardized estimates." if standardized else "Unstandardized estimates."]
    if any(a.kind != "loading" for a in graph.arrows):
        beside = " (loadings without stars)" if any(a.kind == "loading" for a in graph.arrows) else ""
        parts.append(f"* $p$ < .05, ** $p$ < .01, *** $p$ < .001{beside}.")
    if any(a.dashed for a in graph.arrows):
        parts.append("Dashed: $p$ ≥ .05.")
    return " ".join([*parts, *filter(None, notes)])
