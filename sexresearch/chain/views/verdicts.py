"""Each rival against the best one: nested, equivalent or neither, tested accordingly and said in words."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sexresearch.sem import Results, compare
from sexresearch.sem.after.nesting import reproduce, why_incomparable
from sexresearch.sem.after.vuong import vuong

LEVEL = 0.05
SAME = 1e-4  # difference of chi-squares of models that may imply the same moments; proved by fitting then

EMPTY: dict[str, object] = {"test": ""} | dict.fromkeys(
    ("chisq_diff", "df_diff", "distinct_pvalue", "z", "pvalue"), math.nan
)


def equivalent_to(kind: str, fits: Mapping[str, Results]) -> list[str]:
    """The other models that imply the same moments: equal degrees of freedom, and each reproduces the other."""
    if kind not in fits:
        return []
    return [other for other in fits if other != kind and _equivalent(fits[kind], fits[other])]


def _equivalent(a: Results, b: Results) -> bool:
    close = abs(a.fit_measures["chisq"] - b.fit_measures["chisq"]) < SAME
    if a.fit_measures["df"] != b.fit_measures["df"] or not close or why_incomparable(a.fitted, b.fitted):
        return False
    return reproduce(a.fitted, b.fitted) is not None and reproduce(b.fitted, a.fitted) is not None


def verdict(kind: str, fits: Mapping[str, Results]) -> dict[str, object]:
    """The tests of a model against the first of `fits`, and what they say: test … verdict."""
    if kind not in fits:
        return EMPTY | {"verdict": "not compared"}
    best = next(iter(fits))
    if kind == best:
        return EMPTY | {"verdict": "best of these by BIC"}
    if _equivalent(fits[best], fits[kind]):
        return EMPTY | {"verdict": f"undecidable: implies the same moments as {best}"}
    return _nested(kind, best, fits) or _not_nested(kind, best, fits)


def _nested(kind: str, best: str, fits: Mapping[str, Results]) -> dict[str, object] | None:
    """The chi-square difference test where one of the two is a special case of the other; None where neither is."""
    row = compare(fits[best], fits[kind], names=[best, kind]).iloc[1]
    if math.isnan(row["pvalue"]):
        return None
    tests = {name: float(row[name]) for name in ("chisq_diff", "df_diff", "pvalue")}
    clear = tests["pvalue"] < LEVEL
    shown = f"chi-square difference {tests['chisq_diff']:.1f} on {tests['df_diff']:.0f} df, {_p(tests['pvalue'])}"
    if row["model"] == kind:
        says = (
            f"fits worse than {best}, of which it is a special case" if clear else f"fits as well as the freer {best}"
        )
    else:
        says = f"fits {'better' if clear else 'no better'} than its special case {best}, and BIC prefers that one"
    return EMPTY | tests | {"test": "nested", "verdict": f"{says} ({shown})"}


def _not_nested(kind: str, best: str, fits: Mapping[str, Results]) -> dict[str, object]:
    found = vuong(fits[kind].fitted, fits[best].fitted, adjust="bic")
    tests = {"test": "vuong", "distinct_pvalue": found.distinct, "z": found.z, "pvalue": found.pvalue}
    if not found.distinct < LEVEL:
        says = f"the data cannot tell it from {best} (Vuong's variance test, {_p(found.distinct)})"
    elif found.pvalue < LEVEL:
        says = f"fits {'worse' if found.z < 0 else 'better'} than {best} (Vuong z = {found.z:.2f}, {_p(found.pvalue)})"
    else:
        says = f"the data do not decide between it and {best} (Vuong z = {found.z:.2f}, {_p(found.pvalue)})"
    return EMPTY | tests | {"verdict": says}


def _p(pvalue: float) -> str:
    return "p < .001" if pvalue < 0.001 else f"p = {pvalue:.3f}"
