"""Standard errors by information: from first derivatives (estimator "MLF"), and the observed one of MLM and its kin."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from reference_cases import FOLDER, read_data
from scipy.stats import multivariate_normal

from sexresearch import sem

STEP = 1e-5  # of central differences
SLOPE = 1e-5  # relative error of what is made of them
STANDARD_ERROR = 1e-4  # relative: lavaan's stopping error and its numerical Hessian
MODEL = "f1 =~ x1 + x2 + x3\nf2 =~ x4 + x5 + x6\nf2 ~ f1"
EQUAL = MODEL.replace("x2 + x3", "a*x2 + a*x3")
PLANS = (  # in the order of reference/information.R
    ("skewed", MODEL, {"estimator": "MLM", "information": "observed"}),
    ("skewed", MODEL, {"estimator": "MLMV", "information": "observed"}),
    ("skewed", MODEL, {"estimator": "MLMVS", "information": "observed"}),
    ("skewed", MODEL, {"estimator": "ML", "information": "observed", "se": "robust_sem"}),
    ("skewed", MODEL, {"estimator": "MLF"}),
    ("skewed", EQUAL, {"estimator": "MLF", "meanstructure": True}),
    ("groups", MODEL, {"estimator": "MLF", "group": "channel", "group_equal": ["loadings"]}),
    ("missing", MODEL, {"estimator": "MLF", "missing": "fiml"}),
)


@pytest.mark.parametrize("number", range(len(PLANS)))
def test_standard_errors_and_tests_follow_the_information_as_in_lavaan(number):
    name, model, options = PLANS[number]
    theirs = pd.read_csv(FOLDER / "information.csv")
    theirs = theirs[theirs["plan"] == number + 1]
    results = sem.fit(model, read_data(name), **options)
    table, labels = results.parameters, results.groups
    for row in theirs.itertuples():
        rhs = "" if row.op == "~1" else row.rhs
        own = (table["lhs"] == row.lhs) & (table["op"] == row.op) & (table["rhs"] == rhs)
        if labels:
            own &= table["group"] == labels[row.group - 1]
        assert table.loc[own, "se"].tolist() == pytest.approx([row.se], rel=STANDARD_ERROR)
    measures = results.fit_measures
    assert measures.get("chisq_scaled", measures["chisq"]) == pytest.approx(theirs["chisq"].iloc[0], rel=STANDARD_ERROR)


def test_standard_errors_come_from_the_products_of_casewise_slopes():
    data = read_data("groups")[["x1", "x2", "x3", "x4"]]
    results = sem.fit("f =~ x1 + x2 + x3 + x4", data, estimator="MLF")
    found, centred = results.fitted, data.to_numpy() - data.to_numpy().mean(axis=0)

    def by_row(theta: np.ndarray) -> np.ndarray:
        return multivariate_normal(cov=found.states_at(theta)[0].cov).logpdf(centred)

    one = np.eye(len(found.theta)) * STEP
    scores = np.column_stack([(by_row(found.theta + e) - by_row(found.theta - e)) / (2 * STEP) for e in one])
    assert np.allclose(results.vcov, np.linalg.inv(scores.T @ scores), rtol=SLOPE, atol=1e-9)
