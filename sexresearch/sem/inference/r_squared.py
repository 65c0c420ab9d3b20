"""R-squared: how much of a variable's variance the model explains."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sexresearch.sem.implied.structure import Implied
from sexresearch.sem.language.parameter import Parameter


def r_squared(state: Implied, rows: Sequence[Parameter]) -> dict[str, float]:
    """R-squared of every variable that one of the group's rows is to explain: 1 - residual / total variance.

    0 where its paths are fixed to 0; NaN where the residual variance is negative.
    """
    place = {name: k for k, name in enumerate(state.structure.names)}
    explained_places = {place[row.lhs if row.op == "~" else row.rhs] for row in rows if row.op in ("~", "=~")}
    total, residual = np.diag(state.all_cov), np.diag(state.S)
    share = np.where(residual >= 0, 1 - residual / np.where(total > 0, total, np.nan), np.nan)
    return {state.structure.names[k]: float(share[k]) for k in sorted(explained_places)}
