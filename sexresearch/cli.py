"""The `sexresearch` command: every verb calls one public function and prints what it returns."""

from __future__ import annotations

import errno
import io
import os
import sys
import tomllib
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Annotated, ParamSpec

import typer
from rich.table import Table

from sexresearch import __version__, datasets, standard
from sexresearch.answer_verb import answer_verb
from sexresearch.codebook_verb import codebook_verb
from sexresearch.errors import SexresearchError
from sexresearch.escaping import visible
from sexresearch.file_options import Decimal, FileReading, Header, Separator, Sheet, Thousands
from sexresearch.fit_verb import (
    Cluster,
    ClusterWeights,
    Codebook,
    Csv,
    Data,
    Drop,
    Estimator,
    Group,
    Json,
    Missing,
    ModelFile,
    Ordered,
    SamplingWeights,
    data_of,
    fit_verb,
    fitted,
    fitting,
    kept,
    survey_of,
)
from sexresearch.glossary import describe
from sexresearch.report import report
from sexresearch.study import Reproduction, StudyRun, list_cases, new_study, read_study, reproduce, run_cases, run_study
from sexresearch.survey import Survey, screen
from sexresearch.terminal import Screen, cell, print_frame, say, shape

P = ParamSpec("P")

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

FOUR_QUESTIONS = {  # the notebooks that answer them, by number
    "11": "Is it measured well?",
    "12": "Does the chain hold?",
    "13": "For whom?",
    "14": "What should be improved next?",
}


def plain_errors(verb: Callable[P, None]) -> Callable[P, None]:
    """Print what can be expected to fail as one message, without a traceback, and leave with status 1.

    An interruption ends with 130, as shells expect it.
    """

    @wraps(verb)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            verb(*args, **kwargs)
            _flush()  # what the output cannot hold is noticed here, not when Python has ended
        except (SexresearchError, OSError, MemoryError) as error:
            raise typer.Exit(_failed(_in_words(error), 1)) from error
        except KeyboardInterrupt as error:
            raise typer.Exit(_failed("Interrupted.", 130)) from error

    return guarded


def run() -> None:
    """The command as the shell calls it; what it prints before a verb begins, such as its help, may fail as well."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # not every terminal can show every letter
    try:
        app()
    except OSError as error:
        sys.exit(_failed(_in_words(error), 1))


def _in_words(error: Exception) -> str:
    if isinstance(error, SexresearchError):
        return str(error)
    if isinstance(error, MemoryError):
        return "There is not enough memory for this."
    if isinstance(error, BrokenPipeError):
        return "The output was closed before all of it was written."
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    where = getattr(error, "filename", None)
    return f"{str(where)!r} cannot be used: {reason}." if where else f"The output cannot be written: {reason}."


def _flush() -> None:
    if sys.stdout is None:  # so Python calls an output that is closed from the beginning
        raise OSError(errno.EBADF, "it is closed")
    sys.stdout.flush()


def _failed(message: str, status: int) -> int:
    """The status; the message goes to standard error, and what a broken output did not take goes nowhere."""
    with suppress(OSError):
        typer.secho(visible(message), fg="red", err=True)
    try:
        _flush()
    except OSError:  # Python would try once more at its end, and complain
        if sys.stdout is not None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status


@app.callback(invoke_without_command=True)
def main(
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.", is_eager=True)] = False,
) -> None:
    """Service excellence research: from a survey file to an answer about the effect chain."""
    if version:
        say(f"sexresearch {__version__}")
        raise typer.Exit


@app.command("reproduce")
@plain_errors
def reproduce_verb(
    notebooks: Annotated[list[str] | None, typer.Argument(help="Names, numbers or paths; else all.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for reports, figures and results.csv.")] = Path("reports"),
    store: Annotated[bool, typer.Option("--store", help="Also store the outputs in the notebooks.")] = False,
    parameter: Annotated[list[str] | None, typer.Option("-p", "--parameter", help="NAME=VALUE to set.")] = None,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Execute every notebook and write reports, figures and headline numbers."""
    form = shape(as_json, as_csv)
    done = reproduce(notebooks, out=out, store=store, parameters=_named_values(parameter or []))
    if form == "table":
        _print_outcomes(done)
    else:
        print_frame(done.compared, form=form)
        for row in done.outcomes[~done.outcomes["reproduced"]].itertuples():
            typer.secho(visible(f"{row.notebook} failed in {row.conclusion}"), err=True)
    if not done.succeeded:
        raise typer.Exit(1)


def _named_values(given: list[str]) -> dict[str, str | float | bool]:
    """NAME=VALUE each; a value that is a number, true or false is one, and else text."""
    values: dict[str, str | float | bool] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name.isidentifier():
            raise typer.BadParameter(f"{text!r} is not NAME=VALUE")
        try:
            values[name] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            values[name] = value
    return values


@app.command("new")
@plain_errors
def new_verb(
    folder: Annotated[Path, typer.Argument(help="Where the study is made.")],
    data: Annotated[Path | None, typer.Option(help="File of answers; else the demonstration.")] = None,
    instrument: Codebook = None,
) -> None:
    """Make a study: study.toml, a notebook for any questionnaire, Makefile, continuous integration."""
    made = new_study(folder, data, instrument)
    say(f"{made} written; next: cd {folder} && make run notebook test")


app.command("fit")(plain_errors(fit_verb))


