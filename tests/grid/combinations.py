"""The option grid: factors and their values, which of them go together, and a row of them as model text and options."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from covering import covering

LIKELIHOOD = ("ML", "MLM", "MLMV", "MLMVS", "MLR", "MLF")
LEAST_SQUARES = ("ULS", "WLS", "DWLS", "WLSM", "WLSMV", "WLSMVS", "ULSM", "ULSMV")
SATORRA = ("MLM", "MLMV", "MLMVS")
YUAN_BENTLER = ("yuan_bentler", "yuan_bentler_mplus")
SHIFTED = ("scaled_shifted", "mean_var_adjusted")
FACTORS: dict[str, tuple[str, ...]] = {
    "estimator": ("default", *LIKELIHOOD, "GLS", *LEAST_SQUARES),
    "groups": ("one", "two", "two_loadings", "three_intercepts", "three_residuals", "two_partial"),
    "model": ("factors", "chain", "paths"),
    "labels": ("no", "yes"),
    "ordered": ("none", "some", "all"),
    "covariates": ("none", "fixed", "random"),
    "missing": ("listwise", "pairwise", "fiml"),
    "gaps": ("no", "yes"),
    "weights": ("no", "yes"),
    "cluster": ("no", "yes"),
    "meanstructure": ("default", "yes", "no"),
    "std_lv": ("no", "yes"),
    "parameterization": ("default", "delta", "theta"),
    "information": ("default", "expected", "observed"),
    "se": ("default", "standard", "robust_sem", "robust_huber_white"),
    "test": ("default", "satorra_bentler", *SHIFTED, *YUAN_BENTLER),
}
SEED, TIMES = 20261201, 2  # every two values stand together in at least two fitted combinations
GROUPS: dict[str, dict[str, object]] = {
    "two": {"group": "site"},
    "two_loadings": {"group": "site", "group_equal": ["loadings"]},
    "three_intercepts": {"group": "region", "group_equal": ["loadings", "intercepts"]},
    "three_residuals": {"group": "region", "group_equal": ["loadings", "intercepts", "residuals"]},
    "two_partial": {"group": "site", "group_equal": ["loadings", "intercepts", "regressions"]},
}
ORDERED = {"none": (), "some": (1, 3, 5), "all": (1, 2, 3, 4, 5, 6)}  # which of the six items are ordered


@dataclass(frozen=True)
class Rule:
    """Values that do not go together: `when` all of them hold, `who` refuses ("lavaan", "we" or "both"), and why.

    "we": lavaan fits some, often by putting something else in the place of what was asked for.
    """

    who: str
    when: dict[str, tuple[str, ...]]
    why: str

    def forbids(self, row: Mapping[str, str]) -> bool:
        """Whether the rule speaks about a row, whole or in part."""
        return all(row.get(name) in values for name, values in self.when.items())


ANY_ORDER = ("some", "all")
PAIRS: dict[str, tuple[str, ...]] = {"missing": ("pairwise",), "gaps": ("yes",), "ordered": ("none",)}
GAMMA: tuple[dict[str, tuple[str, ...]], ...] = (
    {"estimator": SATORRA},
    {"estimator": ("ML",), "test": ("satorra_bentler", *SHIFTED)},
    {"estimator": ("ML",), "se": ("robust_sem",)},
)
GIVEN: tuple[dict[str, tuple[str, ...]], ...] = (
    {"covariates": ("fixed",)},
    {"model": ("paths",), "covariates": ("none",)},
)
CLUSTERS: dict[str, tuple[str, ...]] = {"cluster": ("yes",), "ordered": ("none",)}  # of continuous items
WEIGHTS: dict[str, tuple[str, ...]] = {"weights": ("yes",), "ordered": ("none",)}
WEIGHED_PAIRS: dict[str, tuple[str, ...]] = {"weights": ("yes",), "ordered": ANY_ORDER, "missing": ("pairwise",)}
NO_LIKELIHOOD = ("GLS", *LEAST_SQUARES)
NO_ROWS = ("MLM", "MLMV", "MLMVS", "GLS", *LEAST_SQUARES)  # estimators from moments alone
NAMED = {name: FACTORS[name][1:] for name in ("se", "test", "parameterization", "covariates")}
LEAST = "ordered items are fitted by least squares"
RULES = (
    Rule("both", {"estimator": (*LIKELIHOOD[1:], "GLS"), "ordered": ANY_ORDER}, LEAST),
    Rule("lavaan", {"estimator": ("ML",), "ordered": ANY_ORDER}, f"{LEAST}; we say so and take WLSMV"),
    Rule("both", {"missing": ("fiml",), "ordered": ANY_ORDER}, "FIML is for continuous answers"),
    Rule("both", {"missing": ("fiml",), "estimator": NO_ROWS}, "FIML is a likelihood of every row"),
    *(Rule("lavaan", {**WEIGHED_PAIRS, **given}, "stops at weights beside exogenous variables") for given in GIVEN),
    Rule("we", {**CLUSTERS, "test": SHIFTED}, "lavaan refuses them too, or takes another test unasked"),
    Rule("we", {**CLUSTERS, "se": NAMED["se"]}, "lavaan refuses them too, or takes robust_cluster unasked"),
    Rule("both", {"estimator": ("default", *NO_LIKELIHOOD), "se": ("robust_huber_white",)}, "needs a likelihood"),
    Rule("both", {"estimator": ("WLS",), "test": NAMED["test"]}, "the test of full weights needs no correction"),
    Rule("both", {"estimator": ("WLS",), "ordered": ("none",), "covariates": NAMED["covariates"]}, "0/1 covariate"),
    Rule("both", {"estimator": ("GLS",), "se": ("robust_sem",)}, "not offered by lavaan"),
    Rule("both", {"estimator": ("GLS",), "test": NAMED["test"]}, "not offered by lavaan"),
    Rule("both", {"estimator": ("default", *LEAST_SQUARES), "test": YUAN_BENTLER}, "the test of a likelihood"),
    Rule("both", {"estimator": ("MLF",), "se": ("robust_sem", "robust_huber_white")}, "it is the middle of a sandwich"),
    Rule("both", {"estimator": ("MLF",), "test": NAMED["test"]}, "it is the middle of a sandwich"),
    Rule("lavaan", {"ordered": ANY_ORDER, "covariates": ("random",)}, "lavaan conditions on covariates always"),
    Rule("lavaan", {"estimator": ("ULS",), "ordered": ANY_ORDER, "se": ("default", "standard")}, "stops"),
    Rule("lavaan", {"estimator": ("ULSM", "ULSMV"), "ordered": ANY_ORDER, "se": ("standard",)}, "stops as with ULS"),
    *(Rule("lavaan", {**PAIRS, **kind, **given}, "its Gamma of fixed x has gaps") for kind in GAMMA for given in GIVEN),
    Rule("we", {**CLUSTERS, "estimator": (*NO_ROWS, "MLF")}, "clusters need a likelihood and its sandwich"),
    Rule("we", {**WEIGHTS, "estimator": (*NO_ROWS, "MLF")}, "weights need a likelihood and its sandwich"),
    Rule("we", {"cluster": ("yes",), "ordered": ANY_ORDER, "estimator": ("WLS",)}, "its weight ignores clusters"),
    Rule("we", {"cluster": ("yes",), "ordered": ANY_ORDER, "se": ("standard",)}, "they take rows as independent"),
    Rule("we", {**CLUSTERS, "missing": ("pairwise",)}, "pairwise moments have no clusters behind them"),
    Rule("we", {**WEIGHTS, "missing": ("pairwise",)}, "pairwise moments have no weights behind them"),
    Rule("we", {"estimator": ("MLR", "MLF", "GLS"), "missing": ("pairwise",)}, "pairwise moments have no rows"),
    Rule("we", {"test": YUAN_BENTLER, "missing": ("pairwise",)}, "pairwise moments have no rows"),
    Rule("we", {"se": ("robust_huber_white",), "missing": ("pairwise",)}, "pairwise moments have no rows"),
    Rule("we", {"information": ("observed",), "estimator": ("default", *LEAST_SQUARES)}, "lavaan takes the expected"),
    Rule("we", {"meanstructure": ("no",), "missing": ("fiml",), "cluster": ("no",)}, "lavaan adds the means"),
    Rule("we", {"missing": ("fiml",), "test": ("satorra_bentler", *SHIFTED)}, "lavaan drops incomplete rows instead"),
    Rule("we", {"missing": ("fiml",), "se": ("robust_sem",)}, "lavaan drops incomplete rows instead"),
    Rule("neither", {"estimator": ("default",), "ordered": ("none",)}, "the same as ML"),
    Rule("neither", {"parameterization": NAMED["parameterization"], "ordered": ("none",)}, "nothing to parameterize"),
    Rule("neither", {"model": ("paths",), "ordered": ("all",), "covariates": ("none",)}, "ordered mediators"),
)  # fmt: skip


def allowed(row: Mapping[str, str]) -> bool:
    """Whether both programs fit a row, whole or in part."""
    return not any(rule.forbids(row) for rule in RULES)


def items(row: Mapping[str, str]) -> dict[int, str]:
    """The columns of the six items: continuous or ordered, with or without gaps."""
    plain, cut = ("g", "o") if row["gaps"] == "yes" else ("x", "q")
    return {k: f"{cut if k in ORDERED[row['ordered']] else plain}{k}" for k in range(1, 7)}


def model_text(row: Mapping[str, str]) -> str:
    """The model of a row, in lavaan's language."""
    return (_paths if row["model"] == "paths" else _factors)(row)


