"""Where exploratory blocks start: factors of their items alone, in echelon form about well separated anchors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import numpy as np
from scipy.linalg import qr

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.language.table import ParameterTable
from sexresearch.sem.matrices import exceeds
from sexresearch.sem.rotation.extraction import Extraction, extracted

SINGULAR = 1e-6  # eigenvalue of correlations from which their likelihood can be had
MOST = 0.98  # of an item's variance that factors are to explain at the start
EXTRACTIONS: tuple[Extraction, ...] = get_args(Extraction)


def first_factors(cov: Array, k: int, extraction: Extraction = "ml") -> Array:
    """(p, k) loadings of k uncorrelated factors: the best of the minima that several starts lead to, no item whole.

    By least squares in any case where the covariances are not positive definite, as polychoric ones may be.
    """
    sd = np.sqrt(np.diag(cov))
    R = cov / np.outer(sd, sd)
    loadings = extracted(R, k, extraction if exceeds(R, SINGULAR) else "pa").loadings
    communality = (loadings**2).sum(axis=1)
    shrunk = np.sqrt(np.minimum(1.0, MOST / np.maximum(communality, SINGULAR)))
    return loadings * shrunk[:, None] * sd[:, None]


def echelon(loadings: Array, anchors: Sequence[int]) -> Array:
    """The loadings (p, k) turned so that those of anchor j on factors after j are 0, each factor's sum positive."""
    Q = np.linalg.qr(loadings[list(anchors)].T)[0]
    turned = loadings @ Q
    for j, anchor in enumerate(anchors):
        turned[anchor, j + 1 :] = 0.0
    return turned * np.where(turned.sum(axis=0) < 0, -1.0, 1.0)


def anchors_of(table: ParameterTable, samples: Sequence[Sample]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Per block as many items as factors, which tell the factors apart best; blocks of latents keep their order."""
    anchors: dict[str, tuple[str, ...]] = {}
    for number, sample in enumerate(samples):
        for block in table.exploratory[number]:
            if block.name in anchors or not set(block.items) <= set(sample.names):
                continue
            own = [sample.names.index(item) for item in block.items]
            cov = sample.cov[np.ix_(own, own)]
            if np.isfinite(cov).all() and (np.diag(cov) > 0).all():
                loadings = first_factors(cov, len(block.factors)) / np.sqrt(np.diag(cov))[:, None]
                order = qr(loadings.T, pivoting=True, mode="r")[1]
                anchors[block.name] = tuple(block.items[i] for i in order[: len(block.factors)])
    return tuple(anchors.items())
