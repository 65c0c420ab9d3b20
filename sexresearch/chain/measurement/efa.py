"""`efa` and `factor_loadings`: exploratory factors as an ordinary fit, and which item goes with which of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Integral

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import OptionError
from sexresearch.sem import Moments, Results, Rotation, fit
from sexresearch.sem.view import (
    Array,
    Bounds,
    EqualAcrossGroups,
    Estimator,
    MissingData,
    Parameter,
    RotationMethod,
    View,
    frame_of,
    matrices,
    view,
    written,
)
from sexresearch.survey import Survey
from sexresearch.verdict import Outcome

PRIMARY, CROSS, APART = 0.4, 0.3, 0.2  # Howard 2016, doi 10.1080/10447318.2015.1087664
COLUMNS = ("group", "block", "item", "factor", "loading", "se", "pvalue", "structure", "primary")
BLOCK = "efa"


@in_words
def efa(
    data: pd.DataFrame | Survey | None = None,
    factors: int = 1,
    *,
    items: Sequence[str] | None = None,
    moments: Moments | Mapping[object, Moments] | None = None,
    rotation: Rotation | RotationMethod | str = "geomin",
    estimator: Estimator | str | None = None,
    missing: MissingData | str = "listwise",
    ordered: bool | Sequence[str] | None = None,
    group: str | None = None,
    group_equal: Sequence[EqualAcrossGroups | str] = (),
    cluster: str | None = None,
    sampling_weights: str | None = None,
    bounds: Bounds | str | None = "pos_var",
) -> Results:
    """Exploratory factor analysis: factors that all items load on, rotated, with standard errors and fit measures.

    Parameters
    ----------
    data : DataFrame or Survey, optional
        One row per respondent. Give either data or moments.
    factors : int
        How many factors; they are called f1, f2, ….
    items : sequence of str, optional
        Columns to analyse. Default: all items of a Survey, all columns of a DataFrame or of moments that have no other
        part to play.
    moments : Moments or dict of Moments by group label, optional
        Covariances in place of the answers.
    rotation : Rotation or str
        The method's name, as in `fit`, or a `Rotation` that says more.
    estimator, missing, ordered, group, group_equal, cluster, sampling_weights : as those of `fit`
        Several groups are rotated alike where "loadings" are held equal; otherwise each by itself, factors in the order
        and of the sign that make them most like those of the first group.
    bounds : str, optional
        "pos_var" keeps residual variances at 0 or above, as lavaan's ``efa()`` does; None lets them fall below.

    Returns
    -------
    Results
        An ordinary fit: `factor_loadings`, `compare`, `residual_table` and whatever else takes one.

    Raises
    ------
    DataError, ModelError, OptionError
        As `fit`; also where items cannot hold so many factors.

    Notes
    -----
    Fitted as ``efa("efa")*f1 + efa("efa")*f2 =~ …``. Joreskog 1967, doi 10.1007/BF02289658; standard errors of rotated
    loadings: Jennrich 1974, doi 10.1007/BF02291555.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> common = np.repeat(rng.normal(size=(300, 2)), 3, axis=1)
    >>> data = pd.DataFrame(common + rng.normal(size=(300, 6)), columns=list("abcdef"))
    >>> results = efa(data, 2)
    >>> results.converged, int(results.fit_measures["df"])
    (True, 4)
    """
    if (data is None) == (moments is None):
        raise OptionError("give either data or moments=, not " + ("neither" if data is None else "both"))
    names = items_of(data, items, moments, (group, cluster, sampling_weights))
    refuse_more_than_identified(factors, names)
    return fit(
        efa_text(names, int(factors)),
        data,
        moments=moments,
        rotation=rotation,
        estimator=estimator,
        missing=missing,
        ordered=ordered,
        group=group,
        group_equal=group_equal,
        cluster=cluster,
        sampling_weights=sampling_weights,
        bounds=bounds,
    )


def efa_text(names: Sequence[str], factors: int, least: float | None = None) -> str:
    """The model text of exploratory factors, called f1, f2, … unless items are; residual variances from `least` on."""
    prefix = next(p for p in ("f", "factor", "factor_") if not {f"{p}{k + 1}" for k in range(factors)} & set(names))
    left = " + ".join(f'efa("{BLOCK}")*{prefix}{k + 1}' for k in range(factors))
    items = list(map(written, names))
    bounds = [] if least is None else [f"{item} ~~ lower({least})*{item}" for item in items]
    return "\n".join([f"{left} =~ {' + '.join(items)}", *bounds])


def items_of(
    data: pd.DataFrame | Survey | None,
    items: Sequence[str] | None,
    moments: Moments | Mapping[object, Moments] | None = None,
    parts: Sequence[str | None] = (),
) -> list[str]:
    """The columns to analyse; OptionError where there are fewer than two, or one is named twice."""
    if items is not None:
        names = [items] if isinstance(items, str) else list(items)
    elif isinstance(data, Survey):
        names = list(data.items)
    elif data is not None:
        names = [str(name) for name in frame_of(data).columns if name not in parts]
    else:
        first = next(iter(moments.values())) if isinstance(moments, Mapping) else moments
        names = list(first.cov.columns) if first is not None else []
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or len(names) < 2:
        raise OptionError(f"items takes two columns or more, each once; found {twice or names}")
    return names


def refuse_more_than_identified(factors: int, items: Sequence[str]) -> None:
    """OptionError where items cannot hold so many factors: more moments than parameters are needed."""
    p = len(items)
    most = max((k for k in range(1, p) if (p - k) ** 2 >= p + k), default=0)
    if isinstance(factors, bool) or not isinstance(factors, Integral) or not 1 <= factors <= most:
        raise OptionError(f"{p} items can hold 1 to {most} factors; found factors={factors!r}")


@in_words
def factor_loadings(results: Results | View, factor: str | None = None) -> pd.DataFrame:
    """Which item goes with which exploratory factor? Loadings, structure coefficients, and a verdict for each item.

    Parameters
    ----------
    results : Results or View
        A fit with exploratory blocks: of `efa`, or of a model with ``efa("block")*f1 + … =~ …``.
    factor : str, optional
        Leave out all other factors.

    Returns
    -------
    DataFrame
        One row per item and factor (and group): block, item, factor, loading (standardized), se and pvalue (of the
        loading as estimated), structure (correlation of item and factor), primary (whether it is the item's largest
        loading), communality (share of the item's variance that the model explains), complexity (how many factors the
        item takes), outcome, note; several groups add group. outcome judges the item: "holds" where its primary
        loading is at least .40, all others are below .30 and at least .20 smaller; "fails" where none reaches .40;
        "doubtful" where it loads on another factor too, which note names.

    Raises
    ------
    OptionError
        `results` is not a fit, or has no exploratory block or no such factor.

    Notes
    -----
    Cut-offs: Howard 2016, doi 10.1080/10447318.2015.1087664. complexity is (sum of squared loadings)^2 / sum of their
    fourth powers (Hofmann 1978, doi 10.1207/s15327906mbr1302_9).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> common = np.repeat(rng.normal(size=(300, 2)), 3, axis=1)
    >>> data = pd.DataFrame(common + rng.normal(size=(300, 6)), columns=list("abcdef"))
    >>> found = factor_loadings(efa(data, 2))
    >>> found[found["primary"]][["item", "factor", "outcome"]].values.tolist()[:2]
    [['a', 'f1', 'holds'], ['b', 'f1', 'holds']]
    """
    seen = view(results, "factor_loadings")
    rows = [row for row in seen.rows if row.op == "=~" and row.efa]
    if not rows:
        raise OptionError(
            'factor_loadings needs exploratory factors: efa(data, 2), or efa("block")*f1 + … =~ … in a fit'
        )
    known = list(dict.fromkeys(row.lhs for row in rows))
    if factor is not None and factor not in known:
        raise OptionError(f"factor {factor!r} is not one of the exploratory factors: {', '.join(known)}")
    frames = [
        _group_loadings(seen, number, [r for r in rows if r.group == number]) for number in range(len(seen.blocks))
    ]
    loadings = pd.concat([frame for frame in frames if len(frame)], ignore_index=True)
    if factor is not None:
        loadings = loadings[loadings["factor"] == factor].reset_index(drop=True)
    return loadings if seen.groups else loadings.drop(columns="group")


def _group_loadings(seen: View, number: int, rows: Sequence[Parameter]) -> pd.DataFrame:
    """The table of one group."""
    table = seen.parameters
    block = seen.blocks[number]
    cov = matrices(seen.places[number], seen.estimates[None, :]).C[0]
    sd = np.sqrt(np.where(np.diag(cov) > 0, np.diag(cov), np.nan))
    at = block.names.index
    out = []
    for name in dict.fromkeys(row.efa for row in rows):
        own = [row for row in rows if row.efa == name]
        for item in dict.fromkeys(row.rhs for row in own):
            places = [seen.rows.index(row) for row in own if row.rhs == item]
            lines = table.iloc[places]
            loadings = lines["std_all"].to_numpy()
            top, (outcome, note) = int(np.nan_to_num(np.abs(loadings)).argmax()), _judged(loadings, list(lines["lhs"]))
            structure = [cov[at(item), at(f)] / sd[at(item)] / sd[at(f)] for f in lines["lhs"]]
            explained = _communality(seen, number, item, cov[at(item), at(item)])
            numbers = zip(lines["lhs"], loadings, lines["se"], lines["pvalue"], structure, strict=True)
            for j, line in enumerate(numbers):
                out.append((block.label, name, item, *line, j == top, explained, _complexity(loadings), outcome, note))
    return pd.DataFrame(out, columns=[*COLUMNS, "communality", "complexity", "outcome", "note"])


def _communality(seen: View, number: int, item: str, variance: float) -> float:
    residual = next(
        (v for r, v in zip(seen.rows, seen.estimates, strict=True) if _is_residual(r, number, item)), math.nan
    )
    return float(1.0 - residual / variance) if variance > 0 else math.nan


def _is_residual(row: Parameter, number: int, item: str) -> bool:
    return row.group == number and row.op == "~~" and row.lhs == row.rhs == item


def _complexity(loadings: Array) -> float:
    total = float((loadings**2).sum())
    return total**2 / float((loadings**4).sum()) if total > 0 else math.nan


def _judged(loadings: Array, factors: Sequence[str]) -> tuple[Outcome, str]:
    """Whether an item goes with one factor alone, and what keeps it from it."""
    size = np.abs(loadings)
    if not np.isfinite(size).all():
        return "not_computable", "no standardized loadings: a variance is not positive, or the fit did not converge"
    order = np.argsort(-size, kind="stable")
    top = size[order[0]]
    if top < PRIMARY:
        return "fails", f"loads on no factor by {PRIMARY:.2f} (at most {top:.2f}, on {factors[order[0]]})"
    also = [i for i in order[1:] if size[i] >= CROSS or top - size[i] < APART]
    if also:
        return "doubtful", "loads on " + ", ".join(f"{factors[i]} too ({loadings[i]:.2f})" for i in also)
    return "holds", ""
