"""`fit_many`: one model fitted to every branch, store or country by itself, thousands at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import DataError, ModelError, OptionError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.moments import Moments
from sexresearch.sem.data.observed import Columns, frame_of
from sexresearch.sem.data.pieces import Reader
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.data.sample_of_rows import whole_sample
from sexresearch.sem.data.sources import FrameSource, columns_behind, source_behind
from sexresearch.sem.data.streamed import GROUP, SourceSums
from sexresearch.sem.data.sums import moments_of
from sexresearch.sem.data.weighted_moments import WeighedGroup
from sexresearch.sem.estimation.degrees import degrees_of_freedom, refuse_overfull, refuse_unidentified
from sexresearch.sem.estimation.estimate import estimate
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.fitting import Fitting, options_of
from sexresearch.sem.implied.structure import join_moments
from sexresearch.sem.language.model import Model
from sexresearch.sem.partial_pooling import partly_pooled
from sexresearch.sem.planning.wanted import TargetEffect, estimates, standard_errors, wanted_effects
from sexresearch.sem.resampling.many_errors import covariances
from sexresearch.sem.resampling.many_fits import Batch, batch, fit_batch
from sexresearch.sem.resampling.many_measures import many_measures
from sexresearch.sem.resampling.refit import BROKEN, error_text, refit_samples
from sexresearch.sem.resampling.row_values import exogenous_rows
from sexresearch.sem.streaming import sums_of
from sexresearch.sem.threads import one_thread
from sexresearch.sem.workers import Workers, refuse_workers, shared_results

MEASURES = ("chisq", "rmsea", "cfi", "srmr")
BRANCHES_AT_ONCE = 512
NEGATIVE = -1e-8  # of the smallest variance in a branch, below which an estimated one is negative beyond rounding
FLAT = 1e-10  # of the mean variance in a branch, up to which a variable does not vary there


@in_words
def fit_many(
    model: Model | str,
    data: pd.DataFrame | object,
    by: str,
    *,
    effects: Sequence[str] | None = None,
    fitting: Fitting | None = None,
    workers: Workers | None = None,
) -> pd.DataFrame:
    """Fit one model to every branch by itself, and draw branches with few respondents towards the common value.

    Parameters
    ----------
    model : Model or str
        lavaan model text, of one level and without ordered variables.
    data : DataFrame or Survey
        Or any source that `fit` reads: it is read once, and only sums of each branch are kept.
    by : str
        Column of the branches.
    effects : sequence of str, optional
        Labels, ``:=`` names or formulas such as "loyalty ~ delight". Default: every regression and definition, or every
        loading where the model has neither.
    fitting : Fitting, optional
        How the models are completed; maximum likelihood from complete rows. Default: as in `fit`.
    workers : int or dask.distributed.Client, optional
        Threads, or a cluster, which is sent covariances and no rows. Default: 1.

    Returns
    -------
    DataFrame
        One row for each branch and effect: branch, nobs, effect, est, se; pooled, pooled_se and pooled_share, how much
        of it is the common value; chisq, df, rmsea, cfi and srmr of the branch's model; converged and reason. A branch
        that cannot be estimated has no est, its reason, and the common value as pooled; where a variance is negative,
        reason says which.

    Raises
    ------
    ModelError, ModelSyntaxError
        The text cannot be read, or the model is not identified, or does not converge for all branches together.
    DataError
        A column is absent or holds no numbers.
    OptionError
        What is not maximum likelihood from complete rows.

    Notes
    -----
    All branches start at the estimates of the pooled covariances within branches and are minimised together. Partial
    pooling is parametric empirical Bayes, effect by effect: Morris 1983, doi 10.1080/01621459.1983.10477920; Efron &
    Morris 1975, doi 10.1080/01621459.1975.10479864. It takes branches as a sample of like ones; `plots.caterpillar`
    shows what it makes of them.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame({"x": rng.normal(size=3000), "branch": np.arange(3000) % 60})
    >>> data["y"] = 0.5 * data["x"] + rng.normal(size=3000)
    >>> found = fit_many("y ~ x", data, by="branch")
    >>> len(found), bool(found["converged"].all()), bool(found["pooled"].std() < found["est"].std())
    (60, True, True)
    """
    model = model if isinstance(model, Model) else Model(model)
    refuse_workers(workers)
    options = _plain(model, options_of(fitting or Fitting()))
    branches = _read(model, data, by)
    return _frame(_fitted(model, branches, options, workers or 1), effects)


def _plain(model: Model, options: Options) -> Options:
    wrong = {
        "estimator": options.estimator if options.estimator not in (None, "ML") else None,
        "missing": options.missing if options.missing != "listwise" else None,
        "ordered": options.ordered or None,
        "cluster": options.cluster,
        "sampling_weights": options.sampling_weights,
        "cluster_weights": options.cluster_weights,
        "auxiliary": options.auxiliary or None,
        "se": options.se if options.se not in (None, "standard") else None,
    }
    refused = [f"{name}={value!r}" for name, value in wrong.items() if value is not None]
    if refused or model.statements.levels or model.with_thresholds or model.statements.blocks:
        given = ", ".join(refused) or "levels, groups or thresholds in the model text"
        raise OptionError(f"fit_many fits by maximum likelihood from complete rows; found {given}")
    return options


def _read(model: Model, data: object, by: str) -> SourceSums:
    if not isinstance(by, str):
        raise OptionError(f"by names the column of the branches; found {by!r}")
    source = source_behind(data)
    source = FrameSource(frame_of(data)) if source is None else source
    columns = Columns(model.observed, by)
    absent = [name for name in (*model.observed, by) if columns_behind([name], source.names) is None]
    if absent:
        raise DataError(f"columns not in the data: {absent}; the data have {list(map(str, source.names))[:20]}")
    return sums_of(Reader(source, columns), gaps=False)


@dataclass(frozen=True)
class _Branches:
    """What was fitted: the common fit, and for each branch its size, estimates, exogenous rows, measures, reasons."""

    common: Fitted
    labels: list[object]
    nobs: Array
    theta: Array
    fixed: Array
    measures: dict[str, Array]
    reasons: list[str]


@one_thread
def _fitted(model: Model, branches: SourceSums, options: Options, workers: Workers) -> _Branches:
    totals, names = branches.totals, model.observed
    place = {int(key) // GROUP: slot for slot, key in enumerate(totals.keys)}
    numbers = branches.groups
    known = [number for number in numbers if number in place]
    slots = np.array([place[number] for number in known], dtype=int)
    enough = totals.rows[slots] > len(names)
    if not enough.any():
        raise DataError(f"no branch has more complete rows than the {len(names)} variables of the model")
    made = [moments_of(row, totals.centre) for row in totals.sums[slots]]
    n = totals.rows[slots].astype(float)
    mean, cov = np.array([own[0] for own in made]), np.array([own[1] for own in made])
    common = _common(model, options, names, n, mean, cov)
    theta, fixed, why, measures = _each(common, names, (n, mean, cov), enough, workers)
    full = {number: k for k, number in enumerate(known)}
    at = np.array([full.get(number, -1) for number in numbers])
    empty = at < 0

    def spread(values: Array) -> Array:
        return np.where(empty.reshape(-1, *[1] * (values.ndim - 1)), np.nan, values[at])

    reasons = ["no complete rows" if k < 0 else why[k] for k in at.tolist()]
    return _Branches(
        common, branches.labels, np.where(empty, 0, n[at]).astype(int), spread(theta), spread(fixed),
        {name: spread(values) for name, values in measures.items()}, reasons,
    )  # fmt: skip


def _common(model: Model, options: Options, names: Sequence[str], n: Array, mean: Array, cov: Array) -> Fitted:
    """The model fitted to the covariances within branches, pooled by their rows, and to the mean of all rows."""
    labels = list(names)
    within = np.einsum("b,bij->ij", n, cov) / (n.sum() - len(n) or 1.0)
    moments = Moments(
        pd.DataFrame(within, index=labels, columns=labels), int(n.sum()), pd.Series(n @ mean / n.sum(), index=labels)
    )
    fitted = estimate(model, None, moments, replace(options, meanstructure=bool(options.meanstructure)))[0]
    refuse_overfull(degrees_of_freedom(fitted))
    refuse_unidentified(fitted)
    if not fitted.constrained.solution.converged:
        raise ModelError("the model does not converge where all branches are taken together: fit it by itself first")
    return fitted


def _each(
    common: Fitted, names: Sequence[str], own: Sampled, enough: Array, workers: Workers
) -> tuple[Array, Array, list[str], dict[str, Array]]:
    """Estimates (b, q), exogenous rows (b, e), why not, and measures of fit (b,) by name."""
    structure, (n, mean, cov) = common.structures[0], own
    order = [list(names).index(name) for name in common.table.roles[0].observed]
    mean, cov = mean[:, order], cov[:, order][:, :, order]
    regular = enough & _regular(cov)
    q, e = len(common.theta), sum(row.exogenous for row in common.table.rows)
    theta, fixed = np.full((len(n), q), np.nan), np.full((len(n), e), np.nan)
    why = ["" if ok else f"too few complete rows for {len(names)} variables" for ok in enough]
    flat = "a variable does not vary, or follows from others"
    why = [text or ("" if ok else flat) for text, ok in zip(why, regular, strict=True)]
    measures = {name: np.full(len(n), np.nan) for name in MEASURES}
    engine = batch(common)
    rows = np.flatnonzero(regular)
    if engine is not None and len(rows):
        parts = [part.tolist() for part in np.array_split(rows, -(-len(rows) // BRANCHES_AT_ONCE))]
        work = _Together(common, engine, (n, mean, cov), structure.has_means)
        for part, fits in zip(parts, shared_results(parts, work, workers), strict=False):
            theta[part] = fits
    for number in rows[~np.isfinite(theta[rows]).all(axis=1)].tolist():
        theta[number], why[number] = _alone(common, n[number], mean[number], cov[number])
    done = np.flatnonzero(np.isfinite(theta).all(axis=1))
    for number in done.tolist():
        why[number] = _negative(common, theta[number], cov[number])
    if engine is not None and len(done):
        settled = [_weighed(engine, done, (n, mean, cov), structure.has_means)]
        fixed[done] = exogenous_rows(common, [form.order for form in engine.forms], [settled[0].moment])
        for name, values in many_measures(engine, common, theta[done], fixed[done], settled).items():
            measures[name][done] = values
    return theta, fixed, why, measures


def _regular(cov: Array) -> Array:
    """(b,) whether every variable varies and none follows from others; what is left of a constant is rounding."""
    variances = np.einsum("bii->bi", cov)
    sd = np.sqrt(np.where(variances > FLAT * variances.mean(axis=0), variances, 0.0))
    safe = np.where(sd > 0, sd, 1.0)
    lowest = np.linalg.eigvalsh(cov / safe[:, :, None] / safe[:, None, :])[:, 0]
    return (sd > 0).all(axis=1) & (lowest > 1e-10)


Sampled = tuple[Array, Array, Array]


def _weighed(engine: Batch, part: Array, own: Sampled, has_means: bool) -> WeighedGroup:
    n, mean, cov = (values[part] for values in own)
    order = engine.forms[0].order
    if has_means:
        joined = np.array([join_moments(m, c) for m, c in zip(mean, cov, strict=True)])
        return WeighedGroup(joined[:, order[:, None], order], n)
    return WeighedGroup(cov[:, order[:, None], order], n)


@dataclass(frozen=True)
class _Together:
    """Fits some of the branches at once: what a worker is sent."""

    common: Fitted
    engine: Batch
    own: Sampled
    has_means: bool

    def __call__(self, numbers: Sequence[int]) -> Array:
        """(branches, q) their estimates, NaN where they do not settle."""
        with np.errstate(all="ignore"):
            return fit_batch(self.engine, [_weighed(self.engine, np.array(numbers), self.own, self.has_means)])


def _alone(common: Fitted, n: float, mean: Array, cov: Array) -> tuple[Array, str]:
    """One branch by the careful minimiser: its estimates, or why there are none."""
    old: Sample = common.samples[0]
    sample = whole_sample(None, old.names, int(n), n, mean, cov, common.structures[0].has_means, None)
    try:
        return refit_samples(common, (sample,)).theta, ""
    except BROKEN as error:
        return np.full(len(common.theta), np.nan), error_text(error)


def _negative(common: Fitted, theta: Array, cov: Array) -> str:
    """Which free variances of one branch are negative beyond rounding; empty where none is."""
    unit = float(np.diag(cov).min())
    return "; ".join(
        f"negative variance (Heywood case): {row.name} = {theta[row.free]:.3g}"
        for row in common.table.rows
        if row.free >= 0 and row.op == "~~" and row.lhs == row.rhs and theta[row.free] < NEGATIVE * unit
    )


def _frame(branches: _Branches, effects: Sequence[str] | None) -> pd.DataFrame:
    common, wanted = branches.common, wanted_effects(branches.common, effects)
    done = np.isfinite(branches.theta).all(axis=1)
    est, se = (np.full((len(branches.labels), len(wanted)), np.nan) for _ in range(2))
    if done.any():
        own = branches.theta[done], branches.fixed[done]
        est[done], se[done] = estimates(common, wanted, *own), _errors(common, wanted, *own, branches.nobs[done])
    parts = []
    for k, effect in enumerate(wanted):
        pooled = partly_pooled(est[:, k], se[:, k])
        parts.append(
            pd.DataFrame(
                {
                    "branch": branches.labels,
                    "nobs": branches.nobs,
                    "effect": effect.name,
                    "est": est[:, k],
                    "se": se[:, k],
                }
                | {"pooled": pooled.estimates, "pooled_se": pooled.errors, "pooled_share": pooled.shares}
                | {"chisq": branches.measures["chisq"], "df": degrees_of_freedom(common)}
                | {name: branches.measures[name] for name in MEASURES[1:]}
                | {"converged": done, "reason": branches.reasons}
            )
        )
    frame = pd.concat(parts, ignore_index=True)
    order = np.arange(len(frame)).reshape(len(wanted), -1).T.ravel()
    return frame.iloc[order].reset_index(drop=True)


def _errors(common: Fitted, wanted: Sequence[TargetEffect], theta: Array, fixed: Array, n: Array) -> Array:
    """(b, effects) standard errors from the expected information of each branch."""
    vcov = covariances(common, theta, fixed, (1,)) / n[:, None, None]
    return standard_errors(common, wanted, theta, fixed, vcov)
