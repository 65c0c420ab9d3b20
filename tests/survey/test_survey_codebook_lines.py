"""Problems of a TOML questionnaire: the line on which each stands, and the line to write."""

import tomllib

import pytest

from sexresearch.errors import InstrumentError
from sexresearch.survey import Instrument, draft_instrument, instrument, read_survey
from sexresearch.survey.codebook_lines import key_lines

GOOD = """\
title = "Branches"

[scales.five]
lowest = 1
highest = 5
labels = ["no", "rather no", "half", "rather yes", "yes"]
missing = [99]

[constructs.joy]
node = "delight"
scale = "five"
[constructs.joy.items]
j1 = "I was glad"
j2 = { wording = "I was not glad", reverse = true }

[constructs.stay]
scale = "five"
items = { s1 = "I will return", s2 = "I will stay" }

[fields]
branch = { label = "Branch", role = "cluster" }
"""
LABELS = '["no", "rather no", "half", "rather yes", "yes"]'
# What is changed in it, what it is changed to, the line that is to be named, and what the message says there.
WRONG = {
    "unknown key": ("title =", "tittle =", 1, r"unknown key 'tittle', title perhaps; .*; write title = \"Branches\""),
    "unknown key of a scale": ("labels =", "lables =", 6, r"'lables', labels perhaps.*; write labels = \["),
    "unknown key of a construct": ("node =", "nod =", 10, r"'nod', node perhaps.*; write node = \"delight\""),
    "unknown key of an item": ("reverse", "revers", 14, r"'revers', reverse perhaps.*write j2 = \{.*reverse = true"),
    "unknown key of a field": ("role =", "roll =", 21, r"'roll', role perhaps.*role = \"cluster\""),
    "key left out": ("highest = 5\n", "", 3, "'highest' is not given; write highest = 1"),
    "text for a number": ("lowest = 1", 'lowest = "1"', 4, "'lowest' must be a number; write lowest = 1"),
    "text for a truth": ("= true", '= "yes"', 14, "'reverse' must be true or false; write reverse = true"),
    "number for a text": ('node = "delight"', "node = 3", 10, r"'node' must be text; write node = \"3\""),
    "number for a list": ("missing = [99]", "missing = 99", 7, r"'missing' must be a list; write missing = \[99\]"),
    "number for a table": ('{ label = "Branch", role = "cluster" }', "3", 21, r"write branch = \{ label"),
    "no code": ("[99]", "[99,\n  true]", 8, "missing code True is neither a number nor a text; write missing ="),
    "labels too few": (', "yes"]', "]", 6, r"4 labels for 5 answers.*write labels = \{ 1 = \"no\", 5 = \"rather yes\""),
    "label code a word": (LABELS, '{ no = "no" }', 6, r"'no' is not a number; write 1 = \"no\""),
    "label off the scale": (LABELS, '{ 9 = "none" }', 6, r"belongs to 9, which is not an.*write missing = \[99, 9\]"),
    "labels that clash": ('"rather no"', '"no"', 6, "2 answers have the same label 'no'"),
    "a word that is a label": ("[99]", '["half"]', 7, "the missing word 'half' is also the label of an answer"),
    "code that is an answer": ("[99]", "[5]", 7, "missing code 5 is also an answer; write highest = 4"),
    "scale out of order": ("lowest = 1", "lowest = 9", 4, r"\(9\) is not below.*write lowest = 5 and highest = 9"),
    "ends not whole": ("lowest = 1\n", "lowest = 0.5\n", 3, "not whole numbers.*write whole = false"),
    "misspelt scale": ('scale = "five"\nitems', 'scale = "fife"\nitems', 17, r"'fife'.*; write scale = \"five\""),
    "unknown scale": ('scale = "five"\nitems', 'scale = "t"\nitems', 17, r"'t', which is not.*write \[scales.t\]"),
    "no scale": (
        'scale = "five"\nitems',
        "items",
        17,
        r"'s1' has no scale.*scale = \"five\" below \[constructs.stay\]",
    ),
    "misspelt node": ('"delight"', '"delihgt"', 10, r"near matches: delight; write node = \"delight\""),
    "unknown node": ('"delight"', '"weather"', 10, "does not have; there are: excellence"),
    "item in two constructs": ("s1 =", "j1 =", 18, "'j1' is used 2 times: it is an item of joy and of stay"),
    "construct like a field": ("branch =", "joy =", 21, "the name 'joy' is used 2 times"),
    "column read twice": (
        "true }",
        'true, column = "branch" }',
        21,
        "2 parts of the instrument read the column 'branc",
    ),
    "name of a construct": ("constructs.stay", "constructs.1st", 16, r"'1st' cannot.*\[constructs.construct_1st\]"),
    "name of an item": ("j1 =", '"Q 1" =', 13, r"'Q 1' cannot stand.*write Q_1 = .*column = \"Q 1\""),
    "construct without items": (
        "[fields]",
        "[constructs.none]\n[fields]",
        20,
        r"no items; write \[constructs.none.items",
    ),
    "misspelt role": ('"cluster"', '"clster"', 21, r"'clster'; the roles are .*write role = \"cluster\""),
    "respondent": ("true }", 'true, respondent = "guest" }', 14, r"respondent 'guest'.*write respondent = \"custom"),
    "reversed without end": ("highest = 5", "highest = inf\nwhole = false", 15, "has no end; write lowest and highest"),
}


