"""What a paper says of fits that were pooled over imputed data sets: the rules, the test, and what gaps cost."""

from __future__ import annotations

import math

import pandas as pd

from sexresearch.report.paths import p_words
from sexresearch.sem import Pooled
from sexresearch.sem.view import reported
from sexresearch.verdict import short

CITED = {"D2": "D2 (Li et al., 1991)", "D3": "D3 (Meng & Rubin, 1992)"}


def pooling_sentences(results: Pooled) -> str:
    """How missing answers were treated, and what they cost: sets, rules, fractions of missing information."""
    sets, lost = len(results.results), results.parameters["fmi"].dropna()
    rules = (
        f"Missing answers were imputed {sets} times, with n = {results.nobs} respondents in each set. The model was "
        "fitted to each set, and the estimates were pooled by the rules of Rubin (1987): they are means over the sets, "
        "and their standard errors hold the variance within the sets and that between them, with degrees of freedom of "
        "Barnard and Rubin (1999)."
    )
    if lost.empty:
        return rules
    low, high = short(float(lost.min())), short(float(lost.max()))
    span = low if low == high else f"{low} to {high}"
    return f"{rules} The parameters' fractions of missing information were {span}."


def pooled_test_sentence(results: Pooled) -> str:
    """The pooled test as an F, and the sets that say something else; empty where there is nothing to test."""
    test = results.tests.set_index("test").loc[results.test]
    parts = []
    if not pd.isna(test["f"]):
        test_name = f"pooled test {CITED[results.test]}"
        subject = f"Before scaling, the {test_name}" if reported(results).test else f"The {test_name}"
        how = "came out below zero and was set to" if test["f"] == 0 else "was"
        degrees = f"{test['df1']:.5g}, {'∞' if math.isinf(test['df2']) else format(test['df2'], '.1f')}"
        numbers = f"F({degrees}) = {test['f']:.2f}{p_words(float(test['pvalue']))}"
        parts.append(
            f"{subject} {how} {numbers}; χ² is df times F, and indices are made of it (Enders & Mansolf, 2018)."
        )
    wrong = sum(bool(each.inadmissible) for each in results.results)
    if wrong:
        parts.append(f"In {wrong} of {len(results.results)} sets the solution was not admissible.")
    return " ".join(parts)


def pooling_note(results: Pooled) -> str:
    """The same for the note of a table."""
    sets = len(results.results)
    return f"pooled over {sets} imputed data sets by Rubin's rules; test and indices rest on {results.test}"
