"""Run one notebook from its first cell to its last in a fresh kernel of the running Python."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sexresearch.errors import StudyError
from sexresearch.extras import extra

if TYPE_CHECKING:
    from nbformat import NotebookNode

CELL_SECONDS = 600
PARAMETERS = "parameters"  # the tag of the cell whose names may be set from outside, as papermill reads it
INJECTED = "injected-parameters"
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Execution:
    """What came of running a notebook: its fresh outputs, wall-clock seconds, and the error if any."""

    path: Path
    notebook: NotebookNode
    seconds: float
    error: str = ""

    @property
    def name(self) -> str:
        """The notebook's file name without its suffix."""
        return self.path.stem


def execute(
    path: Path, on_cell: Callable[[], None] | None = None, parameters: Mapping[str, object] | None = None
) -> Execution:
    """Run the notebook in its own folder; an error ends the run and is kept in the notebook and in `error`.

    `on_cell` is called after every code cell. A cell may take ten minutes. The stored outputs are dropped
    before the run, so that nothing stale is left behind an error. `parameters` are set in a cell of their own behind
    the one tagged "parameters".
    """
    start = time.perf_counter()
    notebook = _empty_notebook()
    try:
        notebook = read_notebook(path)
        _clear(notebook)
        if parameters:
            _inject(notebook, parameters, path.name)
        _run(notebook, path.parent, on_cell)
        error = ""
    except Exception as problem:  # whatever a notebook raises becomes its outcome; the others still run
        error = _keep(notebook, problem)
    return Execution(path, notebook, time.perf_counter() - start, error)


def read_notebook(path: Path) -> NotebookNode:
    """The notebook stored at `path`, in the current notebook format."""
    with extra("lab"):
        import nbformat

    return nbformat.read(path, as_version=4)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The code cells that hold code, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def _inject(notebook: NotebookNode, parameters: Mapping[str, object], name: str) -> None:
    """Set names behind the cell that holds them; StudyError where it holds no such name."""
    with extra("lab"):
        from nbformat import v4

    tagged = [i for i, cell in enumerate(notebook.cells) if PARAMETERS in cell.metadata.get("tags", [])]
    if not tagged:
        raise StudyError(f"{name} has no cell tagged '{PARAMETERS}', so nothing can be set in it")
    known = set(re.findall(r"^(\w+)\s*(?::[^=]+)?=", notebook.cells[tagged[0]].source, re.MULTILINE))
    unknown = [key for key in parameters if key not in known]
    if unknown:
        raise StudyError(f"{name} has no parameter {', '.join(unknown)}; its parameters are {', '.join(sorted(known))}")
    source = "\n".join(f"{key} = {value!r}" for key, value in parameters.items())
    notebook.cells.insert(tagged[0] + 1, v4.new_code_cell(source, metadata={"tags": [INJECTED]}))


def _run(notebook: NotebookNode, folder: Path, on_cell: Callable[[], None] | None) -> None:
    with extra("lab"):
        from jupyter_client.kernelspec import KernelSpecManager
        from jupyter_client.manager import AsyncKernelManager
        from nbclient import NotebookClient

    # Without kernel folders, "python3" can only mean the Python that runs this line.
    specs = KernelSpecManager(kernel_dirs=[])
    kernel = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=specs)
    client = NotebookClient(
        notebook,
        km=kernel,
        timeout=CELL_SECONDS,
        record_timing=False,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    )
    if on_cell is not None:
        client.on_cell_executed = lambda **_: on_cell()
    client.execute(env=_environment(), cleanup_kc=True)


def _environment() -> dict[str, str]:
    """One thread and the inline figure backend, so that outputs do not depend on the machine."""
    inherited = {key: value for key, value in os.environ.items() if key != "MPLBACKEND"}
    return inherited | ONE_THREAD


def _empty_notebook() -> NotebookNode:
    with extra("lab"):
        from nbformat import v4

    return v4.new_notebook()


def _clear(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None


def _keep(notebook: NotebookNode, problem: Exception) -> str:
    """Describe the problem in one line and make sure that the notebook shows it."""
    with extra("lab"):
        from nbformat import v4

    for number, cell in enumerate(code_cells(notebook), start=1):
        for output in cell.outputs:
            if output.output_type == "error":
                return f"code cell {number}: {output.ename}: {output.evalue}".splitlines()[0]
    kind, text = type(problem).__name__, str(problem)
    shown = v4.new_output("error", ename=kind, evalue=text, traceback=[f"{kind}: {text}"])
    notebook.cells.append(v4.new_code_cell("", outputs=[shown]))
    return f"{kind}: {text}".splitlines()[0]
