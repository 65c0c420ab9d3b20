"""Points of a target per point of a construct, at many draws of the estimates at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sexresearch.chain.investing.points import meters
from sexresearch.chain.investing.scales import Ends
from sexresearch.sem.view import AT_ONCE, Array, Draws, View, row_values

MOST_DRAWS = 2_000  # a probability read off them is uncertain by .01 at the most


def total_draws(
    fit: View, at: Draws, scales: Mapping[str, Ends], causes: Sequence[tuple[str, int]], target: str
) -> Array:
    """(R, k) total effects, in points per point, of k constructs (name, number of the group) on the target.

    The formulas are those of `points`; of Monte-Carlo draws the first `MOST_DRAWS` are taken, of replicates all.
    """
    theta, exogenous = at.samples
    most = MOST_DRAWS if at.method == "monte_carlo" else len(theta)
    if not len(theta) or not causes:
        return np.empty((0, len(causes)))
    gauges, names = meters(fit, scales), [block.names for block in fit.blocks]
    means = np.zeros((1, sum(len(block.mean) for block in fit.blocks)))  # effects do not depend on them
    blocks = []
    for first in range(0, min(most, len(theta)), AT_ONCE):
        part = slice(first, min(first + AT_ONCE, most))
        rows = row_values(fit, theta[part], exogenous[part])
        points = [gauge.read(rows, np.repeat(means, len(rows), axis=0)) for gauge in gauges]
        blocks.append(np.stack([points[g].total[:, names[g].index(target), names[g].index(c)] for c, g in causes], 1))
    return np.vstack(blocks)
