"""`bootstrap`: refit a model to resampled rows and keep what comes out, failures included."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Literal, get_args

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import DataError, ModelError, OptionError, SexresearchError
from sexresearch.sem.after.group_rows import was_added_up
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.unit_tables import gigabytes
from sexresearch.sem.estimation.degrees import degrees_of_freedom
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.inference.chisquare import standard_test
from sexresearch.sem.output.results import Results
from sexresearch.sem.resampling.bootstrap_table import Bootstrap
from sexresearch.sem.resampling.drawn_clusters import holds_clusters, resampled_clusters
from sexresearch.sem.resampling.draws import answers_behind, bent_to_model, drawable, resampled, simulated
from sexresearch.sem.resampling.many_fits import batch
from sexresearch.sem.resampling.run import Job, run
from sexresearch.sem.resampling.sample_source import SampleSource
from sexresearch.sem.resampling.uncertainty import no_resampler
from sexresearch.sem.workers import Workers, refuse_workers

Resampling = Literal["nonparametric", "bollen-stine", "parametric"]
KINDS = get_args(Resampling)
Statistic = Callable[[Results], "float | pd.Series | Mapping[str, float]"]


@in_words
def bootstrap(
    results: Results,
    replicates: int = 5000,
    seed: int = 1,
    statistic: Statistic | None = None,
    kind: Resampling = "nonparametric",
    cluster: pd.Series | str | None = None,
    workers: Workers | None = None,
) -> Bootstrap:
    """Refit the model to many samples like the one at hand.

    Parameters
    ----------
    results : Results
        A fit that converged.
    replicates : int
        Samples, at least 2.
    seed : int
        Whole number of at least 0 that decides the samples.
    statistic : callable, optional
        A function of `Results` that gives a number, or several by name; it is applied to every refit, which then costs
        a full fit instead of a fraction of a millisecond.
    kind : {"nonparametric", "bollen-stine", "parametric"}
        "nonparametric" draws rows with replacement within each group, whole clusters for models of two levels;
        "bollen-stine" does so after bending the rows to the model, so that the chi-square shows what the test does when
        the model holds; "parametric" draws rows from the fitted normal distribution.
    cluster : Series or str, optional
        Draw whole clusters: labels indexed like the data. Default: the clusters of the fit, if any. Of a source that
        was added up, the clusters of the fit are drawn by their sums, or by their tables where items are ordered, and
        nothing is read again; rows of such a source are not drawn.
    workers : int or dask.distributed.Client, optional
        Threads, or a cluster; the replicates are the same for any number of them. Default: 1.

    Returns
    -------
    Bootstrap
        Replicates, intervals, the Bollen-Stine p value, and failures: a replicate that cannot be estimated is counted
        with its reason. Interrupting keeps the replicates done so far.

    Raises
    ------
    ModelError
        The fit did not converge.
    OptionError
        An unknown kind, one that does not go with the fit, or a number out of its range.
    DataError
        Cluster labels that do not match the rows of the data.

    Notes
    -----
    Sampling weights stay with their rows; answers with gaps are refitted by FIML where the fit was. Efron & Tibshirani
    1993, doi 10.1007/978-1-4899-4541-9; Bollen & Stine 1992, doi 10.1177/0049124192021002004.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=200)
    >>> m = 0.5 * x + rng.normal(size=200)
    >>> data = pd.DataFrame({"x": x, "m": m, "y": 0.5 * m + rng.normal(size=200)})
    >>> found = bootstrap(fit("m ~ a*x; y ~ b*m; indirect := a*b", data), replicates=200)
    >>> found.intervals("bca").query("lhs == 'indirect'")[["ci_lower", "ci_upper"]].round(1).to_numpy().tolist()
    [[0.1, 0.3]]
    """
    _refuse(results, replicates, seed, kind, workers)
    fitted = results.fitted
    codes = _clusters(fitted, cluster)
    _refuse_kind(fitted, kind, codes)
    tested = kind == "bollen-stine"
    measure = ReplicateStatistic(results, statistic, tested) if tested or statistic is not None else None
    own = named_values(statistic, results) if statistic is not None else None
    engine = batch(fitted, gaps=kind == "nonparametric") if statistic is None else None
    job = Job(fitted, _source(fitted, seed, kind, codes, measure is None), engine, measure, tested)
    outcome = run(job, replicates, workers or 1)
    observed = standard_test(fitted).chisq if tested else None
    return Bootstrap(results, kind, seed, replicates, outcome, job, observed, own)


def _refuse(results: Results, replicates: int, seed: int, kind: str, workers: Workers | None) -> None:
    if not isinstance(results, Results):
        raise OptionError(f"bootstrap needs the Results of a fit; found {type(results).__name__}")
    if results.provenance.engine != "native":
        raise OptionError(no_resampler(results.provenance.engine))
    for name, value, least in (("replicates", replicates, 2), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
            raise OptionError(f"{name} must be a whole number of at least {least}; found {value!r}")
    refuse_workers(workers)
    if kind not in KINDS:
        raise OptionError(f"kind {kind!r} is not known; allowed: {', '.join(KINDS)}")
    if not results.converged:
        raise ModelError("the fit did not converge, so there is nothing to resample: see results.problems")


def _refuse_kind(fitted: Fitted, kind: str, codes: list[Array] | None) -> None:
    if kind != "parametric" and not (drawable(fitted) if kind == "nonparametric" else answers_behind(fitted)):
        raise OptionError(_no_rows(fitted))
    if fitted.categories and kind != "nonparametric":
        raise OptionError(f"kind {kind!r} makes continuous answers; with ordered variables use kind='nonparametric'")
    if kind != "nonparametric" and (codes is not None or not is_plain(fitted)):
        raise OptionError(f"kind {kind!r} knows neither clusters nor sampling weights; use kind='nonparametric'")
    if kind == "bollen-stine" and fitted.options.missing != "listwise":
        raise OptionError(f"kind 'bollen-stine' needs complete rows; the fit has missing={fitted.options.missing!r}")
    if kind == "bollen-stine" and degrees_of_freedom(fitted) == 0:
        raise OptionError("the model is saturated (df = 0): kind 'bollen-stine' has nothing to test")


def _no_rows(fitted: Fitted) -> str:
    if not was_added_up(fitted):
        return f"{no_rows(fitted)}; use kind='parametric', or fit the respondents' answers"
    instead = "use kind='parametric', or fit" if is_plain(fitted) else "fit"
    return f"{no_rows(fitted)}. Or {instead} a data frame"


def no_rows(fitted: Fitted) -> str:
    """Why no rows can be drawn of a fit that holds none."""
    if not was_added_up(fitted):
        return "moments hold no rows to draw"
    return (
        "the rows of a source were added up and are not there to draw. Whole clusters are drawn from their sums"
        f"{_where_clusters(fitted)}"
    )


def _where_clusters(fitted: Fitted) -> str:
    options = fitted.options
    if not fitted.categories or options.cluster is None:
        also = ", those of ordered items from their tables"
        return f"{also}: fit complete answers of one level, or ordered items alone, with cluster="
    weighted, squares = options.sampling_weights is not None, options.discrepancy == "DWLS"
    units = sum(len(sample.cluster_sizes) for sample in fitted.samples if sample.cluster_sizes is not None)
    items, most = len(fitted.categories), max(map(len, fitted.categories.values()))
    size = gigabytes(units, items, most, options.missing == "listwise", weighted, squares)
    less = "; or use estimator='ULSMV', which needs no tables of squared weights" if weighted and squares else ""
    return (
        f", but tables of all pairs of these {items} items in {units:,} clusters take {size:.1f} GB, more "
        f"than is held: fewer items or categories, or clusters of more rows, take less{less}"
    )


def is_plain(fitted: Fitted) -> bool:
    """Whether the normal distribution of the model may stand for the rows: no clusters, weights or ordered items."""
    return fitted.options.cluster is None and fitted.options.sampling_weights is None and not fitted.categories


def _clusters(fitted: Fitted, cluster: pd.Series | str | None) -> list[Array] | None:
    """Cluster codes of the rows of each group, by the row labels of the data."""
    own = [answers.clusters for answers in answers_behind(fitted)]
    given = [codes for codes in own if codes is not None]
    if cluster is None or (isinstance(cluster, str) and cluster == fitted.options.cluster):
        return given or None
    if fitted.table.levels:
        raise OptionError(
            f"a model of two levels draws its own clusters ({fitted.options.cluster}); leave cluster= out"
        )
    if holds_clusters(fitted):
        raise OptionError(
            f"of a source the clusters of the fit are drawn ({fitted.options.cluster}); leave cluster= out"
        )
    if not isinstance(cluster, pd.Series):
        raise OptionError(f"cluster takes the column itself, as in cluster=data['branch']; found {cluster!r}")
    labels = [sample.answers.index for sample in fitted.samples if sample.answers is not None]
    if not cluster.index.is_unique or any(not index.isin(cluster.index).all() for index in labels):
        raise DataError("the cluster labels must carry the row labels of the fitted data, each once")
    codes = pd.Series(pd.factorize(cluster)[0], index=cluster.index)
    picked = [codes.loc[index].to_numpy() for index in labels]
    missing = sum(int((part < 0).sum()) for part in picked)
    if missing:
        raise DataError(f"{missing} rows of the fit have no cluster label; drop them before fitting")
    return picked


def _source(fitted: Fitted, seed: int, kind: str, codes: list[Array] | None, bare: bool) -> SampleSource:
    if kind == "parametric":
        return simulated(fitted, seed)
    if holds_clusters(fitted):
        return resampled_clusters(fitted, seed)
    source = resampled(fitted, seed, codes, bare)
    return replace(source, groups=bent_to_model(fitted)) if kind == "bollen-stine" else source


@dataclass(frozen=True)
class ReplicateStatistic:
    """What to measure on every refit: the user's statistic, where there is one, and whether the chi-square."""

    results: Results
    statistic: Statistic | None
    tested: bool

    def __call__(self, fitted: Fitted) -> dict[str, float]:
        test = {"chisq": standard_test(fitted).chisq} if self.tested else {}
        if self.statistic is None:
            return test
        errors = np.full((fitted.table.n_free,) * 2, np.nan) if fitted.options.se == "bootstrap" else None
        return test | named_values(self.statistic, replace(self.results, fitted=fitted, errors=errors))


def named_values(statistic: Statistic, results: Results) -> dict[str, float]:
    """The statistic's values by name; ModelError where it fails."""
    try:
        values = statistic(results)
        named = dict(values) if isinstance(values, pd.Series | Mapping) else {"statistic": values}
        return {str(name): float(np.asarray(value)) for name, value in named.items()}
    except SexresearchError:
        raise
    except Exception as error:
        raise ModelError(f"the statistic raised {type(error).__name__}: {error}") from error
