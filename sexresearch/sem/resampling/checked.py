"""Samples that do not settle at once: quasi-Newton steps that forget nothing, shortened until the discrepancy falls.

BFGS with the whole inverse curvature: these samples are few, and bent (Nocedal & Wright 2006, section 6.1,
doi 10.1007/978-0-387-40065-5).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.resampling.quasi_newton import CLOSELY, dot
from sexresearch.sem.resampling.sampled import Samples

MOST_STEPS = 80
LEAST_FALL = 1e-4  # of what the gradient promises (Armijo 1966, doi 10.2140/pjm.1966.16.1)
SHORTEST = 1e-6  # part of a step from where it is hopeless
ROUNDING = 1e-13


def settle_with_checks(samples: Samples, data: Sequence[Array], n: Array) -> Array:
    """(b, d) where the discrepancies are least, near zero; NaN where a sample does not settle."""
    b, d = len(n), samples.T.shape[1]
    minima, live = np.full((b, d), np.nan), np.arange(b)
    z, part, inverse = np.zeros((b, d)), np.ones(b), np.broadcast_to(np.eye(d), (b, d, d))
    value, g = samples.value(z, data), samples.slope(z, data)
    for _ in range(MOST_STEPS):
        step = -_times(inverse, g)
        fall = -dot(step, g)
        step, fall = np.where((fall > 0)[:, None], step, -g), np.where(fall > 0, fall, dot(g, g))
        settled = n[live] * fall < CLOSELY
        minima[live[settled]] = (z + step)[settled]
        keep = ~settled & (part > SHORTEST)
        if not keep.any():
            break
        live, z, g, step, fall, value, part, inverse = (x[keep] for x in (live, z, g, step, fall, value, part, inverse))
        data = [own[keep] for own in data]
        moved = part[:, None] * step
        there = samples.value(z + moved, data)
        down = there <= value - LEAST_FALL * part * fall + ROUNDING * (1.0 + np.abs(value))
        moved, turned = np.where(down[:, None], moved, 0.0), np.zeros_like(g)
        turned[down] = samples.slope((z + moved)[down], [own[down] for own in data]) - g[down]
        inverse = _learnt(inverse, moved, turned)
        z, g = z + moved, g + turned
        value, part = np.where(down, there, value), np.where(down, 1.0, 0.25 * part)
    return minima


def _times(stack: Array, vectors: Array) -> Array:
    """(b, d) each matrix of a stack (b, d, d) times its vector."""
    return np.matmul(stack, vectors[:, :, None])[:, :, 0]


def _learnt(inverse: Array, step: Array, change: Array) -> Array:
    """(b, d, d) the inverse curvature after a step; as it was where there was none, or the gradient did not rise."""
    bend, turned = dot(step, change), _times(inverse, change)
    good = bend > 0
    rho = np.where(good, 1.0 / np.where(good, bend, 1.0), 0.0)
    along = 0.5 * rho * (1.0 + rho * dot(change, turned))
    half = step[:, :, None] * (along[:, None] * step - rho[:, None] * turned)[:, None, :]
    return inverse + half + half.swapaxes(1, 2)
