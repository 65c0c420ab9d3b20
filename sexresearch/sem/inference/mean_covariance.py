"""How far the means of a sample may be off, where its rows were added up and weights or clusters count."""

from __future__ import annotations

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.sample import Sample


def mean_covariance(sample: Sample, weighted: bool) -> Array | None:
    """(p, p) of complete answers with weights or clusters; None without these, where answers lack or rows are held.

    With u what a row's answers are above the means: the sum over rows, or clusters, of (sum of w u) (sum of w u)' / n².
    """
    own = sample.nested
    if own is not None:
        places = [own.names.index(name) for name in sample.names]
        return None if own.mean_cov is None or not sample.nobs else own.mean_cov[np.ix_(places, places)]
    robust = (weighted or sample.clustered) and sample.answers is None
    if not (robust and sample.complete and sample.has_sums):
        return None
    p = len(sample.names)
    return np.asarray(sample.sums.products[1 : 1 + p, 1 : 1 + p] / sample.n**2)
