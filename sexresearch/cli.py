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

import pandas as pd
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from sexresearch import datasets, standard
from sexresearch.errors import SexresearchError
from sexresearch.escaping import on_one_line, visible
from sexresearch.glossary import describe, table
from sexresearch.report import report
from sexresearch.sem import Fitting, Model, Moments, Results
from sexresearch.sem.view import quiet_fit
from sexresearch.study import Reproduction, StudyRun, list_cases, new_study, read_study, reproduce, run_cases, run_study
from sexresearch.survey import Survey, read_survey, screen
from sexresearch.survey.dialect import decode

P = ParamSpec("P")

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

ModelFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Text file with the model.")]
Data = Annotated[str, typer.Argument(help="Survey file, or the name of a data set.")]
Codebook = Annotated[
    Path | None, typer.Option("--instrument", exists=True, dir_okay=False, help="TOML codebook of the survey.")
]
Estimator = Annotated[str | None, typer.Option(help="ML, MLR, …; WLSMV for ordered items.")]
Missing = Annotated[str, typer.Option(help="listwise or fiml")]

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


def _say(text: str) -> None:
    typer.echo(visible(text))


@app.callback()
def main() -> None:
    """Service excellence research: from a survey file to an answer about the effect chain."""


@app.command("reproduce")
@plain_errors
def reproduce_verb(
    notebooks: Annotated[list[str] | None, typer.Argument(help="Names, numbers or paths; else all.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for reports, figures and results.csv.")] = Path("reports"),
    store: Annotated[bool, typer.Option("--store", help="Also store the outputs in the notebooks.")] = False,
    parameter: Annotated[list[str] | None, typer.Option("-p", "--parameter", help="NAME=VALUE to set.")] = None,
) -> None:
    """Execute every notebook and write reports, figures and headline numbers."""
    done = reproduce(notebooks, out=out, store=store, parameters=_named_values(parameter or []))
    _print_outcomes(done)
    if not done.succeeded:
        raise typer.Exit(1)


def _named_values(given: list[str]) -> dict[str, str | float | bool]:
    """NAME=VALUE each; a value that is a number, true or false is one, and else text."""
    found: dict[str, str | float | bool] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name.isidentifier():
            raise typer.BadParameter(f"{text!r} is not NAME=VALUE")
        try:
            found[name] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            found[name] = value
    return found


@app.command("new")
@plain_errors
def new_verb(
    folder: Annotated[Path, typer.Argument(help="Where the study is made.")],
    data: Annotated[Path | None, typer.Option(help="File of answers; else the demonstration.")] = None,
    instrument: Codebook = None,
) -> None:
    """Make a study: study.toml, a notebook for any questionnaire, Makefile, continuous integration."""
    made = new_study(folder, data, instrument)
    _say(f"{made} written; next: cd {folder} && make run notebook test")


@app.command("fit")
@plain_errors
def fit_verb(
    model: ModelFile,
    data: Data,
    instrument: Codebook = None,
    estimator: Estimator = None,
    missing: Missing = "listwise",
) -> None:
    """Fit a model (lavaan syntax) to a survey file or a data set, and print the summary."""
    results, _ = _fitted(model, data, instrument, estimator, missing)
    _say(repr(results.summary()))


@app.command("report")
@plain_errors
def report_verb(
    model: ModelFile,
    data: Data,
    path: Annotated[Path, typer.Argument(help="Where the report goes; the suffix says the format: .html")],
    instrument: Codebook = None,
    estimator: Estimator = None,
    missing: Missing = "listwise",
    title: Annotated[str, typer.Option(help="Title of the report.")] = "Structural equation model",
) -> None:
    """Fit a model and write the report."""
    results, source = _fitted(model, data, instrument, estimator, missing)
    _say(f"{report(results, path, title=title, data=source)} written")


@app.command("screen")
@plain_errors
def screen_verb(data: Data, instrument: Codebook = None) -> None:
    """Look for what in the answers can mislead an analysis: gaps, floors, careless answering, …"""
    found = screen(_survey(data, instrument))
    _print_frame(found.assign(rows=found["rows"].map(len)), "Nothing found.")


@app.command("datasets")
@plain_errors
def datasets_verb() -> None:
    """List the data sets that come with the package or are fetched by it."""
    _print_frame(datasets.list()[["name", "kind", "n", "what"]])


