"""Effects along the arrows as numbers: at many estimates at once, and their derivatives at one.

With B the paths (effects in rows, causes in columns) and G = (I - B)^-1, the specific effect of a path is the product
of its arrows and the total effect of s on t is G[t, s] (Bollen 1989, chapter 8, doi 10.1002/9781118619179; Sobel 1982,
doi 10.2307/270723). Standardized: times the standard deviation of s over that of t.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sexresearch.sem.view import (
    AT_ONCE,
    Array,
    Matrices,
    RowPlaces,
    View,
    matrices,
    parameter_slopes,
    row_values,
    variance_slopes,
)

STEP = 1e-5  # relative, for central differences whose error is of the order of its square


@dataclass(frozen=True)
class Route:
    """From `source` to `target` (places among the variables) in one group, and the indirect paths between them."""

    group: int
    source: int
    target: int
    paths: tuple[tuple[int, ...], ...] = ()

    @property
    def size(self) -> int:
        """How many numbers a route has: direct, one per path, total."""
        return len(self.paths) + 2


def route_values(fit: View, routes: Sequence[Route], theta: Array, exogenous: Array) -> tuple[Array, Array]:
    """(R, k) raw and (R, k) standardized effects from theta (R, q) and exogenous (R, e).

    Per route: direct, one per path, total. Standardized effects are NaN where a variance is negative.
    """
    rows, cores = row_values(fit, theta, exogenous), _cores(fit, routes)
    parts = [_values(routes, cores, part) for part in np.array_split(rows, max(1, len(rows) // AT_ONCE))]
    return np.vstack([raw for raw, _ in parts]), np.vstack([std for _, std in parts])


@dataclass(frozen=True)
class Core:
    """What routes of one group run over: variables that lead somewhere, and the ends; `new` is their place there."""

    places: RowPlaces
    new: Array

    def at(self, route: Route) -> Route:
        """The route in places of the core."""
        paths = tuple(tuple(int(self.new[place]) for place in path) for path in route.paths)
        return Route(route.group, int(self.new[route.source]), int(self.new[route.target]), paths)


def _cores(fit: View, routes: Sequence[Route]) -> list[Core]:
    """Per group; items that lead nowhere are left out: the rest stays the same, and most of the work is saved."""
    out = []
    for number, places in enumerate(fit.places):
        ends = [end for route in routes if route.group == number for end in (route.source, route.target)]
        causes = places.col[places.is_path & (places.col < places.m)]
        kept = np.union1d(causes, np.array(ends, dtype=int))
        new = np.full(places.m + 1, -1)
        new[kept] = np.arange(len(kept))
        row, col = new[places.row], new[places.col]
        inside = (row >= 0) & (col >= 0)
        positive = new[places.derived] >= 0
        slots = RowPlaces(
            places.own[inside], row[inside], col[inside], places.is_path[inside], len(kept), places.p,
            new[places.derived[positive]], places.scales[positive], new[places.given][new[places.given] >= 0],
        )  # fmt: skip
        out.append(Core(slots, new))
    return out


def _values(routes: Sequence[Route], cores: Sequence[Core], rows: Array) -> tuple[Array, Array]:
    stacks = [matrices(core.places, rows) for core in cores]
    raw, std = [], []
    for route in (cores[route.group].at(route) for route in routes):
        at = stacks[route.group]
        products, sd = _along(route, at), at.sd
        raw.append(products)
        std.append(products * (sd[:, route.source] / sd[:, route.target])[:, None])
    return np.hstack(raw), np.hstack(std)


def _along(route: Route, at: Matrices) -> Array:
    s, t = route.source, route.target
    products = [np.prod([at.B[:, b, a] for a, b in pairwise(path)], axis=0) for path in route.paths]
    return np.stack([at.B[:, t, s], *products, at.G[:, t, s]], axis=1)


def route_slopes(fit: View, routes: Sequence[Route]) -> tuple[Array, Array]:
    """(k, q + e) derivatives of raw and standardized effects for the estimates and the exogenous rows."""
    if any(len(places.derived) for places in fit.places):
        return _differences(fit, routes)
    raw, std = [], []
    for route in routes:
        places = fit.places[route.group]
        at = matrices(places, fit.estimates[None, :])
        values, slopes = _along(route, at)[0], _slopes(route, places, at.B[0], at.G[0])
        C, lean = variance_slopes(places, at.S[0], at.G[0])
        s, t, variance = route.source, route.target, np.diag(C)
        ratio = np.sqrt(variance[s] / variance[t]) if min(variance[s], variance[t]) > 0 else np.nan
        stretch = (lean[s] / variance[s] - lean[t] / variance[t]) / 2 if np.isfinite(ratio) else np.nan * lean[s]
        raw.append(parameter_slopes(fit, places, slopes))
        std.append(parameter_slopes(fit, places, ratio * (slopes + np.outer(values, stretch))))
    return np.vstack(raw), np.vstack(std)


def _differences(fit: View, routes: Sequence[Route]) -> tuple[Array, Array]:
    """The same by central differences, where residual variances follow from everything else (ordered items)."""
    point = np.concatenate([fit.theta, fit.exogenous])
    step = np.diag(STEP * (1.0 + np.abs(point)))
    q = len(fit.theta)
    up, down = (route_values(fit, routes, at[:, :q], at[:, q:]) for at in (point + step, point - step))
    raw, std = ((high - low).T / (2.0 * np.diag(step)) for high, low in zip(up, down, strict=True))
    return raw, std


def _slopes(route: Route, places: RowPlaces, B: Array, G: Array) -> Array:
    """(k, rows of the group): a product by each of its arrows, G[t, s] by B[i, j] as G[t, i] G[j, s]."""
    s, t = route.source, route.target
    slot = {
        (int(i), int(j)): k for k, (i, j, p) in enumerate(zip(places.row, places.col, places.is_path, strict=True)) if p
    }
    out = np.zeros((route.size, len(places.own)))
    if (t, s) in slot:
        out[0, slot[t, s]] = 1.0
    for k, path in enumerate(route.paths, start=1):
        steps = list(zip(path[1:], path, strict=False))
        for step in steps:
            out[k, slot[step]] = np.prod([B[other] for other in steps if other != step])
    moving = places.is_path & (places.col < places.m)
    out[-1, moving] = G[t, places.row[moving]] * G[places.col[moving], s]
    return out


def feedback(fit: View, number: int) -> float:
    """Largest modulus of an eigenvalue of B in one group; loops have no total effect from 1 on (Bollen 1989, ch. 8)."""
    B = matrices(fit.places[number], fit.estimates[None, :]).B[0]
    return float(np.abs(np.linalg.eigvals(B)).max())
