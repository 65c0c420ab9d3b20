"""Many samples fitted at once: maximum likelihood, answers with gaps too, no constraints but linear equalities.

All replicates start at the full-sample estimates, in coordinates where the full-sample information is the identity, so
that a step down the gradient is already a Newton step; quasi-Newton steps learn what the replicate's own curvature
adds. Those that do not settle start again with steps that are checked, in the covariances of latent variables where
these are free; what does not settle then is left to the careful minimiser.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from sexresearch.errors import ModelError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.weighted_moments import WeighedGroup
from sexresearch.sem.estimation.constraints import evaluate, restrictions
from sexresearch.sem.estimation.estimate import bounded, discrepancy_of
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.implied.factor_gradient import FactorForm, factor_form, gradient_in_moments, omega, surely_positive
from sexresearch.sem.implied.structure import Implied, Structure, implied
from sexresearch.sem.matrices import positive_definite
from sexresearch.sem.resampling.checked import settle_with_checks
from sexresearch.sem.resampling.coordinates import Coordinates, coordinates
from sexresearch.sem.resampling.free_covariances import FreeCovariances, free_covariances, proper
from sexresearch.sem.resampling.quasi_newton import CLOSELY, SETTLED, quasi_newton
from sexresearch.sem.resampling.sampled import Samples
from sexresearch.sem.terms.term import Discrepancy

FAR = 1e3  # standard deviations from 0: moments about 0 keep ten of sixteen digits
NUMBERS_AT_ONCE = 2**17  # moments in a chunk: 1 MB, measured best for 39 items
SUMS_AT_ONCE = 2**20  # entries of the patterns' sums in a chunk: 8 MB
WEIGHTS_AT_ONCE = 2**24  # counts of rows in a chunk: 128 MB


@dataclass(frozen=True)
class Batch:
    """The forms of all groups, coordinates around the whole sample's estimates, and T (q, d) with T' information T = 1.

    d is q less the number of equality constraints; `exogenous` places the variables that are left as they are;
    `rates` give each group's gradient at the start as sums over its moments, constant (d,) and (P P, d); rows (or
    clusters, where sums of these are held) and patterns of gaps tell how much one sample holds.
    """

    forms: tuple[FactorForm, ...]
    coordinates: Coordinates
    T: Array
    exogenous: tuple[Array, ...]
    rates: tuple[tuple[Array, Array], ...]
    rows: int
    patterns: int = 0
    fitted: Fitted | None = None

    @property
    def size(self) -> int:
        """Replicates to fit at once."""
        moments = max(len(form.order) for form in self.forms) ** 2
        sums = SUMS_AT_ONCE // (moments * self.patterns) if self.patterns else 512
        return max(1, min(max(16, NUMBERS_AT_ONCE // moments), WEIGHTS_AT_ONCE // self.rows, sums, 512))

    @cached_property
    def equivalent(self) -> Equivalent | None:
        """Other parameters for samples far from the whole one, made when the first of them comes."""
        return None if self.fitted is None else _equivalent(self.fitted)


@dataclass(frozen=True)
class Equivalent:
    """The same model with covariances of latent variables in place of paths, for samples far from the whole one."""

    free: FreeCovariances
    model: Batch


def batch(fitted: Fitted, gaps: bool = False) -> Batch | None:
    """How to fit many samples at once; None where the model or the data need the careful minimiser.

    gaps : whether the samples may lack answers where the fitted one does.
    """
    groups = fitted.objective.groups
    if fitted.table.levels or fitted.unrotated is not None:  # rotated factors: every sample is turned by itself
        return None
    if len(groups) < len(fitted.objective.terms):  # a term without data, such as a penalty, is not in the batch
        return None
    if not (all(term.rests_on_moments or (gaps and term.fills_gaps) for term in groups) and _linear(fitted)):
        return None
    ordinary = _around(fitted, fitted.objective, fitted.theta)
    return None if ordinary is None else replace(ordinary, fitted=fitted)


def _equivalent(fitted: Fitted) -> Equivalent | None:
    """None where no block of latent variables is complete, or anything is constrained."""
    whole = fitted.basis.shape[1] == len(fitted.theta)
    free = free_covariances(fitted.structures, len(fitted.theta)) if whole else None
    if free is None:
        return None
    objective = discrepancy_of(free.structures, fitted.samples, fitted.table, fitted.options)
    model = _around(fitted, objective, free.covariances(fitted.theta[None])[0])
    return None if model is None else Equivalent(free, model)


def _around(fitted: Fitted, objective: Discrepancy, theta: Array) -> Batch | None:
    """Many samples near theta (q,) where `objective`, in which parameters may stand elsewhere, is least."""
    groups = objective.groups
    structures = [term.structure for term in groups]
    around = coordinates(structures, theta)
    if fitted.basis.shape[1] < len(theta):  # equality constraints are linear in the parameters themselves
        around = around.plain
    moves = around.jacobian @ fitted.basis
    hessian = moves.T @ objective.hessian(theta) @ moves
    diagonal = np.diag(hessian)
    if (diagonal <= 0).any():
        return None
    scale = 1.0 / np.sqrt(diagonal)
    try:
        root = np.linalg.cholesky(hessian * np.outer(scale, scale))
    except np.linalg.LinAlgError:
        return None
    states = [implied(replace(structure, origin=None), theta) for structure in structures]
    if not all(_near(structure, state) for structure, state in zip(structures, states, strict=True)):
        return None
    forms = tuple(factor_form(state) for state in states)
    names = [role.exogenous if fitted.options.fixed_x else () for role in fitted.table.roles]
    clusters = [sample.by_cluster for sample in fitted.samples]
    sizes = [s.nobs if own is None else len(own.keys) for s, own in zip(fitted.samples, clusters, strict=True)]
    fixed = tuple(_places(form, exogenous) for form, exogenous in zip(forms, names, strict=True))
    patterns = sum(len(term.sample.blocks) for term in groups if not term.rests_on_moments)
    T = fitted.basis @ (scale[:, None] * np.linalg.inv(root).T)
    rates = tuple(_rates(form, state, around.jacobian @ T) for form, state in zip(forms, states, strict=True))
    return Batch(forms, around, T, fixed, rates, sum(sizes), patterns)


def _rates(form: FactorForm, state: Implied, moves: Array) -> tuple[Array, Array]:
    """A group's gradient at the start as a function of its moments: constant (d,) and rates (P P, d)."""
    constant, rates = gradient_in_moments(form, state)
    own = moves[form.structure.free]
    return constant @ own, rates @ own


