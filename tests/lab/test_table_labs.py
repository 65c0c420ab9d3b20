"""The labs that are tables: their numbers and codebooks are those of the public functions."""

import json

import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import InstrumentError, OptionError, WriteError
from sexresearch.survey import Instrument

SURVEY = sx.datasets.load("service_excellence_demo")
MODEL = "delight =~ val1 + val2 + val3; satisfaction =~ sat1 + sat2 + sat3; loyalty =~ remain + recommend + repurchase"
RESULTS = sx.fit(f"{MODEL}; loyalty ~ delight + satisfaction", SURVEY, missing="fiml")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "clients.csv"
    path.write_text("sat1,sat2,city\n" + "5,4,Oslo\n2,1,Bern\n4,5,Rome\n1,2,Oslo\n3,3,Bern\n" * 9)
    return path


def test_costs_rank_as_priorities_do_and_the_code_says_so():
    lab = sx.lab.importance(RESULTS, SURVEY, "loyalty")
    lab._hear({"row": "delight", "name": "cost", "value": 9})
    expected = sx.priorities(RESULTS, SURVEY, "loyalty", cost={"delight": 9.0, "satisfaction": 1.0})
    pd.testing.assert_frame_equal(lab.ranked, expected)
    names = {"sx": sx, "results": RESULTS, "survey": SURVEY}
    pd.testing.assert_frame_equal(eval(lab.code.splitlines()[-1], names), expected)
    assert expected["construct"].iloc[0] == "satisfaction"
    json.dumps(lab._scene(), allow_nan=False)
    assert "data:image/png" in lab._repr_html_()


def test_a_cost_that_is_none_is_refused_and_nothing_changes():
    lab = sx.lab.importance(RESULTS, SURVEY, "loyalty")
    with pytest.raises(OptionError, match="cost"):
        lab.cost("delight", 0)
    with pytest.raises(OptionError, match="ranked"):
        lab.cost("weather", 2)
    assert lab.costs == {"delight": 1.0, "satisfaction": 1.0}


def test_a_draft_is_confirmed_column_by_column(file, tmp_path):
    lab = sx.lab.codebook(file)
    lab._hear({"row": "city", "name": "Is", "value": "cluster"})
    lab._hear({"row": "sat2", "name": "Reversed", "value": True})
    lab._hear({"row": "sat2", "name": "Construct", "value": "loyalty"})
    lab._hear({"row": "sat2", "name": "Confirmed", "value": True})
    assert repr(lab).startswith("CodebookLab(1 of 3 columns confirmed)")
    again = Instrument.from_toml(lab.write(tmp_path / "questionnaire.toml"))
    assert [construct.name for construct in again.constructs] == ["satisfaction", "loyalty"]
    assert again == lab.instrument
    assert sx.read_survey(file, instrument=again).answers["sat2"].iloc[0] == 2  # 4 of 1 to 5, reversed
    with pytest.raises(WriteError, match="is there already"):
        lab.write(tmp_path / "questionnaire.toml")


def test_a_choice_that_cannot_be_is_refused_and_nothing_changes(file):
    lab = sx.lab.codebook(file)
    before = lab.code
    for column, said, error in (
        ("city", {"role": "item"}, OptionError),
        ("town", {"role": "id"}, OptionError),
        ("sat1", {"role": "nonsense"}, OptionError),
        ("sat1", {"construct": "nonsense"}, OptionError),
    ):
        with pytest.raises(error):
            lab.choose(column, **said)
    assert lab.code == before
    lab.choose("sat1", role="other")
    with pytest.raises(InstrumentError):
        lab.choose("sat2", role="other")
    assert [item.name for item in lab.instrument.items] == ["sat2"]
