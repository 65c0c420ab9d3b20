"""Numbers of partial least squares for cases that were published by it."""

from __future__ import annotations

import pandas as pd

from sexresearch.errors import StudyError
from sexresearch.sem import Results, pls_estimates
from sexresearch.study.replication.quantities import Quantities, formula_key, pair_key, plain_key


def pls_quantities(results: Results, what: str, scheme: str) -> Quantities:
    """Standardized paths and loadings, R² or correlations of constructs, every construct a composite.

    A variable without items of its own is a construct of one item. LibraryError where seminr is not installed.

    References: Lohmöller 1989, doi 10.1007/978-3-642-52512-4; Hair et al. 2021, doi 10.1007/978-3-030-80519-7.
    """
    if results.groups:
        raise StudyError("partial least squares is estimated for one group; this fit has several")
    rows = results.parameters
    several = rows[rows["op"] == "=~"].groupby("lhs", sort=False).size()
    formative = [str(name) for name in several.index[several > 1]] if scheme == "pls_mode_b" else []
    inner = {"pls_factorial": "factorial", "pls_centroid": "centroid"}.get(scheme, "path")
    model = pls_estimates(results, scheme=inner, formative=formative)  # type: ignore[arg-type]
    if what == "r_squared":
        return Quantities(plain_key, {(str(name),): float(value) for name, value in model.r_squared.items()})
    if what == "correlation":
        names, scores = list(model.correlations), model.correlations.to_numpy()
        pairs = [(i, j) for i in range(len(names)) for j in range(i)]
        return Quantities(pair_key, {tuple(sorted((names[i], names[j]))): float(scores[i, j]) for i, j in pairs})
    return Quantities(formula_key, _cells(model.paths, "~") | _cells(model.loadings, "=~"))


def _cells(frame: pd.DataFrame, op: str) -> dict[tuple[str, ...], float]:
    """Effect ~ cause, construct =~ item: rows of the frame are the right side."""
    cells = ((str(right), str(left), frame.loc[right, left]) for right in frame.index for left in frame.columns)
    return {(left, op, right): float(value) for right, left, value in cells if value != 0}
