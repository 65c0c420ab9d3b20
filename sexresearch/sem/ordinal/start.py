"""Starting values of models with ordered variables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.estimation.start import starting_values
from sexresearch.sem.implied.structure import Structure
from sexresearch.sem.language.table import ParameterTable
from sexresearch.sem.ordinal.model_moments import OrdinalModel

MOST_EXPLAINED = 0.8  # share of a response's variance that the start takes as explained, at most


def ordinal_start(
    table: ParameterTable, structures: Sequence[Structure], models: Sequence[OrdinalModel], samples: Sequence[Sample]
) -> Array:
    """(q,) structural parameters as if correlations were covariances, thresholds of the sample, scales 1.

    In the theta parameterization, where residual variances are 1, responses are stretched by what other items explain.
    """
    stretch = [_stretch(model, sample) for model, sample in zip(models, samples, strict=True)]
    moments = [(sample.mean, sample.cov * np.outer(s, s)) for sample, s in zip(samples, stretch, strict=True)]
    rows = [table.group(number) for number in range(table.n_groups)]
    start = starting_values(structures, rows, moments, table.n_free)
    given = {row.free: row.start for row in table.rows if row.free >= 0 and not np.isnan(row.start)}
    for model, sample, s in reversed(list(zip(models, samples, stretch, strict=True))):
        free = model.cut_free >= 0
        assert sample.ordinal is not None
        cuts = sample.ordinal.moments[: len(free)] * s[model.layout.cuts[0]]
        start[model.cut_free[free]] = cuts[free]
        start[model.scale_free[model.scale_free >= 0]] = 1.0
    for number, value in given.items():
        start[number] = value
    return start


def _stretch(model: OrdinalModel, sample: Sample) -> Array:
    """(P,) standard deviations of the responses where their residual variances are 1; else 1."""
    out = np.ones(len(sample.cov))
    if not model.reciprocal.any():
        return out
    p = model.layout.p
    R = sample.cov[:p, :p]
    unexplained = 1.0 / np.diag(np.linalg.inv(R + 0.05 * np.diag(np.diag(R)))) / np.diag(R)
    explained = np.clip(1.0 - unexplained, 0.0, MOST_EXPLAINED)
    out[:p] = np.where(model.reciprocal, 1.0 / np.sqrt(1.0 - explained), 1.0)
    return out
