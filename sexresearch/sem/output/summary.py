"""The printed summary of a fit, with the sections lavaan users know, as text and as HTML."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass, replace

import pandas as pd

from sexresearch.glossary import COLUMNS, FormattedTable, describe, format_cell, table
from sexresearch.sem.output.provenance import Provenance
from sexresearch.sem.output.reported import ReportedFit

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
    *("chisq", "df", "pvalue", "chisq_scaling_factor", "chisq_shift_parameters", "cfi", "tli", "logl", "npar"),
    *("aic", "bic", "rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "rmsea_pvalue", "srmr", "srmr_within", "srmr_between"),
)
SHOWN = ["lhs", "op", "rhs", "label", "est", "se", "z", "t", "df", "pvalue", "ci_lower", "ci_upper", "fmi"]
SHOWN += ["std_lv", "std_all"]


@dataclass(frozen=True)
class Summary:
    """Tables under headings, each with its provenance; prints as text, shows as HTML in JupyterLab."""

    tables: tuple[FormattedTable, ...]
    problems: tuple[str, ...]
    source: str

    def __repr__(self) -> str:
        return self.within(None)

    def within(self, width: int | None) -> str:
        """The tables as text; columns beyond a width follow in blocks below."""
        notes = ["Problems:", *(f"  - {p}" for p in self.problems)] if self.problems else []
        return "\n\n".join([*(one.within(width) for one in self._shown), *(["\n".join(notes)] if notes else [])])

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{html.escape(p)}</li>" for p in self.problems)
        listed = f"<p><strong>Problems</strong></p><ul>{notes}</ul>" if notes else ""
        return "\n".join([*(t._repr_html_() for t in self._shown), listed])

    @property
    def _shown(self) -> list[FormattedTable]:
        """The tables as they are shown together: their provenance, which is one, stands below the last."""
        return [*(replace(one, note="") for one in self.tables[:-1]), *self.tables[-1:]]


def summarize(
    parameters: pd.DataFrame,
    measures: pd.Series,
    reported: ReportedFit,
    r_squared: pd.Series,
    problems: tuple[str, ...],
    provenance: Provenance,
) -> Summary:
    """Fit measures, then the parameters by section and group, then R-squared."""
    source = str(provenance)
    tables = [_fit_table(measures, reported, source)]
    grouped = parameters["group"].notna().any() or parameters["level"].notna().any()
    parts = (
        parameters.groupby(["group", "level"], sort=False, dropna=False) if grouped else [((pd.NA, pd.NA), parameters)]
    )
    for labels, part in parts:
        sections = [
            f"{word} {label:g}" if word == "level" else f"{word} {label}"
            for word, label in zip(("group", "level"), labels, strict=True)
            if not pd.isna(label)
        ]
        where = f" — {', '.join(sections)}" if sections else ""
        for heading, pick in SECTIONS:
            rows = part[pick(part)]
            if len(rows):
                columns = [c for c in SHOWN if c in rows and (c != "label" or (rows["label"] != "").any())]
                tables.append(table(rows[columns].reset_index(drop=True), heading + where, source))
    if len(r_squared):
        named = r_squared.rename_axis(r_squared.index.names if grouped else "variable").to_frame()
        tables.append(table(named, "R-squared", source))
    return Summary(tuple(tables), problems, source)


def _fit_table(measures: pd.Series, reported: ReportedFit, source: str) -> FormattedTable:
    """The measures to report; where some are scaled or robust, which, and the uncorrected ones beside them."""
    kinds = {measure.name: measure for measure in reported.measures if measure.kind}
    plain = measures[[name for name in HEADLINE if name in measures.index]]
    if not kinds:
        return table(plain, "Fit measures", source)
    rows = []
    for name, value in table(plain).rows:
        kind = kinds.get(name)
        if kind is None:
            rows.append((name, value, "", ""))
        else:
            rows.append((name, _text(name, kind.value), kind.kind, value))
    headers, numeric = ("measure", "value", "kind", "uncorrected"), (False, True, False, True)
    return FormattedTable(headers, tuple(rows), numeric, "Fit measures", source)


def _text(name: str, value: float) -> str:
    """A measure with its own decimals, and adjusted degrees of freedom with theirs."""
    decimals = describe(name).decimals if name in COLUMNS else 3
    broken = decimals == 0 and not math.isnan(value) and round(value) != value
    return format_cell(name, value, 3 if broken else decimals)
