"""The discrepancies of many samples at once, with gradients and expected information, in whitened coordinates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.expected_moments import deviances, expected_moments
from sexresearch.sem.data.weighted_moments import GapPatterns
from sexresearch.sem.implied.factor_gradient import FactorForm, gradient, omega
from sexresearch.sem.implied.structure import Structure
from sexresearch.sem.matrices import positive_definite
from sexresearch.sem.resampling.coordinates import Coordinates

Rates = Sequence[tuple[Array, Array]]


@dataclass(frozen=True)
class Samples:
    """One model at z (b, d), which moves the coordinates by T z (q, d); `gaps` of the groups' patterns, if any.

    rates : of each group's gradient at z = 0 in its moments, constant (d,) and (P P, d); None where not known.
    `data` is, for each group: moments (b, P, P), its share of the respondents (b,), and n and sums of its patterns.
    """

    forms: Sequence[FactorForm]
    coordinates: Coordinates
    T: Array
    gaps: Sequence[Sequence[Array]]
    rates: Rates | None = None

    def parameters(self, z: Array) -> Array:
        """(b, q) the parameters."""
        return self.coordinates.parameters(self._moved(z))

    def first_slope(self, data: Sequence[Array]) -> Array:
        """(b, d) the gradients at z = 0, where they are sums over the moments; by the rates of the groups, if known."""
        if self.rates is None or any(self.gaps):
            return self.slope(np.zeros((len(data[0]), self.T.shape[1])), data)
        groups = zip(self.rates, data[::2], data[1::2], strict=True)
        out = np.zeros((len(data[0]), self.T.shape[1]))
        for (constant, rate), moment, share in groups:
            out += (constant + moment.reshape(len(moment), -1) @ rate) * share[:, None]
        return out

    def _moved(self, z: Array) -> Array:
        return self.coordinates.start + z @ self.T.T

    def _groups(self, theta: Array, data: Sequence[Array]) -> Iterator[tuple[FactorForm, Array, Array, Array]]:
        """Form, values of its slots (b, k), moments and share of each group."""
        rest = iter(data)
        for form, gaps in zip(self.forms, self.gaps, strict=True):
            x = theta[:, form.structure.free]
            moment, share = next(rest), next(rest)
            gapped = [GapPatterns(places, next(rest), next(rest)) for places in gaps]
            yield form, x, expected_moments(moment, gapped, omega(form, x)) if gapped else moment, share

    def slope(self, z: Array, data: Sequence[Array]) -> Array:
        """(b, d) the gradients."""
        y = self._moved(z)
        theta = self.coordinates.parameters(y)
        out = np.zeros_like(theta)
        for form, x, moment, share in self._groups(theta, data):
            out += _by_parameter(form.structure, gradient(form, x, moment) * share[:, None], theta.shape[1])
        return self.coordinates.pulled(y, theta, out) @ self.T

    def value(self, z: Array, data: Sequence[Array]) -> Array:
        """(b,) the discrepancies; infinite where that is impossible."""
        theta, rest, out = self.parameters(z), iter(data), np.zeros(len(z))
        for form, gaps in zip(self.forms, self.gaps, strict=True):
            moment, share = next(rest), next(rest)
            gapped = [GapPatterns(places, next(rest), next(rest)) for places in gaps]
            expected = omega(form, theta[:, form.structure.free])
            good = positive_definite(expected)
            expected[~good] = np.eye(len(form.order))
            out += np.where(good, 0.5 * share * deviances(moment, gapped, expected), np.inf)
        return out


def _by_parameter(structure: Structure, slots: Array, q: int) -> Array:
    """(b, q) from (b, k), slots of one parameter summed."""
    if structure.in_order and slots.shape[1] == q:
        return slots
    place = np.zeros((slots.shape[1], q))
    place[np.arange(len(place)), structure.free] = 1.0
    return slots @ place
