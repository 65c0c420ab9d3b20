"""Published numbers beside computed ones as parts of a document: of one study, and of the ledger of all cases."""

from __future__ import annotations

import pandas as pd

from sexresearch.document import Appendix, Block, Bullets, Document, Heading, Note, Paragraph, Table
from sexresearch.glossary import describe
from sexresearch.report.naming import labels_of, labels_of_constructs
from sexresearch.report.results_document import results_document
from sexresearch.study.replication.running import StudyRun
from sexresearch.study.study_file.study_parts import Study

SHOWN = ["quantity", "published", "computed", "difference", "tolerance", "outcome"]
DECIMALS = 4
HELD = (
    "A number matches where it differs by no more than its tolerance: half of its last printed decimal, and what the "
    "rounding of a printed table leaves open."
)


def study_document(run: StudyRun) -> Document:
    """The report of a fit with the comparison before its appendix; the comparison alone where there is no fit."""
    caption, compared = run.provenance.get("data", ""), tuple(comparison_blocks(run))
    if run.results is None:
        return Document(run.study.title, compared, caption)
    names = (labels_of(run.survey), labels_of_constructs(run.survey))
    made = results_document(run.results, run.study.title, caption, *names)
    end = next((i for i, block in enumerate(made.blocks) if isinstance(block, Appendix)), len(made.blocks))
    blocks = (*made.blocks[:end], Heading("What was published, and what comes out"), *compared, *made.blocks[end:])
    kept = blocks if len(run.comparison) else made.blocks
    return Document(made.title, kept, made.subtitle, made.language, made.source, made.synthetic)


def comparison_blocks(run: StudyRun) -> list[Block]:
    """Whose numbers these are, how many match, the table, and a reason for each that does not."""
    blocks: list[Block] = [Paragraph(text) for text in _about(run.study)]
    rows = run.comparison
    if rows.empty:
        return blocks
    blocks.append(Note(_counted(rows), "verdict"))
    for place, part in rows.groupby("printed", sort=False):
        blocks.append(Table(part[SHOWN].reset_index(drop=True), f"Printed in: {place}", decimals=DECIMALS))
    return [*blocks, *_reasons(rows)]


def _about(study: Study) -> list[str]:
    doi = f", doi {study.doi}" if study.doi else ""
    seen = f"Seen: {study.seen}." if study.seen else ""
    cited = f"{study.citation}{doi}." if study.citation else ""
    return [text for text in (cited, study.note, seen) if text]


def _counted(rows: pd.DataFrame) -> str:
    explained = (rows["outcome"] == "mismatch") & (rows["reason"] != "")
    counts = rows["outcome"].mask(explained, "explained").value_counts().to_dict()
    counted = [f"{number} {describe(name).header}" for name, number in counts.items()]
    return f"{len(rows)} published numbers: {', '.join(counted)}."


def _reasons(rows: pd.DataFrame) -> list[Block]:
    """One entry per reason, naming the numbers it is of."""
    given = rows[rows["reason"] != ""]
    parts = given.groupby("reason", sort=False)["quantity"].agg(list)
    items = tuple(f"{', '.join(names)}: {reason}." for reason, names in parts.items())
    return [Bullets(items)] if items else []


def ledger_document(runs: tuple[StudyRun, ...], table: pd.DataFrame, introduction: str) -> Document:
    """All cases: the table of counts, then each case."""
    counts = table.drop(columns=["title", "kind"])
    blocks: list[Block] = [Paragraph(f"{introduction} {HELD}"), Table(counts, "Published numbers by outcome")]
    for run in runs:
        blocks += [Heading(f"{run.study.title} ({run.study.name})"), *comparison_blocks(run)]
        blocks += [Paragraph(run.provenance["fit"])] if "fit" in run.provenance else []
    return Document("Published cases, computed again", tuple(blocks))
