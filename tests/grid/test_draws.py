"""Single fits that `make fuzz` found to differ from lavaan and that were put right; lavaan's values beside them."""

from __future__ import annotations

import warnings

import pytest
from drawing import draw

from sexresearch import sem

MEASURE = 1e-4  # relative, as in the grid


def fitted(seed: int, number: int) -> sem.Results:
    drawn = draw(seed, number)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.FitWarning)
        return sem.fit(drawn.model, drawn.data, **drawn.options)  # type: ignore[arg-type]


def test_a_scaling_factor_below_0_scales_nothing() -> None:
    """Of the baseline: pairwise moments with observed information; lavaan says NA to the same measures."""
    results = fitted(2002, 18)
    found = results.fit_measures
    assert found["chisq_scaled"] == pytest.approx(583.139165, rel=MEASURE)
    without = ["baseline_chisq_scaled", "baseline_pvalue_scaled", "baseline_chisq_scaling_factor", "cfi_scaled"]
    without += ["tli_scaled", "nnfi_scaled", "ifi_scaled", "rni_scaled", "cfi_robust", "tli_robust", "rni_robust"]
    assert found[without].isna().all()
    assert found[["rmsea_scaled", "rmsea_robust"]].notna().all()
    assert all("scaling factor" in results.reasons[name] for name in without)


def test_a_fit_without_a_minimum_has_no_measures_but_names_them() -> None:
    """lavaan stops at a chi-square of 594.78 and says that it converged; a path that grows without end leads below."""
    results = fitted(2002, 35)
    assert not results.converged
    assert 2 * results.fitted.constrained.solution.value * results.fitted.weight < 594
    assert results.fit_measures[["chisq", "chisq_scaled", "cfi_robust"]].isna().all()
    assert results.fit_measures["df"] == 42


def test_an_inequality_that_does_not_bind_does_not_stop_the_search_on_a_ridge() -> None:
    """A second-order loading of 7.6 with a standard error of 40, beside `p1 > 0.1`, which the minimum meets."""
    results = fitted(2003, 22)
    assert results.converged
    assert results.fit_measures["chisq"] == pytest.approx(35.351378, rel=MEASURE)
    rows = results.parameters.set_index(["lhs", "op", "rhs"])
    assert rows.loc[("g", "=~", "f2"), "est"] == pytest.approx(7.597300, rel=MEASURE)
    assert rows.loc[("g", "=~", "f2"), "se"] == pytest.approx(40.547067, rel=MEASURE)


def test_a_residual_covariance_is_not_drawn_beside_the_path_itself() -> None:
    for number in range(200):
        lines = draw(7, number).model.splitlines()
        beside = [line.replace("~~", " ").split() for line in lines if line.startswith("y") and "~~" in line]
        for one, other in ((names[0], names[-1].rsplit("*")[-1]) for names in beside):
            assert one == other or not any(line.startswith(f"{other} ~ ") and one in line.split() for line in lines)
