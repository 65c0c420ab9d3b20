"""Likelihood-ratio comparison of nested models."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, get_args

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import OptionError
from sexresearch.sem.after.nesting import Relation, relation
from sexresearch.sem.after.scaled_difference import (
    plain_difference,
    satorra_2000,
    satorra_bentler_2001,
    satorra_bentler_2010,
)
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.inference.chisquare import chisq_pvalue
from sexresearch.sem.inference.rmsea import rmsea
from sexresearch.sem.output.results import Results

DifferenceTest = Literal["standard", "satorra_bentler_2001", "satorra_2000", "satorra_bentler_2010"]
METHODS = get_args(DifferenceTest)


@in_words
def compare(
    *results: Results, names: Sequence[str] | None = None, method: DifferenceTest | None = None
) -> pd.DataFrame:
    """Chi-square difference tests of two or more nested models, the freest first, each against the row above.

    Parameters
    ----------
    *results : Results
        Two or more fits.
    names : sequence of str, optional
        Names of the models, in the order given. Default: "1", "2", ….
    method : {"standard", "satorra_bentler_2001", "satorra_2000", "satorra_bentler_2010"}, optional
        The default is lavaan's: "satorra_bentler_2001" for the tests of MLM and MLR, "satorra_2000" for those of MLMV
        and MLMVS, "standard" otherwise; "satorra_bentler_2010" where the scaling correction of 2001 is negative, as
        that of 2010 cannot be.

    Returns
    -------
    DataFrame
        One row per model: model, df, aic, bic, chisq (uncorrected), chisq_diff, df_diff, pvalue, rmsea_diff, relation,
        method (that was used), note. relation to the model above is "nested", "equivalent" (each reproduces what the
        other implies), "apart", or "incomparable" where chi-squares cannot be subtracted; note says it in words, why
        there is no test, and which solutions are inadmissible.

    Raises
    ------
    OptionError
        Fewer than two fits, another number of names, or an unknown method.

    Notes
    -----
    relation is checked by fitting (Bentler & Satorra 2010, doi 10.1037/a0019625). Scaled differences: Satorra & Bentler
    2010, doi 10.1007/s11336-009-9135-y. rmsea_diff is the RMSEA of an unscaled difference (Savalei, Brace & Fouladi
    2024, doi 10.1037/met0000537).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame(rng.normal(size=(200, 1)) + rng.normal(size=(200, 4)), columns=list("abcd"))
    >>> table = compare(fit("joy =~ a + b + c + d", data), fit("joy =~ a + k*b + k*c + k*d", data))
    >>> table["df_diff"].tolist(), table.loc[1, "relation"], table.loc[1, "note"]
    ([nan, 2.0], 'nested', '2 is nested in 1')
    """
    titles = _titles(results, names)
    if method is not None and method not in METHODS:
        raise OptionError(f"method {method!r} is not known; allowed: {', '.join(METHODS)}")
    order = sorted(range(len(results)), key=lambda k: results[k].fit_measures["df"])
    rows = [_alone(results[k], titles[k]) for k in order]
    for place in range(1, len(order)):
        larger, smaller = order[place - 1], order[place]
        rows[place] |= _against(results[larger], results[smaller], titles[larger], titles[smaller], method)
    return pd.DataFrame(rows)


def _titles(results: Sequence[Results], names: Sequence[str] | None) -> list[str]:
    wrong = [type(r).__name__ for r in results if not isinstance(r, Results)]
    if wrong or len(results) < 2:
        raise OptionError(f"compare takes two or more results of fit; found {wrong or len(results)}")
    titles = [str(k + 1) for k in range(len(results))] if names is None else [str(name) for name in names]
    if len(titles) != len(results):
        raise OptionError(f"names has {len(titles)} entries for {len(results)} models")
    return titles


def _alone(results: Results, title: str) -> dict[str, object]:
    measures = results.fit_measures
    out: dict[str, object] = {"model": title, "df": int(measures["df"])}
    out |= {name: float(measures.get(name, math.nan)) for name in ("aic", "bic", "chisq")}
    out |= dict.fromkeys(("chisq_diff", "df_diff", "pvalue", "rmsea_diff"), math.nan)
    return out | {"relation": "", "method": "", "note": _improper(results, title)}


def _improper(results: Results, title: str) -> str:
    return f"inadmissible solution of {title}: {'; '.join(results.inadmissible)}" if results.inadmissible else ""


def _against(a: Results, b: Results, name_a: str, name_b: str, method: str | None) -> dict[str, object]:
    larger, smaller = a.fitted, b.fitted
    nested = relation(larger, smaller)
    improper = [text for text in (_improper(a, name_a), _improper(b, name_b)) if text]
    chosen = _method(larger, method)
    why = _why_untested(nested, name_a, name_b) or _why_unfit(larger, chosen)
    if why:
        return {"relation": nested.kind, "note": "; ".join([f"no test: {why}", *improper])}
    df = int(b.fit_measures["df"] - a.fit_measures["df"])
    chisq = _difference(larger, smaller, nested, chosen, df)
    if math.isnan(chisq) and method is None:
        chosen = "satorra_bentler_2010"
        chisq = _difference(larger, smaller, nested, chosen, df)
    row = _tested(larger, chisq, df, chosen, f"{name_b} is nested in {name_a}")
    return {"relation": nested.kind} | row | {"note": "; ".join([str(row["note"]), *improper])}


def _why_untested(nested: Relation, name_a: str, name_b: str) -> str:
    """Why a relation allows no chi-square difference test; empty for nested models."""
    same = "both have the same degrees of freedom"
    if nested.kind == "equivalent":
        return f"{same} and imply the same moments: no data can tell them apart"
    if nested.kind == "apart" and not nested.same_df:
        return f"{name_b} is not nested in {name_a}, which cannot reproduce what {name_b} implies"
    return f"{same}, so that neither is nested in the other" if nested.kind == "apart" else nested.reason


def _difference(larger: Fitted, smaller: Fitted, nested: Relation, method: str, df: int) -> float:
    """The chi-square difference by a method; NaN where its scaling correction is negative."""
    if method == "standard":
        return plain_difference(larger, smaller)
    if method == "satorra_bentler_2001":
        return satorra_bentler_2001(larger, smaller)
    if method == "satorra_2000":
        return satorra_2000(larger, smaller, df)
    assert nested.reproduced is not None, "a nested model was reproduced"
    return satorra_bentler_2010(larger, smaller, nested.reproduced)


def _tested(larger: Fitted, chisq: float, df: int, method: str, nested: str) -> dict[str, object]:
    if math.isnan(chisq):
        other = "" if method == "satorra_bentler_2010" else "; use 'satorra_bentler_2010'"
        return {"note": f"no test: {nested}, but the scaling correction is negative{other}"}
    standard = method == "standard"
    scaled = "" if standard else f"; scaled by {method}"
    return {
        "chisq_diff": chisq,
        "df_diff": df,
        "pvalue": chisq_pvalue(chisq, df),
        "rmsea_diff": rmsea(chisq, df, larger.n, larger.table.n_groups) if standard else math.nan,
        "method": method,
        "note": nested + scaled,
    }


def _method(fitted: Fitted, method: str | None) -> str:
    if method is not None:
        return method
    if not fitted.options.robust_test:
        return "standard"
    shifted = fitted.options.test in ("mean_var_adjusted", "scaled_shifted")
    return "satorra_2000" if shifted else "satorra_bentler_2001"


def _why_unfit(fitted: Fitted, method: str) -> str:
    """Why a method does not go with a model; empty where it does."""
    if method == "standard":
        return ""
    if not fitted.options.robust_test:
        return f"{method} scales robust tests; fit with estimator 'MLM' or 'MLR', or use 'standard'"
    if method == "satorra_2000":
        if not all(sample.complete for sample in fitted.samples):
            return "satorra_2000 needs complete answers; use 'satorra_bentler_2001'"
        if fitted.options.cluster is not None and not all(term.by_clusters for term in fitted.objective.groups):
            return "satorra_2000 is not made for clusters; use 'satorra_bentler_2001'"
    return ""
