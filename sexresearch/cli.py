"""The `sexresearch` command: every verb calls one public function and prints what it returns."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, ParamSpec

import typer
from rich.console import Console
from rich.table import Table

from sexresearch.errors import SexresearchError
from sexresearch.study import Reproduction, reproduce

P = ParamSpec("P")

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def main() -> None:
    """Service excellence research: from a survey file to an answer about the effect chain."""


def plain_errors(verb: Callable[P, None]) -> Callable[P, None]:
    """Print errors raised on purpose as one message, without a traceback, and leave with status 1."""

    @wraps(verb)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            verb(*args, **kwargs)
        except SexresearchError as error:
            typer.secho(str(error), fg="red", err=True)
            raise typer.Exit(1) from error

    return guarded


@app.command("reproduce")
@plain_errors
def reproduce_verb(
    notebooks: Annotated[list[str] | None, typer.Argument(help="Names, numbers or paths; else all.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for reports, figures and results.csv.")] = Path("reports"),
    store: Annotated[bool, typer.Option("--store", help="Also store the outputs in the notebooks.")] = False,
) -> None:
    """Execute every notebook and write reports, figures and headline numbers."""
    done = reproduce(notebooks, out=out, store=store)
    _print_outcomes(done)
    if not done.succeeded:
        raise typer.Exit(1)


def _print_outcomes(done: Reproduction) -> None:
    console = Console()
    shown = Table("notebook", "seconds", "conclusion", title_justify="left")
    for row in done.outcomes.itertuples():
        text = f"[red]failed[/red] in {row.conclusion}" if row.outcome == "failed" else row.conclusion
        shown.add_row(row.notebook, f"{row.seconds:.1f}", text)
    console.print(shown)
    for row in done.changed.itertuples():
        now, before = row.value or "gone", row.published or "not there"
        console.print(f"[yellow]{row.notebook}: {row.name} is {now}; published: {before}")
    same = len(done.results) - int((done.changed["value"] != "").sum())
    console.print(f"{same} of {len(done.results)} headline numbers equal the published ones.")
    console.print(f"Reports: {done.folder}{os.sep}")
