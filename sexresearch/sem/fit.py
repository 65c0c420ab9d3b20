"""`fit`: model and data in, `Results` out."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, get_args

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import DataError, ModelSyntaxError, OptionError
from sexresearch.escaping import visible
from sexresearch.sem.data.moments import Moments
from sexresearch.sem.data.observed import column_names, used_columns
from sexresearch.sem.data.ordered_columns import refuse_unknown
from sexresearch.sem.engines.sam_groups import sam_solution
from sexresearch.sem.engines.semopy_engine import semopy_solution
from sexresearch.sem.estimation.degrees import degrees_of_freedom, refuse_overfull, refuse_unidentified
from sexresearch.sem.estimation.estimate import columns_of, estimate
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.options import (
    ENGINES,
    Bounds,
    Engine,
    Estimator,
    Information,
    Missing,
    Options,
    StandardErrors,
    TestOfFit,
)
from sexresearch.sem.estimation.rotated import refuse_unrotated, rotated_fit
from sexresearch.sem.estimation.settled import replaced
from sexresearch.sem.fitting import Fitting, options_of
from sexresearch.sem.language.equality import EqualAcrossGroups
from sexresearch.sem.language.model import Model, Parameterization
from sexresearch.sem.language.names import column_hint, factors
from sexresearch.sem.output.problems import problems
from sexresearch.sem.output.provenance import Provenance, provenance
from sexresearch.sem.output.results import Results
from sexresearch.sem.resampling.replicate_errors import SEED, bootstrap_errors
from sexresearch.sem.rotation.method import Method as RotationMethod
from sexresearch.sem.rotation.method import Rotation
from sexresearch.sem.streaming import from_pieces

Method = Literal["joint", "sam"]
METHODS = get_args(Method)


class FitWarning(UserWarning):
    """Something about a fit deserves a look; the same words stand in `results.problems`."""


@in_words
def fit(
    model: Model | str,
    data: pd.DataFrame | object | None = None,
    *,
    moments: Moments | Mapping[Any, Moments] | None = None,
    estimator: Estimator | str | None = None,
    missing: Missing | str = "listwise",
    auxiliary: Sequence[str] = (),
    ordered: bool | Sequence[str] | None = None,
    group: str | None = None,
    group_equal: Sequence[EqualAcrossGroups | str] = (),
    group_partial: Sequence[str] = (),
    cluster: str | None = None,
    sampling_weights: str | None = None,
    cluster_weights: str | None = None,
    std_lv: bool = False,
    meanstructure: bool | None = None,
    fixed_x: bool = True,
    orthogonal: bool = False,
    se: StandardErrors | str | None = None,
    test: TestOfFit | str | None = None,
    information: Information | str | None = None,
    bounds: Bounds | str | None = None,
    parameterization: Parameterization | str | None = None,
    int_ov_free: bool = True,
    int_lv_free: bool = False,
    auto_fix_first: bool = True,
    auto_fix_single: bool = True,
    auto_var: bool = True,
    auto_cov_lv_x: bool = True,
    auto_cov_y: bool = True,
    rotation: Rotation | RotationMethod | str = "geomin",
    engine: Engine = "native",
    method: Method = "joint",
) -> Results:
    """Fit a structural equation model; names, defaults and meaning of the options are those of lavaan's `sem()`.

    Parameters
    ----------
    model : Model or str
        lavaan model text, or a `Model`, read once and reusable.
    data : DataFrame or Survey, optional
        One row per respondent; columns that the model does not name are ignored. Or a table of polars or Arrow; or, of
        which only the columns in use are read: the path of a Parquet file or folder, an Arrow data set, a lazy table
        (DuckDB, polars, Ibis, Dask), "duckdb://FILE#TABLE". Of these, rows are added up piece by piece and never held,
        unless some variables are ordered and others not, missing is "pairwise" without ordered ones, two levels
        have gaps that are not dropped, or errors are bootstrapped without clusters; a table of Ibis is summed where it
        lives, and no row of it is ever read. Give either data or moments.
    moments : Moments or dict of Moments by group label, optional
        Means and covariances in place of the answers; `Moments.of` keeps what robust estimators need beside them.
    estimator : str, optional
        "ML"; with robust errors and tests "MLM", "MLMV", "MLMVS" (complete data), "MLR", "MLF" (also incomplete); least
        squares "GLS", "WLS", "DWLS", "ULS", with robust ones "WLSM", "WLSMV", "WLSMVS", "ULSM", "ULSMV", "ULSMVS".
        Default: "WLSMV" where variables are ordered, "MLR" where there are clusters or weights, otherwise "ML";
        `results.options` names it.
    missing : str
        "listwise" drops rows with a gap in the model's variables; "pairwise" takes each covariance from the rows that
        have both answers; "fiml" uses every answer (ML family, answers missing at random).
    auxiliary : sequence of str
        Columns beside the model that help "fiml" to make up for missing answers: they covary with everything. Exogenous
        variables are then not fixed; `results.parameters` leaves the auxiliary parameters out.
    ordered : bool or sequence of str, optional
        Items whose answers are ordered categories, at most 20; True for every observed variable that the model
        explains. Default: pandas ordered categoricals, which always count as ordered. `merge_categories` helps with
        empty categories.
    group : str, optional
        Column of the groups; each gets a model of its own. Standard errors count each group by its share of the
        respondents, for least squares too (as lavaan does).
    group_equal : sequence of str
        What is held equal across groups: "loadings", "intercepts", "thresholds", "means", "residuals",
        "residual_covariances", "lv_variances", "lv_covariances", "regressions".
    group_partial : sequence of str
        Formulas excepted from `group_equal`, such as "joy =~ x2" or "x2 ~ 1".
    cluster : str, optional
        Column of the clusters. Where the text has ``level: 1`` and ``level: 2`` blocks, a model within and a model
        between clusters is estimated (ML or MLR, listwise or "fiml"). Otherwise standard errors and tests respect that
        respondents are alike within clusters; with ordered items robust_sem and the scaled tests of WLSMV, ULSMV and
        their kin, whose estimates clusters leave as they are.
    sampling_weights : str, optional
        Column of positive weights, scaled to sum to the number of rows used, in all groups together, once rows are
        chosen. At two levels those of respondents within their cluster, scaled to sum to the cluster's rows.
    cluster_weights : str, optional
        At two levels, column of positive weights of the clusters, one value in each, scaled so that with the
        respondents' they sum to the rows used in all groups together.
    std_lv : bool
        Give latents a variance of 1 in place of fixing their first loadings.
    meanstructure : bool, optional
        Whether means are modelled. Default: where the text names an intercept, moments hold means, there are several
        groups or ordered items, missing is "fiml", or `int_lv_free`.
    fixed_x : bool
        Take moments of exogenous observed variables from the sample; False estimates them.
    orthogonal : bool
        Exogenous latents do not covary.
    se : str, optional
        "standard", "robust_sem", "robust_huber_white", "robust_cluster", "bootstrap" or "none". Default: what the
        estimator implies.
    test : str, optional
        "standard", "satorra_bentler", "mean_var_adjusted", "scaled_shifted", "yuan_bentler", "yuan_bentler_mplus" or
        "none" (no correction; the plain chi-square is always told). Default: what the estimator implies; "standard"
        beside a robust estimator asked for by name is that estimator's own, as in lavaan.
    information : str, optional
        "expected", "observed" or "first_order". Default: what estimator and missing imply.
    bounds : str, optional
        "pos_var" keeps variances at 0 or above. Default: no bounds.
    parameterization : str, optional
        Of ordered items: "delta" (scales, the default) or "theta" (residual variances).
    int_ov_free : bool
        Intercepts of observed variables are free, otherwise 0.
    int_lv_free : bool
        Intercepts of latent variables are free, otherwise 0. `growth` is `fit` with these and intercepts of 0.
    auto_fix_first : bool
        The first loading of each latent is 1, unless `std_lv`.
    auto_fix_single : bool
        The residual variance of a single indicator is 0.
    auto_var : bool
        Variances and residual variances that the text leaves out are free.
    auto_cov_lv_x : bool
        Exogenous latents covary.
    auto_cov_y : bool
        Residuals of outcomes that explain nothing further covary.
    rotation : Rotation or str
        How exploratory factors, ``efa("block")*f1 + efa("block")*f2 =~ …``, are rotated: the method's name ("geomin",
        "oblimin", "quartimin", "promax", "varimax", "quartimax", "equamax", "target", "bigeomin", "biquartimin",
        "crawfer", "cf_quartimax", "cf_varimax", "cf_equamax", "cf_parsimax", "cf_facparsim", "none"), or a `Rotation`
        that says more.
    engine : {"native", "semopy"}
        What estimates the parameters: "native" is this package.
    method : {"joint", "sam"}
        "joint" estimates everything together; "sam" the measurement first, block by block, then what leads to what,
        with errors of both steps (lavaan's ``sam()``; one group, estimator "ML"). Its fit measures are those of the
        joint model at these estimates, which are not at the minimum.

    Returns
    -------
    Results
        Anything dropped, improper or not converged is warned about (`FitWarning`) and listed in `results.problems`.

    Raises
    ------
    DataError
        Data or moments that cannot be used, in the user's own names.
    ModelError, ModelSyntaxError
        The text cannot be read, or the model is not identified.
    OptionError
        An unknown option, or options that exclude each other.

    Notes
    -----
    lavaan's own spellings are understood: ``missing="ml"``, ``test="Satorra-Bentler"``. Bollen 1989, Structural
    Equations with Latent Variables, doi 10.1002/9781118619179; ordered items: Muthen 1984, doi 10.1007/BF02294210;
    their identification in several groups: Wu & Estabrook 2016, doi 10.1007/s11336-016-9506-0; two levels: Muthen 1994,
    doi 10.1177/0049124194022003006; weights at two levels: Asparouhov 2006, doi 10.1080/03610920500476598.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> joy = rng.normal(size=300)
    >>> data = pd.DataFrame({f"x{i}": joy + rng.normal(size=300) for i in (1, 2, 3)})
    >>> results = fit("joy =~ x1 + x2 + x3", data)
    >>> results.converged, int(results.fit_measures["df"])
    (True, 0)
    """
    model = model if isinstance(model, Model) else _read(model, data)
    fitting = Fitting(
        estimator=estimator,
        missing=missing,
        auxiliary=auxiliary,
        ordered=ordered,
        cluster=cluster,
        sampling_weights=sampling_weights,
        cluster_weights=cluster_weights,
        std_lv=std_lv,
        meanstructure=meanstructure,
        fixed_x=fixed_x,
        orthogonal=orthogonal,
        se=se,
        test=test,
        information=information,
        bounds=bounds,
        parameterization=parameterization,
        int_ov_free=int_ov_free,
        int_lv_free=int_lv_free,
        auto_fix_first=auto_fix_first,
        auto_fix_single=auto_fix_single,
        auto_var=auto_var,
        auto_cov_lv_x=auto_cov_lv_x,
        auto_cov_y=auto_cov_y,
        rotation=rotation,
    )
    requested = options_of(fitting, group, group_equal, group_partial)
    costs: list[str] = []
    results = results_of(model, data, requested, moments, engine, method, lambda text: costs.append(_warned(text)))
    for text in results.problems:
        if text not in costs:
            _warned(text)
    return results


def _warned(text: str) -> str:
    """The text, after a warning at the line outside of the package; a notebook's cell has no path worth showing."""
    level, caller = 1, sys._getframe()
    while caller.f_back is not None and str(caller.f_globals.get("__name__")).startswith("sexresearch."):
        level, caller = level + 1, caller.f_back
    if "ipykernel" in caller.f_code.co_filename:
        warnings.warn_explicit(text, FitWarning, "cell", caller.f_lineno, registry={})
    else:
        warnings.warn(text, FitWarning, stacklevel=level)
    return text


def results_of(
    model: Model,
    data: pd.DataFrame | object | None,
    requested: Options,
    moments: Moments | Mapping[Any, Moments] | None = None,
    engine: str = "native",
    method: str = "joint",
    costs: Callable[[str], object] = visible,
) -> Results:
    """What `fit` returns, without a warning: for the many fits inside other questions, which may run in threads.

    `costs` is called with what is said of the time that estimation will take, before it begins.
    """
    if engine not in ENGINES:
        raise OptionError(f"engine {engine!r} is not known; allowed: {', '.join(ENGINES)}")
    if method not in METHODS:
        raise OptionError(f"method {method!r} is not known; allowed: {', '.join(METHODS)}")
    if engine != "native" and method != "joint":
        raise OptionError(f"method={method!r} is estimated by engine='native'; found engine {engine!r}")
    if (data is None) == (moments is None):
        raise OptionError(
            "give either data (a DataFrame or Survey) or moments=, not " + ("both" if data is not None else "neither")
        )
    if data is not None:
        refuse_unknown(data, requested.ordered)
    read: list[str] = []  # what is said of rows that are read into memory
    summed = None if data is None else from_pieces(model, data, requested, engine, method, read.append)
    for text in read:
        costs(visible(text))
    for text in () if summed is None else summed.costs:
        costs(visible(text))
    rows = None if data is None or summed is not None else _rows(model, data, requested)
    if moments is not None:
        _refuse_products(model.observed, moments)
    fitted, notes = estimate(model, rows, moments if summed is None else summed, requested)
    refuse_overfull(degrees_of_freedom(fitted))
    blurred = refuse_unidentified(fitted)
    if fitted.table.is_exploratory:
        refuse_unrotated(engine, method)
        fitted, turned = rotated_fit(model, fitted)
        notes = notes + turned
    notes = replaced(requested, fitted.options) + list(fitted.table.notes) + notes
    errors = None
    if engine == "semopy":
        fitted, errors = semopy_solution(fitted)
    if method == "sam":
        fitted, errors = sam_solution(fitted, rows, moments, requested)
        engine = "sam"
    if fitted.options.se == "bootstrap" and fitted.constrained.solution.converged:
        errors, lost = bootstrap_errors(fitted)
        notes = notes + lost
    noticed = tuple(visible(text) for text in notes + read + ([blurred] if blurred else []) + problems(fitted))
    return Results(model, fitted, _source(model, fitted, engine, data), noticed, errors, rows)


def _read(text: str, data: pd.DataFrame | object | None) -> Model:
    """The model; where its text cannot be read, columns of the data whose names need back-ticks are named."""
    try:
        return Model(text)
    except ModelSyntaxError as error:
        hint = column_hint(text, _columns(data), error.line) if isinstance(text, str) else ""
        raise ModelSyntaxError(f"{error}{hint}") from error


def _rows(model: Model, data: pd.DataFrame | object, requested: Options) -> pd.DataFrame:
    try:
        return used_columns(data, columns_of(model, requested), model.latents)
    except DataError as error:
        known = set(_columns(data))
        absent = [name for name in model.observed if name not in known]
        hint = column_hint(model.syntax, list(known)) if absent else ""
        raise DataError(f"{error}{hint}") from error


def _refuse_products(names: Sequence[str], moments: Moments | Mapping[Any, Moments]) -> None:
    """OptionError for products among `names` that moments do not hold: they need the answers."""
    parts = moments.values() if isinstance(moments, Mapping) else [moments]
    known = [set(part.cov.columns) for part in parts if isinstance(part, Moments)]
    products = [name for name in names if factors(name) and not all(name in columns for columns in known)]
    if products:
        needs = "need the respondents' answers; moments are not enough"
        raise OptionError(f"products of variables ({', '.join(products)}) {needs}")


def _columns(data: pd.DataFrame | object | None) -> list[object]:
    try:
        return [] if data is None else column_names(data)
    except DataError:  # said where the data are read
        return []


def _source(model: Model, fitted: Fitted, engine: str, data: object) -> Provenance:
    options = fitted.options
    beside = ", ".join(options.auxiliary)
    missing = options.missing + (f" with auxiliary {beside}" if beside else "")
    seed = SEED if options.se == "bootstrap" else None
    text = "" if isinstance(data, pd.DataFrame) else getattr(data, "caption", "")
    caption = text if isinstance(text, str) else ""
    return provenance(engine, str(options.estimator), missing, fitted.samples, model.syntax, seed, caption)
