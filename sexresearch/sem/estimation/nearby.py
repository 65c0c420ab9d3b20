"""The minimum of a normal likelihood near a good start: one exact Hessian, then gradients alone.

Limited-memory BFGS (Nocedal 1980, doi 10.1090/S0025-5718-1980-0572855-7) whose first metric is the exact Hessian at the
start, so that the first step is Newton's and the others, a fraction of its cost each, correct it.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.linalg import lapack

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.minimize import Solution
from sexresearch.sem.implied.implied_moments import collect
from sexresearch.sem.implied.likelihood import likelihood_gradient
from sexresearch.sem.implied.structure import implied
from sexresearch.sem.terms.normal import NormalTerm

MOST_STEPS = 25
SETTLED = 1e-13  # decrement before the last step: estimates are then right to 1e-7 standard errors and better
SLACK = 1e-12  # rise of the discrepancy that is rounding

Pair = tuple[Array, Array, float]


def from_nearby(term: NormalTerm, start: Array) -> Solution | None:
    """The minimum of one group's likelihood; None where steps from the start do not lead straight to one.

    None too where answers have many patterns of gaps, whose gradient costs as much as everything.
    """
    blocks = term.blocks
    if not isinstance(blocks, tuple):
        return None
    first = term.curve(start)
    hessian = first.hessian()
    diagonal = hessian.diagonal()
    if not (math.isfinite(first.value) and (diagonal > 0).all()):
        return None
    scale = 1.0 / np.sqrt(diagonal)
    factor, info = lapack.dpotrf(hessian * scale * scale[:, None], lower=1, overwrite_a=1)
    if info:
        return None
    theta, value, slope, pairs = start, first.value, first.gradient, list[Pair]()
    per, size = term.share / term.n, len(start)
    for iteration in range(1, MOST_STEPS + 1):
        ahead = _ahead(slope, factor, scale, pairs)
        decrement = float(slope @ ahead)
        theta = theta - ahead
        if 0 <= decrement < SETTLED:
            return Solution(theta, value, slope, decrement, iteration, True, "", True)
        total, slots = likelihood_gradient(implied(term.structure, theta), blocks)
        there = collect(term.structure, slots, size) * per
        bend = float(ahead @ (slope - there))
        if not (total * per <= value + SLACK and bend > 0):
            return None
        pairs.append((-ahead, there - slope, 1.0 / bend))
        value, slope = total * per, there
    return None


def _ahead(slope: Array, factor: Array, scale: Array, pairs: list[Pair]) -> Array:
    """(q,) the inverse curvature times the slope, by the two-loop recursion."""
    out, kept = slope.copy(), list[float]()
    for s, y, rho in reversed(pairs):
        kept.append(rho * float(s @ out))
        out -= kept[-1] * y
    out = lapack.dpotrs(factor, out * scale, lower=1)[0] * scale
    for (s, y, rho), first in zip(pairs, reversed(kept), strict=True):
        out += (first - rho * float(y @ out)) * s
    return np.asarray(out)
