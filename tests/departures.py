"""The known departures from lavaan, as reference/departures.toml lists them: matched with fits, and as a page.

An entry names `values` (kind and name, in shell patterns: "measure cfi_robust", "se *") and says where they differ:
`when` lists facts of the fit (see `facts`), `cases` single fits by name, `said` what each side says ("missing",
"number", "huge" or the number itself), any of several. `python tests/departures.py` rewrites docs/departures.md.
"""

from __future__ import annotations

import fnmatch
import functools
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sexresearch import sem
from sexresearch.sem.inference.chisquare import scaled_test

LIST = Path(__file__).parent / "reference" / "departures.toml"
SAID = 1e-7  # absolute: lavaan's values are stored with eight digits
HUGE = 1e6  # of a standardized value: it was divided by rounding error
PAGE = Path(__file__).parent.parent / "docs" / "departures.md"


@dataclass(frozen=True)
class Departure:
    """One knowing difference: which values, where, ours, lavaan's, and the evidence."""

    id: str
    title: str
    where: str
    ours: str
    lavaan: str
    evidence: str
    values: tuple[str, ...] = ()
    when: Mapping[str, list[str]] | None = None
    cases: tuple[str, ...] = ()
    said: tuple[Mapping[str, str], ...] = ()
    counted: Mapping[str, int] | None = None  # ours in single fits of tests/reference/cases

    def covers(self, kind: str, name: str, pair: tuple[float, float], known: Mapping[str, str], case: str = "") -> bool:
        """Whether it explains our value beside lavaan's (`pair`) in a fit with these facts."""
        if self.cases and case not in self.cases:
            return False
        sides = dict(zip(("ours", "lavaan"), pair, strict=True))
        if self.said and not any(all(_says(sides[s], what) for s, what in words.items()) for words in self.said):
            return False
        if any(known.get(fact) not in allowed for fact, allowed in (self.when or {}).items()):
            return False
        return any(fnmatch.fnmatchcase(f"{kind} {name}", pattern) for pattern in self.values)


def _says(value: float, what: str) -> bool:
    if what in ("missing", "number"):
        return math.isnan(value) == (what == "missing")
    if what == "huge":
        return abs(value) > HUGE
    return math.isclose(value, float(what), abs_tol=SAID)


@functools.cache
def departures() -> tuple[Departure, ...]:
    """Every entry of the list."""
    rows = tomllib.loads(LIST.read_text(encoding="utf-8"))["departure"]
    return tuple(Departure(**{key: tuple(v) if isinstance(v, list) else v for key, v in row.items()}) for row in rows)


def facts(results: sem.Results, asked: Mapping[str, object]) -> dict[str, str]:
    """What a departure may depend on, in words; `asked` are the options as the user wrote them."""
    fitted, options = results.fitted, results.fitted.options
    sizes = [sample.nobs for sample in fitted.samples]
    labels = [row.free for row in fitted.table.rows if row.free >= 0]
    exogenous = any(role.exogenous for role in fitted.table.roles) or options.auxiliary
    own = {name: getattr(options, name) for name in OPTIONS}
    replaced = options.sampling_weights is not None or str(asked.get("estimator", "ML")).upper() == "MLR"
    return {name: str(value) for name, value in own.items()} | {
        "ordered": _ordered(results),
        "groups": "one" if len(sizes) == 1 else "equal" if len(set(sizes)) == 1 else "unequal",
        "exogenous": "none" if not exogenous else "fixed" if options.fixed_x and not options.auxiliary else "random",
        "shared": _yes(len(set(labels)) < len(labels) or fitted.constrained.n_equalities > 0),
        "weights": _yes(options.sampling_weights is not None),
        "cluster": _yes(options.cluster is not None),
        "test_replaced": _yes(options.cluster is not None and replaced),
        "improper": _yes(any("negative variance" in t or "not positive definite" in t for t in results.problems)),
        "own_paths": _yes(_own_paths(results)),
        "constrained": _yes(len(fitted.constrained.active) > 0),
        "correlation_above_one": _yes(_correlation_above_one(results)),
        **_of_the_test(results),
    }


