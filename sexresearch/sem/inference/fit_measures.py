"""Every fit measure of a fitted model, under lavaan's names with ``.`` written ``_``."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.special import chdtri

from sexresearch.sem.estimation.baseline import baseline
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.inference import fit_indices as index
from sexresearch.sem.inference.chisquare import Test, scaled_test, standard_test
from sexresearch.sem.inference.fiml_indices import Misfit, complete_data_misfit
from sexresearch.sem.inference.ordinal_indices import (
    likelihood_misfit,
    ordinal_goodness,
    ordinal_residual_indices,
    why_no_robust_indices,
)
from sexresearch.sem.inference.residuals import goodness_of_fit, root_mean_square_residuals
from sexresearch.sem.ordinal.discrepancy import OrdinalLeastSquares
from sexresearch.sem.threads import one_thread

ROBUST = tuple(
    f"{name}_robust"
    for name in ("cfi", "tli", "nnfi", "rni", "rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "rmsea_pvalue")
)
ROBUST = (*ROBUST, "rmsea_notclose_pvalue_robust")


@one_thread
def fit_measures(fitted: Fitted) -> pd.Series:
    """All measures that apply, as floats; a measure that does not apply (p at df 0, say) is NaN."""
    test = standard_test(fitted)
    null = baseline(fitted)
    base = standard_test(null)
    npar = fitted.table.n_free - fitted.constrained.n_equalities
    out: dict[str, float] = {"npar": npar, "fmin": 0.5 * test.chisq / fitted.n}
    out |= {"chisq": test.chisq, "df": test.df, "pvalue": test.pvalue}
    scaled = null_scaled = None
    if fitted.options.robust_test:
        scaled, null_scaled = scaled_test(fitted), scaled_test(null)
        out |= _scaled_chisq("", scaled)
    if scaled is not None and not math.isnan(scaled.h1):
        out |= {"scaling_factor_h1": scaled.h1, "scaling_factor_h0": scaled.h0}
    out |= {"baseline_chisq": base.chisq, "baseline_df": base.df, "baseline_pvalue": base.pvalue}
    if scaled is not None and null_scaled is not None:
        out |= _scaled_chisq("baseline_", null_scaled)
    out |= incremental(test, base)
    if scaled is not None and null_scaled is not None:
        out |= {f"{name}_scaled": value for name, value in incremental(scaled, null_scaled).items()}
    out |= _likelihood(fitted, npar)
    out |= _rmsea(fitted, test, scaled)
    out |= robust_indices(fitted, test, base, scaled, null_scaled)
    ordinal = isinstance(fitted.objective, OrdinalLeastSquares)
    out |= ordinal_residual_indices(fitted) if ordinal else root_mean_square_residuals(fitted)
    out |= _others(fitted, test, npar)
    return pd.Series(out, dtype=float, name="value")


def _scaled_chisq(prefix: str, test: Test) -> dict[str, float]:
    out = {
        "chisq_scaled": test.chisq,
        "df_scaled": test.df,
        "pvalue_scaled": test.pvalue,
        "chisq_scaling_factor": test.scaling,
    }
    if not math.isnan(test.shift):
        out["chisq_shift_parameters"] = test.shift
    return {prefix + name: value for name, value in out.items()}


def incremental(test: Test, base: Test) -> dict[str, float]:
    """Indices that compare the model with the baseline model."""
    a, b, c, d = test.chisq, test.df, base.chisq, base.df
    nested = b <= d  # otherwise the baseline is not the more restricted model
    tli = index.tli(a, b, c, d)
    return {
        "cfi": index.cfi(a, b, c, d),
        "tli": tli,
        "nnfi": tli,
        "rfi": index.rfi(a, b, c, d) if nested else math.nan,
        "nfi": index.nfi(a, b, c) if nested else math.nan,
        "pnfi": index.pnfi(a, b, c, d),
        "ifi": index.ifi(a, b, c),
        "rni": index.rni(a, b, c, d),
    }


def _likelihood(fitted: Fitted, npar: int) -> dict[str, float]:
    n = float(sum(sample.nobs for sample in fitted.samples))
    if not fitted.options.likelihood:
        return {"ntotal": n}
    logl = fitted.log_likelihood
    criteria = index.information_criteria(logl, npar, n)
    first = {name: criteria[name] for name in ("aic", "bic")}
    return {
        "logl": logl,
        "unrestricted_logl": fitted.saturated_log_likelihood,
        **first,
        "ntotal": n,
        "bic2": criteria["bic2"],
    }


def _rmsea(fitted: Fitted, test: Test, scaled: Test | None) -> dict[str, float]:
    n, groups = fitted.weight, fitted.table.n_groups
    out = rmsea_family(test.chisq, test.df, n, groups)
    if scaled is not None:
        shifted = not math.isnan(scaled.shift) or (scaled.df == 0 and bool(fitted.levels))
        chisq, df = (scaled.chisq, scaled.df) if shifted else (test.chisq, scaled.trace)
        known = shifted or test.df > 0  # without degrees of freedom there is nothing to scale
        family = rmsea_family(chisq, df if known else 0.0, n, groups)
        out |= {f"{name}_scaled": v if known else math.nan for name, v in family.items()}
    return out


def rmsea_family(chisq: float, df: float, n: float, groups: int) -> dict[str, float]:
    """RMSEA, its 90 % limits and the p values of close (.05) and not close (.08) fit."""
    lower, upper = index.rmsea_interval(chisq, df, n, groups)
    far = index.rmsea_close_pvalue(chisq, df, n, groups, close=0.08)
    return {
        "rmsea": index.rmsea(chisq, df, n, groups),
        "rmsea_ci_lower": lower,
        "rmsea_ci_upper": upper,
        "rmsea_pvalue": index.rmsea_close_pvalue(chisq, df, n, groups),
        "rmsea_notclose_pvalue": 1.0 - far,
    }


def robust_indices(fitted: Fitted, test: Test, base: Test, scaled: Test | None, null: Test | None) -> dict[str, float]:
    """CFI, TLI and RMSEA that estimate their population value under non-normality, or as if no answer were missing.

    Brosseau-Liard & Savalei 2014, doi 10.1080/00273171.2014.933697; Brosseau-Liard, Savalei & Li 2012,
    doi 10.1080/00273171.2012.715252: each noncentrality is chisq less the mean it has in a fitting model, c df.
    With missing answers both numbers are those of complete data (`complete_data_misfit`); with ordered variables they
    are those of the likelihood of their correlations (`likelihood_misfit`).
    """
    if isinstance(fitted.objective, OrdinalLeastSquares):
        return _ordinal_robust(fitted, scaled)
    if fitted.options.missing == "fiml":
        own, reference = complete_data_misfit(fitted), complete_data_misfit(baseline(fitted))
        c = own.trace / own.df if own.df else 1.0
        return _robust(own, reference, own.chisq / c, c, fitted)
    if scaled is None or null is None or fitted.options.test == "mean_var_adjusted":
        return {}
    own = Misfit(test.chisq, scaled.trace, int(test.df))
    return _robust(own, Misfit(base.chisq, null.trace, int(base.df)), scaled.chisq, scaled.scaling, fitted)


def _ordinal_robust(fitted: Fitted, scaled: Test | None) -> dict[str, float]:
    if scaled is None:
        return {}
    if why_no_robust_indices(fitted):
        return dict.fromkeys(ROBUST, math.nan)
    if scaled.df == 0:
        return _robust_saturated(True)
    own, reference = likelihood_misfit(fitted)
    c = own.trace / own.df if own.df else 1.0
    return _robust(own, reference, own.chisq / c, c, fitted)


def _robust(own: Misfit, reference: Misfit, chisq: float, c: float, fitted: Fitted) -> dict[str, float]:
    """Robust indices from both misfits, the scaled chi-square and its scaling factor c."""
    n, groups, df = fitted.weight, fitted.table.n_groups, own.df
    excess, most = own.chisq - own.trace, reference.chisq - reference.trace
    if df == 0:
        return _robust_saturated(fitted.options.missing == "fiml")
    known = abs(most) > index.NOTHING and reference.df > 0
    ratio = excess / df / (most / reference.df) if known else 0.0
    stretch = math.sqrt(c) if c > 0 else math.nan
    lower, upper = index.rmsea_interval(chisq, df, n, groups)
    return {
        "cfi_robust": index.share_explained(excess, most),
        "tli_robust": 1.0 - ratio,
        "nnfi_robust": 1.0 - ratio,
        "rni_robust": 1.0 - excess / most if abs(most) > index.NOTHING else math.nan,
        "rmsea_robust": math.sqrt(max(excess, 0.0) / (n * df)) * math.sqrt(groups),
        "rmsea_ci_lower_robust": stretch * lower,
        "rmsea_ci_upper_robust": stretch * upper,
        "rmsea_pvalue_robust": index.rmsea_close_pvalue(chisq, df, n, groups, 0.05 / stretch),
        "rmsea_notclose_pvalue_robust": 1.0 - index.rmsea_close_pvalue(chisq, df, n, groups, 0.08 / stretch),
    }


def _robust_saturated(known: bool) -> dict[str, float]:
    """At df 0 RMSEA is 0; indices beside the baseline are 1 where no scaling factor, unknown then, enters them."""
    best = dict.fromkeys(ROBUST[:4], 1.0 if known else math.nan)
    return best | dict.fromkeys(ROBUST[4:7], 0.0) | dict.fromkeys(ROBUST[7:], math.nan)


def _others(fitted: Fitted, test: Test, npar: int) -> dict[str, float]:
    n, df = fitted.weight, test.df
    rate = test.chisq / n

    def critical_n(alpha: float) -> float:
        return float(chdtri(df, alpha)) / rate + 1.0 if df > 0 and test.chisq > index.NOTHING else math.nan

    out = {"cn_05": critical_n(0.05), "cn_01": critical_n(0.01)}
    if isinstance(fitted.objective, OrdinalLeastSquares):
        out |= ordinal_goodness(fitted, df, test.chisq)
        return out | {"mfi": float(np.exp(-0.5 * (test.chisq - df) / n))}
    out |= goodness_of_fit(fitted, df)
    out["mfi"] = float(np.exp(-0.5 * (test.chisq - df) / n))
    out["ecvi"] = rate + 2.0 * npar / n
    return out
