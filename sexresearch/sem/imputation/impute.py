"""Multiple imputation of missing answers by chained equations."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import DataError, OptionError
from sexresearch.extras import extra
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.observed import frame_of, numeric

CYCLES = 10  # rounds over all variables before a set is taken; 5 to 20 suffice (van Buuren 2018, chapter 4)
DONORS = 5  # answered rows with the nearest predictions, one of which lends its answer (van Buuren 2018, chapter 3)


@in_words
def impute(
    data: pd.DataFrame | object, variables: Sequence[str] | None = None, *, m: int = 20, seed: int = 1
) -> list[pd.DataFrame]:
    """Copies of the data with the missing answers filled in, to be fitted one by one and pooled.

    Parameters
    ----------
    data : DataFrame or Survey
        One row per respondent. Rows without any answer to `variables` stay as they are.
    variables : sequence of str, optional
        Two or more numeric columns; the others are handed on as they are. Default: all numeric columns. Name them where
        some (a respondent number, say) must not take part.
    m : int
        Imputed sets, at least 2.
    seed : int
        Whole number of at least 0; equal seeds give equal sets.

    Returns
    -------
    list of DataFrame
        m sets, each from a chain of its own.

    Raises
    ------
    DataError
        Nothing is missing, a column cannot be used, or there are too few rows.
    OptionError
        m below 2, or a seed that is no whole number of at least 0.

    Notes
    -----
    Chained equations with predictive mean matching, by statsmodels' MICE: in turn, each variable with gaps is regressed
    on all other variables, and every gap takes the answer of a respondent with a similar prediction, so that imputed
    answers stay on the response scale (van Buuren 2018, Flexible Imputation of Missing Data,
    doi 10.1201/9780429492259).

    Examples
    --------
    >>> data = pd.DataFrame({"a": [1.0, 2, 3, 4, 5, 6], "b": [2.0, 1, 4, 3, 6, np.nan]})
    >>> sets = impute(data, m=2, seed=1)
    >>> len(sets), int(sets[0]["b"].isna().sum())
    (2, 0)
    """
    if m < 2:
        raise OptionError(f"m must be at least 2 imputed sets, to see how much they differ; found {m}")
    if isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0:
        raise OptionError(f"seed must be a whole number of at least 0; found {seed!r}")
    frame = frame_of(data)
    names = list(frame.select_dtypes("number").columns) if variables is None else list(variables)
    absent = [name for name in names if name not in frame.columns]
    if absent:
        raise DataError(f"columns not in the data: {absent}; the data have {list(frame.columns)[:20]}")
    if len(names) < 2:
        raise DataError(f"imputation needs at least two numeric columns, one to predict the other; found {names}")
    values = numeric(frame, names)
    if not np.isnan(values).any():
        raise DataError(f"no answer is missing in {names[:8]}: there is nothing to impute")
    answered = ~np.isnan(values).all(axis=1)
    streams = np.random.SeedSequence(seed).spawn(m)
    try:
        made = [_chain(values[answered], np.random.default_rng(stream)) for stream in streams]
    except np.linalg.LinAlgError as error:
        few = f"{int(answered.sum())} rows are too few to predict each of {names[:8]} from the others"
        raise DataError(f"{few}: name fewer variables") from error
    return [_filled(frame, names, answered, imputed) for imputed in made]


def _filled(frame: pd.DataFrame, names: list[str], answered: Array, imputed: Array) -> pd.DataFrame:
    """The frame with imputed answers in place, every column in its own type."""
    out = frame.copy()
    for name, column in zip(names, imputed.T, strict=True):
        values = frame[name].to_numpy(dtype=float, na_value=np.nan, copy=True)
        values[answered] = column
        whole = answered.all() or isinstance(frame[name].dtype, pd.api.extensions.ExtensionDtype)
        out[name] = pd.Series(values, index=frame.index).astype(frame[name].dtype if whole else float)
    return out


def _chain(values: Array, rng: np.random.Generator) -> Array:
    """One imputed copy of `values` (n, p), each row with at least one answer, by a chain of its own."""
    with extra("engines"):
        from statsmodels.imputation.mice import MICEData

    class Chain(MICEData):
        """MICE on plain arrays: the design matrix is read off the data instead of being parsed from a formula."""

        def _design(self, name: str, rows: Array) -> Array:
            others = np.delete(self.data.to_numpy(), self.data.columns.get_loc(name), axis=1)[rows]
            return np.column_stack([np.ones(len(others)), others])

        def get_fitting_data(self, vname: str) -> tuple[Array, Array, dict, dict]:
            rows = self.ix_obs[vname]
            return self.data[vname].to_numpy()[rows], self._design(vname, rows), {}, {}

        def get_split_data(self, vname: str) -> tuple[Array, Array, Array, dict, dict]:
            seen, gaps = self.ix_obs[vname], self.ix_miss[vname]
            answers = self.data[vname].to_numpy()[seen]
            return answers, self._design(vname, seen), self._design(vname, gaps), {}, {}

    names = [f"v{number}" for number in range(values.shape[1])]
    donors = min(DONORS, int((~np.isnan(values)).sum(axis=0).min()))
    chain = Chain(pd.DataFrame(values, columns=names), k_pmm=donors, rng=rng)
    with np.errstate(all="ignore"):
        chain.update_all(CYCLES)
    return chain.data.to_numpy()
