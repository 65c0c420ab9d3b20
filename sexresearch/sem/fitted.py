"""A fitted model as plain arrays: what every inference function takes and no user needs to see."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.constraints import Constrained, Namespace
from sexresearch.sem.discrepancy import Block, NormalLikelihood, Objective, collect, group_terms, invert
from sexresearch.sem.options import Options
from sexresearch.sem.sample import Sample
from sexresearch.sem.structure import Implied, Structure, implied, jacobian, vech_index
from sexresearch.sem.table import ParameterTable


@dataclass(frozen=True)
class Fitted:
    """Options, table, samples and structures of each group, the discrepancy, and where it is smallest."""

    options: Options
    table: ParameterTable
    samples: tuple[Sample, ...]
    structures: tuple[Structure, ...]
    objective: Objective
    names: Namespace
    constrained: Constrained
    start: Array

    @property
    def theta(self) -> Array:
        """(q,) estimates of the free parameters."""
        return self.constrained.solution.theta

    def n_fixed(self, number: int) -> int:
        """How many variables of a group are exogenous and fixed to their sample moments; they stand last."""
        return len(self.table.roles[number].exogenous) if self.options.fixed_x else 0

    @property
    def n(self) -> float:
        """Respondents (or summed weights) in all groups."""
        return sum(sample.n for sample in self.samples)

    @property
    def weight(self) -> float:
        """What multiplies the discrepancy: the respondents, less one per group for least squares."""
        return self.n if isinstance(self.objective, NormalLikelihood) else self.n - self.table.n_groups

    @cached_property
    def states(self) -> tuple[Implied, ...]:
        """The implied moments of each group at the estimates."""
        return tuple(implied(structure, self.theta) for structure in self.structures)

    @cached_property
    def basis(self) -> Array:
        """(q, d) directions the constraints leave free."""
        return self.constrained.basis()

    @cached_property
    def expected_information(self) -> Array:
        """(q, q) expected information of all respondents together."""
        return self.objective.curve(self.theta).curvature * self.weight

    @cached_property
    def observed_information(self) -> Array:
        """(q, q) minus the second derivatives of the log-likelihood at the estimates."""
        return self.objective.hessian(self.theta) * self.weight

    @cached_property
    def information(self) -> Array:
        """(q, q) the information the options ask for."""
        return self.observed_information if self.options.information == "observed" else self.expected_information

    @cached_property
    def scores(self) -> tuple[Array, ...]:
        """Per group (rows, q): each respondent's first derivatives of the log-likelihood, weighted."""
        q = self.table.n_free
        return tuple(
            casewise_scores(state, sample) @ slot_matrix(state.structure, q)
            for state, sample in zip(self.states, self.samples, strict=True)
        )

    def jacobians(self) -> tuple[Array, ...]:
        """Per group (moments, q): derivatives of the implied moments."""
        q = self.table.n_free
        return tuple(jacobian(state) @ slot_matrix(state.structure, q) for state in self.states)


def slot_matrix(structure: Structure, size: int) -> Array:
    """(k, q) 0/1 matrix that takes slots to free parameters."""
    matrix = np.zeros((len(structure.free), size))
    matrix[np.arange(len(structure.free)), structure.free] = 1.0
    return matrix


def casewise_scores(state: Implied, sample: Sample) -> Array:
    """(rows, k) derivative of each respondent's log-likelihood: w ((z'V u)(z'V v) - u'V v), V the inverse of Omega."""
    structure = state.structure
    z = sample.augmented(structure.has_means)
    out = np.zeros((len(z), len(structure.free)))
    for number, block in enumerate(sample.blocks):
        rows = np.flatnonzero(sample.patterns == number)
        columns = block.columns
        found = invert(state.omega[np.ix_(columns, columns)])
        assert found is not None, "the implied covariances are positive definite at a solution"
        VZ = found[0] @ state.Z[columns]
        Y = z[np.ix_(rows, columns)] @ VZ
        flat = np.einsum("ak,ak->k", state.Z[columns][:, structure.u], VZ[:, structure.v])
        out[rows] = structure.weight * (Y[:, structure.u] * Y[:, structure.v] - flat)
    return out * sample.weights[:, None]


def saturated_structure(p: int, mean: Array | None, cov: Array, fixed: int = 0) -> tuple[Structure, Array]:
    """The structure whose parameters are the moments themselves (means first, vech by column), and their values.

    The moments of the last `fixed` variables among themselves stay as they are.
    """
    has_means = mean is not None
    m = p + has_means
    j, i = np.triu_indices(p)
    free = j < p - fixed  # i >= j: a covariance is fixed where its lower index already is
    i, j = i[free], j[free]
    shown = np.arange(p - fixed) if has_means else np.zeros(0, dtype=int)
    row = np.concatenate([shown, i])
    col = np.concatenate([np.full(len(shown), m - 1), j])
    is_path = np.arange(len(row)) < len(shown)
    directed, symmetric = np.zeros((m, m)), np.zeros((m, m))
    symmetric[p - fixed : p, p - fixed : p] = cov[p - fixed :, p - fixed :]
    if has_means:
        symmetric[-1, -1] = 1.0
    names = tuple(f"v{k}" for k in range(p)) + (("1",) if has_means else ())
    structure = Structure(
        names, p, has_means, directed, symmetric, row, col, is_path, np.arange(len(row)), np.arange(m)
    )
    values = cov[i, j]
    if mean is not None:
        directed[p - fixed : p, m - 1] = mean[p - fixed :]
        values = np.concatenate([mean[: p - fixed], values])
    return structure, values


def free_moments(p: int, fixed: int, has_means: bool) -> Array:
    """(moments,) True where a moment is not one of the last `fixed` variables among themselves."""
    _, j = vech_index(p)
    covariances = j < p - fixed
    return np.concatenate([np.arange(p) < p - fixed, covariances]) if has_means else covariances


def information_of(state: Implied, blocks: tuple[Block, ...], exact: bool) -> Array:
    """(k, k) expected or observed information of one group's blocks, in that structure's slots."""
    structure = state.structure
    return collect(structure, group_terms(state, blocks, exact).curvature, len(structure.free))


def is_likelihood(objective: Objective) -> bool:
    """Whether the discrepancy is a normal likelihood."""
    return isinstance(objective, NormalLikelihood)
