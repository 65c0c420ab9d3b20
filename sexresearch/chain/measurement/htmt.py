"""`htmt`: heterotrait-monotrait ratios of every pair of constructs, with bootstrap intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from numbers import Integral
from typing import Literal, get_args

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.chain.measurement.constructs import Construct, constructs, results_only
from sexresearch.chain.measurement.ratios import correlations, htmt_ratios, mixed_signs
from sexresearch.errors import OptionError, SexresearchError
from sexresearch.sem import Results
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.observed import Answers
from sexresearch.sem.data.sample import Sample, from_gaps
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.ordinal.statistics import observe
from sexresearch.sem.resampling.draws import Resampled, resampled
from sexresearch.sem.resampling.intervals import limits
from sexresearch.sem.resampling.run import progress_bar
from sexresearch.sem.threads import one_thread

Ratio = Literal["htmt", "htmt2"]
KINDS = get_args(Ratio)
AT_ONCE = 250  # replicates in a chunk: bounds the memory of their correlations
LEAST = 0.9  # share of replicates with a ratio from which their quantiles are taken for an interval


@dataclass(frozen=True)
class Traits:
    """The constructs of one group as columns: `scores` (p, k) weigh items into indicators, `member` (k, c) sorts them.

    An item is its own indicator; a dimension is the sum of its standardized items.
    """

    constructs: tuple[Construct, ...]
    scores: Array
    member: Array

    def ratios(self, cov: Array, geometric: bool) -> Array:
        """(…, c, c) ratios from covariances (…, p, p)."""
        return htmt_ratios(correlations(cov, self.scores), self.member, geometric)


@in_words
def htmt(results: Results, kind: Ratio = "htmt", bootstrap: int = 0, seed: int | None = None) -> pd.DataFrame:
    """Are two constructs distinct? The heterotrait-monotrait ratio of the items' correlations, pair by pair.

    Parameters
    ----------
    results : Results
        A fit whose model has constructs.
    kind : {"htmt", "htmt2"}
        Arithmetic means of absolute correlations, or geometric means, for items that load unequally.
    bootstrap : int
        Replicates for the limits; 0 for none. Rows are drawn within groups, whole clusters where the fit has clusters.
    seed : int, optional
        Whole number of at least 0 that decides the samples; 1 where not given.

    Returns
    -------
    DataFrame
        One row per pair of constructs (and group): a, b, value, ci_lower, ci_upper (95 % percentile limits), note;
        several groups add group. Where the ratio or its limits cannot be had they are missing, and note says why.

    Raises
    ------
    OptionError
        An unknown kind, bootstrap or seed that is no whole number of at least 0, no fit, or a model without constructs.

    Notes
    -----
    The ratio is the mean correlation between the items of two constructs over the geometric mean of their mean
    correlations within (Henseler, Ringle & Sarstedt 2015, doi 10.1007/s11747-014-0403-8; "htmt2": Roemer, Schuberth &
    Henseler 2021, doi 10.1108/IMDS-02-2021-0082). It estimates the correlation of the constructs; below .85 (.90 for
    similar constructs) they count as distinct. Correlations are the sample's: polychoric for ordered items, by EM where
    the fit has missing="fiml". A dimension of a higher construct is the sum of its standardized items (Sarstedt, Hair,
    Cheah, Becker & Ringle 2019, doi 10.1016/j.ausmj.2019.05.003).

    Examples
    --------
    >>> import pandas as pd
    >>> from sexresearch.sem import Moments, fit
    >>> r = pd.DataFrame([[1, 0.8, 0.4, 0.4], [0.8, 1, 0.4, 0.4], [0.4, 0.4, 1, 0.5], [0.4, 0.4, 0.5, 1]])
    >>> r.index = r.columns = list("abcd")
    >>> table = htmt(fit("joy =~ a + b; bond =~ c + d", moments=Moments(r, nobs=100)))
    >>> table[["a", "b", "value"]].round(4).values.tolist()
    [['joy', 'bond', 0.6325]]
    """
    fitted = results_only(results, "htmt").fitted
    _refuse(kind, bootstrap, seed)
    geometric = kind == "htmt2"
    traits = [_traits(fitted, group) for group in range(fitted.table.n_groups)]
    why = "" if bootstrap == 0 else _no_bootstrap(fitted)
    start = 1 if seed is None else seed
    replicates = _replicates(fitted, traits, geometric, bootstrap, start) if bootstrap and not why else None
    rows = []
    for group, (sample, own) in enumerate(zip(fitted.samples, traits, strict=True)):
        drawn = None if replicates is None else replicates[group]
        rows += _rows(sample, own, geometric, drawn, why)
    frame = pd.DataFrame(rows, columns=["group", "a", "b", "value", "ci_lower", "ci_upper", "note"])
    return frame if results.groups else frame.drop(columns="group")


def _refuse(kind: str, bootstrap: int, seed: int | None) -> None:
    if kind not in KINDS:
        raise OptionError(f"kind {kind!r} is not known; allowed: {', '.join(KINDS)}")
    if isinstance(bootstrap, bool) or not isinstance(bootstrap, Integral) or bootstrap < 0:
        raise OptionError(f"bootstrap takes a number of replicates, 0 for none; found {bootstrap!r}")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0):
        raise OptionError(f"seed must be a whole number of at least 0; found {seed!r}")


def _traits(fitted: Fitted, group: int) -> Traits:
    own = tuple(c for c in constructs(fitted.table) if c.group == group)
    beneath = {c.name: c.items for c in own}
    names = fitted.samples[group].names
    indicators = list(dict.fromkeys(name for c in own for name in c.indicators))
    scores = np.array([[name in beneath.get(i, (i,)) for i in indicators] for name in names], dtype=float)
    member = np.array([[i in c.indicators for c in own] for i in indicators], dtype=float)
    return Traits(own, scores, member)


def _no_bootstrap(fitted: Fitted) -> str:
    if any(sample.answers is None for sample in fitted.samples):
        return "limits not computable: moments hold no rows to draw"
    if fitted.options.missing == "pairwise" and not fitted.levels:
        return "limits not computable: pairwise covariances are not resampled; fit with missing='fiml'"
    return ""


@one_thread
def _replicates(fitted: Fitted, traits: Sequence[Traits], geometric: bool, bootstrap: int, seed: int) -> list[Array]:
    """Per group (replicates, c, c): the ratios in samples of rows, or of clusters, drawn with replacement."""
    codes = [sample.answers.clusters for sample in fitted.samples if sample.answers is not None]
    clusters = [c for c in codes if c is not None]
    source = resampled(fitted, seed, clusters or None)
    made: list[list[Array]] = [[] for _ in traits]
    with progress_bar(bootstrap) as advance:
        for first in range(0, bootstrap, AT_ONCE):
            numbers = range(first, min(first + AT_ONCE, bootstrap))
            for own, out, cov in zip(traits, made, _covariances(fitted, source, numbers), strict=True):
                out.append(own.ratios(cov, geometric))
            advance(len(numbers))
    return [np.concatenate(parts) for parts in made]


def _covariances(fitted: Fitted, source: Resampled, numbers: Sequence[int]) -> list[Array]:
    """Per group (replicates, p, p); NaN where a sample has no covariances."""
    if all(sample.complete for sample in fitted.samples) and not fitted.levels:
        orders = [np.arange(len(sample.names)) for sample in fitted.samples]
        with np.errstate(invalid="ignore", divide="ignore"):
            return [moments for moments, _ in source.moments(numbers, orders, has_means=False)]
    out = [np.full((len(numbers), len(s.names), len(s.names)), np.nan) for s in fitted.samples]
    for place, number in enumerate(numbers):
        for group, answers in enumerate(source.answers(number)):
            try:
                out[group][place] = _again(fitted.samples[group], answers)
            except SexresearchError:
                continue  # too few answers in this sample: counted with the replicates that have no ratio
    return out


def _again(sample: Sample, answers: Answers) -> Array:
    """Covariances of other rows, estimated as those of the sample were: polychoric, or by EM."""
    if sample.ordinal is not None:
        return sample.ordinal.layout.cov(observe(answers.values, sample.ordinal.layout).moments)
    return from_gaps(answers, sample.names).cov


def _rows(sample: Sample, traits: Traits, geometric: bool, drawn: Array | None, why: str) -> list[dict[str, object]]:
    values = traits.ratios(sample.cov, geometric)
    r = correlations(sample.cov, traits.scores)
    mixed = mixed_signs(r, traits.member)
    negative = np.einsum("ka,kl,lb->ab", traits.member, (r < 0).astype(float), traits.member) > 0
    rows = []
    for i, j in combinations(range(len(traits.constructs)), 2):
        a, b = traits.constructs[i], traits.constructs[j]
        note = _impossible(a, b) or _undefined(a, b, mixed[i, i], mixed[j, j], mixed[i, j], geometric)
        value = math.nan if note else float(values[i, j])
        found = np.full(2, np.nan)
        if not note:
            note = "absolute values: some correlations are negative" if negative[[i, j, i], [i, j, j]].any() else ""
            if drawn is not None:
                found, lost = _limits(drawn[:, i, j], value)
                note = "; ".join(filter(None, [note, lost]))
            note = "; ".join(filter(None, [note, why]))
        row = {"group": sample.label, "a": a.name, "b": b.name, "value": value}
        rows.append(row | {"ci_lower": float(found[0]), "ci_upper": float(found[1]), "note": note})
    return rows


def _limits(replicates: Array, value: float) -> tuple[Array, str]:
    good = replicates[np.isfinite(replicates)]
    lost = len(replicates) - len(good)
    said = f"{lost} of {len(replicates)} replicates have no ratio" if lost else ""
    if len(good) < 2 or len(good) < LEAST * len(replicates):
        return np.full(2, np.nan), f"limits not computable: {said}"
    return limits(good, value, 0.95, "percentile"), said


def _impossible(a: Construct, b: Construct) -> str:
    """Why two constructs have no ratio, whatever the data; empty where they have one."""
    single = [c.name for c in (a, b) if len(c.indicators) < 2]
    if single:
        return f"{' and '.join(single)} {'needs' if len(single) == 1 else 'need'} two items"
    if set(a.items) & set(b.items):
        return f"{a.name} and {b.name} share items"
    return ""


def _undefined(a: Construct, b: Construct, own_a: bool, own_b: bool, between: bool, geometric: bool) -> str:
    """Why the geometric means do not exist in these data; empty where they do."""
    if not geometric or not (own_a or own_b or between):
        return ""
    where = f"between {a.name} and {b.name}" if between else f"within {a.name if own_a else b.name}"
    return f"htmt2 needs correlations of one sign; those {where} differ in sign"
