"""The verb `codebook` of the command: a questionnaire is drafted for a file, or one that is there is checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sexresearch.file_options import Decimal, Header, Separator, Sheet, Thousands
from sexresearch.survey import Instrument, draft_instrument
from sexresearch.survey.drafting.remarks import codebook_remarks
from sexresearch.survey.wording import counted
from sexresearch.terminal import say


def codebook_verb(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Survey file; with --check, a codebook.")],
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Where the draft goes; else it is printed.")] = None,
    sheet: Sheet = None,
    header: Header = None,
    separator: Separator = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    language: Annotated[str, typer.Option(help="en or de: language of the constructs' names.")] = "en",
    check: Annotated[bool, typer.Option("--check", help="Check a codebook instead of drafting one.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a codebook that is there already.")] = False,
) -> None:
    """Draft the questionnaire of a survey file, to be confirmed line by line; or check one."""
    if check:
        _check_codebook(file)
        return
    draft = draft_instrument(
        file,
        sheet,
        language=language,  # type: ignore[arg-type]
        header=header,
        separator=separator,
        decimal=decimal,
        thousands=thousands,
    )
    if out is None:
        say(draft.text)
        return
    written = draft.write(out, replace_existing=force)
    made = f"{counted(len(draft.items), 'item')} of {counted(len(draft.constructs), 'construct')}"
    say(f"{written} written: {made}, {counted(len(draft.fields), 'other column')}; confirm it line by line")


def _check_codebook(file: Path) -> None:
    """What is wrong is an error; what looks wrong is printed, and leaves with status 1 too."""
    questionnaire = Instrument.from_toml(file)
    remarks = list(codebook_remarks(questionnaire))
    for remark in remarks:
        say(f"- {remark}")
    made = f"{counted(len(questionnaire.items), 'item')} of {counted(len(questionnaire.constructs), 'construct')}"
    say(f"{file.name}: {made}; " + (f"{counted(len(remarks), 'thing')} to look at" if remarks else "nothing is wrong"))
    if remarks:
        raise typer.Exit(1)
