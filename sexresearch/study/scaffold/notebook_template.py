"""The notebook of a new study: cells that call the package, for whatever the questionnaire measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sexresearch.extras import extra
from sexresearch.study.execution import PARAMETERS

if TYPE_CHECKING:
    from nbformat import NotebookNode

QUALITY = '["construct", "items", "omega", "ave", "htmt", "htmt_with", "verdict"]'
EFFECTS = '["effect", "path", "est", "ci_lower", "ci_upper", "std_all", "pvalue"]'


@dataclass(frozen=True)
class Cell:
    """One cell: its text, whether it is code, and its tag."""

    source: str
    code: bool = True
    tag: str = ""


def template_cells(title: str, target: str) -> tuple[Cell, ...]:
    """The cells; without a `target` the model is one of measurement, and what follows from paths is left out."""
    chain = (
        Cell("## Does the chain hold?", code=False),
        Cell("sx.plots.path_diagram(results)"),
        Cell(f'effects = sx.effects(results)\nsx.table(effects[{EFFECTS}], "Effects", survey.caption)'),
        Cell("## What should be improved next?", code=False),
        Cell(
            "ranked = sx.importance(results, target, scale=survey)\n"
            'sx.plots.importance_map(ranked, title=f"What matters for {target}", note=survey.caption)'
        ),
    )
    return (
        Cell(f"# {title}", code=False),
        Cell("The cell below holds what may be set from outside; everything else follows from the study.", code=False),
        Cell('study_file = "study.toml"' + (f'\ntarget = "{target}"' if target else ""), tag=PARAMETERS),
        Cell(
            "import sexresearch as sx\n\nrun = sx.run_study(sx.read_study(study_file))\n"
            "survey, results = run.survey, run.results\nsurvey"
        ),
        Cell("## What could mislead?", code=False),
        Cell('sx.table(sx.screen(survey), "Screening", survey.caption)'),
        Cell("## Is it measured well?", code=False),
        Cell("from sexresearch.report import fit_sentence\n\nprint(fit_sentence(results))"),
        Cell(f'quality = sx.validity(results)\nsx.table(quality[{QUALITY}], "Constructs", survey.caption)'),
        *(chain if target else ()),
        Cell("## Does it agree with what was published?", code=False),
        Cell('sx.table(run.comparison, "Published numbers and ours")'),
        Cell("**Answer:** to be written, in two or three plain sentences, from the tables above.", code=False),
    )


def template_notebook(cells: tuple[Cell, ...]) -> NotebookNode:
    """The cells as a notebook that has not been run."""
    with extra("lab"):
        from nbformat import v4

    made = []
    for number, cell in enumerate(cells, start=1):
        new = v4.new_code_cell(cell.source) if cell.code else v4.new_markdown_cell(cell.source)
        new["id"] = f"cell{number:02d}"
        if cell.tag:
            new["metadata"]["tags"] = [cell.tag]
        made.append(new)
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return v4.new_notebook(cells=made, metadata={"kernelspec": kernel})
