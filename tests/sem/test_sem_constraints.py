"""Constraints hold on the user's own scale or the fit says that it did not converge; contradictions are refused."""

from __future__ import annotations

import time
import warnings

import numpy as np
import pandas as pd
import pytest
from sem_samples import chain_sample

from sexresearch import errors, sem

DATA = chain_sample()
FACTOR = "f =~ q1 + b*q2 + c*q3 + j1\n"
PHANTOM = """
    f =~ q1 + q2 + q3 + j1
    q1 ~~ v1*q1
    q2 ~~ v2*q2
    p =~ 0*q1
    p ~~ k*p
    p ~~ 0*f
    v1 == k^2
    v2 == k^2
"""
EQUAL = "f =~ q1 + q2 + q3 + j1\nq1 ~~ v*q1\nq2 ~~ v*q2"
REFORMULATED = 1e-6  # two texts of one model: what the minimiser may leave
HELD = 1e-6  # relative gap of a constraint in the user's units
AT_ONCE = 1.0  # seconds


def fitted(model: str, data: pd.DataFrame = DATA) -> sem.Results:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.FitWarning)
        return sem.fit(model, data)


def value(results: sem.Results, label: str) -> float:
    rows = results.parameters
    return float(rows.loc[rows["label"] == label, "est"].iloc[0])


@pytest.mark.parametrize("unit", [1.0, 1e-6, 1e5])
def test_a_parameter_the_data_say_nothing_about_does_not_free_its_constraints(unit):
    scaled = DATA[["q1", "q2", "q3", "j1"]] * unit
    phantom, equal = fitted(PHANTOM, scaled), fitted(EQUAL, scaled)
    assert phantom.converged
    assert not phantom.problems
    assert phantom.fit_measures["df"] == equal.fit_measures["df"] == 3
    assert phantom.fit_measures["chisq"] == pytest.approx(equal.fit_measures["chisq"], rel=REFORMULATED)
    assert value(phantom, "v1") == pytest.approx(value(phantom, "k") ** 2, rel=HELD)
    assert value(phantom, "v2") == pytest.approx(value(phantom, "k") ** 2, rel=HELD)
    assert value(phantom, "v1") == pytest.approx(value(equal, "v"), rel=1e-5)


@pytest.mark.parametrize(
    ("texts", "gap"),
    [
        ("log(b) == 0", lambda b, c: b - 1),
        ("b^2 + c^2 == 2\nb == c", lambda b, c: abs(b - c) + abs(b * b + c * c - 2)),
        ("b == 2*b", lambda b, c: b),
        ("b > 1.5\nc < 0.5", lambda b, c: max(1.5 - b, 0) + max(c - 0.5, 0)),
        ("b == c\nb == 1\nc == 1", lambda b, c: abs(b - 1) + abs(c - 1)),
    ],
)
@pytest.mark.parametrize("unit", [1.0, 1e-8, 1e8])
def test_constraints_hold_at_the_end_in_any_unit(texts, gap, unit):
    results = fitted(FACTOR + texts, DATA[["q1", "q2", "q3", "j1"]] * unit)
    assert results.converged
    assert abs(gap(value(results, "b"), value(results, "c"))) < HELD


@pytest.mark.parametrize(
    ("texts", "named"),
    [
        ("b == 1; b == 2", "cannot all hold together: b == 1; b == 2"),
        ("b > 2; b < 1", "cannot all hold together: b > 2; b < 1"),
        ("b == c; c == b + 1", "cannot all hold together: b == c; c == b"),
        ("b*b == -1", r"can never hold: b\*b == -1"),
        ("b^2 + c^2 < -1", "can never hold"),
        ("sqrt(b) == -1", "can never hold"),
        ("abs(b) == -0.001", "can never hold"),
        ("abs(b) < 0", r"'abs\(b\) < 0' leaves no parameter any room"),
        ("0 > b^2 + exp(c)", "leaves no parameter any room"),
        ("k := sqrt(b); k < 0", "'k < 0' leaves no parameter any room"),
        ("tanh(b) > 1", "leaves no parameter any room"),
        ("-abs(b)*2 > 1 / exp(1)", "can never hold"),
        ("b*c == 1; b > 0; c < 0", r"cannot all hold together: b\*c == 1; b > 0; c < 0"),
        ("b == 1; b == c; c == 3; d := b", "cannot all hold together: b == 1; b == c; c == 3"),
        ("d := b + c; d == 1; d == 2", "cannot all hold together: d == 1; d == 2"),
    ],
)
def test_contradictions_are_refused_at_once_in_the_users_words(texts, named):
    began = time.process_time()
    with pytest.raises(errors.ModelError, match=named):
        sem.fit(FACTOR + texts.replace(";", "\n"), DATA)
    assert time.process_time() - began < AT_ONCE


def test_contradictions_among_groups_are_refused():
    text = "f =~ q1 + c(a, b)*q2 + q3 + j1\na == b + 1\na < b"
    with pytest.raises(errors.ModelError, match="cannot all hold together: a == b"):
        sem.fit(text, DATA, group="brand")


def test_a_constraint_only_met_at_infinity_leaves_the_fit_unconverged_and_named():
    results = fitted(FACTOR + "b/c == 1\nc == 0")
    assert not results.converged
    assert any("c == 0" in text for text in results.problems)
    assert np.isnan(results.fit_measures["chisq"])


def test_a_definition_that_cannot_be_computed_everywhere_does_no_harm_on_the_way():
    results = fitted(FACTOR + "far := log(c - 0.5)\nb == 1")
    assert results.converged
    assert value(results, "b") == pytest.approx(1.0, abs=HELD)


@pytest.mark.parametrize(
    "text", ["abs(b) > 0", "b^2 < 4", "exp(b) > 0", "-b > -2", "abs(b) < 0.9", "1/b > 0.1", "b*c > 0"]
)
def test_constraints_with_room_are_not_refused(text):
    assert fitted(FACTOR + text).converged
