"""Names as readers know them: the instrument's labels in the place of the names that models use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from sexresearch.survey import Instrument, Survey

NAMED = ("lhs", "rhs", "construct", "item", "other", "a", "b", "source", "target", "latent", "variable", "htmt_with")
ARROW = " → "
NAMES_IN_VERDICTS = re.compile(r"\b((?:shared with|HTMT with|loading of) )([\w.]+)")


def labels_of(source: Survey | Instrument | None) -> dict[str, str]:
    """Labels of constructs, wordings of items with their names, labels of fields; none without an instrument.

    >>> labels_of(None)
    {}
    """
    instrument = source.instrument if isinstance(source, Survey) else source
    if instrument is None:
        return {}
    labels = {field.name: field.label for field in instrument.fields if field.label}
    labels |= {item.name: f"{item.wording} ({item.name})" for item in instrument.items if item.wording}
    return labels | {construct.name: construct.label for construct in instrument.constructs if construct.label}


def labels_of_constructs(source: Survey | Instrument | None) -> dict[str, str]:
    """Labels of constructs and fields; items keep their names, as figures have no room for wordings."""
    instrument = source.instrument if isinstance(source, Survey) else source
    if instrument is None:
        return {}
    fields = {field.name: field.label for field in instrument.fields if field.label}
    return fields | {construct.name: construct.label for construct in instrument.constructs if construct.label}


def labelled(frame: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """The frame with labels in its columns of names, and along its paths.

    >>> labelled(pd.DataFrame({"path": ["sat → loy"], "lhs": ["loy"]}), {"loy": "Loyalty"}).iloc[0].tolist()
    ['sat → Loyalty', 'Loyalty']
    """
    if not labels:
        return frame
    out = frame.copy()
    for name in NAMED:
        if name in out.columns:
            out[name] = [labels.get(value, value) if isinstance(value, str) else value for value in out[name]]
    if "path" in out.columns:
        out["path"] = [
            ARROW.join(labels.get(part, part) for part in value.split(ARROW)) if isinstance(value, str) else value
            for value in out["path"]
        ]
    return out


def located(row: Mapping[str, Any]) -> str:
    """The group and level of a row in words; empty for one of each.

    >>> located({"group": "north", "level": 2}), located({"group": pd.NA, "level": pd.NA})
    ('north, level 2', '')
    """
    group, level = row.get("group"), row.get("level")
    parts = ["" if group is None or pd.isna(group) else str(group)]
    parts += ["" if level is None or pd.isna(level) else f"level {level}"]
    return ", ".join(filter(None, parts))


def in_labels(sentence: str, labels: Mapping[str, str]) -> str:
    """A verdict with labels for the constructs and items it names behind "with" and "of".

    >>> in_labels("AVE .46 is below .50, shared with sat; HTMT with sat .91", {"sat": "Satisfaction"})
    'AVE .46 is below .50, shared with Satisfaction; HTMT with Satisfaction .91'
    """
    return NAMES_IN_VERDICTS.sub(lambda match: match[1] + labels.get(match[2], match[2]), sentence)
