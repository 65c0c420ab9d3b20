"""`growth`: `fit` with the means of a growth curve, as lavaan's function of that name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.sem.data.moments import Moments
from sexresearch.sem.estimation.options import (
    Bounds,
    Estimator,
    Information,
    Missing,
    StandardErrors,
    TestOfFit,
)
from sexresearch.sem.fit import fit
from sexresearch.sem.language.equality import EqualAcrossGroups
from sexresearch.sem.language.model import Model, Parameterization
from sexresearch.sem.output.results import Results


@in_words
def growth(
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
    std_lv: bool = False,
    fixed_x: bool = True,
    orthogonal: bool = False,
    se: StandardErrors | str | None = None,
    test: TestOfFit | str | None = None,
    information: Information | str | None = None,
    bounds: Bounds | str | None = None,
    parameterization: Parameterization | str | None = None,
) -> Results:
    """Fit a growth curve: the means of latent variables are free, the intercepts of observed ones 0.

    Parameters
    ----------
    model : Model or str
        lavaan model text with the growth factors' loadings; an outcome beside the curve needs its intercept in the
        text.
    data : DataFrame or Survey, optional
        One row per respondent. Give either data or moments.
    moments : Moments or dict of Moments by group label, optional
        Means and covariances in place of the answers.
    estimator, missing, auxiliary, ordered, group, group_equal, group_partial, cluster, sampling_weights : optional
        As those of `fit`.
    std_lv, fixed_x, orthogonal, se, test, information, bounds, parameterization : optional
        As those of `fit`.

    Returns
    -------
    Results
        As `fit`.

    Raises
    ------
    DataError, ModelError, ModelSyntaxError, OptionError
        As `fit`.

    Notes
    -----
    The same as ``fit(..., meanstructure=True, int_lv_free=True, int_ov_free=False)``: every latent variable that is no
    growth factor has a mean too. Meredith & Tisak 1990, doi 10.1007/BF02294746.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> start, step = rng.normal(5, 1, 300), rng.normal(1, 0.5, 300)
    >>> data = pd.DataFrame({f"t{k}": start + k * step + rng.normal(0, 0.5, 300) for k in range(4)})
    >>> results = growth("level =~ 1*t0 + 1*t1 + 1*t2 + 1*t3; slope =~ 0*t0 + 1*t1 + 2*t2 + 3*t3", data)
    >>> results.parameters.query("op == '~1' and se > 0")["lhs"].tolist()
    ['level', 'slope']
    """
    return fit(
        model,
        data,
        moments=moments,
        estimator=estimator,
        missing=missing,
        auxiliary=auxiliary,
        ordered=ordered,
        group=group,
        group_equal=group_equal,
        group_partial=group_partial,
        cluster=cluster,
        sampling_weights=sampling_weights,
        std_lv=std_lv,
        meanstructure=True,
        fixed_x=fixed_x,
        orthogonal=orthogonal,
        se=se,
        test=test,
        information=information,
        bounds=bounds,
        parameterization=parameterization,
        int_ov_free=False,
        int_lv_free=True,
    )
