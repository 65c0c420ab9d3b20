"""What the drawing of `lab.chain` needs, as plain data: places, texts and limits, nothing left to compute."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from sexresearch.glossary.formatting import format_cell
from sexresearch.lab.chain_layout import HEIGHT, WIDTH, Places
from sexresearch.lab.chain_state import ChainState
from sexresearch.sem import Results
from sexresearch.sem.view import reported

CHANCE = 0.05  # p from which an arrow is dashed
MEASURES = {"chisq": "χ²", "df": "df", "pvalue": "p", "cfi": "CFI", "tli": "TLI", "rmsea": "RMSEA", "srmr": "SRMR"}
DECIMALS = {"chisq": 1, "df": 0}
Scene = dict[str, object]
Row = dict[str, object]
Words = Mapping[str, str]  # labels of constructs, wordings of items


def drawing(state: ChainState, places: Places, words: Words, limits: bool) -> Scene:
    """Nodes, arrows, tables and the message; what takes longest (limits, the test of the change) can wait."""
    rows = _table_rows(state.paths if limits else _plain(state, state.results))
    before = _before(state)
    arrows = [_arrow(row, state, places, words, before) for row in _between(rows, state.constructs)]
    explained = state.results.r_squared
    explained = explained if explained.index.nlevels == 1 else explained[state.group]
    return {
        "size": list(places.size),
        "box": [WIDTH, HEIGHT],
        "nodes": [_node(name, state, rows, explained, places, words) for name in state.constructs],
        "arrows": [*arrows, *(_gone(a, places, words) for a in state.dropped)],
        "groups": [str(label) for label in state.first.groups],
        "group": "" if state.group is None else str(state.group),
        "standardized": state.standardized,
        "fit": _fit(state),
        "changed": _changed(state) if limits else "",
        "message": state.message,
    }


def reading(state: ChainState, words: Words) -> Scene:
    """What the sliders show: where constructs stand, where they may go, and where they are predicted to be."""
    predicted = state.predicted.set_index("construct")
    return {
        "sliders": [_slider(name, row, state, predicted, words) for name, row in _rows(state)],
        "assumed": "" if predicted.empty else str(predicted["note"].iloc[0]),
    }


def _rows(state: ChainState) -> list[tuple[str, dict[str, object]]]:
    return [(str(row["construct"]), row) for row in state.today.to_dict("records")]


def _slider(name: str, row: Row, state: ChainState, predicted: pd.DataFrame, words: Words) -> Scene:
    stands = float(row["performance"])  # type: ignore[arg-type]
    slider: Scene = {"name": name, "label": words.get(name, name), "value": state.changes.get(name, 0.0)}
    if math.isnan(stands):
        return slider | {"can": False, "why": str(row["note"])}
    lowest, highest = math.ceil(-stands * 10) / 10, math.floor((100 - stands) * 10) / 10
    slider |= {"can": True, "lowest": lowest, "highest": highest, "stands": round(stands, 4), "bar": None}
    slider["text"] = f"{stands:.1f}"
    if name in predicted.index and not pd.isna(predicted.loc[name, "change"]):
        change, low, high, then = (
            float(predicted.loc[name, key]) for key in ("change", "change_ci_lower", "change_ci_upper", "predicted")
        )
        known = not math.isnan(low)
        limits = f" ({low:+.1f} to {high:+.1f})" if known and high - low > 0.05 else ""
        slider["text"] = f"{stands:.1f} → {then:.1f}: {change:+.1f}{limits}"
        slider["bar"] = [then, stands + low, stands + high] if known else [then, then, then]
    return slider


def _plain(state: ChainState, results: Results) -> pd.DataFrame:
    """The parameters of the group shown, without standardized limits."""
    table = results.parameters
    table = table if state.group is None else table[table["group"] == state.group]
    missing = {"std_all_ci_lower": math.nan, "std_all_ci_upper": math.nan}
    return table.assign(**missing).reset_index(drop=True)


def _table_rows(table: pd.DataFrame) -> list[Row]:
    """Regressions and loadings, those fixed to 0 left out."""
    kept = table[table["op"].isin(["~", "=~"])]
    return [row for row in kept.to_dict("records") if row["se"] != 0 or row["est"] != 0]


def _between(rows: list[Row], names: list[str]) -> list[Row]:
    return [row for row in rows if row["lhs"] in names and row["rhs"] in names]


def _arrow(row: Row, state: ChainState, places: Places, words: Words, values: Mapping[tuple[str, str], str]) -> Scene:
    arrow = _ends(row)
    text, limits, p = _value(row, state.standardized), _limits(row, state.standardized), _number(row["pvalue"])
    before = values.get(arrow, "none") if values else ""
    sentence = f"{_named(arrow, words)}: {text}" + (f", 95% interval {limits}" if limits else "")
    sentence += f", p {_p(p)}" if not math.isnan(p) else ", fixed"
    return {
        "key": "→".join(arrow),
        "ends": list(arrow),
        "label": _named(arrow, words),
        "between": [list(point) for point in places.between.get(arrow, ())],
        "text": text,
        "cells": [text, limits, _p(p) if not math.isnan(p) else "", before],
        "said": sentence + (f"; before {before}" if before else ""),
        "weak": p >= CHANCE,
        "state": "added" if arrow in state.added else "there",
        "loading": row["op"] == "=~",
    }


def _gone(arrow: tuple[str, str], places: Places, words: Words) -> Scene:
    named = _named(arrow, words)
    return {
        "key": "→".join(arrow),
        "ends": list(arrow),
        "label": named,
        "between": [list(point) for point in places.between.get(arrow, ())],
        "text": "dropped",
        "cells": ["dropped", "", "", ""],
        "said": f"{named}: dropped, fixed to 0",
        "weak": True,
        "state": "dropped",
        "loading": False,
    }


def _named(arrow: tuple[str, str], words: Words) -> str:
    return " → ".join(words.get(name, name) for name in arrow)


def _number(value: object) -> float:
    return math.nan if value is None or value is pd.NA else float(value)  # type: ignore[arg-type]


def _value(row: Row, standardized: bool) -> str:
    return format_cell("est", _number(row["std_all" if standardized else "est"]), 2) or "NA"


def _limits(row: Row, standardized: bool) -> str:
    ends = [_number(row[f"{'std_all_' if standardized else ''}ci_{end}"]) for end in ("lower", "upper")]
    return "" if any(map(math.isnan, ends)) or ends[0] == ends[1] else f"{ends[0]:.2f} to {ends[1]:.2f}"


def _p(p: float) -> str:
    return "< .001" if p < 0.001 else f"= {p:.3f}".replace("0.", ".", 1)


def _before(state: ChainState) -> dict[tuple[str, str], str]:
    """The values by arrow in the fit before, where there is another one now."""
    if state.results is state.first:
        return {}
    rows = _between(_table_rows(_plain(state, state.first)), state.constructs)
    return {_ends(row): _value(row, state.standardized) for row in rows}


def _ends(row: Row) -> tuple[str, str]:
    return (str(row["rhs"]), str(row["lhs"])) if row["op"] == "~" else (str(row["lhs"]), str(row["rhs"]))


def _node(name: str, state: ChainState, rows: list[Row], explained: pd.Series, places: Places, words: Words) -> Scene:
    r2 = f"R² = {explained[name]:.2f}" if name in explained.index else ""
    label = words.get(name, name)
    own = [r for r in rows if r["op"] == "=~" and r["lhs"] == name and r["rhs"] not in state.constructs]
    items = [f"{words.get(str(r['rhs']), r['rhs'])}: {_value(r, state.standardized)}" for r in own]
    return {
        "name": name,
        "label": label,
        "at": list(places.middle[name]),
        "latent": name in state.first.latents,
        "r2": r2,
        "items": items,
        "said": f"{label}" + (f", {r2}" if r2 else "") + (f"; {len(items)} items" if items else ""),
    }


def _fit(state: ChainState) -> list[list[str]]:
    """Rows of fit measures: name, before, now (empty where there is no other fit)."""
    now = reported(state.results)
    before = now if state.results is state.first else reported(state.first)
    rows = []
    for name, shown in MEASURES.items():
        cells = [format_cell(name, measures.value(name), DECIMALS.get(name, 3)) for measures in (before, now)]
        kind = "" if name in ("df", "pvalue") or not now[name].kind else f", {now[name].kind}"
        rows.append([shown + kind, cells[0], cells[1] if now is not before else ""])
    return rows


def _changed(state: ChainState) -> str:
    """What the comparison says, in a sentence."""
    table = state.comparison
    if table is None:
        return ""
    row = table.iloc[1]
    if pd.isna(row["pvalue"]):
        return f"The difference: {row['note']}."
    p = "p < .001" if row["pvalue"] < 0.001 else f"p = {row['pvalue']:.3f}".replace("0.", ".", 1)
    fewer = "The smaller model fits worse" if row["pvalue"] < CHANCE else "The data do not tell the two models apart"
    return f"Δχ² = {row['chisq_diff']:.1f}, Δdf = {row['df_diff']:.0f}, {p}. {fewer}."
