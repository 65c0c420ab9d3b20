"""Constructs in points from 0 to 100: how well they perform, and what one point of one does to another.

An answer x on a scale from lowest to highest is y = 100 (x - lowest) / (highest - lowest). The index of a construct is
the mean of the y of its indicators, weighted by their standardized loadings divided by their sum; for a construct
of constructs, of their indices. If one unit of the latent variable moves indicator k by l_k points (its loading in
points), it moves the index by u = sum w_k l_k. A composite c = sum g_k x_k is its own index once it is rescaled:
w_k = (g_k / u_k) / sum(g_j / u_j), u = 1 / sum(g_j / u_j). An effect b of s on t is thus b u_t / u_s points per point.
Performance is the mean of the index (Fornell et al. 1996, doi 10.2307/1251898; Ringle & Sarstedt 2016,
doi 10.1108/IMDS-10-2015-0449, who take the weights of partial least squares where we take loadings).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.linalg import block_diag

from sexresearch.chain.investing.scales import Ends
from sexresearch.chain.paths.arrows import is_drawn
from sexresearch.sem.view import (
    Array,
    Draws,
    Interval,
    RowPlaces,
    View,
    ViewBlock,
    cluster_sums,
    draws,
    estimated,
    matrices,
    row_values,
    with_beside,
)


@dataclass(frozen=True)
class Points:
    """One group at R parameter vectors, m variables.

    weights (R, m, m) of indicators (columns) in the index of their construct (rows); units (R, m) points per unit;
    level (R, m) performance; total (R, m, m) points of the row per point of the column.
    """

    weights: Array
    units: Array
    level: Array
    total: Array


class Below(NamedTuple):
    """Level 1 as seen from level 2: its meter, and the places of shared variables here and there."""

    meter: Meter
    places: list[int]
    twins: list[int]


@dataclass(frozen=True)
class Meter:
    """What one group needs to be read in points: indicators or parts by construct, scales, means not modelled.

    elsewhere (p,) : variables of level 1 whose means stand at level 2. below : what level 1 adds to these.
    """

    places: RowPlaces
    parts: Mapping[int, tuple[int, ...]]
    composites: frozenset[int]
    low: Array
    width: Array
    sampled: Array
    first: int
    elsewhere: Array
    below: Below | None = None

    def read(self, rows: Array, means: Array) -> Points:
        """The points at values of the table's rows (R, rows) and means of the observed variables of all groups."""
        m, p = self.places.m, self.places.p
        at = matrices(self.places, rows)
        B, G, sd = at.B, at.G, at.sd
        mean = np.where(self.elsewhere, np.nan, self._mean(rows, means, G))
        units, level = np.full((len(rows), m), np.nan), np.full((len(rows), m), np.nan)
        units[:, :p], level[:, :p] = 100.0 / self.width, 100.0 * (mean - self.low) / self.width
        weights = np.zeros((len(rows), m, m))
        for latent, parts in self.parts.items():
            k = list(parts)
            if latent in self.composites:
                share, units[:, latent] = _composed(B[:, latent, k], units[:, k])
            else:
                share, units[:, latent] = _indexed(B[:, k, latent], sd[:, [latent]] / sd[:, k], units[:, k])
            weights[:, latent, k] = share
            level[:, latent] = (share * level[:, k]).sum(axis=1)
        return Points(weights, units, level, G * units[:, :, None] / units[:, None, :])

    def _mean(self, rows: Array, means: Array, G: Array) -> Array:
        """(R, p) means of the observed variables, with what comes to them from covariates of level 1."""
        mean = np.where(self.sampled, means[:, self.first : self.first + self.places.p], self._implied(rows, G))
        if self.below is not None:
            within, places, twins = self.below
            mean[:, places] += within._mean(rows, means, matrices(within.places, rows).G)[:, twins]
        return mean

    def _implied(self, rows: Array, G: Array) -> Array:
        constant = self.places.is_path & (self.places.col == self.places.m)
        intercepts = np.zeros(G.shape[:2])
        intercepts[:, self.places.row[constant]] = rows[:, self.places.own[constant]]
        return np.einsum("rij,rj->ri", G, intercepts)[:, : self.places.p]


def _indexed(loading: Array, ratio: Array, units: Array) -> tuple[Array, Array]:
    """Weights (R, k), unit (R,) of a construct from loadings, ratios of standard deviations, units (R, k) of items."""
    share = loading * ratio
    share = np.where((share > 0).all(axis=1)[:, None], share / share.sum(axis=1)[:, None], np.nan)
    return share, (share * loading * units).sum(axis=1)


