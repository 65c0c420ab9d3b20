"""How a specification curve compares with the curves of samples in which there is no effect.

The reference's complete answers are moved by (x - m) S^-1/2 S0^1/2, S the covariances that the model implies and S0
the same with the arrows that lead from the source towards the target at 0: the model then implies no effect, and what
it does not explain stays. Rows (or clusters) are drawn from them, and the specifications fitted.
Simonsohn, Simmons & Nelson 2020, doi 10.1038/s41562-020-0912-z; Bollen & Stine 1992, doi 10.1177/0049124192021002004.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import ndtri

from sexresearch.chain.paths.arrows import all_arrows
from sexresearch.chain.robustness.specifications import Specification
from sexresearch.chain.robustness.universe import Whole, whole_model
from sexresearch.sem.view import (
    LIKELIHOODS,
    Array,
    Matrices,
    TotalEffect,
    View,
    Workers,
    matrices,
    shared_out,
    total_effects,
    view,
)

MOST = 60  # specifications whose curve is compared, the reference among them
FEWEST = 19  # samples for a p value of .05
NO_LIKELIHOOD = "samples without the effect are fitted by likelihood (ML, MLR, …), which no specification is"
STATISTICS = ("median", "share shown", "mean z")
COLUMNS = ["statistic", "value", "critical", "pvalue", "replicates", "failed", "note"]
Wholes = Mapping[tuple[str, str, str, tuple[str, ...]], Whole]


def curve_null(
    wanted: Sequence[Specification],
    wholes: Wholes,
    frame: pd.DataFrame,
    fit: View,
    ends: tuple[str, str],
    replicates: int,
    seed: int,
    workers: Workers,
    level: float,
) -> pd.DataFrame:
    """One row per statistic of the curve: its value, the 95 % point of the samples without effect, and p."""
    if not replicates:
        return pd.DataFrame(columns=COLUMNS)
    own = [k for k, one in enumerate(wanted) if (one.view, one.covariates) == (wanted[0].view, wanted[0].covariates)]
    kept = _kept([k for k in own if wanted[k].estimator in LIKELIHOODS], seed)
    observed = _statistics(frame.loc[kept, "est"].to_numpy(), frame.loc[kept, "se"].to_numpy(), level)
    reference = wholes[wanted[0].data]
    why = _why_not(reference, fit, replicates) or ("" if kept else NO_LIKELIHOOD)
    if why:
        return _table(observed, np.zeros((0, 3)), 0, why)
    answers, clusters = _without_effect(view(next(iter(reference.fits.values())), "multiverse"), ends)
    chosen = [wanted[place] for place in kept]

    def work(numbers: Sequence[int]) -> list[Array]:
        with np.errstate(all="ignore"):
            return [_replicate(chosen, reference, answers, clusters, ends, (seed, n), level) for n in numbers]

    done = shared_out([[number] for number in range(replicates)], work, workers, "samples without the effect")
    null = np.array(list(done.values())).reshape(len(done), 3)
    note = f"of {len(kept)} of {len(wanted)} specifications" if len(kept) < len(wanted) else ""
    note += "" if len(done) == replicates else f"{'; ' if note else ''}interrupted after {len(done)} samples"
    return _table(observed, null, replicates - len(done), note)


def _kept(own: Sequence[int], seed: int) -> list[int]:
    """Some of the specifications, the first among them: samples are fitted by likelihood, as that is quick."""
    if len(own) <= MOST:
        return list(own)
    others = np.random.default_rng(seed).choice(own[1:], MOST - 1, replace=False)
    return [own[0], *sorted(int(place) for place in others)]


def _why_not(reference: Whole, fit: View, replicates: int) -> str:
    first = next(iter(reference.fits.values()), None)
    if replicates < FEWEST:
        return f"{replicates} samples are too few: at least {FEWEST}"
    if first is None or not first.converged:
        return "the reference did not converge, so that nothing tells what samples without the effect look like"
    if fit.categories:
        return "ordered items have no rows that could be moved"
    if not fit.holds_rows:
        return "there are no rows to draw"
    return "weights do not go with drawing rows" if fit.options.sampling_weights else ""


def _without_effect(fit: View, ends: tuple[str, str]) -> tuple[pd.DataFrame, Array | None]:
    """The complete answers of the reference, moved so that the model implies no effect, and their clusters."""
    block, places = fit.blocks[0], fit.places[0]
    names = list(block.names)
    at = matrices(places, fit.estimates[None, :])
    graph, B = all_arrows(fit)[0], at.B[0].copy()
    for effect in graph.after.get(ends[0], ()):
        if effect == ends[1] or ends[1] in graph.reach[effect]:
            B[names.index(effect), names.index(ends[0])] = 0.0
    changed, p = Matrices(B[None], at.S, total_effects(B[None])), len(block.mean)
    with_effect, none = at.C[0][:p, :p], changed.C[0][:p, :p]
    rows, clusters = np.asarray(block.answers), block.clusters
    whole = ~np.isnan(rows).any(axis=1)
    moved = (rows[whole] - block.mean) @ _root(with_effect, -0.5) @ _root(none, 0.5) + block.mean
    frame = pd.DataFrame(moved, columns=list(block.observed))
    return frame, None if clusters is None else clusters[whole]


def _root(cov: Array, power: float) -> Array:
    values, vectors = np.linalg.eigh(cov)
    return (vectors * np.maximum(values, 1e-12 * values[-1]) ** power) @ vectors.T


def _replicate(
    chosen: Sequence[Specification],
    reference: Whole,
    answers: pd.DataFrame,
    clusters: Array | None,
    ends: tuple[str, str],
    stream: tuple[int, int],
    level: float,
) -> Array:
    random = np.random.default_rng(stream)
    fitting = replace(next(iter(reference.fittings.values())), missing="listwise")
    sample = _sample_again(random, answers, clusters, fitting.cluster)
    estimators = list(dict.fromkeys(one.estimator for one in chosen))
    whole = whole_model(reference.model, sample, fitting, "listwise", estimators).towards(*ends)
    made: dict[frozenset[str], dict[str, TotalEffect]] = {}
    for one in chosen:
        if one.left_out not in made:
            made[one.left_out] = whole.quickly_without(one.left_out, estimators, patient=False)
    effects = [made[one.left_out].get(one.estimator) for one in chosen]
    est, se = (np.array([np.nan if own is None else getattr(own, name) for own in effects]) for name in ("est", "se"))
    return _statistics(est, se, level)


def _sample_again(
    random: np.random.Generator, answers: pd.DataFrame, clusters: Array | None, name: str | None
) -> pd.DataFrame:
    if clusters is None or name is None:
        return answers.iloc[random.integers(len(answers), size=len(answers))].reset_index(drop=True)
    labels, codes = np.unique(clusters, return_inverse=True)
    members = [np.flatnonzero(codes == code) for code in range(len(labels))]
    taken = random.integers(len(members), size=len(members))
    rows = np.concatenate([members[code] for code in taken])
    again = np.repeat(np.arange(len(taken)), [len(members[code]) for code in taken])
    return answers.iloc[rows].reset_index(drop=True).assign(**{name: again})


def _statistics(est: Array, se: Array, level: float) -> Array:
    """(3,) sizes of the median, of the share shown in one direction, and of the mean z value."""
    known = np.isfinite(est) & (se > 0)
    if not known.any():
        return np.full(3, np.nan)
    z = est[known] / se[known]
    line = float(ndtri(0.5 + level / 2))
    share = max((z > line).sum(), (z < -line).sum()) / len(est)
    return np.array([abs(float(np.median(est[known]))), share, abs(float(z.mean()))])


def _table(observed: Array, null: Array, failed: int, note: str) -> pd.DataFrame:
    rows = []
    for k, name in enumerate(STATISTICS):
        own = null[np.isfinite(null[:, k]), k]
        enough = len(own) >= FEWEST
        rows.append(
            {
                "statistic": name,
                "value": observed[k],
                "critical": float(np.quantile(own, 0.95)) if enough else np.nan,
                "pvalue": (1 + int((own >= observed[k]).sum())) / (1 + len(own)) if enough else np.nan,
                "replicates": len(own),
                "failed": failed + len(null) - len(own),
                "note": note,
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)
