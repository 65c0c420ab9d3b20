"""Waves of a survey one below the other, and every difference that forbids it in one message."""

import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import DataError, OptionError

CODEBOOK = """
[scales.five]
lowest = 1
highest = 5
labels = ["no", "rather no", "half", "rather yes", "yes"]
missing = [9]
[constructs.joy]
scale = "five"
[constructs.joy.items]
joy1 = "I was glad to be here"
joy2 = { wording = "I was bored", reverse = true }
[constructs.ease]
scale = "five"
items = { walkways = "The moving walkways" }
[fields]
gate = { role = "cluster" }
brand = { role = "group", labels = { 1 = "premium", 2 = "luxury" } }
"""
ANSWERS = pd.DataFrame(
    {"joy1": [5, 4, 9], "joy2": [1, 2, 3], "walkways": [3, 3, 4], "gate": ["A", "B", "A"], "brand": [1, 2, 1]}
)


def wave(*changes, answers=ANSWERS, name="wave"):
    text = CODEBOOK
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return sx.Survey.from_frame(answers, sx.Instrument.from_toml(text), name=name)


def test_waves_stand_one_below_the_other_with_their_records():
    first = wave(name="a.csv").without([1], because="test row")
    other = wave(("bored", "bored by it"), answers=ANSWERS.assign(comment="fine"), name="b.csv")
    both = sx.join_waves({"2025": first, "2026": other})
    assert both.answers.index.tolist() == ["2025/0", "2025/2", "2026/0", "2026/1", "2026/2"]
    assert both.answers["wave"].tolist() == ["2025"] * 2 + ["2026"] * 3
    assert both.answers["joy2"].tolist() == [5, 3, 5, 4, 3]
    assert both.caption == "a.csv and b.csv, n = 5, 1 row excluded: test row (1)"
    assert both.exclusions[0].rows == ("2025/1",)
    assert [(none.column, none.answer, none.times) for none in both.no_answers] == [("joy1", "9", 2)]
    assert any("'comment' is not in 2025: missing there" in note for note in both.notes)
    assert any("item 'joy2' was asked as 'I was bored' in 2025, as 'I was bored by it'" in note for note in both.notes)
    assert both.instrument.fields[-1] == sx.survey.Field("wave", "Wave", "group")
    assert sx.screen(both) is not None
    assert both.without(["2026/0"], because="twice").n == 4


def test_every_difference_stands_in_one_message():
    renamed = ANSWERS.rename(columns={"walkways": "walkway", "gate": "GATE"}).assign(extra=4)
    other = wave(
        ("walkways =", "walkway ="),
        ("[scales.five]", "[scales.ten]\nlowest = 0\nhighest = 10\n[scales.five]"),
        ('"I was glad to be here"', '{ wording = "I was glad to be here", scale = "ten" }'),
        (", reverse = true", ""),
        ("gate =", "GATE ="),
        ('role = "group"', 'role = "other"'),
        ('"luxury"', '"Luxury "'),
        ("[fields]", '[constructs.more]\nscale = "five"\nitems = { extra = "Anything else?" }\n[fields]'),
        answers=renamed,
    )
    with pytest.raises(DataError) as caught:
        sx.join_waves({"2025": wave(), "2026": other})
    message = str(caught.value)
    for expected in (
        "the waves 2025, 2026 cannot be joined as they are",
        "the item 'walkways' of 2025 is not in 2026, which has 'walkway' (the same?)",
        'write walkways = { wording = …, column = "walkway" }',
        "the item 'extra' of 2026 is not in 2025; only 2025 has walkways",
        "item 'joy1' is answered from 1 to 5 in 2025 and from 0 to 10 in 2026",
        "item 'joy2' is reversed in 2025 alone",
        "the field 'gate' of 2025 is not in 2026, which has 'GATE' (the same?)",
        "field 'brand' has the role 'group' in 2025 and 'other' in 2026",
        "the label 'luxury' of 2025 is 'Luxury ' in 2026",
    ):
        assert expected in message
    assert message.count("\n") == 7


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([("walkways =", "q7 =")], "the item 'walkways' of 1 is not in 2, which has 'q7'"),  # by its wording
        ([("joy2", "sad9")], "the item 'joy2' of 1 is not in 2, which has 'sad9'"),
        (
            [('["no", "rather no", "half", "rather yes", "yes"]', '["yes", "rather yes", "half", "rather no", "no"]')],
            "item 'joy1': its answers stand in another order: 1 is 'no' in 1 and 'yes' in 2",
        ),
        ([("constructs.joy", "constructs.mood")], "item 'joy1' belongs to 'joy' in 1 and to 'mood' in 2"),
        ([('1 = "premium", 2 = "luxury"', '1 = "north", 2 = "south"')], "field 'brand' has no label in common"),
    ],
)
def test_a_difference_between_questionnaires(changes, said):
    answers = ANSWERS.rename(columns={"walkways": "q7"}) if "q7" in changes[0][1] else ANSWERS
    answers = answers.rename(columns={"joy2": "sad9"}) if "sad9" in changes[0][1] else answers
    with pytest.raises(DataError) as caught:
        sx.join_waves({"1": wave(), "2": wave(*changes, answers=answers)})
    assert said in str(caught.value)


