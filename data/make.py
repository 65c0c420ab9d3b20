"""Writes every computed file of this folder anew: the synthetic surveys, and what comes from fetched sets."""

import runpy
import tomllib
from pathlib import Path

import pandas as pd

from sexresearch.datasets import load, service_excellence_demo, service_excellence_world
from sexresearch.datasets.bundled import path
from sexresearch.datasets.published_moments import moments_table
from sexresearch.datasets.registry import entries
from sexresearch.sem import Results, fit

MESSY_CLIENT = runpy.run_path(str(Path(__file__).with_name("messy_client.py")))
DIGITS = "%.8g"  # significant digits of estimates; the optimizer is sure of them
SMALLEST = 10  # customers; rarer patterns are put together, so that no table comes near a single person
RARE = f"other patterns, each of fewer than {SMALLEST}"
PARAMETERS = ["lhs", "op", "rhs", "est", "se", "z", "pvalue", "ci_lower", "ci_upper", "std_all"]
MEASURES = ["ntotal", "chisq", "df", "pvalue", "cfi", "tli", "rmsea", "srmr"]
ROBUST = ["chisq_scaled", "pvalue_scaled", "chisq_scaling_factor", "cfi_robust", "tli_robust", "rmsea_robust"]


def missing_tables(name: str) -> dict[str, pd.DataFrame]:
    """The tables that `computed/<name>.toml` describes, by file name, from the answers of the fetched set."""
    about = tomllib.loads(path(f"data/computed/{name}.toml").read_text(encoding="utf-8"))
    answers = load(about["computed_from"]).answers
    fits = {f"FIML, {e}": fit(about["model"], answers, missing="fiml", estimator=e) for e in ("ML", "MLR")}
    first = fits["FIML, ML"]
    return {
        f"{name}_patterns.csv": gap_patterns(answers, list(first.observed), about["group"]),
        f"{name}_coverage.csv": first.coverage().drop(columns="group"),
        f"{name}_estimates.csv": estimates(fits),
        f"{name}_fits.csv": pd.DataFrame([fit_row(title, results) for title, results in fits.items()]),
    }


def likert_tables(name: str) -> dict[str, pd.DataFrame]:
    """The tables that `computed/<name>.toml` describes: answers as numbers and as ordered categories."""
    about = tomllib.loads(path(f"data/computed/{name}.toml").read_text(encoding="utf-8"))
    answers = load(about["computed_from"]).answers
    fits = {f"numbers, {estimator}": fit(about["model"], answers, estimator=estimator) for estimator in ("ML", "MLR")}
    fits["categories, WLSMV"] = fit(about["model"], answers, ordered=True)
    table = estimates(fits)
    return {
        f"{name}_estimates.csv": table[table["op"].isin(["=~", "~"])].reset_index(drop=True),
        f"{name}_fits.csv": pd.DataFrame([fit_row(title, results) for title, results in fits.items()]),
    }


def gap_patterns(answers: pd.DataFrame, items: list[str], group: str) -> pd.DataFrame:
    """Patterns of unanswered items by group, the most frequent first: group missing n, and of SATIS number and mean."""
    gaps = answers[items].isna()
    missing = gaps.apply(lambda row: ", ".join(gaps.columns[row]), axis="columns").rename("missing")
    size = missing.groupby([answers[group], missing]).transform("size")
    keys = [answers[group].rename("group"), missing.where(size >= SMALLEST, RARE)]
    counted = answers["SATIS"].groupby(keys, sort=False).agg(["size", "count", "mean"]).reset_index()
    counted = counted.rename(columns={"size": "n", "count": "answered", "mean": "SATIS"})
    return counted.sort_values(["group", "n"], ascending=[True, False], kind="stable", ignore_index=True)


def estimates(fits: dict[str, Results]) -> pd.DataFrame:
    """Parameters of all fits, one below the other, the name of the fit in a first column `model`."""
    tables = {title: results.parameters[PARAMETERS] for title, results in fits.items()}
    return pd.concat(tables, names=["model"]).reset_index("model").reset_index(drop=True)


def fit_row(title: str, results: Results) -> dict[str, object]:
    """Fit measures and provenance of one fit; measures that do not apply are missing."""
    measures = results.fit_measures.reindex(MEASURES + ROBUST).to_dict()
    return {"model": title} | measures | {"provenance": str(results.provenance)}


if __name__ == "__main__":
    demo = service_excellence_demo.generate().answers
    demo.to_csv(path("data/synthetic") / "service_excellence_demo.csv", index=False, lineterminator="\n")
    world = service_excellence_world.generate()
    for part, frame in world.files().items():
        frame.to_csv(path("data/synthetic") / part, index=False, lineterminator="\n")
    (path("data/synthetic") / "messy_client.xlsx").write_bytes(MESSY_CLIENT["content"]())
    for entry in entries():
        if entry.computed_from:
            table = moments_table(load(entry.computed_from).answers, entry.variables, entry.group)
            table.to_csv(path("data") / entry.file, index=False, lineterminator="\n")
    for file, table in (missing_tables("acsi_2015_missing") | likert_tables("corp_rep2_likert")).items():
        table.to_csv(path("data/computed") / file, index=False, lineterminator="\n", float_format=DIGITS)
