"""`Fitting`: how models are to be fitted, as one value for every question that fits models of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

import numpy as np

from sexresearch.errors import OptionError
from sexresearch.sem.estimation.options import (
    Bounds,
    Estimator,
    Information,
    Missing,
    Options,
    StandardErrors,
    TestOfFit,
)
from sexresearch.sem.language.completion import Completion
from sexresearch.sem.language.model import Parameterization
from sexresearch.sem.rotation.method import Method as RotationMethod
from sexresearch.sem.rotation.method import Rotation


@dataclass(frozen=True)
class Fitting(Completion):
    """How models are fitted: the options of `fit` that do not depend on who is compared.

    For questions that fit several models of their own: `invariance`, `latent_means`, `compare_rivals`,
    `permutation_test`, `power`, …. Names, defaults and meaning are those of `fit`, where each is explained.

    Parameters
    ----------
    estimator : str, optional
        "ML", "MLM", "MLMV", "MLMVS", "MLR", "MLF"; "GLS", "WLS", "DWLS", "ULS", "WLSM", "WLSMV", "WLSMVS", "ULSM",
        "ULSMV", "ULSMVS". Default: what data and options call for.
    missing : str
        "listwise", "pairwise" or "fiml".
    auxiliary : sequence of str
        Columns beside the model that help "fiml".
    ordered : bool or sequence of str, optional
        Items whose answers are ordered categories; True for all that the model explains.
    cluster, sampling_weights, cluster_weights : str, optional
        Columns of the clusters, of the respondents' weights and, at two levels, of those of the clusters.
    std_lv, fixed_x, orthogonal : bool
        Unit variances of latents; moments of exogenous observed variables from the sample; latents that do not covary.
    meanstructure : bool, optional
        Whether means are modelled.
    se, test, information, bounds, parameterization : str, optional
        Standard errors, test of fit, information, bounds, and the parameterization of ordered items.
    rotation : Rotation or str
        How the factors of ``efa()`` blocks are rotated.
    int_ov_free, int_lv_free, auto_fix_first, auto_fix_single, auto_var, auto_cov_lv_x, auto_cov_y : bool
        How the model is completed.

    Notes
    -----
    Unknown words and options that exclude each other are refused by the question that fits.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import sexresearch as sx
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame(rng.normal(size=(400, 1)) + rng.normal(size=(400, 4)), columns=list("abcd"))
    >>> data["brand"] = ["low", "high"] * 200
    >>> table = sx.invariance("joy =~ a + b + c + d", data, group="brand", fitting=sx.Fitting(estimator="MLR"))
    >>> "chisq_scaled" in table
    True
    """

    estimator: Estimator | str | None = None
    missing: Missing | str = "listwise"
    auxiliary: Sequence[str] = ()
    ordered: bool | Sequence[str] | None = None
    cluster: str | None = None
    sampling_weights: str | None = None
    cluster_weights: str | None = None
    std_lv: bool = False
    meanstructure: bool | None = None
    fixed_x: bool = True
    orthogonal: bool = False
    se: StandardErrors | str | None = None
    test: TestOfFit | str | None = None
    information: Information | str | None = None
    bounds: Bounds | str | None = None
    parameterization: Parameterization | str | None = None
    rotation: Rotation | RotationMethod | str = "geomin"


SHARED = tuple(field.name for field in fields(Fitting))


def options_of(
    fitting: Fitting, group: str | None = None, group_equal: Sequence[str] = (), group_partial: Sequence[str] = ()
) -> Options:
    """The options of one fit; OptionError where names are not text."""
    shared: dict[str, Any] = {name: getattr(fitting, name) for name in SHARED}
    names = {"auxiliary": fitting.auxiliary, "group_equal": group_equal, "group_partial": group_partial}
    shared |= {option: names_of(value, option) for option, value in names.items()}
    return Options(
        **shared | {"group": group, "ordered": _ordered(fitting.ordered), "rotation": rotation_of(fitting.rotation)}
    )


def rotation_of(rotation: Rotation | str) -> Rotation:
    """A rotation that is named by its method alone, or as it is."""
    if isinstance(rotation, Rotation):
        return rotation
    return _by_name(rotation) if isinstance(rotation, str) else Rotation(method=rotation)


@lru_cache(maxsize=32)
def _by_name(method: str) -> Rotation:
    return Rotation(method=method)


def _ordered(ordered: bool | Sequence[str] | None) -> bool | tuple[str, ...]:
    if ordered is None or isinstance(ordered, bool | np.bool_):
        return True if ordered else ()
    return names_of(ordered, "ordered")


def names_of(value: Sequence[str] | str, option: str) -> tuple[str, ...]:
    """The names that an option takes; one name may stand alone."""
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, Iterable):
        raise OptionError(f"{option} takes names; found {value!r}")
    if not all(isinstance(name, str) for name in value):
        raise OptionError(f"{option} takes names; found {list(value)!r}")
    return tuple(value)
