"""A table of Ibis that is asked for its different answers, and for counts and sums of figures by unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

from sexresearch.errors import DataError
from sexresearch.sem.data.in_sql import answered, column_in_sql, in_parts, label_in_sql, number_in_sql

SUMS = ("n", "w", "ww", "wy", "wyy")  # of the rows that count: their number, w, w², w u and w u²
Expression = Any  # a column of the warehouse that is still to be computed


@dataclass(frozen=True)
class AskedTable:
    """The table; an expression is a number of every row that the warehouse is still to compute."""

    table: Any

    def sizes(self, names: Sequence[str]) -> tuple[int, dict[str, int]]:
        """How many rows there are, and how many different answers in each column."""
        counts = {f"d{k}": label_in_sql(self.table, name).nunique() for k, name in enumerate(names)}
        sums = in_parts(self.table, [], {"n": self.table.count(), **counts})
        return int(sums["n"][0]), {name: int(sums[f"d{k}"][0]) for k, name in enumerate(names)}

    def different(self, name: str) -> list[Any]:
        """The different answers in a column, the most frequent first."""
        rows = self.table.select(x=label_in_sql(self.table, name))
        counts = rows.filter(rows["x"].notnull()).group_by("x").aggregate(n=lambda part: part.count())
        return answered(counts.order_by([counts["n"].desc(), "x"]))["x"]

    def is_number(self, name: str) -> bool:
        """Whether a column holds numbers."""
        kind = column_in_sql(self.table, name).type()
        return bool(kind.is_numeric() or kind.is_null())

    def number(self, name: str, without: Sequence[float] = ()) -> Expression:
        """A column as it is; nothing for what is infinite, or for codes of no answer."""
        x = number_in_sql(self.table, name)
        gone = x.isinf() | x.isin([float(code) for code in without]) if without else x.isinf()
        return gone.ifelse(None, x)

    def ends(self, value: Expression) -> list[float]:
        """Lowest and highest of what is computed; none where there is none."""
        sums = in_parts(self.table, [], {"low": value.min(), "high": value.max()})
        return [float(sums[end][0]) for end in ("low", "high") if sums[end][0] is not None]

    def recoded(self, name: str, values: Mapping[Any, float]) -> Expression:
        """What stands for each answer in a column; nothing for others."""
        column = column_in_sql(self.table, name)
        return column.cases(*values.items()) if values else (column != column).ifelse(0.0, None)

    def reaches(self, parts: Sequence[Expression], least: float) -> Expression:
        """1 where the mean of what there is of the parts is at least so much, else 0; nothing where there is none."""
        total = reduce(add, [part.fill_null(0.0) for part in parts])
        count = reduce(add, [part.notnull().cast("int32") for part in parts])
        return (total / count.nullif(0) >= least).cast("int32").cast("float64")

    def centres(self, values: Mapping[str, Expression]) -> dict[str, float]:
        """The mean of each expression, 0 where there is none."""
        sums = in_parts(self.table, [], {name: value.mean() for name, value in values.items()})
        return {name: float(sums[name][0] or 0.0) for name in values}

    def summed(
        self,
        values: Mapping[str, Expression],
        centres: Mapping[str, float],
        keys: Mapping[str, str],
        weight: str | None,
        cluster: str | None,
        rows_before: int,
    ) -> dict[str, list[Any]]:
        """For every unit that the `keys` (columns by their new names) tell apart: `SUMS` of each value.

        n.NAME and so on, and given.NAME, the answers whatever they weigh; rows with no weight above 0 or, where there
        are clusters, with none do not count in the others. lightest, heaviest : of all rows of the unit. DataError
        where the table has other rows than before.
        """
        beside = {} if weight is None else {"w": number_in_sql(self.table, weight)}
        units = {key: label_in_sql(self.table, name) for key, name in keys.items()}
        made = {f"y{k}": value for k, value in enumerate(values.values())} | beside | units
        rows = self.table.select(**made) if made else self.table
        own = {"rows_there": rows.count()}
        if weight is not None:
            own |= {"lightest": rows["w"].min(), "heaviest": rows["w"].max()}
        for k, name in enumerate(values):
            own |= {f"{kind}{k}": part for kind, part in _sums(rows, rows[f"y{k}"], centres[name], cluster).items()}
        sums = in_parts(rows, list(keys), own)
        now = sum(sums["rows_there"])
        if now != rows_before:
            raise DataError(
                f"the table changed between two queries: {rows_before} rows at first, {now} now. Read a copy that "
                "stands still"
            )
        names = {f"{kind}{k}": f"{kind}.{name}" for k, name in enumerate(values) for kind in ("given", *SUMS)}
        return {names.get(key, key): column for key, column in sums.items()}


def _sums(rows: Any, y: Any, centre: float, cluster: str | None) -> dict[str, Any]:
    counts, w = y.notnull(), rows["w"] if "w" in rows.columns else None
    if w is not None:
        counts &= (w > 0).fill_null(False)
    if cluster is not None:
        counts &= rows[cluster].notnull()
    u = (y - centre).fill_null(0.0)
    one = counts.cast("int32").cast("float64")
    weight = one if w is None else counts.ifelse(w, 0.0)
    made = (one, weight, weight * weight, weight * u, weight * u * u)
    return {"given": y.notnull().cast("int32").sum()} | {
        kind: part.sum() for kind, part in zip(SUMS, made, strict=True)
    }
