"""Our results beside lavaan's, value by value: parameters, every fit measure, and what is computed after the fit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
from pandas.api.types import is_numeric_dtype
from reference_cases import Values, as_text, parameter_values

from sexresearch import sem
from sexresearch.errors import ModelError

ESTIMATE = 1e-5  # absolute, relative above 1: lavaan's values are polished by Newton steps before they are stored
STANDARD_ERROR = 1e-4  # relative: some of lavaan's are from a numerical Hessian
SMALLEST_ERROR = 1e-4  # below this the tolerance is absolute: a parameter that a constraint fixes has se 0
STANDARDIZED = 1e-4  # absolute
MEASURE = 1e-4  # absolute, relative above 1: p values and intervals go through root finding on both sides
MOMENT = 1e-5  # absolute, relative above 1: sums and products of estimates
MODE = 2e-3  # of a factor's spread, 1 or more: lavaan's search for the mode of ordered items' scores stops where the
# density hardly changes
NOT_OFFERED = {"rmsea_ci_level", "rmsea_close_h0", "rmsea_notclose_h0", "nobs"}  # constants of lavaan's definitions
TOLERANCES = {"est": (ESTIMATE, 1.0), "se": (STANDARD_ERROR, SMALLEST_ERROR), "std_all": (STANDARDIZED, 1.0)}
TOLERANCES |= dict.fromkeys(("raw", "cor", "score"), (MOMENT, 1.0))
OTHERS = (MEASURE, 1.0)
RESIDUALS = ("raw", "cor", "normalized", "standardized")


@dataclass(frozen=True)
class Answers:
    """What grid.R wrote: an outcome per fit, and the tables of those that lavaan fitted."""

    outcomes: pd.DataFrame
    parameters: pd.DataFrame
    measures: pd.DataFrame
    after: pd.DataFrame

    @cached_property
    def _parts(self) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
        return dict(list(self.parameters.groupby("case"))), dict(list(self.after.groupby("case")))

    def of(self, name: str) -> Values:
        """Every value of one fit; a measure is NaN where lavaan says NA and absent where it does not speak of it."""
        parameters, after = (part[name] for part in self._parts)
        row = self.measures.loc[name]
        said = {("measure", key): float(text) for key, text in row.items() if text and key not in NOT_OFFERED}
        later = zip(after["kind"], after["name"], after["value"], strict=True)
        return parameter_values(parameters) | said | {(k, n): v for k, n, v in later if not math.isnan(v)}


def read_answers(folder: Path) -> Answers:
    """The tables in a folder; text columns hold empty strings, measures have our names."""
    read = {name: pd.read_csv(folder / f"{name}.csv") for name in ("outcomes", "parameters", "after")}
    for frame in read.values():
        text = [name for name in frame if not is_numeric_dtype(frame[name]) or name in ("group", "said")]
        for name in text:
            frame[name] = as_text(frame[name])
    measures = pd.read_csv(folder / "fit_measures.csv", index_col="case", dtype=str, keep_default_na=False)
    measures = measures.replace("NA", "nan")
    measures.columns = measures.columns.str.replace(".", "_")
    return Answers(read["outcomes"].set_index("case"), read["parameters"], measures, read["after"])


def our_values(results: sem.Results, kinds: Iterable[str]) -> Values:
    """Our values of some kinds under lavaan's names."""
    found = parameter_values(results.parameters)
    found |= {("measure", str(name)): float(value) for name, value in results.fit_measures.items()}
    wanted = set(kinds)
    for kind in RESIDUALS:
        found |= _residuals(results, kind) if kind in wanted else {}
    found |= _indices(results) if "mi" in wanted else {}
    found |= _r_squared(results) if "r_squared" in wanted else {}
    found |= _scores(results) if "score" in wanted else {}
    return found | (_score_tests(results) if "score_test" in wanted else {})


def _r_squared(results: sem.Results) -> Values:
    keys = [key if isinstance(key, tuple) else ("", key) for key in results.r_squared.index]
    return {("r_squared", f"{n} {g}"): v for (g, n), v in zip(keys, results.r_squared, strict=True)}


def _residuals(results: sem.Results, kind: str) -> Values:
    rows = results.residual_table(kind)  # type: ignore[arg-type]
    rows = rows[rows["op"] == "~~"]
    cells = zip(rows["lhs"], rows["rhs"], as_text(rows["group"]), rows["residual"], strict=True)
    return {(kind, f"{a} {b} {g}"): value for lhs, rhs, g, value in cells for a, b in ((lhs, rhs), (rhs, lhs))}


def _indices(results: sem.Results) -> Values:
    rows = results.modification_indices(sort=False)
    turned = rows[rows["op"] == "~~"].rename(columns={"lhs": "rhs", "rhs": "lhs"})
    both = pd.concat([rows, turned])
    names = both["lhs"] + " " + both["op"] + " " + both["rhs"] + " " + as_text(both["group"])
    return {(kind, name): value for kind in ("mi", "epc") for name, value in zip(names, both[kind], strict=True)}


def _scores(results: sem.Results) -> Values:
    try:
        scores = results.factor_scores()
    except ModelError:  # no scores after an improper solution from ordered items
        return {}
    return {("score", f"{name} {row}"): v for name in scores for row, v in zip(scores.index, scores[name], strict=True)}


def _score_tests(results: sem.Results) -> Values:
    """The joint test, and the single ones by size; a single constraint stands in one row."""
    rows = results.score_tests()
    single = sorted(rows["chisq"].iloc[1:] if len(rows) > 1 else rows["chisq"], reverse=True)
    found = {"chisq": rows["chisq"].iloc[0], "df": rows["df"].iloc[0]}
    found |= {f"largest{number + 1}": value for number, value in enumerate(single)}
    return {("score_test", name): float(value) for name, value in found.items()}


def differences(results: sem.Results, theirs: Mapping[tuple[str, str], float]) -> pd.DataFrame:
    """Every value of lavaan's that ours do not equal, and parameters that one side lacks: kind, name, ours, lavaan."""
    ours = our_values(results, {kind for kind, _ in theirs})
    rows = [
        ("row", name, v, math.nan) for (kind, name), v in ours.items() if kind == "est" and ("est", name) not in theirs
    ]
    spreads = _spreads(ours) if results.fitted.categories else {}
    for (kind, name), value in theirs.items():
        own = ours.get((kind, name), math.nan)
        searched = spreads.get(name.rpartition(" ")[0]) if kind == "score" else None
        tolerance, floor = (MODE, max(1.0, searched)) if searched else TOLERANCES.get(kind, OTHERS)
        if not (abs(own - value) <= tolerance * max(floor, abs(value)) or (math.isnan(own) and math.isnan(value))):
            rows.append((kind, name, own, value))
    return pd.DataFrame(rows, columns=["kind", "name", "ours", "lavaan"])


def _spreads(values: Values) -> dict[str, float]:
    """The standard deviation of each factor's scores."""
    found = {name: value for (kind, name), value in values.items() if kind == "score"}
    if not found:
        return {}
    scores = pd.Series(found, dtype=float)
    return {str(f): float(own.std()) for f, own in scores.groupby(scores.index.str.rpartition(" ").get_level_values(0))}
