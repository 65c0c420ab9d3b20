"""Questions with boxes to tick, which Microsoft and Google Forms export with all ticks in one cell."""

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.survey.joined import joined_by

CHOICES = ("Web", "Phone", "Branch", "E-mail")


def ticks(mark: str, end: str) -> list[str]:
    rng = np.random.default_rng(3)
    return [mark.join(CHOICES[k] for k in np.flatnonzero(rng.random(4) < 0.5)) + end for _ in range(40)]


@pytest.mark.parametrize(("mark", "end"), [(";", ";"), (";", ""), (", ", "")])
def test_ticks_in_one_cell_are_said_and_kept_as_text(mark, end, tmp_path):
    cells = [cell if cell.strip(";") else "" for cell in ticks(mark, end)]
    frame = pd.DataFrame({"Channels": cells, "How satisfied are you with us?": np.arange(40) % 5 + 1})
    path = tmp_path / "forms.xlsx"
    frame.to_excel(path, index=False)
    survey = sx.read_survey(path)
    (note,) = [note for note in survey.notes if "Channels" in note]
    assert note.startswith(f"'Channels' holds several answers in one cell, joined by '{mark.strip()}'")
    assert (".str.strip(';')" in note) == bool(end)
    split = survey.answers["Channels"].str.strip(end).str.get_dummies(mark)
    assert set(split) == set(CHOICES)
    assert split["Web"].tolist() == ["Web" in cell for cell in cells]
    roles = sx.draft_instrument(path).proposals.set_index("column")
    assert roles.loc["Channels", "role"] == "other"
    assert "several answers in one cell" in roles.loc["Channels", "because"]


@pytest.mark.parametrize(
    "cells",
    [
        ["Oslo, Norway", "Bern, Switzerland", "Bergen, Norway", "Basel, Switzerland"] * 5,
        ["Good, but slow; never again", "Fine", "Helpful, friendly people", "No; thanks"] * 1,
        ["agree", "disagree", "neither"] * 6,
        ["Anna; sales"] + [f"note {k}" for k in range(30)],
    ],
)
def test_places_comments_and_single_answers_are_not_taken_for_ticks(cells):
    assert joined_by(cells) == ""


def test_groups_that_differ_in_case_alone_are_pointed_out_by_a_fit():
    rng = np.random.default_rng(7)
    answers = pd.DataFrame(rng.normal(size=(300, 3)) + rng.normal(size=(300, 1)), columns=["x1", "x2", "x3"])
    brand = np.resize(["Premium", "premium ", "luxury"], 300)
    found = sx.fit("f =~ x1 + x2 + x3", answers.assign(brand=brand), group="brand").problems
    assert any("'Premium', 'premium ' differ only in case or blanks" in text for text in found)
    other = sx.fit("f =~ x1 + x2 + x3", answers.assign(brand=np.resize(["a", "b"], 300)), group="brand").problems
    assert not any("differ only" in text for text in other)
