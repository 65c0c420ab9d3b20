"""`multiverse`: one effect under all defensible ways to analyse the data."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral

import numpy as np
import pandas as pd
from scipy.special import ndtri

from sexresearch.arguments import in_words
from sexresearch.chain.paths.arrows import all_arrows, checked_name
from sexresearch.chain.robustness.alternatives import (
    estimators_for,
    listed,
    screenings_of,
    sets_of_covariates,
    ways_with_gaps,
)
from sexresearch.chain.robustness.curve_null import curve_null
from sexresearch.chain.robustness.leaving_out import ItemRule, item_choices
from sexresearch.chain.robustness.specifications import (
    Alternatives,
    Estimators,
    Specification,
    WaysWithGaps,
    by_data,
    specifications,
)
from sexresearch.chain.robustness.universe import (
    Whole,
    any_view,
    failed,
    holding,
    possible,
    whole_model,
)
from sexresearch.errors import ModelError, OptionError
from sexresearch.frozen import by_value
from sexresearch.sem import Fitting, Model
from sexresearch.sem.view import Array, TotalEffect, View, Workers, frame_of, shared_out, z_and_p
from sexresearch.survey import Survey
from sexresearch.verdict import Verdict, against, prose

AT_MOST, AT_ONCE = 500, 16  # specifications by default; of them in one piece of work
SAME, HALF = 0.95, 0.50  # shares of specifications: from where an effect is robust, and below which it is not
GIVEN = "as given"
SHOWN, NOT_SHOWN = {1.0: "positive", -1.0: "negative"}, "not shown"
INTERRUPTED = "not fitted: interrupted"
DRAWN_SOURCE = "Steegen, Tuerlinckx, Gelman & Vanpaemel 2016"


@by_value
@dataclass(frozen=True)
class Multiverse:
    """One effect under many specifications.

    specifications : one row each, the reference first. null : how the curve compares with samples without the effect;
    empty where that was not asked for. share_same_sign, share_same_decision : of all specifications, those that did not
    converge among them. possible : how many specifications the choices have.
    verdict : whether the effect is robust; `sentence` says it in words.

    >>> blank = Multiverse(pd.DataFrame(), pd.DataFrame(), 1.0, 1.0, 4, 4, 4, Verdict("holds", "same decision", 1.0))
    >>> blank.share_same_sign
    1.0
    """

    specifications: pd.DataFrame
    null: pd.DataFrame
    share_same_sign: float
    share_same_decision: float
    n: int
    n_converged: int
    possible: int
    verdict: Verdict

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        words = {"holds": "robust", "doubtful": "depends on the specification", "fails": "not robust"}
        text = prose([self.verdict], words)
        return f"{text[:1].upper()}{text[1:]}."


@in_words
def multiverse(
    survey: Survey | pd.DataFrame,
    model: Model | str,
    source: str | None = None,
    target: str | None = None,
    *,
    items: ItemRule | Mapping[str, Sequence[Sequence[str]]] = "drop_one",
    estimators: Estimators | None = None,
    missing: WaysWithGaps | None = None,
    screening: Mapping[str, object] | None = None,
    views: Mapping[str, Model | str] | None = None,
    covariates: Sequence[str] = (),
    fitting: Fitting | None = None,
    at_most: int = AT_MOST,
    null: int = 0,
    level: float = 0.95,
    seed: int = 1,
    workers: Workers | None = None,
) -> Multiverse:
    """Does an effect depend on how the data are analysed? All defensible specifications, fitted one beside the other.

    Parameters
    ----------
    survey : Survey or DataFrame
        One row per respondent.
    model : Model or str
        The model as given, the reference; lavaan text of one group.
    source, target : str, optional
        The effect that is looked at. Default: from the first variable that nothing explains to the last outcome that it
        leads to.
    items : {"drop_one", "drop_two", "drop_weakest", "all"} or dict, optional
        What every construct may be measured by: all its items or all but any one, any two, the one of the weakest
        loading, or none but all; at least two are kept. Or sets of items by construct.
    estimators : sequence of str, optional
        Default: "ML" and "MLR"; the one of `fitting`, or "WLSMV" where items are ordered, "MLR" with clusters or
        weights. Those of `fit`; robust least squares (such as "WLSMV") takes the items as ordered.
    missing : sequence of str, optional
        Ways with gaps, as in `fit`. Default: "listwise", and "fiml" where answers are missing.
    screening : dict, optional
        Rows that are left out, by a name for it: findings of `screen`, labels, a mask, or None for nobody. Default: of
        a survey, nobody, and everyone whom `screen` finds.
    views : dict of Model or str, optional
        Rival models beside the one given, by name.
    covariates : sequence of str
        Columns that may be held, each alone or all together, as causes of every construct of the paths.
    fitting : Fitting, optional
        Everything else about the fits.
    at_most : int
        Specifications; where there are more, this many are drawn, the reference always among them.
    null : int
        Bootstrap samples without the effect, by which the curve is judged; 0 for none.
    level : float
        Coverage of the limits, between 0 and 1.
    seed : int
        Decides which specifications and samples are drawn.
    workers : int or dask.distributed.Client, optional
        Threads, or a cluster; the numbers are the same for any of them. Default: as many threads as there are
        processors, two at the most.

    Returns
    -------
    Multiverse
        `.specifications`: view, screening, missing_answers, estimator, covariates, left_out (items), n, est
        (standardized total effect), se, pvalue, ci_lower, ci_upper, decision (positive, negative, not shown),
        converged, proper, reason. `.share_same_sign` and `.share_same_decision` with the reference, `.null`,
        `.verdict`, `.sentence`. An interruption keeps what is done.

    Raises
    ------
    ModelError
        A name is not in the model, nothing leads anywhere, or the model cannot be fitted in any way.
    DataError
        A column is absent or cannot be used.
    OptionError
        An unknown rule, items that are not there, a construct left without items, or a number out of its range.

    Notes
    -----
    Steegen, Tuerlinckx, Gelman & Vanpaemel 2016, doi 10.1177/1745691616658637. A specification that does not converge
    is counted and shown: it has neither sign nor decision. Samples without the effect are drawn from the answers of the
    reference, moved so that the model's arrows from the source towards the target are 0 and all else stays as it is;
    compared are the median, the share of specifications that show the effect, and the mean z value (Simonsohn, Simmons
    & Nelson 2020, doi 10.1038/s41562-020-0912-z).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> joy = rng.normal(size=(400, 1))
    >>> bond = 0.6 * joy + rng.normal(size=(400, 1))
    >>> items = np.hstack([joy + rng.normal(size=(400, 3)), bond + rng.normal(size=(400, 3))])
    >>> data = pd.DataFrame(items, columns=["j0", "j1", "j2", "b0", "b1", "b2"])
    >>> found = multiverse(data, "joy =~ j0 + j1 + j2; bond =~ b0 + b1 + b2; bond ~ joy")
    >>> found.n, found.share_same_sign
    (32, 1.0)
    """
    _refuse(at_most, null, level, seed)
    fitting = fitting or Fitting()
    data = survey if isinstance(survey, Survey) else frame_of(survey)
    models = {GIVEN: _model(model), **{str(name): _model(own) for name, own in (views or {}).items()}}
    gaps = listed(missing, "missing") or ways_with_gaps(data, models, fitting)
    names = listed(estimators, "estimators") or estimators_for(data, models, fitting)
    rows = screenings_of(data, screening)
    chosen = Alternatives(tuple(models), tuple(rows), tuple(gaps), sets_of_covariates(covariates), tuple(names), ())
    wholes = _wholes(data, models, rows, chosen, fitting)
    seen = {name: any_view([own for key, own in wholes.items() if key[0] == name]) for name in models}
    first = seen[GIVEN]
    if first is None:
        raise ModelError(f"the model cannot be fitted in any way: {_why(wholes)}")
    ends = _ends(first, source, target)
    choices = [item_choices(fit, items) if fit else [] for fit in seen.values()]
    lists = tuple(tuple(tuple(own) for own in of_view) for of_view in choices)
    full = Alternatives(chosen.views, chosen.screenings, chosen.missing, chosen.covariates, chosen.estimators, lists)
    wanted = specifications(full, at_most, seed, possible)
    wholes = {key: whole.towards(*ends) for key, whole in wholes.items()}
    threads = min(2, os.cpu_count() or 1) if workers is None else workers
    effects = fitted(wanted, wholes, threads)
    frame = _frame(wanted, effects, level)
    compared = curve_null(wanted, wholes, frame, first, ends, null, seed, threads, level)
    return _judged(frame, compared, full.count)


def _refuse(at_most: int, null: int, level: float, seed: int) -> None:
    for name, value, least in (("at_most", at_most, 1), ("null", null, 0), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
            raise OptionError(f"{name} must be a whole number of at least {least}; found {value!r}")
    if not 0 < level < 1:
        raise OptionError(f"level must lie between 0 and 1; found {level!r}")


def _model(model: Model | str) -> Model:
    return model if isinstance(model, Model) else Model(model)


def _wholes(
    data: object, models: Mapping[str, Model], rows: Mapping[str, object], chosen: Alternatives, fitting: Fitting
) -> dict[tuple[str, str, str, tuple[str, ...]], Whole]:
    out = {}
    for name, model in models.items():
        for covariates in chosen.covariates:
            text = holding(model, covariates)
            for part, answers in rows.items():
                for gaps in chosen.missing:
                    out[name, part, gaps, covariates] = whole_model(text, answers, fitting, gaps, chosen.estimators)
    return out


def _why(wholes: Mapping[tuple[str, str, str, tuple[str, ...]], Whole]) -> str:
    return next((why for whole in wholes.values() for why in whole.failures.values()), "")


def _ends(fit: View, source: str | None, target: str | None) -> tuple[str, str]:
    """Source and target: those named, or the first cause and the last outcome that it leads to."""
    if fit.groups:
        raise OptionError("multiverse takes models of one group: analyse the groups apart")
    graph, roles = all_arrows(fit)[0], fit.blocks[0].roles
    for what, name in (("source", source), ("target", target)):
        if name is not None:
            checked_name(name, graph.names, what, fit.latents)
    if source is not None and source == target:
        raise OptionError(f"source and target are both {source!r}; an effect needs two variables")
    sources = [source] if source is not None else [*roles.exogenous_latent, *roles.exogenous]
    targets = [target] if target is not None else list(roles.outcomes)[::-1]
    pairs = [(s, t) for s in sources for t in targets if t in graph.reach[s] and s != t]
    if pairs:
        return pairs[0]
    if source is not None and target is not None:
        raise ModelError(f"no path of arrows leads from {source} to {target}, so there is no effect to look at")
    raise ModelError("the model has no effect to look at: no path leads from one construct to another")


def fitted(
    wanted: Sequence[Specification], wholes: Mapping[tuple[str, str, str, tuple[str, ...]], Whole], workers: Workers
) -> list[TotalEffect]:
    """The effect of every specification, in their order; those that share answers and items are fitted once."""
    tasks: list[tuple[Whole, frozenset[str], dict[str, int]]] = []
    chunks: list[list[int]] = []
    for key, places in by_data(wanted).items():
        own: dict[frozenset[str], dict[str, int]] = {}
        for place in places:
            own.setdefault(wanted[place].left_out, {})[wanted[place].estimator] = place
        first = len(tasks)
        tasks += [(wholes[key], items, by) for items, by in own.items()]
        chunks += [list(range(k, min(k + AT_ONCE, len(tasks)))) for k in range(first, len(tasks), AT_ONCE)]

    def work(numbers: Sequence[int]) -> list[dict[int, TotalEffect]]:
        made = []
        with np.errstate(all="ignore"):
            for whole, items, by in (tasks[number] for number in numbers):
                effects = whole.without(items, list(by))
                made.append({place: effects[name] for name, place in by.items()})
        return made

    done = shared_out(chunks, work, workers, "specifications")
    out = {place: effect for part in done.values() for place, effect in part.items()}
    return [out.get(place) or failed(INTERRUPTED) for place in range(len(wanted))]


def _frame(wanted: Sequence[Specification], effects: Sequence[TotalEffect], level: float) -> pd.DataFrame:
    est, se = (np.array([getattr(own, name) for own in effects]) for name in ("est", "se"))
    half = float(ndtri(0.5 + level / 2)) * se
    columns: dict[str, object] = {
        "specification": np.arange(1, len(wanted) + 1),
        "view": [one.view for one in wanted],
        "screening": [one.screening for one in wanted],
        "missing_answers": [one.missing for one in wanted],
        "estimator": [one.estimator for one in wanted],
        "covariates": [", ".join(one.covariates) for one in wanted],
        "left_out": [", ".join(sorted(one.left_out)) for one in wanted],
        "n": [own.n for own in effects],
        "est": est,
        "se": se,
        "pvalue": z_and_p(est, se)[1],
        "ci_lower": est - half,
        "ci_upper": est + half,
        "decision": decisions(est, half),
        "converged": [own.converged for own in effects],
        "proper": [own.proper for own in effects],
        "reason": [own.reason for own in effects],
    }
    return pd.DataFrame(columns)


def decisions(est: Array, half: Array) -> list[str]:
    """What each interval shows; empty where there is no estimate."""
    shown = np.where(np.abs(est) > half, np.sign(est), 0.0)
    return ["" if e != e else SHOWN.get(s, NOT_SHOWN) for e, s in zip(est.tolist(), shown.tolist(), strict=True)]


def _judged(frame: pd.DataFrame, null: pd.DataFrame, count: int) -> Multiverse:
    n, done, est = len(frame), int(frame["converged"].sum()), frame["est"].iloc[0]
    sign, decision = (np.sign(est), frame["decision"].iloc[0]) if est == est else _most(frame)
    signs = np.sign(frame["est"]) == sign
    same = (frame["decision"] == decision) & (frame["decision"] != "")
    shares = float(signs.mean()), float((same if decision == NOT_SHOWN else same & signs).mean())
    parts = [f"{n} of {count} specifications drawn"] if n < count else [f"{n} specification{'s' if n > 1 else ''}"]
    parts += [f"{n - done} did not converge"] if done < n else []
    wrong = int((frame["converged"] & ~frame["proper"]).sum())
    parts += [f"{wrong} are improper"] if wrong else []
    parts += [f"the reference is {decision}, {est:.2f}; {_range(frame)}"] if est == est else []
    lost = "" if est == est else f"the reference has no estimate ({frame['reason'].iloc[0]})"
    lost = lost or ("there is nothing to compare the reference with" if n < 2 else "")
    verdict = against(
        "share of specifications with the sign and the decision of the reference", np.nan if lost else shares[1],
        SAME, "", fails=HALF, reason="; ".join(parts), because="; ".join([lost, *parts]),
    )  # fmt: skip
    return Multiverse(frame, null, *shares, n, done, count, verdict)


def _most(frame: pd.DataFrame) -> tuple[float, str]:
    """The sign and the decision of most, where the reference has none."""
    there = frame[frame["est"].notna()]
    if there.empty:
        return 0.0, ""
    return float(np.sign(np.sign(there["est"]).sum())), str(there["decision"].mode().iloc[0])


def _range(frame: pd.DataFrame) -> str:
    est = frame["est"].dropna()
    return f"estimates from {est.min():.2f} to {est.max():.2f}"
