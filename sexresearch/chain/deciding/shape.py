"""`shape`: whether more of a cause brings ever as much of its effect, less and less, or more from a threshold on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from sexresearch.arguments import in_words
from sexresearch.chain.deciding.calibrated import CalibratedScores, above, calibrated
from sexresearch.chain.deciding.regressed import regressed
from sexresearch.chain.joining import joined
from sexresearch.chain.paths.arrows import all_arrows, checked_name
from sexresearch.errors import OptionError
from sexresearch.sem import Results
from sexresearch.sem.view import Array, View, view
from sexresearch.verdict import Verdict, against, prose

KNOTS, EDGE = 121, 0.10  # knots tried, and the part of the respondents that must lie beyond the first and the last
FEWEST = 50  # respondents
ALIKE, CLEAR = 2.0, 10.0  # differences of BIC: none worth a mention, and a clear one (Raftery 1995)
FLAT = "the cause takes too few values to tell this shape from a simpler one"
WORDS = {"holds": "best, or not told apart from the best", "doubtful": "worse", "fails": "clearly worse"}
NUMBERS = ["slope", "bend", "bend_ci_lower", "bend_ci_upper", "square", "r_squared", "aic", "bic"]
KNOT = ["threshold", "threshold_ci_lower", "threshold_ci_upper", "threshold_sd"]
PLACE = ["cause_mean", "cause_sd"]


@in_words
def shape(
    results: Results | View, cause: str, effect: str, moderator: str | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Which shape the way from a cause to its effect has: straight, diminishing, a threshold, or cubic.

    Parameters
    ----------
    results : Results or View
        A fit of one group.
    cause, effect : str
        Variables of the model: constructs that items measure, or observed ones.
    moderator : str, optional
        A third variable: whether the effect of the cause rises with it.
    level : float
        Coverage of the limits, between 0 and 1.

    Returns
    -------
    DataFrame
        One row per shape: cause, effect, shape (straight, diminishing, threshold, cubic, and moderated with a
        moderator), slope (at the mean of the cause; below the threshold), bend (of the square, of the slope above less
        that below the threshold, of the cube, of the product) with _ci_lower and _ci_upper, square (its coefficient,
        where there is one), r_squared, aic, bic, threshold with _ci_lower and _ci_upper (in the units of the cause),
        threshold_sd (in standard deviations from its mean), cause_mean, cause_sd, outcome, verdict, note. outcome is
        "holds" for the best shape and those as good, "doubtful", "fails" where another is clearly better, or
        "not_computable". Powers are those of the distance from the mean.

    Raises
    ------
    ModelError
        A name is not in the model, or has no items.
    OptionError
        Several groups, ordered items, or a number out of its range.

    Notes
    -----
    Scores are corrected for measurement error (formulas: module `calibrated`); the other direct causes of the effect
    are held. Respondents count by the fit's sampling weights. Errors by HC3 or clusters, the measurement model being
    taken as known. The knot is the one with the least residual sum of squares; its interval holds the knots around it
    of which a robust test of the slope of the curve in the knot does not say that they should lie elsewhere (Hansen
    2017, doi 10.1080/07350015.2015.1073595, for such regressions; Ahrholdt, Gudergan & Ringle 2019 for shapes of
    delight; Raftery 1995, doi 10.2307/271063 for BIC).
    Causes are taken to be normal.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> joy = rng.normal(size=500)
    >>> data = pd.DataFrame({"joy": joy, "stay": np.maximum(joy - 0.5, 0) + 0.2 * rng.normal(size=500)})
    >>> frame = shape(fit("stay ~ joy", data), cause="joy", effect="stay").set_index("shape")
    >>> round(float(frame.loc["threshold", "threshold"]), 1), frame["bic"].idxmin()
    (0.5, 'threshold')
    """
    fit = view(results, "shape")
    others = _refuse(fit, cause, effect, moderator, level)
    measured = calibrated(fit, [cause, *others], effect)
    return _frame(measured, cause, effect, bool(moderator), level)


