"""`htmt`: heterotrait-monotrait ratios of every pair of constructs, with intervals."""

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
from sexresearch.chain.joining import joined
from sexresearch.chain.measurement.constructs import GroupConstruct, constructs, seen
from sexresearch.chain.measurement.ratios import correlations, htmt_ratios, mixed_signs
from sexresearch.errors import OptionError
from sexresearch.sem import Results
from sexresearch.sem.view import Array, View, ViewBlock, estimated, no_resampler, redrawn

Ratio = Literal["htmt", "htmt2"]
KINDS = get_args(Ratio)
LEVEL = 0.95  # coverage of the limits
LEAST = 0.9  # share of replicates with a ratio from which their quantiles are taken for an interval


@dataclass(frozen=True)
class Traits:
    """The constructs of one group as columns: `scores` (p, k) weigh items into indicators, `member` (k, c) sorts them.

    An item is its own indicator; a dimension is the sum of its standardized items.
    """

    constructs: tuple[GroupConstruct, ...]
    scores: Array
    member: Array

    def ratios(self, cov: Array, geometric: bool) -> Array:
        """(…, c, c) ratios from covariances (…, p, p)."""
        return htmt_ratios(correlations(cov, self.scores), self.member, geometric)


@in_words
def htmt(results: Results | View, kind: Ratio = "htmt", bootstrap: int = 0, seed: int | None = None) -> pd.DataFrame:
    """Are two constructs distinct? The heterotrait-monotrait ratio of the items' correlations, pair by pair.

    Parameters
    ----------
    results : Results or View
        A fit whose model has constructs.
    kind : {"htmt", "htmt2"}
        Arithmetic means of absolute correlations, or geometric means, for items that load unequally.
    bootstrap : int
        Replicates for the limits; 0 for the delta method. Rows are drawn within groups, whole clusters where the fit
        has clusters.
    seed : int, optional
        Whole number of at least 0 that decides the samples; 1 where not given.

    Returns
    -------
    DataFrame
        One row per pair of constructs (and group): a, b, value, ci_lower, ci_upper (95 %; percentiles of replicates
        where there are any), note; several groups add group. Where the ratio or its limits cannot be had they are
        missing, and note says why.

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

    The delta method goes by the covariance of the sample's covariances: distribution-free (Browne 1984,
    doi 10.1111/j.2044-8317.1984.tb00789.x), by cluster and with gaps as the fit has them, where its standard errors are
    robust, else by normal theory. In samples of some hundreds both kinds of limits agree; replicates follow a skewed
    distribution, as of ratios near 0, and take time where answers are missing.

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
    fit = seen(results, "htmt")
    _refuse(kind, bootstrap, seed)
    geometric = kind == "htmt2"
    traits = [_traits(fit, group) for group in range(len(fit.blocks))]
    why = _no_limits(fit, bootstrap > 0)
    start = 1 if seed is None else seed
    known = _limited(fit, traits, geometric, 0 if why else bootstrap, start)
    rows = []
    for block, own, at in zip(fit.blocks, traits, known, strict=True):
        rows += _rows(block, own, geometric, at, why)
    frame = pd.DataFrame(rows, columns=["group", "a", "b", "value", "ci_lower", "ci_upper", "note"])
    return frame if fit.groups else frame.drop(columns="group")


def _refuse(kind: str, bootstrap: int, seed: int | None) -> None:
    if kind not in KINDS:
        raise OptionError(f"kind {kind!r} is not known; allowed: {', '.join(KINDS)}")
    if isinstance(bootstrap, bool) or not isinstance(bootstrap, Integral) or bootstrap < 0:
        raise OptionError(f"bootstrap takes a number of replicates, 0 for none; found {bootstrap!r}")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0):
        raise OptionError(f"seed must be a whole number of at least 0; found {seed!r}")


def _traits(fit: View, group: int) -> Traits:
    own = tuple(c for c in constructs(fit) if c.group == group)
    beneath = {c.name: c.items for c in own}
    indicators = list(dict.fromkeys(name for c in own for name in c.indicators))
    names = fit.blocks[group].observed
    scores = np.array([[name in beneath.get(i, (i,)) for i in indicators] for name in names], dtype=float)
    member = np.array([[i in c.indicators for c in own] for i in indicators], dtype=float)
    return Traits(own, scores, member)


def _no_limits(fit: View, again: bool) -> str:
    """Why there are no limits, by answers drawn `again` or by the delta method; empty where there are some."""
    if fit.redrawer is None:
        return f"limits not computable: {no_resampler(fit.engine)}"
    if not again:
        return ""
    if fit.redrawer.undrawn:
        return f"limits not computable: {fit.redrawer.undrawn}"
    if fit.options.missing == "pairwise" and not fit.categories:
        return "limits not computable: pairwise covariances are not resampled; fit with missing='fiml'"
    return ""


def _limited(
    fit: View, traits: Sequence[Traits], geometric: bool, bootstrap: int, seed: int
) -> list[tuple[pd.DataFrame, Array]]:
    """Per group the ratios (c²,) with their limits, and those (R, c²) in samples of rows or clusters drawn anew."""
    values = [own.ratios(block.cov, geometric).ravel() for block, own in zip(fit.blocks, traits, strict=True)]
    if fit.redrawer is None:
        return [(pd.DataFrame({"est": own, "ci_lower": math.nan, "ci_upper": math.nan}), own[None]) for own in values]
    if not bootstrap:
        return [_by_slopes(fit, group, own, geometric) for group, own in enumerate(traits)]
    samples = fit.redrawer.of_covariances(bootstrap, seed, lambda group, cov: traits[group].ratios(cov, geometric))
    replicates = [s.reshape(len(s), -1) for s in samples]
    ways = [redrawn(own, again, LEVEL) for own, again in zip(values, replicates, strict=True)]
    return [(estimated(at, lambda theta, _: theta), again) for at, again in zip(ways, replicates, strict=True)]


def _by_slopes(fit: View, group: int, traits: Traits, geometric: bool) -> tuple[pd.DataFrame, Array]:
    assert fit.redrawer is not None
    moving = fit.redrawer.moving(group)

    def function(values: Array, _: Array) -> Array:
        return traits.ratios(moving.with_values(values), geometric).reshape(len(values), -1)

    frame = estimated(moving.draws(LEVEL), function)
    return frame, frame["est"].to_numpy()[None, :]


def _rows(
    block: ViewBlock, traits: Traits, geometric: bool, known: tuple[pd.DataFrame, Array], why: str
) -> list[dict[str, object]]:
    (frame, replicates), count = known, len(traits.constructs)
    r = correlations(block.cov, traits.scores)
    mixed = mixed_signs(r, traits.member)
    negative = np.einsum("ka,kl,lb->ab", traits.member, (r < 0).astype(float), traits.member) > 0
    rows = []
    for i, j in combinations(range(len(traits.constructs)), 2):
        a, b = traits.constructs[i], traits.constructs[j]
        note = _impossible(a, b) or _undefined(a, b, mixed[i, i], mixed[j, j], mixed[i, j], geometric)
        value, ends = math.nan, (math.nan, math.nan)
        if not note:
            value = float(frame["est"][i * count + j])
            kept, lost = _kept(replicates[:, i * count + j])
            ends = tuple(frame.loc[i * count + j, ["ci_lower", "ci_upper"]].astype(float)) if kept and not why else ends
            signs = "absolute values: some correlations are negative" if negative[[i, j, i], [i, j, j]].any() else ""
            note = joined(signs, lost, why)
        row = {"group": block.label, "a": a.name, "b": b.name, "value": value}
        rows.append(row | {"ci_lower": ends[0], "ci_upper": ends[1], "note": note})
    return rows


def _kept(replicates: Array) -> tuple[bool, str]:
    """Whether limits are taken from replicates (R,), and what to know about them."""
    lost = int(np.isnan(replicates).sum())
    note = f"{lost} of {len(replicates)} replicates have no ratio" if lost else ""
    kept = len(replicates) - lost >= LEAST * len(replicates)
    return kept, note if kept or not len(replicates) else f"limits not computable: {note}"


def _impossible(a: GroupConstruct, b: GroupConstruct) -> str:
    """Why two constructs have no ratio, whatever the data; empty where they have one."""
    single = [c.name for c in (a, b) if len(c.indicators) < 2]
    if single:
        return f"{' and '.join(single)} {'needs' if len(single) == 1 else 'need'} two items"
    if set(a.items) & set(b.items):
        return f"{a.name} and {b.name} share items"
    return ""


def _undefined(a: GroupConstruct, b: GroupConstruct, own_a: bool, own_b: bool, between: bool, geometric: bool) -> str:
    """Why the geometric means do not exist in these data; empty where they do."""
    if not geometric or not (own_a or own_b or between):
        return ""
    where = f"between {a.name} and {b.name}" if between else f"within {a.name if own_a else b.name}"
    return f"htmt2 needs correlations of one sign; those {where} differ in sign"
