"""A fit as a document: the verdict and the key paths first, then the tables, every parameter in an appendix."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING

import pandas as pd

from sexresearch.chain.measurement.reliability import reliability
from sexresearch.chain.measurement.validity import judged_by
from sexresearch.chain.paths.effects import effects
from sexresearch.document import Appendix, Block, Bullets, Code, Document, Figure, Heading, Note, Paragraph, Table
from sexresearch.errors import ModelError, OptionError
from sexresearch.plots.path_diagram import diagram_pages, path_diagram
from sexresearch.report.naming import in_labels, labelled, located
from sexresearch.report.paths import KEY, key_paths, path_sentence, unclear
from sexresearch.report.result_tables import explained_table, fit_table, parameter_tables
from sexresearch.report.sentences import fit_sentence
from sexresearch.sem import Results
from sexresearch.sem.view import fit_prose

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

PLACES = ("group", "level")
EFFECTS = ("group", "level", "effect", "path", "est", "se", "pvalue", "ci_lower", "ci_upper", "std_all", "note")
MEASURED = (
    *("group", "level", "construct", "items", "omega", "omega_ci_lower", "omega_ci_upper"),
    *("ave", "ave_ci_lower", "ave_ci_upper", "htmt", "htmt_ci_lower", "htmt_ci_upper", "htmt_with", "verdict"),
)
LIMITS = ("omega_ci_lower", "omega_ci_upper", "ave_ci_lower", "ave_ci_upper")  # of `reliability`
CAUSES = "Read as consequences only as far as the arrows of the model are causes."
BRACKETS = "Standardized; in brackets 95% intervals (delta method)."
MEASURED_WELL = "measured well"
CRITERIA = (
    "ω: reliability of the items' sum, at least .70 (Nunnally & Bernstein 1994). AVE: share of the items' variance, at "
    "least .50 and more than is shared with any other construct (Fornell & Larcker 1981). HTMT below .90 (Henseler, "
    "Ringle & Sarstedt 2015). Intervals of 95%, by the delta method."
)
LEVELS = (
    "ω: reliability of the items' sum within clusters (level 1) and of what clusters share of it (level 2; Geldhof, "
    "Preacher & Zyphur 2014). AVE: share of the items' variance at that level."
)
MOST_ITEMS = 16  # drawn in the diagram; the loadings of more are in the appendix alone
MOST_SENTENCES = 8  # paths in sentences; the table has them all


def results_document(
    results: Results,
    title: str,
    data: str = "",
    labels: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> Document:
    """The document; `labels` for tables, `names` (shorter, the same where None) for sentences and figures."""
    known = labels or {}
    short = known if names is None else names
    blocks: list[Block] = [*_answer(results, short), *_measurement(results, known), *_fit(results)]
    blocks += [Appendix(), *_appendix(results, known)]
    subtitle = f"Data: {data}" if data else ""
    return Document(title, tuple(blocks), subtitle, "en", str(results.provenance), "synthetic" in data.lower())


def _answer(results: Results, names: Mapping[str, str]) -> list[Block]:
    """Verdict, warnings, key paths, diagram."""
    blocks: list[Block] = [Heading("What the model says")]
    if not results.converged:
        text = f"The model could not be estimated, so nothing is reported of it. {fit_sentence(results)}"
        return [*blocks, Note(text, "warning"), *_warnings(results)]
    blocks.append(Note(fit_prose(results), "verdict"))
    text = fit_sentence(results)
    blocks += [*_warnings(results), Paragraph(text[0].upper() + text[1:] if text[0].isascii() else text)]
    paths = key_paths(results)
    if len(paths):
        blocks += [
            *_path_sentences(paths, names, results),
            *_diagrams(results, names),
            Heading("How strong the paths are"),
        ]
        return [*blocks, _paths_table(paths, names), *_effects(results, names)]
    return [*blocks, *_diagrams(results, names)]


def _warnings(results: Results) -> list[Block]:
    return [Note(problem, "warning") for problem in results.problems]


def _path_sentences(paths: pd.DataFrame, names: Mapping[str, str], results: Results) -> list[Block]:
    """The strongest paths in words, then how many are not shown to differ from 0."""
    if results.inadmissible:
        return [Note("The solution is not admissible, so no path is interpreted; the tables are for inspection.")]
    order = paths["std_all"].abs().sort_values(ascending=False).index
    kept = paths.loc[order].head(MOST_SENTENCES)
    sentences = Bullets(tuple(path_sentence(row, names) for row in kept.to_dict("records")))
    open_paths = unclear(paths, names)
    return [sentences, *([Paragraph(open_paths)] if open_paths else [])]


def _paths_table(paths: pd.DataFrame, names: Mapping[str, str]) -> Table:
    kept = paths[[name for name in KEY if name not in PLACES or paths[name].notna().any()]]
    return Table(labelled(kept, names), "Paths", BRACKETS)


def _effects(results: Results, labels: Mapping[str, str]) -> list[Block]:
    """What nothing explains, on what explains nothing further: a table where there is anything indirect about it."""
    try:
        rows = effects(results)
    except (ModelError, OptionError):  # no regression leads anywhere
        return []
    indirect = rows[rows["effect"] == "total indirect"]
    if indirect.empty or indirect["est"].eq(0).all():
        return []
    kept = rows[[k for k in EFFECTS if k not in PLACES or (k in rows and rows[k].notna().any())]]
    shown = labelled(kept.reset_index(drop=True), labels)
    return [Table(shown, "Effects: direct, by every path, total", CAUSES)]


def _measurement(results: Results, labels: Mapping[str, str]) -> list[Block]:
    if not results.latents or not results.converged:
        return []
    if results.model.statements.levels:
        kept = reliability(results)
        own = kept[[name for name in MEASURED if name in kept.columns]]
        return [Heading("How well it is measured"), Table(labelled(own, labels), "Constructs: reliability", LEVELS)]
    beside = reliability(results)
    judged = judged_by(results, beside)
    whole = judged.assign(**{name: beside[name] for name in LIMITS})
    kept = whole[[name for name in MEASURED if name in whole.columns]].copy()
    kept["verdict"] = [
        MEASURED_WELL if outcome == "holds" else in_labels(verdict, labels)
        for outcome, verdict in zip(judged["outcome"], judged["verdict"], strict=True)
    ]
    well, count = int((judged["outcome"] == "holds").sum()), len(judged)
    verdict = f"{well} of {count} constructs are measured well by the criteria named in the table."
    shown = Table(labelled(kept, labels), "Constructs: reliability and validity", CRITERIA)
    return [Heading("How well it is measured"), Paragraph(verdict), shown]


def _fit(results: Results) -> list[Block]:
    return [Heading("How well it fits"), fit_table(results)] if results.converged else []


def _appendix(results: Results, labels: Mapping[str, str]) -> list[Block]:
    tables: list[Block] = [*parameter_tables(results, labels), *explained_table(results, labels)]
    return [
        Heading("Estimates", 2),
        *tables,
        Heading("Model", 2),
        Code(results.model.syntax.strip("\n")),
    ]


def _diagrams(results: Results, names: Mapping[str, str]) -> list[Block]:
    groups: list[object] = list(results.groups) or [None]
    levels: list[int | None] = [1, 2] if results.model.statements.levels else [None]
    made: list[Block] = []
    for group, level in product(groups, levels):
        where = located({"group": group, "level": level})
        caption = "Path diagram with standardized estimates" + (f": {where}" if where else "")
        figures = _figures(results, group, level, names)
        parts = (
            [caption] if len(figures) == 1 else [f"{caption} ({k + 1} of {len(figures)})" for k in range(len(figures))]
        )
        alt = _alt(results, group, level, names)
        made += [Figure(figure, part, alt) for figure, part in zip(figures, parts, strict=True)]
    return made


def _figures(results: Results, group: object, level: int | None, names: Mapping[str, str]) -> tuple[Drawing, ...]:
    """The diagram: with its items where they are few; of a measurement model in pages that can be read."""
    items = len(results.observed) <= MOST_ITEMS or len(results.latents) < 2
    if not items and level is None and not (results.parameters["op"] == "~").any():
        return diagram_pages(results, names, group)
    return (path_diagram(results, group=group, level=level, labels=names, items=items),)


def _alt(results: Results, group: object, level: int | None, names: Mapping[str, str]) -> str:
    """The diagram in words: its paths with their estimates."""
    paths = key_paths(results)
    own = paths if group is None else paths[paths["group"] == group]
    own = own if level is None else own[own["level"] == level]
    sentences = "; ".join(path_sentence(row, names) for row in own.head(2 * MOST_SENTENCES).to_dict("records"))
    constructs = ", ".join(names.get(name, name) for name in results.latents)
    about = f"Path diagram of {constructs}" if constructs else "Path diagram"
    where = (f", group {group}" if group is not None else "") + (f", level {level}" if level is not None else "")
    return (
        f"{about}{where}. {sentences}"
        if sentences
        else f"{about}{where}: constructs with their items and correlations."
    )
