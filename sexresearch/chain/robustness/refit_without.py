"""`refit_without`: the paths of a model with and without some respondents."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from sexresearch.arguments import in_words
from sexresearch.chain.joining import joined
from sexresearch.errors import DataError, OptionError, SexresearchError
from sexresearch.sem import Fitting, Results
from sexresearch.sem.view import Array, View, quiet_fit, view
from sexresearch.survey import Survey
from sexresearch.verdict import Outcome

CHANCE = 0.05  # below it, a path differs from 0
PATHS, MEASURES = ("~", ":="), ("=~",)
COLUMNS = ["lhs", "op", "rhs", "group", "est", "est_without", "est_change", "est_change_se", "est_change_ci_lower"]
COLUMNS += ["est_change_ci_upper", "pvalue", "pvalue_without", "n", "n_without", "outcome", "verdict", "note"]


@in_words
def refit_without(
    results: Results, findings: pd.DataFrame | Iterable[Hashable], survey: Survey, level: float = 0.95
) -> pd.DataFrame:
    """The paths of a fit, and what they become without the respondents that screening flagged.

    Parameters
    ----------
    results : Results
        A fit to the survey.
    findings : DataFrame or iterable
        What `screen` found, or the part of it that counts; or labels of rows.
    survey : Survey
        The answers that were fitted.
    level : float
        Coverage of the limits, between 0 and 1.

    Returns
    -------
    DataFrame
        One row per path and defined parameter (per loading, where the model has none): lhs, op, rhs, group, est,
        est_without, est_change (without less with), est_change_se, est_change_ci_lower, est_change_ci_upper, pvalue,
        pvalue_without, n, n_without (respondents), outcome, verdict ("stays", "no longer differs from 0", "now differs
        from 0", "changes its sign", by p below .05), note (why something is missing).

    Raises
    ------
    OptionError
        The fit was to moments or by another engine, or `level` is no share.
    DataError
        The fit was to other answers than those of `survey`, or what is to go is not in it.

    Notes
    -----
    The two estimates share respondents. Were those left out like the others, the variance of the change would be that
    of the estimate from the smaller sample less that from the larger one (Hausman 1978, doi:10.2307/1913827), here
    v (1 - m/n) with v the variance without them, and m of n respondents kept; a change whose limits leave 0 out says
    that those left out are not like the others. It is not given where respondents weigh differently or come in
    clusters, nor for parameters that groups of different loss share.

    Examples
    --------
    >>> import warnings; warnings.simplefilter("ignore")
    >>> from sexresearch.datasets import load
    >>> from sexresearch.sem import fit
    >>> from sexresearch.survey import screen
    >>> survey = load("service_excellence_demo")
    >>> results = fit("joy =~ val1 + val2 + val3; stay =~ remain + recommend + repurchase; stay ~ joy", survey)
    >>> refit_without(results, screen(survey), survey)[["lhs", "rhs", "verdict"]].to_numpy().tolist()
    [['stay', 'joy', 'stays']]
    """
    fit = view(results, "refit_without")
    if not isinstance(survey, Survey):
        raise DataError(f"refit_without takes the Survey that was fitted; found {type(survey).__name__}")
    if not 0 < level < 1:
        raise OptionError(f"level must lie between 0 and 1; found {level!r}")
    _refuse_others(results, fit, survey)
    rest = survey.without(findings, because="left out to see what changes")
    again, why = _again(results, fit, rest)
    return _compared(fit, again, why, level)


def _refuse_others(results: Results, fit: View, survey: Survey) -> None:
    """OptionError or DataError where the fit cannot be done again on the same answers."""
    if fit.engine != "native":
        raise OptionError(f"refit_without fits by this package's own engine; these results are by {fit.engine}")
    if results.rows is None:
        raise OptionError("this model was fitted to moments: which respondents were in it is not known")
    used, answers = results.rows, survey.answers
    known = [name for name in used.columns if name in answers.columns]
    if not used.index.equals(answers.index) or not used[known].equals(answers[known]):
        raise DataError(f"the model was fitted to other answers than those of {survey.caption}: fit it to this survey")


def _again(results: Results, fit: View, rest: Survey) -> tuple[View | None, str]:
    """The same model fitted in the same way to the rest, and what is wrong with it."""
    options = fit.options
    shared = {field.name: getattr(options, field.name) for field in fields(Fitting)}
    fitting = Fitting(**{**shared, "ordered": shared["ordered"] or None})
    try:
        refitted = quiet_fit(
            results.model,
            rest,
            fitting,
            group=options.group,
            group_equal=options.group_equal,
            group_partial=options.group_partial,
        )
    except SexresearchError as error:
        return None, f"cannot be fitted without them: {error}"
    if not refitted.converged:
        return None, "did not converge without them"
    return view(refitted, "refit_without"), joined(*refitted.inadmissible)


def _compared(fit: View, again: View | None, why: str, level: float) -> pd.DataFrame:
    table = fit.parameters
    ops = PATHS if table["op"].isin(PATHS).any() else MEASURES
    kept = table["op"].isin(ops).to_numpy()
    frame = table.loc[kept, ["lhs", "op", "rhs", "group", "est", "pvalue"]].reset_index(drop=True)
    keys = ["lhs", "op", "rhs", "group"]
    if again is None:
        frame["est_without"] = frame["pvalue_without"] = errors = np.nan
    else:
        other = again.parameters.loc[again.parameters["op"].isin(ops), [*keys, "est", "pvalue", "se"]]
        other = frame[keys].merge(other, on=keys, how="left")
        frame["est_without"], frame["pvalue_without"], errors = other["est"], other["pvalue"], other["se"]
    shares, reasons = _kept_shares(fit, again, frame)
    frame["est_change"] = frame["est_without"] - frame["est"]
    frame["est_change_se"] = errors * np.sqrt(1 - shares)
    half = float(ndtri(0.5 + level / 2)) * frame["est_change_se"]
    frame["est_change_ci_lower"], frame["est_change_ci_upper"] = frame["est_change"] - half, frame["est_change"] + half
    frame["n"] = sum(block.nobs for block in fit.blocks)
    frame["n_without"] = np.nan if again is None else float(sum(block.nobs for block in again.blocks))
    judged = [_judged(row) for row in frame.to_dict("records")]
    frame["outcome"], frame["verdict"] = [outcome for outcome, _ in judged], [words for _, words in judged]
    frame["note"] = [joined(why, reason if again is not None else "") for reason in reasons]
    return frame[COLUMNS]


def _kept_shares(fit: View, again: View | None, frame: pd.DataFrame) -> tuple[Array, list[str]]:
    """The part of its respondents that each row keeps, and why it cannot be said."""
    shares, none = np.full(len(frame), np.nan), [""] * len(frame)
    if again is None:
        return shares, none
    if fit.options.sampling_weights is not None or fit.options.cluster is not None:
        return shares, ["no error of the change: respondents weigh differently or come in clusters"] * len(frame)
    left = {block.label: block.nobs for block in again.blocks}  # groups may now appear in another order
    by_group = {block.label: left.get(block.label, 0) / block.nobs for block in fit.blocks}
    if len(set(by_group.values())) == 1:
        return np.full(len(frame), next(iter(by_group.values()))), none
    shared = _shared(fit)
    for place, row in enumerate(frame.to_dict("records")):
        if row["op"] == ":=" or (row["lhs"], row["op"], row["rhs"], row["group"]) in shared:
            none[place] = "no error of the change: groups of different loss share it"
        else:
            shares[place] = by_group[row["group"]]
    return shares, none


def _shared(fit: View) -> set[tuple[object, ...]]:
    """The rows whose free parameter stands in another group too."""
    groups: dict[int, set[int]] = {}
    for row in fit.rows:
        if row.free >= 0:
            groups.setdefault(row.free, set()).add(row.group)
    return {
        (row.lhs, row.op, row.rhs, fit.blocks[row.group].label)
        for row in fit.rows
        if row.free >= 0 and len(groups[row.free]) > 1
    }


def _judged(row: Mapping[Hashable, Any]) -> tuple[Outcome, str]:
    before, after = row["pvalue"], row["pvalue_without"]
    if pd.isna(before) or pd.isna(after):
        return "not_computable", "not computable"
    if before < CHANCE and after < CHANCE and row["est"] * row["est_without"] <= 0:
        return "fails", "changes its sign"
    if (before < CHANCE) == (after < CHANCE):
        return "holds", "stays"
    return "doubtful", "no longer differs from 0" if before < CHANCE else "now differs from 0"
