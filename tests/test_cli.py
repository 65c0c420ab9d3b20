"""The command: its verbs, what they print, and how they end when something is wrong."""

import io
import json
import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

import sexresearch as sx
from sexresearch import cli
from sexresearch.cli import FOUR_QUESTIONS, _print_outcomes, app
from sexresearch.study import Reproduction
from sexresearch.study.headline import Headline
from sexresearch.study.results_file import changed_results, results_frame
from sexresearch.terminal import print_frame

ITEMS = ("CUSA1", "CUSA2", "CUSA3")
OPTIONS = [("--group", "g"), ("--ordered", "all"), ("--cluster", "k", "--estimator", "MLR"), ("--drop", "1, 4,7")]
MODEL = "Satisfaction =~ CUSA1 + CUSA2 + CUSA3\n"


@pytest.fixture
def run():
    return lambda *arguments: CliRunner().invoke(app, [str(part) for part in arguments], env={"COLUMNS": "160"})


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.txt"
    path.write_text(MODEL)
    return path


def assert_clean_failure(outcome, text):
    """One message, no traceback, status 1."""
    assert outcome.exit_code == 1
    assert text in outcome.output
    assert "Traceback" not in outcome.output


def test_help_names_every_verb(run):
    shown = run("--help").output
    assert all(verb in shown for verb in ("reproduce", "fit", "report", "screen", "datasets", "standard"))


def test_datasets_lists_what_there_is(run):
    shown = run("datasets")
    assert shown.exit_code == 0
    assert "acsi_2015_moments_by_industry" in shown.output
    assert "synthetic" in shown.output


def test_standard_says_what_a_clause_is_about(run):
    assert "designing and renewing outstanding customer experiences" in run("standard", "7.3.2").output
    assert_clean_failure(run("standard", "99"), "'99'")


def test_fit_prints_the_summary(run, model):
    shown = run("fit", model, "mobi_moments")
    assert shown.exit_code == 0
    assert "Latent variables" in shown.output
    assert "n = 250" in shown.output


def test_fit_reads_a_survey_file(run, model, tmp_path):
    rows = ["CUSA1,CUSA2,CUSA3", *(f"{i % 7},{(i * i) % 5 + i % 7},{(i * 3) % 4 + i % 7}" for i in range(60))]
    (tmp_path / "clients.csv").write_text("\n".join(rows))
    shown = run("fit", model, tmp_path / "clients.csv", "--estimator", "MLR", "--missing", "fiml")
    assert shown.exit_code == 0, shown.output
    assert "estimator MLR" in shown.output


def test_what_is_wrong_is_said_without_a_traceback(run, model, tmp_path):
    assert_clean_failure(run("fit", model, "mobi"), "mobi_moments")
    assert_clean_failure(run("fit", model, tmp_path / "absent.csv"), "absent.csv")
    assert_clean_failure(run("fit", model, "mobi_moments", "--estimator", "XYZ"), "XYZ")
    (tmp_path / "bad.txt").write_text("Satisfaction =~ CUSA1 +")
    assert_clean_failure(run("fit", tmp_path / "bad.txt", "mobi_moments"), "line 1")
    assert_clean_failure(run("reproduce", "99"), "No notebook 99")


def test_data_of_the_wrong_kind_are_refused(run, model):
    assert run("fit", model, "dwivedi2019").exit_code == 2
    assert run("screen", "mobi_moments").exit_code == 2
    assert run("fit", "no-such-model.txt", "mobi_moments").exit_code == 2


def test_screen_shows_findings(run):
    shown = run("screen", "service_excellence_demo")
    assert shown.exit_code == 0
    assert "advice" in shown.output


def test_report_writes_the_file_it_names(run, model, tmp_path):
    shown = run("report", model, "service_excellence_demo_missing.csv", tmp_path / "x.html")
    assert_clean_failure(shown, "service_excellence_demo_missing.csv")
    path = tmp_path / "reports" / "mobi.html"
    shown = run("report", model, "mobi_moments", path, "--title", "Mobi")
    assert shown.exit_code == 0
    assert "<title>Mobi</title>" in path.read_text(encoding="utf-8")
    assert_clean_failure(run("report", model, "mobi_moments", tmp_path / "mobi.pdf"), ".html")


