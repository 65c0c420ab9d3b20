"""Numbers of an answer's tables without an interval, and the reason for it, which is said below the table."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from sexresearch.answering.text_catalogue import named

COUNTED = {"n", "rows", "items", "df", "rank", "points", "cost"}  # counted or given: nothing is estimated
TESTS = {"chisq", "chisq_scaled", "pvalue", "pvalue_holm"}  # tests, which are no estimates of anything
REASONS: Mapping[str, tuple[str, ...]] = {  # keys of the catalogue, and the columns that they speak for
    "found": ("share",),
    "views": ("cfi", "srmr", "bic", "bic_weight"),
    "steps": ("cfi", "cfi_robust", "rmsea", "rmsea_robust", "srmr", "cfi_change", "rmsea_change", "srmr_change"),
    "repeated": ("p_first", "p_top_two", "probability"),
    "ceiling": ("d",),
    "costs": ("gain_per_cost",),
}
OF_STEPS = "cfi_change"  # what only the table of steps has
LOWER, UPPER = "ci_lower", "ci_upper"


def without_interval(frame: pd.DataFrame) -> list[str]:
    """Columns of estimates that are not followed by their limits.

    >>> frame = pd.DataFrame({"gain": [1.0], "gain_ci_lower": [0.5], "gain_ci_upper": [1.5], "d": [0.1], "n": [9]})
    >>> without_interval(frame)
    ['d']
    """
    names = [str(name) for name in frame.columns]
    after = [names[place + 1 : place + 3] for place in range(len(names))]
    ranged = {name for name, ends in zip(names, after, strict=True) if [end[-8:] for end in ends] == [LOWER, UPPER]}
    limits = {name for name in names if name.endswith((LOWER, UPPER))}
    numbers = {name for name in names if pd.api.types.is_numeric_dtype(frame[name].dtype)}
    return [name for name in names if name in numbers - ranged - limits - COUNTED - TESTS]


def why_without_interval(frame: pd.DataFrame, language: str) -> str:
    """Why some columns of a table have no interval, in sentences; empty where all have one."""
    left = set(without_interval(frame))
    other = "views" if OF_STEPS in frame.columns else "steps"
    keys = [key for key, columns in REASONS.items() if left & set(columns) and key != other]
    return " ".join(named(language, key, "unranged") for key in keys)
