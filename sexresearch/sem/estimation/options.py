"""The options of a fit: their words, and lavaan's own spellings of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

from sexresearch.errors import OptionError
from sexresearch.sem.estimation.spellings import spelled, spelled_names
from sexresearch.sem.language.completion import COMPLETION, Completion
from sexresearch.sem.language.equality import GROUP_EQUAL
from sexresearch.sem.language.model import Parameterization
from sexresearch.sem.rotation.method import Rotation

MaximumLikelihood = Literal["ML", "MLM", "MLMV", "MLMVS", "MLR", "MLF"]
Estimator = Literal[
    MaximumLikelihood, "GLS", "ULS", "WLS", "DWLS", "WLSM", "WLSMV", "WLSMVS", "ULSM", "ULSMV", "ULSMVS"
]  # fmt: skip
Missing = Literal["listwise", "pairwise", "fiml"]
StandardErrors = Literal["standard", "robust_sem", "robust_huber_white", "robust_cluster", "bootstrap", "none"]
TestOfFit = Literal[
    "standard", "satorra_bentler", "mean_var_adjusted", "scaled_shifted", "yuan_bentler", "yuan_bentler_mplus", "none"
]  # fmt: skip
Information = Literal["expected", "observed", "first_order"]
Bounds = Literal["pos_var"]
Engine = Literal["native", "semopy"]
ESTIMATORS, MISSING, SE, TEST = (get_args(words) for words in (Estimator, Missing, StandardErrors, TestOfFit))
INFORMATION, BOUNDS, PARAMETERIZATIONS = (get_args(words) for words in (Information, Bounds, Parameterization))
ENGINES = get_args(Engine)
FLAGS = ("std_lv", "fixed_x", "orthogonal", *COMPLETION)
WORDS = {
    "estimator": ESTIMATORS,
    "missing": MISSING,
    "se": (*SE, "robust", *INFORMATION),
    "test": TEST,
    "information": INFORMATION,
    "bounds": BOUNDS,
    "parameterization": PARAMETERIZATIONS,
    "meanstructure": (),
}  # options whose values are words, with those that are understood

ROBUST = {
    "ML": ("standard", "standard"),
    "MLM": ("robust_sem", "satorra_bentler"),
    "MLMV": ("robust_sem", "scaled_shifted"),
    "MLMVS": ("robust_sem", "mean_var_adjusted"),
    "MLR": ("robust_huber_white", "yuan_bentler_mplus"),
    "MLF": ("standard", "standard"),
}
ROBUST_LEAST_SQUARES = {
    f"{weight}{letters}": (discrepancy, "robust_sem", test)
    for weight, discrepancy in (("WLS", "DWLS"), ("ULS", "ULS"))
    for letters, test in (("M", "satorra_bentler"), ("MV", "scaled_shifted"), ("MVS", "mean_var_adjusted"))
}
GEOMIN = Rotation()


@dataclass(frozen=True)
class Options(Completion):
    """Every option of `fit` that is not data: names, defaults and meaning as in lavaan, ``.`` written ``_``.

    `estimator`, `se`, `test`, `information`, `meanstructure` are None until `settled` decides on them: ML, or WLSMV
    where variables are ordered, and what the estimator implies.
    `observed_information` is what the Yuan-Bentler test inverts: the "hessian", or its part without second
    derivatives of the moments ("h1"), which is lavaan's choice for estimator "ML" with clusters or with that test.
    `ordered` names the ordered variables (True until they are known: all that the model explains).
    `two_level` says that the model text has levels, of which `cluster` tells the second.
    """

    estimator: str | None = None
    missing: str = "listwise"
    group: str | None = None
    group_equal: tuple[str, ...] = ()
    group_partial: tuple[str, ...] = ()
    cluster: str | None = None
    sampling_weights: str | None = None
    cluster_weights: str | None = None
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
    two_level: bool = False
    rotation: Rotation = GEOMIN

    @property
    def discrepancy(self) -> str:
        """The least-squares discrepancy behind an estimator (WLSMV minimises that of DWLS), or the estimator itself."""
        name = self.estimator or "ML"
        return ROBUST_LEAST_SQUARES.get(name, (name,))[0]

    @property
    def likelihood(self) -> bool:
        """Whether the normal likelihood is maximised (the ML family)."""
        return self.estimator in ROBUST

    @property
    def kind(self) -> str:
        """The kind of term a group has under these options (`terms.kinds`)."""
        if self.ordered:
            return "ordinal_least_squares"
        if not self.likelihood:
            return "least_squares"
        if self.two_level:
            return "two_level"
        return "normal" if self.missing == "listwise" else self.missing

    @property
    def robust_test(self) -> bool:
        """Whether the chi-square carries a scaling correction."""
        return self.test not in ("standard", "none")


def respelled(options: Options) -> Options:
    """The options with lavaan's own spellings brought to ours: "mlr", "ml", "Satorra-Bentler", "lv.variances", ….

    lavaan's se "observed", "expected" and "first.order" are standard errors of that information.

    >>> respelled(Options(estimator="mlr", missing="ml", se="robust.mlr")).se
    'robust_huber_white'
    """
    words = {name: spelled(name, getattr(options, name), allowed) for name, allowed in WORDS.items()}
    if words["se"] in INFORMATION:
        if words["information"] not in (None, words["se"]):
            raise OptionError(f"se={options.se!r} does not go with information={options.information!r}")
        words |= {"se": "standard", "information": words["se"]}
    words["group_equal"] = spelled_names(options.group_equal, GROUP_EQUAL)
    changed = {name: value for name, value in words.items() if value != getattr(options, name)}
    return replace(options, **changed) if changed else options  # type: ignore[arg-type]
