"""RESULTS.md: one section per benchmark, each rewritten by the script that measures it."""

from __future__ import annotations

import datetime
import os
import platform
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

PAGE = Path(__file__).with_name("RESULTS.md")
HEAD = "# What `make bench` measured\n"


def machine() -> str:
    """Date, processor and versions in one line."""
    info = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.*)", info.read_text()) if info.exists() else None
    processor = found[1] if found else platform.machine()
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "pandas"))
    return (
        f"{datetime.date.today()}; {processor}, {os.cpu_count()} cores; Python {platform.python_version()}, {packages}"
    )


def markdown(rows: Sequence[Mapping[str, object]]) -> str:
    """A Markdown table of rows with the same keys."""
    lines = [list(rows[0]), ["---"] * len(rows[0])] + [[str(value) for value in row.values()] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write_section(title: str, body: str) -> None:
    """Replace the section of that title in RESULTS.md, or append it."""
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else HEAD
    _, *parts = text.split("\n## ")
    sections = {part.partition("\n")[0].strip(): part.partition("\n")[2].strip() for part in parts}
    sections[title] = body.strip()
    PAGE.write_text(HEAD + "".join(f"\n## {name}\n\n{part}\n" for name, part in sections.items()), encoding="utf-8")
