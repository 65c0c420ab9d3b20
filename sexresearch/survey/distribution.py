"""What the answers of all respondents together show: why some are missing, their shape, how scales are used."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from sexresearch.survey.finding import Finding
from sexresearch.survey.multivariate import WIDEST, little_mcar, mardia, sampled_rows
from sexresearch.survey.respondents import RatingItems
from sexresearch.survey.styles import net_agreement
from sexresearch.verdict import short

LEVEL = 0.05  # of Little's test
NOT_NORMAL = 5.0  # Bentler (2005): normalized kurtosis beyond which answers are not normal
MOST_ROWS = 20_000  # from which Mardia's coefficients are computed
MUCH_AGREEMENT = 0.10  # our convention: mean net agreement, in parts of half a scale, that content does not explain
CERTAIN = 3.0  # standard errors that it has to exceed too
EXTREME = 0.80  # our convention: share of a respondent's answers at the ends of the scale, both ends in use
MANY = 0.10  # our convention: share of such respondents


def missing_at_random(items: pd.DataFrame, known: RatingItems) -> Iterator[Finding]:
    """Whether answers are missing for reasons that the answers tell of; `known` has moments already."""
    low, high = (items.agg(end).to_numpy(dtype=float) if items.shape[1] else np.zeros(0) for end in ("min", "max"))
    varying = items.columns[low < high].tolist()
    answers = items[varying].to_numpy(dtype=float)
    if not 1 < len(varying) <= WIDEST or not np.isnan(answers).any():
        return
    used = sampled_rows(answers)
    same = varying == [known.names[place] for place in known.varying]
    little = little_mcar(used, known.moments if same else None)
    if little is None or not little.pvalue < LEVEL:
        return
    rows = "" if little.rows == int((~np.isnan(answers)).any(axis=1).sum()) else f", {little.rows} rows drawn"
    detail = f"Little's test: chi-square {little.statistic:.1f}, df {little.df}, p {_p(little.pvalue)}{rows}"
    advice = 'not missing completely at random: leaving rows with gaps out can mislead; use missing="fiml"'
    yield Finding("missing answers depend on others", "survey", detail=detail, advice=advice)


def shape(items: RatingItems) -> Iterator[Finding]:
    """Whether the answers are far from a multivariate normal distribution."""
    own = items.answers[:, items.varying]
    whole = own[~np.isnan(own).any(axis=1)]
    if len(whole) > MOST_ROWS:
        whole = whole[np.random.default_rng(1).permutation(len(whole))[:MOST_ROWS]]
    normal = mardia(whole)
    if normal is None or abs(normal.z) <= NOT_NORMAL:
        return
    detail = (
        f"Mardia's skewness {normal.skewness:.2f} (chi-square {normal.chisq:.1f}, df {normal.df}, p "
        f"{_p(normal.skewness_pvalue)}), kurtosis {normal.kurtosis:.1f} (z {normal.z:.1f}, p "
        f"{_p(normal.kurtosis_pvalue)})"
    )
    yield Finding("not normal", "survey", detail=detail, advice='use a robust estimator, such as estimator="MLR"')


def styles(items: RatingItems, indices: pd.DataFrame) -> Iterator[Finding]:
    """Whether many agree with whatever is asked, or use only the ends of the scales."""
    sides = [
        ([place for place in places if not items.reverse[place]], [place for place in places if items.reverse[place]])
        for places in items.constructs
    ]
    both = [side for side in sides if all(side)]
    net = net_agreement(items.answers, items.lowest, items.highest, both)
    net = net[~np.isnan(net)]
    if len(net) > 1 and net.mean() > max(MUCH_AGREEMENT, CERTAIN * net.std(ddof=1) / np.sqrt(len(net))):
        detail = f"statements and their opposites are agreed with alike: by {net.mean():.0%} of half a scale on average"
        advice = "answers share a style besides what they are about: correlations among like-worded items are too high"
        yield Finding("acquiescence", "survey", detail=detail, advice=advice)
    low, high = (indices[name] > 0 for name in ("agreeing", "disagreeing"))
    share = float(((indices["extreme"] > EXTREME) & low & high).mean()) if len(indices) else 0.0
    if share > MANY:
        detail = f"{share:.0%} give over {EXTREME:.0%} of their answers at the ends of the scales, at both"
        advice = "differences between respondents are partly of style: treat the items as ordered"
        yield Finding("extreme answers", "survey", share=share, detail=detail, advice=advice)


def _p(value: float) -> str:
    return "< .001" if value < 0.001 else f"= {short(value, 3)}"
