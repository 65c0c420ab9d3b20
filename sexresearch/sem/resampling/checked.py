"""Samples that do not settle at once: the same quasi-Newton steps, each shortened until the discrepancy falls."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.resampling.quasi_newton import CLOSELY, Pair, dot, inverse_times
from sexresearch.sem.resampling.sampled import Samples

MOST_STEPS = 80
MEMORY = 12  # pairs of steps and gradient changes: these samples are few, and bent
LEAST_FALL = 1e-4  # of what the gradient promises (Armijo 1966, doi 10.2140/pjm.1966.16.1)
SHORTEST = 1e-6  # part of a step from where it is hopeless
ROUNDING = 1e-13


def settle_with_checks(samples: Samples, data: Sequence[Array], n: Array) -> Array:
    """(b, d) where the discrepancies are least, near zero; NaN where a sample does not settle."""
    b, d = len(n), samples.T.shape[1]
    minima, live = np.full((b, d), np.nan), np.arange(b)
    z, part, pairs = np.zeros((b, d)), np.ones(b), list[Pair]()
    value, g = samples.value(z, data), samples.slope(z, data)
    for _ in range(MOST_STEPS):
        step = -inverse_times(g, pairs)
        fall = -dot(step, g)
        step, fall = np.where((fall > 0)[:, None], step, -g), np.where(fall > 0, fall, dot(g, g))
        settled = n[live] * fall < CLOSELY
        minima[live[settled]] = (z + step)[settled]
        keep = ~settled & (part > SHORTEST)
        if not keep.any():
            break
        live, z, g, step, fall, value, part = (x[keep] for x in (live, z, g, step, fall, value, part))
        data = [own[keep] for own in data]
        pairs = [(s[keep], y[keep], rho[keep]) for s, y, rho in pairs]
        moved = part[:, None] * step
        there = samples.value(z + moved, data)
        down = there <= value - LEAST_FALL * part * fall + ROUNDING * (1.0 + np.abs(value))
        moved, turned = np.where(down[:, None], moved, 0.0), np.zeros_like(g)
        turned[down] = samples.slope((z + moved)[down], [own[down] for own in data]) - g[down]
        bend = dot(moved, turned)
        pairs = [*pairs[1 - MEMORY :], _pair(moved, turned, bend)]
        z, g = z + moved, g + turned
        value, part = np.where(down, there, value), np.where(down, 1.0, 0.25 * part)
    return minima


def _pair(step: Array, change: Array, bend: Array) -> Pair:
    """What is learnt of the curvature; nothing where there was no step, or the gradient did not rise along it."""
    good = bend > 0
    return step, change, np.where(good, 1.0 / np.where(good, bend, 1.0), 0.0)
