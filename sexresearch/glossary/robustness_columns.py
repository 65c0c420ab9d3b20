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
    ("specification", "no.", 0, "number of a specification; the reference is the first"),
    ("view", "view", None, "which of the rival models: the one given, or one by its name"),
    ("screening", "screening", None, "which respondents were left out before the fit"),
    ("missing_answers", "gaps", None, "what was done with missing answers: listwise, fiml, pairwise"),
    ("estimator", "estimator", None, "how the parameters were estimated"),
    ("covariates", "held", None, "columns that were held, as causes of every construct of the paths"),
    ("left_out", "left out", None, "items that were not used"),
    ("decision", "decision", None, "what the interval shows: positive, negative, or not shown where it holds 0"),
    ("converged", "converged", None, "whether a minimum was reached"),
    ("proper", "proper", None, "whether the solution can be one of a population: no negative variance"),
    ("approach", "approach", None, "sem (factors), plsc and pls (composites), sum_scores (means of items)"),
    ("same_sign", "same sign", None, "whether all approaches find the same sign"),
    ("same_decision", "same decision", None, "whether all intervals lead to the same decision"),
    ("std_range", "range", 3, "largest less smallest standardized path by any approach"),
    ("std_expected", "expected", 3, "standardized path between sums of items, were the factor model right"),
    ("why", "why", None, "what the differences between approaches come from"),
    ("vif", "VIF", 2, "variance inflation of a cause by the other causes of the effect"),
)
