"""Casewise scores, and the saturated model whose parameters are the moments themselves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from sexresearch.frozen import read_only_property
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.implied.implied_moments import collect, normal_weight
from sexresearch.sem.implied.likelihood import Grouped, inverses, likelihood_derivatives
from sexresearch.sem.implied.structure import Implied, Structure, implied, jacobian, vech_index
from sexresearch.sem.matrices import inverse_information
from sexresearch.sem.terms.complete_scores import summed_score_lengths, summed_score_products

MANY_ITEMS = 16  # from where one more reading of a source costs less than products of all pairs of its answers


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
    Y, flat = _standing(state, sample)
    out = Y[:, structure.u] * Y[:, structure.v] - flat[sample.patterns]
    return out * structure.weight * sample.weights[:, None]


def casewise_slopes(state: Implied, sample: Sample, along: Array) -> Array:
    """(rows,) what `casewise_scores` times `along` (k,) is, at the cost of one product of the rows with a matrix."""
    structure = state.structure
    Y, flat = _standing(state, sample)
    weighted, W = structure.weight * along, np.zeros((Y.shape[1], Y.shape[1]))
    np.add.at(W, (structure.u, structure.v), weighted)
    out: Array = (((Y @ W) * Y).sum(axis=1) - (flat @ weighted)[sample.patterns]) * sample.weights
    return out


def _standing(state: Implied, sample: Sample) -> tuple[Array, Array]:
    """z'V Z (rows, m) of every respondent, and u'V v (patterns, k); NaN where Omega is not positive definite."""
    structure = state.structure
    z = sample.augmented(structure.has_means)
    solved, flat = np.zeros((len(z), len(state.omega))), np.zeros((len(sample.blocks), len(structure.free)))
    known = inverses(state.omega, sample.grouped)
    if known is None:
        return np.full((len(z), state.Z.shape[1]), np.nan), np.full_like(flat, np.nan)
    for number, (rows, (columns, V, _)) in enumerate(zip(sample.rows_by_pattern, known, strict=True)):
        here = rows[:, None], columns
        solved[here] = z[here] @ V
        Z = state.Z[columns]
        flat[number] = np.einsum("ak,ak->k", Z[:, structure.u], (V @ Z)[:, structure.v])
    return solved @ state.Z, flat


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
    return collect(structure, observed() if exact else expected(), len(structure.free))


@dataclass(frozen=True)
class SaturatedModel(ABC):
    """A model without restrictions at the moments of highest likelihood.

    information : (moments, moments) about the moments that are estimated.
    """

    information: Array

    @property
    @abstractmethod
    def products(self) -> Array:
        """(moments, moments) what the products of the scores of the respondents, or of their clusters, sum to."""

    @read_only_property
    def inverse(self) -> Array:
        """The inverse of the information, solved in units of its diagonal, so that scales do no harm."""
        return inverse_information(self.information, np.eye(len(self.information)))

    @property
    def trace(self) -> float:
        """That of the inverse times the products: the number of moments, were they normal."""
        return float(np.vdot(self.inverse, self.products))

    @read_only_property
    def sandwich(self) -> Array:
        """The robust covariance of the moments: the products between two inverses."""
        return self.inverse @ self.products @ self.inverse


@dataclass(frozen=True)
class SaturatedNormal(SaturatedModel):
    """The model without restrictions at the sample moments; `fixed` variables, the last ones, are taken as given."""

    state: Implied
    sample: Sample
    fixed: int

    @read_only_property
    def products(self) -> Array:
        return score_products(self.state, self.sample)

    @cached_property
    def trace(self) -> float:
        if not _by_scores(self.sample, 0):
            return float(np.vdot(self.inverse, self.products))
        return summed_score_lengths(self.sample, self.state.structure.has_means, self.fixed) / self.sample.n


def saturate(sample: Sample, has_means: bool, fixed: int, exact: bool) -> SaturatedNormal:
    """One group's saturated model, with expected or observed information."""
    mean = sample.mean_from_origin if has_means else None
    free, theta = saturated_structure(len(sample.names), mean, sample.cov, fixed)
    state = implied(free, theta)
    return SaturatedNormal(information_of(state, sample.grouped, exact), state, sample, fixed)


