"""Every fit measure of a fitted model, under lavaan's names with ``.`` written ``_``."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.special import chdtri

from sexresearch.sem.estimation.baseline import baseline
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.inference import fit_indices as index
from sexresearch.sem.inference.chisquare import Test, scaled_test, standard_test
from sexresearch.sem.inference.residuals import (
    goodness_of_fit,
    root_mean_square_residuals,
    weighted_root_mean_residual,
)
from sexresearch.sem.inference.robust_indices import robust_indices
from sexresearch.sem.threads import one_thread

COMPARATIVE = ("cfi", "tli", "nnfi", "nfi", "pnfi", "rfi", "ifi", "rni")


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
    out |= robust_indices(fitted, null, (test, base), scaled, null_scaled)
    out |= root_mean_square_residuals(fitted)
    out |= {} if fitted.table.levels else _others(fitted, test, npar)
    if scaled is not None and null_scaled is not None:
        out |= dict.fromkeys(_unscalable(out, scaled, null_scaled), math.nan)
    return pd.Series(np.array(list(out.values()), dtype=float), index=_index(tuple(out)), name="value")


@lru_cache(maxsize=64)
def _index(names: tuple[str, ...]) -> pd.Index:
    return pd.Index(names)


def _unscalable(names: Iterable[str], scaled: Test, null: Test) -> list[str]:
    """Measures that rest on a scaling factor below 0, of the model or the baseline: a chi-square has no such mean."""
    comparing = {f"{name}_{kind}" for name in COMPARATIVE for kind in ("scaled", "robust")}
    own = [name for name in names if name.endswith(("_scaled", "_robust", "scaling_factor")) and name != "df_scaled"]
    ofbase = [name for name in own if name.startswith("baseline_") or name in comparing]
    if scaled.scaling < 0:
        return [name for name in own if not name.startswith("baseline_")] + (ofbase if null.scaling < 0 else [])
    return [name for name in ofbase if name != "baseline_df_scaled"] if null.scaling < 0 else []


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


def _others(fitted: Fitted, test: Test, npar: int) -> dict[str, float]:
    n, df = fitted.weight, test.df
    rate = test.chisq / n

    def critical_n(alpha: float) -> float:
        return float(chdtri(df, alpha)) / rate + 1.0 if df > 0 and test.chisq > index.NOTHING else math.nan

    out = {"cn_05": critical_n(0.05), "cn_01": critical_n(0.01)}
    out |= goodness_of_fit(fitted, df)
    if fitted.levels:
        out["wrmr"] = weighted_root_mean_residual(fitted, test.chisq)
    out["mfi"] = float(np.exp(-0.5 * (test.chisq - df) / n))
    return out if fitted.levels else out | {"ecvi": rate + 2.0 * npar / n}
