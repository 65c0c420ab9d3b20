"""The constructs of a fitted model: which items stand for which, directly or by way of dimensions."""

from __future__ import annotations

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
    """

    loading: Array
    variance: float
    cov: Array
    residual: Array
    outer: Array
    scale: Array


def results_only(results: object, question: str) -> Results:
    """The results themselves; OptionError where something else was given."""
    if not isinstance(results, Results):
        raise OptionError(f"{question} takes the results of fit; found {type(results).__name__}")
    if not results.latents:
        raise OptionError(f"{question} needs constructs with items: the model has no '=~'")
    return results


def constructs(table: ParameterTable) -> list[Construct]:
    """All constructs, group after group, in order of definition."""
    found = []
    for group, role in enumerate(table.roles):
        rows = [row for row in table.group(group) if row.op == "=~" and row.value != 0]
        direct = {name: tuple(row.rhs for row in rows if row.lhs == name) for name in role.latent}
        counts = [row.rhs for row in rows]
        for name in role.latent:
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


def loaded(state: Implied, construct: Construct, mask: Array) -> Loaded:
    """What `construct` and its items look like in the implied moments of its group; `mask` as `measurement_mask`."""
    place = {name: i for i, name in enumerate(state.structure.names)}
    own, items = place[construct.name], [place[name] for name in construct.items]
    outer = [place[name] for name in construct.indicators]
    identity = np.eye(len(place))
    paths = np.where(mask, identity - np.linalg.inv(state.G), 0.0)
    loading = np.linalg.inv(identity - paths)[items, own]
    cov, grid = state.all_cov, np.ix_(items, items)
    return Loaded(loading, float(cov[own, own]), cov[grid], state.S[grid], paths[outer, own], np.diag(cov)[outer])
