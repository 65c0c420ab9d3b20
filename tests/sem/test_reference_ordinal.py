"""Thresholds, correlations and scores of ordered items, held against lavaan's values."""

from __future__ import annotations

import pandas as pd
import pytest
from departures import explained, facts
from reference_cases import CASES, as_text, assert_close, fitted, read_data, stored

CORRELATION = 1e-5  # absolute: lavaan's search stops at about 1e-7
IMPLIED = 1e-5  # absolute
SCORE = 2e-3  # absolute: lavaan's search for the mode stops where the density hardly changes
Z_VALUE = 1e-3  # absolute: residuals that are nearly 0 over standard errors that are nearly 0

asked = [name for name, case in CASES.items() if "ordinal" in case.get("after", [])]
each_case = pytest.mark.parametrize("name", asked)


def moments(name: str, kind: str) -> tuple[pd.Series, pd.Series]:
    """Our and lavaan's correlations (covariances) and thresholds, by (group, row, column)."""
    results = fitted(name)
    table = results.residual_table("raw").rename(columns={"observed": "sample"})
    table = table[table["op"].isin(["~~", "|"])]
    columns = ["|" + rhs if op == "|" else rhs for op, rhs in zip(table["op"], table["rhs"], strict=True)]
    ours = pd.Series(table[kind].to_numpy(), index=_index(as_text(table["group"]), table["lhs"], columns))
    rows = stored(name, "ordinal")
    rows = rows[rows["kind"] == kind]
    theirs = pd.Series(rows["value"].to_numpy(), index=_index(rows["group"], rows["row"], rows["column"]))
    return ours, theirs[ours.index]


def _index(groups, first, second) -> pd.MultiIndex:  # type: ignore[no-untyped-def]
    keys = [
        (str(g), *((a, b) if b.startswith("|") else sorted((a, b))))
        for g, a, b in zip(groups, first, second, strict=True)
    ]
    return pd.MultiIndex.from_tuples(keys)


@each_case
def test_sample_thresholds_and_correlations(name: str) -> None:
    assert_close(*moments(name, "sample"), CORRELATION)


@each_case
def test_implied_thresholds_and_correlations(name: str) -> None:
    assert_close(*moments(name, "implied"), IMPLIED)


@each_case
def test_scores(name: str) -> None:
    rows = stored(name, "ordinal")
    rows = rows[rows["kind"] == "scores"]
    scores = fitted(name).factor_scores()
    assert scores.index.equals(read_data(CASES[name]["data"]).index)
    ours = pd.Series([scores[row.column].iloc[int(row.row)] for row in rows.itertuples()])
    later = (rows["group"] != rows["group"].iloc[0]).map({True: " later", False: ""})
    known = facts(fitted(name), CASES[name].get("options", {}))
    cells = zip(rows["column"] + " " + rows["row"].astype(str) + later, ours, rows["value"], strict=True)
    kept = [not explained("score", cell, (own, other), known, name) for cell, own, other in cells]
    assert sum(kept) >= (later == "").sum() > 0
    assert_close(ours[kept], rows["value"][kept], SCORE)


@pytest.mark.parametrize("kind", ["normalized", "standardized"])
@pytest.mark.parametrize("name", [n for n, case in CASES.items() if "ordinal_residuals" in case.get("after", [])])
def test_residuals_over_their_errors(name: str, kind: str) -> None:
    rows = stored(name, "ordinal_residuals")
    rows = rows[(rows["kind"] == kind) & (rows["row"] != rows["column"])]
    theirs = pd.Series(rows["value"].to_numpy(), index=_index(rows["group"], rows["row"], rows["column"]))
    table = fitted(name).residual_table(kind)
    table = table[table["op"] == "~~"]
    ours = pd.Series(table["residual"].to_numpy(), index=_index([""] * len(table), table["lhs"], table["rhs"]))
    assert_close(ours[theirs.index], theirs, Z_VALUE)
