"""Published numbers beside computed ones: outcomes, tolerances, groups, data that are not here."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import sexresearch as sx
from sexresearch.cli import app
from sexresearch.errors import DataError, StudyError

TABLE = """
[data]
kind = "correlations"
names = ["sat", "del", "loy"]
lower = "1 .5 1 .6 .4 1"
nobs = 200
{data}
[model]
text = "loy ~ sat + del"
[[published]]
where = "Table 2"
what = "std_all"
decimals = 3
{block}
values = {{ "loy ~ sat" = {sat}, "loy ~ del" = 0.133 }}
"""
SAT, DEL = 8 / 15, 2 / 15  # (.6 - .4 * .5) / .75 and (.4 - .6 * .5) / .75


def run(tmp_path, sat=0.533, block="", data=""):
    (tmp_path / "study.toml").write_text(TABLE.format(sat=sat, block=block, data=data))
    return sx.run_study(sx.read_study(tmp_path))


def outcomes(found):
    return found.comparison["outcome"].tolist()


def test_numbers_equal_to_the_last_decimal_match(tmp_path, assert_in_glossary):
    found = run(tmp_path)
    assert_in_glossary(found.comparison)
    assert outcomes(found) == ["match", "match"]
    np.testing.assert_allclose(found.comparison["computed"], [SAT, DEL], rtol=1e-9)
    np.testing.assert_allclose(found.comparison["tolerance"], 0.0005)
    assert found.succeeded


def test_a_mismatch_without_a_reason_is_no_success(tmp_path):
    found = run(tmp_path, sat=0.55)
    assert outcomes(found) == ["mismatch", "match"]
    assert not found.succeeded
    assert found.unexplained["quantity"].tolist() == ["loy ~ sat (std_all)"]
    explained = run(tmp_path, sat=0.55, block='reasons = { "loy ~ sat" = "a slip in print" }')
    assert explained.succeeded
    assert explained.comparison["reason"].tolist() == ["a slip in print", ""]


def test_a_given_tolerance_counts(tmp_path):
    assert outcomes(run(tmp_path, sat=0.55, block="tolerance = 0.02")) == ["match", "match"]


def test_prints_that_were_not_seen_are_unverified_whatever_they_say(tmp_path):
    found = run(tmp_path, sat=0.55, block="verified = false")
    assert outcomes(found) == ["unverified", "unverified"]
    assert found.comparison["reason"].str.contains("differs|agrees").all()
    assert found.succeeded


def test_what_cannot_be_computed_says_why(tmp_path):
    found = run(tmp_path, block='cannot_recompute = "the print gives no such table"')
    assert outcomes(found) == ["cannot_recompute"] * 2
    assert set(found.comparison["reason"]) == {"the print gives no such table"}


def test_rounding_of_the_printed_table_widens_the_tolerance_as_the_slopes_say(tmp_path):
    """b = (r_ls - r_ld r_sd) / (1 - r_sd²): each correlation is uniform over one unit of its last decimal."""
    found = run(tmp_path, data="decimals = 2").comparison["tolerance"][0]
    slopes = np.array([1 / 0.75, -0.5 / 0.75, -0.4 / 0.75 + 2 * 0.5 * SAT / 0.75])
    sd = 0.01 / np.sqrt(12) * np.sqrt((slopes**2).sum())
    assert found - 0.0005 == pytest.approx(3 * sd, rel=0.25)  # 60 draws know a standard deviation to some 10 %


def test_a_question_that_a_model_cannot_answer_is_told_beside_the_others(tmp_path):
    found = run(tmp_path, data="decimals = 2")
    assert outcomes(found) == ["match", "match"]
    text = (tmp_path / "study.toml").read_text()
    (tmp_path / "study.toml").write_text(text.replace("std_all", "htmt"))
    found = sx.run_study(sx.read_study(tmp_path))
    assert outcomes(found) == ["cannot_recompute"] * 2
    assert "the model has no '=~'" in found.comparison["reason"][0]


def test_wishart_counts_one_respondent_less(tmp_path):
    """Chi-square is (n - 1) F in place of n F, estimates stay (Jöreskog 1967)."""
    names = list("abcd")
    cov = pd.DataFrame(0.3 + 0.7 * np.eye(4), names, names)
    cov.loc["a", "b"] = cov.loc["b", "a"] = 0.5
    cov.rename_axis("variable").assign(n=120).to_csv(tmp_path / "table.csv")
    fits = {}
    for likelihood in ("normal", "wishart"):
        data = f'[data]\nkind = "covariances"\nmoments = "table.csv"\nlikelihood = "{likelihood}"\n'
        (tmp_path / "study.toml").write_text(data + '[model]\ntext = "f =~ a + b + c + d"\n')
        fits[likelihood] = sx.run_study(sx.read_study(tmp_path)).results
    ratio = fits["wishart"].fit_measures["chisq"] / fits["normal"].fit_measures["chisq"]
    assert ratio == pytest.approx(119 / 120)
    own = fits["wishart"].parameters.set_index(["lhs", "op", "rhs"]).loc[("f", "=~", "b"), "est"]
    assert own == pytest.approx(fits["normal"].parameters.set_index(["lhs", "op", "rhs"]).loc[("f", "=~", "b"), "est"])


def test_groups_have_numbers_of_their_own(tmp_path):
    (tmp_path / "study.toml").write_text("""
