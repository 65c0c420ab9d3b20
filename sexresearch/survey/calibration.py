"""Cut-offs for indices of carelessness from the survey itself: what attentive and careless answers to it look like.

Attentive answers are drawn from a normal distribution with the survey's own means and covariances and cut into its
categories, careless ones evenly from these; both get gaps as they are in the survey. An index then tells something in
this survey if few of the attentive and most of the careless are beyond the cut-off: with few items, or items that
hardly go together, none does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sexresearch.survey.careless import Floats

DRAWN = 2000  # answers of each kind
SEED = 20121018
ATTENTIVE = 0.005  # share of attentive respondents that a cut-off may take for careless
CARELESS = 0.5  # share of careless ones that it has to find
SLIPS = 0.1  # share of other answers among those who tick one nearly throughout


@dataclass(frozen=True)
class Cutoff:
    """A cut-off with the shares of attentive and of careless answers beyond it."""

    value: float
    attentive: float
    careless: float


@dataclass(frozen=True)
class SimulatedAnswers:
    """Answers as given, each (DRAWN, p): attentive, at random, and one answer nearly throughout."""

    attentive: Floats
    random: Floats
    straight: Floats


def draw(answers: Floats, mean: Floats, cov: Floats) -> SimulatedAnswers:
    """Answers like those (n, p) of a survey with these moments, drawn with a fixed seed.

    >>> found = draw(np.array([[1.0, 7.0], [7.0, 1.0]]), np.full(2, 4.0), np.diag([1.0, 1.0]))
    >>> found.attentive.shape, float(found.random.min())
    ((2000, 2), 1.0)
    """
    rng, p = np.random.default_rng(SEED), answers.shape[1]
    lowest, highest = np.nanmin(answers, axis=0), np.nanmax(answers, axis=0)
    values, vectors = np.linalg.eigh(cov)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    attentive = np.clip(np.round(mean + rng.standard_normal((DRAWN, p)) @ root.T), lowest, highest)
    random = np.floor(lowest + rng.random((DRAWN, p)) * (highest - lowest + 1))
    one = np.clip(np.floor(lowest + rng.random((DRAWN, 1)) * (highest - lowest + 1)), lowest, highest)
    straight = np.where(rng.random((DRAWN, p)) < SLIPS, random, one)
    gaps = np.isnan(answers)[rng.integers(len(answers), size=DRAWN)]
    return SimulatedAnswers(*(np.where(gaps, np.nan, kind) for kind in (attentive, random, straight)))


def cutoff(attentive: Floats, careless: Floats, share: float = ATTENTIVE) -> Cutoff | None:
    """The value below which careless answers are found, high values being attentive; None where too few would be.

    `share` of the attentive may be below.

    >>> cutoff(np.linspace(0.0, 1.0, 1000), np.full(1000, -1.0)).careless
    1.0
    """
    attentive, careless = attentive[~np.isnan(attentive)], careless[~np.isnan(careless)]
    if min(len(attentive), len(careless)) < DRAWN // 10:
        return None
    best = judged(float(np.quantile(attentive, share)), attentive, careless)
    return best if best.careless >= CARELESS else None


def judged(value: float, attentive: Floats, careless: Floats) -> Cutoff:
    """A cut-off with what is below it.

    >>> judged(0.5, np.array([0.4, 0.6]), np.array([0.1]))
    Cutoff(value=0.5, attentive=0.5, careless=1.0)
    """
    return Cutoff(value, float((attentive < value).mean()), float((careless < value).mean()))


def beyond(values: Floats, limit: Cutoff | None) -> npt.NDArray[np.bool_]:
    """Which of the values lie below a cut-off; none where there is none."""
    return np.zeros(len(values), dtype=bool) if limit is None else values < limit.value