def test_reproduce_ends_with_the_answers_to_the_four_questions(capsys):
    rows = [
        ("12_does_the_chain_hold", 1.0, True, "Yes, in [this] world."),
        ("14_what_to_improve_next", 1.0, False, "cell 3"),
    ]
    outcomes = pd.DataFrame(rows, columns=["notebook", "seconds", "reproduced", "conclusion"])
    none = pd.DataFrame(columns=["notebook", "headline", "number", "note"])
    _print_outcomes(Reproduction(outcomes, none, none.assign(published=""), Path("reports")))
    shown = capsys.readouterr().out
    assert shown.rstrip().endswith("Does the chain hold? Yes, in [this] world.")
    assert "improved next?" not in shown  # its notebook failed, so there is no answer


def test_reproduce_says_to_programs_what_changed(run, monkeypatch):
    now = results_frame([("02_acsi", Headline("rmsea", 0.0844)), ("02_acsi", Headline("cfi", 0.97))])
    before = now.replace({"0.9700": "0.9500"})
    rows = [("02_acsi", 1.0, True, "Yes."), ("03_mobi", 1.0, False, "code cell 3")]
    outcomes = pd.DataFrame(rows, columns=["notebook", "seconds", "reproduced", "conclusion"])
    done = Reproduction(outcomes, now, changed_results(before, now), Path("reports"))
    monkeypatch.setattr("sexresearch.cli.reproduce", lambda *given, **options: done)
    shown = run("reproduce", "--json")
    assert shown.exit_code == 1
    assert "03_mobi failed in code cell 3" in shown.stderr
    numbers = {row["headline"]: (row["number"], row["published"]) for row in json.loads(shown.stdout)}
    assert numbers == {"rmsea": (0.0844, 0.0844), "cfi": (0.97, 0.95)}


def test_every_question_has_its_notebook(root):
    numbers = {path.stem.partition("_")[0] for path in (root / "notebooks").glob("*.ipynb")}
    assert set(FOUR_QUESTIONS) <= numbers


@pytest.mark.parametrize(
    "content",
    [
        ("# Köln\n" + MODEL).encode("cp1252"),
        MODEL.encode("utf-8-sig"),
        MODEL.encode("utf-16"),
        MODEL.encode("utf-16-be"),
    ],
    ids=["Windows-1252", "UTF-8 with mark", "UTF-16 with mark", "UTF-16 without mark"],
)
def test_model_files_are_read_in_the_encodings_of_surveys(run, tmp_path, content):
    (tmp_path / "model.txt").write_bytes(content)
    shown = run("fit", tmp_path / "model.txt", "mobi_moments")
    if content.startswith(b"\0"):
        assert_clean_failure(shown, "model.txt is not a text file")
    else:
        assert shown.exit_code == 0, shown.output
        assert "Latent variables" in shown.output


def test_a_place_that_cannot_be_written_is_said(run, model, tmp_path):
    (tmp_path / "full").write_text("a file, not a folder")
    (tmp_path / "folder.html").mkdir()
    assert_clean_failure(run("report", model, "mobi_moments", tmp_path / "full" / "x.html"), "cannot be written")
    assert_clean_failure(run("report", model, "mobi_moments", tmp_path / "folder.html"), "it is a folder")
    assert_clean_failure(run("fit", model, tmp_path / "x.csv" / "y.csv"), "y.csv")


@pytest.fixture
def called(monkeypatch, capfd):
    """The command as the shell calls it, with another output: its status and what it says of a failure."""

    def call(output, *arguments):
        monkeypatch.setattr("sys.argv", ["sexresearch", *arguments])
        monkeypatch.setattr("sys.stdout", output)
        with pytest.raises(SystemExit) as ended:
            cli.run()
        return ended.value.code, capfd.readouterr().err

    return call


