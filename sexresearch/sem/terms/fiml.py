"""The normal likelihood of every answer there is (full-information maximum likelihood): a sum over patterns of gaps.

Little & Rubin 2002, Statistical Analysis with Missing Data, section 11.2, doi 10.1002/9781119013563;
Zhang & Savalei 2022, doi 10.1037/met0000445.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.gamma import Gamma
from sexresearch.sem.implied.implied_moments import normal_weight
from sexresearch.sem.matrices import inverse_information
from sexresearch.sem.terms.normal import NormalPoint, NormalTerm
from sexresearch.sem.terms.scores import SaturatedModel, free_moments
from sexresearch.sem.terms.term import MisfitParts


@dataclass(frozen=True)
class FimlTerm(NormalTerm):
    """A normal term whose sample moments are estimates, by EM, and whose blocks are the patterns of answers."""

    estimates_moments: ClassVar[bool] = True

    @property
    def rests_on_moments(self) -> bool:
        return self.sample.complete

    @property
    def fills_gaps(self) -> bool:
        answers = self.sample.answers
        return answers is not None and not np.isnan(answers.values[:, self.structure.p - self.fixed :]).any()

    def at(self, theta: Array) -> FimlPoint:
        return FimlPoint(theta, self)

    def unrelated(self, theta: Array, free: bool) -> tuple[Array, bool]:
        """Mean and variance of every variable among those who answered it."""
        if self.sample.complete or free:
            return theta, self.sample.complete
        structure, p = self.structure, self.structure.p
        blocks = self.sample.blocks
        columns = np.concatenate([block.columns for block in blocks])
        n = np.repeat([block.n for block in blocks], [len(block.columns) for block in blocks])
        count = np.bincount(columns, n)
        mean = np.bincount(columns, n * np.concatenate([block.moment[:, -1] for block in blocks])) / count
        squares = np.bincount(columns, n * np.concatenate([block.moment.diagonal() for block in blocks]))
        variance = squares / count - mean**2
        mean[:p] += structure.shift[:p]
        theta = theta.copy()
        theta[structure.free] = np.where(structure.is_path, mean[structure.row], variance[structure.row])
        return theta, True


@dataclass(frozen=True)
class FimlPoint(NormalPoint):
    """The likelihood of incomplete answers at one parameter vector."""

    def misfit_parts(self, robust: bool, information: str, saturated: Callable[[bool], SaturatedModel]) -> MisfitParts:
        """By the complete-data discrepancy between the EM moments and the fit (Zhang & Savalei 2022).

        How estimates follow the EM moments is observed information, whatever kind is asked for, as in lavaan.
        """
        own, sample, state = self.own, self.own.sample, self.state
        free = free_moments(own.structure.p, own.fixed, has_means=True)
        point = saturated(information == "observed")
        known = saturated(True) if information == "expected" else point
        seen = known.information / own.n
        spread = inverse_information(seen, np.eye(len(seen)))
        if robust:
            spread = spread @ known.products @ spread / own.n
        complete = normal_weight(sample.cov, has_means=True)[np.ix_(free, free)]
        inverse, shift = np.linalg.inv(state.cov), sample.mean - state.mean
        half = inverse @ sample.cov
        gap = float(np.trace(half) - np.linalg.slogdet(half)[1] - len(half) + shift @ inverse @ shift)
        D = self.jacobian[free]
        middle = D.T @ (point.information / own.n) @ D
        return MisfitParts(D, seen @ D, middle, complete.__matmul__, Gamma(spread), gap)
