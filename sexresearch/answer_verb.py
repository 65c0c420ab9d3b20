"""The verb `answer`: a survey file in, the client's report out, with one screen of result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from sexresearch.answering import answer
from sexresearch.answering.stages.screening import DROPPABLE
from sexresearch.answering.text_catalogue import named
from sexresearch.document.write import writable
from sexresearch.file_options import Decimal, FileReading, Header, Separator, Sheet, Thousands
from sexresearch.fit_verb import Drop, kept_rows, listed, survey_of
from sexresearch.languages import Language
from sexresearch.report import report
from sexresearch.terminal import cell, say

COLUMN_WORDS = '; "" for none. Default: what the questionnaire says.'


def answer_verb(
    file: Annotated[str, typer.Argument(help="Survey file, or the name of a data set.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The report: .html, .docx, .pptx, .xlsx or .tex")],
    instrument: Annotated[
        Path | None, typer.Option("-i", "--instrument", exists=True, dir_okay=False, help="TOML codebook.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="Construct that everything leads to.")] = None,
    group: Annotated[str | None, typer.Option(help=f"Column of the groups{COLUMN_WORDS}")] = None,
    cluster: Annotated[str | None, typer.Option(help=f"Column of the clusters{COLUMN_WORDS}")] = None,
    ordered: Annotated[str, typer.Option(help="Items taken as ordered, with commas between; all, or none.")] = "",
    sampling_weights: Annotated[
        str | None, typer.Option(help=f"Column of the respondents' weights{COLUMN_WORDS}")
    ] = None,
    drop: Drop = "",
    drop_found: Annotated[str, typer.Option(help="Checks of `screen` whose rows go, with commas between.")] = "",
    sheet: Sheet = None,
    header: Header = None,
    separator: Separator = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    language: Annotated[Language, typer.Option(help="Of the report.")] = "en",
    seed: Annotated[int, typer.Option(help="Decides the draws.")] = 1,
    bootstrap: Annotated[int, typer.Option(help="Replicates for the intervals of gains; 0 for draws.")] = 0,
) -> None:
    """Answer the four questions about a survey, and write the client's report."""
    destination = writable(out, "the report")  # said before the work, not after it
    rows, checks = _dropped(drop, drop_found)
    survey = kept_rows(survey_of(file, instrument, FileReading(sheet, header, separator, decimal, thousands)), rows)
    items: bool | list[str] | None = {"": None, "all": True, "none": False}.get(ordered, listed(ordered))
    with _progress(language) as stage:
        reply = answer(
            survey,
            target,
            group,
            without=checks,
            ordered=items,
            cluster=cluster,
            sampling_weights=sampling_weights,
            bootstrap=bootstrap,
            seed=seed,
            language=language,
            progress=stage,
        )
        stage("report")
        written = report(reply, destination)
    say("\n".join([reply.survey.caption, "", *(f"• {sentence.text}" for sentence in reply.page_one), ""]))
    say(f"{written} written")


def _dropped(rows: str, checks: str) -> tuple[list[str], list[str]]:
    """Labels of rows, and checks whose rows go; checks after --drop are understood for one minor version."""
    named, wanted = listed(rows), listed(checks)
    if named and set(named) <= set(DROPPABLE):
        typer.secho(f"--drop will name rows alone from version 0.3 on: write --drop-found {rows!r}", err=True)
        return [], [*named, *wanted]
    return named, wanted


@contextmanager
def _progress(language: str) -> Iterator[Callable[[str], None]]:
    """What is called with each stage; on a terminal it shows which one is going on."""
    screen = Console(stderr=True)
    if not screen.is_terminal:
        yield lambda stage: None
        return
    with screen.status("") as status:
        yield lambda stage: status.update(cell(named(language, stage, "stages")))
