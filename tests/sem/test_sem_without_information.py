"""Tests and residuals in directions about which the data say nothing: left out and said, never rounding error."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from reference_cases import fitted, read_data

from sexresearch import sem

ALONE = ("released_thresholds", "released_binary", "released_outcome", "released_means", "released_means_fiml")


@pytest.mark.parametrize("name", ALONE)
def test_constraints_that_only_identify_are_left_out_of_the_joint_test(name):
    together = fitted(name).score_tests().iloc[0]
    count = len(fitted(name).score_tests()) - 1
    assert 0 < together["df"] < count
    assert together["note"].startswith(f"{count - together['df']} of {count} constraints are left out")


def test_releasing_what_fixes_the_scale_is_no_test():
    model = "f =~ NA*x1 + l1*x1 + l2*x2 + l3*x3\nl1 + l2 + l3 == 3"
    table = sem.fit(model, read_data("groups")).score_tests()
    assert table["df"].tolist() == [0]
    assert table["chisq"].tolist() == [0.0]
    assert table["pvalue"].isna().all()
    assert "not be identified" in table["note"][0]


@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_score_tests_do_not_depend_on_units(unit):
    data = read_data("groups")
    options = {"group": "channel", "group_equal": ["intercepts"]}
    model = "f1 =~ x1 + x2 + x3\nf2 =~ x4 + x5 + x6"
    scaled = data.assign(x1=data["x1"] * unit, x5=data["x5"] * unit)
    here, there = (sem.fit(model, d, **options).score_tests() for d in (data, scaled))
    assert here["df"].tolist() == there["df"].tolist()
    assert np.allclose(here["chisq"], there["chisq"], rtol=1e-4, atol=1e-6)


def test_a_residual_that_only_a_bound_makes_has_no_z_value():
    rng = np.random.default_rng(1)
    answers = rng.normal(size=(120, 1)) * [1, 0.9, 0.6, 0.7] + rng.normal(size=(120, 4)) * [0.15, 0.9, 1, 1]
    data = pd.DataFrame(answers, columns=list("abcd"))
    results = sem.fit("f =~ a + b + c + d", data, estimator="ULS", bounds="pos_var")
    assert results.fitted.constrained.binding == ("a ~~ a > 0",)
    table = results.residual_table("standardized").set_index(["lhs", "rhs"])
    assert np.isnan(table.loc[("a", "a"), "residual"])
    assert "no room to vary" in table.loc[("a", "a"), "note"]
    others = table.drop(index=[("a", "a")])
    assert others["residual"].abs().max() < 3
    assert (others["note"] == "").all()


@pytest.mark.parametrize("estimator", ["ULS", "DWLS", "WLS", "WLSM", "WLSMV", "ULSMV"])
@pytest.mark.parametrize("kind", ["normalized", "standardized"])
def test_residuals_of_ordered_items_have_z_values_for_every_estimator(estimator, kind):
    items = [f"q{k}" for k in range(1, 7)]
    results = sem.fit("f =~ q1 + q2 + q3\ng =~ q4 + q5 + q6", read_data("likert"), ordered=items, estimator=estimator)
    table = results.residual_table(kind)
    assert table["residual"].abs().between(0, 6).all()
    assert (table["note"] == "").all()
