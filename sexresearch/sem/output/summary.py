"""The printed summary of a fit, with the sections lavaan users know, as text and as HTML."""

from __future__ import annotations

import html
from dataclasses import dataclass

import pandas as pd

from sexresearch.glossary import Table, table
from sexresearch.sem.output.provenance import Provenance

SECTIONS = (
    ("Latent variables", lambda f: f["op"] == "=~"),
    ("Regressions", lambda f: f["op"] == "~"),
    ("Covariances", lambda f: (f["op"] == "~~") & (f["lhs"] != f["rhs"])),
    ("Thresholds", lambda f: f["op"] == "|"),
    ("Intercepts", lambda f: f["op"] == "~1"),
    ("Variances", lambda f: (f["op"] == "~~") & (f["lhs"] == f["rhs"])),
    ("Scales of the responses", lambda f: f["op"] == "~*~"),
    ("Defined parameters", lambda f: f["op"] == ":="),
)
HEADLINE = (
    "chisq",
    "df",
    "pvalue",
    "chisq_scaled",
    "df_scaled",
    "pvalue_scaled",
    "chisq_scaling_factor",
    "cfi",
    "tli",
    "cfi_robust",
    "tli_robust",
    "logl",
    "npar",
    "aic",
    "bic",
    "rmsea",
    "rmsea_ci_lower",
    "rmsea_ci_upper",
    "rmsea_pvalue",
    "rmsea_robust",
    "srmr",
)
SHOWN = ["lhs", "op", "rhs", "label", "est", "se", "z", "t", "df", "pvalue", "ci_lower", "ci_upper", "fmi"]
SHOWN += ["std_lv", "std_all"]


@dataclass(frozen=True)
class Summary:
    """Tables under headings, each with its provenance; prints as text, shows as HTML in JupyterLab."""

    tables: tuple[Table, ...]
    problems: tuple[str, ...]
    source: str

    def __repr__(self) -> str:
        notes = ["Problems:", *(f"  - {p}" for p in self.problems)] if self.problems else []
        return "\n\n".join([*(repr(t) for t in self.tables), *(["\n".join(notes)] if notes else [])])

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{html.escape(p)}</li>" for p in self.problems)
        listed = f"<p><strong>Problems</strong></p><ul>{notes}</ul>" if notes else ""
        return "\n".join([*(t._repr_html_() for t in self.tables), listed])


def summarize(
    parameters: pd.DataFrame,
    measures: pd.Series,
    r_squared: pd.Series,
    problems: tuple[str, ...],
    provenance: Provenance,
) -> Summary:
    """Fit measures, then the parameters by section and group, then R-squared."""
    shown = measures[[name for name in HEADLINE if name in measures.index]]
    source = str(provenance)
    tables = [table(shown, "Fit measures", source)]
    grouped = parameters["group"].notna().any()
    parts = parameters.groupby("group", sort=False, dropna=False) if grouped else [(None, parameters)]
    for label, part in parts:
        where = f" — group {label}" if grouped and not pd.isna(label) else ""
        for heading, pick in SECTIONS:
            rows = part[pick(part)]
            if len(rows):
                columns = [c for c in SHOWN if c in rows and (c != "label" or (rows["label"] != "").any())]
                tables.append(table(rows[columns].reset_index(drop=True), heading + where, source))
    if len(r_squared):
        named = r_squared.rename_axis(r_squared.index.names if grouped else "variable").to_frame()
        tables.append(table(named, "R-squared", source))
    return Summary(tuple(tables), problems, source)