[data]
kind = "moments"
dataset = "acsi_2015_moments_by_industry"
[model]
text = "Quality =~ OVERALLQ + CUSTOMQ + WRONGQ\\nSatisfaction =~ SATIS + CONFIRM + IDEAL"
[[published]]
where = "here"
what = "htmt"
group = "banks"
values = { "Quality ~~ Satisfaction" = 0.97 }
[[published]]
where = "here"
what = "alpha"
group = "airlines"
values = { Quality = 0.5 }
""")
    found = sx.run_study(sx.read_study(tmp_path))
    pairs = sx.htmt(found.results).set_index("group")["value"]
    assert found.comparison["computed"][0] == pairs["banks"]
    assert found.comparison["outcome"].tolist() == ["match", "mismatch"]
    text = (tmp_path / "study.toml").read_text()
    (tmp_path / "study.toml").write_text(text.replace('group = "banks"', "").replace("airlines", "airline"))
    reasons = sx.run_study(sx.read_study(tmp_path)).comparison["reason"]
    assert reasons[0].startswith("the fit has several groups: name one of airlines,")
    assert reasons[1] == "the fit has no group 'airline'; did you mean 'airlines'?"


def test_data_that_are_not_here_are_not_fetched(tmp_path, monkeypatch):
    monkeypatch.setenv("SEXRESEARCH_DATA_HOME", str(tmp_path / "empty"))
    (tmp_path / "study.toml").write_text(
        '[data]\nkind = "raw data"\ndataset = "mobi_ecsi"\n[model]\ntext = "f =~ CUSA1 + CUSA2 + CUSA3"\n'
        '[[published]]\nwhere = "x"\nwhat = "fit"\nvalues = { df = 0 }\n'
    )
    found = sx.run_study(sx.read_study(tmp_path))
    assert found.results is None
    assert found.comparison["reason"].tolist() == ["data not here: sexresearch fetch mobi_ecsi"]
    assert not (tmp_path / "empty").exists()
    shown = CliRunner().invoke(app, ["run", str(tmp_path), "-o", str(tmp_path / "out")])
    assert shown.exit_code == 1


def test_the_command_runs_a_study_and_ends_with_its_status(tmp_path):
    run(tmp_path, sat=0.55)
    out = tmp_path / "out"
    shown = CliRunner().invoke(app, ["run", str(tmp_path), "-o", str(out)], env={"COLUMNS": "200"})
    assert shown.exit_code == 1
    assert "mismatch" in shown.output
    assert pd.read_csv(out / "comparison.csv")["outcome"].tolist() == ["mismatch", "match"]
    run(tmp_path)
    assert CliRunner().invoke(app, ["run", str(tmp_path), "-o", str(out)]).exit_code == 0
    document = CliRunner().invoke(app, ["run", str(tmp_path), "-o", str(out), "--report", "paper.docx"])
    assert document.exit_code == 0, document.output
    assert (out / "paper.docx").read_bytes()[:2] == b"PK"
    assert "paper.pdf" in CliRunner().invoke(app, ["run", str(tmp_path), "--report", "paper.pdf"]).output
    (tmp_path / "study.toml").write_text("title =")
    shown = CliRunner().invoke(app, ["run", str(tmp_path)])
    assert shown.exit_code == 1
    assert "Traceback" not in shown.output


PIECES = """
[data]
table = "{table}"
[model]
text = "joy =~ a + b + c + d"
[fit]
cluster = "branch"
"""


def test_a_table_in_pieces_is_a_study_too(tmp_path):
    duckdb = pytest.importorskip("duckdb")
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.normal(size=(300, 1)) + rng.normal(size=(300, 4)), columns=list("abcd"))
    frame["branch"] = np.arange(300) % 20
    (tmp_path / "answers").mkdir()
    frame[:100].to_parquet(tmp_path / "answers" / "1.parquet")
    frame[100:].to_parquet(tmp_path / "answers" / "2.parquet")
    with duckdb.connect(str(tmp_path / "base.duckdb")) as base:
        base.register("frame", frame)
        base.execute("create table answers as select * from frame")
    expected = sx.fit("joy =~ a + b + c + d", frame, cluster="branch").fit_measures["chisq"]
    for table in ("answers", "duckdb://base.duckdb#answers"):
        (tmp_path / "study.toml").write_text(PIECES.format(table=table))
        found = sx.run_study(sx.read_study(tmp_path))
        assert found.results.fit_measures["chisq"] == pytest.approx(expected, rel=1e-8)
        assert len(found.provenance["data_sha256"]) == 64
        assert found.provenance["data"] == {"answers": "answers"}.get(table, "base.duckdb, table answers")
    (tmp_path / "study.toml").write_text(PIECES.format(table="base.duckdb"))
    with pytest.raises(DataError, match=r"name a table of it: 'duckdb://.*base\.duckdb#TABLE'"):
        sx.run_study(sx.read_study(tmp_path))
    as_file = PIECES.format(table="duckdb://base.duckdb#answers").replace("table =", "file =")
    (tmp_path / "study.toml").write_text(as_file)
    with pytest.raises(StudyError, match="a table of DuckDB is named by 'table'"):
        sx.read_study(tmp_path)
    (tmp_path / "study.toml").write_text(PIECES.format(table="absent.parquet"))
    with pytest.raises(StudyError, match=r"table 'absent\.parquet' is not in"):
        sx.read_study(tmp_path)
    cleaning = '[cleaning]\nbecause = "x"\ndrop_rows = [1]\n'
    (tmp_path / "study.toml").write_text(PIECES.format(table="answers") + cleaning)
    with pytest.raises(StudyError, match="a table is fitted as it is"):
        sx.run_study(sx.read_study(tmp_path))
