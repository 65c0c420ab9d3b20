"""A table in JupyterLab with choices, boxes and sliders in its cells; a picture of it anywhere else."""

from __future__ import annotations

import html
from typing import Any

from sexresearch.errors import SexresearchError
from sexresearch.lab.live_panel import STILL, Scene, live, panel, show


class TableLab:
    """What the labs that are tables share; each says what its cells are, and what a change of one means."""

    def __init__(self) -> None:
        self._panel: Any = None

    @property
    def code(self) -> str:
        """What gives the same result without the lab."""
        return ""

    def _table(self) -> Scene:
        """The headings, rows and sentences of the table."""
        return {}

    def _still(self) -> str:
        """The picture of a saved notebook."""
        return as_page(self._table())

    def _set(self, row: str, name: str, value: object) -> None:
        """Takes on what was changed in a cell."""

    def _scene(self, message: str = "") -> Scene:
        return {**self._table(), "message": message, "code": self.code}

    def _redrawn(self) -> None:
        if self._panel is not None:
            self._panel.scene = self._scene()

    def _hear(self, message: dict[str, Any]) -> None:
        try:
            self._set(message["row"], message["name"], message["value"])
        except SexresearchError as error:
            self._panel.scene = self._scene(str(error))

    def _ipython_display_(self) -> None:
        if live():
            self._panel = panel("table", self._scene(), self._hear)
        show(self._still(), STILL, self._panel)

    def _repr_html_(self) -> str:
        return f"{self._still()}<p>{STILL}</p>"


def as_page(table: Scene) -> str:
    """The table as HTML without controls.

    >>> as_page({"heads": ["a"], "rows": [{"cells": ["<", {"value": 2.0, "text": "2"}]}], "top": "", "foot": ""})
    '<p></p><table><tr><th>a</th></tr><tr><td>&lt;</td><td>2</td></tr></table><p></p>'
    """
    heads = "".join(f"<th>{html.escape(str(text))}</th>" for text in _list(table["heads"]))
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_text(cell))}</td>" for cell in row["cells"]) + "</tr>"
        for row in _list(table["rows"])
    )
    top, foot = (html.escape(str(table[name])) for name in ("top", "foot"))
    return f"<p>{top}</p><table><tr>{heads}</tr>{rows}</table><p>{foot}</p>"


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    value = cell.get("text", cell["value"])
    return {True: "yes", False: ""}.get(value, str(value)) if isinstance(value, bool) else str(value)
