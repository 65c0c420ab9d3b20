"""The numbers of a fit by the names that papers print them under."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from sexresearch.chain import fornell_larcker, htmt, reliability
from sexresearch.errors import StudyError
from sexresearch.sem import Results
from sexresearch.study.study_file.study_keys import nearest

COLUMNS = ("est", "se", "z", "pvalue", "std_all", "std_lv")  # of the parameter table
COEFFICIENTS = ("alpha", "omega", "ave")  # of the table of reliability
STANDARDIZED = {f"std_{name}": name for name in COEFFICIENTS}  # of items of unit variance
WHAT = (*COLUMNS, "fit", "r_squared", "correlation", "htmt", *COEFFICIENTS, *STANDARDIZED)
FORMULA = re.compile(r"\s*(\S+)\s*(=~|~~|~1|:=|~|\|)\s*(\S*)\s*")
Values = Mapping[tuple[str, ...], float]


@dataclass(frozen=True)
class Quantities:
    """All numbers of one sort: how a printed name is read as a key, and the values by key."""

    key: Callable[[str], tuple[str, ...]]
    values: Values

    def named(self, quantity: str) -> float | None:
        """The number of that name; None where the fit has none."""
        return self.values.get(self.key(quantity))

    @property
    def names(self) -> list[str]:
        """The names there are."""
        return list(dict.fromkeys(" ".join(key) for key in self.values))


def quantities(results: Results, what: str, group: str = "") -> Quantities:
    """The numbers of a fit that are `what` says, those of one group where there are several."""
    if what != "fit":
        _refuse_group(results, group)
    if what in COLUMNS:
        return Quantities(formula_key, _parameters(_of_group(results.parameters, group), what))
    if what == "fit":
        measures = [*results.fit_measures.items(), ("nobs", results.nobs)]
        return Quantities(plain_key, {(str(name),): float(value) for name, value in measures})
    if what == "r_squared":
        return Quantities(plain_key, _r_squared(results, group))
    if what in COEFFICIENTS or what in STANDARDIZED:
        rows = _of_group(reliability(results, standardized=what in STANDARDIZED), group)
        pairs = zip(rows["construct"], rows[STANDARDIZED.get(what, what)], strict=True)
        return Quantities(plain_key, {(str(name),): float(value) for name, value in pairs})
    rows = _of_group(htmt(results), group) if what == "htmt" else _of_group(fornell_larcker(results), group)
    return Quantities(pair_key, _pairs(rows, "value" if what == "htmt" else "correlation"))


def plain_key(text: str) -> tuple[str, ...]:
    """A name that stands for itself."""
    return (text.strip(),)


def _of_group(frame: pd.DataFrame, group: str) -> pd.DataFrame:
    return frame[frame["group"].astype(str) == group] if group and "group" in frame else frame


def _refuse_group(results: Results, group: str) -> None:
    """StudyError where a number's group is none of those fitted, or is not said although there are several."""
    known = [str(label) for label in results.groups]
    if group and group not in known:
        raise StudyError(f"the fit has no group '{group}'" + (f"; {nearest(group, known)}" if known else ""))
    if known and not group:
        raise StudyError(f"the fit has several groups: name one of {', '.join(known)} by 'group'")


def formula_key(text: str) -> tuple[str, ...]:
    """lhs, op and rhs, the names around ~~ in the order of the alphabet; another text stands for itself."""
    match = FORMULA.fullmatch(text)
    return _ordered(*match.groups()) if match else (text.strip(),)


def _ordered(lhs: str, op: str, rhs: str) -> tuple[str, ...]:
    return (min(lhs, rhs), op, max(lhs, rhs)) if op == "~~" else (lhs, op, "" if op in ("~1", ":=") else rhs)


def _parameters(frame: pd.DataFrame, column: str) -> Values:
    rows = zip(frame["lhs"], frame["op"], frame["rhs"], frame[column], strict=True)
    return {_ordered(str(lhs), str(op), str(rhs)): float(value) for lhs, op, rhs, value in rows}


def _r_squared(results: Results, group: str) -> Values:
    shares = results.r_squared
    if shares.index.nlevels > 1:
        shares = shares[[str(label) == group for label in shares.index.get_level_values(0)]].droplevel(0)
    return {(str(name),): float(value) for name, value in shares.items()}


def pair_key(text: str) -> tuple[str, ...]:
    """Two names around ~~ or a comma, in the order of the alphabet."""
    parts = re.split(r"\s*(?:~~|,)\s*", text.strip())
    return tuple(sorted(parts))


def _pairs(frame: pd.DataFrame, column: str) -> Values:
    rows = zip(frame["a"], frame["b"], frame[column], strict=True)
    return {tuple(sorted((str(a), str(b)))): float(value) for a, b, value in rows}
