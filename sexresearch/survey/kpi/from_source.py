"""KPIs of a table that is not in memory: sums by figure, segment and cluster, of its pieces or by its warehouse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from sexresearch.errors import DataError
from sexresearch.sem.view import source_frames
from sexresearch.survey.instrument import Instrument
from sexresearch.survey.kpi.columns_needed import KpiMeasure, missing_measure, off_nps
from sexresearch.survey.kpi.estimates import Floats, WeightedMean, mean_of_sums
from sexresearch.survey.kpi.in_warehouse import MOST_SEGMENTS, AskedFigures, Measures, asked_figures, headers_of
from sexresearch.survey.kpi.segments import ALL, design_columns, refuse_many, texts_of, weight_problem
from sexresearch.survey.survey import Survey

SUMS = ["n", "w", "ww", "wy", "wyy"]
Figure = tuple[KpiMeasure, str, WeightedMean | None, str]  # of a segment: its mean, or why there is none


@dataclass
class _MeasureSums:
    """One figure: sums by segment and cluster of rows, weights w, w², w y and w y², y less the `centre`.

    given : answers by segment, whatever they weigh. reason : why there is no figure. reach : as of the measure.
    """

    measure: KpiMeasure
    centre: float = 0.0
    parts: list[pd.DataFrame] = field(default_factory=list)
    given: dict[int, int] = field(default_factory=dict)
    reason: str = ""
    reach: tuple[float, float] = (np.inf, -np.inf)

    def add(self, measure: KpiMeasure, segments: Floats, clusters: Floats, w: Floats) -> None:
        """The rows of a piece."""
        self.reach = min(self.reach[0], measure.reach[0]), max(self.reach[1], measure.reach[1])
        if measure.answers is None:
            self.reason = off_nps(self.reach) if measure.reach[0] <= measure.reach[1] else self.reason or measure.note
            return
        y = measure.answers.to_numpy(dtype=float)
        seen = ~np.isnan(y)
        for segment, count in zip(*np.unique(segments[seen], return_counts=True), strict=True):
            self.given[int(segment)] = self.given.get(int(segment), 0) + int(count)
        kept = seen & (w > 0) & (clusters >= 0)
        if measure.kind == "mean" and not self.parts and kept.any():
            self.centre = float(np.mean(y[kept]))
        y, w = y[kept] - self.centre, w[kept]
        sums = dict(zip(SUMS, (np.ones(len(y)), w, w * w, w * y, w * y * y), strict=True))
        frame = pd.DataFrame({"segment": segments[kept], "cluster": clusters[kept], **sums})
        self.parts.append(frame.groupby(["segment", "cluster"])[SUMS].sum())

    def means(self, clustered: bool) -> dict[int | None, WeightedMean]:
        """What the sums of every segment tell, by its number; of all rows under None."""
        if not self.parts:
            return {}
        whole = pd.concat(self.parts).groupby(level=[0, 1]).sum()
        segments, rows = whole.index.get_level_values(0).to_numpy(), whole[SUMS].to_numpy()
        starts = np.flatnonzero(np.diff(segments, prepend=-1))
        own = zip(segments[starts].tolist(), np.split(rows, starts[1:]), strict=True)
        together = whole.groupby(level=1).sum()[SUMS].to_numpy()
        return {key: mean_of_sums(sums, self.centre, clustered) for key, sums in ((None, together), *own) if len(sums)}


@dataclass
class _PiecesRead:
    """What was seen of the pieces so far: labels of segments and clusters, signs of weights, the reach of the NPS."""

    segments: dict[str, int] = field(default_factory=dict)
    orders: dict[tuple[str, ...], tuple[float, ...]] = field(default_factory=dict)
    clusters: dict[object, int] = field(default_factory=dict)
    negative: bool = False
    positive: bool = False

    def segment_numbers(self, answers: pd.DataFrame, names: Sequence[str]) -> Floats:
        """(n,) the number of each row's segment."""
        if not names:
            return np.zeros(len(answers), dtype=int)
        texts, order = texts_of(answers, names)
        first = texts.drop_duplicates()
        labels, places = first.itertuples(index=False, name=None), order.loc[first.index].to_numpy().tolist()
        for key, own in zip(labels, places, strict=True):
            self.orders.setdefault(key, tuple(own))
            self.segments.setdefault(", ".join(key), len(self.segments))
        refuse_many(names, len(self.segments), MOST_SEGMENTS)
        keys = texts[names[0]] if len(names) == 1 else texts.agg(", ".join, axis=1)
        return keys.map(self.segments).to_numpy(dtype=int)

    @property
    def listed(self) -> list[str]:
        """The segments in the order of their numbers."""
        return list(dict.fromkeys(", ".join(key) for key in sorted(self.orders, key=lambda key: self.orders[key])))

    def cluster_numbers(self, column: pd.Series) -> Floats:
        """(n,) the number of each row's cluster, -1 for none."""
        codes, labels = pd.factorize(column)
        numbers = [self.clusters.setdefault(label, len(self.clusters)) for label in labels.tolist()]
        return np.array([*numbers, -1])[codes]

    def weights(self, column: pd.Series) -> Floats:
        """(n,) the weights of the rows."""
        w = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
        self.negative |= bool((w < 0).any())
        self.positive |= bool((w > 0).any())
        return w


