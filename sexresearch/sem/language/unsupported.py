"""What lavaan's language knows and this one does not: named, with what to do instead."""

from __future__ import annotations

OPERATORS = {
    "<~": "composites are not estimated: compute the sum as a column, or measure the construct by '=~'",
}
RANDOM_SLOPES = (
    "random slopes are not estimated: with them the covariance of a cluster's answers changes from row to row with "
    "the covariate, and sums of clusters no longer tell the likelihood. Name the covariate at both levels (its slope "
    "within and between clusters), or give groups of clusters slopes of their own (group=); a single outcome with a "
    "random slope is statsmodels' MixedLM"
)
BLOCKS = {
    "block": "blocks are written 'group: label'",
    "class": "mixtures of classes are not estimated",
}
MODIFIERS = {
    "efa": 'it stands before factors on the left of \'=~\', as in efa("block")*f1 + efa("block")*f2 =~ x1 + x2',
    "rv": RANDOM_SLOPES,
    "prior": "priors belong to Bayesian estimation, which is not offered: leave prior() out",
}
TRANSFORMED = {
    "I": "compute it as a column of the data before fitting, such as data['x_squared'] = data['x'] ** 2",
    "factor": "make one column of 0 and 1 per category with pandas.get_dummies, and name all but one",
    "ordered": "name the variable in ordered= instead",
    "scale": "standardize the column before fitting",
    "poly": "compute the powers as columns of the data before fitting",
    "rep": "write the values out as c(a, a)",
    "mean": "compute it as a column of the data before fitting",
}
OTHER_PROGRAMS = {"by": "=~", "on": "~", "with": "~~"}


def instead_of(function: str) -> str | None:
    """What to do in place of a function of R's or lavaan's before a variable; None for a name that is none."""
    usual = "functions of variables are not computed here: make it a column of the data before fitting"
    functions = ("log", "exp", "sqrt", "abs", "log10", "tanh", "atanh", "cut")
    return (MODIFIERS | TRANSFORMED | dict.fromkeys(functions, usual)).get(function)