@pytest.mark.parametrize("case", WRONG)
def test_every_problem_names_its_line(case):
    old, new, line, said = WRONG[case]
    assert old in GOOD
    with pytest.raises(InstrumentError, match=rf"(?m)^- line {line}: .*{said}"):
        Instrument.from_toml(GOOD.replace(old, new, 1))


def test_the_good_one_is_good():
    assert len(Instrument.from_toml(GOOD).items) == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace('"I was glad"', "I was glad"), 'line 13, column 6.*quotes: j1 = "I was glad"'),
        (GOOD.replace("[constructs.stay]", "[constructs.stay"), r"at line 16.*\[constructs.stay$"),
        (GOOD + 'branch = "again"\n', "'fields.branch' in line 21 is given again in line 22"),
        (GOOD.replace("[constructs.stay]", "[constructs.joy]"), "'constructs.joy' in line 9 is given again in line 16"),
    ],
)
def test_text_that_is_no_toml_names_its_line(text, said):
    with pytest.raises(InstrumentError, match=f"(?s)is not valid TOML.*{said}"):
        Instrument.from_toml(text)


def test_problems_come_in_the_order_of_their_lines_from_files_too(tmp_path):
    wrong = GOOD.replace("[99]", "[5]").replace("delight", "delihgt").replace("\n", "\r\n")
    (tmp_path / "q.toml").write_bytes(wrong.encode("utf-8-sig"))
    (tmp_path / "a.csv").write_text("j1,j2,s1,s2,branch\n1,2,3,4,x\n")
    with pytest.raises(InstrumentError, match=r"(?s)^q\.toml cannot be used.*- line 7: .*- line 10: "):
        read_survey(tmp_path / "a.csv", tmp_path / "q.toml")


def paths(part, above=()):
    pairs = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in pairs:
        yield (*above, str(key))
        yield from paths(value, (*above, str(key)))


def test_every_key_of_every_codebook_has_its_line(tmp_path):
    (tmp_path / "a.csv").write_text("sat1,sat2,city\n" + "5,4,Oslo\n2,1,Bern\n4,5,Rome\n1,2,Oslo\n3,3,Bern\n" * 9)
    odd = '\'a.b\' . "c\\"d" = { x = [1,\n # remark ]\n {y = \'\'\'z\n]\'\'\'}], e = """q\n""""} # = [\n[t]\n'
    for text in (GOOD, odd, instrument("full").to_toml(), draft_instrument(tmp_path / "a.csv").text):
        lines = key_lines(text)
        assert set(paths(tomllib.loads(text))) == set(lines)
        assert all(path[-1].isdigit() or path[-1][:1] in text.split("\n")[line - 1] for path, line in lines.items())
