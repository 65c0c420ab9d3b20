"""`lab.chain`: the effect chain as a live drawing in JupyterLab."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.chain.investing.scales import Scale
from sexresearch.errors import SexresearchError
from sexresearch.lab.chain_code import chain_code
from sexresearch.lab.chain_layout import Places, places
from sexresearch.lab.chain_scene import drawing, reading
from sexresearch.lab.chain_state import ChainState, chain_state
from sexresearch.lab.live_panel import STILL, live, panel, picture, show
from sexresearch.plots.alt_text import alt_text
from sexresearch.plots.path_diagram import path_diagram
from sexresearch.report.naming import labels_of, labels_of_constructs
from sexresearch.sem import Results
from sexresearch.sem.view import view
from sexresearch.survey import Instrument, Survey


@in_words
def chain(
    results: Results,
    scale: Scale | None = None,
    *,
    labels: Mapping[str, str] | None = None,
    name: str = "results",
    scale_name: str = "survey",
) -> ChainLab:
    """A fitted chain to try things out on: a live path diagram in JupyterLab, and its picture anywhere else.

    Move constructs and see what follows; drop or add an arrow and see what changes. Whatever can be done with the mouse
    can be done by keyboard, and by the methods of what is returned.

    Parameters
    ----------
    results : Results
        A fit of one level that converged.
    scale : Survey, Instrument, (lowest, highest) or dict of such pairs by item, optional
        Ends of the items' answer scales, as in `importance`; a survey or questionnaire also gives labels and wordings.
    labels : dict of str by str, optional
        Names in the drawing by names in the model.
    name, scale_name : str
        What the fit and its scale are called in the exported code.

    Returns
    -------
    ChainLab
        Shown by a notebook when it is the last line of a cell.

    Raises
    ------
    OptionError, ModelError
        Two levels, no regressions, or a fit that did not converge.

    Notes
    -----
    Every number is that of `fit`, `compare` and `what_if`. A dropped arrow is fixed to 0, so that the model is nested
    in the one before.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> joy = rng.normal(size=(300, 1))
    >>> data = pd.DataFrame(4 + joy + rng.normal(size=(300, 4)), columns=["j1", "j2", "j3", "stay"]).clip(1, 7)
    >>> lab = chain(fit("joy =~ j1 + j2 + j3; stay ~ joy", data), scale=(1, 7))
    >>> lab.move("joy", 5)
    >>> lab.predicted[["construct", "change"]].round(0).to_numpy().tolist()
    [['joy', 5.0], ['stay', 5.0]]
    >>> lab.drop("joy", "stay")
    >>> print(lab.code.splitlines()[-2])
    sx.compare(results, results_now, names=["before", "now"])
    """
    given = scale if isinstance(scale, Survey | Instrument) else None
    words, short = labels_of(given) | dict(labels or {}), labels_of_constructs(given) | dict(labels or {})
    return ChainLab(chain_state(results, scale), words, short, name, scale_name)


@dataclass(frozen=True)
class _FitDrawing:
    """What `path_diagram` takes: the rows of the arrows that are not dropped."""

    parameters: pd.DataFrame
    r_squared: pd.Series
    latents: tuple[str, ...]
    converged: bool


class ChainLab:
    """What `lab.chain` returns: the state of the drawing, and methods that do what its controls do."""

    def __init__(
        self, state: ChainState, words: Mapping[str, str], labels: Mapping[str, str], name: str, scale_name: str
    ) -> None:
        self._state, self._words, self._labels = state, dict(words), dict(labels)
        self._names = (name, scale_name)
        self._places = _placed(state)
        self._panel: Any = None

    @property
    def state(self) -> ChainState:
        """What is shown, as a frozen value."""
        return self._state

    @property
    def results(self) -> Results:
        """The fit that is shown."""
        return self._state.results

    @property
    def predicted(self) -> pd.DataFrame:
        """What `what_if` says of the changes, for the group shown."""
        return self._state.predicted.copy()

    @property
    def comparison(self) -> pd.DataFrame | None:
        """`compare` of the fit it began with and the fit now; None where they are the same."""
        table = self._state.comparison
        return None if table is None else table.copy()

    @property
    def code(self) -> str:
        """Python code that gives the same numbers."""
        return chain_code(self._state, *self._names)

    def move(self, construct: str, points: float) -> None:
        """Raise or lower a construct, as a slider does.

        Parameters
        ----------
        construct : str
            Its name in the model.
        points : float
            By how much, on the scale from 0 to 100, from where it stands today; 0 puts it back.

        Raises
        ------
        OptionError, ModelError
            It would leave the scale, has none, or is not in the model.
        """
        self._turn(self._state.moved(construct, points))

    def drop(self, cause: str, effect: str) -> None:
        """Fix an arrow to 0 and fit again; where that does not work, `state.message` says why and nothing changes.

        Parameters
        ----------
        cause, effect : str
            The ends of the arrow.

        Raises
        ------
        ModelError
            It is dropped already.
        """
        self._turn(self._state.dropping(cause, effect))

    def add(self, cause: str, effect: str) -> None:
        """Add an arrow, or bring a dropped one back, and fit again; as `drop` where that does not work.

        Parameters
        ----------
        cause, effect : str
            The ends of the arrow.

        Raises
        ------
        ModelError
            It is added already, or a name is not in the model.
        """
        self._turn(self._state.adding(cause, effect))

    def show(self, group: object = None, standardized: bool | None = None) -> None:
        """Show another group, or other values.

        Parameters
        ----------
        group : object, optional
            Label of the group. Default: the one shown.
        standardized : bool, optional
            Standardized values, or those in units of the data. Default: as they are shown.

        Raises
        ------
        OptionError
            The group is unknown.
        """
        self._turn(self._state.showing(group, standardized))

    def reset(self) -> None:
        """Back to the fit it began with."""
        self._turn(self._state.again())

    def _turn(self, state: ChainState) -> None:
        """Take a state on; what is quick is drawn at once, intervals and predictions follow."""
        self._state = state
        if self._panel is not None:
            self._panel.scene = {**self._panel.scene, **drawing(state, self._places, self._words, False)}
            self._panel.scene = self._scene()

    def _scene(self) -> dict[str, object]:
        scene = drawing(self._state, self._places, self._words, True)
        return {**scene, **reading(self._state, self._words), "code": self.code}

    def _hear(self, message: dict[str, Any]) -> None:
        """What the reader did, turned into a state; what cannot be done is said in the drawing."""
        wishes: dict[str, Callable[[], None]] = {
            "move": lambda: self._slide(message["construct"], float(message["points"])),
            "drop": lambda: self.drop(*message["arrow"]),
            "add": lambda: self.add(*message["arrow"]),
            "group": lambda: self.show(group=self._group(message["group"])),
            "values": lambda: self.show(standardized=message["standardized"]),
            "reset": self.reset,
        }
        try:
            wishes[message["kind"]]()
        except SexresearchError as error:
            self._panel.scene = {**self._panel.scene, "message": str(error)}

    def _slide(self, construct: str, points: float) -> None:
        """A slider's move: the fit stays, so only the readings are new."""
        self._state = self._state.moved(construct, points)
        self._panel.scene = {**self._panel.scene, **reading(self._state, self._words), "message": "", "code": self.code}

    def _group(self, text: str) -> object:
        return next(label for label in self._state.first.groups if str(label) == text)

    def _picture(self) -> str:
        results = self._state.results
        rows = results.parameters
        rows = rows[~((rows["op"] == "~") & (rows["se"] == 0) & (rows["est"] == 0))]
        fit = _FitDrawing(rows, results.r_squared, results.latents, results.converged)
        figure = path_diagram(
            fit, items=False, standardized=self._state.standardized, group=self._state.group, labels=self._labels
        )
        return picture(figure, alt_text(figure))

    def _ipython_display_(self) -> None:
        if live():
            self._panel = panel("chain", self._scene(), self._hear)
        show(self._picture(), STILL, self._panel)

    def _repr_html_(self) -> str:
        return f"{self._picture()}<p>{STILL}</p>"

    def __repr__(self) -> str:
        state = self._state
        changed = [*(f"without {a} → {b}" for a, b in state.dropped), *(f"with {a} → {b}" for a, b in state.added)]
        moved = [f"{name} {points:+g}" for name, points in state.changes.items()]
        changes = ", ".join([*changed, *moved]) or "as fitted"
        return f"ChainLab({len(state.constructs)} constructs, {changes}); a live drawing in JupyterLab"


def _placed(state: ChainState) -> Places:
    rows = view(state.first, "lab.chain").rows
    own = set(state.constructs)
    ends = [(row.lhs, row.rhs) if row.op == "=~" else (row.rhs, row.lhs) for row in rows if row.op in ("~", "=~")]
    links = dict.fromkeys(end for end in ends if set(end) <= own)
    return places(state.constructs, list(links))
