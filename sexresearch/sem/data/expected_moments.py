"""Moments of rows with gaps as the model expects them, for many samples at once.

The likelihood of incomplete answers has the gradient of that of complete ones, the missing answers and their squares
replaced by what is expected of them given the others (Fisher's identity; Dempster, Laird & Rubin 1977, section 3,
doi 10.1111/j.2517-6161.1977.tb01600.x). With W = Omega^-1, a pattern that lacks the variables g and has the sums M:

    E(z z') = A M A' + E_g W_gg^-1 E_g',   rows g of A: -W_gg^-1 W_g.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.weighted_moments import GapPatterns


def expected_moments(moment: Array, gapped: Sequence[GapPatterns], omega: Array) -> Array:
    """(b, P, P) from those of the answers there are, zeros in the gaps, at implied moments omega (b, P, P)."""
    W = np.linalg.inv(omega)
    half = np.zeros_like(moment)
    for own in gapped:
        half += _half(W, own)
    return moment + half + half.swapaxes(1, 2)


def deviances(moment: Array, gapped: Sequence[GapPatterns], omega: Array) -> Array:
    """(b,) sums over patterns of their share times log|Omega| + tr(Omega^-1 M) of what they answer, Omega (b, P, P).

    log|Omega_oo| = log|Omega| + log|W_gg|, and tr(W A M A') is the trace of what is answered.
    """
    W = np.linalg.inv(omega)
    out = np.linalg.slogdet(omega)[1] + np.einsum("bij,bji->b", W, expected_moments(moment, gapped, omega))
    for own in gapped:
        out += (own.n * (np.linalg.slogdet(_among(W, own.gaps))[1] - own.gaps.shape[1])).sum(axis=1)
    return out


def _half(W: Array, own: GapPatterns) -> Array:
    """(b, P, P) half of what one kind of pattern adds; its transpose is the other half."""
    (b, P, _), (B, g) = W.shape, own.gaps.shape
    rows = W[:, own.gaps]
    Q = _inverse(_among(W, own.gaps))
    beta = -(Q * rows if g == 1 else Q @ rows)
    filled = beta @ own.sums
    squares = own.n[:, :, None, None] * Q + filled @ beta.swapaxes(2, 3)
    filled[:, np.arange(B)[:, None, None], np.arange(g)[:, None], own.gaps[:, None, :]] = 0.5 * squares
    place = (np.arange(P)[:, None] == own.gaps.ravel()).astype(float)
    return place @ filled.reshape(b, B * g, P)


def _among(W: Array, gaps: Array) -> Array:
    """(b, B, g, g) the part of W (b, P, P) among the gaps of each pattern."""
    P = W.shape[1]
    return W.reshape(len(W), P * P)[:, gaps[:, :, None] * P + gaps[:, None, :]]


def _inverse(stack: Array) -> Array:
    return 1.0 / stack if stack.shape[-1] == 1 else np.linalg.inv(stack)
