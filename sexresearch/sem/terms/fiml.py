"""The normal likelihood of every answer there is (full-information maximum likelihood): a sum over patterns of gaps.

Little & Rubin 2002, Statistical Analysis with Missing Data, section 11.2, doi 10.1002/9781119013563;
Zhang & Savalei 2022, doi 10.1037/met0000445.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakValueDictionary

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.recent_moments import digest_of
from sexresearch.sem.gamma import Gamma
from sexresearch.sem.implied.implied_moments import normal_weight
from sexresearch.sem.terms.normal import NormalPoint, NormalTerm
from sexresearch.sem.terms.scores import SaturatedModel, SaturatedNormal, free_moments
from sexresearch.sem.terms.term import MisfitParts

_alive: WeakValueDictionary[tuple[bool, int, bytes], SaturatedNormal] = WeakValueDictionary()  # those that a fit holds


@dataclass(frozen=True)
class FimlTerm(NormalTerm):
    """A normal term whose sample moments are estimates, by EM, and whose blocks are the patterns of answers."""

    def measured_by_moments(self, scaled: bool) -> bool:
        return True

    @property
    def rests_on_moments(self) -> bool:
        return self.sample.complete

    @property
    def fills_gaps(self) -> bool:
        answers = self.sample.answers
        return answers is not None and not np.isnan(answers.values[:, self.structure.p - self.fixed :]).any()

    def saturated(self, exact: bool) -> SaturatedNormal:
        """That of any other model of the same answers, as long as that one is there."""
        answers, origin = self.sample.answers, self.sample.origin
        if answers is None or self.sample.complete:
            return super().saturated(exact)
        key = exact, self.fixed, digest_of(answers.values, answers.weights, answers.clusters, origin)
        model = _alive.get(key)
        if model is None:
            model = _alive[key] = super().saturated(exact)
        return model

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
        spread = own.n * (known.sandwich if robust else known.inverse)
        complete = normal_weight(sample.cov, has_means=True)[np.ix_(free, free)]
        inverse, shift = np.linalg.inv(state.cov), sample.mean - state.mean
        half = inverse @ sample.cov
        gap = float(np.trace(half) - np.linalg.slogdet(half)[1] - len(half) + shift @ inverse @ shift)
        D = self.jacobian[free]
        pull, expected = known.information @ D / own.n, float(np.vdot(complete, spread))
        middle = D.T @ (pull if known is point else point.information @ D / own.n)
        return MisfitParts(D, pull, middle, complete.__matmul__, Gamma(spread), expected, gap)
