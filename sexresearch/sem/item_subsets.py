"""One model measured by many selections of its items, each fitted from near the whole model's solution.

An item that is left out takes its loadings, its residual and its intercept with it; where it set the unit of a latent
variable, the next loading is held where the whole model has it, so that the unit stays what it was. What is read off
is the standardized total effect of one variable on another, whose value and error no choice of unit changes:
G_ts sd_s / sd_t with G = (I - B)^-1 (Bollen 1989, doi 10.1002/9781118619179), its error by the delta method.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sexresearch.errors import DataError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.observed import Answers, split_groups
from sexresearch.sem.data.rows_used import complete_rows
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.data.sample_of_rows import arrange, from_answers, some_items
from sexresearch.sem.data.sampling_weights import weighed
from sexresearch.sem.delta_method import delta_variances
from sexresearch.sem.estimation.constrained_minimum import ConstrainedSolution
from sexresearch.sem.estimation.constraints import restrictions
from sexresearch.sem.estimation.estimate import bounded, columns_of
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.minimize import Solution, minimize
from sexresearch.sem.estimation.nearby import from_nearby
from sexresearch.sem.implied.structure import Implied, Structure
from sexresearch.sem.implied.total_effects import direct_effects
from sexresearch.sem.inference.vcov import vcov
from sexresearch.sem.matrices import inverse_information
from sexresearch.sem.output.problems import NEGATIVE, lowest_eigenvalue
from sexresearch.sem.output.results import Results
from sexresearch.sem.terms.normal import NormalTerm
from sexresearch.sem.terms.scores import score_spread
from sexresearch.sem.terms.term import Discrepancy
from sexresearch.sem.threads import one_thread

MOST_STEPS = 60  # near the whole model's solution most selections need 3 to 5


@dataclass(frozen=True)
class TotalEffect:
    """A standardized total effect and its standard error, n rows behind it; `reason` says what is wrong with it."""

    est: float
    se: float
    n: float
    converged: bool
    proper: bool
    reason: str = ""


@dataclass(frozen=True)
class ItemSubsets:
    """Fits of one model to one sample that differ in nothing but standard errors, and the effect that is asked for."""

    fits: tuple[Fitted, ...]
    source: str
    target: str
    every_row: Answers | None = None  # where listwise deletion took some out: without an item these may be complete

    @one_thread
    def without(
        self, items: Collection[str], patient: bool = True, by: Sequence[int] | None = None
    ) -> list[TotalEffect] | None:
        """The effect by each fit's errors, the items left out; None where the minimum is not found from nearby.

        by : the places of the fits whose errors are asked for; None for all.
        patient : whether to go on where steps from the whole model's solution do not lead straight to a minimum.
        """
        whole = self.fits[0]
        structure, start = _reduced(whole.structures[0], whole.theta, items)
        sample = self._sample(whole, items, structure.has_means)
        if sample is None:
            return None
        structure = replace(structure, origin=sample.origin)
        term = replace(_term(whole), share=1.0, structure=structure, sample=sample, n_free=len(start))
        objective = Discrepancy((term,), len(start))
        solution = from_nearby(term, start)
        if solution is None and patient:
            solution = minimize(objective, start, MOST_STEPS)
        if solution is None or not solution.converged:
            return None
        fits = self.fits if by is None else [self.fits[place] for place in by]
        effects = [_effect(_at(fit, objective, solution), self.source, self.target) for fit in fits]
        return effects if all(own.se > 0 or not np.isfinite(own.est) for own in effects) else None

    def _sample(self, whole: Fitted, items: Collection[str], has_means: bool) -> Sample | None:
        """What the data say about the items that are left; None where they say too little."""
        names = whole.samples[0].names
        kept = [i for i, name in enumerate(names) if name not in items]
        if self.every_row is None or not items:
            return some_items(whole.samples[0], kept, has_means)
        try:
            rows, _ = complete_rows(arrange(self.every_row, kept))
            (rows,), _ = weighed([rows], whole.options.sampling_weights)
            return from_answers(rows, [names[i] for i in kept], has_means)
        except DataError:
            return None


def item_subsets(results: Sequence[Results], source: str, target: str) -> ItemSubsets | None:
    """How to leave items out quickly; None for several groups, constraints, ordered items or least squares.

    results : converged fits of one model to one sample that differ in their standard errors alone.
    """
    fits = tuple(own.fitted for own in results)
    first = fits[0]
    groups = first.objective.groups
    alone = len(groups) == len(first.objective.terms) == 1 and first.inner is None
    plain = alone and groups[0].has_likelihood and (groups[0].rests_on_moments or groups[0].fills_gaps)
    limits = restrictions(bounded(first.table, first.options), first.names)
    gaps = first.options.missing == "listwise" and any(own.answers is None for own in first.samples)
    shared = len(np.unique(first.structures[0].free)) < len(first.structures[0].free)
    done = all(own.converged for own in results) and first.options.missing in ("listwise", "fiml")
    known = {source, target} <= set(first.structures[0].names)
    if not plain or limits or gaps or shared or not done or not known:
        return None
    return ItemSubsets(fits, source, target, _every_row(results[0]))


def _every_row(results: Results) -> Answers | None:
    """The answers as they were before listwise deletion; None where it took none out."""
    fit, rows = results.fitted, results.rows
    if rows is None or fit.options.missing != "listwise" or len(rows) == fit.samples[0].nobs:
        return None
    columns = columns_of(results.model, fit.options)
    (answers,), _ = split_groups(rows, columns)
    return arrange(answers, [columns.items.index(name) for name in fit.samples[0].names])


def _term(fit: Fitted) -> NormalTerm:
    term = fit.objective.groups[0]
    assert term.has_likelihood
    return term  # type: ignore[return-value]


def _reduced(whole: Structure, theta: Array, items: Collection[str]) -> tuple[Structure, Array]:
    """The structure without the items, and the estimates (q,) of the whole model that are left as its start."""
    kept = np.array([name not in items for name in whole.names])
    new = np.cumsum(kept) - 1
    slots = kept[whole.row] & kept[whole.col]
    directed = whole.directed[np.ix_(kept, kept)]
    lost = (whole.directed[: whole.p] != 0) & ~kept[: whole.p, None]
    for latent in np.flatnonzero(lost[:, whole.p : len(whole.names) - whole.has_means].any(axis=0)) + whole.p:
        unit = _next_unit(whole, slots, int(latent))
        if unit is not None:
            directed[new[whole.row[unit]], new[latent]] = theta[whole.free[unit]]
            slots[unit] = False
    names = tuple(name for name, own in zip(whole.names, kept, strict=True) if own)
    p = int(kept[: whole.p].sum())
    observed = np.append(np.arange(p), len(names) - 1) if whole.has_means else np.arange(p)
    free, number = np.unique(whole.free[slots], return_inverse=True)
    return Structure(
        names, p, whole.has_means, directed, whole.symmetric[np.ix_(kept, kept)],
        new[whole.row[slots]], new[whole.col[slots]], whole.is_path[slots], number, observed,
    ), theta[free]  # fmt: skip


def _next_unit(whole: Structure, slots: Array, latent: int) -> int | None:
    """The slot of the first free loading of a latent variable that lost its unit; None where it has one still."""
    if whole.symmetric[latent, latent] != 0:
        return None
    loading_rows = np.flatnonzero(whole.directed[:, latent])
    own = np.flatnonzero(slots & whole.is_path & (whole.col == latent))
    items = [int(k) for k in own if whole.row[k] < whole.p]
    left = [row for row in loading_rows if row >= whole.p]
    return items[0] if items and not left else None


def _at(fit: Fitted, objective: Discrepancy, solution: Solution) -> Fitted:
    """A fit with another solution; its table and names stay those of the whole model and are not asked for."""
    constrained = ConstrainedSolution(solution, np.zeros((0, len(solution.theta))), 0)
    return Fitted(fit.options, fit.table, objective, fit.names, constrained, solution.theta)


def _effect(fit: Fitted, source: str, target: str) -> TotalEffect:
    state, n = fit.states[0], float(fit.samples[0].nobs)
    names = state.structure.names
    est, slopes = standardized_total(state, names.index(source), names.index(target), len(fit.theta))
    variance = _variance(fit, slopes)
    wrong = improper(state)
    if not np.isfinite(est):
        return TotalEffect(np.nan, np.nan, n, True, False, wrong or "a loop of the model does not settle")
    se = float(np.sqrt(variance)) if variance > 0 else np.nan
    return TotalEffect(est, se, n, True, not wrong, wrong)


def _variance(fit: Fitted, slopes: Array) -> float:
    """slopes' vcov slopes; of a sandwich, without the products of all scores."""
    if fit.options.se in ("none", "standard", "robust_sem"):
        return float(delta_variances(slopes, vcov(fit)))
    along = inverse_information(fit.information, fit.basis) @ slopes
    return score_spread(fit.states[0], fit.samples[0], along[fit.structures[0].free])


