"""Units in which items are measured change no test, no standardized value and no score but by the unit itself."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from reference_cases import read_data
from scipy.integrate import quad

from sexresearch import sem
from sexresearch.sem.after.response_scores import MeasurementModel, _answers

SAME = 1e-6  # relative: two minimisations of one discrepancy
ITEMS = [f"x{k}" for k in range(1, 7)]
UNITS = pytest.mark.parametrize("unit", [1e-5, 1e4])
LARGER = "f1 =~ x1 + x2 + x3\nf2 =~ x4 + x5 + x6\nf1 ~~ c*f2"
SMALLER = LARGER.replace("c*", "0*")
FITS = {"MLM": {"estimator": "MLM"}, "MLMV": {"estimator": "MLMV", "group": "site"}, "MLR": {"estimator": "MLR"}}
METHODS = ("satorra_bentler_2001", "satorra_2000", "satorra_bentler_2010")


def fitted(text: str, unit: float, **options: object) -> sem.Results:
    data = read_data("grid")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.FitWarning)
        return sem.fit(text, data.assign(**{name: data[name] * unit for name in ITEMS}), **options)  # type: ignore[arg-type]


@UNITS
@pytest.mark.parametrize("name", FITS)
def test_scaled_differences_do_not_depend_on_the_unit(name: str, unit: float) -> None:
    found = []
    for factor in (1.0, unit):
        fits = [fitted(text, factor, **FITS[name]) for text in (LARGER, SMALLER)]
        rows = [sem.compare(*fits, method=method).iloc[1] for method in METHODS]  # type: ignore[arg-type]
        found.append([value for row in rows for value in (row["chisq_diff"], row["df_diff"], row["pvalue"])])
    assert found[1] == pytest.approx(found[0], rel=SAME, nan_ok=True)


@UNITS
def test_restricted_means_are_tested_alike_in_every_unit(unit: float) -> None:
    options = {"estimator": "MLMV", "group": "site"}
    found = []
    for factor in (1.0, unit):
        steps = (["loadings"], ["loadings", "intercepts"])
        fits = [fitted(LARGER.replace("c*", ""), factor, group_equal=equal, **options) for equal in steps]
        found.append(sem.compare(*fits).iloc[1]["chisq_diff"])
    assert found[1] == pytest.approx(found[0], rel=SAME)


@UNITS
def test_z_values_and_indices_do_not_depend_on_the_unit(unit: float) -> None:
    one, other = (fitted(LARGER + "\nx1 ~~ v*x1\nx2 ~~ v*x2\nc > 0", factor, estimator="MLR") for factor in (1, unit))
    for name in ("z", "std_all"):
        assert other.parameters[name].to_numpy() == pytest.approx(
            one.parameters[name].to_numpy(), rel=SAME, nan_ok=True
        )
    kept = ["chisq", "chisq_scaled", "cfi_robust", "rmsea_robust", "srmr", "gfi", "ifi", "rfi", "pnfi"]
    assert other.fit_measures[kept].to_numpy() == pytest.approx(one.fit_measures[kept].to_numpy(), rel=SAME)
    mine, theirs = (r.modification_indices().set_index(["lhs", "op", "rhs"])["mi"] for r in (one, other))
    assert theirs[mine.index].to_numpy() == pytest.approx(mine.to_numpy(), rel=1e-4, abs=SAME)


@UNITS
def test_a_parameter_that_a_constraint_pins_has_no_error_in_any_unit(unit: float) -> None:
    rows = fitted("x2 ~ a*x1\nx4 ~ x2\na == 0.4", unit, estimator="MLR").parameters
    assert rows.loc[rows["label"] == "a", "se"].tolist() == [0.0]
    assert (rows.loc[(rows["op"] == "~~") & (rows["lhs"] != "x1"), "se"] > 0).all()


def limits_of(lower: float, upper: float) -> MeasurementModel:
    none = np.zeros(0)
    cuts = np.array([[lower, upper]])
    return MeasurementModel(np.zeros(1), none, none, np.ones(1), cuts, np.array([1]), none, none, none)


@pytest.mark.parametrize(
    ("lower", "upper"), [(-1.0, 0.5), (36.0, 37.0), (60.0, np.inf), (-np.inf, -200.0), (-0.2, 90.0)]
)
def test_categories_far_out_keep_their_slope_and_curvature(lower: float, upper: float) -> None:
    """The slope is the mean of a normal variable between the limits, the curvature 1 minus its variance."""
    peak = float(np.clip(0.0, lower, upper))
    width = 12.0 / max(1.0, abs(peak))
    ends = max(lower, peak - width), min(upper, peak + width)

    def moment(power: int) -> float:
        return quad(lambda x: np.exp(-0.5 * (x * x - peak * peak)) * (x - peak) ** power, *ends, limit=200)[0]

    mass, mean, square = (moment(power) for power in (0, 1, 2))
    first, second = (values[0, 0] for values in _answers(limits_of(lower, upper), np.ones((1, 1)), np.zeros((1, 1))))
    assert first == pytest.approx(peak + mean / mass, rel=SAME)
    assert 1 - second == pytest.approx(square / mass - (mean / mass) ** 2, abs=SAME)


def test_a_row_sixty_deviations_out_is_scored() -> None:
    rng = np.random.default_rng(5)  # synthetic
    n = 200
    x, f = rng.normal(size=n), rng.normal(size=n)
    data = pd.DataFrame({f"q{k}": (f + x + rng.normal(size=n) > 0).astype(int) for k in range(1, 5)}).assign(x=x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.FitWarning)
        results = sem.fit("f =~ q1 + q2 + q3 + q4\nf ~ x", data, ordered=["q1", "q2", "q3", "q4"])
        far = data.head(3).assign(x=[100.0, -100.0, 0.0], q1=[0, 1, 1], q2=[1, 0, 1], q3=[1, 0, 1], q4=[1, 0, 1])
        scores = results.factor_scores(data=far)["f"]
    assert np.isfinite(scores).all()
    assert scores.iloc[0] > scores.iloc[2] > scores.iloc[1]
