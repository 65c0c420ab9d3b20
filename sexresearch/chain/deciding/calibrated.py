"""What is known of latent causes from their items, and unbiased scores of their effect: regression calibration.

Given the items of all causes, latent causes are normal with mean m = C_lx C_xx^-1 (x - mean x) and covariance
v = C_ll - C_lx C_xx^-1 C_xl. The effect's Bartlett score differs from it by measurement error alone, so that its
expectation given these items is that of g(cause): m for a line, m^2 + v for a square, m^3 + 3 m v for a cube,
(m - k) Φ(z) + sqrt(v) φ(z) with z = (m - k) / sqrt(v) for what lies above k, and m1 m2 + v12 for a product. Least
squares on these is free of the bias that measurement error brings, where causes are normal (Carroll et al. 2006,
doi 10.1201/9781420010138; the scores as in Rosseel & Loh 2022, doi 10.1037/met0000503).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from sexresearch.chain.investing.importance import items_of
from sexresearch.errors import ModelError
from sexresearch.sem.view import Array, View, matrices, means, row_values


@dataclass(frozen=True)
class CalibratedScores:
    """effect (n,): unbiased scores; m (n, k), v (k, k): expectation and covariance of the causes given their items.

    mean, sd (k,) : of the causes in the model. lost : rows with gaps. clusters, weights (n,) : None where there are
    none; weights are 1 on average, and rows that weigh nothing are left out.
    """

    effect: Array
    m: Array
    v: Array
    mean: Array
    sd: Array
    lost: int
    clusters: Array | None
    weights: Array | None


def calibrated(fit: View, causes: Sequence[str], effect: str) -> CalibratedScores:
    """The causes and the effect of a fit of one group, from rows without gaps in their items."""
    block = fit.blocks[0]
    if block.answers is None:
        raise ModelError("a shape needs the answers of respondents, and moments hold none")
    rows = row_values(fit, fit.theta[None, :], fit.exogenous[None, :])
    at = matrices(fit.places[0], rows)
    place = {name: i for i, name in enumerate(block.names)}
    sample = block.mean
    centre = means(fit, 0, rows, at.G)[0] if block.has_means else np.zeros(len(block.names))
    items = [item for cause in causes for item in _own_items(fit, cause)]
    targets = _own_items(fit, effect)
    used = list(dict.fromkeys([*items, *targets]))
    answers = block.answers[:, [place[name] for name in used]]
    counted = np.ones(len(answers), dtype=bool) if block.weights is None else block.weights > 0
    whole = np.isfinite(answers).all(axis=1)
    there = whole & counted
    x = answers[there] - sample[[place[name] for name in used]]
    inside, latent = [place[name] for name in dict.fromkeys(items)], [place[name] for name in causes]
    C = at.C[0]
    weights = np.linalg.lstsq(C[np.ix_(inside, inside)], C[np.ix_(inside, latent)], rcond=None)[0]
    mean = np.array([_mean(block.mean, centre, place[name], len(sample)) for name in causes])
    m = mean + x[:, [used.index(block.names[i]) for i in inside]] @ weights
    v = C[np.ix_(latent, latent)] - C[np.ix_(latent, inside)] @ weights
    own = [used.index(name) for name in targets]
    score = x[:, own] @ _bartlett(at.B[0], at.S[0], [place[name] for name in targets], place[effect], len(sample))
    clusters, weights = (None if own is None else own[there] for own in (block.clusters, block.weights))
    weights = None if weights is None else weights / weights.mean()
    lost = int((counted & ~whole).sum())
    return CalibratedScores(score, m, v, mean, np.sqrt(np.diag(C)[latent]), lost, clusters, weights)


def _own_items(fit: View, name: str) -> list[str]:
    if name in fit.observed:
        return [name]
    items = items_of(fit, 0, name)
    if not items:
        raise ModelError(f"{name} has no items of its own, and so no scores: name a construct that items measure")
    return items


def _mean(sample: Array, centre: Array, i: int, p: int) -> float:
    """The mean of a variable: of an observed one in the sample, of a latent one in the model."""
    return float(sample[i] if i < p else centre[i])


def _bartlett(B: Array, S: Array, items: Sequence[int], own: int, p: int) -> Array:
    """(k,) weights of the items in the Bartlett score of one variable."""
    if own < p:
        return np.ones(1)
    load, spread = B[items, own], S[np.ix_(items, items)]
    weighted = np.linalg.lstsq(spread, load, rcond=None)[0]
    return weighted / (load @ weighted)


def above(m: Array, v: float, knot: float) -> Array:
    """(n,) expectation of max(cause - knot, 0) where the cause is normal with mean m and variance v.

    >>> above(np.array([0.0, 5.0]), 1.0, 0.0).round(4).tolist()
    [0.3989, 5.0]
    """
    sd = np.sqrt(max(v, 0.0))
    if sd == 0:
        return np.maximum(m - knot, 0.0)
    z = (m - knot) / sd
    return (m - knot) * ndtr(z) + sd * np.exp(-(z**2) / 2.0) / np.sqrt(2.0 * np.pi)
