"""Names and questions as platforms write them: tables of questions, groups of forms, comments, silent groups."""

import numpy as np
import openpyxl
import pandas as pd
import pytest

import sexresearch as sx

STEM = "Inwieweit stimmen Sie zu?"
WORDS = ["Stimme nicht zu", "Stimme eher nicht zu", "Teils/teils", "Stimme eher zu", "Stimme voll und ganz zu"]
ASKED = {
    "Der Besuch war ein herausragendes Erlebnis.": "experience",
    "Der Besuch hat meine Erwartungen übertroffen.": "exceeded",
    "Ich war begeistert.": "delight",
    "Ich werde wiederkommen.": "loyalty",
}
N = 80


def ratings(columns, seed=1):
    rng = np.random.default_rng(seed)
    mood = rng.normal(size=N)
    return {name: np.clip(np.round(3 + mood + rng.normal(size=N)), 1, 5).astype(int) for name in columns}


def test_rows_of_a_table_of_questions_are_compared_and_worded_without_what_stands_above_them(tmp_path):
    rng = np.random.default_rng(2)
    columns = {f"{STEM} [{text}]": np.array(WORDS)[codes - 1] for text, codes in ratings(ASKED).items()}
    columns["Was können wir besser machen?"] = rng.choice(["Alles gut", "Zu lange Wartezeit; sonst gut", "-"], N)
    columns["Alter"] = rng.choice(["18-29", "30-59", "keine Angabe"], N)
    frame = pd.DataFrame(columns)
    frame.to_csv(tmp_path / "google.csv", index=False)
    draft = sx.draft_instrument(tmp_path / "google.csv")
    found = draft.proposals.set_index("column")
    assert found["construct"].dropna().tolist() == list(ASKED.values())
    assert [item.wording for item in draft.items] == list(ASKED)
    assert found.loc["Was können wir besser machen?", ["role", "because"]].tolist() == ["other", "comments in words"]
    survey = sx.read_survey(tmp_path / "google.csv", draft)
    assert survey.answers["Alter"].isna().sum() == (frame["Alter"] == "keine Angabe").sum()
    assert any("'keine Angabe' counts as no answer" in note and "Alter" in note for note in survey.notes)


def test_two_merged_header_rows_say_the_same(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Respondent ID", "IP Address", STEM, *[None] * (len(ASKED) - 1)])
    book.active.append([None, None, *ASKED])
    for row, codes in enumerate(zip(*ratings(ASKED).values(), strict=True)):
        book.active.append([118 + row, f"10.0.0.{row}", *(WORDS[code - 1] for code in codes)])
    book.active.merge_cells(start_row=1, end_row=1, start_column=3, end_column=2 + len(ASKED))
    book.save(tmp_path / "monkey.xlsx")
    found = sx.draft_instrument(tmp_path / "monkey.xlsx").proposals.set_index("column")
    assert found["construct"].dropna().to_dict() == ASKED
    assert found.loc["IP Address", "because"] != "date or time"


@pytest.mark.parametrize(("mark", "more"), [("/", []), ("-", ["KEY"])])
def test_groups_of_a_form_say_nothing_of_the_construct(tmp_path, mark, more):
    named = {"sat1": "satisfaction", "sat2": "satisfaction", "delight1": "delight", "loyalty1": "loyalty"}
    frame = pd.DataFrame(ratings([f"experience{mark}{name}" for name in named]))
    frame = frame.assign(_submitted_by=np.nan, **{name: [f"uuid:{row:04}" for row in range(N)] for name in more})
    frame.to_csv(tmp_path / "kobo.csv", index=False)
    draft = sx.draft_instrument(tmp_path / "kobo.csv")
    assert {item.name: item.column for item in draft.items} == {name: f"experience{mark}{name}" for name in named}
    found = draft.proposals.set_index("column")
    assert found["construct"].dropna().tolist() == list(named.values())
    assert found.loc["_submitted_by", "because"] == "empty"


@pytest.mark.parametrize("role", ["group", "cluster", "other"])
def test_words_of_no_answer_are_no_group(role):
    codebook = "[scales.s]\nlowest = 1\nhighest = 5\n[constructs.c]\nscale = 's'\nitems = { q = 'Q' }\n[fields]\n"
    codebook += f"age = {{ role = '{role}' }}\n"
    frame = pd.DataFrame({"q": [1, 2, 3, 4], "age": ["18-29", "Prefer not to say", "NS", "n/a "]})
    ages = sx.Survey.from_frame(frame, sx.Instrument.from_toml(codebook)).answers["age"]
    assert ages.isna().tolist()[:3] == [False, role != "other", False]  # NS may be a province


def test_a_column_that_cannot_be_decided_is_left_out_of_a_draft_and_said(tmp_path):
    frame = pd.DataFrame(ratings(["sat1", "sat2", "sat3"])).assign(sales="1.234")
    frame.to_csv(tmp_path / "a.csv", index=False, sep=";")
    draft = sx.draft_instrument(tmp_path / "a.csv")
    assert [item.name for item in draft.items] == ["sat1", "sat2", "sat3"]
    assert "# Read: column 'sales' left out: '1.234' may be 1234 or 1.234: say decimal='.'" in draft.text
    (tmp_path / "q.toml").write_text(draft.text)
    assert "'sales' (not in use): '1.234' may be" in " ".join(
        sx.read_survey(tmp_path / "a.csv", tmp_path / "q.toml").notes
    )
    frame[["sales"]].assign(day="x").to_csv(tmp_path / "b.csv", index=False, sep=";")
    with pytest.raises(sx.errors.DataError, match=r"no column of ratings.*column 'sales' left out: '1\.234' may be"):
        sx.draft_instrument(tmp_path / "b.csv")
