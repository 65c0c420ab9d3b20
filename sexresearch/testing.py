"""For tests of notebooks: numbers shown are compared with a tolerance, words as they stand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from itertools import zip_longest
from pathlib import Path

from sexresearch.arguments import in_words
from sexresearch.errors import OptionError, StudyError
from sexresearch.study.execution import execute

__all__ = ["assert_close_outputs"]

NUMBER = re.compile(r"(?<![\w.])[-−+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+|(?<=\d)\.?)(?:[eE][-+]?\d+)?(?!\w|\.\d)")
KINDS = ("text/plain", "text/html", "text/markdown", "text/latex")  # of what one output shows, the first is compared
FLOAT = 1 + 1e-9  # decimal numbers are not exact in binary: 0.13 - 0.12 is a little more than 0.01
SHOWN = 10  # differences that the message lists
Cell = dict[str, object]


@in_words
def assert_close_outputs(
    notebook: str | Path, reference: str | Path | None = None, *, rtol: float = 1e-6, last_digits: float = 1.0
) -> None:
    """Fail where a notebook shows other words than its reference, or numbers that are farther away than the tolerance.

    Parameters
    ----------
    notebook : str or Path
        An ``.ipynb`` file.
    reference : str or Path, optional
        The notebook to compare with. Default: the outputs that `notebook` stores; it is then run anew (extra ``lab``)
        and stays as it is.
    rtol : float
        Relative tolerance of every number, at least 0.
    last_digits : float
        Units of the last decimal printed that a number may be off besides, as rounding can turn either way; whole
        numbers are allowed none.

    Raises
    ------
    AssertionError
        The outputs differ; the message names cell, line and both numbers.
    StudyError
        A file is no notebook, or cannot be run to its end.
    OptionError
        A tolerance is no number of at least 0.

    Notes
    -----
    A number x printed with d decimals passes beside y where ``|x - y| <= rtol * max(|x|, |y|) + last_digits * 10**-d``.
    Blanks and lines drawn around tables may have other lengths; pictures and widgets are not compared.

    Examples
    --------
    >>> import json, tempfile
    >>> def shows(path, text):
    ...     output = {"output_type": "stream", "name": "stdout", "text": text}
    ...     cell = {"cell_type": "code", "source": "print(rmsea)", "outputs": [output]}
    ...     _ = Path(path).write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     shows(f"{folder}/before.ipynb", "RMSEA 0.051")
    ...     shows(f"{folder}/now.ipynb", "RMSEA 0.052")
    ...     assert_close_outputs(f"{folder}/now.ipynb", f"{folder}/before.ipynb")
    ...     assert_close_outputs(f"{folder}/now.ipynb", f"{folder}/before.ipynb", last_digits=0)
    Traceback (most recent call last):
        ...
    AssertionError: now.ipynb shows something else than before.ipynb (rtol 1e-06, last digits 0):
      cell 1, line 1: 0.052, before 0.051
    """
    for name, value in (("rtol", rtol), ("last_digits", last_digits)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            raise OptionError(f"{name} must be a number of at least 0; found {value!r}")
    path = Path(notebook)
    before = _code_cells(Path(reference) if reference is not None else path)
    now = _code_cells(path) if reference is not None else _run(path)
    differences = list(_differences(now, before, rtol, last_digits))
    if differences:
        more = [f"  and {len(differences) - SHOWN} more"] if len(differences) > SHOWN else []
        than = Path(reference).name if reference is not None else "it stores"
        head = f"{path.name} shows something else than {than} (rtol {rtol:g}, last digits {last_digits:g}):"
        raise AssertionError("\n".join([head, *(f"  {one}" for one in differences[:SHOWN]), *more]))


def _code_cells(path: Path) -> list[Cell]:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return [cell for cell in cells if cell["cell_type"] == "code" and "".join(cell["source"]).strip()]
    except OSError as error:
        raise StudyError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise StudyError(f"{path} is no notebook of format 4 (.ipynb)") from None


def _run(path: Path) -> list[Cell]:
    done = execute(path)
    if done.error:
        raise StudyError(f"{path} does not run to its end: {done.error}")
    return [cell for cell in done.notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def _differences(now: list[Cell], before: list[Cell], rtol: float, last_digits: float) -> Iterator[str]:
    if len(now) != len(before):
        yield f"{len(now)} cells of code, before {len(before)}"
        return
    for number, (new, old) in enumerate(zip(now, before, strict=True), start=1):
        for line, (a, b) in enumerate(zip_longest(_lines(new), _lines(old)), start=1):
            for difference in _line_differences(a, b, rtol, last_digits):
                yield f"cell {number}, line {line}: {difference}"


def _lines(cell: Cell) -> list[str]:
    """What a cell shows, line by line, without what depends on the width of a table."""
    outputs = cell["outputs"]
    assert isinstance(outputs, list)
    streams: dict[str, str] = {}
    shown = []
    for output in outputs:
        if output["output_type"] == "stream":
            streams[output["name"]] = streams.get(output["name"], "") + "".join(output["text"])
        else:
            shown.append(_text(output))
    plain = "\n".join([*streams.values(), *shown])
    return [kept for line in plain.splitlines() if (kept := re.sub(r"([^\w\s.*])\1+", r"\1", " ".join(line.split())))]


def _text(output: dict[str, object]) -> str:
    """The text of one output; tags of HTML are no text."""
    data = output.get("data") or {"text/plain": output.get("evalue", "")}
    assert isinstance(data, dict)
    kind = next((kind for kind in KINDS if kind in data), None)
    text = "".join(data[kind]) if kind else ""
    return unescape(re.sub(r"<[^>]*>", " ", text)) if kind == "text/html" else text


def _line_differences(new: str | None, old: str | None, rtol: float, last_digits: float) -> Iterator[str]:
    if new is None or old is None or NUMBER.split(new) != NUMBER.split(old):
        yield f"{_quoted(new)}, before {_quoted(old)}"
        return
    for a, b in zip(NUMBER.findall(new), NUMBER.findall(old), strict=True):
        x, y = _value(a), _value(b)
        if abs(x - y) > (rtol * max(abs(x), abs(y)) + last_digits * max(_unit(a), _unit(b))) * FLOAT:
            yield f"{a}, before {b}"


def _quoted(line: str | None) -> str:
    return "nothing" if line is None else repr(line)


def _value(number: str) -> float:
    return float(number.replace(",", "").replace("−", "-"))


def _unit(number: str) -> float:
    """What one more in the last decimal is; 0 for whole numbers."""
    digits, _, power = number.lower().partition("e")
    decimals = len(digits.partition(".")[2])
    return 10.0 ** (int(power or 0) - decimals) if decimals or power else 0.0
