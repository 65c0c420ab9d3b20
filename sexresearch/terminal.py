"""What the command prints: frames as tables that fold, as JSON or as CSV; text that steers no terminal."""

from __future__ import annotations

import json
from typing import Literal

import pandas as pd
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from sexresearch.escaping import on_one_line, visible
from sexresearch.glossary import table

Shape = Literal["table", "json", "csv"]
NARROWEST = 12  # letters of a column before a table is printed row by row instead
BESIDE = 3  # letters between two columns


class Screen(Console):
    """Standard output; where it was closed too early that is said, as by every other verb, not swallowed."""

    def on_broken_pipe(self) -> None:
        """Leave it to the verb."""
        raise BrokenPipeError


def say(text: str) -> None:
    """A line of text."""
    typer.echo(visible(text))


def cell(text: str) -> str:
    """Text from files, which neither the terminal nor rich's markup takes for a command."""
    return escape(on_one_line(text))


def shape(as_json: bool, as_csv: bool) -> Shape:
    """How a frame is to be printed, by the two flags.

    >>> shape(False, True)
    'csv'
    """
    if as_json and as_csv:
        raise typer.BadParameter("choose --json or --csv")
    return "json" if as_json else "csv" if as_csv else "table"


def print_frame(frame: pd.DataFrame, if_empty: str = "", form: Shape = "table") -> None:
    """The frame: for readers with the glossary's headers, for programs with its names and every digit."""
    if form == "json":
        typer.echo(records(frame))
    elif form == "csv":
        typer.echo(frame.to_csv(index=False), nl=False)
    elif frame.empty:
        say(if_empty)
    else:
        _print_table(frame)


def records(frame: pd.DataFrame) -> str:
    """The rows as a JSON list of objects; what is missing is null.

    >>> records(pd.DataFrame({"est": [0.5, None], "lhs": ["a", "b"]}))
    '[{"est":0.5,"lhs":"a"},{"est":null,"lhs":"b"}]'
    """
    return json.dumps(json.loads(frame.to_json(orient="records", double_precision=15)), ensure_ascii=False,
                      separators=(",", ":"))  # fmt: skip


def _print_table(frame: pd.DataFrame) -> None:
    """As a table whose cells fold; row by row where even that leaves columns too narrow to be read."""
    made, screen = table(frame), Screen()
    columns = list(zip(made.headers, *made.rows, strict=True))
    least = sum(min(NARROWEST, max(map(len, column))) + BESIDE for column in columns)
    if least > screen.width:
        width = max(map(len, made.headers))
        for row in made.rows:
            named = zip(made.headers, row, strict=True)
            say("\n".join(f"{header:<{width}}  {value}" for header, value in named if value) + "\n")
        return
    kept = max(len(row[0]) for row in made.rows)
    first = Column(cell(made.headers[0]), overflow="fold", min_width=min(kept, screen.width // 3))
    others = [
        Column(cell(header), overflow="fold", justify="right" if number else "left")
        for header, number in zip(made.headers[1:], made.numeric[1:], strict=True)
    ]
    shown = Table(first, *others)
    for row in made.rows:
        shown.add_row(*map(cell, row))
    screen.print(shown)
