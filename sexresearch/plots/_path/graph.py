"""From a table of estimates to what is drawn: nodes, arrows, and which indicator stands beside which latent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from sexresearch.errors import ModelError, OptionError
from sexresearch.plots._path.diagram_words import ALPHA, number, stars, wrap

NAME_LIMIT, ITEM_LIMIT = 13, 11  # characters per line in ellipses and in item boxes
WORDS = {1: "within clusters", 2: "between clusters"}
KINDS = {"=~": "loading", "~": "path", "~~": "covariance"}


@dataclass(frozen=True)
class Node:
    """A variable: `text` is its wrapped name, `item` whether it is a box beside a latent, `r_squared` printed or ''."""

    name: str
    text: str
    latent: bool
    item: bool
    r_squared: str


@dataclass(frozen=True)
class Arrow:
    """An estimate: `kind` is path, loading or covariance; `text` its printed value; `dashed` where not significant."""

    tail: str
    head: str
    kind: str
    text: str
    dashed: bool


@dataclass(frozen=True)
class Graph:
    """Nodes by name; arrows; and for each indicator that stands beside its latent, that latent (`parents`)."""

    nodes: Mapping[str, Node]
    arrows: tuple[Arrow, ...]
    parents: Mapping[str, str]

    def children(self, name: str) -> tuple[str, ...]:
        """The indicators that stand beside a latent, in the order of the model."""
        return tuple(child for child, parent in self.parents.items() if parent == name)

    @property
    def facing(self) -> tuple[str, ...]:
        """Latents of a pure measurement model whose indicators all stand beside others: general and method factors."""
        tails = {a.tail for a in self.arrows if a.kind == "loading"} - set(self.parents.values())
        return () if self.links() else tuple(name for name in self.nodes if name in tails)

    @property
    def chain(self) -> tuple[str, ...]:
        """All other nodes that stand beside no latent."""
        aside = {*self.parents, *self.facing}
        return tuple(name for name in self.nodes if name not in aside)

    def links(self) -> tuple[Arrow, ...]:
        """The one-headed arrows between nodes that stand beside no latent."""
        return tuple(a for a in self.arrows if a.kind != "covariance" and not {a.tail, a.head} & set(self.parents))

    def cross_loadings(self) -> tuple[Arrow, ...]:
        """Loadings of indicators that stand beside another latent."""
        aside = [a for a in self.arrows if a.kind == "loading" and a.head in self.parents]
        return tuple(a for a in aside if self.parents[a.head] != a.tail)

    def covariances(self) -> tuple[Arrow, ...]:
        """The two-headed arrows."""
        return tuple(a for a in self.arrows if a.kind == "covariance")

    def arrow(self, tail: str, head: str) -> Arrow:
        """The one-headed arrow from `tail` to `head`."""
        return next(a for a in self.arrows if (a.tail, a.head) == (tail, head) and a.kind != "covariance")


def of_group(parameters: pd.DataFrame, group: object) -> pd.DataFrame:
    """The rows of one group; `group` may be None where there is only one."""
    groups = list(parameters["group"].dropna().unique())
    if group is None and len(groups) <= 1:
        return parameters
    if group not in groups:
        known = ", ".join(repr(label) for label in groups)
        there = f"the groups are {known}" if groups else "these results have one group without a label; leave group out"
        raise OptionError(f"a path diagram shows one group, and group={group!r} is none of them: {there}")
    return parameters[parameters["group"] == group]


def of_level(parameters: pd.DataFrame, level: object) -> pd.DataFrame:
    """The rows of one level; `level` is None for a model of one."""
    levels = list(parameters["level"].dropna().unique()) if "level" in parameters else []
    if level is None and not levels:
        return parameters
    if level not in levels:
        there = " and ".join(f"level={k} ({WORDS[k]})" for k in levels) or "these results have one: leave level out"
        raise OptionError(f"a path diagram shows one level, and level={level!r} is none of them: {there}")
    return parameters[(parameters["level"] == level).fillna(value=False).astype(bool)]


def explained_at(r_squared: pd.Series, group: object, level: object) -> pd.Series:
    """Explained variance by variable, of one group and level; an index without names begins with the groups."""
    if r_squared.index.nlevels == 2 and r_squared.index.names[0] is None:
        return r_squared.loc[group]
    for name, value in (("group", group), ("level", level)):
        if name in r_squared.index.names:
            r_squared = r_squared.xs(value, level=name)
    return r_squared


def build(
    parameters: pd.DataFrame,
    r_squared: Mapping[str, float],
    latents: Sequence[str],
    labels: Mapping[str, str],
    *,
    items: bool,
    standardized: bool,
    intervals: bool = False,
) -> Graph:
    """The graph of one group's parameters; `items=False` leaves out observed indicators and all that hangs on them."""
    arrows = _arrows(parameters, standardized)
    arrows = _with_limits(arrows, parameters, standardized) if intervals else arrows
    seen = dict.fromkeys(end for a in arrows for end in (a.tail, a.head))
    order = [*(name for name in latents if name in seen), *(name for name in seen if name not in latents)]
    parents = _parents(arrows, latents, order)
    if not items:
        order = [name for name in order if name in latents or name not in parents]
        parents = {child: parent for child, parent in parents.items() if child in order}
    if not order:
        raise ModelError("nothing to draw: the results hold no loading, path or covariance")
    nodes = {name: _node(name, name in latents, name in parents, r_squared, labels) for name in order}
    return Graph(nodes, tuple(a for a in arrows if a.tail in nodes and a.head in nodes), parents)


