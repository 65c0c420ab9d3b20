"""Factor scores, the answers they predict, and how reliable they are."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd

from sexresearch.errors import OptionError
from sexresearch.sem.after.group_rows import group_rows, refuse_warehouse
from sexresearch.sem.after.level_scores import level_scores
from sexresearch.sem.after.response_scores import response_scores
from sexresearch.sem.after.scoring import predict_rows, score_rows, score_weights, scoring
from sexresearch.sem.data.observed import frame_of
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.model_alone import model_alone
from sexresearch.sem.estimation.spellings import allow, spelled

ScoreMethod = Literal["regression", "bartlett"]
METHODS = get_args(ScoreMethod)


def factor_scores(fitted: Fitted, data: object, method: str = "regression") -> pd.DataFrame:
    """One column per latent variable, one row per row of `data` under its own index; gaps are no obstacle.

    A row is scored from the answers it has: the conditional expectation ("regression") or the generalized least
    squares estimate ("bartlett"). NaN for rows without an answer or group, and for Bartlett's scores of factors whose
    own items are unanswered or which have no observed indicators. Without a mean structure factors have mean 0.
    From ordered answers, "regression" gives the most likely factor values (empirical Bayes modal scores).

    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame(rng.normal(size=(200, 1)) + rng.normal(size=(200, 4)), columns=list("abcd"))
    >>> data.loc[0, "a"] = np.nan
    >>> scores = fit("joy =~ a + b + c + d", data, missing="fiml").factor_scores()
    >>> scores.shape, bool(scores["joy"].notna().all())
    ((200, 1), True)
    """
    refuse_warehouse(data)
    if fitted.table.levels:
        return level_scores(fitted, data, method)
    return _by_row(fitted, data, method, predicted=False)


def predicted_answers(fitted: Fitted, data: object, method: str = "regression") -> pd.DataFrame:
    """What the model's equations predict for each endogenous observed variable from factor scores and covariates.

    y = mean + (I - B)^-1 (L (f - mean_f) + X (x - mean_x)) with f the scores and x the exogenous observed variables.

    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame(rng.normal(size=(200, 1)) + rng.normal(size=(200, 4)), columns=list("abcd"))
    >>> fit("joy =~ a + b + c + d", data).predict().columns.tolist()
    ['a', 'b', 'c', 'd']
    """
    refuse_warehouse(data)
    return _by_row(fitted, data, method, predicted=True)


def _allowed(method: str) -> str:
    """The method as it is spelled here; OptionError where it is another."""
    own = spelled("method", method, METHODS)
    allow("method", own, METHODS)
    return str(own)


def _by_row(fitted: Fitted, data: object, method: str, predicted: bool) -> pd.DataFrame:
    method = _allowed(method)
    if fitted.categories and predicted:
        ordered = [*fitted.categories]
        raise OptionError(f"predicted answers are not available for models with ordered variables: {ordered}")
    fitted = model_alone(fitted)
    names = [list(role.modelled if predicted else role.latent) for role in fitted.table.roles]
    columns = list(dict.fromkeys(name for own in names for name in own))
    index = frame_of(data).index
    scores = np.full((len(index), len(columns)), np.nan)
    for number, rows in enumerate(group_rows(fitted, data)):
        if fitted.categories:
            scores[np.ix_(rows.positions, _places(columns, names[number]))] = response_scores(
                fitted, number, rows.answers, method
            )
            continue
        group = scoring(fitted, number)
        values = score_rows(group, rows.answers, method)
        if predicted:
            values = predict_rows(group, rows.answers, values, len(names[number]))
        scores[np.ix_(rows.positions, _places(columns, names[number]))] = values
    return pd.DataFrame(scores, index=index, columns=columns)


def _places(columns: list[str], names: list[str]) -> np.ndarray:
    return np.array([columns.index(name) for name in names], dtype=int)


def score_reliability(fitted: Fitted, method: str = "regression") -> pd.DataFrame:
    """How well scores from complete answers stand for their factors: latent, group, determinacy, reliability.

    determinacy is the correlation of score and factor, reliability its square, the share of the score's variance that
    is the factor's. Grice 2001, doi 10.1037/1082-989X.6.4.430. NaN where the score is not estimable.

    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame(rng.normal(size=(200, 1)) + rng.normal(size=(200, 4)), columns=list("abcd"))
    >>> fit("joy =~ a + b + c + d", data).score_reliability()["latent"].tolist()
    ['joy']
    """
    method = _allowed(method)
    if fitted.categories:
        raise OptionError(
            "scores from ordered answers are no weighted sums, so that their reliability has no formula; simulate it"
        )
    fitted = model_alone(fitted)
    frames = []
    for number, (role, sample) in enumerate(zip(fitted.table.roles, fitted.samples, strict=True)):
        group = scoring(fitted, number)
        weights = score_weights(group, np.arange(len(group.mean_o)), method)
        together = np.einsum("lm,lm->l", weights, group.cov_lo)
        spread = np.einsum("lm,mn,ln->l", weights, group.cov_oo, weights)
        with np.errstate(divide="ignore", invalid="ignore"):
            reliability = together**2 / (spread * np.diag(group.cov_ll))
        label = sample.label if fitted.table.n_groups > 1 else pd.NA
        frames.append(
            pd.DataFrame(
                {
                    "latent": list(role.latent),
                    "group": pd.Series([label] * len(role.latent), dtype=object),
                    "determinacy": np.sqrt(reliability),
                    "reliability": reliability,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)
