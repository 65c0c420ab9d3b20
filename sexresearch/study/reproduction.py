"""Run every notebook again and write what came of it: pages, figures, headline numbers, outcomes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.datasets import bundled
from sexresearch.errors import StudyError
from sexresearch.extras import extra
from sexresearch.frozen import by_value
from sexresearch.study.batch import execute_all
from sexresearch.study.execution import Execution
from sexresearch.study.headline import Headline
from sexresearch.study.notebook_page import notebook_page
from sexresearch.study.outputs import conclusion, figures, headlines
from sexresearch.study.results_file import changed_results, compared_results, read_results, results_frame, write_results
from sexresearch.writing import made_folder, write_whole


@by_value
@dataclass(frozen=True)
class Reproduction:
    """What `reproduce` found.

    `outcomes` has one row per notebook: notebook, seconds, reproduced (did it run through),
    conclusion (or the error). `results` holds the headline numbers, `changed` those that differ from the
    published.
    """

    outcomes: pd.DataFrame
    results: pd.DataFrame
    changed: pd.DataFrame
    folder: Path

    @property
    def compared(self) -> pd.DataFrame:
        """Every headline number beside the published one: notebook, headline, number, published, note."""
        return compared_results(self.results, self.changed)

    @property
    def succeeded(self) -> bool:
        """Whether every notebook ran through."""
        return bool(self.outcomes["reproduced"].all())


@in_words
def reproduce(
    notebooks: Sequence[str | Path] | None = None,
    out: str | Path = "reports",
    store: bool = False,
    parameters: Mapping[str, str | float | bool] | None = None,
) -> Reproduction:
    """Execute notebooks; write ``<name>.html``, ``figures/<name>_<k>.png`` and ``results.csv``.

    Parameters
    ----------
    notebooks : sequence of str or Path, optional
        Paths, or names or numbers ("02") of bundled notebooks. Default: all bundled ones.
    out : str or Path
        Folder to write into, made as needed.
    store : bool
        Also write the fresh outputs into the notebooks that ran through.
    parameters : dict, optional
        Values by name, set behind the notebook's cell tagged "parameters", as papermill does. Default: those it has.

    Returns
    -------
    Reproduction
        Outcome of every notebook, headline numbers, and those that differ from the published. A notebook that fails is
        named in the outcomes, its traceback is in its page, and the others still run.

    Raises
    ------
    StudyError
        A notebook does not exist, or both `store` and `parameters` are given.

    Notes
    -----
    Rows of notebooks that are not run are kept in ``results.csv``.

    Examples
    --------
    >>> reproduce(["02"]).outcomes  # doctest: +SKIP
    """
    if store and parameters:
        raise StudyError("what was run with other parameters is not stored: give store or parameters")
    paths = find_notebooks(notebooks)
    folder = Path(out)
    made_folder(folder / "figures")
    published = read_results(bundled.root() / "reports" / "results.csv")
    runs = execute_all(paths, parameters)
    for run in runs:
        _write_page(run, folder)
        if store and not run.error:
            store_outputs(run)
    results = results_frame(_headlines_of(runs))
    names = [run.name for run in runs]
    kept = pd.DataFrame() if notebooks is None else _without(read_results(folder / "results.csv"), names)
    complete = pd.concat([kept, results]).sort_values("notebook", kind="stable", ignore_index=True)
    write_results(complete, folder / "results.csv")
    changed = changed_results(published[published["notebook"].isin(names)], results)
    return Reproduction(_outcomes(runs), results, changed, folder)


def find_notebooks(notebooks: Sequence[str | Path] | None = None) -> list[Path]:
    """Paths of the notebooks asked for: files, bundled names or their numbers; all unless given."""
    available = sorted(bundled.path("notebooks").glob("*.ipynb"))
    if notebooks is None:
        return available
    chosen = [(wanted, _matching(wanted, available)) for wanted in notebooks]
    missing = [str(wanted) for wanted, path in chosen if path is None]
    if missing:
        names = ", ".join(path.stem for path in available) or "none"
        raise StudyError(f"No notebook {', '.join(missing)}. Bundled notebooks: {names}; or give a path.")
    return [path for _, path in chosen if path is not None]


def store_outputs(run: Execution) -> None:
    """Write the executed notebook over its source, without what differs from one machine to the next."""
    with extra("lab"):
        import nbformat

    notebook = run.notebook
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}
    )
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    write_whole(run.path, nbformat.writes(notebook).rstrip("\n") + "\n")


def _matching(wanted: str | Path, available: list[Path]) -> Path | None:
    if Path(wanted).suffix == ".ipynb" and Path(wanted).is_file():
        return Path(wanted)
    name = Path(wanted).stem
    return next((path for path in available if path.stem == name or path.stem.split("_")[0] == name), None)


def _write_page(run: Execution, folder: Path) -> None:
    write_whole(folder / f"{run.name}.html", notebook_page(run.notebook, run.name))
    shown = {f"{run.name}_{number}.png": png for number, png in enumerate(figures(run.notebook), start=1)}
    for name, png in shown.items():
        write_whole(folder / "figures" / name, png)
    own = re.compile(re.escape(run.name) + r"_\d+\.png")
    for old in (folder / "figures").iterdir():
        if own.fullmatch(old.name) and old.name not in shown:
            old.unlink()


def _headlines_of(runs: Iterable[Execution]) -> list[tuple[str, Headline]]:
    return [(run.name, item) for run in runs if not run.error for item in headlines(run.notebook)]


def _without(results: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    return results[~results["notebook"].isin(names)]


def _outcomes(runs: list[Execution]) -> pd.DataFrame:
    rows = [(run.name, run.seconds, not run.error, run.error or conclusion(run.notebook)) for run in runs]
    return pd.DataFrame(rows, columns=["notebook", "seconds", "reproduced", "conclusion"])
