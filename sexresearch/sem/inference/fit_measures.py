"""Every fit measure of a fitted model, under lavaan's names with ``.`` written ``_``."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import pandas as pd

from sexresearch.sem.estimation.baseline import baseline
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.inference.chisquare import Test, scaled_measures, scaled_test, standard_test
from sexresearch.sem.inference.goodness_of_fit import goodness_measures
from sexresearch.sem.inference.incremental_indices import incremental
from sexresearch.sem.inference.information_criteria import likelihood_measures
from sexresearch.sem.inference.rmsea import rmsea_measures
from sexresearch.sem.inference.robust_indices import robust_indices
from sexresearch.sem.inference.root_mean_square_residuals import root_mean_square_residuals
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
        out |= scaled_measures("", scaled)
    if scaled is not None and not math.isnan(scaled.h1):
        out |= {"scaling_factor_h1": scaled.h1, "scaling_factor_h0": scaled.h0}
    out |= {"baseline_chisq": base.chisq, "baseline_df": base.df, "baseline_pvalue": base.pvalue}
    if scaled is not None and null_scaled is not None:
        out |= scaled_measures("baseline_", null_scaled)
    out |= incremental(test, base)
    if scaled is not None and null_scaled is not None:
        out |= {f"{name}_scaled": value for name, value in incremental(scaled, null_scaled).items()}
    out |= likelihood_measures(fitted, npar)
    out |= rmsea_measures(fitted, test, scaled)
    out |= robust_indices(fitted, null, (test, base), scaled, null_scaled)
    out |= root_mean_square_residuals(fitted)
    out |= {} if fitted.table.levels else goodness_measures(fitted, test, npar)
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
