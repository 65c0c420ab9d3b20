"""What a population may have that a model leaves out: cross-loadings, or correlated errors where there is one factor.

McNeish & Wolf 2021, doi 10.1037/met0000425 (several factors); 2023, doi 10.3758/s13428-022-01847-y (one factor).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sexresearch.errors import ModelError
from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.implied.structure import Implied
from sexresearch.sem.implied.total_effects import direct_effects, implied_covariances, total_effects

ERROR_CORRELATION = 0.3
ONE_FACTOR_LEVELS = 3
TIE = 6  # decimals within which loadings or reliabilities are equal, and the order of the model decides
MOST_EXPLAINED = 0.95  # of an item's variance, once it has its cross-loading


@dataclass(frozen=True)
class Level:
    """A degree of misspecification: its number, what is left out in words, and the covariances (p, p) it leads to."""

    number: int
    words: str
    cov: Array


@dataclass(frozen=True)
class Indicator:
    """An item that one factor alone explains: places of both, and its standardized loading."""

    item: int
    factor: int
    loading: float


def levels(fitted: Fitted) -> list[Level]:
    """Level 0 (the model holds), then one level per factor less one, or up to three for one factor.

    Each level adds to the one before. Several factors: the item with the lowest loading also loads on the most reliable
    other factor (coefficient H), as highly as on its own, at level 2 the item with the second lowest too, and so on.
    One factor: errors of a third, two thirds, all of the items correlate at .3, neighbours in the order of the model in
    pairs. Variances stay as they are.
    ModelError where the model has no factor, or no item that one factor alone explains.
    """
    state = fitted.states[0]
    items = indicators(state)
    factors = list(dict.fromkeys(i.factor for i in items))
    if not items:
        raise ModelError("the model has no item that one latent variable alone explains, so nothing can be left out")
    zero = Level(0, "none", state.cov)
    if len(factors) > 1:
        return [zero, *_cross_loaded(state, items, factors)]
    return [zero, *_error_correlated(state, items)]


def indicators(state: Implied) -> list[Indicator]:
    """Observed variables that one latent variable explains, their errors unrelated; in the order of the model."""
    s = state.structure
    last = len(s.names) - s.has_means
    B = np.zeros((last, last), dtype=bool)
    B |= s.directed[:last, :last] != 0
    moving = s.is_path & (s.col < last)
    B[s.row[moving], s.col[moving]] = True
    tied = state.S[:last, :last] != 0
    tied[s.row[~s.is_path & (s.row < last)], s.col[~s.is_path & (s.row < last)]] = True
    sd = np.sqrt(np.diag(state.all_cov))
    items = []
    for i in range(s.p):
        causes = np.flatnonzero(B[i])
        alone = len(causes) == 1 and causes[0] >= s.p and not B[:, i].any() and tied[i].sum() == 1
        if alone and state.S[i, i] > 0:
            f = int(causes[0])
            path = float(direct_effects(state.G)[i, f])
            items.append(Indicator(i, f, path * float(sd[f] / sd[i])))
    return items


def coefficient_h(loadings: Array) -> float:
    """Reliability of the optimal composite: 1 / (1 + 1 / sum(l^2 / (1 - l^2))) (Hancock & Mueller 2001).

    >>> round(coefficient_h(np.array([0.7, 0.7, 0.7])), 3)
    0.742
    """
    squares = np.clip(np.asarray(loadings) ** 2, 0.0, 1.0 - 1e-9)
    total = float((squares / (1.0 - squares)).sum())
    return total / (1.0 + total)


def _cross_loaded(state: Implied, items: Sequence[Indicator], factors: Sequence[int]) -> list[Level]:
    names, cov = state.structure.names, state.all_cov
    sd = np.sqrt(np.diag(cov))
    reliable = {f: round(coefficient_h(np.array([i.loading for i in items if i.factor == f])), TIE) for f in factors}
    weakest = sorted(items, key=lambda i: round(abs(i.loading), TIE))[: len(factors) - 1]
    B, words, out = direct_effects(state.G), list[str](), list[Level]()
    for number, item in enumerate(weakest, start=1):
        other = max((f for f in factors if f != item.factor), key=lambda f: reliable[f])
        r = float(cov[item.factor, other] / (sd[item.factor] * sd[other]))
        size = cross_loading(item.loading, r)
        B[item.item, other] += size * sd[item.item] / sd[other]
        words.append(f"{names[item.item]} also loads {size:.2f} on {names[other]}")
        out.append(Level(number, "; ".join(words), _with_variances(state, B, state.S)))
    return out


def cross_loading(loading: float, correlation: float) -> float:
    """As large as the item's own standardized loading, or as its variance allows.

    >>> cross_loading(0.4, 0.3), round(cross_loading(0.9, 0.5), 3)
    (0.4, 0.135)
    """
    along = loading * correlation
    room = float(np.sqrt(max(along**2 + MOST_EXPLAINED - loading**2, 0.0))) - abs(along)
    sign = np.sign(along) if along else np.sign(loading)
    return float(sign * min(abs(loading), max(room, 0.0)))


def _error_correlated(state: Implied, items: Sequence[Indicator]) -> list[Level]:
    names = state.structure.names
    pairs = list(zip(items[::2], items[1::2], strict=False))
    counts = [max(1, round(len(items) * k / (2 * ONE_FACTOR_LEVELS) + 1e-9)) for k in range(1, ONE_FACTOR_LEVELS + 1)]
    out = []
    for number, count in enumerate(dict.fromkeys(min(c, len(pairs)) for c in counts), start=1):
        S = state.S.copy()
        for one, two in pairs[:count]:
            a, b = one.item, two.item
            S[a, b] = S[b, a] = ERROR_CORRELATION * np.sqrt(S[a, a] * S[b, b])
        tied = ", ".join(f"{names[one.item]}-{names[two.item]}" for one, two in pairs[:count])
        words = f"errors correlate {ERROR_CORRELATION:.2f}: {tied}"
        out.append(Level(number, words, _with_variances(state, direct_effects(state.G), S)))
    return out


def _with_variances(state: Implied, B: Array, S: Array) -> Array:
    """(p, p) covariances of the observed variables; residual variances of items keep their total variances."""
    s = state.structure
    G = total_effects(B)
    C = implied_covariances(G, S)
    p = s.p
    if s.has_means:
        mean = C[:p, -1]
        C = C[:p, :p] - np.outer(mean, mean)
    cov = C[:p, :p].copy()
    items = [i.item for i in indicators(state)]
    cov[items, items] = np.diag(state.cov)[items]
    return cov
