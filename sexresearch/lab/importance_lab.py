"""`lab.importance`: what to improve first, with a slider for what each lever costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.chain import importance as importance_of
from sexresearch.chain import priorities
from sexresearch.errors import OptionError
from sexresearch.lab.live_panel import Scene, picture
from sexresearch.lab.refitting import literal
from sexresearch.lab.table_lab import TableLab, as_page
from sexresearch.plots.alt_text import alt_text
from sexresearch.plots.importance_map import importance_map
from sexresearch.report.naming import labels_of_constructs
from sexresearch.sem import Results
from sexresearch.survey import Instrument, Survey

DEAREST, FINEST = 10.0, 0.5  # the most that a slider says one point costs, and its step: costs are relative
HEADS = ["Rank", "Lever", "Group", "Importance", "Performance", "Cost of a point", "Gain per cost", "First", "Verdict"]


@in_words
def importance(
    results: Results,
    survey: Survey | Instrument | Mapping[str, tuple[float, float]] | Sequence[float] | None,
    target: str,
    *,
    name: str = "results",
    scale_name: str = "survey",
) -> ImportanceLab:
    """What to improve first, in JupyterLab: the levers ranked by gain per cost, with a slider for each one's cost.

    Parameters
    ----------
    results : Results
        A fit.
    survey : Survey, Instrument, dict of (lowest, highest) by item, (lowest, highest) or None
        Where the answers' scales stand, as in `priorities`.
    target : str
        A variable of the model.
    name, scale_name : str
        What the fit and the survey are called in the exported code.

    Returns
    -------
    ImportanceLab
        Shown by a notebook when it is the last line of a cell; anywhere else the map of `importance` and the table.

    Raises
    ------
    ModelError, OptionError
        As `priorities`.

    Notes
    -----
    Every number is that of `priorities`; costs are relative, 1 for each lever to begin with.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> joy, ease = rng.normal(size=(2, 300))
    >>> data = pd.DataFrame({"joy": joy, "ease": ease, "stay": joy + 0.5 * ease + rng.normal(size=300)})
    >>> lab = importance(fit("stay ~ joy + ease", data), (-9, 9), "stay")
    >>> lab.cost("joy", 10)
    >>> lab.ranked[["construct", "rank"]].to_numpy().tolist()
    [['ease', 1.0], ['joy', 2.0]]
    """
    return ImportanceLab(results, survey, target, name, scale_name)


class ImportanceLab(TableLab):
    """What `lab.importance` returns."""

    def __init__(
        self,
        results: Results,
        survey: Survey | Instrument | Mapping[str, tuple[float, float]] | Sequence[float] | None,
        target: str,
        name: str,
        scale_name: str,
    ) -> None:
        super().__init__()
        self._question = (results, survey, target)
        self._names = (name, scale_name)
        given = survey if isinstance(survey, Survey | Instrument) else None
        self._labels = labels_of_constructs(given)
        first = priorities(results, survey, target)
        self._costs = dict.fromkeys(first["construct"].astype(str), 1.0)
        self._ranked = priorities(results, survey, target, cost=self._costs)

    @property
    def costs(self) -> dict[str, float]:
        """What one point of each lever costs."""
        return dict(self._costs)

    @property
    def ranked(self) -> pd.DataFrame:
        """What `priorities` says at these costs."""
        return self._ranked.copy()

    @property
    def code(self) -> str:
        """Python code that gives the same numbers."""
        name, scale = self._names
        survey = self._question[1]
        given = scale if isinstance(survey, Survey | Instrument) else literal(survey)
        call = f"sx.priorities({name}, {given}, target={literal(self._question[2])}, cost={literal(self._costs)})"
        return f"import sexresearch as sx\n\n{call}\n"

    def cost(self, construct: str, points: float) -> None:
        """Say what one point of a lever costs, and rank again.

        Parameters
        ----------
        construct : str
            A lever.
        points : float
            Its cost, above 0, relative to the others.

        Raises
        ------
        OptionError
            It is not ranked here, or the cost is not above 0.
        """
        if not points > 0:
            raise OptionError(f"the cost of a point of {construct!r} must be above 0; found {points:g}")
        costs = {**self._costs, construct: points}
        self._ranked, self._costs = priorities(*self._question, cost=costs), costs
        self._redrawn()

    def _set(self, row: str, name: str, value: object) -> None:
        self.cost(row, float(value))  # type: ignore[arg-type]

    def _table(self) -> Scene:
        rows = [self._row(row) for row in self._ranked.to_dict("records")]
        target = self._labels.get(self._question[2], self._question[2])
        foot = "First: share of draws of all coefficients in which a lever comes first, if the arrows are causes."
        return {"top": f"What brings {target} most for its cost", "heads": HEADS, "rows": rows, "foot": foot}

    def _row(self, row: dict[str, object]) -> Scene:
        name = str(row["construct"])
        label, cost = self._labels.get(name, name), self._costs[name]
        limits = f"{_n(row['importance_ci_lower'])} to {_n(row['importance_ci_upper'])}"
        slider = {"name": "cost", "range": [FINEST, DEAREST, FINEST], "value": cost, "text": f"{cost:g}"}
        group = "" if pd.isna(row["group"]) else str(row["group"])
        cells = [_n(row["rank"], 0), label, group, f"{_n(row['importance'])} ({limits})", _n(row["performance"], 1)]
        last = [_n(row["gain_per_cost"]), _n(row["p_first"]), str(row["verdict"] or row["note"])]
        return {"key": name, "label": label, "cells": [*cells, slider, *last]}

    def _still(self) -> str:
        results, survey, target = self._question
        figure = importance_map(importance_of(results, target, survey))
        return picture(figure, alt_text(figure)) + as_page(self._table())

    def __repr__(self) -> str:
        first = ", ".join(f"{name} {cost:g}" for name, cost in self._costs.items())
        return f"ImportanceLab({self._question[2]}; costs: {first}); a live table in JupyterLab"


def _n(value: object, decimals: int = 2) -> str:
    return "" if pd.isna(value) else f"{float(value):.{decimals}f}"  # type: ignore[arg-type]
