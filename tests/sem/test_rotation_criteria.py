"""Rotation criteria against GPArotation, their gradients by differences, and minima from many starts."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sexresearch.sem.rotation.criteria import criterion_of
from sexresearch.sem.rotation.method import METHODS, Rotation
from sexresearch.sem.rotation.rotate import like, rotate

FOLDER = Path(__file__).parents[1] / "reference"
CRITERIA = pd.read_csv(FOLDER / "rotations" / "criteria.csv")
NEAR = 1e-5  # GPArotation stops at a gradient of 1e-7
FLAT = 1e-4  # where that leaves the criterion above our minimum: two group factors of oblique biquartimin
TARGET = np.where(np.kron(np.eye(3), np.ones((3, 1))) == 1, np.nan, 0.0)
OPTIONS = {
    "geomin": {"method": "geomin", "epsilon": 0.01},
    "target": {"method": "target", "target": TARGET},
    "biquartimin": {"method": "biquartimin"},
    "oblimin": {"method": "oblimin", "gamma": -0.5},
    "crawfer": {"method": "crawfer", "gamma": 0.3},
    "equamax": {"method": "equamax"},
    "quartimax": {"method": "quartimax"},
}


def unrotated():
    found = pd.read_csv(FOLDER / "exploring" / "loadings.csv").query("rotation == 'none'")
    return found.pivot_table(index="item", columns="factor", values="loading", sort=False).to_numpy()


@pytest.mark.parametrize("name", dict.fromkeys(CRITERIA["rotation"]))
def test_patterns_are_those_of_gparotation(name):
    method = name.removesuffix("_orthogonal")
    asked = Rotation(**OPTIONS[method], orthogonal=True if name != method else None, row_weights="none")
    wanted = TARGET if method == "target" else None
    found = rotate(unrotated(), asked, wanted=wanted)
    rows = CRITERIA[CRITERIA["rotation"] == name]
    theirs = rows["value"].to_numpy().reshape(3, 12).T
    order, sign = like(theirs[:9], found.loadings)
    near = FLAT if name == "biquartimin" else NEAR
    criterion = criterion_of(method, 9, 3, asked.epsilon, asked.gamma, wanted)
    assert criterion(found.loadings)[0] <= criterion(theirs[:9])[0] + 1e-9
    np.testing.assert_allclose(found.loadings, theirs[:9, order] * sign, atol=near)
    np.testing.assert_allclose(found.correlations, theirs[9:][np.ix_(order, order)] * np.outer(sign, sign), atol=near)


@pytest.mark.parametrize("method", [name for name in METHODS if name not in ("none", "promax")])
def test_gradients_are_those_of_differences(method):
    rng = np.random.default_rng(1)
    L, step = rng.normal(size=(6, 3)) / 2, 1e-6
    wanted = np.where(rng.random((6, 3)) < 0.5, 0.0, np.nan)
    criterion = criterion_of(method, 6, 3, 0.01, 0.4, wanted)
    slopes = np.zeros((6, 3))
    for i, j in np.ndindex(6, 3):
        E = np.zeros((6, 3))
        E[i, j] = step
        slopes[i, j] = (criterion(L + E)[0] - criterion(L - E)[0]) / (2 * step)
    np.testing.assert_allclose(criterion(L)[1], slopes, atol=1e-7)


def test_the_lowest_minimum_of_all_starts_is_reported_with_the_others():
    found = rotate(unrotated(), Rotation(epsilon=0.0001))
    values = [own.value for own in found.minima if own.converged]
    assert values == sorted(values)
    assert sum(own.reached for own in found.minima) == 30
    again = rotate(unrotated(), Rotation(epsilon=0.0001))
    np.testing.assert_array_equal(found.loadings, again.loadings)


def test_a_general_factor_comes_first():
    rng = np.random.default_rng(2)
    L = np.column_stack([np.full(9, 0.6), np.kron(np.eye(3), np.full((3, 1), 0.5))])
    Q = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    found = rotate(L @ Q, Rotation(method="bigeomin", orthogonal=True)).loadings
    assert np.abs(found[:, 0]).min() > 0.5
