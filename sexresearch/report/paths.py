"""The paths of a model as a table and in words, each with its interval."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from sexresearch.chain.paths.path_limits import path_limits
from sexresearch.report.naming import located
from sexresearch.sem import Pooled, Results
from sexresearch.verdict import short

STANDARDIZED = ("std_all", "std_all_ci_lower", "std_all_ci_upper")
KEY = ("group", "level", "path", *STANDARDIZED, "est", "ci_lower", "ci_upper", "pvalue")


def with_limits(results: Results | Pooled) -> pd.DataFrame:
    """The parameters of a fit, or of several pooled, with limits of std_all beside every loading and regression.

    Of pooled fits these are by the delta method from the total covariance, at the mean estimates.
    """
    if isinstance(results, Results):
        return path_limits(results)
    at_mean = path_limits(results.at_mean)
    return results.parameters.assign(**{name: at_mean[name].to_numpy() for name in STANDARDIZED[1:]})


def key_paths(results: Results | Pooled) -> pd.DataFrame:
    """One row per regression: group, level, path, std_all and est, each with 95 % limits, and p.

    >>> import sexresearch as sx
    >>> model = "joy =~ CUSA1 + CUSA2 + CUSA3; CUSCO ~ joy"
    >>> key_paths(sx.fit(model, moments=sx.datasets.load("mobi_moments")))["path"].tolist()
    ['joy → CUSCO']
    """
    rows = with_limits(results)
    kept = rows[rows["op"] == "~"].copy()
    kept["path"] = [f"{cause} → {effect}" for cause, effect in zip(kept["rhs"], kept["lhs"], strict=True)]
    return kept[list(KEY)].reset_index(drop=True)


def path_sentence(row: Mapping[str, Any], names: Mapping[str, str] | None = None) -> str:
    """One path in words: what leads to what, how strongly, with its interval and p.

    >>> path_sentence({"path": "joy → bond", "std_all": 0.412, "std_all_ci_lower": 0.3, "std_all_ci_upper": 0.52,
    ...                "pvalue": 0.00001})
    'joy → bond: .41 [.30, .52], p < .001'
    """
    known = names or {}
    shown = " → ".join(known.get(part, part) for part in str(row["path"]).split(" → "))
    where = f" ({located(row)})" if located(row) else ""
    if pd.isna(row["std_all"]):
        return f"{shown}{where}: no standardized estimate"
    limits = (float(row["std_all_ci_lower"]), float(row["std_all_ci_upper"]))
    beside = f" [{short(limits[0])}, {short(limits[1])}]" if not any(map(math.isnan, limits)) else " (fixed)"
    return f"{shown}{where}: {short(float(row['std_all']))}{beside}{p_words(float(row['pvalue']))}"


def p_words(value: float) -> str:
    """ ", p = .012", never equal to 0 or 1; empty where it is missing."""
    if math.isnan(value):
        return ""
    return ", p < .001" if value < 0.001 else ", p > .999" if value > 0.999 else f", p = {short(value, 3)}"


def unclear(paths: pd.DataFrame, names: Mapping[str, str]) -> str:
    """Which paths are not shown to differ from 0, in one sentence; empty where all are."""
    open_paths = paths[~(paths["pvalue"] < 0.05) & paths["pvalue"].notna()]
    if open_paths.empty:
        return ""
    known = [" → ".join(names.get(part, part) for part in path.split(" → ")) for path in open_paths["path"]]
    listed = "; ".join(dict.fromkeys(known))
    return f"Not shown to differ from 0 in these data, which is not the same as being 0: {listed}."
