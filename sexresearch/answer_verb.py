"""The verb `answer`: a survey file in, the client's report out, with one screen of result."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
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
from sexresearch.survey import Survey, join_waves
from sexresearch.terminal import cell, say

WAVE = "wave"  # the column that says from which of several files a row comes
COLUMN_WORDS = '; "" for none. Default: what the questionnaire says.'


def answer_verb(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Survey file or data set; several are waves to be compared.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="The report: .html, .docx, .pptx, .xlsx or .tex")],
    instrument: Annotated[
        list[Path] | None,
        typer.Option("-i", "--instrument", exists=True, dir_okay=False, help="TOML codebook; one, or one a file."),
    ] = None,
    target: Annotated[str | None, typer.Option(help="Construct that everything leads to.")] = None,
    group: Annotated[str | None, typer.Option(help=f"Column of the groups{COLUMN_WORDS}")] = None,
    cluster: Annotated[str | None, typer.Option(help=f"Column of the clusters{COLUMN_WORDS}")] = None,
    ordered: Annotated[str, typer.Option(help="Items taken as ordered, with commas between; all, or none.")] = "",
    sampling_weights: Annotated[
        str | None, typer.Option(help=f"Column of the respondents' weights{COLUMN_WORDS}")
    ] = None,
    drop: Drop = "",
    drop_found: Annotated[
        str, typer.Option(help="Checks of `screen` whose rows go, with commas between; none keeps previews and tests.")
    ] = "",
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
    given = _given(files, instrument or [], FileReading(sheet, header, separator, decimal, thousands))
    survey = kept_rows(given, rows)
    items: bool | list[str] | None = {"": None, "all": True, "none": False}.get(ordered, listed(ordered))
    with _progress(language) as stage:
        reply = answer(
            survey,
            target,
            WAVE if group is None and len(files) > 1 else group,
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


def _given(files: Sequence[str], codebooks: Sequence[Path], reading: FileReading) -> Survey:
    """The answers of one file, or of several as waves, each with its codebook or all with one."""
    if len(codebooks) not in (0, 1, len(files)):
        raise typer.BadParameter(f"{len(codebooks)} codebooks for {len(files)} files: give one, or each file its own")
    of_each = [None] * len(files) if not codebooks else [*codebooks] * (len(files) // len(codebooks))
    surveys = [survey_of(name, book, reading) for name, book in zip(files, of_each, strict=True)]
    if len(surveys) == 1:
        return surveys[0]
    return join_waves(dict(zip(wave_names(files), surveys, strict=True)), column=WAVE)


def wave_names(files: Sequence[str]) -> list[str]:
    """What tells the names of files apart; their number where nothing does.

    >>> wave_names(["2017_survey_final.csv", "2018_survey_final.csv"]), wave_names(["a/x.csv", "b/x.csv"])
    (['2017', '2018'], ['1', '2'])
    """
    parts = [re.findall(r"[^\W_]+", Path(name).stem) for name in files]
    shared = set(parts[0]).intersection(*parts[1:])
    names = [" ".join(part for part in own if part not in shared) for own in parts]
    return names if all(names) and len(set(names)) == len(names) else [str(n + 1) for n in range(len(files))]


def _dropped(rows: str, checks: str) -> tuple[list[str], list[str] | None]:
    """Labels of rows, and checks whose rows go, if any are named; --drop takes checks for one minor version."""
    named, wanted = listed(rows), listed(checks)
    if named and set(named) <= set(DROPPABLE):
        typer.secho(f"--drop will name rows alone from version 0.3 on: write --drop-found {rows!r}", err=True)
        return [], [*named, *wanted]
    return named, [] if checks == "none" else wanted or None


@contextmanager
def _progress(language: str) -> Iterator[Callable[[str], None]]:
    """What is called with each stage; on a terminal it shows which one is going on."""
    screen = Console(stderr=True)
    if not screen.is_terminal:
        yield lambda stage: None
        return
    with screen.status("") as status:
        yield lambda stage: status.update(cell(named(language, stage, "stages")))