def _paths(row: Mapping[str, str]) -> str:
    x, age = items(row), "years" if row["gaps"] == "yes" else "age"
    k = "k*" if row["labels"] == "yes" else ""
    if row["ordered"] == "all":
        return f"{x[1]} ~ {k}{age} + online\n{x[2]} ~ {k}{age} + online\n{x[5]} ~ {age} + 0*online"
    if row["covariates"] == "none":
        return f"{x[2]} ~ {k}{x[4]}\n{x[6]} ~ {k}{x[2]}\n{x[5]} ~ {x[4]} + {x[2]}"
    return f"{x[2]} ~ {age} + online\n{x[4]} ~ {k}{x[2]} + 0*{age}\n{x[5]} ~ {x[4]} + {k}{x[2]}"


def _factors(row: Mapping[str, str]) -> str:
    x, age = items(row), "years" if row["gaps"] == "yes" else "age"
    k = "k*" if row["labels"] == "yes" else ""
    covariates, single = row["covariates"] != "none", row["groups"] == "one"
    lines = [f"f1 =~ {x[1]} + {k}{x[2]} + {k}{x[3]}", f"f2 =~ {x[4]} + {x[5]} + {x[6]}"]
    if row["model"] == "chain":
        lines.append("f2 ~ b*f1" if single else "f2 ~ f1")
        lines += [f"f1 ~ {'a*' if single else ''}{age} + online", f"f2 ~ {age}"] if covariates else []
        lines += ["ab := a*b"] if covariates and single else []
    elif covariates:
        lines.append(f"f1 + f2 ~ {age} + online")
    return "\n".join(lines)


