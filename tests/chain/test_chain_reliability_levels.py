"""Reliability of parts within clusters and of parts that clusters share."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx

REFERENCE = Path(__file__).resolve().parent.parent / "reference" / "levels"
MODEL = "level: 1\n f =~ x1 + x2 + x3\nlevel: 2\n g =~ x1 + x2 + x3"
SAME = 2e-4  # lavaan's estimates at two levels are off by up to 3e-4, its saturated moments by more
SATURATED = 2e-3
EXACT = 1e-9

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.FitWarning")


@pytest.fixture(scope="module")
def results() -> sx.Results:
    return sx.fit(MODEL, pd.read_csv(REFERENCE / "items.csv"), cluster="branch")


def test_coefficients_of_either_level_equal_those_of_semtools(results):
    found = sx.reliability(results).set_index("level")
    for row in pd.read_csv(REFERENCE / "reliability.csv").itertuples():
        assert found.loc[row.level, "construct"] == row.construct
        assert found.loc[row.level, "omega"] == pytest.approx(row.omega, abs=SAME)
        assert found.loc[row.level, "ave"] == pytest.approx(row.avevar, abs=SAME)
        assert found.loc[row.level, "alpha"] == pytest.approx(row.alpha, abs=SATURATED)


def test_omega_follows_from_loadings_and_residuals_of_its_level(results):
    est = results.parameters.set_index(["lhs", "op", "rhs", "level"])["est"]
    found = sx.reliability(results).set_index("level")["omega"]
    for level, name in ((1, "f"), (2, "g")):
        loads = sum(est[name, "=~", item, level] for item in ("x1", "x2", "x3"))
        own = loads**2 * est[name, "~~", name, level]
        errors = sum(est[item, "~~", item, level] for item in ("x1", "x2", "x3"))
        assert found[level] == pytest.approx(own / (own + errors), rel=EXACT)


def test_intervals_of_alpha_are_missing_with_their_reason(results):
    found = sx.reliability(results)
    assert found["alpha_ci_lower"].isna().all()
    assert found["note"].str.contains("without interval at two levels").all()
    assert (found["omega_ci_lower"] < found["omega"]).all()
    assert np.isfinite(found["ave_ci_upper"]).all()


def test_a_fit_of_one_level_has_no_column_of_levels():
    one = sx.fit("f =~ x1 + x2 + x3", pd.read_csv(REFERENCE / "items.csv"), cluster="branch")
    assert "level" not in sx.reliability(one).columns
