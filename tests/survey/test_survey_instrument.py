"""Instrument and its TOML codebook: what is read, what is refused, and that all problems come together."""

from dataclasses import FrozenInstanceError

import pytest

from sexresearch.errors import InstrumentError
from sexresearch.glossary import COLUMNS
from sexresearch.survey import Construct, Field, Instrument, Item, ResponseScale

CODEBOOK = """
title = "Branch survey"

[scales.agree7]
lowest = 1
highest = 7
labels = { 1 = "strongly disagree", 7 = "strongly agree" }
missing = [98, 99]

[scales.yes]
lowest = 0
highest = 1
labels = ["no", "yes"]

[constructs.delight]
label = "Customer delight"
definition = "Feeling valued, and expectations exceeded."
node = "customer_delight"
scale = "agree7"
[constructs.delight.items]
del1 = "This visit was better than I thought possible."
del2 = { wording = "I left as just another number.", reverse = true, column = "Q2[SQ001]" }

[constructs.success]
[constructs.success.items]
retained = { wording = "Still a customer after a year", scale = "yes" }

[fields]
respondent = { label = "Respondent number", role = "id" }
brand = { role = "group", labels = { 1 = "premium", 2 = "luxury" } }
city = "City of the branch"
"""
TEN = ResponseScale("ten", 1, 10)


def test_codebook_and_constructors_say_the_same():
    agree = ResponseScale("agree7", 1, 7, ((1.0, "strongly disagree"), (7.0, "strongly agree")), (98.0, 99.0))
    yes = ResponseScale("yes", 0, 1, ((0.0, "no"), (1.0, "yes")))
    delight = Construct(
        "delight",
        "Customer delight",
        (
            Item("del1", "This visit was better than I thought possible.", agree),
            Item("del2", "I left as just another number.", agree, reverse=True, column="Q2[SQ001]"),
        ),
        "Feeling valued, and expectations exceeded.",
        "customer_delight",
    )
    success = Construct("success", "success", (Item("retained", "Still a customer after a year", yes),))
    fields = (
        Field("respondent", "Respondent number", "id"),
        Field("brand", "", "group", (("1", "premium"), ("2", "luxury"))),
        Field("city", "City of the branch"),
    )
    assert Instrument.from_toml(CODEBOOK) == Instrument((delight, success), fields, "Branch survey")


def test_codebook_is_read_from_text_path_and_path_name(tmp_path):
    file = tmp_path / "instrument.toml"
    file.write_text(CODEBOOK, encoding="utf-8")
    assert Instrument.from_toml(file) == Instrument.from_toml(str(file)) == Instrument.from_toml(CODEBOOK)


def test_instrument_is_frozen_and_hashable():
    instrument = Instrument.from_toml(CODEBOOK)
    with pytest.raises(FrozenInstanceError):
        instrument.title = "another"
    assert hash(instrument) == hash(Instrument.from_toml(CODEBOOK))


def test_items_and_scales_keep_the_order_of_the_questionnaire():
    instrument = Instrument.from_toml(CODEBOOK)
    assert [item.name for item in instrument.items] == ["del1", "del2", "retained"]
    assert [scale.name for scale in instrument.scales] == ["agree7", "yes"]
    assert [scale.categories for scale in instrument.scales] == [7, 2]


def test_codebook_table_has_glossary_columns_and_one_row_per_column():
    table = Instrument.from_toml(CODEBOOK).codebook()
    assert set(table.columns) <= set(COLUMNS)
    assert table["column"].tolist() == ["del1", "del2", "retained", "respondent", "brand", "city"]
    assert table["kind"].tolist() == ["item", "item", "item", "id", "group", "other"]
    assert table["labels"].fillna("").tolist()[2:5] == ["0 no; 1 yes", "", "1 premium; 2 luxury"]
    assert table.loc[0, "missing_codes"] == "98, 99"


