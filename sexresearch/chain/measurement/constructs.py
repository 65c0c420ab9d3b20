"""The constructs of a fitted model: which items stand for which, directly or by way of dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sexresearch.errors import OptionError
from sexresearch.sem import Results
from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.implied.structure import Implied
from sexresearch.sem.language.table import ParameterTable


@dataclass(frozen=True)
class Construct:
    """A latent variable in one group (numbered from 0).

    indicators : what it is measured by, items or dimensions (latents); items : the observed variables beneath.
    crossed : items beneath that load on another construct as well.
    """

    name: str
    group: int
    indicators: tuple[str, ...]
    items: tuple[str, ...]
    crossed: tuple[str, ...]

    @property
    def higher(self) -> bool:
        """Whether it is measured by dimensions."""
        return any(name not in self.items for name in self.indicators)


@dataclass(frozen=True)
class Loaded:
    """A construct at the estimates: what the sum of its k items and its m indicators are made of.

    loading (k,) : of the items, through the dimensions where there are any; variance : of the construct.
    cov, residual (k, k) : implied and residual covariances of the items.
    outer (m,), scale (m,) : loadings and implied variances of the indicators.
    cuts (T,), owner (T,) : standardized thresholds of ordered items, and the number of the item of each.
    """

    loading: Array
    variance: float
    cov: Array
    residual: Array
    outer: Array
    scale: Array
    cuts: Array
    owner: Array

    @property
    def ordered(self) -> int:
        """How many of the items are ordered."""
        return len(np.unique(self.owner))


def results_only(results: object, question: str) -> Results:
    """The results themselves; OptionError where something else was given."""
    if not isinstance(results, Results):
        raise OptionError(f"{question} takes the results of fit; found {type(results).__name__}")
    if not constructs(results.fitted.table):
        raise OptionError(f"{question} needs constructs with items: the model has no '=~'")
    return results


def constructs(table: ParameterTable) -> list[Construct]:
    """All constructs that something measures (composites are not), group after group, in order of definition."""
    found = []
    for group, role in enumerate(table.roles):
        rows = [row for row in table.group(group) if row.op == "=~" and row.value != 0]
        direct = {name: tuple(row.rhs for row in rows if row.lhs == name) for name in role.latent}
        counts = [row.rhs for row in rows]
        for name in (latent for latent in role.latent if direct[latent]):
            items = _beneath(name, direct, ())
            crossed = tuple(item for item in items if counts.count(item) > 1)
            found.append(Construct(name, group, direct[name], items, crossed))
    return found


def _beneath(name: str, direct: dict[str, tuple[str, ...]], above: tuple[str, ...]) -> tuple[str, ...]:
    if name in above:
        return ()
    parts = [_beneath(child, direct, (*above, name)) if child in direct else (child,) for child in direct[name]]
    return tuple(dict.fromkeys(item for part in parts for item in part))


def measurement_mask(fitted: Fitted, group: int) -> Array:
    """(m, m) True where the path matrix of a group holds a loading."""
    place = {name: i for i, name in enumerate(fitted.structures[group].names)}
    mask = np.zeros((len(place),) * 2, dtype=bool)
    for row in fitted.table.group(group):
        if row.op == "=~":
            mask[place[row.rhs], place[row.lhs]] = True
    return mask


@dataclass(frozen=True)
class Measured:
    """One group at some parameters: loadings alone (m, m), direct and in total through dimensions.

    cuts (T,), owner (T,) : standardized thresholds of ordered items and the number of the item of each; empty without.
    """

    state: Implied
    direct: Array
    total: Array
    cuts: Array
    owner: Array


def measured(fitted: Fitted, theta: Array, masks: Sequence[Array]) -> list[Measured]:
    """Every group at the parameters `theta` (q,); `masks` as `measurement_mask` gives them."""
    out = []
    for group, (state, mask) in enumerate(zip(fitted.states_at(theta), masks, strict=True)):
        identity = np.eye(len(mask))
        direct = np.where(mask, identity - np.linalg.inv(state.G), 0.0)
        cuts, owner = np.zeros(0), np.zeros(0, dtype=int)
        if fitted.levels:
            raw, owner = fitted.cuts_at(theta, group)
            cuts = (raw - state.mean[owner]) / np.sqrt(np.diag(state.cov))[owner]
            cuts = np.full(len(cuts), np.nan) if fitted.n_fixed(group) else cuts  # thresholds given covariates
        out.append(Measured(state, direct, np.linalg.inv(identity - direct), cuts, owner))
    return out


def loaded(at: Measured, construct: Construct) -> Loaded:
    """What `construct` and its items look like in its group."""
    place = {name: i for i, name in enumerate(at.state.structure.names)}
    own, items = place[construct.name], [place[name] for name in construct.items]
    outer = [place[name] for name in construct.indicators]
    cov, grid = at.state.all_cov, np.ix_(items, items)
    kept = np.isin(at.owner, items)
    return Loaded(
        loading=at.total[items, own],
        variance=float(cov[own, own]),
        cov=cov[grid],
        residual=at.state.S[grid],
        outer=at.direct[outer, own],
        scale=np.diag(cov)[outer],
        cuts=at.cuts[kept],
        owner=np.array([items.index(i) for i in at.owner[kept]], dtype=int),
    )
