"""Write the pages of the site as plain Markdown: `python docs/building/pages.py FOLDER`. mkdocs renders that folder."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from examples import with_output
from generated import write_generated
from matplotlib.figure import Figure

SITE = Path(__file__).resolve().parents[1] / "site"


def hand_written() -> list[Path]:
    """Pages with code blocks that run."""
    return sorted(SITE.rglob("*.md"))


class _Figures:
    """Figures of one page, saved beside it."""

    def __init__(self, page: Path, depth: int) -> None:
        self.page, self.up, self.number = page, "../" * depth, 0

    def keep(self, figure: Figure) -> str:
        self.number += 1
        target = self.page.with_name(f"{self.page.stem}_{self.number}.png")
        figure.savefig(target, dpi=100, bbox_inches="tight")
        return target.name


def write_pages(folder: Path) -> None:
    """Every page: those written by hand with their outputs, then those made of the package."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SITE, folder)
    for source in hand_written():
        page = folder / source.relative_to(SITE)
        name = str(source.relative_to(SITE))
        page.write_text(with_output(source.read_text(encoding="utf-8"), name, _Figures(page, 0).keep), encoding="utf-8")
    write_generated(folder)


if __name__ == "__main__":
    os.environ.setdefault("MPLBACKEND", "Agg")
    write_pages(Path(sys.argv[1]).resolve())