def _refuse(fit: View, cause: str, effect: str, moderator: str | None, level: float) -> list[str]:
    """The moderator first, then the other direct causes of the effect; errors for what has no shape."""
    if not 0 < level < 1:
        raise OptionError(f"level must lie between 0 and 1; found {level!r}")
    if fit.groups:
        raise OptionError("shape takes a fit of one group: fit the groups apart")
    if fit.categories:
        raise OptionError("shape reads items as numbers, and this fit has ordered ones: fit with estimator='MLR'")
    graph = all_arrows(fit)[0]
    names = [("cause", cause), ("effect", effect), *([("moderator", moderator)] if moderator else [])]
    for what, name in names:
        checked_name(name, graph.names, what, fit.latents)
    if len({name for _, name in names}) < len(names):
        raise OptionError(f"cause, effect and moderator are three variables; found {[name for _, name in names]}")
    direct = [name for name in graph.names if effect in graph.after.get(name, ()) and name not in (cause, moderator)]
    covariates = [
        name for name in direct if name not in graph.reach[cause]
    ]  # what lies on the way is part of the effect
    return [*([moderator] if moderator else []), *covariates]


def _frame(measured: CalibratedScores, cause: str, effect: str, moderated: bool, level: float) -> pd.DataFrame:
    names = ["straight", "diminishing", "threshold", "cubic", *(["moderated"] if moderated else [])]
    frame = pd.DataFrame({"cause": cause, "effect": effect, "shape": names})
    few = len(measured.effect) < FEWEST
    rows: list[dict[str, float]] = [{} for _ in names] if few else _fitted(measured, moderated, level)
    frame = pd.concat([frame, pd.DataFrame(rows, columns=[*NUMBERS, *KNOT], dtype=float)], axis=1)
    frame[PLACE] = [float(measured.mean[0]), float(measured.sd[0])]
    lost = f"{measured.lost} of {measured.lost + len(measured.effect)} respondents left out, as an item is missing"
    why = f"{len(measured.effect)} respondents; at least {FEWEST} are needed" if few else ""
    judged = [_against_best(float(worse)) for worse in frame["bic"] - frame["bic"].min()]
    frame["outcome"], frame["verdict"] = [own.outcome for own in judged], [_sentence(own) for own in judged]
    notes = [
        joined(why or (FLAT if np.isnan(row["bic"]) else ""), lost if measured.lost else "", _bends(row))
        for row in frame.to_dict("records")
    ]
    return frame.assign(note=notes)


def _against_best(difference: float) -> Verdict:
    return against(
        "BIC above the least", difference, ALIKE, "Raftery 1995", side="most", fails=CLEAR, decimals=1, because=FLAT
    )


def _sentence(judged: Verdict) -> str:
    if judged.outcome == "not_computable":
        return ""
    text = prose([judged], WORDS)
    return f"{text[:1].upper()}{text[1:]}."


def _bends(row: dict[object, object]) -> str:
    """What a curve that was to flatten does instead, as far as its interval shows it."""
    if row["shape"] == "diminishing" and float(str(row["bend_ci_lower"])) > 0:
        return "the curve bends upwards: more brings more and more"
    return ""


def _fitted(measured: CalibratedScores, moderated: bool, level: float) -> list[dict[str, float]]:
    """The numbers of every shape; positions are centred at the mean of the cause, in its standard deviations."""
    m = (measured.m[:, 0] - measured.mean[0]) / measured.sd[0]
    v = float(measured.v[0, 0]) / measured.sd[0] ** 2
    others = [np.ones(len(m)), *measured.m[:, 1:].T]
    shapes: list[Sequence[Array]] = [[m], [m, m**2 + v], [], [m, m**2 + v, m**3 + 3 * m * v]]
    knot, *limits = _knot(m, v, measured, others, level)
    shapes[2] = [m, above(m, v, knot)]
    if moderated:
        product = measured.m[:, 1] * m + measured.v[0, 1] / measured.sd[0]
        shapes.append([m, product])
    powers = [1.0, 2.0, 1.0, 3.0, 1.0]
    rows = [
        _row(measured, [*columns, *others], len(columns), powers[k], level, knotted=k == 2)
        for k, columns in enumerate(shapes)
    ]
    at = measured.mean[0] + measured.sd[0] * np.array([knot, *limits])
    if np.isfinite(rows[2]["bic"]):
        rows[2] |= dict(zip(KNOT, [*at.tolist(), knot], strict=True))
    rows[1]["square"] = rows[1]["bend"]
    return rows


