"""Rows of answers from a population under a design: normal variables, their shape, categories, careless rows, gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import ndtr

from sexresearch.errors import OptionError
from sexresearch.sem.arrays import Array
from sexresearch.sem.simulation.design import TOGETHER, Design
from sexresearch.sem.simulation.nonnormal import cubic, intermediate
from sexresearch.sem.simulation.population import Population

SPREAD = 2.0  # standard deviations around the mean within which careless answers to continuous items lie
COLUMNS = ("group", "cluster", "careless")


@dataclass(frozen=True)
class Sampler:
    """Draws samples; what every sample needs is computed once."""

    population: Population
    design: Design

    def __post_init__(self) -> None:
        if self.design.clustered and not self.design.icc:
            raise OptionError(TOGETHER)
        self.design.refuse_unknown(self.population.names)
        twice = [name for name in self.population.thresholds if self.design.cuts(name) is not None]
        if twice:
            raise OptionError(f"both the model and the design give thresholds of {twice}; leave one of them out")
        taken = [name for name in COLUMNS if name in self.population.names]
        if taken:
            raise OptionError(f"the model observes {taken}, a name kept for what the design adds; rename the variable")

    @cached_property
    def cubics(self) -> Array:
        """(p, 3) polynomial of every item."""
        shapes = [(self.design.value("skewness", name), self.design.value("kurtosis", name)) for name in self.names]
        known = {shape: cubic(*shape) for shape in dict.fromkeys(shapes)}
        return np.array([known[shape] for shape in shapes])

    @cached_property
    def roots(self) -> tuple[Array, ...]:
        """Per group (p, p): a root of the normal variables' correlations."""
        return tuple(np.linalg.cholesky(intermediate(_correlations(cov), self.cubics)) for cov in self.population.covs)

    @property
    def names(self) -> tuple[str, ...]:
        """The observed variables."""
        return self.population.names

    def frame(self, n: int, random: np.random.Generator) -> pd.DataFrame:
        """A sample of n: one column per item, then group, cluster and careless where the design has them."""
        sizes = self.population.sizes(n)
        z = np.vstack([self._normal(group, size, random) for group, size in enumerate(sizes)])
        b, c, d = self.cubics.T
        standard = -c + z * (b + z * (c + z * d))
        careless = random.random(n) < self.design.careless if self.design.careless else np.zeros(n, dtype=bool)
        groups = np.repeat(np.arange(len(sizes)), sizes)
        values = self._answers(standard, groups, careless, random)
        frame = pd.DataFrame(self._with_gaps(values, random), columns=list(self.names))
        if len(sizes) > 1:
            frame["group"] = [self.population.labels[g] for g in groups]
        if self.design.clustered:
            frame["cluster"] = np.concatenate([self._clusters(size) for size in sizes])
        return frame.assign(careless=careless) if self.design.careless else frame

    def _clusters(self, size: int) -> Array:
        return np.arange(size) * self.design.clusters_of(size) // size

    def _normal(self, group: int, size: int, random: np.random.Generator) -> Array:
        """(size, p) standard normal variables, alike within clusters."""
        own = random.standard_normal((size, len(self.names)))
        if self.design.clustered:
            shared = random.standard_normal((self.design.clusters_of(size), len(self.names)))[self._clusters(size)]
            own = np.sqrt(self.design.icc) * shared + np.sqrt(1 - self.design.icc) * own
        return own @ self.roots[group].T

    def _answers(self, standard: Array, groups: Array, careless: Array, random: np.random.Generator) -> Array:
        """(n, p) answers in the items' units or categories, careless rows replaced."""
        mean = np.array(self.population.means)[groups]
        sd = np.sqrt([np.diag(cov) for cov in self.population.covs])[groups]
        out = mean + sd * standard
        u = random.random((len(out), 1 if self.design.careless_style == "straight" else len(self.names)))
        u = np.broadcast_to(u, out.shape)
        for j, name in enumerate(self.names):
            cuts = self.design.cuts(name)
            idle = mean[:, j] + sd[:, j] * SPREAD * (2 * u[:, j] - 1)
            own = self.population.thresholds.get(name)
            if own is not None:
                out[:, j] = 1 + np.sum(out[:, [j]] > np.array(own)[groups], axis=1)
                idle = 1 + np.floor(u[:, j] * (len(own[0]) + 1))
            elif cuts is not None:
                out[:, j] = 1 + np.searchsorted(np.asarray(cuts, dtype=float), self._placed(out[:, j], j))
                idle = 1 + np.floor(u[:, j] * (len(cuts) + 1))
            out[careless, j] = idle[careless]
        return out

    def _placed(self, values: Array, item: int) -> Array:
        """Values of an item in standard deviations from its mean in the first group: groups share thresholds."""
        mean, cov = self.population.means[0], self.population.covs[0]
        return (values - mean[item]) / np.sqrt(cov[item, item])

    def _with_gaps(self, values: Array, random: np.random.Generator) -> Array:
        if not self.design.missing:
            return values
        chance: Array | float = self.design.missing
        if self.design.missing_by is not None:
            driver = values[:, self.names.index(self.design.missing_by)]
            likelier = ndtr((driver - driver.mean()) / driver.std())[:, None]
            chance = np.minimum(self.design.missing * likelier / likelier.mean(), 1.0)
        gaps = random.random(values.shape) < chance
        if self.design.missing_by is not None:
            gaps[:, self.names.index(self.design.missing_by)] = False
        return np.where(gaps, np.nan, values)


def _correlations(cov: Array) -> Array:
    sd = np.sqrt(np.diag(cov))
    return cov / np.outer(sd, sd)


def stream(seed: int, key: Sequence[int] = ()) -> np.random.Generator:
    """The random numbers of one sample: a child of the seed that depends on nothing else."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=tuple(key))))
