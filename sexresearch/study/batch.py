"""Run several notebooks, two at a time, and show how far each has come."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from sexresearch.study.execution import Execution, code_cells, execute, read_notebook

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

WORKERS = 2


def execute_all(paths: list[Path], parameters: Mapping[str, object] | None = None) -> list[Execution]:
    """Run the notebooks, two at a time, with one progress bar for each on the terminal."""
    with _progress() as progress, ThreadPoolExecutor(WORKERS) as pool:
        tasks = [progress.add_task(path.stem, total=_size(path)) for path in paths]
        return list(pool.map(lambda path, task: _execute_one(path, task, progress, parameters), paths, tasks))


def _execute_one(path: Path, task: TaskID, progress: Progress, parameters: Mapping[str, object] | None) -> Execution:
    progress.start_task(task)
    run = execute(path, lambda: progress.advance(task), parameters)
    progress.update(task, description=f"{path.stem} [red]failed" if run.error else path.stem)
    progress.stop_task(task)
    return run


def _progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))


def _size(path: Path) -> int | None:
    """The number of code cells; unknown for a file that cannot be read, which its execution reports."""
    try:
        return len(code_cells(read_notebook(path)))
    except Exception:
        return None