def test_unknown_construct_names_the_known_ones():
    with pytest.raises(InstrumentError, match=r"no construct 'joy'.*delight, success"):
        Instrument.from_toml(CODEBOOK).construct("joy")


def test_all_contradictions_are_reported_together():
    with pytest.raises(InstrumentError) as caught:
        Instrument.from_toml(
            """
            [scales.down]
            lowest = 5
            highest = 1
            [scales.five]
            lowest = 1
            highest = 5
            missing = [5]
            labels = { 9 = "high", 1 = "low", 2 = "low" }
            [scales.open]
            lowest = 0
            highest = inf
            whole = false
            [constructs."1st"]
            scale = "down"
            items = { joy = "a", "two words" = "b" }
            [constructs.joy]
            scale = "five"
            items = { q1 = { wording = "c", scale = "nope" }, q2 = { wording = "d", column = "z" }, NA = "e" }
            [constructs.empty]
            [constructs.money]
            items = { spent = { wording = "f", scale = "open", reverse = true }, lost = "g" }
            [fields]
            z = { role = "grp" }
            """
        )
    text = str(caught.value)
    for expected in (
        "item 'q1' names the scale 'nope', which is not defined; the scales are down, five, open",
        "item 'lost' has no scale",
        "construct name '1st' cannot stand in a model",
        "item name 'two words' cannot stand in a model",
        "item name 'NA' cannot stand in a model",
        "the name 'joy' is used 2 times",
        "2 parts of the instrument read the column 'z'",
        "construct 'empty' has no items",
        "scale 'down': lowest (5) is not below highest (1)",
        "scale 'five': the label 'high' belongs to 9, which is not an answer",
        "scale 'five': the missing code 5 is also an answer",
        "scale 'five': 2 answers have the same label 'low'",
        "item 'spent' cannot be reversed: its scale 'open' has no end",
        "field 'z' has the role 'grp'; the roles are id, group, cluster, weight, other",
    ):
        assert expected in text


def test_all_format_mistakes_are_reported_together():
    with pytest.raises(InstrumentError) as caught:
        Instrument.from_toml(
            """
            author = "me"
            [scales.ten]
            lowest = true
            [scales.five]
            lowest = 1
            highest = 5
            labels = ["low", "high"]
            missing = [true]
            [scales.words]
            lowest = 1
            highest = 5
            labels = { low = "low" }
            [constructs.delight]
            item = { del1 = "a" }
            items = { del2 = { words = 3 } }
            [fields]
            city = 3
            """
        )
    text = str(caught.value)
    for expected in (
        "top level: unknown key 'author'; the keys are title, language, scales, constructs, fields,",
        "scale 'ten': 'highest' is not given",
        "scale 'ten': 'lowest' must be a number",
        "scale 'five': 2 labels for 5 answers",
        "scale 'five': missing code True is neither a number nor a text",
        "scale 'words': label code 'low' is not a number",
        "construct 'delight': unknown key 'item'",
        "item 'del2': 'wording' is not given",
        "item 'del2': unknown key 'words'",
        "field 'city': expected a table",
    ):
        assert expected in text


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("[scales\nlowest = 1", "is not valid TOML.*line 1"),
        ("title = 'a'\ntitle = 'b'", "is not valid TOML"),
        ("title = 'nothing in it'", "there is no construct"),
        ("absent.toml", "'absent.toml' cannot be read"),
    ],
)
def test_unreadable_codebooks(source, message):
    with pytest.raises(InstrumentError, match=message):
        Instrument.from_toml(source)


def test_constructors_refuse_the_same_as_the_codebook():
    twice = Construct("sat", "Satisfaction", (Item("s1", "a", TEN), Item("s1", "b", TEN)))
    other = Construct("joy", "Joy", (Item("j1", "c", ResponseScale("ten", 0, 10)),))
    with pytest.raises(InstrumentError, match=r"(?s)'s1' is used 2 times.*different scale called 'ten'"):
        Instrument((twice, other))


