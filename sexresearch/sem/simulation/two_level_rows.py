"""Rows of answers at two levels: parts that clusters share, and parts of the respondents within them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from sexresearch.errors import ModelError, OptionError
from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.structure import Implied, implied, structure_of
from sexresearch.sem.language.group_blocks import label_text
from sexresearch.sem.language.model import Model
from sexresearch.sem.language.names import factors
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.table import Defaults, ParameterTable
from sexresearch.sem.language.table_rows import parameter_table
from sexresearch.sem.output.results import Results
from sexresearch.sem.simulation.design import Design
from sexresearch.sem.simulation.population import Groups, refuse_unfitted, shares_of, sizes_of
from sexresearch.sem.simulation.population_values import completed, says_paths

COLUMNS = ("group", "cluster")
NOTHING = 1e-10  # of the largest eigenvalue: a negative one beyond it makes covariances impossible
PLAIN = Design()


@dataclass(frozen=True)
class LevelPart:
    """One level of a group: its variables, their means (p,) and a root (p, p) of their covariances."""

    names: tuple[str, ...]
    mean: Array
    root: Array

    def answers(self, n: int, random: np.random.Generator) -> Array:
        """(n, p) values."""
        return np.asarray(self.mean + random.standard_normal((n, len(self.names))) @ self.root.T)


@dataclass(frozen=True)
class LevelPopulation:
    """What answers in clusters are drawn from: of every group a part within clusters and a part between them.

    names : observed variables; shares : of the clusters, by group. rows : every parameter with its value, empty for a
    fitted model.
    """

    names: tuple[str, ...]
    labels: tuple[object, ...]
    shares: tuple[float, ...]
    within: tuple[LevelPart, ...]
    between: tuple[LevelPart, ...]
    rows: tuple[Parameter, ...]
    note: str = ""
    thresholds: Mapping[str, tuple[tuple[float, ...], ...]] = field(default_factory=dict)

    def clusters(self, n: int, design: Design) -> list[int]:
        """Clusters of each group that n respondents make."""
        return sizes_of(self.shares, design.clusters_of(n))

    @property
    def n_between(self) -> int:
        """How many variables have a part between clusters."""
        return max(len(part.names) for part in self.between)


def level_population(
    model: Model | Results, standardized: bool = False, groups: Groups | None = None
) -> LevelPopulation:
    """The population of a text with values at both levels, or of a fitted model of two levels.

    Variances without a value are 1 at either level. ModelError names paths without a value.
    """
    if standardized:
        raise OptionError("standardized= knows one level; write the variances of both levels, as in 'y ~~ 0.2*y'")
    if isinstance(model, Results):
        return _fitted(model, groups)
    products = [name for name in model.observed if factors(name)]
    if products:
        raise ModelError(f"a population cannot hold products of its variables: {', '.join(products)}; leave them out")
    shares = shares_of(model, groups)
    labels = tuple(map(label_text, shares))
    defaults = Defaults(n_groups=len(shares), meanstructure=True, fixed_x=False, group_labels=labels)
    table = parameter_table(model.statements, defaults)
    if not says_paths(table.rows):
        raise ModelError("a population of two levels needs values: write one before each variable, as in 'y ~ 0.3*x'")
    rows = completed(table, [])
    total = sum(shares.values())
    parts = [_part(_state(rows, table, block), table.level(block)) for block in range(table.n_blocks)]
    return LevelPopulation(
        names=model.observed,
        labels=tuple(shares) if len(shares) > 1 else (None,),
        shares=tuple(share / total for share in shares.values()),
        within=tuple(parts[::2]),
        between=tuple(parts[1::2]),
        rows=rows,
    )


def _state(rows: tuple[Parameter, ...], table: ParameterTable, block: int) -> Implied:
    role = table.roles[block]
    size = len(role.observed) + 1
    own = [row for row in rows if row.group == block]
    return implied(structure_of(own, role, np.zeros((size, size)), True), np.zeros(0))


def _part(state: Implied, level: int | None) -> LevelPart:
    structure = state.structure
    names = tuple(structure.names[: structure.p])
    values, vectors = np.linalg.eigh(state.cov)
    if values[0] < -NOTHING * max(values[-1], 1.0):
        raise ModelError(f"the population covariance of {', '.join(names)} at level {level} is not possible")
    return LevelPart(names, state.mean, vectors * np.sqrt(np.maximum(values, 0.0)))


def _fitted(results: Results, groups: Groups | None) -> LevelPopulation:
    refuse_unfitted(results, groups)
    fitted = results.fitted
    parts = [_part(state, fitted.table.level(block)) for block, state in enumerate(fitted.states)]
    counts = [sample.nested.data.n_clusters for sample in fitted.samples[::2] if sample.nested is not None]
    return LevelPopulation(
        names=results.observed,
        labels=tuple(sample.label for sample in fitted.samples[::2]),
        shares=tuple(count / sum(counts) for count in counts),
        within=tuple(parts[::2]),
        between=tuple(parts[1::2]),
        rows=(),
    )


@dataclass(frozen=True)
class LevelSampler:
    """Draws samples of clusters."""

    population: LevelPopulation
    design: Design

    def __post_init__(self) -> None:
        if self.design.clusters is None and self.design.cluster_size is None:
            raise OptionError("a model of two levels needs clusters: design=sx.Design(clusters=60), or cluster_size=40")
        if self.design.icc:
            raise OptionError("icc= is for models of one level; here the variances of both levels say it")
        others = [name for name in ("skewness", "kurtosis", "thresholds", "careless") if self._asks(name)]
        if others:
            raise OptionError(
                f"{', '.join(others)} of a design are for models of one level; two levels draw normal answers"
            )
        self.design.refuse_unknown(self.population.names)
        if self.design.missing_by is not None:
            raise OptionError(
                "missing_by is for models of one level; two levels leave answers out completely at random"
            )
        taken = [name for name in COLUMNS if name in self.population.names]
        if taken:
            raise OptionError(f"the model observes {taken}, a name kept for what the design adds; rename the variable")

    def _asks(self, name: str) -> bool:
        given = getattr(self.design, name)
        return given not in (None, 0.0, {})

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The observed variables."""
        return self.population.names

    def frame(self, n: int, random: np.random.Generator) -> pd.DataFrame:
        """A sample of n: one column per variable, then group where there are several, and cluster."""
        J, sizes = self.design.clusters_of(n), self.population.clusters(n, self.design)
        if n < J:
            raise OptionError(f"n = {n} respondents cannot fill {J} clusters")
        if min(sizes) < 2:
            raise OptionError(f"{J} clusters of {n} respondents leave a group fewer than two of them")
        cluster = np.arange(n) * J // n
        group = np.repeat(np.arange(len(sizes)), sizes)
        frame = pd.DataFrame(self._values(cluster, group, random), columns=list(self.names))
        if len(sizes) > 1:
            frame["group"] = [self.population.labels[g] for g in group[cluster]]
        return frame.assign(cluster=cluster)

    def _values(self, cluster: Array, group: Array, random: np.random.Generator) -> Array:
        """(n, p) what the respondents answer."""
        out = np.zeros((len(cluster), len(self.names)))
        rows = group[cluster]
        for number, (within, between) in enumerate(zip(self.population.within, self.population.between, strict=True)):
            shared = between.answers(int((group == number).sum()), random)
            own = np.flatnonzero(rows == number)
            first = int(np.flatnonzero(group == number)[0])
            out[np.ix_(own, self._places(between.names))] += shared[cluster[own] - first]
            out[np.ix_(own, self._places(within.names))] += within.answers(len(own), random)
        return self._with_gaps(out, random)

    def _places(self, names: Sequence[str]) -> Array:
        return np.array([self.names.index(name) for name in names], dtype=int)

    def _with_gaps(self, values: Array, random: np.random.Generator) -> Array:
        """Answers of respondents left out; what belongs to the cluster alone is always there."""
        if not self.design.missing:
            return values
        missing = np.zeros(len(self.names), dtype=bool)
        missing[self._places([name for part in self.population.within for name in part.names])] = True
        return np.where((random.random(values.shape) < self.design.missing) & missing, np.nan, values)
