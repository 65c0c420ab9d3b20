"""`model_table`: several fits side by side, estimates with standard errors, measures of fit below."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import OptionError
from sexresearch.report.apa import p_cell
from sexresearch.report.naming import located
from sexresearch.report.paper_tables import STARS_NOTE, PaperTable, starred
from sexresearch.report.pooled_words import pooling_note
from sexresearch.sem import Pooled, Results
from sexresearch.sem.view import reported
from sexresearch.verdict import short

Rows = Literal["paths", "loadings", "both"]
OPERATORS = {"paths": ("~", ":="), "loadings": ("=~",), "both": ("=~", "~", ":=")}
MEASURES = {"chisq": "χ²", "df": "df", "pvalue": "p", "cfi": "CFI", "tli": "TLI", "rmsea": "RMSEA", "srmr": "SRMR"}


@in_words
def model_table(
    *results: Results | Pooled,
    names: Sequence[str] | None = None,
    rows: Rows = "paths",
    standardized: bool = False,
    stars: bool = True,
    labels: Mapping[str, str] | None = None,
) -> PaperTable:
    """Several fits side by side, as papers compare models.

    Parameters
    ----------
    *results : Results or Pooled
        One or more fits, each of one data set or pooled over imputed ones.
    names : sequence of str, optional
        Names of the models. Default: "Model 1", "Model 2", ….
    rows : {"paths", "loadings", "both"}
        Which estimates; of a model without paths, its loadings.
    standardized : bool
        Print std_all; standard errors are those of the unstandardized estimates and are then left out.
    stars : bool
        Mark p < .05, .01, .001, with a note.
    labels : dict of str by str, optional
        Names in the table by names in the models.

    Returns
    -------
    PaperTable
        One row per estimate that any model has, "(SE)" behind it, empty where a model has none; below them the test,
        CFI, TLI, RMSEA, SRMR, AIC, BIC and n that each estimator calls for. `report` writes it to .docx, .tex,
        .html or .xlsx.

    Raises
    ------
    OptionError
        No fit, something else than fits, or another number of names.

    Notes
    -----
    A model that did not converge has no numbers, and the note says so. AIC and BIC compare models of the same data.

    Examples
    --------
    >>> import sexresearch as sx
    >>> moments = sx.datasets.load("mobi_moments")
    >>> a = sx.fit("joy =~ CUSA1 + CUSA2 + CUSA3; CUSCO ~ joy", moments=moments)
    >>> b = sx.fit("joy =~ CUSA1 + CUSA2 + CUSA3; CUSCO ~ joy + IMAG1", moments=moments)
    >>> model_table(a, b, names=["short", "long"]).frame.iloc[:2, 0].tolist()
    ['joy → CUSCO', 'IMAG1 → CUSCO']
    """
    titles = _titles(results, names)
    if rows not in get_args(Rows):
        raise OptionError(f"rows {rows!r} is not known; allowed: {', '.join(get_args(Rows))}")
    columns = [_estimates(fit, rows, standardized, stars, labels or {}) for fit in results]
    if rows == "paths" and not any(columns):
        columns = [_estimates(fit, "loadings", standardized, stars, labels or {}) for fit in results]
    keys = list(dict.fromkeys(key for column in columns for key in column))
    measures = [_measures(fit) for fit in results]
    below = list(dict.fromkeys(key for column in measures for key in column))
    frame = pd.DataFrame({"": [*keys, *below]})
    for title, column, own in zip(titles, columns, measures, strict=True):
        frame[title] = [*(column.get(key, "") for key in keys), *(own.get(key, "") for key in below)]
    return PaperTable(frame, "Models side by side", _note(results, titles, standardized, stars))


def _titles(results: Sequence[Results | Pooled], names: Sequence[str] | None) -> list[str]:
    wrong = [type(fit).__name__ for fit in results if not isinstance(fit, Results | Pooled)]
    if wrong or not results:
        raise OptionError(f"model_table takes the results of one or more fits; found {', '.join(wrong) or 'none'}")
    titles = [f"Model {k}" for k in range(1, len(results) + 1)] if names is None else [str(name) for name in names]
    if len(titles) != len(results) or len(set(titles)) != len(titles):
        raise OptionError(f"names takes {len(results)} different names; found {titles}")
    return titles


def _estimates(
    fit: Results | Pooled, rows: str, standardized: bool, stars: bool, labels: Mapping[str, str]
) -> dict[str, str]:
    if not fit.converged:
        return {}
    kept = fit.parameters[fit.parameters["op"].isin(OPERATORS[rows])]
    cells = {}
    for row in kept.to_dict("records"):
        cause, effect = (labels.get(row[end], row[end]) for end in ("rhs", "lhs"))
        pair = (
            f"{cause} → {effect}" if row["op"] == "~" else f"{effect} → {cause}" if row["op"] == "=~" else str(effect)
        )
        where = f" ({located(row)})" if located(row) else ""
        cells[pair + where] = _cell(row, standardized, stars)
    return cells


def _cell(row: Mapping[str, float], standardized: bool, stars: bool) -> str:
    value = float(row["std_all" if standardized else "est"])
    if math.isnan(value):
        return ""
    shown = short(value) if standardized else f"{value:.2f}"
    beside = "" if standardized or not row["se"] > 0 else f" ({row['se']:.2f})"
    return f"{shown}{starred(float(row['pvalue'])) if stars else ''}{beside}"


def _measures(fit: Results | Pooled) -> dict[str, str]:
    if not fit.converged:
        return {"n": str(fit.nobs)}
    shown, cells = reported(fit), {}
    for name, words in MEASURES.items():
        value = shown.value(name)
        bounded = p_cell(value) if name == "pvalue" else "" if math.isnan(value) else short(value, 3)
        cells[words] = {"chisq": f"{value:.2f}", "df": f"{value:.5g}"}.get(name, bounded)
    for name in ("aic", "bic"):
        value = float(fit.fit_measures.get(name, math.nan))
        if not math.isnan(value):
            cells[name.upper()] = f"{value:.2f}"
    return cells | {"n": str(fit.nobs)}


def _note(results: Sequence[Results | Pooled], titles: Sequence[str], standardized: bool, stars: bool) -> str:
    parts = ["Standardized estimates." if standardized else "Estimates with standard errors in parentheses."]
    kinds = {title: reported(fit).test for title, fit in zip(titles, results, strict=True) if fit.converged}
    for kind in dict.fromkeys(filter(None, kinds.values())):
        own = [title for title, kind_of_title in kinds.items() if kind_of_title == kind]
        which = "" if len(own) == len(titles) else f" ({', '.join(own)})"
        parts.append(f"χ² is {kind}{which}; CFI, TLI and RMSEA are robust or scaled accordingly.")
    for title, fit in zip(titles, results, strict=True):
        parts += [f"{title} did not converge."] if not fit.converged else []
        parts += [f"{title} is not admissible."] if fit.converged and fit.inadmissible else []
        parts += [f"{title}: {pooling_note(fit)}."] if isinstance(fit, Pooled) else []
    return " ".join([*parts, *([STARS_NOTE] if stars else [])])