def _near(structure: Structure, state: Implied) -> bool:
    """Whether no mean is so far from 0 that moments about 0, which many samples are summed up in, lose its digits."""
    return structure.origin is None or bool((structure.origin**2 < FAR**2 * np.diag(state.cov)).all())


def _linear(fitted: Fitted) -> bool:
    """Whether every constraint is an equality without curvature, here and elsewhere."""
    limits = restrictions(bounded(fitted.table, fitted.options), fitted.names)
    if not limits or any(limit.inequality for limit in limits):
        return not limits
    points = (fitted.theta, fitted.theta + 0.01 * (1.0 + np.abs(fitted.theta)))
    try:
        return all(not evaluate(limits, fitted.names, point).hessians.any() for point in points)
    except ModelError:  # beyond the reach of a root or logarithm
        return False


def _places(form: FactorForm, names: Sequence[str]) -> Array:
    """Where fixed exogenous variables (and the constant) stand in the form's order."""
    s = form.structure
    wanted = [s.names.index(name) for name in names] + ([len(s.observed) - 1] if s.has_means else [])
    return np.flatnonzero(np.isin(form.order, wanted))


def fit_batch(model: Batch, moments: Sequence[WeighedGroup]) -> Array:
    """(b, q) estimates for moments (b, P, P) and respondents (b,) of each group; NaN where one did not settle."""
    theta = _fitted(model, moments, _settled)
    left = np.flatnonzero(~np.isfinite(theta[:, 0]))
    if len(left):
        far, other = [own.of(left) for own in moments], model.equivalent
        theta[left] = _fitted(model, far, settle_with_checks) if other is None else _fitted_by(other, model, far)
    return theta


def _fitted_by(other: Equivalent, model: Batch, moments: Sequence[WeighedGroup]) -> Array:
    """The same by way of free covariances; NaN where what they lead to is no minimum of the model itself."""
    own = Samples(model.forms, model.coordinates.plain, np.eye(len(model.T)), [group.gaps for group in moments])

    def proper_minima(samples: Samples, data: Sequence[Array], n: Array) -> Array:
        z = settle_with_checks(samples, data, n)
        done = np.flatnonzero(np.isfinite(z).all(axis=1))
        good = proper(other.free, samples, own, z[done], [part[done] for part in data], n[done])
        z[done[~good]] = np.nan
        return z

    theta = _fitted(other.model, moments, proper_minima)
    done = np.isfinite(theta).all(axis=1)
    theta[done] = other.free.paths(theta[done])
    return theta


def _settled(samples: Samples, data: Sequence[Array], n: Array) -> Array:
    near = CLOSELY if any(samples.gaps) else SETTLED
    return quasi_newton(samples.slope, samples.first_slope(data), data, n, near)


def _fitted(
    model: Batch, moments: Sequence[WeighedGroup], how: Callable[[Samples, Sequence[Array], Array], Array]
) -> Array:
    total = np.sum([own.n for own in moments], axis=0)
    samples = Samples(model.forms, model.coordinates, model.T, [own.gaps for own in moments], model.rates)
    data = [part for own in moments for part in _by_replicate(own, total)]
    try:
        theta = samples.parameters(how(samples, data, total))
    except np.linalg.LinAlgError:
        return np.full((len(total), len(model.T)), np.nan)
    theta[~_possible(model, theta)] = np.nan
    return theta


def _by_replicate(own: WeighedGroup, total: Array) -> list[Array]:
    """What one group has of every replicate: moments, its share of all respondents, and its patterns' sums."""
    return [own.moment, own.n / total, *(part for gapped in own.gapped for part in (gapped.n, gapped.sums))]


def _possible(model: Batch, theta: Array) -> Array:
    """(b,) whether the implied covariances are positive definite."""
    possible = np.isfinite(theta).all(axis=1)
    rows = np.flatnonzero(possible)
    for form in model.forms:
        x = theta[rows][:, form.structure.free]
        left = np.flatnonzero(~surely_positive(form, x))
        if len(left):
            possible[rows[left]] &= positive_definite(omega(form, x[left]))
    return possible


def chisq(model: Batch, theta: Array, moments: Sequence[WeighedGroup]) -> Array:
    """(b,) likelihood ratio against the saturated model, exogenous variables left as they are."""
    total = np.zeros(len(theta))
    for form, fixed, (moment, n, _) in zip(model.forms, model.exogenous, moments, strict=True):
        expected = omega(form, theta[:, form.structure.free])
        x = np.ix_(np.arange(len(theta)), fixed, fixed)
        total += n * (_distance(expected, moment) - _distance(expected[x], moment[x]))
    return np.maximum(total, 0.0)


def _distance(implied: Array, moment: Array) -> Array:
    trace = np.einsum("bij,bji->b", np.linalg.inv(implied), moment)
    return np.linalg.slogdet(implied)[1] - np.linalg.slogdet(moment)[1] + trace - moment.shape[1]