@app.command("report")
@plain_errors
def report_verb(
    model: ModelFile,
    data: Data,
    path: Annotated[Path, typer.Argument(help="Where to write it: .html, .docx, .pptx, .xlsx or .tex")],
    instrument: Codebook = None,
    estimator: Estimator = None,
    missing: Missing = "listwise",
    group: Group = None,
    ordered: Ordered = "",
    cluster: Cluster = None,
    sampling_weights: SamplingWeights = None,
    cluster_weights: ClusterWeights = None,
    sheet: Sheet = None,
    header: Header = None,
    separator: Separator = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    drop: Drop = "",
    title: Annotated[str, typer.Option(help="Title of the report.")] = "Structural equation model",
) -> None:
    """Fit a model and write the report."""
    given = kept(data_of(data, instrument, FileReading(sheet, header, separator, decimal, thousands)), drop)
    wanted = fitting(estimator, missing, ordered, cluster, sampling_weights, cluster_weights)
    results = fitted(model, given, wanted, group)
    source = given if isinstance(given, Survey) else f"{data}, summary statistics"
    say(f"{report(results, path, title=title, data=source)} written")


@app.command("screen")
@plain_errors
def screen_verb(
    data: Data,
    instrument: Codebook = None,
    sheet: Sheet = None,
    header: Header = None,
    separator: Separator = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Look for what in the answers can mislead an analysis: gaps, floors, careless answering, …"""
    findings = screen(survey_of(data, instrument, FileReading(sheet, header, separator, decimal, thousands)))
    print_frame(findings.assign(rows=findings["rows"].map(len)), "Nothing found.", shape(as_json, as_csv))


app.command("answer")(plain_errors(answer_verb))
app.command("codebook")(plain_errors(codebook_verb))


@app.command("datasets")
@plain_errors
def datasets_verb(as_json: Json = False, as_csv: Csv = False) -> None:
    """List the data sets that come with the package or are fetched by it."""
    print_frame(datasets.list()[["name", "kind", "n", "what"]], form=shape(as_json, as_csv))


@app.command("standard")
@plain_errors
def standard_verb(
    clause: Annotated[str, typer.Argument(help="Number of the clause, such as 7.3.2")],
    of: Annotated[str, typer.Option(help="'ISO 23592' or 'ISO/TR 7179'")] = "ISO 23592",
) -> None:
    """Say, in our own words, what a clause of the standard is about."""
    entry = standard.clause(clause, of)
    say(f"{of} {entry.clause}  {entry.title}\n{entry.description}")


@app.command("fetch")
@plain_errors
def fetch_verb(name: Annotated[str, typer.Argument(help="Name of a data set, see `datasets`.")]) -> None:
    """Fetch a data set of respondents' answers into the data home, and check its bytes."""
    loaded = datasets.load(name)
    say(f"{name} is here" + (f": {loaded.caption}" if isinstance(loaded, Survey) else ", it comes with the package"))


@app.command("run")
@plain_errors
def run_verb(
    study: Annotated[Path, typer.Argument(exists=True, help="study.toml, or the folder that holds it.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for report and numbers.")] = Path("results"),
    report: Annotated[str, typer.Option("--report", help="Its name; the suffix says the format.")] = "report.html",
) -> None:
    """Run a study: fit its model, compare with the published numbers, write report, numbers and provenance."""
    done = run_study(read_study(study), out, report)
    _print_run(done)
    if not done.succeeded:
        raise typer.Exit(1)


cases = typer.Typer(help="Published cases: list them, or run them again.", invoke_without_command=True)
app.add_typer(cases, name="cases")


@cases.callback()
@plain_errors
def cases_verb(context: typer.Context) -> None:
    """List the published cases."""
    if context.invoked_subcommand is None:
        print_frame(list_cases().drop(columns="reference"))  # `cases run` writes the sources into its page


@cases.command("run")
@plain_errors
def cases_run_verb(
    names: Annotated[list[str] | None, typer.Argument(help="Names of cases.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    out: Annotated[Path, typer.Option(help="Folder for the page.")] = Path("reports"),
) -> None:
    """Run published cases again and write the ledger; status 1 where a mismatch has no reason."""
    if bool(names) == everything:
        raise typer.BadParameter("name cases, or say --all")
    done = run_cases(names or None)
    print_frame(done.table)
    say(", ".join(f"{number} {describe(name).header}" for name, number in done.totals.items()))
    say(f"{done.write(out / 'cases.html')} written")
    if not done.succeeded:
        raise typer.Exit(1)


def _print_run(done: StudyRun) -> None:
    print_frame(done.comparison, "The study names no published numbers.")
    if done.provenance.get("data"):
        say(done.provenance["data"])
    for path in done.files:
        say(f"{path} written")


def _print_outcomes(done: Reproduction) -> None:
    console = Screen()
    shown = Table("notebook", "seconds", "conclusion")
    for row in done.outcomes.itertuples():
        failed = "" if row.reproduced else "[red]failed[/red] in "
        shown.add_row(cell(row.notebook), f"{row.seconds:.1f}", failed + cell(row.conclusion))
    console.print(shown)
    for row in done.changed.itertuples():
        now, before = row.number or "gone", row.published or "not there"
        console.print(f"[yellow]{cell(f'{row.notebook}: {row.headline} is {now}; published: {before}')}")
    same = len(done.results) - int((done.changed["number"] != "").sum())
    console.print(f"{same} of {len(done.results)} headline numbers equal the published ones.")
    console.print(f"Reports: {cell(f'{done.folder}{os.sep}')}")
    for row in done.outcomes[done.outcomes["reproduced"]].itertuples():
        question = FOUR_QUESTIONS.get(row.notebook.partition("_")[0])
        if question:
            console.print(f"\n[bold]{question}[/bold] {cell(row.conclusion)}")
