"""Planted careless respondents in the shapes of the bank's own questionnaires, the ten questions of the pulse too."""

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.survey import Survey, screen

FOUND, FALSE = 0.90, 0.05  # of the planted at least, of the others at most
EACH = 15  # of each kind
KINDS = ("straight", "random", "fast", "copied")


def answered(kind: str, seed: int, n: int = 600) -> tuple[Survey, dict[str, set[int]]]:
    """Attentive answers of one factor for each construct, with some respondents of each careless kind."""
    rng = np.random.default_rng(seed)
    instrument = sx.instrument(kind)
    items = [item for item in instrument.items if np.isfinite(item.scale.highest) and item.respondent != "record"]
    low, high = (np.array([getattr(item.scale, end) for item in items], float) for end in ("lowest", "highest"))
    homes = {item.name: place for place, part in enumerate(instrument.constructs) for item in part.items}
    factors = 0.6 * rng.normal(size=(n, 1)) + 0.8 * rng.normal(size=(n, len(instrument.constructs)))
    latent = 0.8 * factors[:, [homes[item.name] for item in items]] + 0.6 * rng.normal(size=(n, len(items)))
    answers = np.clip(np.round((low + high) / 2 + (0.06 + latent / 5) * (high - low)), low, high)
    turned = [item.reverse for item in items]
    answers[:, turned] = (low + high - answers)[:, turned]
    seconds = np.exp(rng.normal(np.log(300), 0.3, size=n))
    straight, random, fast, copied = np.split(rng.permutation(np.arange(n // 3, n))[: 4 * EACH], 4)
    answers[straight] = np.clip(rng.integers(1, 8, size=(EACH, 1)), low, high)
    answers[random] = np.round(rng.uniform(low - 0.5, high + 0.5, size=(EACH, len(items))))
    seconds[fast] = rng.uniform(20, 80, size=EACH)
    answers[copied] = answers[rng.permutation(n // 3)[:EACH]]
    answers[copied, rng.integers(0, len(items), size=EACH)] = 5
    frame = pd.DataFrame(answers, columns=[item.name for item in items])
    for item in instrument.items:
        if item not in items:
            frame[item.name] = np.clip(np.round(np.exp(5 + 0.5 * rng.normal(size=n))), 0, item.scale.highest)
    survey = Survey.from_frame(frame.assign(**{"Duration (in seconds)": seconds.round()}), instrument)
    groups = (set(map(int, rows)) for rows in (straight, random, fast, copied))
    return survey, dict(zip(KINDS, groups, strict=True))


def flagged(survey: Survey) -> set[int]:
    first = int(survey.answers.index[0])
    return {int(row) - first for rows in screen(survey)["rows"] for row in rows}


@pytest.mark.parametrize("kind", ["customer-core", "employee"])
def test_careless_respondents_to_questionnaires_of_the_bank_are_found(kind):
    survey, planted = answered(kind, seed=1)
    found, careless = flagged(survey), set().union(*planted.values())
    assert len(found & careless) >= FOUND * len(careless)
    assert len(found - careless) <= FALSE * (survey.n - len(careless))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ten_questions_tell_nine_of_ten_careless_respondents(seed):
    survey, planted = answered("pulse", seed)
    found, careless = flagged(survey), set().union(*planted.values())
    assert planted["straight"] | planted["fast"] | planted["copied"] <= found
    assert len(found & careless) >= FOUND * len(careless)
    assert len(found - careless) <= FALSE * (survey.n - len(careless))
