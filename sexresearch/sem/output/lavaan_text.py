"""Model text as lavaan reads it: plain signs, and names that R can hold in place of those in back-ticks."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from sexresearch.sem.language.names import factors, is_plain
from sexresearch.sem.language.signs import plain
from sexresearch.sem.rotation.method import Rotation

TICKED = re.compile(r"[#!][^\n]*|`((?:[^`]|``)+)`")
AT_LEAST = re.compile(r"([<>])[ \t]*=(?![=~])")


def safe_names(names: Sequence[str]) -> dict[str, str]:
    """A name for R beside every name that it cannot hold; other names stay as they are and are left out.

    >>> safe_names(["x1", "x 1", "1x"])
    {'x 1': 'x_1', '1x': 'v_1x'}
    """
    renamed: dict[str, str] = {}
    for name in names:
        if is_plain(name) or factors(name):
            continue
        safe = re.sub(r"[^\w.]", "_", name)
        safe = safe if is_plain(safe) and safe[0].isalpha() else f"v_{safe}"
        while safe in names or safe in renamed.values():
            safe += "_"
        renamed[name] = safe
    return renamed


def lavaan_text(syntax: str, safe: Mapping[str, str]) -> str:
    """The text with `safe` names, plain signs, and ``>`` for ``>=``, which lavaan does not read."""

    def renamed(match: re.Match[str]) -> str:
        name = (match.group(1) or "").replace("``", "`")
        return safe.get(name, name) or match.group()

    return AT_LEAST.sub(r"\1", TICKED.sub(renamed, plain(syntax)))


def rotation_arguments(rotation: Rotation) -> dict[str, str]:
    """A rotation under lavaan's names: ``rotation`` and ``rotation.args``."""
    method = str(rotation.method).replace("cf_", "cf-")
    known = {"equamax": "cf-equamax", "crawfer": "cf", "bigeomin": "bigeomin"}.get(method, method)
    flags = {"orthogonal": rotation.orthogonal, "std.ov": rotation.standardized}
    given = {name: str(bool(value)).upper() for name, value in flags.items()}
    given |= {"row.weights": f'"{rotation.row_weights}"', "geomin.epsilon": repr(float(rotation.epsilon))}
    given |= {"oblimin.gamma": repr(float(rotation.gamma)), "cf.gamma": repr(float(rotation.gamma))}
    given |= {"promax.kappa": repr(float(rotation.power)), "rstarts": str(rotation.starts)}
    if rotation.target is not None:
        rows = next(iter(dict(rotation.target).values()))[0]  # type: ignore[arg-type]
        cells = ", ".join("NA" if math.isnan(cell) else repr(cell) for row in rows for cell in row)
        given["target"] = f"matrix(c({cells}), nrow = {len(rows)}, byrow = TRUE)"
    return {"rotation": f'"{known}"', "rotation.args": f"list({', '.join(f'{k} = {v}' for k, v in given.items())})"}
