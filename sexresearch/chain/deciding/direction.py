"""`direction`: is the arrow causal, and which way does it point? Four checks and one verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import sqrt
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import ndtri

from sexresearch.arguments import in_words
from sexresearch.chain.deciding.chance_words import chance_of
from sexresearch.chain.deciding.confounding import partial_r2, robustness, robustness_of_significance
from sexresearch.chain.deciding.instruments import InstrumentEstimate, instrumented
from sexresearch.chain.deciding.lagged import LaggedEffects, lagged, waves_of
from sexresearch.chain.deciding.phantom import Phantom, phantom
from sexresearch.chain.investing.importance import constructs_of
from sexresearch.chain.joining import joined
from sexresearch.chain.paths.arrows import arrows, checked_name
from sexresearch.errors import OptionError
from sexresearch.frozen import by_value
from sexresearch.sem import Results
from sexresearch.sem.view import View, chisq_pvalue, view
from sexresearch.survey.survey import Survey

Outcome = Literal["forward", "reverse", "both", "neither", "undecided"]
WIDEST = 0.25  # half width of a standardized interval that holds 0, beyond which it does not show that there is nothing
CLAIMED = 0.5  # part of the allowed error at which an effect is claimed: chi-squares of lags reject too often, and a
# wrong cause costs more than none (500 respondents, two directions: 6 to 7 in 100 where 5 are allowed)
ROBUST = 0.10  # share of both remainders that a confounder should have to explain
FIRST_LOST = "no waves: give the columns of cause and effect, wave by wave"
CHECKS = ("waves", "instruments", "confounder", "independences")
Check = tuple[str, str, str, str]  # check, outcome, detail, note
Estimate = tuple[str, str, float, float, float]  # check, path, est, half of the interval, p
PATHS = ["check", "path", "est", "ci_lower", "ci_upper", "pvalue"]


@dataclass(frozen=True)
class Conclusion:
    """The verdict: outcome, the checks it rests on, and a sentence made of both."""

    outcome: Outcome
    rests_on: tuple[str, ...]
    sentence: str


@by_value
@dataclass(frozen=True)
class Direction:
    """What the checks found (one row each: check, outcome, detail, note), the verdict on all of them, and the paths.

    paths : what was estimated (check, path, est, ci_lower, ci_upper, pvalue): lagged effects, or the path of the model
    and by instruments.

    >>> Direction(pd.DataFrame(), Conclusion("undecided", (), "Undecided.")).verdict.outcome
    'undecided'
    """

    checks: pd.DataFrame
    verdict: Conclusion
    paths: pd.DataFrame = field(default_factory=pd.DataFrame)


@in_words
def direction(
    data: Results | View | Survey | pd.DataFrame,
    cause: str | Sequence[Sequence[str] | str] | None = None,
    effect: str | Sequence[Sequence[str] | str] | None = None,
    source: str | None = None,
    target: str | None = None,
    level: float = 0.95,
) -> Direction:
    """Whether an arrow may be taken for a cause: what waves, instruments, confounders and independences say.

    Parameters
    ----------
    data : Results, View, Survey or DataFrame
        A fit of one group, or the answers of a panel, one row per respondent.
    cause, effect : str or sequence of sequence of str, optional
        Of a panel, the columns of every wave, first wave first; of a fit, the two variables.
    source, target : str, optional
        The same two variables of a fit, by the names that `effects` has for them.
    level : float
        Confidence, between 0 and 1; shared by the two directions of a panel, so that both together keep it.

    Returns
    -------
    Direction
        `.checks`: one row per check (waves, instruments, confounder, independences), its outcome (not_computable where
        these data do not allow it, with the reason in note) and detail. `.verdict.outcome`: forward, reverse, both,
        neither or undecided; `.verdict.sentence` names the checks it rests on. Without at least three waves it is
        undecided: data of one time fit as well with the arrow turned round. `.paths`: the estimates with their limits.

    Raises
    ------
    ModelError, DataError
        A variable or column is not there.
    OptionError
        Waves that do not match, several groups, or a level out of its range.

    Notes
    -----
    waves: module `lagged`; instruments: `instruments`; confounder: `confounding` and `phantom`; independences: score
    tests of the paths that the model leaves out between either variable and other constructs, shared among them
    (Bonferroni) and divided by the scaling factor of the model's chi-square where it has one. A panel claims an effect
    at half of the error that the level allows.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> joy, bond = rng.normal(size=(2, 400))
    >>> columns = {}
    >>> for wave in (1, 2, 3):
    ...     columns |= {f"joy{wave}": joy, f"bond{wave}": bond}
    ...     bond = 0.4 * bond + 0.5 * joy + rng.normal(size=400)
    ...     joy = 0.4 * joy + rng.normal(size=400)
    >>> waves = [[["joy1"], ["joy2"], ["joy3"]], [["bond1"], ["bond2"], ["bond3"]]]
    >>> direction(pd.DataFrame(columns), *waves).verdict.outcome
    'forward'
    """
    if not 0 < level < 1:
        raise OptionError(f"level must lie between 0 and 1; found {level!r}")
    if isinstance(data, Survey | pd.DataFrame):
        if source is not None or target is not None:
            raise OptionError("source and target are variables of a fit; a panel takes cause and effect, wave by wave")
        return _of_panel(data, waves_of(cause, "cause"), waves_of(effect, "effect"), level)
    named = [one if one is not None else other for one, other in ((source, cause), (target, effect))]
    if not all(isinstance(name, str) for name in named):
        raise OptionError(f"direction of a fit takes two variables, source and target; found {named!r}")
    return _of_fit(data, view(data, "direction"), str(named[0]), str(named[1]), level)


def direction_as_fitted(results: Results, source: str, target: str, level: float = 0.95) -> Direction:
    """`direction` of a fit as it stands: without the phantom variable, for which models are fitted again and again."""
    return _of_fit(results, view(results, "direction"), source, target, level, again=False)


def _of_panel(data: object, cause: list[list[str]], effect: list[list[str]], level: float) -> Direction:
    panel = lagged(data, cause, effect)
    line = float(ndtri(0.5 + (1 - (1 - level) / 2) / 2))  # half of the error for each direction
    error = CLAIMED * (1 - level) / 2
    outcome, claim = _outcome(panel, line, error), float(ndtri(1 - error / 2))
    shown = panel.reverse if outcome == "reverse" else panel.forward
    once = "the answers alone are no fitted model: give results, source and target"
    checks = [
        ("waves", "not_computable" if panel.why else outcome, _lags(panel, claim), panel.why or panel.note),
        ("instruments", "not_computable", "", once),
        _confounder(shown[0] / shown[1] if shown[1] > 0 else np.nan, panel.n - 4, level, panel.why),
        ("independences", "not_computable", "", once),
    ]
    settled = outcome if len(cause) > 2 else "undecided"
    lags = (("cause → effect, later", panel.forward), ("effect → cause, later", panel.reverse))
    paths = [] if panel.why else [("waves", name, est, claim * se, p) for name, (est, se, _, p) in lags]
    return _direction(checks, settled, panel.why or (panel.note if len(cause) == 2 else ""), paths)


def _outcome(panel: LaggedEffects, line: float, error: float) -> Outcome:
    """Which lagged effects are shown; undecided where none is and the intervals are wide."""
    if panel.why or not np.isfinite([panel.forward[1], panel.reverse[1]]).all():
        return "undecided"
    shown = tuple(p <= error for _, _, _, p in (panel.forward, panel.reverse))
    if shown == (False, False):
        widths = [line * abs(std / est) * se for est, se, std, _ in (panel.forward, panel.reverse) if est]
        return "undecided" if max(widths, default=0.0) > WIDEST else "neither"
    named: dict[tuple[bool, ...], Outcome] = {(True, True): "both", (True, False): "forward", (False, True): "reverse"}
    return named[shown]


def _lags(panel: LaggedEffects, line: float) -> str:
    if panel.why:
        return ""
    parts = [
        f"{name} {est:.3f} [{est - line * se:.3f}, {est + line * se:.3f}], standardized {std:.2f}, {chance_of(p)}"
        for name, (est, se, std, p) in (("forward", panel.forward), ("reverse", panel.reverse))
    ]
    return f"lagged effects: {'; '.join(parts)} (n = {panel.n})"


def _of_fit(
    results: Results | View, fit: View, source: str, target: str, level: float, again: bool = True
) -> Direction:
    if fit.groups:
        raise OptionError("direction takes a fit of one group: fit the groups apart")
    graph = arrows(fit, 0)
    for what, name in (("source", source), ("target", target)):
        checked_name(name, graph.names, what, fit.latents)
    if source == target:
        raise OptionError(f"source and target are both {source!r}; an arrow needs two variables")
    rows = fit.parameters
    path = rows[(rows["op"] == "~") & (rows["lhs"] == target) & (rows["rhs"] == source)]
    count = int(((rows["op"] == "~") & (rows["lhs"] == target)).sum())
    z = float(path["est"].iloc[0] / path["se"].iloc[0]) if len(path) and path["se"].iloc[0] > 0 else np.nan
    why = "" if len(path) else f"the model has no arrow from {source} to {target}"
    by = instrumented(fit, source, target)
    confounder = phantom(results, fit, source, target, level) if again and not why else None
    checks = [
        ("waves", "not_computable", "", FIRST_LOST),
        _instruments(by, source, target, level),
        _confounder(z, fit.blocks[0].n - count - 1, level, why, confounder),
        _independences(fit, source, target, level, _scaling(results)),
    ]
    line, named = float(ndtri(0.5 + level / 2)), f"{source} → {target}"
    paths = [("model", named, float(est), line * float(se), float(p)) for est, se, p in _numbers(path)]
    if not by.why:
        paths.append(("instruments", f"{named}, by instruments", by.est, line * by.se, np.nan))
    return _direction(checks, "undecided", "one time of measurement fits as well with the arrow turned round", paths)


def _numbers(path: pd.DataFrame) -> list[tuple[float, float, float]]:
    rows = path[["est", "se", "pvalue"]].to_numpy(float)
    return [(est, se, p) for est, se, p in rows[:1].tolist()]


def _instruments(by: InstrumentEstimate, source: str, target: str, level: float) -> Check:
    if by.why:
        return "instruments", "not_computable", "", by.why
    if not np.isfinite([by.est, by.se]).all():
        return "instruments", "not_computable", "", joined("the instruments tell too little apart", by.note)
    line = float(ndtri(0.5 + level / 2))
    low, high = by.est - line * by.se, by.est + line * by.se
    detail = f"{source} → {target} by {len(by.instruments)} instruments: {by.est:.3f} [{low:.3f}, {high:.3f}]"
    if not by.df:
        untested = "as many instruments as causes, so that none of them can be tested"
        return "instruments", "doubtful", detail, joined(untested, by.note)
    detail += f"; {by.test} {by.sargan:.2f}, df {by.df}, {chance_of(by.pvalue)}"
    valid, away = by.pvalue > 1 - level, low > 0 or high < 0
    outcome = "fails" if not valid else "holds" if away else "doubtful"
    doubt = "" if valid else "some instrument is related to the error: the arrows around this path are in doubt"
    return "instruments", outcome, detail, joined(doubt, by.note)


def _confounder(t: float, df: float, level: float, why: str, refitted: Phantom | None = None) -> Check:
    if why or not np.isfinite(t) or df < 3:
        return "confounder", "not_computable", "", why or "the path has no standard error"
    zero, significance = robustness(t, df), robustness_of_significance(t, df, level)
    detail = (
        f"a confounder must explain {zero:.3f} of what is left of both cause and effect to take the path to 0, "
        f"{significance:.3f} to take it below significance; partial R² of the cause {partial_r2(t, df):.3f}"
    )
    if refitted is not None and not refitted.why:
        detail += (
            f"; as a phantom variable in the model, fitted again: {refitted.zero:.3f} "
            f"(paths of {sqrt(refitted.zero):.2f}) and {refitted.significance:.3f}"
        )
        significance = min(significance, refitted.significance)
    note = "" if refitted is None else joined(refitted.why, refitted.note and f"phantom variable: {refitted.note}")
    return "confounder", "holds" if significance >= ROBUST else "doubtful", detail, note


def _scaling(results: Results | View) -> float:
    """By what the fit's own chi-square is divided, where its test is scaled; 1 where it is not."""
    measures = results.fit_measures if isinstance(results, Results) else {}
    factor = float(measures.get("chisq_scaling_factor", 1.0))
    return factor if factor > 0 else 1.0


