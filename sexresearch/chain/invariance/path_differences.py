"""`path_differences`: for whom is a path of the chain stronger, where equal loadings allow the comparison?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from sexresearch.arguments import in_words
from sexresearch.chain.invariance.invariance_design import InvarianceDesign, design_of, source_of, with_categories
from sexresearch.chain.invariance.ladder import SearchEnd, climb, doubts, last_sound, why_not
from sexresearch.chain.invariance.rung import Rung
from sexresearch.errors import OptionError
from sexresearch.sem import Fitting, Model, Moments
from sexresearch.sem.view import Array, View, delta_variances, matrices, parameter_slopes, variance_slopes, view

NUMBERS = ("est", "est_against", "path_difference", "se", "ci_lower", "ci_upper", "pvalue", "pvalue_holm")
LEVEL = 0.95


@in_words
def path_differences(
    model: Model | str,
    data: pd.DataFrame | object | None = None,
    *,
    moments: Mapping[object, Moments] | None = None,
    group: str | None = None,
    partial: bool = False,
    stop: SearchEnd = "score",
    fitting: Fitting | None = None,
) -> pd.DataFrame:
    """For whom is a path stronger, and by how much, where the items allow the comparison?

    Parameters
    ----------
    model : Model or str
        A model of one group, with paths between its variables.
    data : DataFrame or Survey, optional
        One row per respondent, with `group`.
    moments : dict of Moments by group label, optional
        In place of data and group.
    group : str, optional
        Column of the groups; the first one is compared with.
    partial : bool
        Set free the loadings that differ, as in `invariance`.
    stop : {"score", "cfi"}
        When that search ends, as in `invariance`.
    fitting : Fitting, optional
        How every step is fitted, as in `invariance`. Default: maximum likelihood from complete rows.

    Returns
    -------
    DataFrame
        One row per path and group after the first: lhs, rhs, path, group, against (the first group), est, est_against,
        path_difference with se, ci_lower and ci_upper (95 %), pvalue, pvalue_holm (adjusted for the number of rows),
        step (of `invariance`, whose paths these are), outcome, note. outcome is "holds" where pvalue_holm is below
        .05, else "doubtful": a difference that is not shown may still be there. Where no step allows the comparison,
        it is "not_computable", numbers are missing, and note says why.

    Raises
    ------
    DataError, ModelError, ModelSyntaxError
        As `invariance`.
    OptionError
        The model has no path, or as `invariance`.

    Notes
    -----
    Paths are those of the last step with equal loadings that stands: relations may then be compared (Vandenberg &
    Lance 2000, doi 10.1177/109442810031002). All groups are put into standard deviations of the first one, b sx / sy
    with sx and sy of that group, so that groups with more variance do not seem to have stronger paths. Standard errors
    by the delta method; Holm (1979), Scandinavian Journal of Statistics 6, 65–70.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> joy, brand = rng.normal(size=800), np.repeat(["low", "high"], 400)
    >>> stay = np.where(brand == "high", 0.9, 0.3) * joy + rng.normal(size=800)
    >>> items = np.column_stack([joy, joy, joy, stay, stay, stay]) + 0.5 * rng.normal(size=(800, 6))
    >>> data = pd.DataFrame(items, columns=list("abcdef")).assign(brand=brand)
    >>> found = path_differences("joy =~ a + b + c\\nstay =~ d + e + f\\nstay ~ joy", data, group="brand")
    >>> found[["path", "group", "against", "outcome"]].to_numpy().tolist()
    [['joy → stay', 'high', 'low', 'holds']]
    """
    source = with_categories(source_of(data, moments, fitting), model, None, partial)
    design = design_of(model, source, group, None)
    if not any(formula.op == "~" for formula in design.model.statements.formulas):
        raise OptionError("path_differences compares paths: the model has no '~'")
    return paths_frame(design, climb(design, partial, stop, last="metric"))


def paths_frame(design: InvarianceDesign, rungs: Sequence[Rung]) -> pd.DataFrame:
    """The table of `path_differences`, from the steps up to the metric ones."""
    rung = last_sound(rungs, "metric")
    if rung is None or rung.results is None:
        pairs = [(f.lhs, f.rhs) for f in design.model.statements.formulas if f.op == "~" and f.rhs != "1"]
        nothing = dict.fromkeys(NUMBERS, math.nan) | {"step": "", "outcome": "not_computable", "note": why_not(rungs)}
        rows = [
            {**_named(lhs, rhs, label, design.labels[0]), **nothing}
            for lhs, rhs in pairs
            for label in design.labels[1:]
        ]
        return pd.DataFrame(
            rows, columns=["lhs", "rhs", "path", "group", "against", *NUMBERS, "step", "outcome", "note"]
        )
    fit = view(rung.results, "path_differences")
    compared = [
        _named(lhs, rhs, fit.groups[place], fit.groups[0]) | _numbers(ComparedPath(fit, lhs, rhs, place))
        for lhs, rhs in _free_everywhere(fit)
        for place in range(1, len(fit.groups))
    ]
    frame = pd.DataFrame(compared, columns=["lhs", "rhs", "path", "group", "against", *NUMBERS[:-1]])
    frame["pvalue_holm"] = holm(frame["pvalue"].to_numpy(float))
    shown = frame["pvalue_holm"] < 1.0 - LEVEL
    missing = frame["pvalue_holm"].isna()
    frame["step"], frame["outcome"] = (
        rung.step,
        np.where(missing, "not_computable", np.where(shown, "holds", "doubtful")),
    )
    return frame.assign(note="; ".join(doubts(rungs)))


def holm(pvalues: Array) -> Array:
    """p values adjusted for their number, step by step from the smallest; missing ones do not count (Holm 1979).

    >>> holm(np.array([0.01, 0.04, 0.03, np.nan])).round(2).tolist()
    [0.03, 0.06, 0.06, nan]
    """
    order = np.argsort(pvalues)[: int(np.isfinite(pvalues).sum())]
    factors = np.arange(len(order), 0, -1)
    out = np.full(len(pvalues), np.nan)
    out[order] = np.minimum(np.maximum.accumulate(factors * pvalues[order]), 1.0)
    return out


@dataclass(frozen=True)
class ComparedPath:
    """A path lhs ~ rhs in the first group of a fit and in that of another place."""

    fit: View
    lhs: str
    rhs: str
    place: int

    @property
    def sizes(self) -> tuple[float, float]:
        """In the first group and in the other, in standard deviations of the first."""
        own = [self.fit.estimates[self._row(group)] for group in (0, self.place)]
        return own[0] * self._scale[0], own[1] * self._scale[0]

    @property
    def difference(self) -> tuple[float, float]:
        """The other less the first, and its standard error: with s = sx/sy.

        Its derivative is (b1' - b0') s + d (vx'/vx - vy'/vy) / 2.
        """
        s, relative = self._scale
        first, other = self.sizes
        slopes = self._path_slope(self.place) - self._path_slope(0)
        slope = slopes * s + (other - first) * relative
        return other - first, math.sqrt(max(float(delta_variances(slope, self.fit.vcov)), 0.0))

    @property
    def _scale(self) -> tuple[float, Array]:
        """s = sx / sy of the first group, and the derivatives of its logarithm by the parameters (q,)."""
        places, names = self.fit.places[0], self.fit.blocks[0].names
        at = matrices(places, self.fit.estimates[None, :])
        C, across = variance_slopes(places, at.S[0], at.G[0])
        x, y = names.index(self.rhs), names.index(self.lhs)
        slopes = parameter_slopes(self.fit, places, across[[x, y]])[:, : len(self.fit.theta)]
        return math.sqrt(C[x, x] / C[y, y]), 0.5 * (slopes[0] / C[x, x] - slopes[1] / C[y, y])

    def _row(self, group: int) -> int:
        return next(
            i
            for i, row in enumerate(self.fit.rows)
            if row.group == group and (row.lhs, row.op, row.rhs) == (self.lhs, "~", self.rhs)
        )

    def _path_slope(self, group: int) -> Array:
        out = np.zeros(len(self.fit.theta))
        out[self.fit.rows[self._row(group)].free] = 1.0
        return out


def _free_everywhere(fit: View) -> list[tuple[str, str]]:
    """The paths that are estimated in every group."""
    free = [
        {(row.lhs, row.rhs): None for row in fit.rows if row.group == g and row.op == "~" and row.free >= 0}
        for g in range(len(fit.blocks))
    ]
    return [pair for pair in free[0] if all(pair in own for own in free)]


def _named(lhs: str, rhs: str, label: object, first: object) -> dict[str, object]:
    return {"lhs": lhs, "rhs": rhs, "path": f"{rhs} → {lhs}", "group": label, "against": first}


def _numbers(path: ComparedPath) -> dict[str, float]:
    (first, other), (value, se) = path.sizes, path.difference
    half = float(ndtri(0.5 + LEVEL / 2)) * se
    known = math.isfinite(se) and se > 0
    return {
        "est": other,
        "est_against": first,
        "path_difference": value,
        "se": se if known else math.nan,
        "ci_lower": value - half if known else math.nan,
        "ci_upper": value + half if known else math.nan,
        "pvalue": float(2.0 * ndtr(-abs(value / se))) if known else math.nan,
    }