def _row(
    measured: CalibratedScores, columns: Sequence[Array], own: int, power: float, level: float, knotted: bool
) -> dict[str, float]:
    """One shape: `own` columns of the cause, the last of them its bend, in that power of the cause's units."""
    design = np.stack(columns, axis=1)
    fitted = regressed(design, measured.effect, measured.clusters, measured.weights)
    blank = dict.fromkeys(NUMBERS, np.nan)
    if not np.isfinite(fitted.coef).all():
        return blank
    n, k = design.shape[0], design.shape[1] + 1 + knotted
    w = np.ones(n) if measured.weights is None else measured.weights
    rss = float((w * (measured.effect - design @ np.nan_to_num(fitted.coef)) ** 2).sum())
    total = float((w * (measured.effect - np.average(measured.effect, weights=w)) ** 2).sum())
    unit = measured.sd[0]
    half = float(ndtri(0.5 + level / 2)) * np.sqrt(fitted.cov[own - 1, own - 1])
    bend = np.array([fitted.coef[own - 1], fitted.coef[own - 1] - half, fitted.coef[own - 1] + half]) / unit**power
    start = n * np.log(2 * np.pi * rss / n) + n
    return blank | {
        "slope": float(fitted.coef[0] / unit),
        **(dict(zip(NUMBERS[1:4], bend.tolist(), strict=True)) if own > 1 else {}),
        **({"square": float(fitted.coef[1] / unit**2)} if own > 2 else {}),
        "r_squared": 1.0 - rss / total,
        "aic": start + 2 * k,
        "bic": start + np.log(n) * k,
    }


def _knot(
    m: Array, v: float, measured: CalibratedScores, others: Sequence[Array], level: float
) -> tuple[float, float, float]:
    """The knot with the least residual sum of squares, and the limits of its interval."""
    first, last = (float(np.quantile(m, edge)) for edge in (EDGE, 1 - EDGE))
    root = np.ones(len(m)) if measured.weights is None else np.sqrt(measured.weights)
    knots, y = np.linspace(first, last, KNOTS), measured.effect * root
    base, _ = np.linalg.qr(np.stack([m, *others], axis=1) * root[:, None])
    left = y - base @ (base.T @ y)
    hinge = np.stack([above(m, v, k) for k in knots], axis=1) * root[:, None]
    hinge = hinge - base @ (base.T @ hinge)
    size = (hinge**2).sum(axis=0)
    rss = left @ left - (hinge.T @ left) ** 2 / np.where(size > 0, size, np.inf)
    best, line = int(rss.argmin()), float(ndtri(0.5 + level / 2))

    def rejected(place: int) -> bool:
        return _elsewhere(m, v, float(knots[place]), measured, others) > line

    return float(knots[best]), float(knots[_end(best, -1, rejected)]), float(knots[_end(best, 1, rejected)])


def _end(best: int, step: int, rejected: Callable[[int], bool]) -> int:
    """The first knot on one side that is rejected, so that the interval is not too short; else the last of all."""
    place = best
    while 0 <= place + step < KNOTS:
        place += step
        if rejected(place):
            break
    return place


def _elsewhere(m: Array, v: float, knot: float, measured: CalibratedScores, others: Sequence[Array]) -> float:
    """|t| of moving the knot: of the slope of the curve in the knot, held beside the curve with the knot there."""
    beyond = ndtr((m - knot) / np.sqrt(v)) if v > 0 else (m > knot).astype(float)
    design = np.stack([*others, m, above(m, v, knot), beyond], axis=1)
    fitted = regressed(design, measured.effect, measured.clusters, measured.weights)
    spread = float(fitted.cov[-1, -1])
    return abs(float(fitted.coef[-1])) / float(np.sqrt(spread)) if spread > 0 else 0.0
