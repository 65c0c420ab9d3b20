"""Which moments a model with ordered variables is fitted to, and in which order they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sexresearch.frozen import read_only_property
from sexresearch.sem.arrays import Array


@dataclass(frozen=True)
class MomentLayout:
    """Moments of p variables: thresholds of ordered ones (variable by variable), means of the others, slopes of each
    variable on x covariates (covariate by covariate), variances of the others, covariances of all pairs.

    levels : (p,) number of categories of each variable, 0 where it is not ordered. The responses behind ordered
    variables have variance 1, so that their covariances are correlations.
    """

    names: tuple[str, ...]
    levels: tuple[int, ...]
    covariates: tuple[str, ...] = ()

    @property
    def p(self) -> int:
        return len(self.names)

    @property
    def x(self) -> int:
        return len(self.covariates)

    @read_only_property
    def ordered(self) -> Array:
        """Numbers of the ordered variables."""
        return np.flatnonzero(self.levels)

    @read_only_property
    def numeric(self) -> Array:
        """Numbers of the variables that are not ordered."""
        return np.flatnonzero(np.array(self.levels) == 0)

    @read_only_property
    def cuts(self) -> tuple[Array, Array]:
        """Variable and number (from 0) of every threshold."""
        pairs = [(v, k) for v in self.ordered for k in range(self.levels[v] - 1)]
        table = np.array(pairs, dtype=int).reshape(len(pairs), 2)
        return table[:, 0], table[:, 1]

    @read_only_property
    def pairs(self) -> tuple[Array, Array]:
        """Rows and columns (i > j) of the covariances, column by column."""
        j, i = np.triu_indices(self.p, 1)
        return i, j

    @cached_property
    def starts(self) -> tuple[int, int, int, int, int]:
        """Where means, slopes, variances and covariances begin, and the number of moments."""
        sizes = (len(self.cuts[0]), len(self.numeric), self.p * self.x, len(self.numeric), len(self.pairs[0]))
        ends = np.cumsum(sizes).tolist()
        return ends[0], ends[1], ends[2], ends[3], ends[4]

    @property
    def size(self) -> int:
        return self.starts[-1]

    def labels(self) -> list[tuple[str, str, str]]:
        """lhs, op, rhs of every moment."""
        names, (items, numbers), (i, j) = self.names, self.cuts, self.pairs
        names_of_moments = [(names[v], "|", f"t{k + 1}") for v, k in zip(items, numbers, strict=True)]
        names_of_moments += [(names[v], "~1", "") for v in self.numeric]
        names_of_moments += [(name, "~", covariate) for covariate in self.covariates for name in names]
        names_of_moments += [(names[v], "~~", names[v]) for v in self.numeric]
        return names_of_moments + [(names[b], "~~", names[a]) for a, b in zip(i, j, strict=True)]

    def places_in(self, other: MomentLayout) -> Array:
        """(M,) places of these moments among those of another layout of the same variables."""
        known = {}
        for place, (lhs, op, rhs) in enumerate(other.labels()):
            known[lhs, op, rhs] = place
            if op == "~~":
                known[rhs, op, lhs] = place
        return np.array([known[label] for label in self.labels()], dtype=int)

    @read_only_property
    def spreads(self) -> Array:
        """(M,) True for variances and covariances."""
        return np.arange(self.size) >= self.starts[2]

    def units(self, moments: Array) -> Array:
        """(M,) what turns moments into those of variables with standard deviation 1, by division."""
        sd = np.sqrt(np.abs(np.diag(self.cov(moments))))
        i, j = self.pairs
        numeric = sd[self.numeric]
        parts = [np.ones(self.starts[0]), numeric, np.tile(sd, self.x), numeric**2, sd[i] * sd[j]]
        return np.concatenate(parts)

    def mean(self, moments: Array) -> Array:
        """(p,) means, 0 for ordered variables."""
        out = np.zeros(self.p)
        out[self.numeric] = moments[self.starts[0] : self.starts[1]]
        return out

    def cov(self, moments: Array) -> Array:
        """(p, p) covariances, with 1 on the diagonal for ordered variables."""
        out = np.eye(self.p)
        i, j = self.pairs
        out[self.numeric, self.numeric] = moments[self.starts[2] : self.starts[3]]
        out[i, j] = out[j, i] = moments[self.starts[3] :]
        return out

    def tables(self, moments: Array, responses: Array) -> dict[str, pd.DataFrame | pd.Series]:
        """cov, mean, th and, with covariates, slopes; `responses` (p,) are the means behind ordered variables."""
        names, (items, numbers) = list(self.names), self.cuts
        mean = np.where(np.array(self.levels) > 0, responses, self.mean(moments))
        index = [f"{self.names[v]}|t{k + 1}" for v, k in zip(items, numbers, strict=True)]
        out: dict[str, pd.DataFrame | pd.Series] = {
            "cov": pd.DataFrame(self.cov(moments), index=names, columns=names),
            "mean": pd.Series(mean, index=names),
            "th": pd.Series(moments[: self.starts[0]], index=index, copy=True),
        }
        if self.x:
            slopes = moments[self.starts[1] : self.starts[2]].reshape(self.x, self.p).T
            out["slopes"] = pd.DataFrame(slopes, index=names, columns=list(self.covariates), copy=True)
        return out


def layout(names: Sequence[str], levels: dict[str, int], covariates: Sequence[str] = ()) -> MomentLayout:
    """The layout of variables `names`, of which those in `levels` are ordered with so many categories.

    >>> layout(["a", "b"], {"a": 3}).labels()
    [('a', '|', 't1'), ('a', '|', 't2'), ('b', '~1', ''), ('b', '~~', 'b'), ('a', '~~', 'b')]
    """
    return MomentLayout(tuple(names), tuple(levels.get(name, 0) for name in names), tuple(covariates))
