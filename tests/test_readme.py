"""README's examples, run as they stand on a client's file made of synthetic answers; what they say is read back."""

import re
import runpy
import shutil
from pathlib import Path

import docx
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import sexresearch as sx
from sexresearch.cli import app

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ROWS = 600  # of 1,500: workbooks are slow to read
HALF = 5.01e-4  # half of the third decimal printed
PRINTED = {  # of the estimator MLR, by how the sentence calls them
    r"χ²\(\d+\) = ([\d.]+)": "chisq_scaled",
    r"χ²\(([\d.]+)\)": "df_scaled",
    r"robust CFI = ([\d.]+)": "cfi_robust",
    r"robust TLI = ([\d.]+)": "tli_robust",
    r"robust RMSEA = ([\d.]+)": "rmsea_robust",
    r"robust RMSEA = [\d.]+ \[([\d.]+),": "rmsea_ci_lower_robust",
    r"robust RMSEA = [\d.]+ \[[\d.]+, ([\d.]+)\]": "rmsea_ci_upper_robust",
    r"SRMR = ([\d.]+)": "srmr",
}


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the client's files that the examples name."""
    path = tmp_path_factory.mktemp("client")
    source = ROOT / "data" / "synthetic" / "service_excellence_demo"
    pd.read_csv(source.with_suffix(".csv")).head(ROWS).to_excel(path / "clients.xlsx", index=False)
    shutil.copy(source.with_suffix(".toml"), path / "questionnaire.toml")
    survey = sx.datasets.load("service_excellence_demo")
    (path / "model.txt").write_text(sx.chain_model(survey.instrument, "core").syntax, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def ran(folder):
    """What every Python example leaves behind."""
    done = []
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for number, block in enumerate(blocks("python")):
            script = folder / f"example{number}.py"
            script.write_text(block, encoding="utf-8")
            done.append(runpy.run_path(str(script)))
    return done


def test_every_python_example_runs_and_fits(ran):
    assert len(ran) == 2
    for results in (ran[0]["results"], ran[1]["answer"].material["chain"]):
        assert results.converged
        assert results.inadmissible == ()


def test_the_second_engine_finds_the_same(ran):
    check = sx.crosscheck(ran[0]["results"], engines=["semopy"])
    assert (check["note"] == "").all()
    assert check[["difference", "se_difference"]].abs().max().max() < 1e-5  # semopy stops that far from the minimum


def test_the_answer_ranks_what_the_client_can_improve_as_priorities_do(ran):
    answer, survey = ran[1]["answer"], ran[1]["survey"]
    frame = answer.tables["priorities"]
    alone = sx.priorities(answer.material["levers"], survey, "loyalty").query("rank.notna()")
    assert frame["construct"].tolist() == [answer.labels.of(name) for name in alone["construct"]]
    assert frame["gain"].to_numpy() == pytest.approx(alone["gain"].to_numpy(), rel=1e-9)
    assert frame["construct"].iloc[0] in answer.page_one[0].text


def test_the_report_of_the_answer_prints_its_numbers(ran, folder):
    file = docx.Document(str(folder / "reports" / "clients.docx"))
    cells = [cell.text for table in file.tables for row in table.rows for cell in row.cells]
    told = "\n".join([*(paragraph.text for paragraph in file.paragraphs), *cells])
    for name in ("gain", "gain_ci_lower", "gain_ci_upper"):
        assert all(f"{value:.2f}" in told for value in ran[1]["answer"].tables["priorities"][name])


def test_every_command_of_the_pipeline_ends_well(folder, monkeypatch):
    monkeypatch.chdir(folder)
    lines = [line.split() for line in next(b for b in blocks("sh") if "screen" in b).splitlines()]
    verbs = [line[1:] for line in lines if line[:1] == ["sexresearch"] and line[1] != "reproduce"]
    assert [verb[0] for verb in verbs] == ["datasets", "screen", "fit", "report"]
    for verb in verbs:
        shown = CliRunner().invoke(app, verb, env={"COLUMNS": "160"})
        assert shown.exit_code == 0, shown.output
        if verb[0] == "fit":
            chisq = float(re.search(r"(?m)^chisq +([\d.]+) +scaled", shown.output).group(1))
    survey = sx.read_survey("clients.xlsx", instrument="questionnaire.toml")
    again = sx.fit((folder / "model.txt").read_text(encoding="utf-8"), survey, estimator="MLR")
    assert chisq == pytest.approx(again.fit_measures["chisq_scaled"], abs=HALF)
    assert np.isfinite(chisq)
    _prints_the_indices_of_the_estimator(Path("reports/model.html").read_text(encoding="utf-8"), again.fit_measures)


def _prints_the_indices_of_the_estimator(text, measures):
    sentence = next(part for part in re.findall(r"<p>(.*?)</p>", text) if "χ²(" in part)
    for pattern, key in PRINTED.items():
        printed = re.search(pattern, sentence).group(1)
        half = 0.501 * 10.0 ** -len(printed.partition(".")[2])
        assert float(printed) == pytest.approx(measures[key], abs=half)
    for name, header in {"chisq": "χ²", "pvalue": "p", "cfi": "CFI", "rmsea": "RMSEA"}.items():
        cells = r"<td[^>]*>([\d.]+)</td><td[^>]*>([^<]*)</td><td[^>]*>([\d.]+)</td>"
        row = re.search(rf"<th[^>]*>{header}</th>{cells}", text)
        key = f"{name}_scaled" if name in ("chisq", "pvalue") else f"{name}_robust"
        assert float(row.group(1)) == pytest.approx(measures[key], abs=HALF)
        assert float(row.group(3)) == pytest.approx(measures[name], abs=HALF)


def test_three_commands_lead_from_a_file_to_the_answer(folder, tmp_path, monkeypatch):
    shutil.copy(folder / "clients.xlsx", tmp_path)
    monkeypatch.chdir(tmp_path)
    block = next(text for text in blocks("sh") if "codebook" in text)
    for line in block.splitlines():
        shown = CliRunner().invoke(app, line.partition("#")[0].split()[1:], env={"COLUMNS": "160"})
        assert shown.exit_code == 0, shown.output
    survey = sx.read_survey("clients.xlsx", instrument="questionnaire.toml")
    assert sx.chain_model(survey.instrument, "core").syntax
    assert (tmp_path / "clients.docx").stat().st_size > 10_000


def test_the_printed_codebook_is_one():
    page = (ROOT / "docs" / "site" / "consultant.md").read_text(encoding="utf-8")
    printed = re.search(r"```toml\n(.*?)```", page, re.DOTALL)[1]
    assert sx.Instrument.from_toml(printed).items[1].reverse
