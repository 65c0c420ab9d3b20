"""The values that a view of a fit is made of: plain data, whichever engine estimated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from sexresearch.frozen import when_asked
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.code_moments import CodeMoments
from sexresearch.sem.data.sums import Sums
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.roles import Roles
from sexresearch.sem.resampling.row_values import RowPlaces, places_among
from sexresearch.sem.resampling.uncertainty import Redrawer, Resampler


@when_asked("mean_cov", "sums")
@dataclass(frozen=True, eq=False)
class ViewBlock:
    """One group, or one level of it: its variables, and what the sample said about them.

    names : p observed variables first, then latent ones. fixed : those whose moments are taken from the sample.
    n : respondents, or their summed weights; nobs : rows used. mean (p,), cov (p, p) : of the sample, as the estimator
    takes them (denominator n; polychoric, by EM, pairwise). complete : whether no answer is missing.
    has_means : whether means are modelled. answers (rows, p), weights (rows,), clusters (rows,) : None
    where there are only moments, or no weights or clusters. level : 1 or 2 (n is then 0, `n_clusters` tells), or None.
    Where answers were added up, codes : moments of those of ordered variables; ends (2, p) : the lowest and highest;
    mean_cov (p, p) : covariance of the means, robust to weights and clusters; sums : of products of four variables.
    """

    label: object
    names: tuple[str, ...]
    roles: Roles
    n: float
    nobs: int
    mean: Array
    cov: Array
    complete: bool = True
    has_means: bool = False
    fixed: tuple[str, ...] = ()
    answers: Array | None = None
    weights: Array | None = None
    clusters: Array | None = None
    level: int | None = None
    n_clusters: int = 0
    codes: CodeMoments | None = None
    ends: Array | None = None
    mean_cov: Array | None = None
    sums: Sums | None = None

    @property
    def observed(self) -> tuple[str, ...]:
        """The observed variables, in the order of mean, cov and answers."""
        return self.names[: len(self.mean)]


@when_asked("vcov", "parameters", "inadmissible")
@dataclass(frozen=True, eq=False)
class View:
    """A fit as plain data.

    engine : what estimated. rows : the parameter table, `free` numbering the parameters; theta (q,) : their estimates;
    vcov (q, q) : the covariance of these, NaN where there is none; estimates (rows,) : of all rows.
    parameters : the tidy table, as in `Results`. inadmissible : why the solution is not; empty where it is.
    options : how it was fitted, defaults decided. categories : those of ordered variables.
    resampler : draws samples and estimates again; redrawer : the answers; gains : modification indices. None: no such.
    """

    engine: str
    blocks: tuple[ViewBlock, ...]
    rows: tuple[Parameter, ...]
    theta: Array
    vcov: Array
    estimates: Array
    parameters: pd.DataFrame
    converged: bool = True
    inadmissible: tuple[str, ...] = ()
    options: Options = field(default_factory=Options)
    categories: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    resampler: Resampler | None = None
    redrawer: Redrawer | None = None
    gains: Callable[[], pd.DataFrame] | None = None

    @property
    def groups(self) -> tuple[object, ...]:
        """Labels of the groups in order; empty for one group."""
        labels = tuple(block.label for block in self.blocks if block.level in (None, 1))
        return labels if len(labels) > 1 else ()

    @property
    def latents(self) -> tuple[str, ...]:
        """Latent variables."""
        return tuple(dict.fromkeys(name for block in self.blocks for name in block.roles.latent))

    @property
    def observed(self) -> tuple[str, ...]:
        """Observed variables of the model, auxiliary ones not among them."""
        return tuple(dict.fromkeys(name for b in self.blocks for name in b.roles.modelled + b.roles.exogenous))

    @property
    def exogenous(self) -> Array:
        """(e,) values of the rows that are taken from the sample."""
        return self.estimates[[row.exogenous for row in self.rows]]

    @property
    def holds_rows(self) -> bool:
        """Whether the respondents' answers are there, not only their moments."""
        return all(block.answers is not None for block in self.blocks if block.level in (None, 1))

    @cached_property
    def by_block(self) -> tuple[tuple[Parameter, ...], ...]:
        """The rows of each block."""
        return tuple(tuple(row for row in self.rows if row.group == g) for g in range(len(self.blocks)))

    @cached_property
    def places(self) -> tuple[RowPlaces, ...]:
        """Where the rows of each block sit among its variables."""
        return tuple(places_among(self.rows, g, b.names, len(b.mean), b.fixed) for g, b in enumerate(self.blocks))
