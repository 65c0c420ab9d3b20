"""`how_many_factors`: eigenvalues beside random ones, and the fit of so many exploratory factors, in one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.chain.measurement.efa import efa_text, items_of
from sexresearch.chain.measurement.parallel import parallel_analysis
from sexresearch.errors import OptionError
from sexresearch.sem import Fitting, Model
from sexresearch.sem.view import quiet_fit, reported
from sexresearch.survey import Survey

MEASURES = ("chisq", "df", "pvalue", "cfi", "rmsea", "srmr")


@in_words
def how_many_factors(
    data: pd.DataFrame | Survey,
    items: Sequence[str] | None = None,
    *,
    most: int | None = None,
    replicates: int = 500,
    seed: int = 1,
    fitting: Fitting | None = None,
) -> pd.DataFrame:
    """How many factors stand behind the items? Parallel analysis, and fit by number of factors.

    Parameters
    ----------
    data : DataFrame or Survey
        One row per respondent.
    items : sequence of str, optional
        Columns to analyse. Default: all items of a Survey, all columns of a DataFrame.
    most : int, optional
        The largest number of factors. Default: two more than parallel analysis keeps, as far as items can hold them.
    replicates, seed : int
        Of `parallel_analysis`, which takes complete rows.
    fitting : Fitting, optional
        How factors are fitted: estimator, missing, ordered, …, as in `fit`. Default: maximum likelihood from complete
        rows.

    Returns
    -------
    DataFrame
        One row per number of factors: factors, eigenvalue, random, kept (as `parallel_analysis`), chisq, df, pvalue,
        cfi, rmsea, srmr (those that the estimator calls for, robust where it is), bic (missing without a likelihood),
        note (why a number is missing, or what is wrong with the solution).

    Raises
    ------
    DataError, OptionError
        As `parallel_analysis` and `efa`.

    Notes
    -----
    Horn 1965, doi 10.1007/BF02289447; fit by number of factors: Preacher, Zhang, Kim & Mels 2013,
    doi 10.1080/00273171.2012.710386. Fit does not depend on rotation.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> common = np.repeat(rng.normal(size=(300, 2)), 3, axis=1)
    >>> data = pd.DataFrame(common + rng.normal(size=(300, 6)), columns=list("abcdef"))
    >>> found = how_many_factors(data, replicates=50)
    >>> found[["factors", "kept", "df"]].values.tolist()
    [[1, True, 9], [2, True, 4], [3, False, 0]]
    """
    names = items_of(data, items)
    rows = parallel_analysis(data, names, replicates=replicates, seed=seed)
    p = len(names)
    hold = max((k for k in range(1, p) if (p - k) ** 2 >= p + k), default=0)
    wanted = min(int(rows["kept"].sum()) + 2, hold) if most is None else most
    if isinstance(wanted, bool) or not isinstance(wanted, Integral) or not 1 <= wanted <= hold:
        raise OptionError(f"{p} items can hold 1 to {hold} factors; found most={most!r}")
    fits = pd.DataFrame([_fit(data, names, k + 1, fitting or Fitting()) for k in range(int(wanted))])
    table = rows[: int(wanted)].rename(columns={"factor": "factors"}).reset_index(drop=True)
    return pd.concat([table, fits], axis=1)


def _fit(data: pd.DataFrame | Survey, names: Sequence[str], factors: int, fitting: Fitting) -> dict[str, object]:
    """Measures of one number of factors."""
    unrotated = replace(fitting, rotation="none", bounds=fitting.bounds or "pos_var")
    results = quiet_fit(Model(efa_text(names, factors)), data, unrotated)
    shown = reported(results)
    row: dict[str, object] = {name: shown.value(name) for name in MEASURES}
    row["df"] = int(results.fit_measures["df"])
    row["bic"] = float(results.fit_measures.get("bic", np.nan))
    return row | {"note": "; ".join(results.inadmissible)}
