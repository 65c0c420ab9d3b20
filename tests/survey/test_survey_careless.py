"""Planted careless respondents are found, and attentive ones are left alone."""

import time

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.datasets import service_excellence_demo, service_excellence_world
from sexresearch.errors import DataError
from sexresearch.survey import Construct, Instrument, Item, ResponseScale, Survey, response_indices, screen
from sexresearch.survey.durations import durations
from sexresearch.survey.junk import junk_texts
from sexresearch.survey.twins import most_apart, near_twins

FOUND, FALSE = 0.90, 0.05  # of the planted at least, of the others at most
KINDS = {"straight": 15, "random": 15, "fast": 15, "copied": 15}


def questionnaire(constructs, items, points):
    scale = ResponseScale("agree", 1, points)
    return Instrument(
        tuple(
            Construct(
                f"c{c}", f"C{c}", tuple(Item(f"c{c}i{i}", "s", scale, reverse=i == items - 1) for i in range(items))
            )
            for c in range(constructs)
        )
    )


def attentive(rng, n, constructs, items, points):
    """Raw answers of n people: constructs that go together, loadings of .8, the last item of each reversed."""
    common = rng.normal(size=(n, 1))
    factors = 0.6 * common + 0.8 * rng.normal(size=(n, constructs))
    latent = 0.8 * np.repeat(factors, items, axis=1) + 0.6 * rng.normal(size=(n, constructs * items))
    middle = (points + 1) / 2
    answers = np.clip(np.round(middle + 0.4 + latent * points / 5), 1, points)
    answers[:, items - 1 :: items] = points + 1 - answers[:, items - 1 :: items]
    return answers


