"""How much of the variance of answers lies between clusters: one-way analysis of variance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import fdtrc, fdtri

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
FLAT = 1e-12  # share of the total variance below which a mean square is nothing but rounding


@dataclass(frozen=True)
class Components:
    """Mean squares of answers between and within clusters, and what follows from them.

    n answers in so many clusters; size is their average size (n - sum n_j² / n) / (clusters - 1), which makes the
    estimate of the variance between unbiased where sizes differ; harmonic is the harmonic mean of their sizes.
    """

    n: int
    clusters: int
    size: float
    harmonic: float
    between: float
    within: float

    @property
    def icc1(self) -> float:
        """Share of the variance of one answer that lies between clusters; below 0 where they differ less than chance.

        (MSB - MSW) / (MSB + (size - 1) MSW); Bliese (2000), with the size of Searle, Casella & McCulloch (1992).
        """
        total = self.between + (self.size - 1) * self.within
        return (self.between - self.within) / total if total > 0 else math.nan

    @property
    def icc2(self) -> float:
        """Reliability of the mean of a cluster of average size: (MSB - MSW) / MSB; Bliese (2000)."""
        return (self.between - self.within) / self.between if self.between > 0 else math.nan

    @property
    def df(self) -> tuple[int, int]:
        """Degrees of freedom between and within clusters."""
        return self.clusters - 1, self.n - self.clusters

    @property
    def f(self) -> float:
        """MSB / MSW; missing where nobody differs from others of the same cluster."""
        return self.between / self.within if self.within > 0 else math.nan

    @property
    def pvalue(self) -> float:
        """Of the test that the clusters do not differ."""
        return float(fdtrc(*self.df, self.f)) if self.within > 0 else math.nan

    def critical_f(self, level: float = 0.95) -> float:
        """The F that clusters which do not differ stay below with that probability."""
        return float(fdtri(*self.df, level))

    @property
    def design_effect(self) -> float:
        """How much clusters multiply the variance of a mean: 1 + (size - 1) ICC(1); Kish (1965)."""
        return 1 + (self.size - 1) * self.icc1

    @property
    def error(self) -> float:
        """Variance of the mean of a cluster that comes from who answered: MSW over the harmonic mean of sizes."""
        return self.within / self.harmonic

    def icc1_interval(self, level: float = 0.95) -> tuple[float, float]:
        """Limits of ICC(1) by the F distribution, exact where clusters are of one size; Searle et al. (1992)."""
        if not self.within > 0:
            return math.nan, math.nan
        tails = (0.5 + level / 2, 0.5 - level / 2)
        ratios = [self.f / float(fdtri(*self.df, tail)) for tail in tails]
        lower, upper = ((ratio - 1) / (ratio + self.size - 1) for ratio in ratios)
        return lower, upper


def components(values: Floats, codes: Codes) -> Components | str:
    """The analysis of variance of answers (n,) in clusters 0, 1, … (n,); in words why there is none.

    Answers that are missing are left out.

    >>> found = components(np.array([1.0, 2.0, 4.0, 5.0]), np.array([0, 0, 1, 1]))
    >>> found.between, found.within, round(found.icc1, 3), round(found.icc2, 3)
    (9.0, 0.5, 0.895, 0.944)
    """
    kept = ~np.isnan(values)
    values, codes = values[kept], codes[kept]
    n = len(values)
    sizes = np.bincount(codes) if n else np.zeros(0)
    sizes = sizes[sizes > 0]
    if len(sizes) < 2:
        return "no answer" if n == 0 else "all answers come from one cluster"
    if n == len(sizes):
        return "no cluster has two answers"
    centred = values - values.mean()
    total = float(centred @ centred)
    if not total > 0:
        return "all answers are equal"
    sums = np.bincount(codes, centred)
    between = float((sums[np.bincount(codes) > 0] ** 2 / sizes).sum())
    within = max(total - between, 0.0)
    within = 0.0 if within < FLAT * total else within
    size = (n - float(sizes @ sizes) / n) / (len(sizes) - 1)
    harmonic = len(sizes) / float((1 / sizes).sum())
    return Components(n, len(sizes), size, harmonic, between / (len(sizes) - 1), within / (n - len(sizes)))
