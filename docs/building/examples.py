"""The code blocks of a page, run from top to bottom in an empty folder, with what they show put beneath them."""

from __future__ import annotations

import html
import os
import re
import shlex
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from IPython.core.displayhook import DisplayHook
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib.figure import Figure
from traitlets import Type
from traitlets.config import Config
from typer.testing import CliRunner

from sexresearch.cli import app
from sexresearch.plots import alt_text

BLOCK = re.compile(r"^```(python|sh)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
WIDTH = "100"  # of the terminal that commands print to
Keep = Callable[[Figure], str]  # takes a figure in, and says where the page finds it


class ExampleError(Exception):
    """A code block of a page does not run."""


class _Kept(DisplayHook):
    """Keeps what the last line of a block is, instead of printing it."""

    def __call__(self, result: object = None) -> None:
        if result is not None:
            self.fill_exec_result(result)


class _Shell(InteractiveShell):
    displayhook_class = Type(_Kept)


def blocks(text: str) -> list[tuple[str, str]]:
    """Language and code of every block of a page that can be run."""
    return [(found[1], found[2]) for found in BLOCK.finditer(text)]


def with_output(text: str, name: str, keep: Keep) -> str:
    """The page with what its blocks show; the first block that fails is named in an `ExampleError`."""
    shell = _Shell(config=Config({"HistoryManager": {"enabled": False}}))

    def shown(found: re.Match[str]) -> str:
        try:
            output = _python(shell, found[2], keep) if found[1] == "python" else _commands(found[2])
        except Exception as error:
            raise ExampleError(f"{name}: {type(error).__name__}: {error}\n\n{found[2]}") from error
        return found[0] + (f"\n\n{output}" if output else "")

    with _empty_folder():
        return BLOCK.sub(shown, text)


@contextmanager
def _empty_folder() -> Iterator[None]:
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def _python(shell: _Shell, code: str, keep: Keep) -> str:
    with capture_output(stdout=True, stderr=True, display=False) as said:
        result = shell.run_cell(code)
    result.raise_error()
    return "\n\n".join(part for part in (_as_text(said.stdout), _value(result.result, keep)) if part)


def _value(value: object, keep: Keep) -> str:
    if value is None:
        return ""
    if isinstance(value, Figure):
        return f'<figure class="output"><img src="{keep(value)}" alt="{html.escape(alt_text(value))}"></figure>'
    rich = getattr(value, "_repr_html_", None)
    if rich is not None:
        return f'<div class="output">\n{_one_block(rich())}\n</div>'
    return _as_text(repr(value))


def _one_block(markup: str) -> str:
    """Markup without empty lines, at which Markdown would take up again."""
    return "\n".join(line for line in markup.splitlines() if line.strip())


def _as_text(text: str) -> str:
    return f'<pre class="output">{html.escape(text.strip())}</pre>' if text.strip() else ""


def _commands(code: str) -> str:
    """What the lines that call `sexresearch` print; installing and making are for the reader."""
    lines = [shlex.split(line, comments=True) for line in code.splitlines()]
    return "\n\n".join(_as_text(_command(line[1:])) for line in lines if line[:1] == ["sexresearch"])


def _command(arguments: list[str]) -> str:
    done = CliRunner().invoke(app, arguments, env={"COLUMNS": WIDTH})
    if done.exit_code != 0:
        raise ExampleError(f"sexresearch {' '.join(arguments)} ends with {done.exit_code}: {done.output}")
    return done.output
