"""Every default of the options decided: what the estimator, ordered variables, clusters and weights imply."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from sexresearch.errors import OptionError
from sexresearch.sem.estimation.conflicts import refuse_beside_levels, refuse_conflicts
from sexresearch.sem.estimation.options import (
    ESTIMATORS,
    FLAGS,
    INFORMATION,
    MISSING,
    PARAMETERIZATIONS,
    ROBUST,
    ROBUST_LEAST_SQUARES,
    SE,
    TEST,
    WORDS,
    Options,
    respelled,
)
from sexresearch.sem.estimation.spellings import allow


def settled(options: Options, has_rows: bool, means_wanted: bool, has_sums: bool = False) -> Options:
    """Options with every default decided; OptionError names what is unknown or does not go together.

    >>> settled(Options(estimator="MLR"), has_rows=True, means_wanted=False).se
    'robust_huber_white'
    """
    for name in FLAGS:
        if not isinstance(getattr(options, name), bool):
            raise OptionError(f"{name} is True or False; found {getattr(options, name)!r}")
    try:
        hash(options)
    except TypeError:  # an option that is a list, say
        return _decided(options, has_rows, means_wanted, has_sums)
    return _decided_once(options, has_rows, means_wanted, has_sums)


def _decided(options: Options, has_rows: bool, means_wanted: bool, has_sums: bool) -> Options:
    options = respelled(options)
    if options.meanstructure not in (None, True, False):
        raise OptionError(f"meanstructure is True, False or None; found {options.meanstructure!r}")
    for name in ("estimator", "bounds", "parameterization"):
        if getattr(options, name) is not None:
            allow(name, getattr(options, name), WORDS[name])
    allow("missing", options.missing, MISSING)
    if options.two_level:
        refuse_beside_levels(options)
    options = _implied(_for_ordered(options) if options.ordered else options)
    allow("se", options.se, SE)
    allow("test", options.test, TEST)
    allow("information", options.information, INFORMATION)
    refuse_conflicts(options, has_rows, has_sums)
    means = options.meanstructure
    if options.ordered:
        means = True
    elif means is None:
        means = means_wanted or options.missing == "fiml" or options.int_lv_free
    elif not means and (options.missing == "fiml" or options.int_lv_free):
        why = "missing='fiml'" if options.missing == "fiml" else "int_lv_free=True"
        raise OptionError(f"{why} needs the means: leave meanstructure=None or set it to True")
    return replace(options, meanstructure=bool(means), fixed_x=options.fixed_x and not options.auxiliary)


_decided_once = lru_cache(maxsize=256)(_decided)


def replaced(requested: Options, used: Options) -> list[str]:
    """Where something else took the place of an option asked for by name, and why."""
    notes = []
    if used.estimator != "ML" and respelled(requested).estimator == "ML":
        if used.ordered:
            why = "ordered variables need least squares"
        else:
            why = "clusters and sampling weights need robust standard errors and tests"
        notes = [f"estimator 'ML' was asked for and {used.estimator!r} used: {why}, as in lavaan"]
    if requested.meanstructure is False and used.meanstructure:
        why = "ordered variables" if used.ordered else "clusters" if used.cluster is not None else "intercepts it names"
        notes.append(f"meanstructure=False was asked for, but {why} bring means into the model, as in lavaan")
    return notes


def _for_ordered(options: Options) -> Options:
    """Ordered variables are fitted by least squares, WLSMV where nothing else was asked for (as in lavaan)."""
    parameterization = options.parameterization or "delta"
    allow("parameterization", parameterization, PARAMETERIZATIONS)
    estimator = "WLSMV" if options.estimator in (None, "ML") else options.estimator
    if estimator in ROBUST or estimator == "GLS":
        allowed = ", ".join(name for name in ESTIMATORS if name not in ROBUST and name != "GLS")
        raise OptionError(f"ordered variables need a least-squares estimator ({allowed}); found {estimator!r}")
    se = "robust_sem" if options.se == "robust_cluster" and options.cluster is not None else options.se
    others = {"missing": options.missing if options.missing == "fiml" else None, "information": options.information}
    others |= {"se": se if se in ("robust_huber_white", "robust_cluster") else None}
    others |= {"test": options.test if str(options.test).startswith("yuan_bentler") else None}
    wrong = [f"{key}={value!r}" for key, value in others.items() if value not in (None, "expected")]
    if wrong:
        hint = "; use missing='pairwise'" if options.missing == "fiml" else ""
        raise OptionError(f"ordered variables do not go with {', '.join(wrong)}{hint}")
    equal = options.group_equal
    if {"thresholds", "intercepts"} & set(equal):  # each implies the other, as in lavaan
        equal = tuple(dict.fromkeys((*equal, "thresholds", "intercepts")))
    return replace(options, estimator=estimator, parameterization=parameterization, group_equal=equal, se=se)


def _implied(options: Options) -> Options:
    """Clusters and weights make plain ML robust; the estimator implies standard errors and test.

    The "standard" test of a robust estimator asked for by name is its own, and information follows the standard errors.
    Least squares treats exogenous variables as random, and clusters bring the means in. All as in lavaan.
    """
    clustered = options.cluster is not None and not options.two_level
    weighted = options.sampling_weights is not None or options.cluster_weights is not None
    estimator = options.estimator or "ML"
    plain = estimator == "ML"
    estimator = "MLR" if plain and (clustered or weighted) else estimator
    own = ("robust_sem", "satorra_bentler") if clustered and options.ordered else ("standard", "standard")
    least = ROBUST_LEAST_SQUARES.get(estimator, ("", *own))
    se, test = ROBUST.get(estimator, least[1:])
    if clustered and se == "robust_huber_white":
        se = "robust_cluster"
    errors = _robust_errors(estimator, clustered, options) if options.se == "robust" else options.se
    sandwich = errors == "robust_huber_white" or (estimator == "MLR" and errors not in ("standard", "robust_sem"))
    observed = options.missing == "fiml" or sandwich or options.two_level
    usual = "first_order" if estimator == "MLF" else "observed" if observed else "expected"
    flat = clustered and not weighted and plain
    flat = flat or options.test not in (None, test)  # a test beside the estimator's own
    flat = flat and not options.two_level
    return replace(
        options,
        estimator=estimator,
        observed_information="h1" if flat else "hessian",
        fixed_x=options.fixed_x and (estimator in ROBUST or bool(options.ordered)),
        meanstructure=clustered or options.two_level or options.meanstructure,
        se=errors or se,
        test=test if options.test is None or (options.test == "standard" and not plain) else options.test,
        information=options.information or usual,
    )


def _robust_errors(estimator: str, clustered: bool, options: Options) -> str:
    """What lavaan's ``se = "robust"`` stands for."""
    if clustered and not options.ordered:
        return "robust_cluster"
    return "robust_huber_white" if estimator in ROBUST and options.missing == "fiml" else "robust_sem"
