"""Models of two levels held against lavaan, polished; tests/reference/levels/levels.R wrote the values."""

from __future__ import annotations

import functools
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sexresearch import sem

FOLDER = Path(__file__).parents[1] / "reference" / "levels"
ESTIMATE = 1e-5  # absolute, relative above 1
STANDARD_ERROR = 1e-4  # relative: lavaan's Hessian is made by differences
MEASURE = 2e-5  # absolute, relative above 1: twice a difference of log-likelihoods
LOG_LIKELIHOOD = 1e-6  # absolute
STD = 3e-5  # absolute, relative above 1: intercepts over small standard deviations
STEP = 1e-4  # of differences
# The scores of lavaan's sandwich leave out what covariates of level 1 add to means; the densities of whole clusters
# show by how much it is off.
OFF = {"balanced_mlr": 6e-3, "demo_mlr": 3e-4}
# lavaan weights groups by their respondents twice: its errors are off, and with parameters shared across groups of
# unequal size it ends below the maximum.
OTHER_SHARES = ("groups_mlr", "groups_labels")
DIGITS = 5e-10  # relative: values are stored with ten digits
VALUES = pd.read_csv(FOLDER / "values.csv")


def cases() -> dict[str, tuple[str, dict[str, str], str]]:
    found = {}
    for block in (FOLDER / "cases.txt").read_text(encoding="utf-8").split("\n== ")[1:]:
        first, text = block.split("\n", 1)
        name, data, *options = first.split()
        found[name] = (data, dict(option.split("=") for option in options), text)
    return found


CASES = cases()


@functools.lru_cache
def fitted(name: str) -> sem.Results:
    data, options, text = CASES[name]
    asked = dict(options)
    if asked.pop("fixed_x", None):
        asked["fixed_x"] = False
    if asked.pop("std_lv", None):
        asked["std_lv"] = True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sem.fit(text, pd.read_csv(FOLDER / f"{data}.csv"), cluster="branch", **asked)


def test_every_case_has_values():
    assert set(VALUES["case"]) == set(CASES)
    assert len(CASES) >= 30


@pytest.mark.parametrize("name", CASES)
def test_estimates_and_errors_are_lavaans(name):
    theirs = VALUES.query("case == @name and kind == 'parameter'")
    results, table = fitted(name), fitted(name).parameters
    free = table[(table["se"] > 0) | (table["op"] == ":=")]
    ours = free.assign(
        what=(free["lhs"] + " " + free["op"] + " " + free["rhs"]),
        group=[results.groups.index(label) + 1 if label in results.groups else 1 for label in free["group"]],
    )
    ours.loc[ours["op"] == ":=", "group"] = np.nan
    ours["level"] = pd.to_numeric(ours["level"], errors="coerce").astype(float)
    both = ours.merge(theirs, on=["what", "group", "level"], suffixes=("", "_theirs"))
    assert len(both) == len(theirs) == len(ours)
    if name in OTHER_SHARES:
        return
    size = np.maximum(1.0, both["est_theirs"].abs())
    assert ((both["est"] - both["est_theirs"]).abs() / size).max() < ESTIMATE
    assert (both["se"] / both["se_theirs"] - 1.0).abs().max() < OFF.get(name, STANDARD_ERROR)
    if not (both["op"] == ":=").any():
        assert ((both["std_all"] - both["std_all_theirs"]).abs() / np.maximum(1.0, both["std_all"].abs())).max() < STD


@pytest.mark.parametrize("name", CASES)
def test_tests_and_indices_are_lavaans(name):
    theirs = VALUES.query("case == @name and kind == 'measure'").set_index("what")["est"]
    ours = fitted(name).fit_measures
    if name == "groups_labels":
        assert ours["logl"] > theirs["logl"]
        theirs = theirs[["df", "unrestricted_logl", "baseline_chisq", "baseline_df"]]
    for what, value in theirs.items():
        limit = max(MEASURE, OFF.get(name, 0.0) * ("scal" in what)) * max(1.0, abs(value))
        if what in ("logl", "unrestricted_logl"):
            limit = LOG_LIKELIHOOD + DIGITS * abs(value)
        assert ours[what] == pytest.approx(value, abs=limit), what


@pytest.mark.parametrize("name", OFF)
def test_sandwich_errors_are_those_of_the_density_of_whole_clusters(name):
    """The scores by differences of the normal density of all answers of a cluster, written out as one vector."""
    fitted_ = fitted(name).fitted
    theta, steps = fitted_.theta, np.eye(len(fitted_.theta)) * STEP
    ends = [(densities(fitted_, theta + step), densities(fitted_, theta - step)) for step in steps]
    scores = np.array([(up - down) / (2 * STEP) for up, down in ends]).T
    bread = np.linalg.inv(fitted_.observed_information)
    errors = np.sqrt(np.diag(bread @ scores.T @ scores @ bread))
    assert np.sqrt(np.diag(fitted(name).vcov)) == pytest.approx(errors, rel=1e-5)
    given = fitted_.samples[0].nested.given
    assert densities(fitted_, theta).sum() - given == pytest.approx(fitted_.log_likelihood, abs=1e-8)


def densities(fitted_, theta: np.ndarray) -> np.ndarray:
    within, between = fitted_.states_at(theta)
    nested = fitted_.samples[0].nested
    w, b, answers = nested.data.within, nested.data.between, nested.answers
    z, p = [k for k in b if k not in w], len(nested.names)
    mean, shared = np.zeros(p), np.zeros((p, p))
    mean[w] += within.mean
    mean[b] += between.mean
    shared[np.ix_(b, b)] = between.cov
    out = []
    for code in np.unique(answers.clusters):
        rows = answers.values[answers.clusters == code]  # noqa: PD011
        n = len(rows)
        v = np.concatenate([(rows[:, w] - mean[w]).ravel(), rows[0, z] - mean[z]])
        across = np.kron(np.ones((n, 1)), shared[np.ix_(w, z)])
        own = np.kron(np.eye(n), within.cov) + np.kron(np.ones((n, n)), shared[np.ix_(w, w)])
        root = np.linalg.cholesky(np.block([[own, across], [across.T, shared[np.ix_(z, z)]]]))
        e = np.linalg.solve(root, v)
        out.append(-0.5 * (len(v) * np.log(2 * np.pi) + e @ e) - np.log(np.diag(root)).sum())
    return np.array(out)
