"""`lab.codebook`: a drafted questionnaire, confirmed by clicking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from sexresearch.arguments import in_words
from sexresearch.errors import OptionError
from sexresearch.lab.live_panel import Scene
from sexresearch.lab.table_lab import TableLab
from sexresearch.languages import Language
from sexresearch.survey import Construct, Draft, Field, Instrument, Item, draft_instrument
from sexresearch.survey.bank.content import bank
from sexresearch.survey.codebook_text import codebook_text
from sexresearch.survey.parts import ROLES, Role
from sexresearch.writing import write_confirmed

HEADS = ["Confirmed", "Column", "Question", "Is", "Construct", "Reversed", "Because"]


@dataclass(frozen=True)
class ColumnChoice:
    """What a column is taken for: an item of a construct, or another role; and whether a person has confirmed it."""

    role: Role | Literal["item"]
    construct: str = ""
    reverse: bool = False
    confirmed: bool = False


@in_words
def codebook(path: str | Path, sheet: str | None = None, *, language: Language = "en") -> CodebookLab:
    """A questionnaire drafted for a survey file, to be confirmed column by column with the mouse or the keyboard.

    Parameters
    ----------
    path : str or Path
        The file, as in `draft_instrument`.
    sheet : str, optional
        Sheet of an .xlsx file. Default: the first that holds a table.
    language : {"en", "de"}
        Of the names of the constructs.

    Returns
    -------
    CodebookLab
        Shown by a notebook when it is the last line of a cell; `instrument` is what has been chosen so far.

    Raises
    ------
    DataError
        As `draft_instrument`.

    Notes
    -----
    Nothing is decided for you: what the draft proposes counts when it is confirmed. The file stays where it is.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "clients.csv")
    ...     _ = file.write_text("sat1,sat2,city\\n" + "5,4,Oslo\\n2,1,Bern\\n4,5,Rome\\n1,2,Oslo\\n3,3,Bern\\n" * 9)
    ...     lab = codebook(file)
    >>> lab.choose("city", role="cluster")
    >>> lab.choose("sat2", reverse=True)
    >>> [field.role for field in lab.instrument.fields], [item.reverse for item in lab.instrument.items]
    (['cluster'], [False, True])
    """
    return CodebookLab(draft_instrument(path, sheet, language=language), language)


class CodebookLab(TableLab):
    """What `lab.codebook` returns."""

    def __init__(self, draft: Draft, language: Language) -> None:
        super().__init__()
        self._draft = draft
        own = {construct.name: construct for construct in draft.constructs}
        nodes = {construct.node for construct in draft.constructs if construct.node}
        others = (part.construct for part in bank(language))
        self._known = own | {c.name: c for c in others if c.name not in own and c.node not in nodes}
        self._items = {item.name: item for item in draft.items}
        self._fields = {field.name: field for field in draft.fields}
        homes = {item.name: c.name for c in draft.constructs for item in c.items}
        items = {name: ColumnChoice("item", homes[name], item.reverse) for name, item in self._items.items()}
        self._choices = items | {name: ColumnChoice(field.role) for name, field in self._fields.items()}
        rows = draft.proposals.to_dict("records")
        self._because = {str(row["column"]): str(row["because"]) for row in rows}

    @property
    def choices(self) -> dict[str, ColumnChoice]:
        """What every column is taken for."""
        return dict(self._choices)

    @property
    def instrument(self) -> Instrument:
        """The questionnaire as chosen so far."""
        return _instrument(self._choices, self._known, self._items, self._fields, self._draft.title)

    @property
    def code(self) -> str:
        """The codebook (TOML), which `read_survey` and `Instrument.from_toml` take."""
        return codebook_text(self._draft.title, self.instrument.constructs, self.instrument.fields)

    def choose(
        self,
        column: str,
        role: Role | Literal["item"] | None = None,
        construct: str | None = None,
        reverse: bool | None = None,
        confirmed: bool | None = None,
    ) -> None:
        """Say what a column is.

        Parameters
        ----------
        column : str
            As `choices` names it.
        role : {"item", "id", "group", "cluster", "weight", "other"}, optional
            What it is for. Default: as it is.
        construct : str, optional
            Where an item belongs. Default: as it is.
        reverse : bool, optional
            Whether a high answer means little. Default: as it is.
        confirmed : bool, optional
            Whether a person has looked at it. Default: as it is.

        Raises
        ------
        OptionError, InstrumentError
            A column, role or construct that is not there, or a questionnaire that contradicts itself.
        """
        if column not in self._choices:
            raise OptionError(f"column {column!r} is not in the file; its columns are: {', '.join(self._choices)}")
        wanted = {"role": role, "construct": construct, "reverse": reverse, "confirmed": confirmed}
        chosen = replace(self._choices[column], **{key: value for key, value in wanted.items() if value is not None})  # type: ignore[arg-type]
        self._refuse(column, chosen)
        choices = {**self._choices, column: chosen}
        _instrument(choices, self._known, self._items, self._fields, self._draft.title)
        self._choices = choices
        self._redrawn()

    def _refuse(self, column: str, chosen: ColumnChoice) -> None:
        if chosen.role not in ("item", *ROLES):
            raise OptionError(f"role {chosen.role!r} is not known; allowed: item, {', '.join(ROLES)}")
        if chosen.role == "item" and column not in self._items:
            raise OptionError(f"{column} holds no ratings, so it cannot be an item: give it a scale in the codebook")
        if chosen.role == "item" and chosen.construct not in self._known:
            raise OptionError(f"construct {chosen.construct!r} is not known; there are: {', '.join(self._known)}")

    def write(self, path: str | Path, *, replace_existing: bool = False) -> Path:
        """Write the codebook.

        Parameters
        ----------
        path : str or Path
            Where to, such as "questionnaire.toml".
        replace_existing : bool
            Whether a file that is there may be replaced.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        WriteError
            It is there already, or cannot be written.
        """
        return write_confirmed(path, self.code, replace_existing)

    def _set(self, row: str, name: str, value: object) -> None:
        names = {"Confirmed": "confirmed", "Is": "role", "Construct": "construct", "Reversed": "reverse"}
        self.choose(row, **{names[name]: value})  # type: ignore[arg-type]

    def _table(self) -> Scene:
        done = sum(choice.confirmed for choice in self._choices.values())
        rows = [self._row(name, choice) for name, choice in self._choices.items()]
        foot = f"{done} of {len(rows)} columns confirmed. Nothing is written until write() is called."
        return {"top": f"Draft of a questionnaire for {self._draft.title}", "heads": HEADS, "rows": rows, "foot": foot}

    def _row(self, name: str, choice: ColumnChoice) -> Scene:
        item = name in self._items
        wording = self._items[name].wording if item else self._fields[name].label
        roles = ["item", *ROLES] if item else list(ROLES)
        homes = [[key, known.label] for key, known in self._known.items()]
        off = choice.role != "item"
        role = {"name": "Is", "options": [[part, part] for part in roles], "value": choice.role}
        home = {"name": "Construct", "options": homes, "value": choice.construct, "off": off}
        cells = [
            {"name": "Confirmed", "value": choice.confirmed},
            name,
            wording,
            role,
            home if item else "",
            {"name": "Reversed", "value": choice.reverse, "off": off} if item else "",
            self._because.get(name, self._because.get(self._items[name].column, "") if item else ""),
        ]
        return {"key": name, "label": name, "cells": cells}

    def __repr__(self) -> str:
        done = sum(choice.confirmed for choice in self._choices.values())
        return f"CodebookLab({done} of {len(self._choices)} columns confirmed); a live table in JupyterLab"


def _instrument(
    choices: Mapping[str, ColumnChoice],
    known: Mapping[str, Construct],
    items: Mapping[str, Item],
    fields: Mapping[str, Field],
    title: str,
) -> Instrument:
    """The questionnaire that the choices make; InstrumentError where they contradict each other."""
    homes: dict[str, list[Item]] = {}
    others: list[Field] = []
    for name, choice in choices.items():
        if choice.role == "item":
            homes.setdefault(choice.construct, []).append(replace(items[name], reverse=choice.reverse))
        elif name in fields:
            others.append(replace(fields[name], role=choice.role))
        else:
            others.append(Field(items[name].column or name, items[name].wording, choice.role))
    constructs = tuple(replace(known[name], items=tuple(own)) for name, own in homes.items())
    return Instrument(constructs, tuple(others), title)
