"""Standard errors from first derivatives (estimator "MLF"), held against each respondent's numerical slope."""

from __future__ import annotations

import numpy as np
from reference_cases import read_data
from scipy.stats import multivariate_normal

from sexresearch import sem

STEP = 1e-5  # of central differences
SLOPE = 1e-5  # relative error of what is made of them


def test_standard_errors_come_from_the_products_of_casewise_slopes():
    data = read_data("groups")[["x1", "x2", "x3", "x4"]]
    results = sem.fit("f =~ x1 + x2 + x3 + x4", data, estimator="MLF")
    found, centred = results.fitted, data.to_numpy() - data.to_numpy().mean(axis=0)

    def by_row(theta: np.ndarray) -> np.ndarray:
        return multivariate_normal(cov=found.states_at(theta)[0].cov).logpdf(centred)

    one = np.eye(len(found.theta)) * STEP
    scores = np.column_stack([(by_row(found.theta + e) - by_row(found.theta - e)) / (2 * STEP) for e in one])
    assert np.allclose(results.vcov, np.linalg.inv(scores.T @ scores), rtol=SLOPE, atol=1e-9)
