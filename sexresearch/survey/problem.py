"""What is wrong with a questionnaire: where it stands in the codebook, and the line that would be right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sexresearch.survey.codebook_lines import key_lines, line_of

LONGEST_LINE = 160  # characters of a line that is shown


@dataclass(frozen=True)
class Problem:
    """A sentence on what is wrong; `at` is the path of the key in the codebook.

    What to write is a line (`write`), or the line that is there with one word instead of another (`instead`).
    """

    text: str
    at: tuple[str, ...] = ()
    write: str = ""
    instead: tuple[str, str] | tuple[()] = ()


def placed(problems: Iterable[Problem], codebook: str) -> Iterator[str]:
    """The problems with their lines in a codebook, in the order of these lines.

    >>> wrong = Problem("unknown key 'lables', labels perhaps", ("lables",), instead=("lables", "labels"))
    >>> list(placed([wrong], 'title = "a"\\nlables = ["no", "yes"]'))
    ['line 2: unknown key \\'lables\\', labels perhaps; write labels = ["no", "yes"]']
    """
    lines, texts = key_lines(codebook), codebook.split("\n")
    lined = [(line_of(problem.at, lines), problem) for problem in problems]
    for number, problem in sorted(lined, key=lambda pair: pair[0] or len(texts)):
        write = problem.write or (_with(texts[number - 1], *problem.instead) if problem.instead and number else "")
        yield f"{f'line {number}: ' if number else ''}{problem.text}{f'; write {write}' if write else ''}"


def _with(line: str, old: str, new: str) -> str:
    """A line with one word in place of another; empty where it does not hold it or is too long to be shown."""
    right = line.strip().replace(old, new, 1)
    return right if old in line and len(right) <= LONGEST_LINE else ""
