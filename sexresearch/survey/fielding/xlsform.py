"""The questionnaire as an XLSForm, which Kobo, ODK and SurveyCTO read (xlsform.org)."""

from __future__ import annotations

import io
from collections.abc import Sequence

from sexresearch.extras import extra
from sexresearch.survey.fielding.questions import (
    AnswerOption,
    Battery,
    batteries,
    field_choices,
    is_answered,
    number_limits,
    usable_names,
)
from sexresearch.survey.parts import Construct, Field

NAME = r"A-Za-z0-9_.\-"
SURVEY = ("type", "name", "label", "appearance", "constraint")
Row = tuple[str, ...]


def xlsform(title: str, constructs: Sequence[Construct], fields: Sequence[Field], language: str) -> bytes:
    """The workbook with its sheets survey, choices and settings.

    Batteries are tables (appearance ``table-list``); fields that nobody answers, such as weights, are hidden.
    """
    parts = batteries(constructs)
    headers = [item.header for battery in parts for item in battery.items] + [field.name for field in fields]
    names = usable_names(headers, NAME, 60)
    lists: dict[tuple[AnswerOption, ...], str] = {}
    rows = [row for place, battery in enumerate(parts, start=1) for row in _battery(battery, place, names, lists)]
    rows += [_field(field, names, lists) for field in fields]
    choices: list[Row] = [(name, choice.code, choice.words) for offered, name in lists.items() for choice in offered]
    settings: list[Row] = [
        ("form_title", "form_id", "default_language"),
        (title or "Questionnaire", "questionnaire", language),
    ]
    return _workbook(
        {"survey": [SURVEY, *rows], "choices": [("list_name", "name", "label"), *choices], "settings": settings}
    )


def _battery(
    battery: Battery, place: int, names: dict[str, str], lists: dict[tuple[AnswerOption, ...], str]
) -> list[Row]:
    if not battery.choices:
        kind = "integer" if battery.scale.whole else "decimal"
        low, high = number_limits(battery.scale)
        limits = " and ".join([f". >= {low}"] * bool(low) + [f". <= {high}"] * bool(high))
        return [(kind, names[item.header], item.wording, "", limits) for item in battery.items]
    kind = f"select_one {lists.setdefault(battery.choices, f'scale{len(lists) + 1}')}"
    items: list[Row] = [(kind, names[item.header], item.wording, "", "") for item in battery.items]
    if len(items) == 1:
        return items
    begin = ("begin_group", f"part{place}", f"{place}", "table-list", "")
    return [begin, *items, ("end_group", "", "", "", "")]


def _field(field: Field, names: dict[str, str], lists: dict[tuple[AnswerOption, ...], str]) -> Row:
    choices, label = field_choices(field), field.label or field.name
    if not is_answered(field):
        return ("hidden", names[field.name], "", "", "")
    kind = f"select_one {lists.setdefault(choices, f'scale{len(lists) + 1}')}" if choices else "text"
    return (kind, names[field.name], label, "", "")


def _workbook(sheets: dict[str, list[Row]]) -> bytes:
    with extra("files"):
        import openpyxl

    book, file = openpyxl.Workbook(), io.BytesIO()
    book.remove(book.active)
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append([cell or None for cell in row])
        for cell in (cell for cells in page.iter_rows() for cell in cells if cell.data_type == "f"):
            cell.data_type = "s"  # a wording that begins with = is no formula
    book.save(file)
    return file.getvalue()
