"""The verb codebook: it drafts, checks, and never replaces what a person confirmed."""

import pytest
from typer.testing import CliRunner

from sexresearch.cli import app
from sexresearch.survey import read_survey


@pytest.fixture
def run():
    return lambda *arguments: CliRunner().invoke(app, [str(part) for part in arguments], env={"COLUMNS": "160"})


CODEBOOK_LINES = "[scales.five]\nlowest = 1\nhighest = 3\nlabels = ['disagree', 'agree', 'neutral']\n"


def test_codebook_drafts_and_never_replaces_what_was_confirmed(run, tmp_path):
    file, out = tmp_path / "clients.csv", tmp_path / "questionnaire.toml"
    file.write_text("sat1,sat2,city\n" + "5,4,Oslo\n2,1,Bern\n4,5,Rome\n1,2,Oslo\n3,3,Bern\n" * 6, encoding="utf-8")
    done = run("codebook", file, "-o", out)
    assert done.exit_code == 0
    assert "2 items of 1 construct, 1 other column" in done.output
    assert read_survey(file, out).n == 30
    again = run("codebook", file, "-o", out)
    assert again.exit_code == 1
    assert "is there already" in again.output
    assert run("codebook", file, "-o", out, "--force").exit_code == 0
    assert 'sat1 = "sat1"' in run("codebook", file).output
    checked = run("codebook", out, "--check")
    assert checked.exit_code == 0
    assert "nothing is wrong" in checked.output


def test_codebook_check_names_what_is_wrong(run, tmp_path):
    file = tmp_path / "questionnaire.toml"
    file.write_text(
        CODEBOOK_LINES + "[constructs.joy]\nscale = 'five'\nitems = { a = 'x', b = 'x' }\n", encoding="utf-8"
    )
    done = run("codebook", file, "--check")
    assert done.exit_code == 1
    for said in ("'neutral' stands above 'agree'", "'a' and 'b' have the same wording", "no chain model"):
        assert said in done.output
    file.write_text(CODEBOOK_LINES + "[constructs.joy]\nnode = 'delihgt'\nsclae = 'five'\n", encoding="utf-8")
    wrong = run("codebook", file, "--check")
    assert wrong.exit_code == 1
    assert "unknown key 'sclae', scale perhaps" in wrong.output
