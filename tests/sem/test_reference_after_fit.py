"""What is computed after a fit (indices, residuals, scores, tests, comparisons), held against lavaan's values."""

from __future__ import annotations

import pandas as pd
import pytest
from departures import departures
from reference_cases import (
    CASES,
    STOREYS,
    as_text,
    assert_close,
    fitted,
    keyed,
    read_data,
    read_plan,
    read_table,
    stored,
)

from sexresearch import sem

INDEX = 1e-4  # absolute, relative above 1: modification indices and expected changes
MOMENT = 1e-5  # absolute, relative above 1: sums and products of estimates
Z_VALUE = 1e-4  # absolute, relative above 1: residuals over their standard errors
SCORE = 1e-5  # absolute: factor scores, in the units of the latent variables
TEST = 1e-4  # absolute, relative above 1: chi-square statistics and p values
WEIGHTLESS = 1e-8  # indices that lavaan computes from rounding error alone
NUMERICAL = 5e-3  # relative: satorra_2000 rests on lavaan's numerical Jacobians

DIRECTIONS_GAINED = next(entry.counted for entry in departures() if entry.id == "score_test_df") or {}

COMPARISONS = [pair for storey in STOREYS for pair in read_plan(storey).get("comparison", [])]


def asked(kind: str) -> pytest.MarkDecorator:
    """The cases for which `kind` was asked for."""
    return pytest.mark.parametrize("name", [name for name, case in CASES.items() if kind in case.get("after", [])])


def placed(rows: pd.DataFrame) -> pd.Series:
    """A tidy residual table as values by (group, row, column), pairs in alphabetical order, means with column ''."""
    first, second = rows[["row", "column"]].max(axis=1), rows[["row", "column"]].min(axis=1)
    swap = rows["column"] != ""
    keys = [as_text(rows["group"]), first.where(swap, rows["row"]), second.where(swap, "")]
    return rows.set_index(pd.MultiIndex.from_arrays(keys))["value"]


@asked("modification_indices")
def test_modification_indices(name: str) -> None:
    theirs = keyed(stored(name, "modification_indices"))
    ours = keyed(fitted(name).modification_indices(sort=False))
    theirs = theirs[theirs["mi"] > WEIGHTLESS]
    assert set(theirs.index) <= set(ours.index), sorted(set(theirs.index) - set(ours.index))[:10]
    ours = ours.loc[theirs.index]
    for column in ("mi", "epc", "sepc_lv", "sepc_all"):
        assert_close(ours[column], theirs[column], INDEX)


@asked("modification_indices")
def test_no_modification_index_beyond_those_of_lavaan(name: str) -> None:
    theirs = keyed(stored(name, "modification_indices"))
    ours = keyed(fitted(name).modification_indices(minimum=INDEX))
    assert set(ours.index) <= set(theirs.index), sorted(set(ours.index) - set(theirs.index))[:10]


@pytest.mark.parametrize("kind", ["raw", "cor", "normalized", "standardized"])
@asked("residuals")
def test_residuals(name: str, kind: str) -> None:
    rows = stored(name, "residuals")
    theirs = placed(rows[rows["kind"] == kind])
    table = fitted(name).residual_table(kind)
    ours = placed(table.rename(columns={"lhs": "row", "rhs": "column", "residual": "value"}))
    assert set(ours.index) == set(theirs.index)
    assert_close(ours[theirs.index], theirs, MOMENT if kind in ("raw", "cor") else Z_VALUE)


@asked("implied")
def test_implied_moments(name: str) -> None:
    results = fitted(name)
    groups = results.implied if results.groups else {"": results.implied}
    by_label = {str(label): moments for label, moments in groups.items()}
    rows = stored(name, "implied")
    for row in rows.itertuples():
        moments = by_label[row.group]
        found = moments["cov"].loc[row.row, row.column] if row.column else moments["mean"][row.row]
        assert found == pytest.approx(row.value, rel=MOMENT, abs=MOMENT)


@asked("scores")
def test_factor_scores(name: str) -> None:
    rows = stored(name, "scores")
    for method, part in rows.groupby("method"):
        scores = fitted(name).factor_scores(str(method))
        assert scores.index.equals(read_data(CASES[name]["data"]).index)
        ours = pd.Series([scores[row.latent].iloc[row.row] for row in part.itertuples()])
        assert_close(ours, part["value"], SCORE)


@asked("score_tests")
def test_score_tests(name: str) -> None:
    theirs = stored(name, "score_tests")
    ours = fitted(name).score_tests()
    if len(theirs) == 2:  # one constraint: lavaan's table says the same thing twice
        theirs = theirs.iloc[1:]
    assert len(ours) == len(theirs)
    together, single = ours.iloc[0], ours.iloc[1:]
    assert together["df"] == DIRECTIONS_GAINED.get(name, theirs["df"].iloc[0])
    assert together["chisq"] == pytest.approx(theirs["chisq"].iloc[0], rel=TEST)
    # the constraints are named in our words and in lavaan's, in an order of their own: compared by value
    assert sorted(single["chisq"]) == pytest.approx(sorted(theirs["chisq"].iloc[1:]), rel=TEST, abs=TEST)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if "wald" in case])
def test_wald_test(name: str) -> None:
    theirs = stored(name, "wald_tests").iloc[0]
    ours = fitted(name).wald_test(CASES[name]["wald"]).iloc[0]
    assert ours["df"] == theirs["df"]
    assert ours["chisq"] == pytest.approx(theirs["chisq"], rel=TEST)
    assert ours["pvalue"] == pytest.approx(theirs["pvalue"], abs=TEST)


@asked("missing")
def test_coverage_and_patterns(name: str) -> None:
    rows = stored(name, "missing")
    theirs = placed(rows[rows["kind"] == "coverage"])
    table = fitted(name).coverage().rename(columns={"item": "row", "other": "column", "share": "value"})
    assert_close(placed(table)[theirs.index], theirs, MOMENT)
    counted = fitted(name).patterns().groupby("group", dropna=False, sort=False).size()
    assert list(counted) == list(rows.loc[rows["kind"] == "patterns", "value"])


@pytest.mark.parametrize("pair", COMPARISONS, ids=lambda p: f"{p['smaller']}-{p.get('method', 'default')}")
def test_comparison(pair: dict) -> None:
    storey = CASES[pair["smaller"]]["storey"]
    rows = read_table(storey, "comparisons")
    method = pair.get("method")
    here = (rows["smaller"] == pair["smaller"]) & (rows["larger"] == pair["larger"])
    theirs = rows[here & (rows["method"] == (method or "default"))].iloc[0]
    ours = sem.compare(fitted(pair["larger"]), fitted(pair["smaller"]), method=method).iloc[1]
    tolerance = NUMERICAL if method == "satorra_2000" else TEST
    assert ours["df_diff"] == theirs["df_diff"]
    assert ours["chisq_diff"] == pytest.approx(theirs["chisq_diff"], rel=tolerance)
    assert ours["pvalue"] == pytest.approx(theirs["pvalue"], abs=tolerance)
