"""Ceilings over a cloud of points: how much of the room above them is empty, and how often chance leaves as much.

Of n points the free disposal hull steps up: the ceiling at x is the highest y at or before it (CE-FDH). Its peers are
the points where it rises; a line through them by least squares is the other ceiling (CR-FDH), above which some points
may lie. d is the empty part of the room between the lowest and highest x and y (Dul 2016,
doi 10.1177/1094428115584005). p: y is dealt out anew among the x, and d counted where it is as large (Dul, van der Laan
& Kuik 2020, doi 10.1177/1094428118795272); the sample itself is one of the deals (Phipson & Smyth 2010).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from sexresearch.sem.view import Array

Ceiling = Literal["ce_fdh", "cr_fdh"]
CEILINGS: tuple[Ceiling, ...] = get_args(Ceiling)
CELLS = 4_000_000  # numbers held at once while y is dealt out
ROUNDING = 1e-9


@dataclass(frozen=True)
class Steps:
    """x (g,) different values in order; tops (R, g) the highest y at or before them; y from `low` to `high`."""

    x: Array
    tops: Array
    low: float
    high: float

    @property
    def peers(self) -> Array:
        """(R, g) where the ceiling rises, the first x among them."""
        before = np.concatenate([np.full((len(self.tops), 1), -np.inf), self.tops[:, :-1]], axis=1)
        return self.tops > before

    def lines(self) -> tuple[Array, Array]:
        """(R,) intercepts and slopes of the lines through the peers; a single peer leaves a flat line through it."""
        w = self.peers.astype(float)
        count = w.sum(axis=1)
        mx, my = (w @ self.x) / count, (w * self.tops).sum(axis=1) / count
        away = (self.x - mx[:, None]) * w
        spread = (away**2).sum(axis=1)
        flat = spread <= 0
        slope = np.where(flat, 0.0, (away * self.tops).sum(axis=1) / np.where(flat, 1.0, spread))
        return my - slope * mx, slope

    def d(self, ceiling: Ceiling) -> Array:
        """(R,) the empty part of the room."""
        width = self.x[-1] - self.x[0]
        room = width * (self.high - self.low)
        if ceiling == "ce_fdh":
            return (self.high - self.tops[:, :-1]) @ np.diff(self.x) / room
        start, slope = self.lines()
        sloped = slope > 0
        rise = np.where(sloped, slope, 1.0)
        enters = np.clip((self.low - start) / rise, self.x[0], self.x[-1])  # where the line comes up to the lowest y
        leaves = np.clip((self.high - start) / rise, self.x[0], self.x[-1])
        below = (enters - self.x[0]) * (self.high - self.low)
        middle = (leaves - enters) * (self.high - start - slope * (enters + leaves) / 2.0)
        flat = width * (self.high - np.clip(start, self.low, self.high))
        return np.where(sloped, below + middle, flat) / room


def steps(x: Array, y: Array) -> Steps:
    """The steps over the points x (n,) and y (n,), or over R deals y (R, n) of the same values.

    >>> found = steps(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 2.0]))
    >>> found.d("ce_fdh").tolist(), found.d("cr_fdh").tolist()
    ([0.75], [0.5])
    """
    order = np.argsort(x, kind="stable")
    values, first = np.unique(x[order], return_index=True)
    last = np.append(first[1:], len(x)) - 1
    tops = np.maximum.accumulate(np.atleast_2d(y)[:, order], axis=1)[:, last]
    return Steps(values, tops, float(y.min()), float(y.max()))


def chance(x: Array, y: Array, deals: int, random: np.random.Generator) -> dict[Ceiling, float]:
    """p of d by ceiling: the share of deals, the sample itself being one, in which it is as large; NaN without any."""
    own = steps(x, y)
    counts = dict.fromkeys(CEILINGS, 1)
    done, at_once = 0, max(1, CELLS // len(y))
    while done < deals:
        size = min(at_once, deals - done)
        dealt = steps(x, random.permuted(np.broadcast_to(y, (size, len(y))), axis=1))
        for name in CEILINGS:
            counts[name] += int((dealt.d(name) >= own.d(name)[0] - ROUNDING).sum())
        done += size
    return {name: count / (deals + 1) if deals else np.nan for name, count in counts.items()}


def above(x: Array, y: Array, ceiling: Ceiling, weights: Array) -> float:
    """The share of the points, by their weights, that lie above the ceiling."""
    if ceiling == "ce_fdh":
        return 0.0
    (start,), (slope,) = steps(x, y).lines()
    return float(np.average(y > start + slope * x + ROUNDING * (1.0 + np.abs(y)), weights=weights))


def without_each(x: Array, y: Array) -> dict[Ceiling, tuple[float, float]]:
    """The smallest and largest d with any one point left out; only peers and ends of the room can change it."""
    order = np.argsort(x, kind="stable")
    running = np.maximum.accumulate(y[order])
    rises = order[y[order] >= running]
    ends = np.flatnonzero((x == x.min()) | (x == x.max()) | (y == y.min()) | (y == y.max()))
    matters = [i for i in dict.fromkeys([*rises.tolist(), *ends.tolist()]) if _alone(x, y, i)]
    effects = {name: [float(steps(x, y).d(name)[0])] for name in CEILINGS}
    for i in matters:
        keep = np.arange(len(x)) != i
        if np.ptp(x[keep]) > 0 and np.ptp(y[keep]) > 0:
            rest = steps(x[keep], y[keep])
            for name in CEILINGS:
                effects[name].append(float(rest.d(name)[0]))
    return {name: (min(values), max(values)) for name, values in effects.items()}


def _alone(x: Array, y: Array, i: int) -> bool:
    """Whether no other point lies where this one does."""
    return int(((x == x[i]) & (y == y[i])).sum()) == 1


def cornermost(x: Array, y: Array, share: float) -> Array:
    """(n,) whether a point is among the share of them (one at least) nearest to the empty corner, low x and high y."""
    away = np.hypot((x - x.min()) / np.ptp(x), (y.max() - y) / np.ptp(y))
    out = np.zeros(len(x), dtype=bool)
    out[np.argsort(away, kind="stable")[: max(1, round(share * len(x)))]] = True
    return out


def required(x: Array, y: Array, wanted: Array, ceiling: Ceiling) -> Array:
    """(k,) the x that k levels of y ask for: the lowest x where it is not needed, NaN where no x is enough."""
    hull = steps(x, y)
    if ceiling == "ce_fdh":
        place = np.array([np.flatnonzero(hull.tops[0] >= level - ROUNDING)[0] for level in wanted])
        return hull.x[place]
    (start,), (slope,) = hull.lines()
    if slope <= 0:
        return np.full(len(wanted), hull.x[0])
    needed = (wanted - start) / slope
    return np.where(needed > hull.x[-1] * (1 + ROUNDING), np.nan, np.maximum(needed, hull.x[0]))
