"""Factor scores of both levels: what is expected of the factors of a row, and of its cluster, given all answers.

Of a cluster f + Cov(f, v) q, v its variables and q the derivative of its log-likelihood in their means; of a row
f + Cov(f, y) V (y - mean - u), u what is expected of the cluster (empirical Bayes; Skrondal & Rabe-Hesketh 2004,
chapter 7, doi 10.1201/9780203489437). Sampling weights count in what is expected of the cluster, whose likelihood of
its rows has their powers, as in the fit (Asparouhov 2006, doi 10.1080/03610920500476598).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sexresearch.errors import OptionError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.clusters import cluster_places, patterns_of, refuse_wrong_levels
from sexresearch.sem.data.level_weights import within_clusters
from sexresearch.sem.data.observed import Answers, Columns, split_groups, used_columns
from sexresearch.sem.data.rows_used import take
from sexresearch.sem.data.sample_of_rows import arrange
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.implied.structure import Implied
from sexresearch.sem.implied.two_level_likelihood import LevelMoments


def level_scores(fitted: Fitted, data: object, method: str = "regression") -> pd.DataFrame:
    """One column per latent variable of either level, one row per row of `data`; rows of a cluster share its scores.

    NaN for rows without an answer at level 1, a cluster or a group of the fit. A latent variable that is called the
    same at both levels has ``.l2`` behind its name at level 2.
    """
    if method != "regression":
        raise OptionError(f"method {method!r} is not known for models of two levels; allowed: regression")
    options = fitted.options
    names = list(dict.fromkeys(name for s in fitted.samples if s.nested for name in s.nested.names))
    columns = Columns(tuple(names), options.group, options.cluster, options.sampling_weights)
    frame = used_columns(data, columns, ())
    place = pd.Series(np.arange(len(frame)), index=frame.index)
    numbered = frame.set_axis(place.to_numpy(), axis=0)
    parts, _ = split_groups(numbered, columns)
    scores: dict[str, Array] = {}
    for number in range(0, fitted.table.n_blocks, 2):
        label = fitted.samples[number].label
        for part in parts:
            if part.label == label:
                _filled(scores, fitted, number, arrange(part, _order(fitted, number, names)), len(frame))
    return pd.DataFrame(scores, index=frame.index)


def _order(fitted: Fitted, number: int, names: list[str]) -> list[int]:
    nested = fitted.samples[number].nested
    assert nested is not None
    return [names.index(name) for name in nested.names]


def _filled(columns: dict[str, Array], fitted: Fitted, number: int, answers: Answers, size: int) -> None:
    """The scores of one group's rows, put into the columns of its latent variables."""
    nested, states = fitted.samples[number].nested, fitted.states[number : number + 2]
    assert nested is not None
    w, b = nested.data.within, nested.data.between
    values = answers.values  # noqa: PD011
    kept = take(answers, ~np.isnan(values[:, w]).all(axis=1))
    kept = within_clusters(kept, fitted.options.sampling_weights)
    refuse_wrong_levels(kept, nested.names, w, b)
    origin = np.nanmean(kept.values, axis=0)
    order, _, sizes = cluster_places(kept)
    at = _moments(states, np.where(np.isin(w, b), 0.0, origin[w]), origin[b])
    pull, left = patterns_of(kept, w, b, origin).posterior(at)
    rows = own_positions(kept, order)
    scores = (left @ _toward(states[0]).T, np.repeat(pull, sizes, axis=0) @ _toward(states[1]).T)
    latents = [fitted.table.roles[number + level].latent for level in (0, 1)]
    for level, (state, values) in enumerate(zip(states, scores, strict=True)):
        mean = _latent_means(state)
        for k, name in enumerate(latents[level]):
            column = f"{name}.l2" if level and name in latents[0] else name
            columns.setdefault(column, np.full(size, np.nan))[rows] = mean[k] + values[:, k]


def own_positions(answers: Answers, order: Array) -> Array:
    """Positions of the rows, which number the rows of the frame, in another order."""
    return np.asarray(answers.index.to_numpy()[order], dtype=int)


def _moments(states: tuple[Implied, ...], within: Array, between: Array) -> LevelMoments:
    first, second = states
    return LevelMoments(first.mean - within, first.cov, second.mean - between, second.cov)


def _toward(state: Implied) -> Array:
    """(latents, variables) covariances of the latent variables with those that are observed."""
    p, last = state.structure.p, len(state.structure.names) - 1
    return state.all_cov[p:last, :p]


def _latent_means(state: Implied) -> Array:
    p, last = state.structure.p, len(state.structure.names) - 1
    return state.C[p:last, -1]
