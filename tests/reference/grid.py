"""Fit the option grid with lavaan: python tests/reference/grid.py [--all | case ...]

Adds combinations until every pair of values is covered, fits those without an answer (or all, or those named) and
merges what R writes into grid/*.csv. Needs Rscript with lavaan, semTools and jsonlite; tests/grid needs none of them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent / "grid"))

from combinations import FACTORS, grid_rows, model_text, options, still_wanted, used_rows  # noqa: E402

GRID = FOLDER / "grid"
TABLES = ("outcomes", "parameters", "fit_measures", "after")
BATCH = 24  # fits per R process


def known_rows() -> dict[str, dict[str, str]]:
    """The combinations written down so far, by name."""
    path = GRID / "combinations.csv"
    if not path.exists():
        return {}
    rows = pd.read_csv(path, index_col="case", dtype=str, keep_default_na=False)[list(FACTORS)].to_dict("index")
    return {name: rows[name] for name in still_wanted(rows)}


def fit_with_lavaan(rows: dict[str, dict[str, str]], folder: Path) -> None:
    """Let grid.R write its tables of some combinations into a folder."""
    data = pd.read_csv(FOLDER / "data" / "grid.csv")
    for name, row in rows.items():
        used_rows(row, data).to_csv(folder / f"{name}.csv", index=False)
    cases = [{"name": n, "data": n, "model": model_text(row), "options": options(row)} for n, row in rows.items()]
    plan = json.dumps({"folder": str(folder.resolve()), "data": str(folder.resolve()), "case": cases})
    subprocess.run(["Rscript", "grid.R"], input=plan, text=True, cwd=FOLDER, check=True)


def merge(folder: Path, names: list[str], order: list[str]) -> None:
    """Put the new rows of every table in the place of the old ones, cases in order."""
    for table in TABLES:
        if not (folder / f"{table}.csv").exists():  # lavaan fitted none of these
            continue
        new = pd.read_csv(folder / f"{table}.csv", dtype=str, keep_default_na=False)
        path = GRID / f"{table}.csv"
        if path.exists():
            old = pd.read_csv(path, dtype=str, keep_default_na=False)
            new = pd.concat([old[~old["case"].isin(names) & old["case"].isin(order)], new]).fillna("")
        new = new.sort_values("case", key=lambda column: column.map(order.index), kind="stable")
        new.to_csv(path, index=False)


def main() -> None:
    """Extend the list of combinations, fit what is new or asked for, and merge it in."""
    GRID.mkdir(exist_ok=True)
    known = known_rows()
    fresh = grid_rows(list(known.values()))
    first = 1 + max((int(name[1:]) for name in known), default=-1)
    added = {f"g{first + number:03d}": row for number, row in enumerate(fresh)}
    rows = known | added
    pd.DataFrame.from_dict(rows, orient="index").rename_axis("case").to_csv(GRID / "combinations.csv")
    done = set(pd.read_csv(GRID / "outcomes.csv")["case"]) if (GRID / "outcomes.csv").exists() else set()
    asked = set(rows) if "--all" in sys.argv[1:] else (set(rows) - done) | set(sys.argv[1:])
    wanted = [name for name in rows if name in asked]
    for at in range(0, len(wanted), BATCH):
        some = wanted[at : at + BATCH]
        with tempfile.TemporaryDirectory() as folder:
            fit_with_lavaan({name: rows[name] for name in some}, Path(folder))
            merge(Path(folder), some, list(rows))


if __name__ == "__main__":
    main()