def used_rows(row: Mapping[str, str], data: pd.DataFrame) -> pd.DataFrame:
    """The rows a combination is fitted to: those with an answer, where lavaan counts others in part (a departure)."""
    weighted = row["weights"] == "yes" and row["missing"] != "listwise"
    if weighted and row["ordered"] != "none":
        return data[data[sorted(named(row) & set(items(row).values()))].notna().any(axis=1)]
    if weighted or (row["missing"] == "pairwise" and row["ordered"] == "none"):
        return data[data[sorted(named(row))].notna().any(axis=1)]
    return data


def named(row: Mapping[str, str]) -> set[str]:
    """The columns the model of a row speaks of."""
    return {*re.findall(r"[a-z]+\d?", model_text(row))} & {*items(row).values(), "age", "years", "online"}


def options(row: Mapping[str, str]) -> dict[str, object]:
    """The options of a row, in the words of `fit`; what is left at its default is left out."""
    x, text = items(row), model_text(row)
    found: dict[str, object] = {"missing": row["missing"], **GROUPS.get(row["groups"], {})}
    if row["groups"] == "two_partial":
        found["group_partial"] = [f"{x[5]}~1"] if row["model"] == "paths" else [f"f1=~{x[2]}", f"{x[5]}~1"]
    ordered = [name for name in x.values() if name[0] in "qo" and name in text]
    return found | ({"ordered": ordered} if ordered else {}) | plain_options(row)


def plain_options(row: Mapping[str, str]) -> dict[str, object]:
    """The options of a row that name no item and no group."""
    found: dict[str, object] = {}
    found |= {"cluster": "branch"} if row["cluster"] == "yes" else {}
    found |= {"sampling_weights": "weight"} if row["weights"] == "yes" else {}
    found |= {"fixed_x": False} if row["covariates"] == "random" else {}
    found |= {"std_lv": True} if row["std_lv"] == "yes" else {}
    found |= {"meanstructure": row["meanstructure"] == "yes"} if row["meanstructure"] != "default" else {}
    names = ("estimator", "parameterization", "information", "se", "test")
    return found | {name: row[name] for name in names if row[name] != "default"}


def still_wanted(kept: Mapping[str, dict[str, str]]) -> list[str]:
    """Names of the combinations that both programs fit, and of the first that each rule needs as its examples."""
    names = [name for name, row in kept.items() if allowed(row)]
    for rule in RULES:
        others = [other for other in RULES if other.who != rule.who]
        alone = [n for n, row in kept.items() if rule.forbids(row) and not any(o.forbids(row) for o in others)]
        names += alone[:TIMES] if rule.who != "neither" else []
    return [name for name in kept if name in names]


def grid_rows(kept: Sequence[dict[str, str]] = ()) -> list[dict[str, str]]:
    """Combinations beside those `kept`: all pairs of what both programs fit, and two for each rule."""
    more, _ = covering(FACTORS, allowed, SEED, TIMES, [row for row in kept if allowed(row)])
    for rule in RULES:
        if rule.who != "neither":
            more += _examples(rule, kept)
    return more


def _examples(rule: Rule, kept: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Combinations that one side refuses for this reason and no other side for another, as many as `kept` lacks."""
    others = [other for other in RULES if other.who != rule.who]
    rng = random.Random(f"{SEED} {rule.when}")
    known = [row for row in kept if rule.forbids(row) and not any(other.forbids(row) for other in others)]
    found: list[dict[str, str]] = []
    while len(known) + len(found) < TIMES:
        row = {name: rng.choice(rule.when.get(name, values)) for name, values in FACTORS.items()}
        if not any(other.forbids(row) for other in others):
            found.append(row)
    return found
