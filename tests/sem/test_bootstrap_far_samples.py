"""Bootstrap samples far from the whole one: fitted at once, in units of the latent variables, with checked steps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sem_samples import with_gaps

from sexresearch.sem import fit
from sexresearch.sem.resampling.coordinates import coordinates
from sexresearch.sem.resampling.draws import resampled
from sexresearch.sem.resampling.many_fits import batch, fit_batch

SAME_MINIMUM = 1e-9  # of the discrepancy per respondent; another minimum may be lower, not higher


def weakly_marked(n: int = 150) -> pd.DataFrame:
    """Items of two factors; the first of the second factor, which sets its unit, loads weakly."""
    rng = np.random.default_rng(5)
    factors = rng.normal(size=(n, 2)) @ np.array([[1.0, 0.4], [0.0, 0.9]])
    loads = {"a1": (0, 0.8), "a2": (0, 0.7), "a3": (0, 0.6), "b1": (1, 0.35), "b2": (1, 0.6), "b3": (1, 0.6)}
    return pd.DataFrame({name: w * factors[:, k] + 0.7 * rng.normal(size=n) for name, (k, w) in loads.items()})


@pytest.mark.parametrize("gaps", [False, True])
def test_samples_far_from_the_whole_one_are_still_fitted_together(gaps: bool) -> None:
    data = weakly_marked()
    data = with_gaps(data, ["a2", "b3"]) if gaps else data
    fitted = fit("A =~ a1 + a2 + a3\nB =~ b1 + b2 + b3\n", data, missing="fiml" if gaps else "listwise").fitted
    engine, source = batch(fitted, gaps), resampled(fitted, 1, None, bare=True)
    assert engine is not None
    moments = source.moments(range(150), [form.order for form in engine.forms], gaps)
    theta = fit_batch(engine, moments)
    lost = ~np.isfinite(theta).all(axis=1)
    assert lost.mean() < 0.02
    far = np.argsort(-np.abs(np.where(lost[:, None], 0.0, theta)).max(axis=1))[:5]
    for number in far.tolist():
        careful = source.refitted(fitted, number)
        assert careful.objective.value(theta[number]) < careful.constrained.solution.value + SAME_MINIMUM


def test_units_of_latent_variables_are_only_other_coordinates() -> None:
    fitted = fit("A =~ a1 + a2 + a3\nB =~ b1 + b2 + b3\nB ~ A\n", weakly_marked()).fitted
    found = coordinates(fitted.structures, fitted.theta)
    assert len(found.variances) == 1  # that of A, which nothing explains
    assert found.parameters(found.start[None])[0] == pytest.approx(fitted.theta, rel=1e-14)
    y, step = found.start + 0.1, 1e-6 * np.eye(len(fitted.theta))
    numeric = (found.parameters(found.start + step) - found.parameters(found.start - step)).T / 2e-6
    assert found.jacobian == pytest.approx(numeric, abs=1e-8)
    for sign in (1.0, -1.0):
        at = np.where(np.isin(np.arange(len(y)), found.variances), sign, 1.0) * y
        slopes = (found.parameters(at + step) - found.parameters(at - step)) / 2e-6
        pull = np.linspace(-1.0, 1.0, len(y))
        pulled = found.pulled(at[None], found.parameters(at[None]), pull[None])[0]
        assert pulled == pytest.approx(slopes @ pull, abs=1e-7)
