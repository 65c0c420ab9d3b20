"""`Rotation`: how exploratory factors are to be rotated, as one value."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from sexresearch.arguments import worded
from sexresearch.errors import OptionError
from sexresearch.sem.arrays import Array

Method = Literal[
    "geomin", "oblimin", "quartimin", "promax", "varimax", "quartimax", "equamax", "target", "bigeomin", "biquartimin",
    "crawfer", "cf_quartimax", "cf_varimax", "cf_equamax", "cf_parsimax", "cf_facparsim", "none",
]  # fmt: skip
METHODS = get_args(Method)
ORTHOGONAL = ("varimax", "quartimax", "equamax")  # unless the user says otherwise
ALWAYS_OBLIQUE, ALWAYS_ORTHOGONAL = ("promax",), ("varimax", "quartimax")
KAISER = ("varimax", "promax")  # rows of unit length while rotating, as in lavaan
MOST_STARTS = 1000
RowWeights = Literal["none", "kaiser"]
Targets: TypeAlias = Mapping[str, object] | pd.DataFrame | Sequence[Sequence[float | None]] | np.ndarray


@worded
@dataclass(frozen=True, kw_only=True)
class Rotation:
    """How the factors of ``efa()`` blocks are rotated; defaults and meaning are those of lavaan's ``rotation.args``.

    Parameters
    ----------
    method : str
        Oblique: "geomin", "oblimin", "quartimin", "promax", "target", "bigeomin", "biquartimin", "crawfer",
        "cf_quartimax", "cf_varimax", "cf_equamax", "cf_parsimax", "cf_facparsim". Orthogonal: "varimax", "quartimax",
        "equamax". "none" leaves the factors as they were found: in echelon form, and uncorrelated.
    orthogonal : bool, optional
        Whether the factors stay uncorrelated. Default: as the method usually is.
    epsilon : float
        What geomin adds to squared loadings, above 0.
    gamma : float
        Of "oblimin" (0 is quartimin), at most 1; of "crawfer" the weight of columns, from 0 to 1.
    power : float
        Of promax, above 1.
    target : DataFrame, nested sequence, or dict of them by block, optional
        Loadings to come near to, items by factors; missing where any loading will do.
    row_weights : {"none", "kaiser"}, optional
        "kaiser" gives items equal weight. Default: "kaiser" for "varimax" and "promax".
    standardized : bool
        Rotate the loadings of items of unit variance.
    starts : int
        Random starts, from a fixed seed: the lowest minimum counts.

    Raises
    ------
    OptionError
        An unknown method, a number out of its range, or options that exclude each other.

    Notes
    -----
    Gradient projection: Jennrich 2001, doi 10.1007/BF02294840 (orthogonal), 2002, doi 10.1007/BF02294706 (oblique);
    Bernaards & Jennrich 2005, doi 10.1177/0013164404272507.

    Examples
    --------
    >>> Rotation(method="geomin", epsilon=0.01).orthogonal
    False
    """

    method: Method | str = "geomin"
    orthogonal: bool | None = None
    epsilon: float = 0.001
    gamma: float = 0.0
    power: float = 4.0
    target: Targets | None = None
    row_weights: RowWeights | None = None
    standardized: bool = True
    starts: int = 30

    def __post_init__(self) -> None:
        method = _known(self.method)
        orthogonal = method in ORTHOGONAL if self.orthogonal is None else bool(self.orthogonal)
        weights = self.row_weights or ("kaiser" if method in KAISER else "none")
        settled: dict[str, object] = {"method": method, "orthogonal": orthogonal, "row_weights": weights}
        settled["target"] = _targets(self.target)
        for name, value in settled.items():
            object.__setattr__(self, name, value)
        _refuse(self)


def target_of(rotation: Rotation, block: str) -> tuple[tuple[float, ...], tuple[str, ...], tuple[str, ...]] | None:
    """Rows, items and factors (empty where not named) of the target of a block."""
    wanted: dict[str, Any] = dict(rotation.target or ())  # type: ignore[arg-type]
    return wanted.get(block, wanted.get(""))


def _known(method: object) -> str:
    word = str(method).strip().lower().replace("-", "_").replace(" ", "_").replace(".", "_")
    word = {"bi_geomin": "bigeomin", "bi_quartimin": "biquartimin", "pst": "target"}.get(word, word)
    if word in METHODS:
        return word
    near = difflib.get_close_matches(word, METHODS, n=1, cutoff=0.5)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    raise OptionError(f"rotation {method!r} is not known{hint}; allowed: {', '.join(METHODS)}")


def _refuse(rotation: Rotation) -> None:
    method = rotation.method
    ranges = {
        "epsilon": (rotation.epsilon > 0, "lies above 0"),
        "gamma": (rotation.gamma <= 1 and (method != "crawfer" or rotation.gamma >= 0), "is at most 1"),
        "power": (1 < rotation.power <= 20, "lies above 1, up to 20"),
        "starts": (1 <= rotation.starts <= MOST_STARTS, f"is 1 to {MOST_STARTS}"),
    }
    for name, (well, allowed) in ranges.items():
        if not well:
            raise OptionError(f"{name} of a rotation {allowed}; found {getattr(rotation, name)!r}")
    if rotation.row_weights not in get_args(RowWeights):
        raise OptionError(f"row_weights is 'none' or 'kaiser'; found {rotation.row_weights!r}")
    if rotation.orthogonal and method in ALWAYS_OBLIQUE:
        raise OptionError(f"{method!r} is an oblique rotation; 'varimax' is its orthogonal first half")
    if not rotation.orthogonal and method in ALWAYS_ORTHOGONAL:
        raise OptionError(f"{method!r} is an orthogonal rotation; its oblique kin is 'cf_{method}'")
    if (method == "target") != (rotation.target is not None):
        needs = "needs target=, the loadings to come near to" if method == "target" else "takes no target"
        raise OptionError(f"rotation {method!r} {needs}")


def _targets(given: object) -> object:
    """Targets by block ("" for any), each as rows of numbers with the names of items and factors where known."""
    settled = isinstance(given, tuple) and given and isinstance(given[0], tuple) and isinstance(given[0][0], str)
    if given is None or settled:
        return given
    parts = given if isinstance(given, Mapping) else {"": given}
    return tuple((str(block), _rows(part)) for block, part in parts.items())


def _rows(part: object) -> tuple[tuple[tuple[float, ...], ...], tuple[str, ...], tuple[str, ...]]:
    try:
        frame = part if isinstance(part, pd.DataFrame) else pd.DataFrame(np.array(part, dtype=float))
        values: Array = frame.to_numpy(dtype=float)
    except (TypeError, ValueError) as error:
        raise OptionError("target takes numbers, items by factors, missing where any loading will do") from error
    if values.ndim != 2 or not values.size or np.isnan(values).all():
        raise OptionError("target takes numbers, items by factors; found none")
    named = isinstance(part, pd.DataFrame)
    items = tuple(map(str, frame.index)) if named else ()
    return tuple(map(tuple, values.tolist())), items, tuple(map(str, frame.columns)) if named else ()
