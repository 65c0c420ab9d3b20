"""How much of a variable's variance a model explains, and how far that may be off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sexresearch.sem import Results
from sexresearch.sem.view import Array, Interval, View, draws, estimated, matrices, row_values, view

LEVEL = 0.95  # coverage of the limits


def explained(
    results: Results | View, interval: Interval | None = None, bootstrap: int = 0, seed: int = 1
) -> pd.DataFrame:
    """R² of every variable that something is to explain, as `results.r_squared` has it, with its 95 % limits.

    One row per variable: group, level, variable, r_squared, ci_lower, ci_upper, note; group and level only where there
    are several. R² is a function of the estimates, 1 - residual variance / variance; its limits come from their
    covariance by the delta method, or from draws or replicates, as in `effects`. Olkin & Finn (1995, Psychological
    Bulletin 118, 155-164, doi 10.1037/0033-2909.118.1.155) do so for regressions with normal answers. R² is skewed near
    0 and 1, where limits by the delta method are approximate and may lie outside.

    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit
    >>> x, e = np.random.default_rng(1).normal(size=(2, 400))
    >>> explained(fit("y ~ x", pd.DataFrame({"x": x, "y": x + e}))).iloc[:, :4].round(2).values.tolist()
    [['y', 0.47, 0.4, 0.53]]
    """
    fit = view(results, "explained", levels=True)
    at = draws(fit, interval, bootstrap, seed, LEVEL)
    where = [_explained_in(fit, number) for number in range(len(fit.blocks))]
    pairs = zip(fit.blocks, where, strict=True)
    rows = [(block.label, block.level, name) for block, own in pairs for name in own]
    frame = pd.DataFrame(rows, columns=["group", "level", "variable"])
    known = estimated(at, lambda theta, exogenous: _shares(fit, where, theta, exogenous))
    frame["r_squared"] = known["est"] if fit.converged else np.nan
    frame[["ci_lower", "ci_upper"]] = known[["ci_lower", "ci_upper"]]
    frame["note"] = known["reason"]
    leave = [*([] if fit.groups else ["group"]), *(["level"] if fit.blocks[0].level is None else [])]
    return frame.drop(columns=leave)


def _explained_in(fit: View, number: int) -> list[str]:
    """The variables of a block that one of its rows is to explain, in the block's order."""
    ends = {row.lhs if row.op == "~" else row.rhs for row in fit.by_block[number] if row.op in ("~", "=~")}
    return [name for name in fit.blocks[number].names if name in ends]


def _shares(fit: View, where: Sequence[Sequence[str]], theta: Array, exogenous: Array) -> Array:
    """(R, variables) the shares of all blocks; NaN where a residual variance is negative."""
    rows, parts = row_values(fit, theta, exogenous), [np.empty((len(theta), 0))]
    for block, places, names in zip(fit.blocks, fit.places, where, strict=True):
        if names:
            at, place = matrices(places, rows), [block.names.index(name) for name in names]
            residual = np.diagonal(at.S, axis1=1, axis2=2)[:, place]
            with np.errstate(invalid="ignore", divide="ignore"):
                parts.append(np.where(residual >= 0, 1.0 - residual / at.sd[:, place] ** 2, np.nan))
    return np.hstack(parts)
