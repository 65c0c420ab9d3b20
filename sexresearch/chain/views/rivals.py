"""`compare_rivals`: all views of the effect chain on the same answers, in one table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.chain.views.chain_model import (
    KINDS,
    ChainView,
    HigherOrder,
    checked_order,
    model_text,
    planned,
    supported,
)
from sexresearch.chain.views.measured import InstrumentUnits, Unit
from sexresearch.chain.views.view_verdicts import equivalent_to, verdict
from sexresearch.deprecation import gathered
from sexresearch.errors import DataError, OptionError, SexresearchError
from sexresearch.sem import Fitting, Model, Results
from sexresearch.sem.view import LIKELIHOODS, options_of, quiet_fit, reported
from sexresearch.survey import Survey

DECIDING = 3  # decimals of BIC that order the models; beyond, rounding would order those that are equivalent
MEASURES = ("df", "chisq", "cfi", "rmsea", "srmr", "npar", "aic", "bic")
REPORTED = ("chisq", "df", "cfi", "rmsea")
PATHS = (
    ("excellence", "delight"),
    ("excellence", "loyalty"),
    ("delight", "loyalty"),
    ("satisfaction", "loyalty"),
    ("loyalty", "success"),
    ("loyalty", "delight"),
)


Wanted = tuple[str, str, InstrumentUnits]  # name in the table, kind, units


@dataclass(frozen=True)
class FittedView:
    """One view of the chain, fitted, by the name it has in the table; `results` is None where it was not."""

    name: str
    results: Results | None
    reason: str = ""

    @property
    def solution(self) -> Results | None:
        """The results where they converged."""
        return self.results if self.results is not None and self.results.converged else None

    @property
    def usable(self) -> bool:
        """Whether there is a solution to compare: converged and admissible."""
        return self.solution is not None and not self.solution.inadmissible


@gathered(("estimator", "missing", "cluster"), into="fitting", kind=Fitting, until="0.3")
@in_words
def compare_rivals(
    survey: Survey,
    kinds: Sequence[ChainView] | None = None,
    *,
    higher_order: HigherOrder | Sequence[HigherOrder] = "factor",
    fitting: Fitting | None = None,
) -> pd.DataFrame:
    """All views of the effect chain fitted to the same answers, the best admissible one by BIC first.

    Parameters
    ----------
    survey : Survey
        Answers with an instrument.
    kinds : sequence of str, optional
        Two or more kinds of `chain_model`. Default: all that the instrument supports.
    higher_order : {"factor", "composite"} or sequence of both
        As in `chain_model`; both set every kind beside itself with excellence made in the other way.
    fitting : Fitting, optional
        How every model is fitted, as in `fit`: by an estimator with a likelihood ("ML", "MLM", "MLMV", "MLMVS", "MLR",
        "MLF"), missing "listwise" or "fiml", without ordered items. Default: "ML", or "MLR" with clusters.

    Returns
    -------
    DataFrame
        One row per model: model, df, chisq, cfi, rmsea, srmr, npar, aic, bic (chisq, cfi and rmsea as the estimator
        calls for: note says where they are scaled or robust); aic_weight, bic_weight; standardized paths
        excellence_to_delight …, missing where the view has none; r2_loyalty, r2_success; test against the best model,
        chisq_diff, df_diff, distinct_pvalue, z, pvalue; equivalent (models that imply the very same moments: no answers
        decide between them); outcome, verdict (the outcome in words), note (why something is missing).

    Raises
    ------
    DataError
        The survey has no instrument, or its answers cannot be used.
    InstrumentError
        The instrument lacks what a named kind needs.
    OptionError
        Fewer than two kinds, an unknown one, or an estimator without a likelihood.

    Notes
    -----
    So that criteria can be compared, every model holds the items of all of them; what a view does not speak of is free
    to go along with everything, and its parameters count. Weights: Burnham & Anderson 2004,
    doi 10.1177/0049124104268644. test is "nested" (chi-square difference, scaled for robust estimators) or "vuong": can
    the data tell the two apart (distinct_pvalue), and is the difference of their BIC more than chance (z, negative
    where the best is nearer to the truth; Vuong 1989, doi 10.2307/1912557; Merkle, You & Preacher 2016,
    doi 10.1037/met0000038)? Equivalence: Bentler & Satorra 2010, doi 10.1037/a0019625. outcome is "holds" for the best
    model and its equivalents, "fails" for what fits worse at the 5 per cent level, "doubtful" for what is not decided,
    "not_computable" for what was not fitted or has an inadmissible solution, which takes no weight either.

    Examples
    --------
    >>> from sexresearch.datasets import load
    >>> import warnings; warnings.simplefilter("ignore")
    >>> table = compare_rivals(load("service_excellence_demo"), ["full", "satisfaction_only"])
    >>> table.model.tolist(), table.test.tolist()
    (['full', 'satisfaction_only'], ['', 'vuong'])
    """
    return fitted_rivals(survey, kinds, higher_order, fitting).table


@dataclass(frozen=True, eq=False)
class FittedRivals:
    """All views, the best admissible one by BIC first. names : the latent of every node of `PATHS`."""

    views: tuple[FittedView, ...]
    names: Mapping[str, str]
    cluster: str | None

    @property
    def table(self) -> pd.DataFrame:
        """What `compare_rivals` returns."""
        table = pd.DataFrame([_row(self.names, rival) for rival in self.views])
        usable = np.array([rival.usable for rival in self.views])
        for criterion in ("aic", "bic"):
            shown = np.where(usable, table[criterion].to_numpy(float), np.nan)
            table[f"{criterion}_weight"] = criterion_weights(shown)
        named = {rival.name: rival.solution for rival in self.views if rival.solution is not None and rival.usable}
        table["equivalent"] = [", ".join(equivalent_to(kind, named)) for kind in table["model"]]
        against = pd.DataFrame([verdict(rival.name, named) for rival in self.views])
        notes = [_notes(rival, self.cluster) for rival in self.views]
        return pd.concat([table, against], axis=1).assign(note=notes)[list(COLUMNS)]


def fitted_rivals(
    survey: Survey,
    kinds: Sequence[ChainView] | None = None,
    higher_order: HigherOrder | Sequence[HigherOrder] = "factor",
    fitting: Fitting | None = None,
) -> FittedRivals:
    """The views with their fits, for questions that go on with one of them; arguments as `compare_rivals`."""
    wanted = _checked(survey, kinds, higher_order)
    fitting = _with_likelihood(Fitting() if fitting is None else fitting)
    chosen = list(dict.fromkeys(kind for _, kind, _ in wanted))
    rivals = [_fitted(name, measured, kind, chosen, survey, fitting) for name, kind, measured in wanted]
    return FittedRivals(tuple(sorted(rivals, key=_place)), _names(wanted[0][2]), fitting.cluster)


COLUMNS = (
    "model",
    *MEASURES,
    "aic_weight",
    "bic_weight",
    *(f"{cause}_to_{effect}" for cause, effect in PATHS),
    "r2_loyalty",
    "r2_success",
    "test",
    "chisq_diff",
    "df_diff",
    "distinct_pvalue",
    "z",
    "pvalue",
    "equivalent",
    "outcome",
    "verdict",
    "note",
)


def criterion_weights(criterion: np.ndarray) -> np.ndarray:
    """(models,) exp(-difference / 2) from the smallest criterion, as shares of 1; NaN stays out.

    >>> criterion_weights(np.array([10.0, 12.0, np.nan])).round(3).tolist()
    [0.731, 0.269, nan]
    """
    if np.isnan(criterion).all():
        return np.full(len(criterion), np.nan)
    shares = np.exp(-0.5 * (criterion - np.nanmin(criterion)))
    return shares / np.nansum(shares)


@in_words
def rivals_sentence(table: pd.DataFrame) -> str:
    """What the data decide between the models of `compare_rivals`, and what they cannot decide, in words.

    Parameters
    ----------
    table : DataFrame
        What `compare_rivals` returns.

    Returns
    -------
    str
        One to a few sentences.

    Raises
    ------
    OptionError
        The frame lacks columns of `compare_rivals`, or has no rows.

    Notes
    -----
    All is read off the columns of the table: bic_weight, outcome and equivalent, by the rules of `compare_rivals`.

    Examples
    --------
    >>> best = {"model": "full", "bic": 410.0, "bic_weight": 1.0, "equivalent": "", "outcome": "holds"}
    >>> worse = {"model": "direct", "bic": 460.0, "bic_weight": 0.0, "equivalent": "", "outcome": "fails"}
    >>> rivals_sentence(pd.DataFrame([best, worse]))
    'The data speak for full (BIC weight 1.00), against direct.'
    """
    if not {"model", "bic", "bic_weight", "equivalent", "outcome"} <= set(table.columns) or table.empty:
        raise OptionError(f"rivals_sentence takes the table of compare_rivals; found columns {list(table.columns)[:8]}")
    best = table.iloc[0]
    if pd.isna(best["bic_weight"]):
        why = "could be fitted" if table["bic"].isna().all() else "has an admissible solution"
        return f"The data decide nothing here: no model {why}."
    first = [best["model"], *filter(None, best["equivalent"].split(", "))]
    weight, others = table[table["model"].isin(first)]["bic_weight"].sum(), table[~table["model"].isin(first)]
    worse, undecided = (others[others["outcome"] == outcome]["model"].tolist() for outcome in ("fails", "doubtful"))
    text = f"The data speak for {' or '.join(first)} (BIC weight {weight:.2f}{' together' if len(first) > 1 else ''})"
    text += f", against {', '.join(worse)}." if worse else "."
    if undecided:
        text += f" They do not decide between {'them' if len(first) > 1 else 'it'} and {', '.join(undecided)}."
    pairs = {frozenset([row.model, *row.equivalent.split(", ")]) for row in table.itertuples() if row.equivalent}
    for pair in sorted(sorted(pair) for pair in pairs):
        text += f" No answers of this kind can decide between {' and '.join(pair)}, which imply the same moments."
    return text


def _with_likelihood(fitting: Fitting) -> Fitting:
    """The fitting; OptionError where it has no likelihood to compare."""
    if not isinstance(fitting, Fitting):
        raise OptionError(f"fitting takes a Fitting; found {type(fitting).__name__}")
    options = options_of(fitting)
    if options.estimator not in (None, *LIKELIHOODS):
        advice = f"use estimator 'ML' or 'MLR'; found {fitting.estimator!r}"
    elif options.missing not in ("listwise", "fiml"):
        advice = f"use missing 'listwise' or 'fiml'; found {fitting.missing!r}"
    elif options.ordered:
        advice = f"take the items as numbers; found ordered={fitting.ordered!r}"
    else:
        return fitting
    raise OptionError(f"rivals are compared by their likelihood: {advice}")


def _checked(survey: Survey, kinds: Sequence[str] | None, higher_order: str | Sequence[str]) -> list[Wanted]:
    """Name, kind and measured units of every model to be fitted."""
    if not isinstance(survey, Survey) or survey.instrument is None:
        raise DataError("compare_rivals needs a Survey with an instrument, which says what its columns measure")
    orders = [higher_order] if isinstance(higher_order, str) else list(dict.fromkeys(higher_order))
    measured = {order: InstrumentUnits(survey.instrument, checked_order(order)) for order in orders}
    named = [kinds] if isinstance(kinds, str) else kinds
    chosen = list(dict.fromkeys(supported(InstrumentUnits(survey.instrument)) if named is None else named))
    unknown = [kind for kind in chosen if kind not in KINDS]
    if unknown:
        raise OptionError(f"kind {unknown[0]!r} is not known; allowed: {', '.join(KINDS)}")
    if len(chosen) * len(orders) < 2:
        raise OptionError(f"rivals are two or more chain models; found {', '.join(chosen) or 'none'}")
    pairs = [(kind, order) for kind in chosen for order in orders]
    return [(kind if len(orders) == 1 else f"{kind} ({order})", kind, measured[order]) for kind, order in pairs]


def _fitted(
    name: str,
    measured: InstrumentUnits,
    kind: str,
    kinds: Sequence[str],
    survey: Survey,
    fitting: Fitting,
) -> FittedView:
    try:
        text = rival_text(measured, kind, kinds)
    except OptionError as error:
        return FittedView(name, None, str(error))
    try:
        results = quiet_fit(Model(text), survey, fitting)
    except SexresearchError as error:
        return FittedView(name, None, f"not fitted: {error}")
    return FittedView(name, results, "" if results.converged else "did not converge")


def rival_text(measured: InstrumentUnits, kind: str, kinds: Sequence[str]) -> str:
    """The text of a kind with the items of all `kinds`: what it does not speak of covaries with everything."""
    plan = planned(measured, kind)
    spoken = {construct for unit in plan.units for construct in unit.constructs}
    wanted = {construct for other in kinds for unit in _units(measured, other) for construct in unit.constructs}
    left = [construct for construct in measured.instrument.constructs if construct in wanted - spoken]
    beside: list[Unit] = []
    for unit in (measured.excellence, measured.delight):
        if unit is not None and unit.lines and not unit.composite and set(unit.constructs) <= set(left):
            beside.append(unit)
            left = [construct for construct in left if construct not in unit.constructs]
    beside += [Unit(construct.name, (construct,), tops=(construct.name,)) for construct in left]
    return model_text(measured, plan, beside)


def _units(measured: InstrumentUnits, kind: str) -> tuple[Unit, ...]:
    """The units of a kind; none where a composite cannot take its place in it."""
    try:
        return planned(measured, kind).units
    except OptionError:
        return ()


def _place(rival: FittedView) -> tuple[bool, float]:
    """Admissible solutions first, by BIC; what has none last."""
    bic = math.inf if rival.solution is None else float(rival.solution.fit_measures["bic"])
    return not rival.usable, round(bic, DECIDING)


def _row(names: Mapping[str, str], rival: FittedView) -> dict[str, object]:
    results = rival.solution
    if results is None:
        empty = [*MEASURES, *(f"{cause}_to_{effect}" for cause, effect in PATHS), "r2_loyalty", "r2_success"]
        return {"model": rival.name} | dict.fromkeys(empty, math.nan)
    parameters = results.parameters
    paths = parameters[parameters["op"] == "~"].set_index(["rhs", "lhs"])["std_all"]
    explained = results.r_squared
    row: dict[str, object] = {"model": rival.name} | {name: float(results.fit_measures[name]) for name in MEASURES}
    row |= {name: reported(results).value(name) for name in REPORTED}
    row |= {
        f"{cause}_to_{effect}": float(paths.get((names[cause], names[effect]), math.nan)) for cause, effect in PATHS
    }
    return row | {f"r2_{node}": float(explained.get(names[node], math.nan)) for node in ("loyalty", "success")}


def _names(measured: InstrumentUnits) -> dict[str, str]:
    """The latent variable of every node of `PATHS`; empty where the instrument lacks it."""
    units = {node: measured.unit(node) for node in ("satisfaction", "loyalty", "success")}
    units |= {"excellence": measured.excellence, "delight": measured.delight}
    return {node: unit.name if unit else "" for node, unit in units.items()}


def _notes(rival: FittedView, cluster: str | None) -> str:
    notes = [rival.reason] if rival.reason else []
    if rival.solution is not None and rival.solution.inadmissible:
        notes.append(f"inadmissible solution: {'; '.join(rival.solution.inadmissible)}")
    if rival.solution is not None:
        kinds = {name: reported(rival.solution)[name].kind for name in REPORTED}
        notes += [", ".join(f"{name} {kind}" for name, kind in kinds.items() if kind)] if any(kinds.values()) else []
    if cluster is not None and rival.usable:
        notes.append("with clusters AIC and BIC rest on a likelihood that takes rows as independent")
    return "; ".join(notes)