def _independences(fit: View, source: str, target: str, level: float, scaling: float) -> Check:
    """Score tests of the paths that the model leaves out between either variable and other constructs."""
    if fit.gains is None:
        return "independences", "not_computable", "", "this engine makes no score tests"
    graph, names = arrows(fit, 0), constructs_of(fit)
    near = [pair for pair in combinations(names, 2) if {source, target} & set(pair)]
    apart = [pair for pair in near if not _adjacent(graph.after, *pair)]
    rows = fit.gains()
    rows = rows[rows["op"].isin(["~", "~~"])]
    best = {}
    for pair in apart if len(rows) else []:
        own = rows[[{a, b} == set(pair) for a, b in zip(rows["lhs"], rows["rhs"], strict=True)]]["mi"].dropna()
        if len(own):
            best[pair] = float(own.max()) / scaling
    if not best:
        return (
            "independences",
            "not_computable",
            "",
            "the model leaves out no path between constructs that can be tested",
        )
    limit = (1 - level) / len(best)
    failed = {pair: mi for pair, mi in best.items() if chisq_pvalue(mi, 1) < limit}
    pairs = "; ".join(f"{a} – {b}: χ² {mi:.1f}" for (a, b), mi in sorted(failed.items(), key=lambda item: -item[1])[:5])
    detail = f"{len(best) - len(failed)} of {len(best)} implied independences hold{f'; not {pairs}' if pairs else ''}"
    note = "" if scaling == 1.0 else f"each χ² divided by the scaling factor of the model's own, {scaling:.3f}"
    return "independences", "fails" if failed else "holds", detail, note


def _adjacent(after: Mapping[str, Sequence[str]], a: str, b: str) -> bool:
    return b in after.get(a, ()) or a in after.get(b, ())


def _direction(checks: Sequence[Check], outcome: Outcome, why: str, paths: Sequence[Estimate]) -> Direction:
    frame = pd.DataFrame(checks, columns=["check", "outcome", "detail", "note"])
    rows = [(check, path, est, est - half, est + half, p) for check, path, est, half, p in paths]
    done = tuple(name for name, result, _, _ in checks if result != "not_computable")
    rests = f"rests on {', '.join(done)}" if done else "these data allow none of the checks"
    words = {
        "forward": "Forward: the cause leads to its effect later; that the effect leads to the cause is not shown",
        "reverse": "Reverse: the effect leads to the cause later; that the cause leads to the effect is not shown",
        "both": "Both: each leads to the other later",
        "neither": "Neither: no lagged effect is shown, in narrow intervals",
        "undecided": "Undecided",
    }
    conclusion = Conclusion(outcome, done, f"{words[outcome]}{f' ({why})' if why else ''}; {rests}.")
    return Direction(frame, conclusion, pd.DataFrame(rows, columns=PATHS))