@app.command("standard")
@plain_errors
def standard_verb(
    clause: Annotated[str, typer.Argument(help="Number of the clause, such as 7.3.2")],
    of: Annotated[str, typer.Option(help="'ISO 23592' or 'ISO/TR 7179'")] = "ISO 23592",
) -> None:
    """Say, in our own words, what a clause of the standard is about."""
    found = standard.clause(clause, of)
    _say(f"{of} {found.clause}  {found.title}\n{found.description}")


@app.command("fetch")
@plain_errors
def fetch_verb(name: Annotated[str, typer.Argument(help="Name of a data set, see `datasets`.")]) -> None:
    """Fetch a data set of respondents' answers into the data home, and check its bytes."""
    loaded = datasets.load(name)
    _say(f"{name} is here" + (f": {loaded.caption}" if isinstance(loaded, Survey) else ", it comes with the package"))


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
        _print_frame(list_cases())


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
    _print_frame(done.table)
    _say(", ".join(f"{number} {describe(name).header}" for name, number in done.totals.items()))
    _say(f"{done.write(out / 'cases.html')} written")
    if not done.succeeded:
        raise typer.Exit(1)


def _print_run(done: StudyRun) -> None:
    _print_frame(done.comparison, "The study names no published numbers.")
    if done.provenance.get("data"):
        _say(done.provenance["data"])
    for path in done.files:
        _say(f"{path} written")


def _fitted(
    model: Path, data: str, instrument: Path | None, estimator: str | None, missing: str
) -> tuple[Results, str]:
    """The fit, and where its data come from; what is wrong with a fit stands in its summary, so no warnings."""
    text, _ = decode(model.read_bytes(), model.name)
    given = _data(data, instrument)
    asked, wanted = Model(text), Fitting(estimator=estimator, missing=missing)
    if isinstance(given, Survey):
        return quiet_fit(asked, given, wanted), given.caption
    return quiet_fit(asked, None, wanted, moments=given), f"{data}, summary statistics"


def _survey(data: str, instrument: Path | None) -> Survey:
    given = _data(data, instrument)
    if not isinstance(given, Survey):
        raise typer.BadParameter(f"{data} holds summary statistics, no answers of respondents")
    return given


def _data(data: str, instrument: Path | None) -> Survey | Moments | dict[str, Moments]:
    """A survey file, or else the data set of that name."""
    if Path(data).suffix:
        return read_survey(data, instrument)
    loaded = datasets.load(data)
    if isinstance(loaded, pd.DataFrame):
        raise typer.BadParameter(f"{data} is a published table: choose what to use of it in Python")
    return loaded


class _Screen(Console):
    """Standard output; where it was closed too early that is said, as by every other verb, not swallowed."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def _print_frame(frame: pd.DataFrame, if_empty: str = "") -> None:
    if frame.empty:
        _say(if_empty)
        return
    made = table(frame)
    first, *others = made.headers
    shown = Table(Column(first, overflow="fold", min_width=max(len(row[0]) for row in made.rows)), *others)
    for row in made.rows:
        shown.add_row(*map(_cell, row))
    _Screen().print(shown)


def _print_outcomes(done: Reproduction) -> None:
    console = _Screen()
    shown = Table("notebook", "seconds", "conclusion")
    for row in done.outcomes.itertuples():
        failed = "" if row.reproduced else "[red]failed[/red] in "
        shown.add_row(_cell(row.notebook), f"{row.seconds:.1f}", failed + _cell(row.conclusion))
    console.print(shown)
    for row in done.changed.itertuples():
        now, before = row.number or "gone", row.published or "not there"
        console.print(f"[yellow]{_cell(f'{row.notebook}: {row.headline} is {now}; published: {before}')}")
    same = len(done.results) - int((done.changed["number"] != "").sum())
    console.print(f"{same} of {len(done.results)} headline numbers equal the published ones.")
    console.print(f"Reports: {_cell(f'{done.folder}{os.sep}')}")
    for row in done.outcomes[done.outcomes["reproduced"]].itertuples():
        question = FOUR_QUESTIONS.get(row.notebook.partition("_")[0])
        if question:
            console.print(f"\n[bold]{question}[/bold] {_cell(row.conclusion)}")


def _cell(text: str) -> str:
    """Text from files, which neither the terminal nor rich's markup takes for a command."""
    return escape(on_one_line(text))
