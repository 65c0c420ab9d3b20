"""Numbers of partial least squares for cases that were published by it, estimated by the package seminr."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sexresearch.errors import StudyError
from sexresearch.extras import extra
from sexresearch.sem import Results
from sexresearch.sem.view import Array, view
from sexresearch.study.replication.quantities import Quantities, formula_key, pair_key, plain_key

if TYPE_CHECKING:
    import seminr

ROWS_PER_ITEM = 3  # of the rows that stand for the moments
SEED = 1
Matrix = Any  # of seminr: values with names of rows and columns


def pls_quantities(results: Results, what: str, scheme: str) -> Quantities:
    """Standardized paths and loadings, R² or correlations of constructs, every construct a composite.

    Partial least squares takes nothing from the answers but their correlations, so that moments are enough: it is given
    rows that have exactly these. A variable without items of its own is a construct of one item. LibraryError where
    seminr is not installed.

    References: Lohmöller 1989, doi 10.1007/978-3-642-52512-4; Hair et al. 2021, doi 10.1007/978-3-030-80519-7.
    """
    if results.groups:
        raise StudyError("partial least squares is estimated for one group; this fit has several")
    model = _estimated(results, scheme)
    if what == "r_squared":
        frame = _frame(model.r_squared)
        return Quantities(plain_key, {(name,): float(frame.loc["Rsq", name]) for name in frame})
    if what == "correlation":
        scores = np.atleast_2d(np.corrcoef(model.construct_scores.values, rowvar=False))
        names = list(model.constructs)
        pairs = [(i, j) for i in range(len(names)) for j in range(i)]
        return Quantities(pair_key, {tuple(sorted((names[i], names[j]))): float(scores[i, j]) for i, j in pairs})
    return Quantities(formula_key, _paths(_frame(model.path_coef)) | _loadings(_frame(model.outer_loadings)))


def _estimated(results: Results, scheme: str) -> seminr.PlsModel:
    with extra("engines"):
        import seminr

    rows = results.parameters
    items = rows[rows["op"] == "=~"].groupby("lhs", sort=False)["rhs"].agg(list).to_dict()
    paths = rows[rows["op"] == "~"]
    names = dict.fromkeys([*items, *paths["rhs"], *paths["lhs"]])
    regressed = {name for name in items if len(items[name]) > 1} if scheme == "pls_mode_b" else set()
    measured = [
        seminr.composite(name, items.get(name, [name]), seminr.mode_B if name in regressed else seminr.mode_A)
        for name in names
    ]
    arrows = [seminr.paths(cause, effect) for cause, effect in zip(paths["rhs"], paths["lhs"], strict=True)]
    inner = {"pls_factorial": seminr.path_factorial, "pls_centroid": _centroid}
    answers, weights = _rows_with_moments(results), inner.get(scheme, seminr.path_weighting)
    model = (seminr.constructs(*measured), seminr.relationships(*arrows))
    try:
        return seminr.estimate_pls(answers, *model, inner_weights=weights)
    except Exception as error:  # of whatever kind: such a model is beyond partial least squares
        raise StudyError(f"partial least squares cannot estimate this model: {error}") from error


def _rows_with_moments(results: Results) -> pd.DataFrame:
    """Rows whose covariances are exactly those of the sample."""
    block = view(results, "a comparison with partial least squares").blocks[0]
    names, rows = list(block.observed), ROWS_PER_ITEM * len(block.observed)
    noise = np.random.default_rng(SEED).normal(size=(rows, len(names)))
    unit = np.linalg.qr(noise - noise.mean(axis=0))[0] * np.sqrt(rows - 1)
    return pd.DataFrame(unit @ np.linalg.cholesky(block.cov).T, columns=names)


def _centroid(structure: Any, scores: Any, dependent: Sequence[str], paths: Matrix) -> Matrix:
    """The centroid scheme: neighbours count by the sign of their correlation."""
    with extra("engines"):
        import seminr

    weighted = seminr.path_factorial(structure, scores, dependent, paths)
    signs: Array = np.sign(weighted.values)
    return type(weighted)(weighted.rows, weighted.cols, np.ascontiguousarray(signs))


def _frame(matrix: Matrix) -> pd.DataFrame:
    return pd.DataFrame(matrix.values, index=list(matrix.rows), columns=list(matrix.cols))


def _paths(frame: pd.DataFrame) -> dict[tuple[str, ...], float]:
    cells = ((cause, effect, frame.loc[cause, effect]) for cause in frame.index for effect in frame.columns)
    return {(effect, "~", cause): float(value) for cause, effect, value in cells if value != 0}


def _loadings(frame: pd.DataFrame) -> dict[tuple[str, ...], float]:
    cells = ((item, name, frame.loc[item, name]) for item in frame.index for name in frame.columns)
    return {(name, "=~", item): float(value) for item, name, value in cells if value != 0}
