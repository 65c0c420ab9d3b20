"""Weights and published numbers by the package seminr, from the moments of a fit.

Partial least squares takes nothing from the answers but their correlations, so that moments are enough: seminr is given
rows that have exactly these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import ModelError, OptionError
from sexresearch.extras import extra
from sexresearch.frozen import by_value
from sexresearch.sem.arrays import Array
from sexresearch.sem.output.results import Results
from sexresearch.sem.partial_least_squares.composites import Composites, composites_in
from sexresearch.sem.view import View, view

if TYPE_CHECKING:
    import seminr

Scheme = Literal["path", "factorial", "centroid"]
ROWS_PER_ITEM = 3  # of the rows that stand for the moments
SEED = 1


@by_value
@dataclass(frozen=True)
class PlsEstimates:
    """What seminr says: paths (causes in rows), loadings and weights (items in rows), r_squared, scores' correlations.

    >>> PlsEstimates(*[pd.DataFrame()] * 3, pd.Series(dtype=float), pd.DataFrame()).paths.empty
    True
    """

    paths: pd.DataFrame
    loadings: pd.DataFrame
    weights: pd.DataFrame
    r_squared: pd.Series
    correlations: pd.DataFrame


@in_words
def pls_estimates(
    results: Results | View,
    scheme: Scheme = "path",
    consistent: bool = False,
    formative: Sequence[str] = (),
) -> PlsEstimates:
    """The numbers of partial least squares as the package seminr gives them, from the moments of a fit.

    Parameters
    ----------
    results : Results or View
        A fit of one group, whose moments are taken.
    scheme : {"path", "factorial", "centroid"}
        How composites look at their neighbours.
    consistent : bool
        Corrected for measurement error (PLSc), every construct but the formative ones.
    formative : sequence of str
        Constructs whose weights are regressions (mode B).

    Returns
    -------
    PlsEstimates
        Standardized.

    Raises
    ------
    LibraryError
        seminr is not installed.
    OptionError
        Several groups, or a model that partial least squares has no place for.
    ModelError
        seminr cannot estimate it.

    Notes
    -----
    Lohmöller 1989, doi 10.1007/978-3-642-52512-4; Hair et al. 2021, doi 10.1007/978-3-030-80519-7; Dijkstra & Henseler
    2015, doi 10.25300/MISQ/2015/39.2.02.

    Examples
    --------
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> joy = rng.normal(size=(300, 1))
    >>> data = pd.DataFrame(joy + rng.normal(size=(300, 4)), columns=["j1", "j2", "s1", "s2"])
    >>> found = pls_estimates(fit("joy =~ j1 + j2; stay =~ s1 + s2; stay ~ joy", data))
    >>> bool(0.6 < found.paths.loc["joy", "stay"] < 0.75)
    True
    """
    fit = view(results, "partial least squares")
    if scheme not in get_args(Scheme):
        raise OptionError(f"scheme {scheme!r} is not known; allowed: {', '.join(get_args(Scheme))}")
    if len(fit.blocks) > 1:
        raise OptionError("partial least squares is estimated for one group; this fit has several")
    return estimated(composites_in(fit, 0, formative), fit.blocks[0].cov, scheme, consistent)


def estimated(made: Composites, cov: Array, scheme: str, consistent: bool) -> PlsEstimates:
    """By seminr; names are numbered on the way, as some mean something to it."""
    with extra("engines"):
        import seminr

    inner = {"factorial": seminr.path_factorial, "centroid": _centroid}.get(scheme, seminr.path_weighting)
    measured = []
    for k in range(len(made.names)):
        items = [f"x{i}" for i in made.members(k)]
        if consistent and not made.regressed[k]:
            measured.append(seminr.reflective(f"c{k}", items))
        else:
            measured.append(seminr.composite(f"c{k}", items, seminr.mode_B if made.regressed[k] else seminr.mode_A))
    arrows = [seminr.paths(f"c{cause}", f"c{effect}") for effect, cause in np.argwhere(made.arrows > 0)]
    try:
        answers = _rows_with_moments(cov)
        model = seminr.constructs(*measured), seminr.relationships(*arrows)
        model_fit = seminr.estimate_pls(answers, *model, inner_weights=inner)
    except Exception as error:  # of whatever kind: such a model is beyond partial least squares
        raise ModelError(f"partial least squares cannot estimate this model: {error}") from error
    return _named(made, model_fit)


def _named(made: Composites, model_fit: seminr.PlsModel) -> PlsEstimates:
    names = {f"c{k}": name for k, name in enumerate(made.names)} | {f"x{i}": n for i, n in enumerate(made.items)}

    def frame(matrix: Any) -> pd.DataFrame:
        rows, columns = ([names.get(n, n) for n in own] for own in (matrix.rows, matrix.cols))
        return pd.DataFrame(np.array(matrix.values), index=rows, columns=columns)

    scores = np.atleast_2d(np.corrcoef(model_fit.construct_scores.values, rowvar=False))
    order = [names[name] for name in model_fit.constructs]
    r_squared = frame(model_fit.r_squared).loc["Rsq"]
    correlations = pd.DataFrame(scores, index=order, columns=order)
    by_item = [frame(matrix) for matrix in (model_fit.outer_loadings, model_fit.outer_weights)]
    loadings, weights = (own[~own.index.duplicated()] for own in by_item)  # repeated items have one row that counts
    return PlsEstimates(frame(model_fit.path_coef), loadings, weights, r_squared, correlations)


def _rows_with_moments(cov: Array) -> pd.DataFrame:
    """Rows whose covariances are exactly those of the sample."""
    p = len(cov)
    noise = np.random.default_rng(SEED).normal(size=(ROWS_PER_ITEM * p, p))
    unit = np.linalg.qr(noise - noise.mean(axis=0))[0] * np.sqrt(ROWS_PER_ITEM * p - 1)
    return pd.DataFrame(unit @ np.linalg.cholesky(cov).T, columns=[f"x{i}" for i in range(p)])


def _centroid(structure: Any, scores: Any, dependent: Sequence[str], paths: Any) -> Any:
    """The centroid scheme: neighbours count by the sign of their correlation."""
    with extra("engines"):
        import seminr

    weighted = seminr.path_factorial(structure, scores, dependent, paths)
    signs: Array = np.sign(weighted.values)
    return type(weighted)(weighted.rows, weighted.cols, np.ascontiguousarray(signs))
