"""Verdicts as data: outcomes, several together, and the words made of them."""

import inspect
import math
import re

import pytest

import sexresearch as sx
from sexresearch.errors import OptionError
from sexresearch.verdict import Verdict, admissible, against, gravest, prose, sentence, short

NAN = math.nan


@pytest.mark.parametrize(
    ("value", "options", "outcome"),
    [
        (0.96, {}, "holds"),
        (0.95, {}, "holds"),
        (0.95, {"strict": True}, "doubtful"),
        (0.93, {}, "doubtful"),
        (0.93, {"fails": 0.90}, "doubtful"),
        (0.334, {"fails": 0.90}, "fails"),
        (0.96, {"side": "most"}, "doubtful"),
        (0.90, {"side": "most"}, "holds"),
        (0.96, {"side": "most", "fails": 0.955}, "fails"),
    ],
)
def test_a_value_is_held_against_its_cut_off(value, options, outcome):
    assert against("x", value, 0.95, "A 2000", **options).outcome == outcome


@pytest.mark.parametrize(("value", "cutoff"), [(NAN, 0.7), (0.7, NAN)])
@pytest.mark.parametrize("side", ["least", "most"])
def test_what_is_missing_is_not_computable_whatever_the_side(value, cutoff, side):
    verdict = against("omega", value, cutoff, "A 2000", side=side, fails=0.5, because="there is one item")
    assert verdict.outcome == "not_computable"
    assert sentence(verdict) == "omega not computable, because there is one item"


def test_a_verdict_names_a_known_outcome_and_why_it_is_not_computable():
    with pytest.raises(OptionError, match="'good' is not known"):
        Verdict("good", "x")
    with pytest.raises(OptionError, match="must say why"):
        Verdict("not_computable", "x")


def test_the_gravest_decides():
    every = [Verdict(name, "x", reason="why") for name in ("holds", "not_computable", "doubtful", "fails")]
    assert [gravest(every[: n + 1]) for n in range(4)] == ["holds", "not_computable", "doubtful", "fails"]
    assert gravest([]) == "not_computable"


def test_words_say_each_part_the_gravest_first():
    parts = [admissible(["negative variance of a"]), against("omega", 0.9, 0.7, "N 1994")]
    assert prose(parts, {"fails": "not measured well"}) == (
        "not measured well: inadmissible solution: negative variance of a; omega .90 is above .70 (N 1994)"
    )
    assert prose([admissible([])]) == "holds"
    missing = Verdict("not_computable", "", reason="it has one item")
    assert prose([missing, parts[1]]) == "not computable, because it has one item; omega .90 is above .70 (N 1994)"
    low = against("loading of a", 0.5, 0.708, "H 2019")
    assert prose(parts[1:], beside=[low]).endswith("; loading of a .500 is below .708 (H 2019)")
    assert prose([]) == "not computable"


@pytest.mark.parametrize(
    ("value", "cutoff", "text"),
    [
        (0.6999, 0.70, "x .6999 is below .70"),
        (0.70, 0.70, "x .70 is .70"),
        (0.7, 0.708, "x .700 is below .708"),
        (-0.01, -0.010, "x -.01 is -.01"),
        (0.462, 0.5213, "x .46 is below .52"),
        (0.5211, 0.5213, "x .5211 is below .5213"),
        (12.345, 3.84, "x 12.35 is above 3.84"),
    ],
)
def test_a_value_is_printed_apart_from_its_cut_off(value, cutoff, text):
    assert sentence(Verdict("doubtful", "x", value, cutoff)) == text


def test_a_rule_made_for_other_fits_is_said_to_be():
    verdict = against("CFI", 0.97, 0.95, "H 1999", applies=False, reason="made for normal answers")
    assert sentence(verdict) == "CFI .97 is above .95 [made for normal answers] (H 1999)"


def test_numbers_have_no_zero_before_the_point_and_no_negative_zero():
    assert [short(v) for v in (0.5, -0.5, 1.0, -0.001)] == [".50", "-.50", "1.00", ".00"]


def returned(name: str) -> str:
    """What the docstring of a public function says of its result."""
    text = inspect.getdoc(getattr(sx, name)) or ""
    part = re.search(r"Returns\n-+\n(.*?)(?:\n\n[A-Z]\w+\n---|\Z)", text, re.S)
    return part.group(1) if part else ""


JUDGING = [name for name in sx.__all__ if re.search(r"\bverdict(?: \(|,\s+note)", returned(name))]


@pytest.mark.parametrize("name", JUDGING)
def test_who_returns_a_verdict_in_words_returns_its_outcome_as_data(name):
    """`.verdict` of a value that is no frame is a Verdict itself."""
    assert "outcome" in returned(name) or "`.verdict`" in returned(name)
