"""`apa_table`: one fit, or one question about it, as a table in the style of the American Psychological Association."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, get_args

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.chain.measurement.reliability import reliability
from sexresearch.chain.measurement.separation import fornell_larcker
from sexresearch.chain.paths.effects import effects
from sexresearch.errors import ModelError, OptionError
from sexresearch.report.naming import labelled
from sexresearch.report.paper_tables import PaperTable
from sexresearch.report.paths import with_limits
from sexresearch.report.pooled_words import pooling_note
from sexresearch.report.result_tables import fit_table
from sexresearch.sem import Pooled, Results
from sexresearch.sem.view import reported
from sexresearch.verdict import short

Kind = Literal["parameters", "correlations", "invariance", "mediation", "fit"]
OF_FRAMES = ("invariance", "mediation")
SIGNS = {"=~": "Loading", "~": "Path", "~~": "Covariance", "~1": "Intercept", "|": "Threshold", ":=": "Defined"}
STEPS = ("step", "chisq", "df", "cfi", "rmsea", "srmr", "chisq_diff", "df_diff", "pvalue", "cfi_change", "rmsea_change")


@in_words
def apa_table(
    results: Results | Pooled | pd.DataFrame,
    kind: Kind = "parameters",
    *,
    labels: Mapping[str, str] | None = None,
    caption: str = "",
) -> PaperTable:
    """A fit as a table for a paper.

    Parameters
    ----------
    results : Results, Pooled or DataFrame
        A fit, or several pooled; for "invariance" the table of `invariance`, for "mediation" a fit or that of
        `effects`.
    kind : {"parameters", "correlations", "invariance", "mediation", "fit"}
        "parameters": loadings, paths and covariances with standard errors, 95 % intervals and standardized estimates;
        of pooled fits also the fraction of missing information (FMI).
        "correlations": of the constructs, with AVE on the diagonal and composite reliability (CR). "invariance": the
        ladder with its differences. "mediation": direct, indirect and total effects. "fit": test and indices.
    labels : dict of str by str, optional
        Names in the table by names in the model; names that do not occur are ignored.
    caption : str
        Above the table. Default: what the table shows.

    Returns
    -------
    PaperTable
        `frame`, `caption` and `note`; shows itself in a notebook, and `report` writes it to .docx, .tex, .html or
        .xlsx.

    Raises
    ------
    OptionError
        `kind` does not go with what was given.
    ModelError
        The fit did not converge, or holds nothing of that kind.

    Notes
    -----
    American Psychological Association (2020), Publication Manual, 7th ed., doi 10.1037/0000165-000: no leading zero
    where a value cannot exceed one. Where the solution is not admissible, the note says so.

    Examples
    --------
    >>> import sexresearch as sx
    >>> results = sx.fit("joy =~ CUSA1 + CUSA2 + CUSA3 + CUSCO", moments=sx.datasets.load("mobi_moments"))
    >>> apa_table(results).frame["β"].tolist()
    ['.63', '.75', '.81', '.61']
    """
    if kind not in get_args(Kind):
        raise OptionError(f"kind {kind!r} is not known; allowed: {', '.join(get_args(Kind))}")
    if isinstance(results, pd.DataFrame) != (kind == "invariance") and not (
        kind == "mediation" and isinstance(results, pd.DataFrame)
    ):
        wanted = "the table of invariance()" if kind == "invariance" else "the Results of a fit"
        raise OptionError(f"apa_table of kind {kind!r} takes {wanted}; found {type(results).__name__}")
    if isinstance(results, Results | Pooled) and not results.converged:
        raise ModelError("the fit did not converge, so there are no estimates to print")
    made = MAKERS[kind](results, labels or {})
    improper = isinstance(results, Results | Pooled) and bool(results.inadmissible)
    note = " ".join(filter(None, [made.note, "The solution is not admissible." if improper else ""]))
    return PaperTable(made.frame, caption or made.caption, note)


def _parameters(results: Results | Pooled, labels: Mapping[str, str]) -> PaperTable:
    rows = with_limits(results)
    kept = rows[rows["op"].isin(["=~", "~", ":="]) | ((rows["op"] == "~~") & (rows["lhs"] != rows["rhs"]))]
    if kept.empty:
        raise ModelError("the model has no loading, path or covariance to print")
    named = labelled(kept, labels)
    frame = pd.DataFrame({"": [SIGNS[op] for op in kept["op"]], "Parameter": [_words(row) for row in _records(named)]})
    frame = _placed(frame, kept)
    frame["B"] = [_two(value) for value in kept["est"]]
    frame["SE"] = ["–" if se == 0 else _two(se) for se in kept["se"]]
    frame["95% CI"] = [_limits(row["ci_lower"], row["ci_upper"], row["se"]) for row in _records(kept)]
    frame["β"] = [_bounded(value) for value in kept["std_all"]]
    frame["β 95% CI"] = [_bounded_limits(row["std_all_ci_lower"], row["std_all_ci_upper"]) for row in _records(kept)]
    frame["p"] = [p_cell(value) for value in kept["pvalue"]]
    note = f"{_about(results)} B = estimate in the units of the data; β = standardized; – fixed by the model."
    if isinstance(results, Pooled):
        frame["FMI"] = [_bounded(value) for value in kept["fmi"]]
        note += " FMI = fraction of missing information."
    return PaperTable(frame, "Parameter estimates", note)


def _placed(frame: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """The table with a column of groups, and of levels, where the rows have several."""
    for name in ("group", "level"):
        if name in rows.columns and rows[name].notna().any():
            frame[name.capitalize()] = ["" if pd.isna(value) else str(value) for value in rows[name]]
    return frame


def _words(row: dict) -> str:
    if row["op"] == "~":
        return f"{row['rhs']} → {row['lhs']}"
    if row["op"] == "=~":
        return f"{row['lhs']} → {row['rhs']}"
    return f"{row['lhs']} ↔ {row['rhs']}" if row["op"] == "~~" else str(row["lhs"])


def _correlations(results: Results | Pooled, labels: Mapping[str, str]) -> PaperTable:
    fit = _estimated(results)
    measured, pairs = reliability(fit), fornell_larcker(fit)
    parts = []
    for group in results.groups or (None,):
        own = measured if group is None else measured[measured["group"] == group]
        rows = pairs if group is None else pairs[pairs["group"] == group]
        part = _matrix(own, rows, labels)
        parts.append(part if group is None else part.assign(Group=str(group)))
    note = f"{_about(results)} CR = composite reliability (ω); average variance extracted on the diagonal."
    return PaperTable(pd.concat(parts, ignore_index=True), "Correlations of the constructs", note)


def _matrix(measured: pd.DataFrame, pairs: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    names = measured["construct"].tolist()
    known = {frozenset((a, b)): r for a, b, r in zip(pairs["a"], pairs["b"], pairs["correlation"], strict=True)}
    frame = pd.DataFrame({"Construct": [f"{k}. {labels.get(name, name)}" for k, name in enumerate(names, start=1)]})
    frame["CR"] = [_bounded(value) for value in measured["omega"]]
    for column, other in enumerate(names):
        cells = [_bounded(known.get(frozenset((name, other)), math.nan)) for name in names]
        own = _bounded(float(measured["ave"].iloc[column]))
        frame[str(column + 1)] = [
            own if row == column else cell if row > column else "" for row, cell in enumerate(cells)
        ]
    return frame


def _invariance(steps: pd.DataFrame, labels: Mapping[str, str]) -> PaperTable:
    absent = [name for name in ("step", "chisq", "df", "cfi", "rmsea") if name not in steps.columns]
    if absent:
        raise OptionError(f"kind 'invariance' takes the table of invariance(); it has no {', '.join(absent)}")
    kinds = {"chisq": "χ²", "df": "df", "cfi": "CFI", "rmsea": "RMSEA", "srmr": "SRMR", "chisq_diff": "Δχ²"}
    kinds |= {"df_diff": "Δdf", "pvalue": "p", "cfi_change": "ΔCFI", "rmsea_change": "ΔRMSEA"}
    scaled = "chisq_scaled" in steps.columns and steps["chisq_scaled"].notna().any()
    frame = pd.DataFrame({"Model": steps["step"].astype(str).tolist()})
    for name in (name for name in STEPS[1:] if name in steps.columns):
        source = f"{name}_scaled" if name == "chisq" and scaled else name
        best = f"{name}_robust" if name in ("cfi", "rmsea") and f"{name}_robust" in steps.columns else source
        frame[kinds[name]] = [_cell(name, value) for value in steps[best]]
    free = [f"{row.step}: {', '.join(row.released)}" for row in steps.itertuples() if len(getattr(row, "released", ()))]
    note = f"Set free: {'; '.join(free)}." if free else ""
    kinded = "χ² is scaled, CFI and RMSEA are robust. " if scaled else ""
    return PaperTable(frame, "Measurement invariance", f"{kinded}{note}".strip())


def _cell(name: str, value: object) -> str:
    number = math.nan if value is None or pd.isna(value) else float(str(value))
    if name == "pvalue":
        return p_cell(number)
    if name in ("df", "df_diff"):
        return "" if math.isnan(number) else f"{number:.5g}"
    return _two(number) if name.startswith("chisq") else "" if math.isnan(number) else short(number, 3)


def _mediation(results: Results | Pooled | pd.DataFrame, labels: Mapping[str, str]) -> PaperTable:
    rows = results if isinstance(results, pd.DataFrame) else effects(_estimated(results))
    absent = [name for name in ("effect", "path", "est", "ci_lower", "ci_upper") if name not in rows.columns]
    if absent:
        raise OptionError(f"kind 'mediation' takes a fit or the table of effects(); it has no {', '.join(absent)}")
    named = labelled(rows, labels)
    frame = pd.DataFrame({"Effect": named["effect"].tolist(), "Path": named["path"].tolist()})
    frame = _placed(frame, rows)
    frame["B"], frame["SE"] = [[_two(value) for value in rows[name]] for name in ("est", "se")]
    frame["95% CI"] = [_limits(row["ci_lower"], row["ci_upper"], row["se"]) for row in _records(rows)]
    frame["β"] = [_bounded(value) for value in rows["std_all"]]
    frame["p"] = [p_cell(value) for value in rows["pvalue"]]
    how = ", ".join(dict.fromkeys(rows["interval"].dropna().astype(str)))
    note = f"Intervals: {how}. " if how else ""
    about = f" {_about(results)}" if isinstance(results, Pooled) else ""
    return PaperTable(frame, "Direct, indirect and total effects", f"{note}B = in the units of the data.{about}")


def _fit(results: Results | Pooled, labels: Mapping[str, str]) -> PaperTable:
    made = fit_table(results, zeros=False)
    return PaperTable(made.frame, "Fit of the model", " ".join(filter(None, [_about(results), made.note])))


def _estimated(results: Results | Pooled) -> Results:
    """What holds the estimates and their covariance: the fit itself, or the model at the pooled ones."""
    return results if isinstance(results, Results) else results.at_mean


def _about(results: Results | Pooled) -> str:
    kind = reported(results).test
    errors = {"robust_sem": "robust", "robust_huber_white": "robust (Huber–White)", "robust_cluster": "cluster-robust"}
    se = errors.get(results.options.se or "", "")
    text = f"n = {results.nobs}; estimator {results.options.estimator}"
    pooled = f"; {pooling_note(results)}" if isinstance(results, Pooled) else ""
    return text + (f"; {se} standard errors" if se else "") + (f"; {kind} test" if kind else "") + f"{pooled}."


def _records(frame: pd.DataFrame) -> list[dict]:
    return frame.to_dict("records")


def _two(value: float) -> str:
    return "" if math.isnan(value) else f"{value + 0.0:.2f}"


def _bounded(value: float) -> str:
    return "" if math.isnan(value) else short(float(value))


def _limits(low: float, high: float, se: float) -> str:
    return "" if math.isnan(low) or se == 0 else f"[{_two(low)}, {_two(high)}]"


def _bounded_limits(low: float, high: float) -> str:
    return "" if math.isnan(low) else f"[{_bounded(low)}, {_bounded(high)}]"


def p_cell(value: float) -> str:
    """A p value in a cell, never equal to 0 or 1.

    >>> p_cell(0.0001), p_cell(0.0312)
    ('< .001', '.031')
    """
    if math.isnan(value):
        return ""
    return "< .001" if value < 0.001 else "> .999" if value > 0.999 else short(value, 3)


MAKERS = {
    "parameters": _parameters,
    "correlations": _correlations,
    "invariance": _invariance,
    "mediation": _mediation,
    "fit": _fit,
}
