"""The ledger of published cases: every one is read and run, no mismatch lacks its reason, README counts them."""

import pytest
from typer.testing import CliRunner

import sexresearch as sx
from sexresearch.cli import app
from sexresearch.errors import SexresearchError, StudyError


@pytest.fixture(scope="module")
def ledger():
    return sx.run_cases()


def test_every_case_is_listed_and_run(ledger, assert_in_glossary):
    listed = sx.list_cases()
    assert_in_glossary(listed)
    assert_in_glossary(ledger.table)
    assert listed["case"].tolist() == ledger.table["case"].tolist()
    assert (listed["numbers"] > 0).all()


def test_every_case_says_whose_numbers_these_are_and_where_they_were_seen(ledger):
    for run in ledger.runs:
        assert run.study.citation, run.study.name
        assert run.study.seen, run.study.name
        assert all(number.where for number in run.study.published), run.study.name


def test_no_mismatch_is_without_a_reason(ledger):
    unexplained = {run.study.name: run.unexplained["quantity"].tolist() for run in ledger.runs}
    assert not {name: rows for name, rows in unexplained.items() if rows}
    assert ledger.succeeded


def test_the_numbers_of_the_ledger_add_up(ledger):
    totals = ledger.totals
    assert totals.pop("numbers") == sum(totals.values())


def test_the_readme_counts_what_the_ledger_finds(ledger, root):
    totals, cases = ledger.totals, len(ledger.runs)
    said = (
        f"There are {cases} cases with {totals['numbers']} printed numbers: {totals['match']} match within their "
        f"tolerance, {totals['explained']} differ for a known reason, {totals['mismatch']} for none; "
        f"{totals['cannot_recompute']} cannot be recomputed from what is printed, and {totals['unverified']} rest on "
        "no print that we have seen."
    )
    assert said in " ".join((root / "README.md").read_text(encoding="utf-8").split())
    assert cases >= 15


def test_the_page_opens_without_a_network(ledger, tmp_path, assert_opens_offline):
    page = ledger.write(tmp_path / "cases.html").read_text(encoding="utf-8")
    assert_opens_offline(page)
    assert all(run.study.title in page for run in ledger.runs)
    assert "12 published numbers: 8 explained, 4 match." in page


def test_the_command_lists_and_runs_cases(tmp_path):
    run = CliRunner().invoke
    listed = run(app, ["cases"], env={"COLUMNS": "80"}).output
    assert "lopes2024" in listed
    assert max(map(len, listed.splitlines())) <= 80
    shown = run(app, ["cases", "run", "lopes2024", "--out", str(tmp_path)], env={"COLUMNS": "200"})
    assert shown.exit_code == 0, shown.output
    assert (tmp_path / "cases.html").exists()
    assert run(app, ["cases", "run"]).exit_code == 2
    missed = run(app, ["cases", "run", "lopes2023"])
    assert missed.exit_code == 1
    assert "did you mean 'lopes2024'?" in missed.output
    with pytest.raises(StudyError, match="no case"):
        sx.run_cases(["none"])


@pytest.mark.parametrize("names", [3, [3], ["lopes2024", None]])
def test_names_of_the_wrong_type_are_refused_in_words(names):
    with pytest.raises(SexresearchError):
        sx.run_cases(names)
