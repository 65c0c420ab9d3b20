"""Columns of what changes if the data had been taken otherwise."""

from sexresearch.glossary.column import columns

ROBUSTNESS = columns(
    ("est_without", "est without", 3, "estimate without the respondents that were left out"),
    ("est_change", "change", 3, "estimate without these respondents less estimate with them"),
    (
        "est_change_se",
        "change se",
        3,
        "standard error of the change, were those left out like the others",
        "Hausman 1978",
    ),
    ("est_change_ci_lower", "change lower", 3, "lower limit of the interval of the change"),
    ("est_change_ci_upper", "change upper", 3, "upper limit of the interval of the change"),
    ("pvalue_without", "p without", 3, "two-sided p value without the respondents that were left out"),
    ("n_without", "n without", 0, "respondents that are left"),
)
