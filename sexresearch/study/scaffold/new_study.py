"""`new_study`: a folder with everything a study needs to be run, checked and published."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from sexresearch.arguments import in_words
from sexresearch.chain.views.chain_model import supported
from sexresearch.chain.views.measured import InstrumentUnits
from sexresearch.datasets import load
from sexresearch.errors import StudyError
from sexresearch.extras import extra
from sexresearch.study.scaffold.notebook_template import template_cells, template_notebook
from sexresearch.survey import Instrument, Survey
from sexresearch.writing import write_whole

DEMO = "service_excellence_demo"
VIEWS = ("full", "core", "satisfaction_only", "direct")  # the first that the questionnaire supports

STUDY = """\
# A study: its data, its model, and the numbers it is held to. Paths are relative to this file.
# sexresearch run study.toml    writes report, numbers and provenance to results/
title = {title}

[data]
{data}

# Rows that are left out, and why; see the screening in the notebook.
# [cleaning]
# because = "answers that were not given in earnest"
# drop_found = ["one answer throughout"]

[model]
{model}

[fit]
estimator = "MLR"
missing = "fiml"

# Printed numbers that this study is held to, one block per table:
# [[published]]
# where = "Table 3, p. 12"
# what = "std_all"
# decimals = 2
# values = {{ "loyalty ~ delight" = 0.45 }}
"""

README = """\
# {title}

| file | what it is |
|---|---|
| `study.toml` | the study: data, rows left out, model, fit, published numbers |
| `study.ipynb` | the answers; its first code cell holds what may be set from outside |
| `Makefile` | `make run`, `make notebook` (run it and store what it shows), `make test` (does it still show that?) |
| `.github/workflows/study.yml` | continuous integration: `make run test` on every push |

{own}
"""
OWN = """\
The answers here are those of the demonstration that comes with sexresearch. For your own, name them under `[data]`:
`file = "clients.xlsx"` and `questionnaire = "questionnaire.toml"` in place of `dataset`. A questionnaire says which
column measures what; `sexresearch.Instrument.from_toml` shows every key of it, and
`sexresearch.instrument("customer-core").to_toml()` is one to begin with."""

MAKEFILE = """\
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
unexport MPLBACKEND
.PHONY: run notebook test

run:
\tsexresearch run study.toml --out results

notebook:
\tsexresearch reproduce study.ipynb --out results --store

test:
\tpython -m pytest -q --nbval --nbval-current-env study.ipynb
"""

CI = """\
name: study
on: [push, pull_request]
jobs:
  study:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install "sexresearch[all]" pytest nbval
      - run: make run test
"""


@dataclass(frozen=True)
class StudyPlan:
    """What a new study is about: title, the lines of [data] and [model], and the target of what is to be improved."""

    title: str
    data: str
    model: str
    target: str
    own: str = ""


@in_words
def new_study(folder: str | Path, data: str | Path | None = None, instrument: str | Path | None = None) -> Path:
    """Make a folder with a study that runs: study.toml, a notebook, Makefile, continuous integration.

    Parameters
    ----------
    folder : str or Path
        Where; made as needed. Files that are there already are never overwritten.
    data : str or Path, optional
        File of answers. Default: the demonstration that comes with the package.
    instrument : str or Path, optional
        TOML codebook of the answers; needed where `data` is given.

    Returns
    -------
    Path
        The study.toml written.

    Raises
    ------
    StudyError
        A file of the study is there already, `data` comes without `instrument`, or one of the two is not there.
    InstrumentError
        The codebook cannot be used.

    Notes
    -----
    The model is the fullest view of the effect chain that the questionnaire measures; where it measures none, every
    construct by its items. The notebook has a cell tagged "parameters", as papermill reads it; ``reproduce`` sets it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     new_study(f"{folder}/branches").name
    'study.toml'
    """
    place = Path(folder)
    plan = _plan(place, data, instrument)
    files = _files(plan)
    there = [name for name in files if (place / name).exists()]
    if there:
        raise StudyError(f"{str(place)!r} already has {', '.join(there)}; choose another folder or take them away")
    for name, text in files.items():
        write_whole(place / name, text)
    return place / "study.toml"


def _plan(place: Path, data: str | Path | None, instrument: str | Path | None) -> StudyPlan:
    if data is None:
        demo = load(DEMO)
        assert isinstance(demo, Survey)
        assert demo.instrument is not None
        return _planned(demo.instrument, f'dataset = "{DEMO}"\nkind = "raw data"', OWN)
    if instrument is None:
        raise StudyError("a file of answers needs its questionnaire: instrument='questionnaire.toml'")
    for file in (data, instrument):
        if not Path(file).is_file():
            raise StudyError(f"there is no file {str(file)!r}")
    named = f"file = {_named(data, place)}\nquestionnaire = {_named(instrument, place)}"
    return _planned(Instrument.from_toml(Path(instrument)), named, "")


def _named(file: str | Path, place: Path) -> str:
    try:
        return json.dumps(Path(os.path.relpath(file, place)).as_posix(), ensure_ascii=False)
    except ValueError:  # another drive
        return json.dumps(Path(file).resolve().as_posix(), ensure_ascii=False)


def _planned(instrument: Instrument, data: str, own: str) -> StudyPlan:
    title = instrument.title or "A study"
    kinds = supported(InstrumentUnits(instrument, "composite"))
    view = next((kind for kind in VIEWS if kind in kinds), "")
    if view:
        target = next(part.name for part in instrument.constructs if part.node == "loyalty")
        return StudyPlan(title, data, f'view = "{view}"\nhigher_order = "composite"', target, own)
    lines = [f"{part.name} =~ {' + '.join(item.name for item in part.items)}" for part in instrument.constructs]
    return StudyPlan(title, data, 'text = """\n' + "\n".join(lines) + '\n"""', "", own)


def _files(plan: StudyPlan) -> dict[str, str]:
    with extra("lab"):
        import nbformat

    notebook = template_notebook(template_cells(plan.title, plan.target))
    title = json.dumps(plan.title, ensure_ascii=False)
    return {
        "study.toml": STUDY.format(title=title, data=plan.data, model=plan.model),
        "study.ipynb": nbformat.writes(notebook).rstrip("\n") + "\n",
        "README.md": README.format(title=plan.title, own=plan.own).rstrip("\n") + "\n",
        "Makefile": MAKEFILE,
        ".github/workflows/study.yml": CI,
        ".gitignore": "results/\n",
    }
