"""Draws counted for many replicates at once, and the first gradients of a batch, against one at a time."""

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.sem.resampling.counted_draws import counts_of
from sexresearch.sem.resampling.draws import resampled
from sexresearch.sem.resampling.many_fits import _by_replicate, batch
from sexresearch.sem.resampling.sampled import Samples

ROUNDING = 1e-12  # relative: the same sums in another order


def _one(seed: int, number: int, sizes: tuple[int, ...]) -> np.ndarray:
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(number,))))
    return np.concatenate([np.bincount(random.integers(0, size, size), minlength=size) for size in sizes])


@pytest.mark.parametrize("seed", [0, 1, 2**31, 2**33 + 5, 2**130 + 1])
@pytest.mark.parametrize("sizes", [(500,), (7,), (1,), (3, 5, 1, 4), (301, 251, 9), (70001, 3)])
def test_draws_are_those_of_numpys_generator(seed: int, sizes: tuple[int, ...]) -> None:
    strata = tuple(zip(np.cumsum([0, *sizes[:-1]]).tolist(), sizes, strict=True))
    expected = [_one(seed, number, sizes) for number in range(3, 20)]
    assert np.array_equal(counts_of(seed, range(3, 20), strata), expected)


MODEL = "f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3\ng ~ f + w\n"


EQUAL = {"group": "who", "group_equal": ("loadings",)}


@pytest.mark.parametrize("more", [{}, {"group": "who"}, {"meanstructure": True}, EQUAL])
def test_first_gradients_by_rates_are_those_of_the_model(more: dict[str, object]) -> None:
    random = np.random.default_rng(5)
    f, w = random.normal(size=(2, 300))
    g = 0.5 * f + 0.3 * w + random.normal(size=300)
    data = pd.DataFrame({f"{a}{k}": v + random.normal(size=300) for a, v in (("x", f), ("y", g)) for k in (1, 2, 3)})
    data["w"], data["who"] = w, np.where(random.uniform(size=300) < 0.4, "a", "b")
    fitted = sx.fit(MODEL, data, **more).fitted
    model = batch(fitted)
    assert model is not None
    has_means = fitted.structures[0].has_means
    moments = resampled(fitted, 1, None).moments(range(6), [form.order for form in model.forms], has_means)
    parts = [part for own in moments for part in _by_replicate(own, np.sum([w.n for w in moments], axis=0))]
    samples = Samples(model.forms, model.coordinates, model.T, [own.gaps for own in moments], model.rates)
    slope = samples.slope(np.zeros((6, model.T.shape[1])), parts)
    assert samples.first_slope(parts) == pytest.approx(slope, rel=ROUNDING, abs=ROUNDING * np.abs(slope).max())
