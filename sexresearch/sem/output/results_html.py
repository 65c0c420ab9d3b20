"""How a fit shows itself in a notebook: the verdict first, then paths and measures, every table to be unfolded."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING

import pandas as pd

from sexresearch.escaping import visible
from sexresearch.glossary import FormattedTable, table
from sexresearch.sem.output.fit_verdict import fit_prose

if TYPE_CHECKING:
    from sexresearch.sem.output.results import Results

MOST_PATHS = 12  # shown before anything is unfolded
COLUMNS = ("est", "se", "ci_lower", "ci_upper", "pvalue", "std_all")


def results_html(results: Results) -> str:
    """The fit as HTML without styles of its own, as JupyterLab shows tables."""
    summary = results.summary()
    parts = [_paragraph(fit_prose(results), strong=True), _paragraph(_fitted(results), strong=False)]
    parts += [_listed(results.problems)] if results.problems else []
    parts += [_bare(summary.tables[0])]
    parts += [_bare(paths)] if results.converged and (paths := _paths(results)) is not None else []
    parts += [_folded(one) for one in summary.tables[1:]]
    parts.append(f"<p><small>{html.escape(summary.source)}</small></p>")
    return visible("\n".join(parts))


def _fitted(results: Results) -> str:
    """What was fitted to what, and how."""
    options = results.options
    groups = f" in {len(results.groups)} groups" if results.groups else ""
    parts = [f"estimator {options.estimator}", f"missing answers: {options.missing}"]
    parts += (
        [f"ordered items: {len(options.ordered)}"] if isinstance(options.ordered, tuple) and options.ordered else []
    )
    parts += [f"clusters: {options.cluster}"] if options.cluster else []
    parts += [f"weights: {options.sampling_weights}"] if options.sampling_weights else []
    parts += [f"weights of clusters: {options.cluster_weights}"] if options.cluster_weights else []
    latents, observed = len(results.latents), len(results.observed)
    return f"{latents} latent and {observed} observed variables, n = {results.nobs}{groups}; {', '.join(parts)}."


def _paths(results: Results) -> FormattedTable | None:
    """The regressions, the strongest first where there are many."""
    rows = results.parameters
    kept = rows[rows["op"] == "~"]
    if kept.empty:
        return None
    caption = "Paths"
    if len(kept) > MOST_PATHS:
        order = kept["std_all"].abs().sort_values(ascending=False).index[:MOST_PATHS]
        kept, caption = kept.loc[sorted(order)], f"Paths: the {MOST_PATHS} strongest of {len(kept)}"
    shown = pd.DataFrame({"path": [f"{r} → {le}" for r, le in zip(kept["rhs"], kept["lhs"], strict=True)]})
    if kept["group"].notna().any():
        shown["group"] = kept["group"].tolist()
    for name in COLUMNS:
        shown[name] = [math.nan if pd.isna(value) else float(value) for value in kept[name]]
    return table(shown, caption)


def _paragraph(text: str, *, strong: bool) -> str:
    escaped = html.escape(text)
    return f"<p><strong>{escaped}</strong></p>" if strong else f"<p>{escaped}</p>"


def _listed(problems: tuple[str, ...]) -> str:
    return "<ul>" + "".join(f"<li>{html.escape(problem)}</li>" for problem in problems) + "</ul>"


def _bare(one: FormattedTable) -> str:
    return FormattedTable(one.headers, one.rows, one.numeric, one.caption)._repr_html_()


def _folded(one: FormattedTable) -> str:
    inside = FormattedTable(one.headers, one.rows, one.numeric)._repr_html_()
    return f"<details><summary>{html.escape(one.caption)}</summary>\n{inside}\n</details>"
