"""Where the gradients of many samples vanish, near their common start: limited-memory BFGS without checks on the way.

Nocedal 1980, doi 10.1090/S0025-5718-1980-0572855-7.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sexresearch.sem.arrays import Array

SETTLED = 1e-8  # n times the Newton decrement before the last step: 1e-4 standard errors, less after that step
CLOSELY = 1e-10  # the same where gaps bend the likelihood more, so that the last step gains less
LOST = 1e6  # n times the decrement of a replicate that runs away
MOST_STEPS = 40
MEMORY = 4  # pairs of steps and gradient changes that BFGS remembers


Slope = Callable[[Array, Sequence[Array]], Array]
Pair = tuple[Array, Array, Array]


def quasi_newton(slope: Slope, first: Array, data: Sequence[Array], n: Array, near: float = SETTLED) -> Array:
    """(b, d) where `slope` vanishes, near zero; NaN where a replicate does not settle.

    slope(z, data) is the gradient (b, d) at z (b, d), `first` that at zero; the arrays of `data` (b, ...) belong to the
    replicates, n (b,) are their respondents; `near` bounds n times the decrement before the last step.
    """
    minima, live = np.full_like(first, np.nan), np.arange(len(first))
    z, g, pairs = np.zeros_like(first), first, list[Pair]()
    for _ in range(MOST_STEPS):
        step, decrement = -inverse_times(g, pairs), n[live] * dot(g, g)
        z = z + step
        settled = decrement < near
        minima[live[settled]] = z[settled]
        keep = ~settled & (decrement < LOST)
        if not keep.any():
            break
        if not keep.all():
            live, z, step, g = live[keep], z[keep], step[keep], g[keep]
            data = [part[keep] for part in data]
            pairs = [(s[keep], y[keep], rho[keep]) for s, y, rho in pairs]
        there = slope(z, data)
        bend = dot(step, there - g)
        pairs = [*pairs[1 - MEMORY :], (step, there - g, 1.0 / bend)]
        g = np.where(bend[:, None] > 0, there, np.nan)
    return minima


def dot(a: Array, b: Array) -> Array:
    """(b,) products of the rows."""
    return np.einsum("bi,bi->b", a, b)


def inverse_times(g: Array, pairs: Sequence[Pair]) -> Array:
    """(b, d) the inverse curvature times g, by the two-loop recursion."""
    out, kept = g.copy(), []
    for s, y, rho in reversed(pairs):
        kept.append(rho * dot(s, out))
        out -= kept[-1][:, None] * y
    for (s, y, rho), first in zip(pairs, reversed(kept), strict=True):
        out += (first - rho * dot(y, out))[:, None] * s
    return out