def figures_of_source(
    data: object, instrument: Instrument | None, by: Sequence[str], measures: Measures
) -> list[Figure]:
    """Every figure of every segment, all rows first, from one reading or from sums that a warehouse makes.

    DataError for what is no source.
    """
    source = source_frames(data)
    if source is None:
        raise DataError(
            f"kpis takes a Survey; found {type(data).__name__}. Survey.from_frame makes one of a frame; the path of "
            "Parquet files or a lazy table is read in pieces"
        )
    columns = _columns([*source.names], source.label, instrument, by, measures)
    beside = design_columns(instrument)
    if source.warehouse is None:
        parts = () if instrument is None else (*headers_of(instrument).values(), *(f.name for f in instrument.fields))
        read = dict.fromkeys([*columns, *(name for name in parts if name in source.names)])
        sums, seen = _read(source.frames([*read]), source.label, instrument, by, measures)
    else:
        sums, seen = _summed(asked_figures(source.warehouse, source.label, columns, instrument, by, measures), by)
    if not sums:
        raise DataError(f"the data are empty: 0 rows, {len(columns)} columns")
    problem = weight_problem(beside["weight"], seen.negative, seen.positive) if "weight" in beside else ""
    return [figure for own in sums for figure in _figures(own, seen, problem, "cluster" in beside)]


def _read(
    frames: Iterable[pd.DataFrame], label: str, instrument: Instrument | None, by: Sequence[str], measures: Measures
) -> tuple[list[_MeasureSums], _PiecesRead]:
    """The sums of every figure over the pieces; none where there is no piece."""
    seen, sums, beside = _PiecesRead(), list[_MeasureSums](), design_columns(instrument)
    for frame in frames:
        survey = Survey.from_frame(frame.reset_index(drop=True), instrument, name=label)
        answers, n, figures = survey.answers, len(frame), measures(survey)
        sums = sums or [_MeasureSums(measure) for measure in figures]
        segments = seen.segment_numbers(answers, by)
        clusters = seen.cluster_numbers(answers[beside["cluster"]]) if "cluster" in beside else np.zeros(n, dtype=int)
        w = seen.weights(answers[beside["weight"]]) if "weight" in beside else np.ones(n)
        for own, measure in zip(sums, figures, strict=True):
            own.add(measure, segments, clusters, w)
    return sums, seen


def _summed(there: AskedFigures, by: Sequence[str]) -> tuple[list[_MeasureSums], _PiecesRead]:
    """The same from a warehouse's sums; none where its table has no rows."""
    seen, sums, units = _PiecesRead(), list[_MeasureSums](), there.units
    segments = seen.segment_numbers(units, by)
    clusters = np.zeros(len(units), dtype=int) if there.clusters is None else seen.cluster_numbers(there.clusters)
    if there.weights is not None:
        seen.weights(there.weights)
    for figure in there.figures:
        own = _MeasureSums(figure.measure, figure.centre)
        own.reason = figure.measure.note if figure.sums is None else ""
        if figure.sums is not None:
            own.given = {int(key): int(n) for key, n in figure.sums["given"].groupby(segments).sum().items()}
            kept = (figure.sums["n"] > 0).to_numpy()
            frame = figure.sums[SUMS][kept].assign(segment=segments[kept], cluster=clusters[kept])
            own.parts.append(frame.groupby(["segment", "cluster"])[SUMS].sum())
        sums.append(own)
    return sums, seen


def _columns(
    names: list[str], label: str, instrument: Instrument | None, by: Sequence[str], measures: Measures
) -> list[str]:
    """The columns that figures, segments, weights and clusters rest on; DataError for those that are not there."""
    absent = [name for name in by if name not in names]
    if absent:
        raise DataError(f"by: {label} has no column '{absent[0]}'; it has {', '.join(names)}")
    headers = headers_of(instrument)
    shown = {header: name for name, header in headers.items()}
    empty = Survey.from_frame(pd.DataFrame({shown.get(name, name): [np.nan] for name in names}), None, name=label)
    figures = measures(empty if instrument is None else Survey(**vars(empty) | {"instrument": instrument}))
    wanted = [*by, *design_columns(instrument).values(), *(name for own in figures for name in own.item.split(", "))]
    return [name for name in dict.fromkeys(headers.get(name, name) for name in wanted) if name in names]


def _figures(own: _MeasureSums, seen: _PiecesRead, problem: str, clustered: bool) -> Iterator[Figure]:
    means = {} if own.reason or problem else own.means(clustered)
    given = dict[int | None, int](own.given.items()) | {None: sum(own.given.values())}
    measure = missing_measure(own.measure.kpi, own.measure.item, own.reason) if own.reason else own.measure
    for name in (ALL, *seen.listed):
        number = None if name == ALL else seen.segments[name]
        none = "no answer with a weight above 0 and a cluster" if given.get(number) else "no answer"
        yield measure, name, means.get(number), own.reason or problem or ("" if number in means else none)
