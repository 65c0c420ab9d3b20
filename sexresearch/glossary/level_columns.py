"""Columns of people in clusters: sources joined, and whether means of clusters are justified."""

from sexresearch.glossary.column import columns

LEVELS = columns(
    ("cluster", "cluster", None, "label of a cluster, such as a branch or a team"),
    ("clusters", "clusters", 0, "number of clusters"),
    ("cluster_size", "size", 2, "average size of clusters, corrected for unequal ones", "Searle et al. 1992"),
    ("in_common", "in common", 0, "clusters of the source that customers have too"),
    ("only_here", "only here", None, "clusters of the source that have no customers"),
    ("lacking", "lacking", None, "clusters of customers that the source does not have"),
    ("icc1", "ICC(1)", 3, "share of the variance of one answer that lies between clusters", "Bliese 2000"),
    ("icc1_ci_lower", "ICC(1) lower", 3, "lower limit of the interval of ICC(1)", "Searle et al. 1992"),
    ("icc1_ci_upper", "ICC(1) upper", 3, "upper limit of the interval of ICC(1)", "Searle et al. 1992"),
    ("icc2", "ICC(2)", 3, "reliability of the mean of a cluster of average size", "Bliese 2000"),
    ("error_variance", "error variance", 4, "variance of a cluster's mean that comes from who answered"),
    ("mean", "mean", 3, "mean of the answers"),
    ("r_wg", "r wg", 2, "agreement within clusters against answers by chance", "James et al. 1984"),
    ("r_wg_median", "median", 2, "median over the clusters of r wg", "James et al. 1984"),
    ("r_wg_share", "share .70", 2, "share of clusters whose r wg is .70 or more", "LeBreton & Senter 2008"),
    ("r_wg_skewed", "r wg skewed", 2, "the same against answers that lean to one side", "LeBreton & Senter 2008"),
    ("a_wg", "a wg", 2, "agreement against the most that the mean leaves room for", "Brown & Hauenstein 2005"),
    ("deviation", "AD", 2, "mean distance of answers from their cluster's mean", "Burke & Dunlap 2002"),
)
