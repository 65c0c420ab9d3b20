"""`kpi_correlations`: how the figures that managers follow go together with the latent variables of a model."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.special import ndtri

from sexresearch.arguments import in_words
from sexresearch.deprecation import renamed
from sexresearch.errors import DataError, OptionError
from sexresearch.sem import Results
from sexresearch.survey.kpi.columns_needed import churned, numbers
from sexresearch.survey.kpi.estimates import Floats
from sexresearch.survey.kpi.kpis import SampleDesign, design_of
from sexresearch.survey.survey import Survey

BOXES = ("top-2-box", "bottom-2-box")  # of items whose mean has a row of its own
FEWEST = 4  # answers on which the error of a correlation can rest
COLUMNS = ["kpi", "item", "latent", "score_correlation", "ci_lower", "ci_upper", "n", "note"]


@renamed("found", "kpis", until="0.3")
@in_words
def kpi_correlations(kpis: pd.DataFrame, survey: Survey, results: Results, level: float = 0.95) -> pd.DataFrame:
    """How the figures that managers follow go together with the scores of a model's latent variables.

    Parameters
    ----------
    kpis : DataFrame
        What `kpis` returns for the survey.
    survey : Survey
        The answers.
    results : Results
        A fit, whose factor scores (by regression) are computed for every respondent of the survey.
    level : float
        Coverage of the limits, between 0 and 1.

    Returns
    -------
    DataFrame
        One row per figure and latent variable: kpi, item, latent, score_correlation, ci_lower, ci_upper, n, note. NPS
        and CES stand for the answers to their item, the delight rate for the mean of its items, churn for who left.
        Boxes are left out: the mean of their item has a row.

    Raises
    ------
    DataError
        `kpis` is not the frame of the function `kpis`, `survey` is no Survey, or lacks a column of the model.
    ModelError
        The fit did not converge.
    OptionError
        `level` is no share.

    Notes
    -----
    Correlations of scores are those of the answers, with their error, so they lie below those of the latent variables.
    Limits by Fisher's z, with standard error 1/sqrt(n - 3); with weights or clusters by its linearized variance, for
    z the sum over respondents of u v - r (u² + v²)/2, u and v standardized, over 1 - r².

    Examples
    --------
    >>> from sexresearch.datasets import load
    >>> from sexresearch.sem import fit
    >>> from sexresearch.survey import kpis
    >>> import warnings; warnings.simplefilter("ignore")
    >>> survey = load("service_excellence_demo")
    >>> results = fit("satisfaction =~ sat1 + sat2 + sat3", survey, missing="fiml")
    >>> table = kpi_correlations(kpis(survey, recommend="recommend"), survey, results)
    >>> bool(table.query("item == 'wallet'")["ci_lower"].item() > 0)
    True
    """
    if not isinstance(survey, Survey):
        raise DataError(f"kpi_correlations takes a Survey; found {type(survey).__name__}")
    if not isinstance(kpis, pd.DataFrame) or not {"kpi", "item", "segment"} <= set(kpis.columns):
        raise DataError("kpi_correlations takes the table that kpis returns first")
    if not isinstance(results, Results):
        raise DataError(f"kpi_correlations takes the Results of a fit; found {type(results).__name__}")
    if not 0 < level < 1:
        raise OptionError(f"level must lie between 0 and 1; found {level!r}")
    scores, design = results.factor_scores(data=survey).reindex(survey.answers.index), design_of(survey)
    measures = results.parameters.query("op == '=~'").groupby("lhs")["rhs"].agg(set)
    rows = [
        (
            kpi,
            item,
            latent,
            *_correlation(values, scores[latent], design, level, _part(measures.get(latent, set()), item)),
        )
        for kpi, item, values in _answers(kpis, survey)
        for latent in scores.columns
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _answers(indicators: pd.DataFrame, survey: Survey) -> Iterator[tuple[str, str, pd.Series]]:
    """Name and columns of each figure with its answers."""
    kept = (indicators["item"] != "") & ~indicators["kpi"].isin(BOXES)
    named = indicators.loc[kept, ["kpi", "item"]].drop_duplicates()
    for kpi, item in named.itertuples(index=False):
        if kpi == "churn":
            one = churned(survey, None, None)
            values = one.answers if one.item == item else numbers(survey, item, "churn")
        else:
            values = pd.concat([numbers(survey, name, kpi) for name in item.split(", ")], axis=1).mean(axis=1)
        if values is not None:
            yield kpi, item, values


def _part(indicators: set[str], item: str) -> str:
    return "the score is made of these answers too" if indicators & set(item.split(", ")) else ""


def _correlation(
    values: pd.Series, scores: pd.Series, design: SampleDesign, level: float, note: str
) -> tuple[float, float, float, int, str]:
    x, y = values.to_numpy(dtype=float), scores.to_numpy(dtype=float)
    kept = ~(np.isnan(x) | np.isnan(y))
    w = np.ones(len(x)) if design.weights is None else design.weights
    kept &= w > 0
    n = int(kept.sum())
    if design.problem or n < FEWEST or np.ptp(x[kept]) == 0 or np.ptp(y[kept]) == 0:
        why = design.problem or ("fewer than 4 answers" if n < FEWEST else "all answers or all scores are the same")
        return np.nan, np.nan, np.nan, n, "; ".join(part for part in (note, why) if part)
    u, v = (_standardized(part[kept], w[kept]) for part in (x, y))
    r = float(np.clip(w[kept] @ (u * v) / w[kept].sum(), -1.0, 1.0))
    plain = design.weights is None and design.clusters is None
    error = 1 / np.sqrt(n - 3) if plain else _linearized(u, v, r, w[kept], design, kept)
    half = float(ndtri(0.5 + level / 2)) * error
    with np.errstate(divide="ignore"):
        z = np.arctanh(r)
    return r, float(np.tanh(z - half)), float(np.tanh(z + half)), n, note


def _standardized(values: Floats, w: Floats) -> Floats:
    away = values - w @ values / w.sum()
    return away / np.sqrt(w @ away**2 / w.sum())


def _linearized(u: Floats, v: Floats, r: float, w: Floats, design: SampleDesign, kept: np.ndarray) -> float:
    parts = w * (u * v - r * (u**2 + v**2) / 2) / w.sum()
    codes = np.arange(len(parts)) if design.clusters is None else pd.factorize(design.clusters[kept])[0]
    sums = np.bincount(codes, parts)
    if len(sums) < 2 or abs(r) >= 1:
        return np.nan
    return float(np.sqrt(len(sums) / (len(sums) - 1) * (sums @ sums))) / (1 - r * r)
