"""Pages that are made of the package itself: reference, glossary, ledger; and of files that stand elsewhere."""

from __future__ import annotations

import importlib
import inspect
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbconvert import MarkdownExporter

import sexresearch as sx
from sexresearch.glossary import COLUMNS

ROOT = Path(__file__).resolve().parents[2]
ROOMS = {
    "sem": "Models: text, fit, tests, planning",
    "survey": "Questionnaires, answers, screening, key figures",
    "chain": "The four questions, and what to do next",
    "answering": "All four questions at once",
    "plots": "Figures",
    "lab": "Live drawings and tables for JupyterLab",
    "report": "Reports, and tables for papers",
    "document": "Documents and their writers",
    "datasets": "Data sets that come with the package",
    "standard": "ISO 23592 and ISO/TR 7179 as data",
    "study": "Studies as files, published cases, notebooks run again",
    "testing": "Numbers in notebooks compared with a tolerance",
    "glossary": "Columns of tables",
    "errors": "Errors",
}
COPIED = {
    "docs/departures.md": "departures.md",
    "docs/scale.md": "scale.md",
    "docs/studies.md": "studies.md",
    "CHANGELOG.md": "changes.md",
    "docs/developer/view.md": "developer/view.md",
    "docs/developer/terms.md": "developer/terms.md",
}


def write_generated(folder: Path) -> None:
    """Every page that no hand wrote."""
    _write(folder / "api" / "index.md", _rooms())
    for room in ROOMS:
        _write(folder / "api" / f"{room}.md", _room(room))
    _write(folder / "glossary.md", _glossary())
    _write(folder / "cases.md", _cases())
    _write(folder / "speed.md", _speed())
    for source, target in COPIED.items():
        _write(folder / target, _without_links((ROOT / source).read_text(encoding="utf-8")))
    shutil.copy(ROOT / "docs" / "growth.png", folder)
    for source in sorted((ROOT / "docs" / "decisions").glob("*.md")):
        name = "index.md" if source.stem == "README" else source.name
        _write(folder / "decisions" / name, source.read_text(encoding="utf-8"))
    _write_notebooks(folder / "notebooks")


def public_names(room: str) -> list[str]:
    """Public functions and classes of a room; errors have no list and are all classes it defines."""
    module = importlib.import_module(f"sexresearch.{room}")
    named = getattr(module, "__all__", None) or [key for key, value in vars(module).items() if inspect.isclass(value)]
    return [name for name in named if callable(getattr(module, name))]


def home(thing: Callable[..., object]) -> str:
    """Where a function or class is written; a room may hold a module of the same name, which would be shown instead."""
    return f"{thing.__module__}.{thing.__qualname__}"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _rooms() -> str:
    rows = [f"| [`{room}`]({room}.md) | {what} | {len(public_names(room))} |" for room, what in ROOMS.items()]
    head = "# Reference\n\nEvery public name, by the room it lives in; names of `sx` stand there too.\n\n"
    return head + "| room | what | names |\n| --- | --- | --- |\n" + "\n".join(rows) + "\n"


def _room(room: str) -> str:
    module = importlib.import_module(f"sexresearch.{room}")
    names = public_names(room)
    homes = {name: home(getattr(module, name)) for name in names}
    rows = [f"| [`{name}`][{homes[name]}] | {_first_line(getattr(module, name))} |" for name in names]
    parts = [f"# {room}: {ROOMS[room][0].lower()}{ROOMS[room][1:]}", inspect.getdoc(module) or ""]
    parts += ["| name | what it is |\n| --- | --- |\n" + "\n".join(rows)]
    parts += [f"::: {path}" for path in homes.values()]
    return "\n\n".join(parts) + "\n"


def _first_line(thing: object) -> str:
    return _cell((inspect.getdoc(thing) or "").splitlines()[0])


def _cell(text: str) -> str:
    """Text as it stands in a cell; code in it stays as it is."""
    parts = text.replace("``", "`").split("`")
    parts[::2] = [part.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;") for part in parts[::2]]
    return "`".join(parts)


def _glossary() -> str:
    rows = [
        f"| `{column.name}` | {_cell(column.header)} | {_cell(column.meaning)} | {_cell(column.source)} |"
        for column in sorted(COLUMNS.values(), key=lambda column: column.name.lower())
    ]
    head = "# Glossary\n\nEvery column of every table: its name in the frame, its header in print, what it means,"
    head += " and who defined it. `sx.glossary.describe(name)` says the same in Python.\n\n"
    return head + "| column | printed | meaning | source |\n| --- | --- | --- | --- |\n" + "\n".join(rows) + "\n"


def _cases() -> str:
    ledger = sx.run_cases()
    shown = ledger.table.astype(object).where(ledger.table.notna(), "")
    head = [sx.glossary.describe(name).header for name in shown.columns]
    lines = ["| " + " | ".join(head) + " |", "| --- " * len(head) + "|"]
    lines += ["| " + " | ".join(_cell(str(value)) for value in row) + " |" for row in shown.itertuples(index=False)]
    totals = ", ".join(f"{number} {sx.glossary.describe(name).header}" for name, number in ledger.totals.items())
    sources = [f"- **{row.case}**: {_cell(row.reference)}" for row in sx.list_cases().itertuples()]
    return f"""# Ledger of published cases

Published models, computed again when this page was made. **{totals}.** *Explained* are numbers that differ for a known
reason; *unverified* are numbers whose print we have not seen. A case that rests on fetched answers is computed where
these are; nothing is fetched to make this page.

{chr(10).join(lines)}

The same in Python, with every single number: `sx.run_cases()`; in a terminal: `sexresearch cases run --all`.

## Sources

{chr(10).join(sources)}
"""


def _speed() -> str:
    text = (ROOT / "tests" / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    return re.sub(r"\A# .*\n", "# Speed, coverage and promises, as measured\n", text)


def _without_links(text: str) -> str:
    """Links to files of the checkout become their words; the site has these pages elsewhere or not at all."""
    return re.sub(r"(?<!!)\[([^\]]+)\]\((?!https?:|#)[^)]+\)", r"\1", text)


def _write_notebooks(folder: Path) -> None:
    """Notebooks as pages, with the outputs they store; none is run."""
    exporter = MarkdownExporter()
    titles = []
    for source in sorted((ROOT / "notebooks").glob("*.ipynb")):
        names = {"unique_key": source.stem, "output_files_dir": f"{source.stem}_figures"}
        notebook = nbformat.read(source, as_version=4)
        notebook.metadata["language_info"] = {"name": "python"}  # so that its code is coloured
        text, kept = exporter.from_notebook_node(notebook, resources=names)
        _write(folder / f"{source.stem}.md", _scrolled(text))
        titles.append(f"- [{source.stem[:2]}]({source.stem}.md) {_title(text)}")
        for name, content in kept["outputs"].items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
    head = "# Notebooks\n\nWith the outputs they store; `make lab` opens them, `make reproduce` runs them again.\n\n"
    _write(folder / "index.md", head + "\n".join(titles) + "\n")


def _title(text: str) -> str:
    return next((line.lstrip("# ") for line in text.splitlines() if line.startswith("# ")), "")


def _scrolled(text: str) -> str:
    """Tables in a box of their own, which is scrolled sideways on a phone; pictures with a text; no style sheets."""
    plain = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)
    boxed = re.sub(r"<div>\s*(<table.*?</table>)(.*?)</div>", r'<div class="output">\1</div>', plain, flags=re.DOTALL)
    return boxed.replace("![png]", "![figure of the cell above]")