@pytest.mark.parametrize("arguments", [("standard", "7.3.2"), ("datasets",), ("--help",)], ids=" ".join)
def test_a_full_output_is_said(called, arguments):
    with open("/dev/full", "w", encoding="utf-8") as full:
        assert called(full, *arguments) == (1, "The output cannot be written: No space left on device.\n")


@pytest.mark.parametrize("arguments", [("standard", "7.3.2"), ("datasets",)], ids=" ".join)
def test_an_output_closed_too_early_is_said(called, arguments):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as broken:
        assert called(broken, *arguments) == (1, "The output was closed before all of it was written.\n")


def test_an_output_closed_from_the_beginning_is_said(called):
    assert called(None, "standard", "7.3.2") == (1, "The output cannot be written: it is closed.\n")


def test_an_interruption_is_no_traceback(run, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "screen", interrupted)
    shown = run("screen", "service_excellence_demo")
    assert (shown.exit_code, shown.output.strip()) == (130, "Interrupted.")


def test_names_from_files_do_not_steer_the_terminal(run, model, tmp_path):
    rows = [
        "CUSA1,CUSA2,CUSA3,b\x1b[31mad",
        *(f"{i % 7},{(i * i) % 5 + i % 7},{(i * 3) % 4 + i % 7},3" for i in range(60)),
    ]
    (tmp_path / "evil\x1b]0;title\x07.csv").write_text("\n".join(rows))
    for shown in (
        run("screen", tmp_path / "evil\x1b]0;title\x07.csv"),
        run("screen", tmp_path / "evil\x1b.absent"),
        run("standard", "7\x1b[2J"),
    ):
        assert "\\x1b" in shown.output
        assert "\x1b" not in shown.output


def test_the_version_is_printed(run):
    assert run("--version").output.strip() == f"sexresearch {sx.__version__}"


def test_programs_read_json_and_csv(run, model):
    found = json.loads(run("fit", model, "mobi_moments", "--json").output)
    assert found["converged"]
    results = sx.fit(MODEL, moments=sx.datasets.load("mobi_moments"))
    assert found["fit_measures"]["aic"] == pytest.approx(results.fit_measures["aic"], rel=1e-9)
    assert [row["est"] for row in found["parameters"]] == pytest.approx(results.parameters["est"].tolist(), rel=1e-9)
    printed = pd.read_csv(io.StringIO(run("fit", model, "mobi_moments", "--csv").output))
    assert printed["est"].tolist() == pytest.approx(results.parameters["est"].tolist(), rel=1e-9)
    assert json.loads(run("datasets", "--json").output)[0]["name"]
    assert run("fit", model, "mobi_moments", "--csv", "--json").exit_code == 2


