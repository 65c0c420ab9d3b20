"""How a client's file is read, in the options that every verb has for it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from sexresearch.survey import Survey, read_survey

Sheet = Annotated[str | None, typer.Option(help="Worksheet of a workbook.")]
Header = Annotated[int | None, typer.Option(help="Number of the row of names, first row 1. Default: found out.")]
Separator = Annotated[str | None, typer.Option(help="Mark between columns of text files. Default: found out.")]
Decimal = Annotated[str | None, typer.Option(help="Decimal mark: . or , Default: found out.")]
Thousands = Annotated[str | None, typer.Option(help="Mark of thousands: . , ' or a blank. Default: found out.")]


@dataclass(frozen=True)
class FileReading:
    """What is said of a file; None is found out.

    >>> FileReading(sheet="answers") == FileReading()
    False
    """

    sheet: str | None = None
    header: int | None = None
    separator: str | None = None
    decimal: str | None = None
    thousands: str | None = None

    def survey(self, file: str | Path, instrument: Path | None) -> Survey:
        """The answers in a file."""
        return read_survey(file, instrument, **asdict(self))
