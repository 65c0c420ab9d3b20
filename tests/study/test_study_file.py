"""`study.toml`: what is read, and how everything wrong with one is said at once."""

import hashlib

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import StudyError

GOOD = """
title = "Bank"
[data]
kind = "correlations"
names = ["sat", "loy"]
lower = "1 .5 1"
nobs = 100
decimals = 2
[model]
text = "loy ~ sat"
[[published]]
where = "Table 1"
what = "std_all"
values = { "loy ~ sat" = 0.5 }
"""


@pytest.fixture
def study(tmp_path):
    """Writes the text as a study and reads it."""

    def read(text, **files):
        for name, content in files.items():
            (tmp_path / name.replace("__", ".")).write_text(content, encoding="utf-8")
        (tmp_path / "study.toml").write_text(text, encoding="utf-8")
        return sx.read_study(tmp_path)

    return read


def said(study, text):
    with pytest.raises(StudyError) as refused:
        study(text)
    return str(refused.value)


def test_a_study_is_one_frozen_value(study, tmp_path):
    read = study(GOOD)
    assert read == sx.read_study(tmp_path / "study.toml")
    assert read.sha256 == hashlib.sha256(GOOD.encode()).hexdigest()
    assert read.published[0].where == "Table 1"
    with pytest.raises(AttributeError):
        read.title = "other"


def test_misspelt_keys_are_named_with_the_nearest_and_all_at_once(study):
    text = GOOD.replace("nobs", "nob").replace("title", "titel").replace("where", "were").replace("text", "txt")
    message = said(study, text)
    for key, near in (("titel", "title"), ("nob", "nobs"), ("were", "where"), ("txt", "text")):
        assert f"unknown key '{key}'; did you mean '{near}'?" in message
    assert "published 1: 'where' is not given" in message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("nobs = 100", 'nobs = "100"', "'nobs' must be a number"),
        ('"correlations"', '"corelations"', "kind 'corelations'; the kinds are"),
        ("1 .5 1", "1 .5", "lower has 2 numbers; 2 names need 3"),
        ("1 .5 1", "1 x 1", "lower holds 'x', no number"),
        ('text = "loy ~ sat"', 'text = "loy ~"', "model: line 1"),
        ('text = "loy ~ sat"', 'view = "core"', "a view is made of a questionnaire"),
        (
            'text = "loy ~ sat"',
            'text = "loy ~ sat"\nview = "core"',
            "give one of text, file, view; found text and view",
        ),
        ('what = "std_all"', 'what = "std_al"', "what 'std_al'; did you mean 'std_all'?"),
        ("= 0.5 }", '= "0.5" }', "the value of 'loy ~ sat' must be a number"),
        (
            'names = ["sat", "loy"]',
            'dataset = "mobi_moment"',
            "no data set 'mobi_moment'; did you mean 'mobi_moments'?",
        ),
        ('names = ["sat", "loy"]', 'file = "absent.csv"', "file 'absent.csv' is not in"),
        ("decimals = 2", 'likelihood = "wishard"', "did you mean 'wishart'?"),
        ("decimals = 2", "decimals = 40", "decimals must be from 0 to 15"),
        ('["sat", "loy"]', '["sat", "sat"]', "names must be texts, each once"),
        ('"correlations"', '"raw data"', "a table of moments is no 'raw data'"),
        ('text = "loy ~ sat"', 'text = ""', "'text' is empty"),
        ('text = "loy ~ sat"', 'text = "loy ~ sat"\n[fit]\ngroup = "g"', "'group' is a column of answers"),
        ("= 0.5 }", "= nan }", "the value of 'loy ~ sat' must be a number"),
        ('what = "std_all"', 'what = "std_all"\ntolerance = -1', "tolerance must be at least 0"),
        ('what = "std_all"', 'what = "alpha"\nby = "pls"', "partial least squares gives std_all, r_squared"),
        ("decimals = 2", "[cleaning]\nbecause = 'x'", "cleaning: applies to answers of respondents"),
        ("decimals = 2", "[cleaning]\ndrop_rows = [1]", "cleaning: 'because' is not given"),
        ('what = "std_all"', 'what = "std_all"\nreasons = { "loy ~ sats" = "x" }', "did you mean 'loy ~ sat'?"),
    ],
)
def test_what_is_wrong_is_said_by_name(study, old, new, message):
    assert message in said(study, GOOD.replace(old, new, 1))


def test_what_is_no_study_is_said(tmp_path, study):
    with pytest.raises(StudyError, match="cannot be opened"):
        sx.read_study(tmp_path / "none")
    assert "not valid TOML" in said(study, "title = ")
    with pytest.raises(StudyError, match="run_study takes a Study"):
        sx.run_study("study.toml")


def survey_file():
    rng = np.random.default_rng(3)
    common = rng.normal(size=200)
    frame = pd.DataFrame({name: common + rng.normal(size=200) for name in ("a", "b", "c")}).round(3)
    return frame.assign(brand=np.repeat(["gold", "silver"], 100)).to_csv(index=False)


ANSWERS = """
[data]
file = "clients.csv"
[cleaning]
because = "only gold was asked twice"
keep = { brand = ["gold"] }
drop_rows = [1, 2]
[model]
text = "joy =~ a + b + c"
[fit]
estimator = "MLR"
[[published]]
where = "our report"
what = "fit"
values = { nobs = 98, df = 0, no_such = 1 }
"""


def test_answers_are_cleaned_by_rules_that_are_told(study, tmp_path):
    run = sx.run_study(study(ANSWERS, clients__csv=survey_file()), tmp_path / "out")
    assert "102 rows excluded: brand is not gold: only gold was asked twice (100)" in run.provenance["data"]
    assert run.results.options.estimator == "MLR"
    rows = run.comparison.set_index("quantity")
    assert rows.loc[["nobs", "df"], "outcome"].tolist() == ["match", "match"]
    assert "the fit has no 'no_such'" in rows.loc["no_such", "reason"]
    assert run.provenance["data_sha256"] == hashlib.sha256((tmp_path / "clients.csv").read_bytes()).hexdigest()
    assert {path.name for path in run.files} == {"report.html", "comparison.csv", "parameters.csv", "provenance.json"}


def test_correlations_have_a_diagonal_of_one(study):
    with pytest.raises(StudyError, match="diagonal of 1; that of sat is another"):
        sx.run_study(study(GOOD.replace("1 .5 1", "2 .5 1")))


def test_a_rule_that_fits_no_row_is_refused(study):
    found = ANSWERS.replace("drop_rows = [1, 2]", 'drop_found = ["speeeding"]')
    with pytest.raises(StudyError, match="screening found no 'speeeding'"):
        sx.run_study(study(found, clients__csv=survey_file()))
    with pytest.raises(StudyError, match=r"no row has brand bronze; its answers are gold, silver"):
        sx.run_study(study(ANSWERS.replace('["gold"]', '["bronze"]'), clients__csv=survey_file()))
    with pytest.raises(StudyError, match=r"column 'brands'; did you mean 'brand'\?"):
        sx.run_study(study(ANSWERS.replace("{ brand", "{ brands"), clients__csv=survey_file()))
