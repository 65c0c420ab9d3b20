"""Tests and residuals in directions about which the data say nothing: left out and said, never rounding error."""

from __future__ import annotations

import numpy as np
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
