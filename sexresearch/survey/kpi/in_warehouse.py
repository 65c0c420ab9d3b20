"""KPIs of a table of Ibis: which answer counts how much is told by the different answers, the sums are made in SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sexresearch.errors import DataError, OptionError
from sexresearch.sem.view import AskedTable
from sexresearch.survey.instrument import Instrument
from sexresearch.survey.kpi.columns_needed import KpiMeasure
from sexresearch.survey.kpi.segments import design_columns, refuse_many
from sexresearch.survey.parts import Item
from sexresearch.survey.survey import Survey

MOST_SEGMENTS = 100_000
MOST_ANSWERS = 200  # different ones, whose meaning a query spells out
Measures = Callable[[Survey], list[KpiMeasure]]


@dataclass(frozen=True, eq=False)
class AskedFigure:
    """One figure: sums by unit of rows, weights w, w², w u and w u², u the values less the `centre`; None: no figure.

    Beside them `given`, the answers whatever they weigh.
    """

    measure: KpiMeasure
    centre: float = 0.0
    sums: pd.DataFrame | None = None


@dataclass(frozen=True, eq=False)
class AskedFigures:
    """All figures of a warehouse's table: a row of `units` for each combination of segment and cluster."""

    figures: tuple[AskedFigure, ...]
    units: pd.DataFrame
    clusters: pd.Series | None = None
    weights: pd.Series | None = None


def asked_figures(
    table: AskedTable,
    label: str,
    columns: Sequence[str],
    instrument: Instrument | None,
    by: Sequence[str],
    measures: Measures,
) -> AskedFigures:
    """Every figure by segment and cluster, from the `columns` that stand behind them; none of a table without rows."""
    beside, headers = design_columns(instrument), headers_of(instrument)
    keys = {f"k{number}": headers.get(name, name) for number, name in enumerate(by)}
    for name in by:
        refuse_many(by, table.sizes([headers.get(name, name)])[1][headers.get(name, name)], MOST_SEGMENTS)
    units = {**keys, **({"c": beside["cluster"]} if "cluster" in beside else {})}
    rows, answers = _different(table, columns, set(units.values()), instrument)
    if not rows:
        return AskedFigures((), pd.DataFrame(columns=list(by)))
    survey = Survey.from_frame(
        answers.side_by_side(instrument), instrument, name=f"the list of different answers of {label}"
    )
    figures = measures(survey)
    values = {str(k): answers.value(own, survey) for k, own in enumerate(figures) if own.answers is not None}
    centres = answers.centres(figures, values)
    sums = table.summed(values, centres, units, beside.get("weight"), "c" if "cluster" in beside else None, rows)
    summed = pd.DataFrame(sums)
    checked = {name: answers.checked(name, summed[key], survey) for key, name in zip(keys, by, strict=True)}
    return AskedFigures(
        tuple(_figure(own, str(k), centres, summed) for k, own in enumerate(figures)),
        pd.DataFrame(checked, index=summed.index),
        answers.checked(beside["cluster"], summed["c"], survey) if "cluster" in beside else None,
        pd.concat([summed["lightest"], summed["heaviest"]]) if "weight" in beside else None,
    )


def headers_of(instrument: Instrument | None) -> dict[str, str]:
    """The column that holds each item."""
    return {item.name: item.header for item in instrument.items} if instrument is not None else {}


def _figure(measure: KpiMeasure, key: str, centres: Mapping[str, float], summed: pd.DataFrame) -> AskedFigure:
    if measure.answers is None:
        return AskedFigure(measure)
    kinds = ("n", "w", "ww", "wy", "wyy", "given")
    return AskedFigure(
        measure, centres[key], pd.DataFrame({kind: summed[f"{kind}.{key}"].astype(float) for kind in kinds})
    )