OPTIONS = ("estimator", "discrepancy", "missing", "se", "test", "information", "parameterization")


def _ordered(results: sem.Results) -> str:
    outcomes = {name for role in results.fitted.table.roles for name in role.modelled}
    named = {name for role in results.fitted.table.roles for name in role.ordered}
    return "none" if not named else "all" if outcomes <= named else "some"


def _own_paths(results: sem.Results) -> bool:
    """Whether an observed variable is regressed on a latent one, or one that measures a latent on anything."""
    rows = results.parameters
    paths, items = rows[rows["op"] == "~"], set(rows.loc[rows["op"] == "=~", "rhs"])
    observed = paths["lhs"].isin(results.observed)
    return bool((observed & (paths["rhs"].isin(results.latents) | paths["lhs"].isin(items))).any())


def _correlation_above_one(results: sem.Results) -> bool:
    """Whether a residual covariance is larger than its two variances allow, as any is beside one of 0 or less."""
    rows = results.parameters
    pairs = rows[rows["op"] == "~~"].assign(group=rows["group"].astype(str)).set_index(["lhs", "rhs", "group"])["est"]
    own = {(lhs, group): value for (lhs, rhs, group), value in pairs.items() if lhs == rhs}
    return any(
        cov**2 > max(own.get((a, g), math.inf), 0.0) * max(own.get((b, g), math.inf), 0.0)
        for (a, b, g), cov in pairs.items()
        if a != b
    )


def _of_the_test(results: sem.Results) -> dict[str, str]:
    measures, options = results.fit_measures, results.fitted.options
    df = measures["df"]
    trace = scaled_test(results.fitted).trace if options.robust_test and df > 0 else math.nan
    kinds = ("", "_scaled") if "chisq_scaled" in measures else ("",)
    ratios = [(measures[f"chisq{k}"] * measures["baseline_df"], measures[f"baseline_chisq{k}"] * df) for k in kinds]
    worse = any(own > null for own, null in ratios)
    return {
        "df": "0" if df == 0 else "more",
        "worse_than_baseline": _yes(worse),
        "mean_of_test": "below 1" if trace < 1 else "more",
    }


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


def explained(kind: str, name: str, pair: tuple[float, float], known: Mapping[str, str], case: str = "") -> bool:
    """Whether some departure covers our value beside lavaan's."""
    return any(entry.covers(kind, name, pair, known, case) for entry in departures())


def unexplained(results: sem.Results, found: pd.DataFrame, asked: Mapping[str, object], case: str = "") -> pd.DataFrame:
    """The differences (kind, name, ours, lavaan) that no departure covers."""
    if found.empty:
        return found
    known, rows = facts(results, asked), zip(*(found[c] for c in ("kind", "name", "ours", "lavaan")), strict=True)
    covered = [explained(kind, name, (ours, lavaan), known, case) for kind, name, ours, lavaan in rows]
    return found[[not here for here in covered]]


def page() -> str:
    """docs/departures.md, from the list."""
    head = [
        "# Departures from lavaan",
        "",
        "Estimates, standard errors, tests and indices equal those of lavaan 0.6-14 in every fit the tests compare "
        "(`tests/reference`, `tests/grid`), but for the values below, where another convention or a correction was "
        "chosen knowingly. Generated from `tests/reference/departures.toml` by `python tests/departures.py`; the same "
        "list tells the tests where a difference is expected; `tests/sem/test_departures.py` computes the evidence.",
    ]
    for entry in departures():
        head += ["", f"## {entry.title}", ""]
        head += [f"- **Where:** {entry.where}", f"- **Here:** {entry.ours}", f"- **lavaan:** {entry.lavaan}"]
        head += [f"- **Evidence:** {entry.evidence}"]
    return "\n".join(head) + "\n"


def main() -> None:
    """Rewrite the page."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