def test_groups_clusters_categories_sheets_and_rows_to_leave_out(run, model, tmp_path):
    rng = np.random.default_rng(2)
    joy = rng.normal(size=300)
    frame = pd.DataFrame({name: np.clip(np.round(2 * joy + rng.normal(size=300) + 4), 1, 5) for name in ITEMS})
    frame = frame.assign(g=["u", "v"] * 150, k=np.arange(300) // 10)
    with pd.ExcelWriter(tmp_path / "clients.xlsx") as book:
        pd.DataFrame({"text": ["read me"]}).to_excel(book, sheet_name="about", index=False)
        frame.to_excel(book, sheet_name="answers", index=False)
    data = tmp_path / "clients.xlsx"
    sheet = ("--sheet", "answers", "--json")
    found = [json.loads(run("fit", model, data, *sheet, *more).output) for more in OPTIONS]
    assert [one["nobs"] for one in found] == [300, 300, 300, 297]
    assert {row["group"] for row in found[0]["parameters"]} == {"u", "v"}
    assert "WLSMV" in found[1]["provenance"]
    assert_clean_failure(run("fit", model, data, "--sheet", "nowhere"), "nowhere")
    assert run("fit", model, "mobi_moments", "--drop", "1").exit_code == 2


def test_a_wide_table_folds_and_loses_nothing(tmp_path):
    wide = pd.DataFrame({f"column_{k}": [f"value {k}"] for k in range(30)})
    for columns in (60, 160, 700):
        shown = CliRunner().invoke(printer(wide), [], env={"COLUMNS": str(columns)})
        assert shown.exit_code == 0
        text = re.sub(r"[\s│┃]+", "", shown.output)
        assert all(f"value{k}" in text for k in range(30)), columns
        assert "…" not in shown.output


def test_a_printed_fit_folds_and_loses_nothing(model):
    text = {}
    for columns in (60, 80, 160):
        shown = CliRunner().invoke(app, ["fit", str(model), "mobi_moments"], env={"COLUMNS": str(columns)})
        tables = shown.output.partition("sexresearch ")[0].splitlines()  # provenance runs on
        assert max(map(len, tables)) <= columns
        text[columns] = re.findall(r"-?\d+\.\d+", "\n".join(tables))
    assert sorted(text[60]) == sorted(text[80]) == sorted(text[160])
    assert len(text[60]) > 40


EUROPEAN = "from the field;;\nCUSA1;CUSA2;CUSA3\n" + "".join(
    f"{1.5 + k % 4:.1f};{2.5 + (k + k // 5) % 5:.1f};{1 + (k * 7 // 3) % 6:.1f}\n".replace(".", ",") for k in range(80)
)


def test_what_is_said_of_a_file_is_followed_by_every_verb(run, model, tmp_path):
    data = tmp_path / "clients.csv"
    data.write_text(EUROPEAN, encoding="utf-8")
    said = ("--header", "2", "--separator", ";", "--decimal", ",")
    assert json.loads(run("fit", model, data, *said, "--json").output)["nobs"] == 80
    assert run("screen", data, *said).exit_code == 0
    assert run("report", model, data, tmp_path / "fit.html", *said).exit_code == 0
    for verb in (
        ["fit", model, data],
        ["screen", data],
        ["codebook", data],
        ["answer", data, "-o", tmp_path / "a.html"],
    ):
        assert_clean_failure(run(*verb, "--decimal", "_"), "decimal='_'")


def test_weights_of_respondents_and_clusters_reach_the_fit(run, tmp_path):
    rng = np.random.default_rng(3)
    town = np.repeat(np.arange(40), 10)
    joy = rng.normal(size=40)[town] + rng.normal(size=400)
    frame = pd.DataFrame({name: joy + rng.normal(size=400) for name in ITEMS})
    frame = frame.assign(town=town, w=rng.uniform(0.5, 2, 400), v=rng.uniform(0.5, 2, 40)[town])
    frame.to_csv(tmp_path / "rows.csv", index=False)
    text = "level: 1\njoy =~ CUSA1 + CUSA2 + CUSA3\nlevel: 2\nplace =~ CUSA1 + CUSA2 + CUSA3\n"
    (tmp_path / "levels.txt").write_text(text)
    options = ("--cluster", "town", "--sampling-weights", "w", "--cluster-weights", "v", "--json")
    found = json.loads(run("fit", tmp_path / "levels.txt", tmp_path / "rows.csv", *options).output)
    wanted = sx.fit(text, frame, cluster="town", sampling_weights="w", cluster_weights="v").parameters["est"]
    assert [row["est"] for row in found["parameters"]] == pytest.approx(wanted.tolist(), rel=1e-9)


def test_drop_names_rows_and_drop_found_names_checks(monkeypatch, run, tmp_path):
    given = []
    monkeypatch.setattr(
        "sexresearch.answer_verb.answer", lambda survey, *_, without, **__: given.append((survey.n, without))
    )
    monkeypatch.setattr("sexresearch.answer_verb.report", lambda found, path: path)
    start = ("answer", "service_excellence_demo", "-o", tmp_path / "a.html")
    run(*start, "--drop", "1,2", "--drop-found", "speeding")
    old = run(*start, "--drop", "speeding, near duplicate")
    run(*start)
    run(*start, "--drop-found", "none")
    assert given == [(1498, ["speeding"]), (1500, ["speeding", "near duplicate"]), (1500, None), (1500, [])]
    assert "--drop-found" in old.output


def printer(frame):
    made = typer.Typer()
    made.command()(lambda: print_frame(frame))
    return made