def _arrows(rows: pd.DataFrame, standardized: bool) -> list[Arrow]:
    """Loadings, paths and estimated covariances; variances and fixed or sample covariances (se 0) are no arrows."""
    estimated = (rows["op"] == "~~") & (rows["lhs"] != rows["rhs"]) & (rows["se"] != 0)
    kept = rows[rows["op"].isin(["=~", "~"]) | estimated]
    values = kept["std_all" if standardized else "est"].astype(float)
    return [
        _arrow(lhs, KINDS[op], rhs, number(value, standardized), pvalue)
        for lhs, op, rhs, value, pvalue in zip(
            kept["lhs"], kept["op"], kept["rhs"], values, kept["pvalue"].astype(float), strict=True
        )
    ]


def _arrow(lhs: str, kind: str, rhs: str, value: str, pvalue: float) -> Arrow:
    tail, head = (rhs, lhs) if kind == "path" else (lhs, rhs)
    return Arrow(tail, head, kind, value if kind == "loading" else value + stars(pvalue), pvalue >= ALPHA)


def _with_limits(arrows: Sequence[Arrow], rows: pd.DataFrame, standardized: bool) -> list[Arrow]:
    """Paths with their interval in a second line, where there is one."""
    ends = ["std_all_ci_lower", "std_all_ci_upper"] if standardized else ["ci_lower", "ci_upper"]
    paths = rows[rows["op"] == "~"].set_index(["rhs", "lhs"]).reindex(columns=ends)
    limits = {key: (float(low), float(high)) for key, low, high in paths.itertuples() if low < high}

    def text(arrow: Arrow) -> str:
        low, high = (number(end, standardized) for end in limits[arrow.tail, arrow.head])
        return f"{arrow.text}\n[{low}, {high}]"

    shown = {(a.tail, a.head) for a in arrows if a.kind == "path"} & set(limits)
    return [replace(a, text=text(a)) if a.kind == "path" and (a.tail, a.head) in shown else a for a in arrows]


def _parents(arrows: Sequence[Arrow], latents: Sequence[str], order: Sequence[str]) -> dict[str, str]:
    """The latent beside which each indicator stands.

    A cross-loading item stands beside the latent with fewest indicators; whatever takes part in paths, and latents
    that covary or have several latents above them, stand in the chain.
    """
    loadings = [a for a in arrows if a.kind == "loading"]
    count = {latent: sum(a.tail == latent for a in loadings) for latent in latents}
    busy = {end for a in arrows if a.kind == "path" for end in (a.tail, a.head)}
    busy |= {end for a in arrows if a.kind == "covariance" for end in (a.tail, a.head) if end in latents}
    parents: dict[str, str] = {}
    for a in sorted(loadings, key=lambda a: count[a.tail]):
        several = a.head in latents and sum(b.head == a.head for b in loadings) > 1
        if a.head not in busy and not several:
            parents.setdefault(a.head, a.tail)
    return {child: parents[child] for child in order if child in parents}


def _node(name: str, latent: bool, beside: bool, r_squared: Mapping[str, float], labels: Mapping[str, str]) -> Node:
    item = beside and not latent
    explained = "" if item or name not in r_squared else f"$R$² = {number(float(r_squared[name]), True)}"
    return Node(name, wrap(labels.get(name, name), ITEM_LIMIT if item else NAME_LIMIT), latent, item, explained)
