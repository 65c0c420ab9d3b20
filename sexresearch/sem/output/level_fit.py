"""`level_fit`: how well each level of a model of two levels fits, judged by itself."""

from __future__ import annotations

import math

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import OptionError
from sexresearch.sem.estimation.baseline import baseline
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.one_level import restricted_at
from sexresearch.sem.estimation.two_level_samples import clusters_of
from sexresearch.sem.inference.chisquare import Test, scaled_test, standard_test
from sexresearch.sem.inference.incremental_indices import cfi, tli
from sexresearch.sem.inference.rmsea import rmsea
from sexresearch.sem.inference.root_mean_square_residuals import LEVELS, root_mean_square_residuals
from sexresearch.sem.output.results import Results
from sexresearch.sem.threads import one_thread

NOTHING_TO_TEST = "no degrees of freedom at this level: its model reproduces any data"
COLUMNS = ("level", "n", "chisq", "df", "pvalue", "cfi", "tli", "rmsea", "srmr", "note")


@in_words
@one_thread
def level_fit(results: Results) -> pd.DataFrame:
    """How well does each level fit by itself? Tests and indices of a model of two levels, level by level.

    The test of both levels together hardly notices what is wrong between clusters, of which there are fewer than
    respondents. Here the model of one level is tested while the other one is free to be whatever the data say.

    Parameters
    ----------
    results : Results
        A converged fit of a model of two levels.

    Returns
    -------
    DataFrame
        One row per level: level, n (rows less clusters within, clusters between), chisq, df, pvalue, cfi, tli, rmsea,
        srmr (of that level), note. The test, and the indices made of it, are scaled where the fit's is (MLR). Without
        degrees of freedom at a level p value and RMSEA are missing. note says why numbers are missing, and what ties
        both levels together and is not tested.

    Raises
    ------
    OptionError
        The model has one level, or the fit did not converge.

    Notes
    -----
    Partially saturated models (Ryu & West 2009, doi 10.1080/10705510903203466): all means, variances and covariances
    of the other level are free. The baseline of a level has its variables unrelated and the other level as free.
    rmsea is sqrt(max(chisq - df, 0) / (df n)), times the root of the number of groups. Between, n is the number J of
    clusters, as in lavaan from 0.7-3. Within it is N - J: in equal clusters chisq is that of a model of the pooled
    covariances from so many rows, and so is rmsea. Programs that divide by N there say less, by sqrt(1 - J / N).

    Examples
    --------
    >>> import sexresearch as sx
    >>> population = "level: 1\\n f =~ 0.8*a + 0.7*b + 0.6*c + 0.7*d\\nlevel: 2\\n g =~ 0.6*a + 0.5*b + 0.4*c + 0.5*d"
    >>> data = sx.simulate(population, 800, seed=1, design=sx.Design(clusters=80))
    >>> text = "level: 1\\n f =~ a + b + c + d\\nlevel: 2\\n g =~ a + b + c + d"
    >>> found = level_fit(sx.fit(text, data, cluster="cluster"))
    >>> found[["level", "n", "df"]].to_numpy().tolist()
    [[1.0, 720.0, 2.0], [2.0, 80.0, 2.0]]
    """
    if not isinstance(results, Results):
        raise OptionError(f"level_fit takes the Results of a fit; found {type(results).__name__}")
    fitted = results.fitted
    if not fitted.table.levels:
        raise OptionError("level_fit takes models of two levels; this one has one: its fit is results.fit_measures")
    if not results.converged:
        raise OptionError("level_fit needs a fit that converged")
    null = baseline(fitted)
    return pd.DataFrame([_row(fitted, null, level) for level in (1, 2)], columns=list(COLUMNS))


def _row(fitted: Fitted, null: Fitted, level: int) -> tuple[object, ...]:
    clusters = float(clusters_of(fitted.samples).sum())
    n = fitted.n - clusters if level == 1 else clusters
    own = restricted_at(fitted, level)
    if not own.fitted.constrained.solution.converged:
        nothing = (math.nan,) * 7
        return level, n, *nothing, "the model with the other level free did not converge"
    test, base = (_test(one) for one in (own.fitted, restricted_at(null, level).fitted))
    numbers, df, groups = (test.chisq, test.df, base.chisq, base.df), int(test.df), fitted.table.n_groups
    near = rmsea(test.chisq, test.df, n, groups) if df else math.nan
    srmr = root_mean_square_residuals(own.fitted)[LEVELS[level - 1]]
    note = "; ".join(filter(None, (own.left_out, "" if df else NOTHING_TO_TEST)))
    return level, n, test.chisq, df, test.pvalue, cfi(*numbers), tli(*numbers), near, srmr, note


def _test(fitted: Fitted) -> Test:
    return scaled_test(fitted) if fitted.options.robust_test else standard_test(fitted)