@dataclass(frozen=True, eq=False)
class _Answers:
    """What stands in the columns: their different answers; of those that are `plain` numbers the two ends alone."""

    table: AskedTable
    different: Mapping[str, pd.Series]
    plain: Mapping[str, Any]
    headers: Mapping[str, str]

    def side_by_side(self, instrument: Instrument | None) -> pd.DataFrame:
        """A frame of them, filled up with the first; what no figure rests on holds no answer."""
        most = max((len(values) for values in self.different.values()), default=0) or 1
        columns = {}
        for name, values in self.different.items():
            places = np.where(np.arange(most) < len(values), np.arange(most), 0)
            columns[name] = values.take(places).reset_index(drop=True) if len(values) else np.full(most, np.nan)
        others = [] if instrument is None else [*headers_of(instrument).values(), *(f.name for f in instrument.fields)]
        return pd.DataFrame({name: np.full(most, np.nan) for name in others} | columns)

    def value(self, measure: KpiMeasure, survey: Survey) -> Any:
        """What counts of every row, as the warehouse computes it."""
        names = measure.item.split(", ")
        if measure.least is None:
            return self._of_one(names[0], measure.answers, measure.kind == "mean")
        numbers = survey.answers[names].apply(pd.to_numeric, errors="coerce")
        parts = [self._of_one(name, numbers[name].where(np.isfinite(numbers[name])), True) for name in names]
        return self.table.reaches(parts, measure.least)

    def centres(self, figures: Sequence[KpiMeasure], values: Mapping[str, Any]) -> dict[str, float]:
        """What is near the values of each figure."""
        near = {key: figures[int(key)].answers for key in values if figures[int(key)].kind == "mean"}
        headers = {key: self.headers.get(figures[int(key)].item, figures[int(key)].item) for key in near}
        plain = {key: values[key] for key, header in headers.items() if header in self.plain}
        middle = {key: float(own.mean()) for key, own in near.items() if own is not None and own.notna().any()}
        return dict.fromkeys(values, 0.0) | middle | (self.table.centres(plain) if plain else {})

    def _of_one(self, name: str, values: pd.Series | None, as_it_is: bool) -> Any:
        header = self.headers.get(name, name)
        if header in self.plain and as_it_is:
            return self.plain[header]
        known = self.different[header].tolist()
        if values is None or header in self.plain or len(known) > MOST_ANSWERS:
            raise OptionError(
                f"'{name}' holds more than {MOST_ANSWERS} different answers: what each of them counts is not asked of "
                "a warehouse. Read a copy of the table: table.to_parquet('answers.parquet')"
            )
        pairs = zip(known, values.tolist()[: len(known)], strict=True)
        return self.table.recoded(header, {answer: float(value) for answer, value in pairs if not pd.isna(value)})

    def checked(self, name: str, raw: pd.Series, survey: Survey) -> pd.Series:
        """What names segments or clusters, as the survey holds it."""
        known, values = self.different[self.headers.get(name, name)], survey.answers[name].to_numpy(dtype=object)
        places = pd.Index(known, dtype=object).get_indexer(raw.astype(object)).tolist()
        return pd.Series([values[place] if place >= 0 else np.nan for place in places], dtype=object)


def _different(
    table: AskedTable, columns: Sequence[str], units: set[str], instrument: Instrument | None
) -> tuple[int, _Answers]:
    """How many rows there are, and what stands in the columns."""
    items = {item.header: item for item in instrument.items} if instrument is not None else {}
    rows, sizes = table.sizes(columns)
    plain, different = dict[str, Any](), dict[str, pd.Series]()
    for name in columns if rows else ():
        if name in units or sizes[name] <= MOST_ANSWERS:
            different[name] = pd.Series(table.different(name))
        elif table.is_number(name):
            plain[name], different[name] = _plain(table, name, items.get(name))
        else:
            raise OptionError(f"'{name}' holds {sizes[name]} different texts, of which no figure is made")
    return rows, _Answers(table, different, plain, headers_of(instrument))


def _plain(table: AskedTable, name: str, item: Item | None) -> tuple[Any, pd.Series]:
    """A column of numbers as it counts, and its two ends as they stand there; DataError where they are off a scale."""
    scale = item.scale if item is not None else None
    codes = [code for code in scale.missing if not isinstance(code, str)] if scale is not None else []
    number = table.number(name, without=codes)
    ends = table.ends(number)
    if scale is not None and item is not None:
        if ends and (ends[0] < scale.lowest or ends[1] > scale.highest):
            raise DataError(
                f"item '{item.name}': answers from {ends[0]:g} to {ends[1]:g} are not within {scale.lowest:g} to "
                f"{scale.highest:g}; missing codes of '{scale.name}': {', '.join(map(str, scale.missing)) or 'none'}"
            )
        number = scale.lowest + scale.highest - number if item.reverse else number
    return number, pd.Series(ends, dtype=float)
