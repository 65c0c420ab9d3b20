"""The weight of least squares on thresholds, slopes and correlations: of WLSMV and its kin, ULSMV and WLS."""

from __future__ import annotations

import numpy as np

from sexresearch.errors import DataError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.moments import inverse_of_moments
from sexresearch.sem.ordinal.statistics import OrdinalMoments


def ordinal_weight(moments: OrdinalMoments, discrepancy: str, nobs: int) -> Array:
    """The weight (M,) of "ULS" and "DWLS" (WLSMV and its kin), (M, M) of "WLS"; DataError where rows are too few."""
    if discrepancy == "ULS":
        return np.ones(moments.layout.size)
    if discrepancy == "DWLS":
        return 1.0 / moments.variances
    if nobs <= moments.layout.size:
        raise DataError(
            f"estimator 'WLS' inverts the covariances of {moments.layout.size} thresholds and correlations and needs "
            f"more rows than that; found {nobs}. Use 'WLSMV'"
        )
    words = [" ".join(part for part in label if part) for label in moments.layout.labels()]
    return inverse_of_moments(moments.gamma_of_rows.dense(), words, "WLS")
