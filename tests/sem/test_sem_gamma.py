"""Gamma by its factor says what the matrix says, and WLSMV of more moments than rows the same either way."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sexresearch import sem
from sexresearch.sem.gamma import Gamma

ROUNDING = 1e-10  # relative: the same sums in another order


def test_a_factor_gives_what_the_matrix_gives() -> None:
    rng = np.random.default_rng(4)
    factor, D, w = rng.normal(size=(7, 20)), rng.normal(size=(20, 3)), rng.uniform(1, 2, 20)
    K = np.cov(rng.normal(size=(20, 40)))
    thin, whole = Gamma(factor, factored=True), Gamma(factor.T @ factor)
    for name, argument in (("times", D), ("within", D), ("squares", w), ("trace", K.__matmul__)):
        assert np.allclose(getattr(thin, name)(argument), getattr(whole, name)(argument), rtol=ROUNDING)
    assert np.allclose(thin.diagonal(), whole.diagonal(), rtol=ROUNDING)
    assert np.allclose(thin.among(w > 1.5).dense(), whole.among(w > 1.5).dense(), rtol=ROUNDING)


def test_more_moments_than_rows_are_fitted_as_if_gamma_were_made(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(6)
    answers = rng.normal(size=(110, 1)) + rng.normal(size=(110, 14))
    data = pd.DataFrame(np.digitize(answers, [-1.0, 0.2, 1.0]), columns=[f"y{k}" for k in range(14)])
    text = "f =~ " + " + ".join(data.columns)
    thin = sem.fit(text, data, ordered=True)
    assert thin.fitted.samples[0].ordinal.gamma.factored  # type: ignore[union-attr]
    found, whole = thin.fit_measures, sem.fit(text, data, ordered=True)
    gamma = Gamma(thin.fitted.samples[0].ordinal.gamma.dense())  # type: ignore[union-attr]
    monkeypatch.setattr(type(whole.fitted.objective.groups[0]), "moment_covariance", lambda *_: gamma)
    measures = whole.fit_measures
    for name in ("chisq_scaled", "cfi_scaled", "rmsea_scaled"):
        assert found[name] == pytest.approx(measures[name], rel=ROUNDING)
