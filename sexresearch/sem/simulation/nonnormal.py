"""Skewed answers with given correlations: cubic polynomials of correlated normal variables.

Fleishman 1978, doi 10.1007/BF02293811 (one variable); Vale & Maurelli 1983, doi 10.1007/BF02293687 (several).
"""

from __future__ import annotations

import numpy as np

from sexresearch.errors import OptionError
from sexresearch.sem.arrays import Array

CLOSE = 1e-8  # of the moments that the polynomial must have
MOST_STEPS = 100


def cubic(skewness: float, kurtosis: float) -> Array:
    """(3,) b, c, d of Y = -c + b Z + c Z^2 + d Z^3 with variance 1 and this skewness and excess kurtosis, Z normal.

    OptionError where no such cubic exists: the kurtosis must be at least about 1.59 skewness^2 - 1.13.

    >>> cubic(0.0, 0.0).tolist()
    [1.0, 0.0, 0.0]
    """
    x = np.array([1.0, 0.0, 0.0])
    wanted = np.array([1.0, skewness, kurtosis])
    for share in np.linspace(0.1, 1.0, 10):  # the target is approached in steps, so that Newton's method follows it
        x = _newton(x, np.array([1.0, share * skewness, share * kurtosis]))
    if not np.allclose(_moments(x), wanted, atol=CLOSE):
        raise OptionError(
            f"no cubic of a normal variable has skewness {skewness:g} and kurtosis {kurtosis:g}; "
            f"with this skewness the kurtosis must be at least about {1.59 * skewness**2 - 1.13:.2f}"
        )
    return x


def _moments(x: Array) -> Array:
    """(3,) variance, skewness and excess kurtosis of the cubic (Fleishman 1978, equations 11, 17 and 18)."""
    b, c, d = x
    variance = b**2 + 6 * b * d + 2 * c**2 + 15 * d**2
    skewness = 2 * c * (b**2 + 24 * b * d + 105 * d**2 + 2)
    tails = b * d + c**2 * (1 + b**2 + 28 * b * d) + d**2 * (12 + 48 * b * d + 141 * c**2 + 225 * d**2)
    return np.array([variance, skewness, 24 * tails])


def _newton(x: Array, wanted: Array) -> Array:
    for _ in range(MOST_STEPS):
        gap = _moments(x) - wanted
        if np.abs(gap).max() < 0.01 * CLOSE or not np.isfinite(gap).all():
            break
        slope = np.column_stack([(_moments(x + h) - _moments(x - h)) / 2e-6 for h in 1e-6 * np.eye(3)])
        step = np.linalg.lstsq(slope, gap, rcond=None)[0]
        largest = float(np.abs(step).max())
        x = x - step * (0.5 / largest if largest > 0.5 else 1.0)
    return x


def intermediate(correlations: Array, cubics: Array) -> Array:
    """(p, p) correlations of the normal variables whose cubics (p, 3) correlate as asked.

    Each solves r (b b' + 3 b d' + 3 d b' + 9 d d') + 2 r^2 c c' + 6 r^3 d d' = rho (Vale & Maurelli 1983, equation 11).
    OptionError where the cubics cannot be that correlated.

    >>> intermediate(np.array([[1.0, 0.5], [0.5, 1.0]]), np.array([[1.0, 0, 0], [1.0, 0, 0]]))[0, 1].round(3)
    np.float64(0.5)
    """
    out = np.eye(len(correlations))
    for i, j in zip(*np.tril_indices(len(out), -1), strict=True):
        (b, c, d), (f, g, h) = cubics[i], cubics[j]
        polynomial = [6 * d * h, 2 * c * g, b * f + 3 * b * h + 3 * d * f + 9 * d * h, -correlations[i, j]]
        roots = np.roots(np.trim_zeros(polynomial, "f"))
        real = roots.real[(np.abs(roots.imag) < CLOSE) & (np.abs(roots.real) <= 1 + CLOSE)]
        if not len(real):
            raise OptionError(
                f"variables with these shapes cannot correlate as strongly as {correlations[i, j]:.2f}; "
                "ask for less skewness or kurtosis"
            )
        out[i, j] = out[j, i] = real[np.argmin(np.abs(real - correlations[i, j]))]
    if np.linalg.eigvalsh(out)[0] <= 0:
        raise OptionError("no normal variables lead to these correlations with these shapes; ask for less skewness")
    return out
