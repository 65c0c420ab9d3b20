"""Every statistic that sums make, of a million rows in Parquet files beside those of the same rows in memory.

KPIs also of a warehouse: Ibis over a DuckDB file.

python sources_as_memory.py [ROWS] [--only WORD]

Five-point answers to six items in 2,000 branches of two brands, in files cut at random places; rows of the files must
never be read into memory. The table of largest differences goes to RESULTS.md when all were compared.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import resource
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import duckdb
import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from results_page import machine, markdown, write_section

import sexresearch as sx
from sexresearch.sem.data import observed
from sexresearch.sem.data.sources import IbisSource
from sexresearch.survey import Construct, Field, Instrument, Item, ResponseScale

AGREES = 1e-8  # relative: sums in another order
SEARCHED = 1e-6  # relative: a search that ends when it changes by less than this decides in either
SMALL = 1e-3  # fit measures below it are compared absolutely in its units: a chi-square of nearly nothing has no digits
BRANCHES = 2000
ITEMS = "abcdef"
MODEL = "joy =~ a + b + c\nstay =~ d + e + f\nstay ~ joy"
WITH_X = MODEL + " + x"
LEVELS = "level: 1\njoy =~ a + b + c\njoy ~ x\nlevel: 2\njoy =~ a + b + c\njoy ~ z"
ROBUST = {"cluster": "branch"}
GROUPS = {"group": "brand", "group_equal": ["loadings", "intercepts"]}
GAPS = {"missing": "fiml"}
ORDERED = {"ordered": True}

Frame = pd.DataFrame | pd.Series
Question = Callable[[sx.Results], Frame]

FITS: dict[str, tuple[str, dict[str, object]]] = {
    "ML": (WITH_X, {}),
    "ML, groups, equality": (WITH_X, GROUPS),
    "ML, weights": (WITH_X, {"sampling_weights": "w"}),
    "ML, cluster-robust": (MODEL, ROBUST),
    "ML, cluster-robust, groups, equality, weights": (WITH_X, {**ROBUST, **GROUPS, "sampling_weights": "w"}),
    "MLM": (MODEL, {"estimator": "MLM"}),
    "MLM, groups, equality": (MODEL, {"estimator": "MLM", **GROUPS}),
    "MLMV": (MODEL, {"estimator": "MLMV"}),
    "MLR": (MODEL, {"estimator": "MLR"}),
    "MLF": (MODEL, {"estimator": "MLF"}),
    "GLS, groups": (MODEL, {"estimator": "GLS", "group": "brand"}),
    "ULS": (MODEL, {"estimator": "ULS"}),
    "WLS": (MODEL, {"estimator": "WLS"}),
    "FIML": (WITH_X, GAPS),
    "FIML, MLR, groups, equality": (MODEL, {**GAPS, **GROUPS, "estimator": "MLR"}),
    "FIML, MLR, weights": (WITH_X, {**GAPS, "estimator": "MLR", "sampling_weights": "w"}),
    "FIML, cluster-robust": (WITH_X, {**GAPS, **ROBUST}),
    "WLSMV": (MODEL, ORDERED),
    "WLSMV, pairwise": (MODEL, {**ORDERED, "missing": "pairwise"}),
    "WLSMV, groups, equality": (MODEL, {**ORDERED, "group": "brand", "group_equal": ["loadings", "thresholds"]}),
    "WLSMV, weights": (MODEL, {**ORDERED, "sampling_weights": "w"}),
    "WLSMV, cluster-robust": (MODEL, {**ORDERED, **ROBUST}),
    "WLSMV, cluster-robust, groups, weights": (
        MODEL,
        {**ORDERED, **ROBUST, "group": "brand", "sampling_weights": "w"},
    ),
    "WLSMV, theta": (MODEL, {**ORDERED, "parameterization": "theta"}),
    "WLSM": (MODEL, {**ORDERED, "estimator": "WLSM"}),
    "ULSMV": (MODEL, {**ORDERED, "estimator": "ULSMV"}),
    "DWLS, pairwise": (MODEL, {**ORDERED, "estimator": "DWLS", "missing": "pairwise"}),
    "WLS, ordered": (MODEL, {**ORDERED, "estimator": "WLS"}),
    "two levels": (LEVELS, ROBUST),
    "two levels, MLR, groups": (LEVELS, {**ROBUST, "estimator": "MLR", "group": "brand"}),
    "two levels, weights": (LEVELS, {**ROBUST, "sampling_weights": "w", "cluster_weights": "v"}),
    "two levels, weights, groups": (LEVELS, {**ROBUST, "group": "brand", "sampling_weights": "w"}),
}
ASKED = ("ML, cluster-robust", "MLR", "FIML, MLR, groups, equality", "WLSMV, cluster-robust", "two levels")
DRAWN = {"ML, cluster-robust": 200, "WLSMV, cluster-robust": 20, "WLSMV, cluster-robust, groups, weights": 10}
QUESTIONS: dict[str, Question] = {
    "reliability": sx.reliability,
    "validity": sx.validity,
    "HTMT": sx.htmt,
    "effects": lambda fitted: sx.effects(fitted, "joy", "stay"),
    "importance": lambda fitted: sx.importance(fitted, "stay", scale=(1, 5)),
    "modification indices": lambda fitted: fitted.modification_indices(sort=False),
    "residuals": lambda fitted: fitted.residual_table("normalized"),
}
OF_LEVELS = ("reliability",)  # what is asked of two levels of one construct
INVARIANCE: dict[str, dict[str, object]] = {
    "invariance, ML, cluster-robust": ROBUST,
    "invariance, WLSMV": ORDERED,
}
FIVE, TEN = ResponseScale("five", 1, 5), ResponseScale("ten", 0, 10)
CONSTRUCTS = (
    Construct("joy", "Joy", tuple(Item(name, name, FIVE) for name in "abc"), node="delight"),
    Construct("stay", "Stay", tuple(Item(name, name, FIVE) for name in "def"), node="satisfaction"),
)
WEIGHT, BRANCH = Field("w", "Weight", role="weight"), Field("branch", "Branch", role="cluster")
KPIS: dict[str, tuple[tuple[Field, ...], str | None]] = {
    "KPIs": ((), None),
    "KPIs, by brand": ((), "brand"),
    "KPIs, weights": ((WEIGHT,), None),
    "KPIs, weights, clusters, by brand": ((WEIGHT, BRANCH), "brand"),
}


def answers(rows: int) -> pd.DataFrame:
    """Six items of two related constructs, a covariate of each level, and gaps in columns of their own."""
    rng = np.random.default_rng(5)
    branch = rng.integers(0, BRANCHES, rows)
    x, z = rng.normal(size=rows), rng.normal(size=BRANCHES)
    joy = 0.3 * x + rng.normal(size=rows) + (0.4 * z + 0.4 * rng.normal(size=BRANCHES))[branch]
    stay = 0.6 * joy + rng.normal(size=rows)
    latent = {name: (joy if name in "abc" else stay) for name in ITEMS}
    columns = {
        name: np.clip(np.round(3 + own + rng.normal(size=rows) + 0.2 * rng.normal(size=BRANCHES)[branch]), 1, 5)
        for name, own in latent.items()
    }
    frame = pd.DataFrame(columns).astype("int8")
    brand = np.where(branch < 0.4 * BRANCHES, "no", "so")
    return frame.assign(x=x, z=z[branch], branch=branch, brand=brand, w=rng.gamma(4, size=rows), v=1 + branch % 3)


def with_gaps(frame: pd.DataFrame) -> pd.DataFrame:
    """The same with a few answers to b, d and e left out."""
    rng, out = np.random.default_rng(6), frame.astype(dict.fromkeys(ITEMS, float))
    for name in "bde":
        out.loc[rng.random(len(out)) < 0.05, name] = np.nan
    return out.assign(nps=rng.integers(0, 11, len(out)))


def written(frame: pd.DataFrame, folder: Path) -> Path:
    """The rows in files cut at random places."""
    folder.mkdir()
    rng = np.random.default_rng(7)
    ends = [0, *np.sort(rng.choice(np.arange(1, len(frame)), 5, replace=False)).tolist(), len(frame)]
    for first, last in pairwise(ends):
        table = pa.Table.from_pandas(frame.iloc[first:last], preserve_index=False)
        pq.write_table(table, folder / f"{first}.parquet", row_group_size=2**17)
    return folder


def apart(one: Frame, other: Frame) -> float:
    """The largest difference: in a table relative to the largest number of its column, else to each number."""
    pair = [frame.to_frame("value").T if isinstance(frame, pd.Series) else frame for frame in (one, other)]
    a, b = (frame.select_dtypes("number").to_numpy(dtype=float) for frame in pair)
    if a.shape != b.shape or (np.isnan(a) != np.isnan(b)).any():
        return np.inf
    size = np.nanmax(np.abs(a), axis=0, initial=0.0) if len(a) else np.ones(a.shape[1])
    floor = SMALL if isinstance(one, pd.Series) else np.finfo(float).tiny
    return float(np.nanmax(np.where(a == b, 0.0, np.abs(a - b)) / np.maximum(size, floor), initial=0.0))


def fitted_apart(one: sx.Results, other: sx.Results) -> dict[str, float]:
    """Largest differences of what a fit shows at once."""
    shown = ["est", "std_all"]
    found = {
        "estimates": apart(one.parameters[shown], other.parameters[shown]),
        "standard errors": apart(one.parameters[["se"]], other.parameters[["se"]]),
        "fit measures": apart(one.fit_measures, other.fit_measures),
    }
    if one.nobs != other.nobs or one.problems != other.problems:
        found["rows or problems"] = np.inf
    return found


def compared(
    whole: pd.DataFrame, gaps: pd.DataFrame, folders: Mapping[str, Path], only: str
) -> list[dict[str, object]]:
    """A row of the table for each fit and each question."""
    rows: list[dict[str, object]] = []

    def add(what: str, differences: Mapping[str, float], allowed: float) -> None:
        worst = max(differences, key=lambda name: differences[name])
        most = differences[worst]
        rows.append(
            {
                "what": what,
                "largest difference": f"{most:.1e}",
                "of": worst,
                "agrees": "yes" if most <= allowed else "no",
            }
        )
        print(rows[-1], f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB", flush=True)

    for name, (model, options) in FITS.items():
        if only not in name:
            continue
        holed = options.get("missing") is not None
        pair = [
            sx.fit(model, data, **options)
            for data in ((gaps if holed else whole), folders["gaps" if holed else "whole"])
        ]
        add(name, fitted_apart(*pair), AGREES)
        chosen = QUESTIONS if name in ASKED else {}
        for question, ask in chosen.items():
            if name != "two levels" or question in OF_LEVELS:
                add(f"{question} of {name}", {"all columns": apart(*(ask(fitted) for fitted in pair))}, AGREES)
        if name in DRAWN:
            draws = [sx.bootstrap(fitted, replicates=DRAWN[name], seed=1).replicates for fitted in pair]
            add(f"{DRAWN[name]} cluster bootstraps of {name}", {"all columns": apart(*draws)}, AGREES)
    for name, options in INVARIANCE.items():
        if only in name:
            tables = [
                sx.invariance(MODEL, data, group="brand", fitting=sx.Fitting(**options))
                for data in (whole, folders["whole"])
            ]
            add(name, {"all columns": apart(*tables)}, SEARCHED)
    for name in (name for name in KPIS if only in name):
        for place, differences in kpis_compared(
            gaps, folders["gaps"], folders["gaps"] / "../base.duckdb", name
        ).items():
            add(name + place, differences, AGREES)
    return rows


def kpis_compared(gaps: pd.DataFrame, folder: Path, base: Path, name: str) -> dict[str, dict[str, float]]:
    """Largest differences of the figures by files and by the sums of a warehouse."""
    fields, by = KPIS[name]
    instrument = Instrument(CONSTRUCTS, fields)
    given = {"by": by, "amounts": "x", "recommend": "nps"}
    table = ibis.duckdb.connect(str(base), read_only=True).table("answers")
    shown = ["kpi", "item", "segment"]
    whole, parts, asked = (
        frame.sort_values(shown, ignore_index=True)
        for frame in (
            sx.kpis(sx.Survey.from_frame(gaps, instrument), **given),
            *(sx.kpis(source, instrument=instrument, **given) for source in (folder, table)),
        )
    )
    return {
        place: {"all columns": apart(whole, other) if whole[shown].equals(other[shown]) else np.inf}
        for place, other in (("", parts), (" in a warehouse", asked))
    }


def _refused(*arguments: object) -> pd.DataFrame:
    raise AssertionError("rows of a source were read into memory")


def main() -> int:
    """Compare everything, and write the table."""
    asked = argparse.ArgumentParser()
    asked.add_argument("rows", nargs="?", type=int, default=10**6)
    asked.add_argument("--only", default="")
    given = asked.parse_args()
    warnings.simplefilter("ignore")
    observed.read_columns = IbisSource.pieces = _refused
    whole = answers(given.rows)
    gaps = with_gaps(whole)
    with tempfile.TemporaryDirectory() as place:
        folders = {"whole": written(whole, Path(place) / "whole"), "gaps": written(gaps, Path(place) / "gaps")}
        with duckdb.connect(str(Path(place) / "base.duckdb")) as base:
            base.execute(f"create table answers as from '{folders['gaps']}/*.parquet'")
        table = compared(whole, gaps, folders, given.only)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    about = (
        f"{given.rows:,} rows of six five-point items in {BRANCHES:,} branches of two brands, from Parquet files cut "
        "at random places and from memory, in one process; KPIs also by sums of a DuckDB file through Ibis. No row of "
        "the files was read into memory, none left the warehouse. Differences are "
        "relative: of tables to the largest number of the column, of fit measures each to itself. Agreed: within "
        f"{AGREES:g}, and {SEARCHED:g} of invariance, where a search decides. Peak memory {peak:.1f} GB. "
        f"{machine()}."
    )
    if not given.only:
        write_section("Sources as memory", about + "\n\n" + markdown(table))
    return int(any(row["agrees"] == "no" for row in table))


if __name__ == "__main__":
    sys.exit(main())
