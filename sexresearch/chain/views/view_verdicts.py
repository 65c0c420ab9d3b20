"""Each rival against the best one: nested, equivalent or neither, tested accordingly; words are made at the end."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sexresearch.sem import Results, compare
from sexresearch.sem.view import relation_of, vuong_test
from sexresearch.verdict import Outcome, short

LEVEL = 0.05

EMPTY: dict[str, object] = {"test": ""} | dict.fromkeys(
    ("chisq_diff", "df_diff", "distinct_pvalue", "z", "pvalue"), math.nan
)


def equivalent_to(kind: str, fits: Mapping[str, Results]) -> list[str]:
    """The other models that imply the same moments: equal degrees of freedom, and each reproduces the other."""
    if kind not in fits:
        return []
    return [other for other in fits if other != kind and _relation(fits[kind], fits[other]) == "equivalent"]


def _relation(a: Results, b: Results) -> str:
    larger, smaller = sorted([a, b], key=lambda results: results.fit_measures["df"])
    return relation_of(larger, smaller)


def verdict(kind: str, fits: Mapping[str, Results]) -> dict[str, object]:
    """The tests of a model against the first of `fits`, and what they say: test … outcome verdict.

    outcome : "holds" for the best, and what implies the same moments; "fails" for what fits worse; "doubtful" for what
    the data do not decide; "not_computable" for what is not among `fits`, or cannot be tested.
    """
    if kind not in fits:
        return _verdict_row("not_computable", "not compared")
    best = next(iter(fits))
    if kind == best:
        return _verdict_row("holds", "best of these by BIC")
    row = compare(fits[best], fits[kind], names=[best, kind]).iloc[1]
    if row["relation"] == "equivalent":
        return _verdict_row("holds", f"undecidable: implies the same moments as {best}")
    if row["relation"] == "apart":
        return _not_nested(kind, best, fits)
    if row["relation"] == "incomparable" or math.isnan(row["pvalue"]):
        return _verdict_row("not_computable", f"not compared: {row['note']}")
    tests = {name: float(row[name]) for name in ("chisq_diff", "df_diff", "pvalue")}
    return _nested(kind, best, tests, special=row["model"] == kind)


def _verdict_row(outcome: Outcome, words: str, tests: Mapping[str, object] | None = None) -> dict[str, object]:
    return EMPTY | dict(tests or {}) | {"outcome": outcome, "verdict": words}


def _nested(kind: str, best: str, tests: Mapping[str, float], special: bool) -> dict[str, object]:
    """The chi-square difference test; `special` where the model is the special case, and the best one the freer."""
    clear = tests["pvalue"] < LEVEL
    shown = f"chi-square difference {tests['chisq_diff']:.1f} on {tests['df_diff']:.0f} df, {_p(tests['pvalue'])}"
    if special and clear:
        says = f"fits worse than {best}, of which it is a special case"
    elif special:
        says = f"not shown to fit worse than the freer {best}"
    else:
        fits = "fits" if clear else "not shown to fit"
        says = f"{fits} better than its special case {best}, and BIC prefers that one"
    outcome: Outcome = "fails" if special and clear else "doubtful"
    return _verdict_row(outcome, f"{says} ({shown})", {**tests, "test": "nested"})


def _not_nested(kind: str, best: str, fits: Mapping[str, Results]) -> dict[str, object]:
    tested = vuong_test(fits[kind], fits[best], adjust="bic")
    tests = {"test": "vuong", "distinct_pvalue": tested.distinct, "z": tested.z, "pvalue": tested.pvalue}
    if math.isnan(tested.distinct) or math.isnan(tested.pvalue):
        return _verdict_row("not_computable", "not compared: Vuong's tests have no value", tests)
    clear = tested.distinct < LEVEL and tested.pvalue < LEVEL
    outcome: Outcome = "fails" if clear and tested.z < 0 else "doubtful"
    if not tested.distinct < LEVEL:
        says = f"the data cannot tell it from {best} (Vuong's variance test, {_p(tested.distinct)})"
    elif clear:
        says = (
            f"fits {'worse' if tested.z < 0 else 'better'} than {best} (Vuong z = {tested.z:.2f}, {_p(tested.pvalue)})"
        )
    else:
        says = f"the data do not decide between it and {best} (Vuong z = {tested.z:.2f}, {_p(tested.pvalue)})"
    return _verdict_row(outcome, says, tests)


def _p(pvalue: float) -> str:
    return "p < .001" if pvalue < 0.001 else f"p = {short(pvalue, 3)}"
