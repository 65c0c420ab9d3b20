"""Casewise scores, and the saturated model whose parameters are the moments themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sexresearch.frozen import read_only_property
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.implied.likelihood import Grouped, inverses, likelihood_derivatives
from sexresearch.sem.implied.moments import collect
from sexresearch.sem.implied.structure import Implied, Structure, implied, vech_index


def slot_matrix(structure: Structure, size: int) -> Array:
    """(k, q) 0/1 matrix that takes slots to free parameters."""
    matrix = np.zeros((len(structure.free), size))
    matrix[np.arange(len(structure.free)), structure.free] = 1.0
    return matrix


def casewise_scores(state: Implied, sample: Sample) -> Array:
    """(rows, k) derivative of each respondent's log-likelihood: w ((z'V u)(z'V v) - u'V v), V the inverse of Omega.

    NaN where Omega is not positive definite.
    """
    structure = state.structure
    z = sample.augmented(structure.has_means)
    solved, flat = np.zeros((len(z), len(state.omega))), np.zeros((len(sample.blocks), len(structure.free)))
    known = inverses(state.omega, sample.grouped)
    if known is None:
        return np.full((len(z), len(structure.free)), np.nan)
    for number, (rows, (columns, V, _)) in enumerate(zip(sample.rows_by_pattern, known, strict=True)):
        here = rows[:, None], columns
        solved[here] = z[here] @ V
        Z = state.Z[columns]
        flat[number] = np.einsum("ak,ak->k", Z[:, structure.u], (V @ Z)[:, structure.v])
    Y = solved @ state.Z
    out = Y[:, structure.u] * Y[:, structure.v] - flat[sample.patterns]
    return out * structure.weight * sample.weights[:, None]


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


def information_of(state: Implied, group: Grouped, exact: bool) -> Array:
    """(k, k) expected or observed information of one group's blocks, in that structure's slots."""
    structure = state.structure
    _, _, expected, observed = likelihood_derivatives(state, group)
    return collect(structure, observed() if exact else expected, len(structure.free))


@dataclass(frozen=True)
class Saturated:
    """The model without restrictions at the sample moments: information and score products (moments, moments)."""

    information: Array
    state: Implied
    sample: Sample

    @read_only_property
    def products(self) -> Array:
        """What the scores of the respondents, or of their clusters, sum to."""
        codes = None if self.sample.answers is None else self.sample.answers.clusters
        return score_products(casewise_scores(self.state, self.sample), codes)


def saturate(sample: Sample, has_means: bool, fixed: int, exact: bool) -> Saturated:
    """One group's saturated model, with expected or observed information."""
    mean = sample.mean_from_origin if has_means else None
    free, theta = saturated_structure(len(sample.names), mean, sample.cov, fixed)
    state = implied(free, theta)
    return Saturated(information_of(state, sample.grouped, exact), state, sample)


def score_products(scores: Array, codes: Array | None) -> Array:
    """(q, q) sum of score score' over rows, or over clusters with the correction J / (J - 1) for J clusters."""
    if codes is None:
        return scores.T @ scores
    summed = cluster_sums(scores, codes)
    return summed.T @ summed * (len(summed) / (len(summed) - 1) if len(summed) > 1 else 1.0)


def summed_products(scores: Array, sample: Sample) -> Array:
    """(k, k) the same over the sample's rows or clusters, without that correction."""
    assert sample.answers is not None
    clusters = sample.answers.clusters
    summed = scores if clusters is None else cluster_sums(scores, clusters)
    return summed.T @ summed


def cluster_sums(scores: Array, codes: Array) -> Array:
    """(clusters, q) scores (rows, q) summed within the cluster codes (rows,)."""
    known, dense = np.unique(codes, return_inverse=True)
    out = np.zeros((len(known), scores.shape[1]))
    np.add.at(out, dense, scores)
    return out