def score_products(state: Implied, sample: Sample, corrected: bool = True) -> Array:
    """(k, k) sum of score score' over rows, or over clusters; J / (J - 1) times that for J clusters if `corrected`."""
    if _by_scores(sample, len(state.structure.free)):
        return summed_score_products(state, sample)
    if sample.has_sums:
        sums, L = sample.sums, scores_by_products(state, sample)
        products, units = L.T @ sums.products @ L, sums.units
    else:
        products, units = summed_products(sample, lambda part: casewise_scores(state, part))
    return products * (units / (units - 1)) if corrected and sample.clustered and units > 1 else products


def _by_scores(sample: Sample, k: int) -> bool:
    """Whether k scores of each row are multiplied rather than pairs of its answers, which are often far more.

    Pairs are multiplied once for all questions, each product but once, which a third of their number squared comes near
    to; scores anew for each question, and those of a source after one more reading.
    """
    p = len(sample.names)
    if not sample.has_whole_rows or (sample.answers is None and p < MANY_ITEMS):
        return False
    return not sample.has_sums or 3 * k * k < (1 + p + p * (p + 1) // 2) ** 2


def score_spread(state: Implied, sample: Sample, along: Array) -> float:
    """`along` (k,) times `score_products` times `along`."""
    if sample.has_sums:
        return float(along @ score_products(state, sample) @ along)
    summed, units = summed_products(sample, lambda part: casewise_slopes(state, part, along)[:, None])
    return float(summed.item() * (units / (units - 1) if sample.clustered and units > 1 else 1.0))


def summed_products(sample: Sample, terms: Callable[[Sample], Array]) -> tuple[Array, int]:
    """The sum over rows, or over clusters' sums, of products of what rows contribute, `terms` (rows, k); and how many.

    Rows that are not held in memory are read once more, a piece at a time.
    """
    total, units, clusters = np.zeros((0, 0)), 0, dict[int, Array]()
    for part in sample.parts():
        assert part.answers is not None
        own, codes = terms(part), part.answers.clusters
        if codes is None:
            total, units = own.T @ own + (total if units else 0.0), units + len(own)
        elif sample.answers is not None:
            sums = cluster_sums(own, codes)
            return sums.T @ sums, len(sums)
        else:
            for code, row in zip(np.unique(codes).tolist(), cluster_sums(own, codes), strict=True):
                clusters[code] = clusters.get(code, 0.0) + row
    if clusters:
        sums = np.array(list(clusters.values()))
        return sums.T @ sums, len(sums)
    return total, units


def scores_by_products(state: Implied, sample: Sample) -> Array:
    """(T, k) what takes (1, u, vech uu'), u the answers less their means, to the scores of complete answers."""
    p, has_means = state.structure.p, state.structure.has_means
    weighted = normal_weight(state.cov, has_means) @ jacobian(state)
    i, j = vech_index(p)
    of_cov = weighted[-len(i) :]
    if not has_means:
        return np.vstack([-state.cov[i, j] @ of_cov, np.zeros((p, weighted.shape[1])), of_cov])
    d, of_mean = sample.mean_from_origin - state.mean_from_origin, weighted[:p]
    crossed = of_mean.copy()
    np.add.at(crossed, i, d[j, None] * of_cov)
    np.add.at(crossed, j, d[i, None] * of_cov)
    return np.vstack([d @ of_mean + (d[i] * d[j] - state.cov[i, j]) @ of_cov, crossed, of_cov])


def cluster_sums(scores: Array, codes: Array) -> Array:
    """(clusters, q) scores (rows, q) summed within the cluster codes (rows,)."""
    known, dense = np.unique(codes, return_inverse=True)
    belongs = csr_array((np.ones(len(dense)), dense, np.arange(len(dense) + 1)), shape=(len(dense), len(known)))
    return np.asarray(belongs.T @ scores)
