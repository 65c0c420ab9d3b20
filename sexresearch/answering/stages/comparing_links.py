"""For whom is a link of the chain stronger? Differences of paths between groups, where equal loadings allow them."""

from __future__ import annotations

import pandas as pd

from sexresearch.answering.facts import Fact
from sexresearch.answering.stages.chaining import ChosenView, analysed
from sexresearch.answering.stages.setting import Setting
from sexresearch.chain.invariance.groups_compared import links_compared
from sexresearch.errors import SexresearchError
from sexresearch.verdict import Verdict, against

SHOWN = ["path", "group", "against", "est", "est_ci_lower", "est_ci_upper", "est_against", "est_against_ci_lower"]
SHOWN += ["est_against_ci_upper", "path_difference", "ci_lower", "ci_upper", "pvalue_holm", "step", "outcome", "note"]
SIDES = {"group": "est", "against": "est_against"}  # of a difference: who, and the column of the path there
ENDS = ("", "_ci_lower", "_ci_upper")
LEVEL = 0.05


def links_by_group(
    setting: Setting, chosen: ChosenView | None
) -> tuple[list[Fact], dict[str, pd.DataFrame], tuple[Verdict, ...]]:
    """What is said about links in groups, their table, verdicts on the steps; nothing where there is no chain."""
    if chosen is None or not chosen.results.converged or not setting.choices.group:
        return [], {}, ()
    fitting = setting.choices.fitting
    try:
        differences, ground = links_compared(
            chosen.results.model,
            analysed(setting),
            setting.choices.group,
            not fitting.ordered,
            fitting,
        )
    except (SexresearchError, ArithmeticError) as error:
        return [Fact("paths_apart", {"reason": str(error)})], {}, ()
    if differences.empty:
        return [], {}, ()
    tables = {"path_differences": setting.labels.frame(differences[SHOWN])}
    return _facts(setting, differences), tables, ground


def _facts(setting: Setting, differences: pd.DataFrame) -> list[Fact]:
    known = differences[differences["path_difference"].notna() & differences["pvalue_holm"].notna()]
    if known.empty:
        return [Fact("paths_apart", {"reason": str(differences["note"].iloc[0])})]
    shown = known[known["outcome"] == "holds"]
    if shown.empty:
        return [Fact("paths_unshown", {"n": len(known)})]
    row = shown.loc[shown["path_difference"].abs().idxmax()]
    verdict = against("adjusted p", float(row["pvalue_holm"]), LEVEL, "Holm 1979", side="most", decimals=3)
    return [Fact("paths_differ", _filling(setting, row) | {"n": len(shown), "all": len(known)}, (verdict,), first=True)]


def _filling(setting: Setting, row: pd.Series) -> dict[str, object]:
    """The two groups of a difference, the larger path first."""
    sides = [(str(row[group]), [float(row[f"{est}{end}"]) for end in ENDS]) for group, est in SIDES.items()]
    (higher, most), (lower, least) = sorted(sides, key=lambda side: -side[1][0])
    ends = sorted(abs(float(row[end])) for end in ("ci_lower", "ci_upper"))
    return {
        "cause": setting.label(row["rhs"]),
        "effect": setting.label(row["lhs"]),
        "higher": higher,
        "lower_group": lower,
        **{f"most{end}": value for end, value in zip(("", "_lower", "_upper"), most, strict=True)},
        **{f"least{end}": value for end, value in zip(("", "_lower", "_upper"), least, strict=True)},
        "value": abs(float(row["path_difference"])),
        "lower": ends[0],
        "upper": ends[1],
    }
