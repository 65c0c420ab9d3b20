"""The options of a fit, checked once: allowed values, what they imply, and which exclude each other."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace

from sexresearch.errors import OptionError

CLASSIC = ("ML", "MLM", "MLMV", "MLMVS", "MLR", "GLS", "ULS", "WLS", "DWLS")
ESTIMATORS = (*CLASSIC, "WLSM", "WLSMV", "WLSMVS", "ULSM", "ULSMV", "ULSMVS")
PARAMETERIZATIONS = ("delta", "theta")
MISSING = ("listwise", "pairwise", "fiml")
SE = ("standard", "robust_sem", "robust_huber_white", "robust_cluster", "bootstrap", "none")
TEST = (
    "standard", "satorra_bentler", "mean_var_adjusted", "scaled_shifted", "yuan_bentler", "yuan_bentler_mplus", "none"
)  # fmt: skip
FLAGS = ("std_lv", "fixed_x", "orthogonal")
INFORMATION = ("expected", "observed")
ENGINES = ("native", "semopy")

ROBUST = {
    "ML": ("standard", "standard"),
    "MLM": ("robust_sem", "satorra_bentler"),
    "MLMV": ("robust_sem", "scaled_shifted"),
    "MLMVS": ("robust_sem", "mean_var_adjusted"),
    "MLR": ("robust_huber_white", "yuan_bentler_mplus"),
}
ROBUST_LEAST_SQUARES = {
    f"{weight}{letters}": (discrepancy, "robust_sem", test)
    for weight, discrepancy in (("WLS", "DWLS"), ("ULS", "ULS"))
    for letters, test in (("M", "satorra_bentler"), ("MV", "scaled_shifted"), ("MVS", "mean_var_adjusted"))
}


@dataclass(frozen=True)
class Options:
    """Every option of `fit` that is not data: names, defaults and meaning as in lavaan, ``.`` written ``_``.

    `se`, `test`, `information`, `meanstructure` are None until `settled` fills in what the estimator implies.
    `observed_information` is what the Yuan-Bentler test inverts: the "hessian", or its part without second
    derivatives of the moments ("h1"), which is lavaan's choice for estimator "ML" with clusters or with that test.
    `ordered` names the ordered variables (True until they are known: all that the model explains).
    """

    estimator: str = "ML"
    missing: str = "listwise"
    group: str | None = None
    group_equal: tuple[str, ...] = ()
    group_partial: tuple[str, ...] = ()
    cluster: str | None = None
    sampling_weights: str | None = None
    std_lv: bool = False
    meanstructure: bool | None = None
    fixed_x: bool = True
    orthogonal: bool = False
    se: str | None = None
    test: str | None = None
    information: str | None = None
    bounds: str | None = None
    observed_information: str = "hessian"
    auxiliary: tuple[str, ...] = ()
    ordered: bool | tuple[str, ...] = ()
    parameterization: str | None = None

    @property
    def discrepancy(self) -> str:
        """The least-squares discrepancy behind an estimator (WLSMV minimises that of DWLS), or the estimator itself."""
        return ROBUST_LEAST_SQUARES.get(self.estimator, (self.estimator,))[0]

    @property
    def likelihood(self) -> bool:
        """Whether the normal likelihood is maximised (the ML family)."""
        return self.estimator in ROBUST

    @property
    def robust_test(self) -> bool:
        """Whether the chi-square carries a scaling correction."""
        return self.test not in ("standard", "none")


def _allow(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        folded = {word.lower(): word for word in allowed}
        near = difflib.get_close_matches(str(value).lower(), folded, n=1, cutoff=0.5)
        hint = f" (did you mean {folded[near[0]]!r}?)" if near else ""
        raise OptionError(f"{name} {value!r} is not known{hint}; allowed: {', '.join(allowed)}")


def settled(options: Options, has_rows: bool, means_wanted: bool) -> Options:
    """Options with every default decided; OptionError names what is unknown or does not go together.

    >>> settled(Options(estimator="MLR"), has_rows=True, means_wanted=False).se
    'robust_huber_white'
    """
    for name in FLAGS:
        if not isinstance(getattr(options, name), bool):
            raise OptionError(f"{name} is True or False; found {getattr(options, name)!r}")
    _allow("estimator", options.estimator, ESTIMATORS)
    _allow("missing", options.missing, MISSING)
    if options.bounds is not None:
        _allow("bounds", options.bounds, ("pos_var",))
    options = _implied(_for_ordered(options) if options.ordered else options)
    _allow("se", options.se, SE)
    _allow("test", options.test, TEST)
    _allow("information", options.information, INFORMATION)
    _refuse_conflicts(options, has_rows)
    means = options.meanstructure
    if options.ordered:
        means = True
    elif means is None:
        means = means_wanted or options.missing == "fiml"
    elif not means and options.missing == "fiml":
        raise OptionError("missing='fiml' needs the means: leave meanstructure=None or set it to True")
    return replace(options, meanstructure=bool(means), fixed_x=options.fixed_x and not options.auxiliary)


def _for_ordered(options: Options) -> Options:
    """Ordered variables are fitted by least squares, WLSMV where nothing else was asked for (as in lavaan)."""
    parameterization = options.parameterization or "delta"
    _allow("parameterization", parameterization, PARAMETERIZATIONS)
    estimator = "WLSMV" if options.estimator == "ML" else options.estimator
    if estimator in ROBUST or estimator == "GLS":
        allowed = ", ".join(name for name in ESTIMATORS if name not in ROBUST and name != "GLS")
        raise OptionError(f"ordered variables need a least-squares estimator ({allowed}); found {estimator!r}")
    others = {"missing": options.missing if options.missing == "fiml" else None, "cluster": options.cluster}
    others |= {"sampling_weights": options.sampling_weights, "information": options.information}
    others |= {"se": options.se if options.se in ("robust_huber_white", "robust_cluster") else None}
    others |= {"test": options.test if str(options.test).startswith("yuan_bentler") else None}
    wrong = [f"{key}={value!r}" for key, value in others.items() if value not in (None, "expected")]
    if wrong:
        hint = "; use missing='pairwise'" if options.missing == "fiml" else ""
        raise OptionError(f"ordered variables do not go with {', '.join(wrong)}{hint}")
    equal = options.group_equal
    if {"thresholds", "intercepts"} & set(equal):  # each implies the other, as in lavaan
        equal = tuple(dict.fromkeys((*equal, "thresholds", "intercepts")))
    return replace(options, estimator=estimator, parameterization=parameterization, group_equal=equal)


def _implied(options: Options) -> Options:
    """Clusters and weights make plain ML robust; the estimator implies standard errors and test.

    Least squares treats exogenous variables as random, and clusters bring the means in, as in lavaan.
    """
    clustered, weighted = options.cluster is not None, options.sampling_weights is not None
    estimator = "MLR" if options.estimator == "ML" and (clustered or weighted) else options.estimator
    least = ROBUST_LEAST_SQUARES.get(estimator, ("", "standard", "standard"))
    se, test = ROBUST.get(estimator, least[1:])
    if clustered and se == "robust_huber_white":
        se = "robust_cluster"
    observed = options.missing == "fiml" or estimator == "MLR" or options.se == "robust_huber_white"
    flat = clustered and not weighted and options.estimator == "ML"
    flat = flat or options.test not in (None, test)  # a test beside the estimator's own
    return replace(
        options,
        estimator=estimator,
        observed_information="h1" if flat else "hessian",
        fixed_x=options.fixed_x and (estimator in ROBUST or bool(options.ordered)),
        meanstructure=True if clustered and options.meanstructure is None else options.meanstructure,
        se=options.se or se,
        test=options.test or test,
        information=options.information or ("observed" if observed else "expected"),
    )


def _refuse_conflicts(options: Options, has_rows: bool) -> None:
    name = options.estimator
    if options.missing == "fiml" and name not in ("ML", "MLR"):
        raise OptionError(f"missing='fiml' goes with estimator 'ML' or 'MLR'; found {name!r}")
    if options.auxiliary and options.missing != "fiml":
        raise OptionError(
            f"auxiliary={list(options.auxiliary)} helps to make up for missing answers and needs missing='fiml'; "
            f"found missing={options.missing!r}"
        )
    if options.missing == "pairwise":
        _refuse_pairwise(options)
    for part in (options.cluster, options.sampling_weights):
        if part is not None and name not in ("ML", "MLR"):
            raise OptionError(f"cluster and sampling_weights go with estimator 'ML' or 'MLR'; found {name!r}")
    needs_rows = {
        "estimator": name if name not in ("ML", "GLS", "ULS") else None,
        "missing": options.missing if options.missing != "listwise" else None,
        "se": options.se if options.se not in ("standard", "none") else None,
        "test": options.test if options.robust_test else None,
        "group": options.group,
        "cluster": options.cluster,
        "sampling_weights": options.sampling_weights,
    }
    asked = [f"{key}={value!r}" for key, value in needs_rows.items() if value is not None]
    if asked and not has_rows:
        raise OptionError(f"{', '.join(asked)} needs the respondents' answers; moments are not enough")
    if (options.group_equal or options.group_partial) and options.group is None and has_rows:
        raise OptionError("group_equal and group_partial need group='the column that holds the groups'")


def _refuse_pairwise(options: Options) -> None:
    """Pairwise moments have no respondent's likelihood, no weights and no clusters behind them."""
    beside = {"cluster": options.cluster, "sampling_weights": options.sampling_weights}
    implied = {
        "estimator": options.estimator if options.estimator in ("MLR", "GLS") else None,
        "se": options.se if options.se in ("robust_huber_white", "robust_cluster") else None,
        "test": options.test if options.test in ("yuan_bentler", "yuan_bentler_mplus") else None,
    }
    found = [[f"{key}={value!r}" for key, value in part.items() if value is not None] for part in (beside, implied)]
    wrong = found[0] or found[1]  # clusters and weights imply a robust estimator that nobody asked for
    if wrong:
        raise OptionError(
            f"missing='pairwise' does not go with {', '.join(wrong)}; use missing='fiml' with estimator 'ML' or 'MLR'"
        )
