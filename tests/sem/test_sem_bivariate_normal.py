"""Bivariate normal probabilities: every rule against values of 20 digits, closed forms and Owen's T function."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr

from sexresearch.sem.ordinal.bivariate_normal import SIZES, quadrant
from sexresearch.sem.ordinal.rectangles import SIGNS, Rectangles

ROUNDING = 2e-15  # absolute: a few units in the last digit of sums of probabilities
STEP = 1e-5  # of central differences
SLOPE = 1e-6  # relative error at that step

# mpmath 1.3, 40 digits: the integral of phi(x) Phi((k - rho x) / sqrt(1 - rho^2)) up to h
VALUES = [
    (0.5, -1.25, 0.2, 0.085062016110524844432),
    (1.5, 1.5, 0.45, 0.88274082870671192377),
    (-2.0, -1.75, 0.625, 0.0083968025416087656797),
    (0.25, 0.25, 0.875, 0.52080346549786897088),
    (-0.5, 2.0, -0.875, 0.28582172192014516794),
    (1.0, 0.75, 0.96875, 0.76769954479088315213),
    (-1.0, -1.0, 0.9990234375, 0.15438908641054975522),
    (2.5, -2.25, -0.96875, 0.0064985618799585447236),
    (-3.0, -3.0, -0.25, 5.5461204152453780722e-8),
]
LIMITS = np.array([-40.0, -4.0, -2.5, -1.0, -1e-9, 0.0, 0.3, 0.7, 1.5, 3.0, 40.0])


@pytest.mark.parametrize(("h", "k", "rho", "value"), VALUES)
def test_values_of_twenty_digits(h: float, k: float, rho: float, value: float) -> None:
    assert abs(quadrant(np.array([h]), np.array([k]), np.array([rho]))[0] - value) < ROUNDING


def test_at_the_medians_it_is_an_angle() -> None:
    rho = np.concatenate([SIZES, -SIZES, np.nextafter(SIZES, 0), [0.0, 1e-300, 0.999999, -0.999999]])
    expected = 0.25 + np.arcsin(rho) / (2 * math.pi)
    assert np.abs(quadrant(np.zeros(1), np.zeros(1), rho) - expected).max() < ROUNDING


@pytest.mark.parametrize("rho", [0.29, 0.3, 0.499, 0.5, 0.7499, 0.75, 0.9249, 0.925, 0.99, 1 - 1e-12])
def test_reflections_add_up_and_rules_meet(rho: float) -> None:
    """P(h, k; rho) + P(h, -k; -rho) = P(h), on both sides of the correlations where another rule begins."""
    h, k, r = LIMITS[:, None], LIMITS[None, :], np.array([rho])
    here = quadrant(h[None], k[None], r)[0]
    assert np.abs(here + quadrant(h[None], -k[None], -r)[0] - ndtr(h)).max() < ROUNDING
    assert np.abs(here - here.T).max() < ROUNDING
    assert np.abs(here[:, -1] - ndtr(LIMITS)).max() < ROUNDING
    assert np.abs(here[:, 0]).max() < ROUNDING


def test_each_correlation_stands_for_its_own_rows() -> None:
    rho = np.array([0.1, 0.95, -0.6, 0.4])
    together = quadrant(LIMITS[None, :, None], LIMITS[None, None, :], rho)
    apart = [quadrant(LIMITS[None, :, None], LIMITS[None, None, :], rho[i : i + 1])[0] for i in range(4)]
    assert (together == np.array(apart)).all()


@pytest.mark.parametrize("rho", [-0.97, -0.6, 0.0, 0.2, 0.8, 0.95])
def test_rectangles_are_differences_of_quadrants(rho: float) -> None:
    low, high = LIMITS[:-1], LIMITS[1:]
    (a, c), (b, d) = (part.reshape(2, -1) for part in np.array([np.meshgrid(low, low), np.meshgrid(high, high)]))
    h, k = np.stack([b, a, b, a]), np.stack([d, d, c, c])
    own = Rectangles(h, k, (ndtr(b) - ndtr(a)) * (ndtr(d) - ndtr(c)))
    expected = SIGNS @ quadrant(h[None], k[None], np.array([rho]))[0]
    assert np.abs(own.probability(rho) - expected).max() < ROUNDING
    assert own.probability(rho).sum() == pytest.approx(1.0, abs=1e-12)
    first, second = own.derivatives(rho)
    ahead, behind = own.derivatives(rho + STEP), own.derivatives(rho - STEP)
    slope = (own.probability(rho + STEP) - own.probability(rho - STEP)) / (2 * STEP)
    assert np.abs(slope - first).max() < SLOPE * np.abs(first).max()
    assert np.abs((ahead[0] - behind[0]) / (2 * STEP) - second).max() < SLOPE * np.abs(second).max()
