"""Power without simulation: of RMSEA tests, of one parameter, and the smallest effect a study can find."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from numbers import Integral

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import OptionError
from sexresearch.sem.inference.vcov import vcov
from sexresearch.sem.language.model import Model
from sexresearch.sem.output.results import Results
from sexresearch.sem.planning.noncentral_chi_square import (
    noncentral_power,
    noncentrality_needed,
    rmsea_test_power,
    rmsea_test_size,
)
from sexresearch.sem.planning.one_parameter import cost, smallest
from sexresearch.sem.planning.plan import Plan, assumptions, plan_of, refuse_ordered
from sexresearch.sem.planning.power import refuse_shares, sample_sizes, whole_sizes
from sexresearch.sem.planning.wanted import TargetEffect, wanted_effects

DEFINED = "a defined parameter has no model without it to compare with: simulate its power"
Row = dict[str, object]


@in_words
def rmsea_power(
    df: int | Results,
    n: int | Sequence[int],
    rmsea0: float = 0.05,
    rmsea1: float = 0.08,
    *,
    alpha: float = 0.05,
    target: float = 0.8,
    groups: int = 1,
) -> pd.DataFrame:
    """Power to reject a model's RMSEA of `rmsea0` when it truly is `rmsea1`, and the n that reaches the target power.

    Parameters
    ----------
    df : int or Results
        Degrees of freedom, at least 1, or a fit, which also gives the number of groups.
    n : int or sequence of int
        Respondents over all groups.
    rmsea0 : float
        RMSEA of the null hypothesis, 0 or more.
    rmsea1 : float
        True RMSEA. Above `rmsea0` it is a test of close fit (of exact fit where `rmsea0` is 0), below of not-close fit.
    alpha : float
        Level of the test, between 0 and 1.
    target : float
        Power to be reached, between 0 and 1.
    groups : int
        Number of groups, at least 1.

    Returns
    -------
    DataFrame
        One row per n: test, df, n, rmsea0, rmsea1, power, target_power, needed (missing where ten million respondents
        are not enough).

    Raises
    ------
    OptionError
        A number out of its range, or equal RMSEA.

    Notes
    -----
    Power of the noncentral chi-square test; MacCallum, Browne & Sugawara 1996, doi 10.1037/1082-989X.1.2.130.

    Examples
    --------
    >>> rmsea_power(20, n=200)[["test", "power", "needed"]].round(3).values.tolist()
    [['close fit', 0.454, 434.0]]
    """
    if isinstance(df, Results):
        groups, df = max(len(df.groups), 1), int(df.fit_measures["df"])
    refuse_shares(alpha, target)
    for name, value in (("df", df), ("groups", groups)):
        if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
            raise OptionError(f"{name} must be a whole number of at least 1; found {value!r}")
    if rmsea0 < 0 or rmsea1 < 0 or rmsea0 == rmsea1:
        raise OptionError(f"rmsea0 and rmsea1 must differ and not be negative; found {rmsea0!r} and {rmsea1!r}")
    sizes = whole_sizes(n)
    kind = "not-close fit" if rmsea1 < rmsea0 else "exact fit" if rmsea0 == 0 else "close fit"
    needed = rmsea_test_size(df, target, rmsea0, rmsea1, alpha, groups)
    return pd.DataFrame(
        {
            "test": kind,
            "df": df,
            "n": size,
            "rmsea0": rmsea0,
            "rmsea1": rmsea1,
            "power": rmsea_test_power(df, size, rmsea0, rmsea1, alpha, groups),
            "target_power": target,
            "needed": needed,
        }
        for size in sizes
    )


@in_words
def parameter_power(
    model: Model | str | Results,
    n: int | Sequence[int],
    effects: Sequence[str] | None = None,
    *,
    alpha: float = 0.05,
    target: float = 0.8,
    analysis: Model | str | None = None,
    standardized: bool = False,
) -> pd.DataFrame:
    """Power of the likelihood-ratio test of each effect, from the population alone, and the n for the target power.

    Parameters
    ----------
    model : Model, str or Results
        The population: lavaan text with values, or a fit, whose estimates are taken.
    n : int or sequence of int
        Respondents over all groups, more than there are variables in every group.
    effects : sequence of str, optional
        Labels or formulas such as "loyalty ~ delight". Default: every regression and definition, or every loading where
        the model has neither.
    alpha : float
        Level of the test, between 0 and 1.
    target : float
        Power to be reached, between 0 and 1.
    analysis : Model or str, optional
        The model that is tested. Default: the population's, its values set free.
    standardized : bool
        Variances without a number bring the variance of their variable to 1.

    Returns
    -------
    DataFrame
        One row per n and effect: n, effect, group (of several), population, noncentrality, power, target_power, needed,
        note. Defined effects, which no single zero removes, have no value, and note says so; it also says where the
        population is a fit's estimates.

    Raises
    ------
    ModelError, ModelSyntaxError
        The text cannot be read, or a parameter has no value that can be assumed.
    OptionError
        A number out of its range, an unknown effect, or ordered items.

    Notes
    -----
    The model without the effect is fitted to the population's moments; n times its misfit is the noncentrality of the
    chi-square difference with 1 df (Satorra & Saris 1985, doi 10.1007/BF02294150).

    Examples
    --------
    >>> parameter_power("y ~ 0.3*x", n=85, standardized=True)[["power", "needed"]].round(2).values.tolist()
    [[0.81, 84.0]]
    """
    refuse_shares(alpha, target)
    plan = plan_of(model, analysis, standardized)
    refuse_ordered(plan, "parameter_power")
    enough = noncentrality_needed(target, 1.0, alpha)

    def row(size: int, effect: TargetEffect) -> Row:
        each = math.nan if _number(plan, effect) < 0 else cost(plan.fitted.conditioned, _number(plan, effect))
        known = not math.isnan(each)
        return {
            "noncentrality": size * each,
            "power": noncentral_power(size * each, 1.0, alpha) if known else math.nan,
            "target_power": target,
            "needed": float(np.ceil(enough / each)) if known and each > 0 else math.nan,
            "note": assumptions(plan, model, size) if known else _reason(plan, effect),
        }

    return _frame(plan, sample_sizes(n, plan), effects, row)


@in_words
def sensitivity(
    model: Model | str | Results,
    n: int | Sequence[int],
    effects: Sequence[str] | None = None,
    *,
    alpha: float = 0.05,
    target: float = 0.8,
    standardized: bool = False,
) -> pd.DataFrame:
    """The smallest effect that a study of n respondents finds with the target power, effect by effect.

    Parameters
    ----------
    model : Model, str or Results
        The population: lavaan text with values, or a fit, whose estimates are taken.
    n : int or sequence of int
        Respondents over all groups, more than there are variables in every group.
    effects : sequence of str, optional
        Labels or formulas such as "loyalty ~ delight". Default: every regression and definition, or every loading where
        the model has neither.
    alpha : float
        Level of the test, between 0 and 1.
    target : float
        Power to be reached, between 0 and 1.
    standardized : bool
        Variances without a number bring the variance of their variable to 1.

    Returns
    -------
    DataFrame
        One row per n and effect: n, effect, group (of several), population, detectable (with the sign of the population
        value), target_power, note. Where no effect will do, detectable is missing and note says why.

    Raises
    ------
    ModelError, ModelSyntaxError
        The text cannot be read, or a parameter has no value that can be assumed.
    OptionError
        A number out of its range, an unknown effect, or ordered items.

    Notes
    -----
    The effect is varied while all else stays as it is and every variable keeps its variance; power is that of
    `parameter_power` (Satorra & Saris 1985, doi 10.1007/BF02294150).

    Examples
    --------
    >>> sensitivity("y ~ 0.3*x", n=[85, 400], standardized=True)["detectable"].round(2).tolist()
    [0.3, 0.14]
    """
    refuse_shares(alpha, target)
    plan = plan_of(model, None, standardized)
    refuse_ordered(plan, "sensitivity")
    enough = noncentrality_needed(target, 1.0, alpha)
    spread = np.sqrt(np.diag(vcov(plan.fitted)) * plan.fitted.n)

    def row(size: int, effect: TargetEffect) -> Row:
        number = _number(plan, effect)
        value, why = math.nan, DEFINED
        if number >= 0:
            guess = math.sqrt(enough / size) * spread[number]
            sign = -1.0 if plan.fitted.theta[number] < 0 else 1.0
            value, why = smallest(plan.fitted.conditioned, number, enough / size, sign * float(guess))
        return {"detectable": value, "target_power": target, "note": why or plan.population.note}

    return _frame(plan, sample_sizes(n, plan), effects, row)


def _frame(
    plan: Plan, sizes: Sequence[int], effects: Sequence[str] | None, row: Callable[[int, TargetEffect], Row]
) -> pd.DataFrame:
    """One row per sample size and effect, led by what both are."""
    wanted = wanted_effects(plan.fitted, effects)
    truth = plan.values(wanted)
    grouped = any(effect.group is not None for effect in wanted)
    rows = []
    for size in sizes:
        for effect, true in zip(wanted, truth, strict=True):
            where = {"group": effect.group} if grouped else {}
            rows.append({"n": size, "effect": effect.name, **where, "population": float(true), **row(size, effect)})
    return pd.DataFrame(rows)


def _number(plan: Plan, effect: TargetEffect) -> int:
    """The free parameter behind an effect, -1 for a definition."""
    rows = plan.fitted.table.rows
    return rows[effect.place].free if effect.place < len(rows) else -1


def _reason(plan: Plan, effect: TargetEffect) -> str:
    return DEFINED if _number(plan, effect) < 0 else "the model without the effect has no solution in this population"
