"""What may be chosen in `multiverse` where the caller does not say: ways with gaps, estimators, screenings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from sexresearch.chain.robustness.universe import screened
from sexresearch.errors import OptionError
from sexresearch.sem import Fitting, Model
from sexresearch.sem.view import frame_of, is_ordered
from sexresearch.survey import Survey, screen

EVERYONE, SCREENED = "everyone", "screened"


def listed(names: Sequence[str] | None, what: str) -> list[str]:
    """The names, each once; OptionError where there is a list with nothing in it."""
    listed = [names] if isinstance(names, str) else list(names or ())
    if names is not None and not listed:
        raise OptionError(f"{what} names nothing: name at least one, or leave it out")
    return list(dict.fromkeys(listed))


def sets_of_covariates(covariates: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Nothing, each column alone, and all of them."""
    names = [covariates] if isinstance(covariates, str) else list(dict.fromkeys(covariates))
    sets = [(), *((name,) for name in names), *([tuple(names)] if len(names) > 1 else [])]
    return tuple(sets)


def _used(data: Survey | pd.DataFrame, models: Mapping[str, Model]) -> pd.DataFrame:
    frame = frame_of(data)
    names = {name for model in models.values() for name in model.observed}
    return frame[[name for name in frame.columns if name in names]]


def _ordered(data: Survey | pd.DataFrame, models: Mapping[str, Model], fitting: Fitting) -> bool:
    used = _used(data, models)
    return bool(fitting.ordered) or any(is_ordered(used[name]) for name in used.columns)


def ways_with_gaps(data: Survey | pd.DataFrame, models: Mapping[str, Model], fitting: Fitting) -> list[str]:
    """How missing answers are treated: as asked, and both ways where there are some of items that are not ordered."""
    gaps = bool(_used(data, models).isna().to_numpy().any()) and not _ordered(data, models, fitting)
    return list(dict.fromkeys([fitting.missing, *(["listwise", "fiml"] if gaps else [])]))


def estimators_for(data: Survey | pd.DataFrame, models: Mapping[str, Model], fitting: Fitting) -> list[str]:
    """The estimators that go with the answers, where none is asked for."""
    if fitting.estimator is not None:
        return [str(fitting.estimator)]
    if _ordered(data, models, fitting):
        return ["WLSMV"]
    return ["MLR"] if fitting.cluster or fitting.sampling_weights else ["ML", "MLR"]


def screenings_of(data: Survey | pd.DataFrame, screening: Mapping[str, object] | None) -> dict[str, object]:
    """The answers of each screening."""
    named: Mapping[str, object]
    if screening is not None:
        if not screening:
            raise OptionError("screening names nothing: name at least one, or leave it out")
        named = screening
    else:
        checks = screen(data) if isinstance(data, Survey) else None
        flagged = checks is not None and any(len(rows) for rows in checks["rows"])
        named = {EVERYONE: None, **({SCREENED: checks} if flagged else {})}
    return {str(name): screened(data, rows, str(name)) for name, rows in named.items()}