def standardized_total(state: Implied, s: int, t: int, q: int) -> tuple[float, Array]:
    """The standardized total effect of variable s on variable t, and its derivatives (q,) by the parameters."""
    own, G, C = state.structure, state.G, state.all_cov
    variance = C.diagonal()
    settles = bool(np.allclose(G.diagonal(), 1.0)) or _settles(G)
    if not (variance[s] > 0 and variance[t] > 0 and settles):
        return np.nan, np.zeros(q)
    raw, ratio = G[t, s], np.sqrt(variance[s] / variance[t])
    i, j, path = own.row, own.col, own.is_path
    moved = np.where(path, G[t, i] * G[np.where(path, j, 0), s], 0.0)

    def spread(v: int) -> Array:
        twice = np.where(i == j, 1.0, 2.0)
        return np.where(path, 2.0 * G[v, i] * C[j, v], twice * G[v, i] * G[v, j]) / variance[v]

    slots = ratio * (moved + raw * (spread(s) - spread(t)) / 2.0)
    return float(raw * ratio), np.bincount(own.free, slots, q)


def _settles(G: Array) -> bool:
    return bool(np.abs(np.linalg.eigvals(direct_effects(G))).max() < 1)


def improper(state: Implied) -> str:
    """Why a solution cannot be one of the population's, in a word; empty where it can."""
    own = state.structure
    last = len(own.names) - own.has_means
    lowest = np.diag(state.S)[:last]
    if (lowest < NEGATIVE * np.abs(state.all_cov.diagonal()[:last])).any():
        return f"negative variance (Heywood case) of {own.names[int(np.argmin(lowest))]}"
    if lowest_eigenvalue(state.all_cov[own.p : last, own.p : last]) < NEGATIVE:
        return "latent variables more than perfectly related"
    return "" if lowest_eigenvalue(state.S[: own.p, : own.p]) >= NEGATIVE else "residuals more than perfectly related"
