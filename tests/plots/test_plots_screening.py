"""The page of screening: what it draws, and what it says where it cannot."""

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import SexresearchError


@pytest.fixture(scope="module")
def survey():
    rng = np.random.default_rng(1)
    joy = rng.normal(size=(300, 1))
    answers = np.clip(np.round(4 + 1.3 * joy + rng.normal(size=(300, 12))), 1, 7)
    answers[:6] = 5
    answers[10:40, 3] = np.nan
    frame = pd.DataFrame(answers, columns=[f"x{number}" for number in range(12)])
    return sx.Survey.from_frame(frame.assign(**{"Duration (in seconds)": np.exp(rng.normal(5.5, 0.3, size=300))}))


def titles(figure):
    return [axes.get_title(loc="left") for axes in figure.axes[2:]]


def said(figure):
    return [text.get_text() for axes in figure.axes[2:] for text in axes.texts if text.get_gid() == "missing"]


def test_six_plots_of_one_survey(survey):
    figure = sx.plots.screening(survey, title="Screened", note="Simulated.")
    assert titles(figure)[:3] == ["Missing answers", "Time taken", "Longest run of one answer"]
    assert titles(figure)[4:] == ["Mahalanobis D²", "Use of the scale"]
    assert said(figure) == []
    words = [text.get_text() for text in figure.axes[0].texts]
    assert words[0] == "Screened"
    assert "respondents flagged" in words[1]
    assert words[1].endswith("Simulated.")


def test_flagged_respondents_are_those_found(survey):
    found = sx.screen(survey).iloc[:0]
    foot = sx.plots.screening(survey, found).axes[0].texts[1].get_text()
    assert "0 respondents flagged" in foot
    rest = survey.without([1, 2], because="test answers")
    assert "2 rows excluded: test answers (2)" in " ".join(sx.plots.screening(rest).axes[0].texts[1].get_text().split())


@pytest.mark.parametrize(
    "frame",
    [
        {"a": [1.0, 2.0, 3.0]},
        {"a": [1.5, 2.5, 900.0], "b$": [np.nan, np.nan, 1.0]},
        {"text": ["x", "y"]},
        {name: [3.0] * 9 for name in "abcdefgh"},
        {name: np.full(9, np.nan) for name in "abcdefgh"},
        {"a": [1, 2, 3], "Duration (in seconds)": [60, 60, 60]},
    ],
    ids=["one item", "no ratings", "no numbers", "constant", "all missing", "one duration"],
)
def test_what_cannot_be_drawn_says_why(frame):
    figure = sx.plots.screening(sx.Survey.from_frame(pd.DataFrame(frame)))
    figure.canvas.draw()
    assert any("no " in text or "too few" in text for text in said(figure))


@pytest.mark.parametrize(
    ("survey_given", "found"),
    [(None, None), (pd.DataFrame({"a": [1]}), None), (..., pd.DataFrame({"a": [1]})), (..., 3)],
)
def test_what_is_no_survey_is_refused(survey, survey_given, found):
    with pytest.raises(SexresearchError):
        sx.plots.screening(survey if survey_given is ... else survey_given, found)
