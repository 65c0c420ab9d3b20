"""Refit every reference case with lavaan and rewrite values/: python tests/reference/refresh.py [storey ...]

Needs Rscript with lavaan, semTools and jsonlite; running the tests needs none of them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

FOLDER = Path(__file__).parent


def refresh(storey: str) -> None:
    """Hand the cases of one storey to lavaan.R, which writes values/<storey>/*.csv."""
    plan = tomllib.loads((FOLDER / "cases" / f"{storey}.toml").read_text(encoding="utf-8"))
    plan["moments"] = tomllib.loads((FOLDER / "cases" / "moments.toml").read_text(encoding="utf-8"))
    plan["storey"] = storey
    subprocess.run(["Rscript", "lavaan.R"], input=json.dumps(plan), text=True, cwd=FOLDER, check=True)


def main() -> None:
    """Refresh the storeys named on the command line, or all."""
    known = sorted(path.stem for path in (FOLDER / "cases").glob("*.toml") if path.stem != "moments")
    for storey in sys.argv[1:] or known:
        refresh(storey)


if __name__ == "__main__":
    main()
