"""Why a fit measure is missing, in words."""

from __future__ import annotations

import math

import pandas as pd

from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.inference.incremental_indices import NOTHING
from sexresearch.sem.inference.robust_indices import why_no_robust_indices

COMPARED = ("nfi", "pnfi", "rfi", "ifi", "rni")  # with the baseline model, by a ratio that may have nothing below it

NO_P = ("pvalue", "baseline_pvalue")


def missing_reasons(fitted: Fitted, measures: pd.Series) -> dict[str, str]:
    """Why each measure that is NaN is so, by its name; `measures` are those of a fit that converged."""
    missing = [str(name) for name in measures.index[measures.isna()]]
    reasons = {name: _reason(name, measures) for name in missing}
    if fitted.options.discrepancy == "ULS":
        reasons |= {
            name: "unweighted least squares have no chi-square distribution" for name in missing if name in NO_P
        }
    why = why_no_robust_indices(fitted)
    reasons |= {name: why for name in missing if name.endswith("_robust") and why}
    undefined = dict(pair for term in fitted.objective.groups for pair in term.undefined.items())
    return reasons | {name: undefined[name] for name in missing if name in undefined}


def _reason(name: str, measures: pd.Series) -> str:
    if measures["df"] > 0 and _negative(name, measures):
        return "the scaling factor of the test came out below 0, which the mean of a chi-square cannot be"
    stem = name.removesuffix("_scaled").removesuffix("_robust")
    if stem in COMPARED:
        return _nothing_to_compare(stem, "_scaled" if name.endswith("_scaled") else "", measures)
    if stem.startswith("baseline_"):
        return "the baseline model has no degrees of freedom: it leaves nothing unrelated"
    if name == "scaling_factor_h0":
        return "the model has no free parameters"
    if measures["df"] > 0 and stem.startswith("cn_"):
        return "the model fits exactly, so that no sample is too large for it"
    return "the model has no degrees of freedom left to test"


def _negative(name: str, measures: pd.Series) -> bool:
    """Whether a measure rests on a scaling factor that is missing, of the model or of the baseline."""
    if not name.endswith(("_scaled", "_robust", "scaling_factor")):
        return False
    factors = ["chisq_scaling_factor"] * (not name.startswith("baseline_")) + ["baseline_chisq_scaling_factor"]
    return any(factor in measures and math.isnan(measures[factor]) for factor in factors)


def _nothing_to_compare(stem: str, suffix: str, measures: pd.Series) -> str:
    base, base_df = measures["baseline_chisq" + suffix], measures["baseline_df" + suffix]
    if base_df == 0:
        return "the baseline model has no degrees of freedom, so that there is nothing to compare with"
    if base <= NOTHING:
        return "the baseline model fits exactly, so that there is nothing left to explain"
    if stem in ("nfi", "rfi") and measures["df" + suffix] > base_df:
        return "the model has more degrees of freedom than the baseline model"
    if measures["df"] > 0:
        return "the baseline model fits as well as chance alone would have it"
    return "the model has no degrees of freedom left to test"
