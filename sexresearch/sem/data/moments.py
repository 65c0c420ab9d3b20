"""Moments: what a published study gives instead of raw data (covariances, sample size, means)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words, worded
from sexresearch.errors import DataError
from sexresearch.frozen import by_value
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.observed import Columns, beyond_scale, frame_of, numeric, used_columns
from sexresearch.sem.data.sums import Sums
from sexresearch.sem.matrices import exceeds, invert

SYMMETRY_TOLERANCE = 1e-6  # relative; published tables are rounded to 2-3 decimals but printed symmetrically


@worded
@by_value
@dataclass(frozen=True)
class Moments:
    """Summary statistics of one group, enough to fit a model by maximum likelihood without the raw answers.

    Parameters
    ----------
    cov : DataFrame
        (p, p) covariances with the n - 1 denominator, the same names on rows and columns; no missing entries.
    nobs : int
        Respondents behind them, at least 2.
    mean : Series, optional
        (p,) means by name. Default: means are not known.
    sums : Sums, optional
        Sums of products of the answers, from which robust errors and tests follow (MLR, MLM, WLS); `Moments.of` makes
        them. Default: none, and only normal theory can be had.

    Raises
    ------
    DataError
        The table is not square, not symmetric, has missing or infinite entries, or is not positive definite; the
        message names the variables. The sums are of other variables.

    Notes
    -----
    Moments of parts of the data that carry sums are added with ``+``: the result is that of all rows together.

    Examples
    --------
    >>> names = ["satisfaction", "loyalty"]
    >>> cov = pd.DataFrame([[1.0, 0.5], [0.5, 2.0]], index=names, columns=names)
    >>> Moments(cov, nobs=200).names
    ('satisfaction', 'loyalty')
    """

    holds_answers = True  # its frames are the user's own

    cov: pd.DataFrame
    nobs: int
    mean: pd.Series | None = None
    sums: Sums | None = None

    def __post_init__(self) -> None:
        _check_types(self.cov, self.nobs, self.mean)
        _check_square(self.cov)
        _check_values(self.cov)
        if self.mean is not None and set(self.mean.index) != set(self.cov.index):
            odd = sorted(set(self.mean.index) ^ set(self.cov.index), key=str)
            raise DataError(f"mean and cov must name the same variables; only in one of them: {odd}")
        if self.sums is not None and set(self.sums.names) != set(self.names):
            odd = sorted(set(self.sums.names) ^ set(self.names))
            raise DataError(f"sums and cov must name the same variables; only in one of them: {odd}")
        for name in ("cov", "mean"):  # copies, so that what was checked cannot change
            object.__setattr__(self, name, getattr(self, name))

    @property
    def names(self) -> tuple[str, ...]:
        """The variables, in the order of the covariance table."""
        return tuple(str(name) for name in self.cov.columns)

    @classmethod
    @in_words
    def of(cls, data: object, items: Sequence[str] | None = None, *, cluster: str | None = None) -> Moments:
        """The moments of the complete rows of a data frame, with the sums that robust errors and tests need.

        Parameters
        ----------
        data : DataFrame or Survey
            Or any table that narwhals reads (polars, Arrow, …).
        items : sequence of str, optional
            Columns. Default: every column of numbers but `cluster`.
        cluster : str, optional
            Column of the clusters that respondents come in. Default: respondents are independent.

        Returns
        -------
        Moments
            With means and sums. Parts of a large file are read one by one and added with ``+``; no cluster may reach
            from one part into another.

        Raises
        ------
        DataError
            A column is absent or holds no numbers, or too few rows are complete.

        Examples
        --------
        >>> rng = np.random.default_rng(1)
        >>> data = pd.DataFrame(rng.normal(size=(300, 1)) + rng.normal(size=(300, 4)), columns=list("abcd"))
        >>> (Moments.of(data[:100]) + Moments.of(data[100:])).nobs
        300
        """
        frame = frame_of(data)
        numbers = frame.select_dtypes("number").columns
        names = [str(name) for name in numbers if name != cluster] if items is None else list(items)
        answers = used_columns(frame, Columns(tuple(names), cluster=cluster), ()).dropna()
        codes = None if cluster is None else pd.factorize(answers[cluster])[0]
        values = numeric(answers, names)
        if len(values) <= len(names):
            raise DataError(f"{len(values)} complete rows for {len(names)} items; moments need more rows than items")
        return cls.from_sums(Sums.of(values, tuple(names), clusters=codes))

    @classmethod
    def from_sums(cls, sums: Sums) -> Moments:
        """The moments that follow from sums, which they keep.

        Parameters
        ----------
        sums : Sums
            Of more rows than items.

        Returns
        -------
        Moments
            With means.

        Raises
        ------
        DataError
            The covariances are not positive definite.

        Examples
        --------
        >>> sums = Moments.of(pd.DataFrame(np.random.default_rng(1).normal(size=(9, 2)), columns=list("ab"))).sums
        >>> Moments.from_sums(sums).nobs
        9
        """
        names, n = list(sums.names), sums.nobs
        cov = pd.DataFrame(sums.cov * (n / (n - 1)), index=names, columns=names)
        return cls(cov, n, pd.Series(sums.mean, index=names), sums)

    def __add__(self, other: object) -> Moments:
        """The moments of both sets of rows together."""
        if not isinstance(other, Moments):
            return NotImplemented
        if self.sums is None or other.sums is None:
            raise DataError("moments are added by the sums behind them; make them with Moments.of(data)")
        return self.from_sums(self.sums + other.sums)

    @classmethod
    @in_words
    def from_correlations(
        cls, correlations: pd.DataFrame, sd: pd.Series, nobs: int, mean: pd.Series | None = None
    ) -> Moments:
        """Moments from the table that most papers print: correlations and standard deviations.

        Parameters
        ----------
        correlations : DataFrame
            (p, p), the same names on rows and columns.
        sd : Series
            Standard deviations by name; their order does not matter.
        nobs : int
            Respondents behind the table.
        mean : Series, optional
            Means by name. Default: means are not known.

        Returns
        -------
        Moments
            With cov[i, j] = r[i, j] sd[i] sd[j].

        Raises
        ------
        DataError
            The table is no covariance matrix, or a name has no standard deviation or mean.

        Examples
        --------
        >>> r = pd.DataFrame([[1, 0.5], [0.5, 1]], index=list("ab"), columns=list("ab"))
        >>> float(Moments.from_correlations(r, pd.Series({"a": 2.0, "b": 1.0}), nobs=90).cov.loc["a", "b"])
        1.0
        """
        scale = sd.reindex(correlations.index).to_numpy(dtype=float)
        cov = correlations.to_numpy(dtype=float) * np.outer(scale, scale)
        return cls(pd.DataFrame(cov, index=correlations.index, columns=correlations.columns), nobs, mean)


def _check_types(cov: object, nobs: object, mean: object) -> None:
    if not isinstance(cov, pd.DataFrame):
        raise DataError(
            "cov must be a DataFrame with the variables' names on rows and columns, as in "
            f"pd.DataFrame(cov, index=names, columns=names); found {type(cov).__name__}"
        )
    if isinstance(nobs, bool) or not isinstance(nobs, Real) or not 2 <= float(nobs) < math.inf:
        raise DataError(f"nobs must be a number of at least 2, the respondents behind the table; found {nobs!r}")
    if mean is not None and not isinstance(mean, pd.Series):
        raise DataError(
            "mean must be a Series with the variables' names, as in pd.Series(mean, index=names); "
            f"found {type(mean).__name__}"
        )


def _check_square(cov: pd.DataFrame) -> None:
    if cov.shape[0] == 0 or cov.shape[0] != cov.shape[1]:
        raise DataError(f"cov must be a square table; found shape {cov.shape}")
    if list(cov.index) != list(cov.columns):
        raise DataError(
            "cov must carry the variable names on rows and columns, in the same order; "
            f"rows {list(cov.index)[:5]}, columns {list(cov.columns)[:5]}"
        )
    if cov.columns.has_duplicates:
        raise DataError(f"cov names a variable twice: {sorted(set(cov.columns[cov.columns.duplicated()]))}")


def _check_values(cov: pd.DataFrame) -> None:
    others = [str(name) for name, kind in zip(cov.columns, cov.dtypes, strict=True) if kind.kind not in "fiub"]
    if others:
        raise DataError(f"cov must hold numbers; found others in {others[:8]}")
    values = cov.to_numpy(dtype=float)
    bad = [str(name) for name in cov.columns[~np.isfinite(values).all(axis=0)]]
    if bad:
        raise DataError(f"cov has missing or infinite entries for {bad}")
    gap = np.abs(values - values.T)
    if (gap > SYMMETRY_TOLERANCE * np.abs(values).max()).any():
        i, j = np.unravel_index(int(np.argmax(gap)), gap.shape)
        a, b = cov.columns[i], cov.columns[j]
        raise DataError(
            f"cov is not symmetric: cov[{a!r}, {b!r}] = {values[i, j]:g} but cov[{b!r}, {a!r}] = {values[j, i]:g}"
        )
    refuse_indefinite(values, tuple(map(str, cov.columns)), "cov")
    sd = np.sqrt(np.diag(values))
    scales = [f"{name!r} {text}" for name, s in zip(cov.columns, sd, strict=True) if (text := beyond_scale(s, s))]
    if scales:
        raise DataError("cov: " + "; ".join(scales))


def refuse_indefinite(cov: np.ndarray, names: tuple[str, ...], what: str) -> None:
    """Raise DataError naming the variables in the linear dependency where `cov` (p, p) is not positive definite."""
    sd = np.sqrt(np.maximum(cov.diagonal(), 0.0))
    if not np.isfinite(cov).all():
        raise DataError(f"{what} holds numbers that are too large: divide the variables by a constant")
    if (sd == 0).any():
        flat = [name for name, scale in zip(names, sd, strict=True) if scale == 0]
        raise DataError(f"{what} has no variance in {flat}: a constant cannot be explained; drop it")
    correlations = cov / (sd[:, None] * sd)
    if exceeds(correlations, SINGULAR_TOLERANCE):
        return
    values, vectors = np.linalg.eigh(correlations)
    if values[0] > SINGULAR_TOLERANCE:
        return
    heavy = heaviest(names, vectors[:, 0], INVOLVED)
    raise DataError(
        f"{what} is not positive definite (smallest eigenvalue of its correlations {values[0]:.3g}); "
        f"a linear dependency runs through {heavy[:6]}: drop one of them or check how the table was made"
    )


def heaviest(names: Sequence[str], direction: Array, limit: float) -> list[str]:
    """Names whose weight in a direction exceeds `limit`, the heaviest first; of equal weights as they stand.

    >>> heaviest(["a", "b", "c"], np.array([0.5, -0.8, 0.5 + 1e-12]), 0.1)
    ['b', 'a', 'c']
    """
    weight = np.abs(direction).round(TIED)
    return [names[i] for i in np.argsort(-weight, kind="stable") if weight[i] > limit]


def inverse_of_moments(gamma: Array, names: Sequence[str], estimator: str) -> Array:
    """The inverse of the covariances of moments (k, k) that `names` name; DataError where some depend on others.

    A variable of two values is such a case: its variance follows from its mean.
    """
    sd = np.sqrt(np.clip(np.diag(gamma), 0, None))
    flat = [name for name, scale in zip(names, sd, strict=True) if scale <= 0]
    unit = np.where(sd > 0, sd, 1.0)
    inverse = None if flat else invert(gamma / unit[:, None] / unit)
    if inverse is None or not exceeds(gamma / unit[:, None] / unit, SINGULAR_TOLERANCE):
        vectors = np.linalg.eigh(gamma / unit[:, None] / unit)[1][:, 0]
        heavy = flat or heaviest(names, vectors, INVOLVED)
        raise DataError(
            f"estimator {estimator!r} inverts the covariances of the moments, and these moments follow from each other "
            f"or do not vary: {heavy[:6]} (a variable of two values is such a case). Use 'DWLS', 'MLM' or 'MLR'"
        )
    return inverse[0] / unit[:, None] / unit


def moment_names(names: Sequence[str], has_means: bool) -> list[str]:
    """How the means and covariances (by column of the lower triangle) of variables are written.

    >>> moment_names(["a", "b"], has_means=True)
    ['a ~1', 'b ~1', 'a ~~ a', 'a ~~ b', 'b ~~ b']
    """
    pairs = [f"{a} ~~ {b}" for k, a in enumerate(names) for b in names[k:]]
    return ([f"{name} ~1" for name in names] if has_means else []) + pairs


SINGULAR_TOLERANCE = 1e-10  # eigenvalue of a correlation matrix below which rounding decides its sign
TIED = 6  # digits to which weights are compared, so that rounding decides nothing
INVOLVED = 0.1  # weight in the null vector from which a variable counts as part of the dependency
