"""Drafts of questionnaires that they were not tuned on: how often the first two proposals hold a right one."""

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx

ASKED = tomllib.loads((Path(__file__).parent / "instruments_afresh.toml").read_text(encoding="utf-8"))
RESPONDENTS = 240


def answered(asked: dict, path: Path) -> None:
    """A file of answers that share one mood; its headers are the questions themselves."""
    rng = np.random.default_rng(11)
    mood = rng.normal(size=RESPONDENTS)

    def codes(low, high):
        middle, width = (low + high) / 2, (high - low) / 2
        level = middle + 0.5 + width * (0.5 * mood + 0.5 * rng.normal(size=RESPONDENTS))
        return np.clip(np.round(level), low, high).astype(int)

    columns = {"Respondent number": np.arange(1, RESPONDENTS + 1)}
    for wording in asked["items"]:
        found = codes(0, 10) if wording in asked.get("wide", ()) else codes(1, asked["highest"])
        words = asked.get("labels") if wording not in asked.get("wide", ()) else None
        columns[wording] = [words[code - 1] for code in found] if words else found
    columns["Region"] = [("North", "South", "West")[place % 3] for place in range(RESPONDENTS)]
    columns["Age"] = rng.integers(18, 80, RESPONDENTS)
    columns["Comments"] = ["" if place % 5 else f"Remark {place}" for place in range(RESPONDENTS)]
    pd.DataFrame(columns).to_csv(path, index=False)


def hits(asked: dict, draft: sx.Draft) -> tuple[dict[str, bool], dict[str, bool], dict[str, bool]]:
    """For each question whether the first proposal is right, whether one of two is, and whether the scale is."""
    found = {row.column: row for row in draft.proposals.itertuples()}
    first, either, scales = {}, {}, {}
    for wording, fits in asked["items"].items():
        row = found[wording]
        first[wording] = row.role == "item" and bool({row.node or row.construct} & set(fits))
        either[wording] = first[wording] or (row.role == "item" and bool({row.second_node or row.second} & set(fits)))
        wanted = (0, 10) if wording in asked.get("wide", ()) else (1, asked["highest"])
        scales[wording] = row.role == "item" and (row.lowest, row.highest) == wanted
    return first, either, scales


FIRST, EITHER = 0.75, 0.90  # shares of right proposals on each questionnaire


@pytest.mark.parametrize("name", ASKED)
def test_questions_of_other_trades_find_their_construct(name, tmp_path):
    asked = ASKED[name]
    answered(asked, tmp_path / "clients.csv")
    draft = sx.draft_instrument(tmp_path / "clients.csv")
    first, either, scales = (np.mean(list(found.values())) for found in hits(asked, draft))
    print(f"{name}: first {first:.2f}, first or second {either:.2f}")
    assert first >= FIRST
    assert either >= EITHER
    assert scales == 1
    assert draft.proposals.set_index("column")["role"].loc[["Respondent number", "Region"]].tolist() == ["id", "group"]


def test_openings_that_questions_share_tell_none_apart(tmp_path):
    things = ("the friendliness of our staff", "our prices", "the handling of your complaint", "us overall")
    rng = np.random.default_rng(2)
    answers = {f"How satisfied are you with {thing}?": rng.integers(1, 6, 60) for thing in things}
    pd.DataFrame(answers).to_csv(tmp_path / "clients.csv", index=False)
    draft = sx.draft_instrument(tmp_path / "clients.csv")
    assert draft.proposals["construct"].tolist()[1] == "value"
    assert draft.proposals["construct"].tolist()[3] == "satisfaction"
    assert {draft.proposals["construct"][2], draft.proposals["second"][2]} & {"feedback", "complaints"}
