"""`se="bootstrap"`: the covariance of the estimates over resampled rows."""

from __future__ import annotations

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.resampling.drawn_clusters import holds_clusters, resampled_clusters
from sexresearch.sem.resampling.draws import answers_behind, resampled
from sexresearch.sem.resampling.many_fits import batch
from sexresearch.sem.resampling.run import Job, run

REPLICATES, SEED = 1000, 1  # as many as lavaan draws


def bootstrap_errors(fitted: Fitted) -> tuple[Array, list[str]]:
    """(q, q) covariance of the estimates over 1000 replicates, and a note on those that failed; NaN below two of them.

    Rows are drawn within groups, whole clusters where the fit has them (Efron & Tibshirani 1993, chapter 6,
    doi 10.1007/978-1-4899-4541-9).
    """
    codes = [answers.clusters for answers in answers_behind(fitted)]
    clusters = [code for code in codes if code is not None]
    by_clusters = holds_clusters(fitted)
    source = resampled_clusters(fitted, SEED) if by_clusters else resampled(fitted, SEED, clusters or None, bare=True)
    job = Job(fitted, source, batch(fitted, gaps=True), None, False)
    outcome = run(job, REPLICATES, 1)
    if outcome.not_run:
        raise KeyboardInterrupt
    theta = np.array([replicate.theta for replicate in outcome.replicates])
    failed = "; ".join(f"{count} {why}" for why, count in outcome.failures.items())
    notes = [f"bootstrap standard errors rest on {len(theta)} of {REPLICATES} replicates: {failed}"] if failed else []
    if len(theta) < 2:
        return np.full((fitted.table.n_free,) * 2, np.nan), notes
    return np.cov(theta, rowvar=False).reshape((fitted.table.n_free,) * 2), notes