def test_fields_that_nothing_is_asked_of_may_differ():
    first = wave(("[fields]", "[fields]\nage = {}"), answers=ANSWERS.assign(age=[1, 2, 3]))
    other = wave(("[fields]", "[fields]\nAge2 = {}"), answers=ANSWERS.assign(Age2=[4, 5, 6]))
    both = sx.join_waves({"1": first, "2": other})
    assert both.answers["age"].notna().tolist() == both.answers["Age2"].isna().tolist() == [True] * 3 + [False] * 3
    assert [field.name for field in both.instrument.fields] == ["age", "gate", "brand", "Age2", "wave"]
    assert sum("missing there" in note for note in both.notes) == 2


def test_waves_without_questionnaires():
    first, other = pd.DataFrame({"q1": [1], "Gate ": ["A"], "age": [3]}), pd.DataFrame({"Q1": [1], "age": ["old"]})
    with pytest.raises(DataError) as caught:
        sx.join_waves({"1": sx.Survey.from_frame(first), "2": sx.Survey.from_frame(other)})
    message = str(caught.value)
    assert "the column 'q1' of 1 is not in 2, which has 'Q1' (the same?): rename one of them" in message
    assert "the column 'Gate' of 1 is not in 2; only 2 has Q1" in message
    assert "the column 'age' holds numbers in 1 and text in 2" in message
    with pytest.raises(DataError, match="2 was read without an instrument"):
        sx.join_waves({"1": wave(), "2": sx.Survey.from_frame(first)})


def test_what_is_no_set_of_waves():
    for wrong in ({}, {"a": wave()}, [wave(), wave()], {"a": wave(), "b": 3}, {1: wave(), 2: wave()}):
        with pytest.raises(OptionError):
            sx.join_waves(wrong)
    with pytest.raises(OptionError, match="has a column 'brand' already"):
        sx.join_waves({"a": wave(), "b": wave()}, column="brand")


def test_the_wave_is_a_group_of_a_chain():
    demo = sx.datasets.load("service_excellence_demo")
    both = sx.join_waves({"1": demo.without(demo.answers.index[::2], because="odd"), "2": demo})
    assert both.synthetic
    assert set(sx.kpis(both, by="wave")["segment"]) >= {"1", "2"}


def test_waves_have_their_own_numbers_of_respondents_and_one_title():
    answers = ANSWERS.assign(number=[1, 2, 2])
    numbered = ("gate =", 'number = { role = "id" }\ngate =')
    waves = [
        wave(("\n[scales.five]", f'\ntitle = "Guests {year}"\n[scales.five]'), numbered, answers=answers)
        for year in (2025, 2026)
    ]
    both = sx.join_waves({"2025": waves[0], "2026": waves[1]})
    assert both.waves == "wave"
    assert both.instrument.title == "Guests 2025 / 2026"
    found = sx.screen(both).set_index("check")
    assert found.loc["repeated id", "rows"] == ("2025/2", "2026/2")
    assert sx.screen(both.without(["2025/2"], because="twice")).set_index("check").loc["repeated id", "rows"] == (
        "2026/2",
    )