@pytest.mark.parametrize("name", ["qualité", "q.1", "_", "1q", "a-b", "", "满意", "TRUE"])
def test_names_follow_the_model_language(name):
    build = Construct("sat", "Satisfaction", (Item(name, "a", TEN),))
    if name in ("qualité", "q.1", "满意"):
        assert Instrument((build,)).items[0].name == name
    else:
        with pytest.raises(InstrumentError, match="cannot stand in a model"):
            Instrument((build,))


def test_misspelt_names_are_answered_with_what_was_meant():
    with pytest.raises(InstrumentError) as caught:
        Instrument.from_toml(
            """
            [scales.five]
            lowest = 1
            highest = 5
            lables = ["a", "b"]
            [constructs.joy]
            sclae = "five"
            items = { q1 = { wordng = "c" } }
            """
        )
    for expected in ("unknown key 'lables', labels perhaps", "'sclae', scale perhaps", "'wordng', wording perhaps"):
        assert expected in str(caught.value)


def test_unknown_nodes_lost_scales_and_items_in_two_places_are_refused_together():
    with pytest.raises(InstrumentError) as caught:
        Instrument.from_toml(
            """
            [scales.five]
            lowest = 1
            highest = 5
            [constructs.joy]
            node = "delihgt"
            scale = "fiev"
            items = { q1 = "a", q2 = { wording = "b", respondent = "guest" } }
            [constructs.pride]
            node = "weather"
            scale = "five"
            items = { q1 = "a" }
            """
        )
    for expected in (
        "construct 'joy' has the node 'delihgt', which the model of the standard does not have; near matches: delight",
        "construct 'pride' has the node 'weather'",
        "the name 'q1' is used 2 times: it is an item of joy and of pride",
        "names the scale 'fiev', which is not defined; the scales are five (five perhaps)",
        "item 'q2' has the respondent 'guest'; there are customer, employee, manager, record",
    ):
        assert expected in str(caught.value)


def test_what_is_written_is_read_back_whatever_the_words():
    hard = 'Is it "good" \\ or \x7f not?\n\tNew line, ünïcode'
    scale = ResponseScale("half points", 0.5, 3, ((0.5, "low"), (3.0, "high")), (99.0, "n/a"), whole=False)
    other = ResponseScale("yes", 0, 1, ((0.0, "no"), (1.0, "yes")))
    items = (Item("q1", hard, scale, True, "Q1[SQ 1]", "7.1.1 a", "customer", "own"), Item("q2", "b", other))
    fields = (Field("my city", "City"), Field("brand", hard, "group", (("1", "a"), ("x y", "b"))))
    instrument = Instrument((Construct("c", hard, items, hard, "L1"),), fields, hard)
    assert Instrument.from_toml(instrument.to_toml()) == instrument


def test_a_misspelt_key_hides_no_other_problem():
    text = """
    [scales.s]
    lowest = 1
    higest = 7
    labels = { 9 = "good" }
    [scales.idle]
    lowest = 5
    highest = 1
    [constructs.joy]
    node = "Q9"
    scal = "s"
    items = { a = "I was happy", b = { wordng = "B", scale = "t" } }
    [constructs.grief]
    scale = "s"
    items = { a = "I was sad" }
    [constructs.empty]
    """
    with pytest.raises(InstrumentError) as caught:
        Instrument.from_toml(text)
    message = str(caught.value)
    for expected in (
        "'higest', highest perhaps",
        "'scal', scale perhaps",
        "'wordng', wording perhaps",
        "the scale 't', which is not defined",
        "scale 'idle': lowest (5) is not below highest (1)",
        "'a' is used 2 times",
        "'empty' has no items",
        "'good' belongs to 9",
        "node 'Q9'",
    ):
        assert expected in message
    assert "is not given" not in message  # the key is there, misspelt
