"""The moments of ordered and continuous answers, and their covariance: what least squares is fitted to."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sexresearch.frozen import read_only_property
from sexresearch.sem.arrays import Array
from sexresearch.sem.gamma import Gamma
from sexresearch.sem.ordinal.conditional import observe_given
from sexresearch.sem.ordinal.contingency import Tables, coded, tables
from sexresearch.sem.ordinal.influence import Influence, Univariate, cell_influence, univariate
from sexresearch.sem.ordinal.mixed import MixedMoments, mixed
from sexresearch.sem.ordinal.moment_layout import MomentLayout
from sexresearch.sem.ordinal.polychoric import cells, polychoric, thresholds, without_empty_cell

NEARLY = 0.99  # size of a correlation from which it is mentioned


@dataclass(frozen=True)
class OrdinalMoments:
    """Sample moments (M,) in the order of `layout`; Gamma by rows' contributions, made when it is first asked for.

    frequencies : the tables of ordered variables alone, where each row counts once, or by its squared weight where the
    rows are not held.
    """

    layout: MomentLayout
    moments: Array
    influence: Influence
    frequencies: Tables | None = None

    @read_only_property
    def gamma(self) -> Gamma:
        """n times the covariance of the moments; respondents of one cluster add together."""
        return self.influence.gamma()

    @read_only_property
    def gamma_of_rows(self) -> Gamma:
        """The same as if respondents did not depend on each other: what least squares takes its weight from."""
        return self.influence.gamma(clustered=False) if self.influence.clustered else self.gamma

    @read_only_property
    def variances(self) -> Array:
        """(M,) the diagonal of Gamma of rows, from frequencies alone for ordered variables."""
        tables, own = self.frequencies, self.influence
        if tables is None or own.weights is not None:
            return own.squares()
        n, rest = own.n, np.einsum("nc,nc->c", own.others, own.others)
        rows = tables.pairs[0].sum() if len(tables.pairs) else n
        counts = np.column_stack([tables.single, rows - tables.single.sum(axis=1)])
        parts = [
            np.einsum("tk,tk->t", own.cuts**2, counts[own.cut_items]),
            np.einsum("pab,pab->p", own.cells**2, tables.pairs),
            rest,
        ]
        return n * np.concatenate(parts)[own.order]

    def extreme(self) -> list[tuple[str, str]]:
        """Pairs of variables that correlate nearly perfectly: the likelihood is then flat up to the limit."""
        i, j = self.layout.pairs
        r = self.layout.cov(self.moments)[i, j] / np.sqrt(self._spread[i] * self._spread[j])
        return [
            (self.layout.names[b], self.layout.names[a])
            for a, b in zip(i[np.abs(r) >= NEARLY], j[np.abs(r) >= NEARLY], strict=True)
        ]

    @property
    def _spread(self) -> Array:
        return np.diag(self.layout.cov(self.moments))


def observe(
    values: Array, own: MomentLayout, weights: Array | None = None, clusters: Array | None = None
) -> OrdinalMoments:
    """Moments of values (n, p + x): categories 1, 2, … of ordered variables, numbers of others, NaN where unanswered.

    Every moment rests on the rows that answered the variables concerned; covariates stand last and have no gaps.
    Weights (n,) multiply what a row adds to log-likelihoods; clusters (n,) of rows enter Gamma alone.
    """
    if own.x:
        moments, influence = observe_given(values[:, : own.p], values[:, own.p :], own, weights)
        return OrdinalMoments(own, moments, replace(influence, clusters=clusters))
    K = max(own.levels)
    counts = tables(coded(values[:, own.ordered], K), K, *pairs_of(own), weights)
    made = _from_tables(counts, own, (values, weights))
    return replace(made, influence=replace(made.influence, weights=weights, clusters=clusters))


def observe_tables(counts: Tables, own: MomentLayout) -> OrdinalMoments:
    """Moments of ordered variables alone, from their tables; the influence has no rows."""
    return _from_tables(counts, own, None)


def pairs_of(own: MomentLayout) -> tuple[Array, Array]:
    """First and second of every pair of ordered variables, numbered among these."""
    i, j = own.pairs
    place = np.full(own.p, -1)
    place[own.ordered] = np.arange(len(own.ordered))
    both = (place[i] >= 0) & (place[j] >= 0)
    return place[j[both]], place[i[both]]


def _from_tables(counts: Tables, own: MomentLayout, rows: tuple[Array, Array | None] | None) -> OrdinalMoments:
    """Moments by tables of ordered variables; of others by `rows`, values and weights, where there are others."""
    cuts = thresholds(counts.single)
    levels = np.array(own.levels)[own.ordered]
    binary = (levels[counts.first] == 2) & (levels[counts.second] == 2)
    rho = polychoric(without_empty_cell(counts.answered, binary), cuts[counts.first], cuts[counts.second])
    single = univariate(counts.single, cuts)
    at = cells(cuts[counts.first], cuts[counts.second], rho)
    table = cell_influence(counts, single, cuts, rho, at)
    if rows is None:
        rest = MixedMoments(np.zeros(0), np.zeros((len(counts.codes), 0)))
    else:
        rest = mixed(rows[0], own, counts.codes, cuts, single, rows[1])
    return _assembled(own, counts, cuts, rho, single, table, rest)


def _assembled(
    own: MomentLayout, counts: Tables, cuts: Array, rho: Array, single: Univariate, table: Array, rest: MixedMoments
) -> OrdinalMoments:
    items, numbers = own.cuts
    ranks = np.searchsorted(own.ordered, items)
    i, j = own.pairs
    ordered = np.isin(i, own.ordered) & np.isin(j, own.ordered)
    start = own.starts
    at_pairs = start[3] + np.flatnonzero(ordered)
    at_others = np.concatenate(
        [
            start[0] + np.arange(start[1] - start[0]),
            start[2] + np.arange(start[3] - start[2]),
            start[3] + np.flatnonzero(~ordered),
        ]
    )
    places = np.concatenate([np.arange(start[0]), at_pairs, at_others])
    order = np.empty(own.size, dtype=int)
    order[places] = np.arange(own.size)
    moments = np.concatenate([cuts[ranks, numbers], rho, rest.moments])[order]
    influence = Influence(
        counts.codes,
        ranks,
        single.influence[ranks, :, numbers],
        counts.first,
        counts.second,
        table,
        rest.influence,
        order,
    )
    return OrdinalMoments(own, moments, influence, counts)
