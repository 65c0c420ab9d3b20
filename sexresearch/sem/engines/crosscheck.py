"""The same model fitted by other software, parameter by parameter beside ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import LibraryError, OptionError
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.engines.semopy_engine import refusals, semopy_solution
from sexresearch.sem.inference.parameter_frame import parameter_frame
from sexresearch.sem.language.levels import refuse_levels
from sexresearch.sem.output.lavaan_script import lavaan_script
from sexresearch.sem.output.results import Results

OtherEngine = Literal["semopy", "lavaan"]
ENGINES: tuple[OtherEngine, ...] = get_args(OtherEngine)
PATIENCE = 600  # seconds for R

EngineEstimates: TypeAlias = pd.DataFrame | str  # est and se in the order of our parameters, or why there are none


@in_words
def crosscheck(results: Results, engines: Sequence[OtherEngine] = ENGINES) -> pd.DataFrame:
    """Our estimates and standard errors beside those of semopy and, where R has it, lavaan.

    Parameters
    ----------
    results : Results
        A fit with the native engine.
    engines : sequence of {"semopy", "lavaan"}
        Which to set beside ours.

    Returns
    -------
    DataFrame
        One row per parameter, fixed and defined ones included: lhs, op, rhs, label, group, est, se; semopy, semopy_se,
        difference, se_difference; lavaan, lavaan_se, lavaan_difference, lavaan_se_difference; note. Differences are
        ours less theirs. Numbers that cannot be had are missing, and note says why.

    Raises
    ------
    OptionError
        An unknown engine, or results that are semopy's own.

    Notes
    -----
    semopy (Igolkina & Meshcheryakov 2020, doi 10.1080/10705511.2019.1704289) minimises in Python, and lavaan (Rosseel
    2012, doi 10.18637/jss.v048.i02) in R, by the script of `Results.lavaan_script` on the rows that the fit used.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame(rng.normal(size=(200, 2)), columns=["x", "y"])
    >>> table = crosscheck(fit("y ~ x", data), engines=["semopy"])
    >>> bool(table["difference"].abs().max() < 1e-6)
    True
    """
    unknown = [name for name in engines if name not in ENGINES]
    if isinstance(engines, str) or unknown:
        raise OptionError(f"engines takes a list of {', '.join(ENGINES)}; found {engines!r}")
    if not isinstance(results, Results):
        raise OptionError(f"crosscheck takes the Results of a fit; found {type(results).__name__}")
    refuse_levels(results.model.statements, "crosscheck")
    if results.provenance.engine != "native":
        raise OptionError("crosscheck sets our own fit beside others; these results are semopy's: use engine='native'")
    table = results.parameters[["lhs", "op", "rhs", "label", "group", "est", "se"]].copy()
    reasons = []
    for engine in engines:
        estimates = _engine_estimates(results, engine)
        if isinstance(estimates, str):
            reasons.append(f"{engine}: not comparable, because {estimates}")
            estimates = pd.DataFrame(np.nan, index=table.index, columns=["est", "se"])
        prefix = "" if engine == "semopy" else f"{engine}_"
        table[engine], table[f"{engine}_se"] = estimates["est"], estimates["se"]
        table[f"{prefix}difference"] = table["est"] - estimates["est"]
        table[f"{prefix}se_difference"] = table["se"] - estimates["se"]
    return table.assign(note="; ".join(reasons))


def _engine_estimates(results: Results, engine: str) -> EngineEstimates:
    if not results.converged:
        return "our own fit did not converge"
    return _semopy(results) if engine == "semopy" else _lavaan(results)


def _semopy(results: Results) -> EngineEstimates:
    reasons = refusals(results.fitted)
    if reasons:
        return "; ".join(reasons)
    try:
        fitted, errors = semopy_solution(results.fitted)
    except LibraryError as error:
        return str(error)
    solution = fitted.constrained.solution
    return parameter_frame(fitted, errors)[["est", "se"]] if solution.converged else solution.trouble


def _lavaan(results: Results) -> EngineEstimates:
    program = shutil.which("Rscript")
    if program is None:
        return "R is not installed here (no Rscript on the path)"
    with tempfile.TemporaryDirectory() as folder:
        script, answers, output = (Path(folder) / name for name in ("fit.R", "answers.csv", "parameters.csv"))
        script.write_text(GUARD + lavaan_script(results.model, results.fitted) + WRITE, encoding="utf-8")
        rows = [_answers(results, sample) for sample in results.fitted.samples if sample.answers is not None]
        if rows:
            pd.concat(rows).to_csv(answers, index=False)
        why = _run([program, str(script), str(answers), str(output)])
        return why or _aligned(results, pd.read_csv(output, keep_default_na=False, na_values={"est": "NA", "se": "NA"}))


GUARD = 'if (!requireNamespace("lavaan", quietly = TRUE)) stop("R has no package lavaan here")\n'
WRITE = """
rows <- parTable(fit)
if (is.null(rows$se)) rows$se <- NA
if (!lavInspect(fit, "converged")) stop("lavaan did not converge")
write.csv(rows[c("lhs", "op", "rhs", "group", "est", "se")], commandArgs(trailingOnly = TRUE)[2], row.names = FALSE)
"""


def _run(command: list[str]) -> str:
    """Run R in a UTF-8 locale; the reason why nothing came of it, empty where all went well."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    environment = os.environ | {"LANGUAGE": "en"} | ({} if "utf" in locale.lower() else {"LC_ALL": "C.UTF-8"})
    try:
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", env=environment, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return f"R took longer than {PATIENCE} seconds"
    if done.returncode == 0:
        return ""
    message = " ".join(done.stderr.split("Error")[-1].split())
    return f"R stopped with {message.removesuffix(' Execution halted').lstrip(': ')!r}"


def _answers(results: Results, sample: Sample) -> pd.DataFrame:
    """The rows a group's fit used, as a data frame with the columns that the options name."""
    answers, options = sample.answers, results.fitted.options
    assert answers is not None
    frame = pd.DataFrame(answers.values, columns=list(sample.names))
    for name, levels in results.fitted.categories.items():
        if isinstance(levels[0], str):
            frame[name] = [None if np.isnan(code) else levels[int(code) - 1] for code in frame[name]]
    named = {"group": answers.label, "cluster": answers.clusters, "sampling_weights": answers.weights}
    for option, values in named.items():
        if (name := getattr(options, option)) is not None:
            frame[name] = values
    return frame


def _aligned(results: Results, theirs: pd.DataFrame) -> EngineEstimates:
    """lavaan's rows in the order of ours; groups are numbered there and labelled here."""
    ours, labels = results.parameters, [None, *results.groups]
    groups = [labels[number] if results.groups else None for number in theirs["group"]]
    known = {
        _key(row.lhs, row.op, row.rhs, group): (row.est, row.se)
        for row, group in zip(theirs.itertuples(), groups, strict=True)
    }
    keys = [_key(*row) for row in ours[["lhs", "op", "rhs", "group"]].itertuples(index=False)]
    absent = [" ".join(map(str, ours.loc[i, ["lhs", "op", "rhs"]])) for i, key in enumerate(keys) if key not in known]
    if absent:
        return f"its model has no parameter {', '.join(absent)}"
    return pd.DataFrame([known[key] for key in keys], columns=["est", "se"], index=ours.index)


def _key(lhs: str, op: str, rhs: str, group: object) -> tuple[object, ...]:
    """What a parameter is: covariances have no direction, definitions are known by their name."""
    sides = tuple(sorted((lhs, rhs))) if op == "~~" else (lhs, "" if op == ":=" else rhs)
    return (*sides, op, None if group is pd.NA else group)