def planted(seed, constructs=6, items=4, points=7, n=600):
    """A survey with some of each kind of careless respondents, and who they are."""
    rng = np.random.default_rng(seed)
    answers = attentive(rng, n, constructs, items, points)
    seconds = np.exp(rng.normal(np.log(300), 0.3, size=n))
    who = rng.permutation(np.arange(n // 3, n))[: sum(KINDS.values())]
    straight, random, fast, copied = np.split(who, np.cumsum(list(KINDS.values()))[:-1])
    answers[straight] = rng.integers(1, points + 1, size=(len(straight), 1))
    answers[random] = rng.integers(1, points + 1, size=(len(random), answers.shape[1]))
    seconds[fast] = rng.uniform(20, 80, size=len(fast))
    answers[copied] = answers[rng.permutation(n // 3)[: len(copied)]]
    answers[copied, rng.integers(0, answers.shape[1], size=len(copied))] = points
    instrument = questionnaire(constructs, items, points)
    frame = pd.DataFrame(answers, columns=[item.name for item in instrument.items])
    return Survey.from_frame(frame.assign(**{"Duration (in seconds)": seconds.round()}), instrument), set(who.tolist())


def rates(survey, careless):
    flagged = {row for rows in screen(survey)["rows"] for row in rows}
    return len(flagged & careless) / len(careless), len(flagged - careless) / (survey.n - len(careless))


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("shape", [(6, 4, 7), (10, 3, 10), (8, 4, 5)], ids=str)
def test_planted_careless_respondents_are_found(seed, shape):
    found, false = rates(*planted(seed, *shape))
    assert found >= FOUND
    assert false <= FALSE


def test_they_are_found_without_an_instrument_too():
    survey, careless = planted(6)
    turned = {item.name: 8 - survey.answers[item.name] for item in survey.instrument.items if item.reverse}
    found, false = rates(Survey.from_frame(survey.answers.assign(**turned)), careless)
    assert found >= FOUND
    assert false <= FALSE


@pytest.mark.parametrize(
    ("module", "name"),
    [(service_excellence_demo, "service_excellence_demo"), (service_excellence_world, "service_excellence_world")],
    ids=["demo", "world"],
)
def test_careless_respondents_of_the_synthetic_surveys_are_found(module, name):
    survey, careless = sx.datasets.load(name), module.generate().careless
    found, false = rates(survey, set(careless.index[careless != ""]))
    assert found >= FOUND
    assert false <= FALSE
    assert not screen(survey)["detail"].str.contains(" 0.0%", regex=False).any()  # shares too small to print say so


def test_attentive_answers_are_left_alone():
    instrument = questionnaire(6, 4, 7)
    names = [item.name for item in instrument.items]
    survey = Survey.from_frame(
        pd.DataFrame(attentive(np.random.default_rng(9), 800, 6, 4, 7), columns=names), instrument
    )
    assert rates(survey, {-1})[1] <= FALSE / 2


def test_each_kind_has_its_check():
    survey, _ = planted(3)
    checks = set(screen(survey)["check"])
    assert {"one answer throughout", "outlying answers", "speeding", "near duplicate"} <= checks


def test_the_indices_are_one_row_per_respondent(assert_in_glossary):
    survey, _ = planted(4)
    table = response_indices(survey)
    assert_in_glossary(table)
    assert table.index.equals(survey.answers.index)
    assert table["speed_index"].median() == pytest.approx(1, abs=0.01)
    assert table[["longstring", "irv", "person_total", "even_odd", "d2"]].notna().mean().min() > 0.9


def test_a_named_column_of_durations_is_used_and_a_wrong_one_refused():
    survey, _ = planted(5)
    renamed = Survey.from_frame(survey.answers.rename(columns={"Duration (in seconds)": "t"}), survey.instrument)
    assert response_indices(renamed)["duration"].isna().all()
    assert "speeding" not in set(screen(renamed)["check"])
    assert screen(renamed, duration="t").query("check == 'speeding'")["where"].item() == "t"
    with pytest.raises(DataError, match="no column 'nowhere'"):
        screen(renamed, duration="nowhere")
    with pytest.raises(DataError, match="no durations above 0"):
        screen(Survey.from_frame(survey.answers.assign(t="soon"), survey.instrument), duration="t")


@pytest.mark.parametrize(
    ("frame", "seconds"),
    [
        ({"interviewtime": [312.4, None]}, [312.4, np.nan]),
        ({"Interviewtime. Total time": [10, 0]}, [10, np.nan]),
        ({"Start time": ["2026-01-05 10:00:00"], "Completion time": ["2026-01-05 10:01:30"]}, [90]),
        ({"start": ["2026-01-05T10:00:00+01:00"], "end": ["2026-01-05T10:00:30+01:00"]}, [30]),
        ({"Dauer (in Minuten)": [1.5]}, [90]),
        ({"Time taken": ["00:04:31"]}, [271]),
    ],
    ids=lambda value: str(value)[:30],
)
def test_durations_by_platform(frame, seconds):
    np.testing.assert_allclose(durations(pd.DataFrame(frame)), seconds)


def test_no_durations_without_a_column_of_them():
    assert durations(pd.DataFrame({"start": [1, 2], "end": [3, 4], "x": ["a", "b"]})) is None


def test_twins_are_those_of_all_pairs():
    rng = np.random.default_rng(8)
    answers = rng.integers(1, 5, size=(150, 8)).astype(float)
    answers[40] = answers[3]
    answers[rng.random(answers.shape) < 0.05] = np.nan
    codes = np.where(np.isnan(answers), -1, answers)
    spread = [
        len(row[~np.isnan(row)]) * 0.75 > max(np.unique(row[~np.isnan(row)], return_counts=True)[1]) for row in answers
    ]
    for apart in (0, 1, 2):
        near = (codes[:, None, :] != codes[None, :, :]).sum(axis=2) <= apart
        near &= np.outer(spread, spread) & np.tri(150, k=-1, dtype=bool)
        found, used = near_twins(answers, apart)
        assert used == apart
        assert found == {int(row): int(np.flatnonzero(near[row])[0]) for row in np.flatnonzero(near.any(axis=1))}


def test_short_scales_have_no_twins_that_chance_does_not_make():
    assert most_apart(np.array([500, 900, 900, 900]), n=1000, simulated=1000, items=20) == -1
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(rng.integers(1, 4, size=(500, 6)), columns=list("abcdef"))
    assert "near duplicate" not in set(screen(Survey.from_frame(frame))["check"])


def test_junk_texts():
    texts = ["asdf", "ASDFGH", "xxx", "...", "test", "Test 2", "bla bla", "a@test.de", "qwertz"]
    fine = ["contest", "was fine", "no", "a", "Tester are nice people", "Anna", "5", "ok..."]
    frame = pd.DataFrame({"why": texts + fine + ["fine"] * 200})
    ((_, rows),) = junk_texts(frame)
    assert rows[rows].index.tolist() == list(range(len(texts)))


@pytest.mark.parametrize(
    "frame",
    [
        {"a": [1.0, 2.0, 3.0]},
        {"a": [3.0] * 40},
        {"a": [np.nan] * 40, "b": [1.0, 2.0] * 20},
        {name: [1.0, 5.0, 3.0, np.nan] * 10 for name in "abcdefgh"},
        {name: np.full(30, np.nan) for name in "abcdefgh"},
        {f"x{number}": [1.0, 2.0, 5.0] for number in range(40)},
        {"text": ["a", "b", "c"]},
        {**{name: np.arange(12) % 5 + 1.0 for name in "abcdefg"}, "Duration (in seconds)": [0] * 12},
    ],
    ids=[
        "one item",
        "constant",
        "one all missing",
        "equal items",
        "all missing",
        "wide",
        "no numbers",
        "no time taken",
    ],
)
def test_surveys_that_leave_little_to_compute(frame):
    survey = Survey.from_frame(pd.DataFrame(frame))
    assert list(screen(survey).columns) == ["check", "where", "rows", "share", "detail", "advice"]
    assert len(response_indices(survey)) == survey.n


def test_what_is_no_survey_is_refused():
    with pytest.raises(DataError, match="takes a Survey; found DataFrame"):
        response_indices(pd.DataFrame({"a": [1.0]}))


def test_many_answers_take_seconds():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(attentive(rng, 20_000, 15, 4, 7), columns=[f"x{number}" for number in range(60)])
    survey, started = Survey.from_frame(frame), time.process_time()
    screen(survey)
    assert time.process_time() - started < 30  # some 3 seconds alone; a runner may be slow
