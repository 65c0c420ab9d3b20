"""Least squares on thresholds, slopes and correlations (DWLS, ULS, WLS)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sexresearch.errors import DataError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.moments import inverse_of_moments
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.implied.discrepancy import Curve, LeastSquares, Target
from sexresearch.sem.implied.structure import Implied, Structure, implied
from sexresearch.sem.language.table import ParameterTable
from sexresearch.sem.ordinal.model_moments import OrdinalModel, OrdinalPoint, ordinal_model
from sexresearch.sem.ordinal.statistics import OrdinalMoments


@dataclass(frozen=True)
class OrdinalLeastSquares(LeastSquares):
    """Half of sum_g share_g (s_g - sigma_g)' W_g (s_g - sigma_g), the moments s in the order of each group's layout.

    `structures` are those of the responses and the covariates as they are, for what is shown of a fit.
    Muthen, du Toit & Spisic 1997 (robust inference using weighted least squares).
    """

    models: tuple[OrdinalModel, ...]

    @property
    def apart(self) -> bool:
        """Whether moments are weighed one by one and none is a slope: the sample then fits unrelated variables best."""
        plain = all(model.layout.x == 0 for model in self.models)
        return plain and all(target.weight.ndim == 1 for target in self.targets)

    def value(self, theta: Array) -> float:
        total = 0.0
        for model, target in zip(self.models, self.targets, strict=True):
            gap = target.moments - model.at(theta).moments
            total += 0.5 * target.share * float(gap @ target.weigh(gap))
        return total if math.isfinite(total) else math.inf

    def curve(self, theta: Array) -> Curve:
        value, gradient, flat = 0.0, np.zeros(self.n_free), np.zeros((self.n_free, self.n_free))
        curvature = flat.copy()
        bends: list[tuple[OrdinalPoint, Array]] = []
        for model, target in zip(self.models, self.targets, strict=True):
            point = model.at(theta)
            gap = target.moments - point.moments
            pull = target.share * target.weigh(gap)
            value += 0.5 * float(gap @ pull)
            if not math.isfinite(value):
                return Curve(math.inf, np.full(self.n_free, math.nan), flat, lambda: flat)
            gradient -= point.jacobian.T @ pull
            curvature += target.share * _products(point, target)
            bends.append((point, pull))

        def exact() -> Array:
            return curvature - sum(point.bend(pull) for point, pull in bends)

        return Curve(value, gradient, curvature, exact)

    def jacobians(self, theta: Array) -> tuple[Array, ...]:
        """Per group (M, q) derivatives of the moments."""
        return tuple(model.at(theta).jacobian for model in self.models)

    def states(self, theta: Array) -> tuple[Implied, ...]:
        """Per group the responses as the model implies them, derived residual variances and covariates included."""
        return tuple(
            model.at(theta).completed(implied(structure, theta))
            for structure, model in zip(self.structures, self.models, strict=True)
        )


def _products(point: OrdinalPoint, target: Target) -> Array:
    """J' W J (q, q); with a diagonal W thresholds, which touch few rows, are kept apart."""
    J = point.jacobian
    if target.weight.ndim == 2:
        return J.T @ target.weight @ J
    first, own = point.model.layout.starts[0], point.model.own
    top = J[:first]
    out = top.T @ (target.weight[:first, None] * top)
    rest = J[first:, own]
    out[np.ix_(own, own)] += rest.T @ (target.weight[first:, None] * rest)
    return out


def ordinal_objective(
    structures: tuple[Structure, ...],
    samples: Sequence[Sample],
    table: ParameterTable,
    discrepancy: str,
    theta: bool,
) -> OrdinalLeastSquares:
    """The discrepancy "DWLS", "ULS" or "WLS" of a table and its samples; `theta` says which parameterization."""
    n = sum(sample.n - 1 for sample in samples)
    models, targets = [], []
    for number, (sample, role) in enumerate(zip(samples, table.roles, strict=True)):
        found = sample.ordinal
        assert found is not None
        origin = None
        if len(found.layout.numeric):
            origin = np.append(found.layout.mean(found.moments), np.zeros(found.layout.x))
        models.append(ordinal_model(table.group(number), role, found.layout, theta, table.n_free, origin))
        targets.append(Target((sample.n - 1) / n, found.moments, _weight(found, discrepancy, sample)))
    return OrdinalLeastSquares(structures, tuple(targets), table.n_free, tuple(models))


def _weight(found: OrdinalMoments, discrepancy: str, sample: Sample) -> Array:
    if discrepancy == "ULS":
        return np.ones(found.layout.size)
    if discrepancy == "DWLS":
        return 1.0 / found.variances
    if sample.nobs <= found.layout.size:
        raise DataError(
            f"estimator 'WLS' inverts the covariances of {found.layout.size} thresholds and correlations and needs "
            f"more rows than that; found {sample.nobs}. Use 'WLSMV'"
        )
    words = [" ".join(part for part in label if part) for label in found.layout.labels()]
    return inverse_of_moments(found.gamma, words, "WLS")