def _composed(coefficient: Array, units: Array) -> tuple[Array, Array]:
    """Weights (R, k) and unit (R,) of a composite; parts may count against it, as long as their sum does not."""
    share = coefficient / units
    total = share.sum(axis=1)
    unit = np.where(total > 0, 1.0 / np.where(total > 0, total, 1.0), np.nan)
    return share * unit[:, None], unit


def meters(fit: View, scales: Mapping[str, Ends]) -> list[Meter]:
    """One meter per group."""
    out: list[Meter] = []
    first = 0
    for number, block in enumerate(fit.blocks):
        low, high = np.array([scales[name] for name in block.observed]).T
        sampled = np.array([name in block.fixed for name in block.observed]) | (not block.has_means)
        parts, composites = _parts(fit, number, block.names)
        elsewhere = np.array([name in block.roles.split for name in block.observed])
        shared = [name for name in block.observed if block.level == 2 and name in fit.blocks[number - 1].observed]
        places, twins = ([fit.blocks[k].observed.index(name) for name in shared] for k in (number, number - 1))
        below = Below(out[-1], places, twins) if shared else None
        out.append(Meter(fit.places[number], parts, composites, low, high - low, sampled, first, elsewhere, below))
        first += len(block.observed)
    return out


def _parts(fit: View, number: int, names: Sequence[str]) -> tuple[dict[int, tuple[int, ...]], frozenset[int]]:
    """Indicators of each latent, or its causes where it is a composite; those first whose own parts are known."""
    place = {name: i for i, name in enumerate(names)}
    formed = composites_of(fit, number)
    places: dict[int, tuple[int, ...]] = {}
    for row in fit.by_block[number]:
        whole, part = (row.lhs, row.rhs) if row.op in ("=~", "~") else ("", "")
        wanted = (row.op == "=~" and whole not in formed) or (row.op == "~" and whole in formed)
        if wanted and is_drawn(row):
            places[place[whole]] = (*places.get(place[whole], ()), place[part])
    done: dict[int, tuple[int, ...]] = {}
    while len(done) < len(places):
        ready = [k for k, parts in places.items() if k not in done and all(p in done or p not in places for p in parts)]
        done |= {k: places[k] for k in ready or set(places) - set(done)}
    return done, frozenset(place[name] for name in formed)


def composites_of(fit: View, number: int) -> frozenset[str]:
    """Latents of a group that are no more than the sum of their causes: no loading but 0, no residual."""
    rows = fit.by_block[number]
    shown = {row.lhs for row in rows if row.op == "=~" and is_drawn(row)}
    exact = {row.lhs for row in rows if row.op == "~~" and row.lhs == row.rhs and row.free < 0 and row.value == 0}
    caused = {row.lhs for row in rows if row.op == "~"}
    return frozenset((exact & caused & set(fit.blocks[number].roles.latent)) - shown)


def sampled(fit: View, interval: Interval | None, bootstrap: int, seed: int, level: float) -> Draws:
    """Draws of the estimates and, beside them, of the means of the sample that the model does not hold.

    The means are taken to be normal and independent of the estimates, as they are where answers are normal.
    """
    at = draws(fit, interval, bootstrap, seed, level)
    means = [block.mean * (np.nan if no_means(block) else 1.0) for block in fit.blocks]
    return with_beside(at, np.concatenate(means), block_diag(*map(_mean_covariance, fit.blocks)), seed)


def readings(
    fit: View, at: Draws, gauges: Sequence[Meter], quantities: Callable[[list[Points]], Array]
) -> pd.DataFrame:
    """What `quantities` makes of the points of all groups, (R, k): est, ci_lower, ci_upper and reason of each."""
    e = len(fit.exogenous)

    def function(theta: Array, beside: Array) -> Array:
        rows = row_values(fit, theta, beside[:, :e])
        return quantities([meter.read(rows, beside[:, e:]) for meter in gauges])

    return estimated(at, function)


def no_means(block: ViewBlock) -> bool:
    """Whether a group was fitted to moments without means."""
    return block.answers is None and not block.has_means and not block.mean.any()


def _mean_covariance(block: ViewBlock) -> Array:
    """(p, p) sampling covariance of the means: cov / n, summed within clusters where the fit has them."""
    if block.mean_cov is not None:
        return block.mean_cov
    plain = block.answers is None or (block.clusters is None and block.weights is None)
    if plain or block.answers is None or not block.complete or block.level == 2:
        return block.cov / (block.n_clusters if block.level == 2 else block.n)
    weights = np.ones(block.nobs) if block.weights is None else block.weights
    moves = (block.answers - block.mean) * weights[:, None] / block.n
    moves = moves if block.clusters is None else cluster_sums(moves, block.clusters)
    return moves.T @ moves
