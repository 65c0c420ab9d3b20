"""Ranks of uncertain numbers: which is first and with which probability, from draws of all of them together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sexresearch.sem.view import Array

ALIKE = 1e-9  # relative to the largest number: a difference below is rounding, and the rank is shared


@dataclass(frozen=True)
class Ranks:
    """Of k numbers: rank (k,), 1 the largest; p_first, p_top_two (k,); ahead (k, k): P(row number > column number).

    used : how many draws all of this rests on.
    """

    rank: Array
    p_first: Array
    p_top_two: Array
    ahead: Array
    used: int


def ranks(est: Array, sampled: Array) -> Ranks:
    """The ranks of est (k,), and their probabilities as shares of the draws (R, k) in which they occur.

    Draws in which a number is missing are left out. Equal numbers share a rank's probability.

    >>> found = ranks(np.array([1.0, 3.0]), np.array([[1.0, 2.0], [2.0, 1.0], [0.0, 4.0], [1.0, 1.0]]))
    >>> found.rank.tolist(), found.p_first.tolist(), found.p_top_two.tolist()
    ([2, 1], [0.375, 0.625], [1.0, 1.0])
    """
    valid = sampled[np.isfinite(sampled).all(axis=1)]
    k, close = len(est), ALIKE * float(np.abs(est).max(initial=0.0))
    rank = 1 + (est[None, :] > est[:, None] + close).sum(axis=1)
    if not len(valid):
        return Ranks(rank, np.full(k, np.nan), np.full(k, np.nan), np.full((k, k), np.nan), 0)
    above = np.zeros((len(valid), k))
    alike, ahead = np.zeros((len(valid), k)), np.zeros((k, k))
    for other in range(k):
        difference = valid[:, [other]] - valid
        above += difference > close
        alike += np.abs(difference) <= close
        ahead[other] = ((difference > close) + 0.5 * (np.abs(difference) <= close)).mean(axis=0)
    first, two = (np.clip((places - above) / alike, 0.0, 1.0).mean(axis=0) for places in (1, 2))
    return Ranks(rank, first, two, ahead, len(valid))
