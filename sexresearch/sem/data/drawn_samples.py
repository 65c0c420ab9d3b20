"""Samples of whole clusters drawn again, from what is held of every cluster."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.cluster_tables import DrawnTables
from sexresearch.sem.data.cluster_totals import ClusterTotals, moments_of_sums
from sexresearch.sem.data.moments import refuse_indefinite
from sexresearch.sem.data.ordered_columns import Levels
from sexresearch.sem.data.ordinal_sample import refuse_empty
from sexresearch.sem.data.rows_used import group_prefix
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.data.sample_of_rows import refuse_few, whole_sample


def drawn_sample(like: Sample, counts: Array | None, has_means: bool) -> Sample:
    """The sample of clusters whose sums are held, each as often as `counts` (J,) says; DataError as for rows."""
    clusters, names, where = like.by_cluster, like.names, group_prefix(like.label)
    assert isinstance(clusters, ClusterTotals)
    own = clusters.resampled(counts)
    refuse_few(where, own.nobs, own.nobs, len(names))
    mean, cov = moments_of_sums(own.plain, own.centre)
    order = [own.names.index(name) for name in names]
    mean, cov = mean[order], cov[np.ix_(order, order)]
    refuse_indefinite(cov, names, f"{where}the sample covariance")
    made = whole_sample(like.label, names, own.nobs, float(own.plain[0]), mean, cov, has_means, None)
    return replace(made, given_sums=own, by_cluster=clusters)


def drawn_ordered(like: Sample, own: DrawnTables, levels: Levels) -> Sample:
    """The same of ordered items; DataError names categories that no one has answered in these clusters."""
    layout = own.layout
    refuse_empty(own.tables.single, layout, levels, group_prefix(like.label))
    made, sizes = own.moments, np.repeat(own.clusters.rows, own.often)
    mean, cov = layout.mean(made.moments), layout.cov(made.moments)
    return replace(
        like, nobs=int(sizes.sum()), n=own.total, mean=mean, cov=cov, ordinal=made, again=None, cluster_sizes=sizes
    )
