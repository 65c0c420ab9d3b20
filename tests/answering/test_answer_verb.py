"""The verb `answer`: file in, report out, one screen of result, and a status for continuous integration."""

from typer.testing import CliRunner

import sexresearch as sx
from sexresearch.cli import app


def run(*arguments):
    return CliRunner().invoke(app, ["answer", *map(str, arguments)])


def files(folder, constructs=("satisfaction", "loyalty"), rows=150):
    survey = sx.datasets.load("service_excellence_demo")
    kept = sx.Instrument(tuple(part for part in survey.instrument.constructs if part.name in constructs))
    sheet, book = folder / "clients.xlsx", folder / "questionnaire.toml"
    answers = sx.datasets.load("service_excellence_demo").answers[[item.name for item in kept.items]]
    for item in (item for item in kept.items if item.reverse):
        answers[item.name] = item.scale.lowest + item.scale.highest - answers[item.name]
    answers.head(rows).to_excel(sheet, index=False)
    book.write_text(kept.to_toml(), encoding="utf-8")
    return sheet, book


def test_a_workbook_and_a_questionnaire_become_a_report(tmp_path):
    sheet, book = files(tmp_path)
    done = run(sheet, "-i", book, "-o", tmp_path / "client.docx")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "client.docx").stat().st_size > 10_000
    assert "clients.xlsx, n = 150" in done.output
    assert "client.docx written" in done.output
    assert len(done.output.splitlines()) < 40


def test_what_cannot_be_used_is_one_message_and_status_1_and_leaves_the_old_report(tmp_path):
    sheet, book = files(tmp_path)
    old = tmp_path / "client.docx"
    old.write_bytes(b"the last one")
    for arguments, said in (
        ((sheet, "-o", old), "sexresearch codebook"),
        ((sheet, "-i", book, "-o", old, "--target", "joy"), "target 'joy'"),
        ((sheet, "-i", book, "-o", tmp_path / "client.odt"), "client.odt"),
    ):
        done = run(*arguments)
        assert done.exit_code == 1, done.output
        assert said in done.output + (done.stderr if done.stderr_bytes else "")
        assert "Traceback" not in done.output
    assert old.read_bytes() == b"the last one"


def test_several_files_are_waves_that_are_compared(tmp_path):
    sheet, book = files(tmp_path)
    second = tmp_path / "clients 2.xlsx"
    second.write_bytes(sheet.read_bytes())
    third = tmp_path / "clients 3.xlsx"
    third.write_bytes(sheet.read_bytes())
    done = run(second, third, "-i", book, "-o", tmp_path / "client.html")
    assert done.exit_code == 0, done.output
    assert "clients 2.xlsx and clients 3.xlsx, n = 300" in done.output
    page = (tmp_path / "client.html").read_text(encoding="utf-8")
    assert "Wave" in page
    done = run(second, third, sheet, "-i", book, "-i", book, "-o", tmp_path / "client.html")
    assert "2 codebooks for 3 files" in done.output + done.stderr
