"""How a survey shows itself in a notebook: what it holds, construct by construct, and what was decided in reading."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import pandas as pd

from sexresearch.escaping import visible
from sexresearch.glossary import table
from sexresearch.survey.wording import counted, listed

if TYPE_CHECKING:
    from sexresearch.survey.survey import Survey


def survey_html(survey: Survey) -> str:
    """The survey as HTML without styles of its own, as JupyterLab shows tables."""
    parts = [f"<p><strong>{html.escape(survey.caption)}</strong></p>", _contents(survey)]
    notes = [*survey.notes, *([f"columns not in the instrument: {listed(survey.extra)}"] if survey.extra else [])]
    if notes:
        rows = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
        parts.append(f"<details><summary>{counted(len(notes), 'note')}</summary><ul>{rows}</ul></details>")
    return visible("\n".join(parts))


def _contents(survey: Survey) -> str:
    """One row per construct: its label, items, the share of their answers that is missing, and its place."""
    if survey.instrument is None:
        return f"<p>{html.escape(counted(len(survey.items), 'item'))}, no instrument</p>"
    rows = []
    for part in survey.instrument.constructs:
        answers = survey.answers[[item.name for item in part.items]]
        gaps = float(answers.isna().to_numpy().mean()) if answers.size else float("nan")
        rows.append(
            {"construct": part.label or part.name, "node": part.node, "items": len(part.items), "share_missing": gaps}
        )
    return table(pd.DataFrame(rows))._repr_html_()
