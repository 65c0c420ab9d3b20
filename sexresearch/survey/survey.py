"""The survey: the answers to a questionnaire, checked once and then frozen."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import DataError
from sexresearch.escaping import visible
from sexresearch.frozen import by_value
from sexresearch.survey.checking import check_answers
from sexresearch.survey.columns import NoAnswer
from sexresearch.survey.instrument import Instrument
from sexresearch.survey.rawtable import RawTable
from sexresearch.survey.wording import counted, listed, together


@dataclass(frozen=True)
class Source:
    """Where answers come from: name of the file (no folder), SHA-256 of its bytes, number of rows.

    `sha256` is None for answers that came as a data frame.
    """

    name: str
    sha256: str | None
    rows: int


@by_value
@dataclass(frozen=True, eq=False, repr=False)
class Survey:
    """The answers to a questionnaire, checked; made by `read_survey` or `Survey.from_frame`.

    One rule whatever the file format: items are float64 under the item's name; codes and cells that stand
    for no answer are NaN; reversed items are recoded to lowest + highest - answer, so that all items of a
    construct point in one direction. Fields hold the texts of their labels where there are labels. All other
    columns stay as they are, listed in `extra`. Rows keep their order and their label: the row number in the
    file, first answer 1, or the index of the data frame. `notes` says what was decided in reading, `no_answers`
    which texts and codes counted as no answer, in which column, how often and why; `synthetic` is True for
    answers that no respondent gave.

    >>> survey = Survey.from_frame(pd.DataFrame({"sat1": [5, 9], "city": ["Oslo", "Bern"]}))
    >>> survey.n, survey.items
    (2, ('sat1',))
    """

    _answers: pd.DataFrame
    instrument: Instrument | None
    source: Source
    synthetic: bool = False
    notes: tuple[str, ...] = ()
    no_answers: tuple[NoAnswer, ...] = ()

    @classmethod
    @in_words
    def from_frame(
        cls,
        frame: pd.DataFrame,
        instrument: Instrument | None = None,
        *,
        name: str = "data frame",
        synthetic: bool = False,
    ) -> Survey:
        """The survey in a data frame of raw answers, checked like a file; the frame itself is left as it is.

        Parameters
        ----------
        frame : DataFrame
            One row per respondent, with one level of column names and unique row labels.
        instrument : Instrument, optional
            What the columns measure. Default: all columns are kept as they are, the numeric ones as items.
        name : str
            What the source is called in captions and messages.
        synthetic : bool
            Marks answers that no respondent gave.

        Returns
        -------
        Survey
            Which also states the rules for answers: missing codes, reversed items, labels.

        Raises
        ------
        DataError
            All problems together: absent, repeated or unnamed columns, answers off the scale, text in items, no rows,
            row labels that repeat.

        Examples
        --------
        >>> Survey.from_frame(pd.DataFrame({"sat1": [5, 9]}, index=["anna", "bo"])).answers.index.tolist()
        ['anna', 'bo']
        """
        if not isinstance(frame, pd.DataFrame) or frame.columns.nlevels > 1:
            raise DataError(f"{name} must be a pandas DataFrame with one level of column names")
        return checked_survey(RawTable(frame), instrument, Source(name, None, len(frame)), synthetic)

    @property
    def answers(self) -> pd.DataFrame:
        """All columns as a data frame: a copy, so that nothing done to it changes the survey."""
        return self._answers.copy()

    @property
    def n(self) -> int:
        """Number of rows (respondents)."""
        return len(self._answers)

    @property
    def items(self) -> tuple[str, ...]:
        """Names of the items in the order of the questionnaire; without instrument all numeric columns."""
        if self.instrument is not None:
            return tuple(item.name for item in self.instrument.items)
        return tuple(self._answers.select_dtypes("number").columns)

    @property
    def extra(self) -> tuple[str, ...]:
        """Names of the columns that the instrument does not mention; none without instrument."""
        if self.instrument is None:
            return ()
        known = {*self.items, *(field.name for field in self.instrument.fields)}
        return tuple(name for name in self._answers.columns if name not in known)

    @property
    def caption(self) -> str:
        """Source and number of rows in words, for captions; says so where the answers are synthetic."""
        return f"{self.source.name}, n = {self.n}" + (" (synthetic)" if self.synthetic else "")

    @in_words
    def items_of(self, construct: str) -> tuple[str, ...]:
        """Names of the item columns of one construct.

        Parameters
        ----------
        construct : str
            Name of a construct of the instrument.

        Returns
        -------
        tuple of str
            In the order of the questionnaire.

        Raises
        ------
        DataError
            The survey has no instrument.
        InstrumentError
            There is no such construct.
        """
        if self.instrument is None:
            raise DataError(f"{self.source.name} was read without an instrument, so it has no constructs")
        return tuple(item.name for item in self.instrument.construct(construct).items)

    @in_words
    def drop(self, rows: Iterable[Hashable]) -> Survey:
        """The survey without some rows, which is noted.

        Parameters
        ----------
        rows : iterable
            Labels of rows, such as those of `screen`.

        Returns
        -------
        Survey
            A new one.

        Raises
        ------
        DataError
            A label is not there, or no row would be left.

        Examples
        --------
        >>> Survey.from_frame(pd.DataFrame({"sat1": [5, 9]})).drop([0]).answers.index.tolist()
        [1]
        """
        labels = list(dict.fromkeys(rows))
        unknown = [label for label in labels if label not in self._answers.index]
        if unknown:
            raise DataError(f"{self.source.name} has no row {listed(unknown)}")
        if len(labels) == self.n:
            raise DataError(f"{self.source.name}: no row would be left")
        dropped = f"{counted(len(labels), 'row')} dropped"
        return replace(self, _answers=self._answers.drop(index=labels), notes=(*self.notes, dropped))

    def __repr__(self) -> str:
        constructs = counted(len(self.instrument.constructs), "construct") if self.instrument else ""
        items = counted(len(self.items), "item") + (f" of {constructs}" if constructs else "")
        about = f"Survey {self.caption}: {items}"
        extra = [f"columns not in the instrument: {listed(self.extra)}"] if self.extra else []
        return visible("\n".join([about, *(f"  {note}" for note in (*self.notes, *extra))]))


def checked_survey(table: RawTable, instrument: Instrument | None, source: Source, synthetic: bool = False) -> Survey:
    """The survey in a raw table; raises DataError with everything that is wrong, by name.

    >>> checked_survey(RawTable(pd.DataFrame({"sat1": [5]})), None, Source("clients.csv", None, 1)).caption
    'clients.csv, n = 1'
    """
    checked = check_answers(table, instrument)
    if checked.problems:
        counted = " (row 1 is the first answer)" if source.sha256 else ""
        raise DataError(together(f"{source.name} cannot be used as it is{counted}", checked.problems))
    notes = (*table.notes, *checked.notes)
    return Survey(checked.answers, instrument, source, synthetic, notes, checked.no_answers)
