"""The registry of data sets, read from data/datasets.toml."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from sexresearch.datasets import bundled
from sexresearch.errors import DatasetError

Kind = Literal["synthetic", "summary", "fetched"]


@dataclass(frozen=True)
class Entry:
    """One data set of the registry.

    `file` is bundled under data/, or, where `url` is given, a file of the data home; `codebook` is bundled.
    What loading does: `drop` columns, set the codes of `missing` to missing, keep one row per value of
    `one_row_per`. `computed_from`, `variables` and `group` say how moments were computed from a fetched set.
    """

    name: str
    kind: Kind
    n: int
    what: str
    source: str
    licence: str
    file: str
    codebook: str
    url: str = ""
    sha256: str = ""
    drop: tuple[str, ...] = ()
    missing: tuple[int, ...] = ()
    one_row_per: str = ""
    computed_from: str = ""
    variables: tuple[str, ...] = ()
    group: str = ""


@cache
def entries() -> tuple[Entry, ...]:
    """All data sets, in the order of the registry.

    >>> entries()[0].name
    'service_excellence_demo'
    """
    document = tomllib.loads(bundled.path("data/datasets.toml").read_text(encoding="utf-8"))
    return tuple(_entry(name, row, document["prefix"]) for name, row in document["sets"].items())


def _entry(name: str, row: dict[str, object], prefix: str) -> Entry:
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    if "url" in values:
        values["url"] = prefix + values["url"]
    return Entry(name=name, **values)


def find(name: str) -> Entry:
    """The data set of that name; raises DatasetError with the names there are, the nearest first.

    >>> find("mobi_moments").n
    250
    """
    known = {entry.name: entry for entry in entries()}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(str(name), known, n=1)
    hint = f"did you mean '{near[0]}'? " if near else ""
    raise DatasetError(f"there is no data set '{name}'; {hint}the data sets are {', '.join(known)}")
