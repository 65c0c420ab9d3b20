"""From answers to factor scores: the weights, row by row, whatever a row has answered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sexresearch.sem.after.group_rows import answer_patterns
from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.implied.total_effects import total_effects

ESTIMABLE = 1e-6  # how far from 1 the weight of a factor in its own score may be


@dataclass(frozen=True)
class Scoring:
    """What scoring needs of one group: m observed and l latent variables.

    mean_o (m,), mean_l (l,), cov_oo (m, m), cov_lo (l, m), cov_ll (l, l): implied moments (sample means where none
    are modelled). paths : (m + l, m + l) regressions and loadings. design : (m, l + m) what Bartlett's scores rest on:
    the paths from the latent and the observed variables to each observed one; an exogenous variable is its own.
    """

    mean_o: Array
    mean_l: Array
    cov_oo: Array
    cov_lo: Array
    cov_ll: Array
    paths: Array
    design: Array

    @property
    def loadings(self) -> Array:
        """(m, l) loadings of the observed on the latent variables."""
        m = len(self.mean_o)
        return self.paths[:m, m:]


def scoring(fitted: Fitted, number: int) -> Scoring:
    """The moments of one group that scores are made of."""
    state, role = fitted.states[number], fitted.table.roles[number]
    structure = state.structure
    m, both = structure.p, structure.p + len(role.latent)
    paths = structure.directed.copy()
    free = structure.is_path
    paths[structure.row[free], structure.col[free]] = fitted.theta[structure.free[free]]
    paths = paths[:both, :both]
    cov = state.all_cov
    mean_o = state.mean if structure.has_means else fitted.samples[number].mean
    centre = total_effects(paths[m:, m:]) @ (paths[m:, :m] @ mean_o)
    design = np.hstack([paths[:m, m:], paths[:m, :m]])
    exogenous = np.flatnonzero(~design.any(axis=1))
    design[exogenous, len(role.latent) + exogenous] = 1.0
    return Scoring(
        mean_o,
        state.C[m:both, -1] if structure.has_means else centre,
        cov[:m, :m],
        cov[m:both, :m],
        cov[m:both, m:both],
        paths,
        design,
    )


def score_weights(group: Scoring, answered: Array, method: str) -> Array:
    """(l, answered) weights of the answers (columns numbered in `answered`) in each score; NaN where not estimable.

    regression: Cov(f, y) Cov(y)^-1 (Thurstone 1935). bartlett: (D' S^-1 D)^-1 D' S^-1, S the covariance of the answers
    and D the design: loadings, and effects of observed variables (Bartlett 1937,
    doi 10.1111/j.2044-8295.1937.tb00863.x).
    """
    S = group.cov_oo[np.ix_(answered, answered)]
    if method == "regression":
        return np.linalg.solve(S, group.cov_lo[:, answered].T).T
    D, latents = group.design[answered], len(group.mean_l)
    WD = np.linalg.solve(S, D)
    weights = (np.linalg.pinv(D.T @ WD) @ WD.T)[:latents]
    estimable = np.abs(np.einsum("lm,ml->l", weights, D[:, :latents]) - 1.0) < ESTIMABLE
    return np.where(estimable[:, None], weights, np.nan)


def score_rows(group: Scoring, values: Array, method: str) -> Array:
    """(n, l) scores of rows values (n, m) with gaps; NaN for rows without any answer."""
    out = np.full((len(values), len(group.mean_l)), np.nan)
    for rows, answered in answer_patterns(values):
        if len(answered):
            weights = score_weights(group, answered, method)
            out[rows] = group.mean_l + (values[np.ix_(rows, answered)] - group.mean_o[answered]) @ weights.T
    return out


def predict_rows(group: Scoring, values: Array, scores: Array, modelled: int) -> Array:
    """(n, modelled) y = mean + (I - B)^-1 (L (f - mean_f) + X (x - mean_x)); unanswered x at their expectation."""
    m = len(group.mean_o)
    gap = np.zeros((len(values), m - modelled))
    for rows, answered in answer_patterns(values):
        cross = group.cov_oo[modelled:, answered]
        weights = np.linalg.solve(group.cov_oo[np.ix_(answered, answered)], cross.T)
        gap[rows] = (values[np.ix_(rows, answered)] - group.mean_o[answered]) @ weights
    B = group.paths[:modelled, :modelled]
    push = (scores - group.mean_l) @ group.loadings[:modelled].T + gap @ group.paths[:modelled, modelled:m].T
    return group.mean_o[:modelled] + push @ total_effects(B).T
