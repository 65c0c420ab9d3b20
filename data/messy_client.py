"""Writes synthetic/messy_client.xlsx: a SYNTHETIC customer survey as a client would send it, with all that is odd.

The answers are drawn from the population of `sexresearch.datasets.service_excellence_demo`, seed 51207, n = 420; what
is odd about the file is laid on top of them here, and `messy_client.toml` is its questionnaire.
"""

import io
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd

from sexresearch.datasets import service_excellence_demo as demo
from sexresearch.survey import Instrument

SEED, N = 51207, 420
FOLDER = Path(__file__).parent / "synthetic"
ENDS = {1: "disagree completely", 7: "agree completely"}
SATISFIED = {1: "very dissatisfied", 7: "very satisfied"}
CITIES = ("Köln", "Düsseldorf", "München", "Zürich", "Graz", "Münster")
SPELLINGS = {"Köln": ("köln", "Köln ", "KÖLN"), "Düsseldorf": ("düsseldorf",), "Münster": ("Münster ",)}
NONE = (99, "n/a", "keine Angabe")
TESTS, SPEEDERS = 3, 12
TITLE = ("Customer survey 2026 - SYNTHETIC, no respondent gave these answers",)


def table() -> tuple[list[str], list[str], list[list[object]]]:
    """Headings above the names, names, and the rows of answers of the sheet."""
    rng = np.random.default_rng(SEED)
    drawn = demo.generate(N, SEED).answers
    questions = Instrument.from_toml(FOLDER / "messy_client.toml")
    cities = np.array(CITIES)[drawn["branch"].str.slice(1).astype(int).to_numpy() % len(CITIES)]
    minutes = np.round(rng.gamma(9, 0.8, N) + 2, 1)
    careless = rng.choice(N, SPEEDERS, replace=False)
    minutes[careless] = np.round(rng.uniform(0.4, 0.8, SPEEDERS), 1)
    columns: dict[str, list[object]] = {
        "Response ID": [f"R_{1000 + row}" for row in range(N)],
        "Status": ["IP Address"] * N,
        "Duration (in minutes)": minutes.tolist(),
        "Branch": [_spelt(rng, city) for city in cities],
        "Segment": drawn["brand"].tolist(),
    }
    for construct in questions.constructs:
        for item in construct.items:
            answers = _recommend(drawn["recommend"]) if item.name == "nps" else drawn[item.name].to_numpy(float)
            answers[careless] = rng.integers(item.scale.lowest, item.scale.highest + 1, SPEEDERS)
            ends = SATISFIED if construct.name == "satisfaction" else {} if item.name == "nps" else ENDS
            columns[item.wording] = [_written(rng, answer, ends) for answer in answers]
    columns["Share of spending with us"] = (
        (drawn["wallet"] / 100).astype(object).where(drawn["wallet"].notna(), None).tolist()
    )
    columns["Anything else?"] = [None] * N
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    for row in rows[:TESTS]:
        row[1], row[-1] = "Survey Preview", "test test"
    headings = ["Interview", *[""] * 4, "Our service", *[""] * (len(columns) - 8), "About you", ""]
    return headings, list(columns), rows


def workbook() -> openpyxl.Workbook:
    """The workbook: a cover, titles above two rows of names, answers in words and codes, a footnote."""
    headings, names, rows = table()
    book = openpyxl.Workbook()
    cover, page = book.active, book.create_sheet("Answers")
    cover.title = "Cover"
    for line in (TITLE, ("Fielded by an agency, handed over without a codebook",)):
        cover.append(line)
    for line in (
        TITLE,
        (),
        [text or None for text in headings],
        names,
        *rows,
        (),
        ("99 = no answer; n/a = not asked",),
    ):
        page.append(list(line))
    last = openpyxl.utils.get_column_letter
    page.merge_cells("A3:E3")
    page.merge_cells(f"F3:{last(len(names) - 2)}3")
    page.merge_cells(f"{last(len(names) - 1)}3:{last(len(names))}3")
    for (cell,) in page.iter_rows(5, 4 + len(rows), len(names) - 1, len(names) - 1):
        cell.number_format = "0%"
    return book


def content() -> bytes:
    """The bytes of the file."""
    file = io.BytesIO()
    workbook().save(file)
    return file.getvalue()


def _spelt(rng: np.random.Generator, city: str) -> str:
    return str(rng.choice(SPELLINGS[city])) if city in SPELLINGS and rng.random() < 0.12 else city


def _recommend(answers: pd.Series) -> np.ndarray:
    return np.round((answers.to_numpy(float) - 1) / 6 * 10)


def _written(rng: np.random.Generator, answer: float, ends: dict[int, str]) -> object:
    if np.isnan(answer):
        return NONE[rng.integers(len(NONE))] if rng.random() < 0.7 else None
    return f"{answer:.0f} - {ends[int(answer)]}" if int(answer) in ends else int(answer)
