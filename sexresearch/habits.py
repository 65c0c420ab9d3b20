"""Names that hands know from other packages: an error says what the thing is called here."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from types import ModuleType
from typing import NoReturn, TypeVar

C = TypeVar("C")
NEAR = 0.75  # of difflib's ratio, from which a name counts as a slip of another


def _by_name(hints: Mapping[str, str]) -> dict[str, str]:
    """The hints, each under every one of the names that stand before it."""
    return {folded(name): hint for names, hint in hints.items() for name in names.split()}


def folded(name: str) -> str:
    """Letters and digits alone, in lower case.

    >>> folded("group.equal"), folded("lavTestLRT")
    ('groupequal', 'lavtestlrt')
    """
    return re.sub(r"[\W_]+", "", name.lower())


INSTEAD = _by_name(
    {
        "cfa sem lavaan fit": "sx.fit(model, data)",
        "parameter_estimates parameter_table par_table estimates coef coefficients": "results.parameters",
        "standardized_solution standardized std_solution": "results.parameters (its columns std_lv and std_all)",
        "fit_measures calc_stats more_fit_indices gather_statistics": "results.fit_measures",
        "summary": "results.summary()",
        "modindices modification_indices mi": "results.modification_indices()",
        "lavPredict factor_score predict_factors": "results.factor_scores()",
        "lavPredictY": "results.predict(data=…)",
        "anova lavTestLRT lrtest compare_fit vuongtest icci": "sx.compare(a, b)",
        "lavTestWald": 'results.wald_test("a == b"), a and b being labels of the model text',
        "lavTestScore": "results.score_tests()",
        "lavInspect lavTech inspect": "results.implied, results.vcov, results.r_squared or results.parameters",
        "resid lavResiduals resids": "results.residuals, or results.residual_table()",
        "fitted_values": "results.implied",
        "r2 rsquare rsquared rsq": "results.r_squared",
        "chisq chi2 df dof pvalue cfi tli rmsea srmr aic bic loglik logl": 'results.fit_measures["cfi"] and the like',
        "lavOptions": "results.options",
        "compRelSEM reliabilityL2 alpha omega cronbach AVE ci_reliability": "sx.reliability(results)",
        "discriminantValidity": "sx.validity(results)",
        "measurementInvariance measEq_syntax longInvariance": "sx.invariance(model, data, group=…)",
        "permuteMeasEq": "sx.permutation_test(model, data, group=…)",
        "parcel parcels parcelAllocation": 'columns that you add, as in data["p1"] = data[["x1", "x2"]].mean(axis=1)',
        "indProd orthogonalize": "a product in the model text, as in y ~ x1 + x2 + x1:x2",
        "SSpower sempower": "sx.power(model, n) or sx.rmsea_power(df, n)",
        "findRMSEApower findRMSEAsamplesize plotRMSEApower": "sx.rmsea_power(df, n)",
        "simulateData": "sx.simulate(model, n)",
        "simsem": "sx.power(model, n)",
        "bootstrapLavaan bootstrap_model": "sx.bootstrap(results)",
        "runMI sem_mi cfa_mi lavaan_mi": "sx.impute(data), sx.fit of each, and sx.pool of the fits",
        "fa factanal principal": "sx.efa(data, factors)",
        "fa_parallel paran": "sx.parallel_analysis(data)",
        "describe mardia mardiaSkew": "sx.screen(survey)",
        "semPaths semplot lavaanPlot path_diagram": "sx.plots.path_diagram(results)",
        "plot": "sx.plots.path_diagram(results), sx.plots.forest and others of sx.plots",
        "lavaanify": "sx.Model(text).parameter_table()",
        "write_lavaan export lavExport": "results.to_lavaan()",
        "plspm estimate_pls csem": "sx.pls(results)",
        "load_data read_csv read_excel read_spss": "sx.read_survey(path), or pandas",
    }
)
RENAMED = _by_name(
    {
        "weights weight wt": "sampling_weights",
        "aux": "auxiliary",
        "nfactors n_factors": "factors",
        "nboot nrep reps r": "replicates",
        "newdata new_data": "data",
        "minimum_value min_value": "minimum",
        "sample_nobs nobs": "n",
    }
)
SUMMARY = frozenset(map(folded, ["sample_cov", "sample_nobs", "sample_mean", "cov", "covmat", "nobs"]))
ARGUMENTS = _by_name(
    {
        "maximum_number op": "choose rows of the table that comes, as of any data frame",
        "bootstrap": "sx.bootstrap(results, replicates=…) says how many replicates",
        "group_label": "groups stand in order of first appearance; sort the rows to change it",
        "constraints": "write them into the model text, as in a == b",
        "start": "write start values into the model text, as in f =~ x1 + start(0.5)*x2",
        "effect_coding": "label the loadings and constrain them in the model text, as in a + b + c == 3",
        "rotation_args": "rotation=sx.Rotation(…) says more than the method's name",
        "likelihood mimic": "covariances are divided by n, as lavaan does by default",
        "control optim_method verbose debug": "the minimiser takes no options; results.problems says how it went",
        "fitmeasures standardized rsquare ci": "all of it is shown; results.fit_measures, results.parameters hold it",
        "conditional_x ov_order ridge zero_add": "it is no option; lavaan's default is what is done",
    }
)


def no_attribute(owner: str, name: str, known: Collection[str]) -> str:
    """What to say of a name that `owner` lacks: what it is called here, or the nearest of those there are.

    >>> no_attribute("Results", "modindices", ["modification_indices"])
    "Results has no 'modindices'; here it is results.modification_indices()"
    """
    lacks = f"{owner} has no {name!r}"
    if name.startswith("_"):
        return lacks
    instead = INSTEAD.get(folded(name))
    near = _nearest(name, known)
    return f"{lacks}; did you mean {near!r}?" if near else f"{lacks}; here it is {instead}" if instead else lacks


def no_argument(function: str, name: str, known: Collection[str]) -> str:
    """What to say of an argument that a function lacks.

    >>> no_argument("fit", "group.equal", ["model", "group_equal"])
    "fit() has no argument 'group.equal'; did you mean 'group_equal'?"
    """
    lacks, near = f"{function}() has no argument {name!r}", _nearest(name, known)
    word, takes = folded(name), f"it takes {', '.join(known) or 'none'}"
    if near:
        return f"{lacks}; did you mean {near!r}?"
    if RENAMED.get(word) in known:
        return f"{lacks}; it is called {RENAMED[word]} here"
    if word in SUMMARY and "moments" in known:
        return f"{lacks}; moments=sx.Moments(cov, nobs, mean) stands for data"
    return f"{lacks}; {ARGUMENTS.get(word, takes)}"


def _nearest(name: str, known: Collection[str]) -> str | None:
    """The one that differs by dots, case or underscores alone, else one that a slip explains."""
    own = {folded(other): other for other in known if not other.startswith("_")}
    word = folded(name)
    if any(word in names for names in (own, INSTEAD, RENAMED, SUMMARY, ARGUMENTS)):
        return own.get(word)
    near = difflib.get_close_matches(word, own, n=1, cutoff=NEAR)
    return own[near[0]] if near else None


def hinting(cls: type[C]) -> type[C]:
    """The class; an attribute that it lacks is an AttributeError that says what to write.

    >>> @hinting
    ... class Results:
    ...     r_squared = 0.5
    >>> Results().rsquare
    Traceback (most recent call last):
    AttributeError: Results has no 'rsquare'; here it is results.r_squared
    """

    def lacking(self: C, name: str) -> object:
        if hasattr(cls, name):  # a property of its own stumbled: say what it said
            return object.__getattribute__(self, name)
        raise AttributeError(no_attribute(cls.__name__, name, dir(cls)), name=name)  # with `obj` Python guesses too

    setattr(cls, "__getattr__", lacking)  # noqa: B010
    return cls


def refuse_calls(module: ModuleType, instead: str) -> None:
    """Make a call of the module, which another package has a function for, a TypeError that says what to write."""

    def refused(_module: ModuleType) -> NoReturn:
        raise TypeError(f"{module.__name__} is a module, not a function; here it is {instead}")

    module.__class__ = type("Room", (type(module),), {"__call__": property(refused)})
