"""Small pieces for simulating a survey: latent variables, answers, careless and skipped ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from sexresearch.errors import ModelError

Paths = Mapping[str, Mapping[str, float]]


def draw_latents(rng: np.random.Generator, given: Mapping[str, np.ndarray], paths: Paths) -> dict[str, np.ndarray]:
    """Standardized latent variables of n people from standardized recursive paths.

    given : the variables nothing points at, each (n,); population mean 0, variance 1, mutually independent.
    paths : {target: {source: standardized coefficient}}, causes before effects. A source ``"a:b"`` is the
    product of a and b, centred and scaled to variance 1; it is uncorrelated with both where they are normal.
    Every target gets a normal residual that brings its population variance to 1.

    Raises ModelError where the paths into a target explain more than its variance.

    >>> drawn = draw_latents(np.random.default_rng(1), {"a": np.array([1.0, -1.0])}, {"b": {"a": 1.0}})
    >>> drawn["b"].tolist()
    [1.0, -1.0]
    """
    latents = dict(given)
    correlations = correlations_of(tuple(given), paths)
    n = len(next(iter(given.values())))
    for target, sources in paths.items():
        total = residual_sd(target, sources, correlations) * rng.standard_normal(n)
        for source, weight in sources.items():
            total = total + weight * (_product(source, latents, correlations) if ":" in source else latents[source])
        latents[target] = total
    return latents


def correlations_of(given: Sequence[str], paths: Paths) -> dict[tuple[str, str], float]:
    """Population correlations of all variables of a recursive standardized model, by pair of names.

    Pairs that are not there are uncorrelated, such as a product with what comes before it.

    >>> round(correlations_of(["a"], {"b": {"a": 0.5}, "c": {"b": 0.4}})["a", "c"], 3)
    0.2
    """
    correlations: dict[tuple[str, str], float] = {(name, name): 1.0 for name in given}
    known = list(given)
    for target, sources in paths.items():
        fresh = [source for source in sources if source not in known]
        correlations.update({(source, source): 1.0 for source in fresh})
        known += fresh
        for other in known:
            value = sum(weight * correlations.get((source, other), 0.0) for source, weight in sources.items())
            correlations[target, other] = correlations[other, target] = value
        correlations[target, target] = 1.0
        known.append(target)
    return correlations


def residual_sd(target: str, sources: Mapping[str, float], correlations: Mapping[tuple[str, str], float]) -> float:
    """Standard deviation of what the paths into `target` leave unexplained of its unit variance.

    >>> residual_sd("b", {"a": 0.6}, {("a", "a"): 1.0})
    0.8
    """
    explained = sum(
        a * b * correlations.get((one, two), 0.0) for one, a in sources.items() for two, b in sources.items()
    )
    if explained > 1 + 1e-12:
        raise ModelError(f"the paths into '{target}' explain {explained:.3f} of its variance; at most 1 can be")
    return math.sqrt(max(0.0, 1 - explained))


def _product(
    source: str, latents: Mapping[str, np.ndarray], correlations: Mapping[tuple[str, str], float]
) -> np.ndarray:
    one, two = source.split(":")
    r = correlations.get((one, two), 0.0)
    return (latents[one] * latents[two] - r) / math.sqrt(1 + r * r)


def draw_response(rng: np.random.Generator, latent: np.ndarray, loading: float) -> np.ndarray:
    """The continuous response behind an item: loading times latent, plus normal error, variance 1; shape (n,).

    >>> draw_response(np.random.default_rng(1), np.array([0.5, 1.0]), loading=1.0).tolist()
    [0.5, 1.0]
    """
    return loading * latent + math.sqrt(1 - loading * loading) * rng.standard_normal(len(latent))


def cut(response: np.ndarray, thresholds: ArrayLike) -> np.ndarray:
    """Answers 1, 2, … from a continuous response: one more than the number of thresholds it lies above.

    >>> cut(np.array([-2.0, 0.1, 3.0]), [-1.0, 0.0, 1.0]).tolist()
    [1, 3, 4]
    """
    return 1 + np.searchsorted(np.asarray(thresholds, dtype=float), response, side="left")


def careless_kinds(rng: np.random.Generator, n: int, share: float) -> np.ndarray:
    """Who answers without reading, (n,): "" for most, "straight" or "random" for half of `share` each.

    >>> careless_kinds(np.random.default_rng(1), 5, share=0.0).tolist()
    ['', '', '', '', '']
    """
    draw = rng.random(n)
    return np.select([draw < share / 2, draw < share], ["straight", "random"], default="")


def answer_carelessly(rng: np.random.Generator, answers: np.ndarray, kinds: np.ndarray, highest: int) -> np.ndarray:
    """The answers (n, items) with careless rows replaced: one answer throughout, or random ones, 1 to `highest`.

    >>> answer_carelessly(np.random.default_rng(1), np.array([[2, 3]]), np.array([""]), highest=7).tolist()
    [[2, 3]]
    """
    straight = 1 + np.floor(highest * rng.random((len(answers), 1))).astype(int)
    random = 1 + np.floor(highest * rng.random(answers.shape)).astype(int)
    column = kinds[:, None]
    return np.where(column == "straight", straight, np.where(column == "random", random, answers))


def skipped(rng: np.random.Generator, propensity: np.ndarray, items: int, rate: float) -> np.ndarray:
    """Which answers are left out, (n, items) of bool.

    A person is one who skips with probability `propensity` (n,), and then leaves out each item with
    probability `rate`.

    >>> bool(skipped(np.random.default_rng(1), np.array([0.0, 0.0]), items=3, rate=0.3).any())
    False
    """
    skips = rng.random(len(propensity)) < propensity
    return skips[:, None] & (rng.random((len(propensity), items)) < rate)
