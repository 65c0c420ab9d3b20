"""The survey: the answers to a questionnaire, checked once and then frozen."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.deprecation import superseded
from sexresearch.errors import DataError
from sexresearch.escaping import visible
from sexresearch.frozen import by_value
from sexresearch.survey.checking import check_answers
from sexresearch.survey.columns import NoAnswer
from sexresearch.survey.exclusions import (
    FINDINGS,
    ORIGIN,
    Exclusion,
    fingerprint,
    grouped_by_reason,
    in_a_caption,
    reasons_by_row,
    reasons_of_rows,
    refuse_unknown,
)
from sexresearch.survey.instrument import Instrument
from sexresearch.survey.rawtable import RawTable
from sexresearch.survey.survey_html import survey_html
from sexresearch.survey.wording import counted, listed, together


@dataclass(frozen=True)
class SurveyFile:
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
    answers that no respondent gave. `exclusions` says which rows were taken out by `without`, and why. `waves` is the
    column that says the wave where `join_waves` made the survey, else empty.

    >>> survey = Survey.from_frame(pd.DataFrame({"sat1": [5, 9], "city": ["Oslo", "Bern"]}))
    >>> survey.n, survey.items
    (2, ('sat1',))
    """

    _answers: pd.DataFrame
    instrument: Instrument | None
    source: SurveyFile
    synthetic: bool = False
    notes: tuple[str, ...] = ()
    no_answers: tuple[NoAnswer, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    waves: str = ""
    _origin: int | None = None

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
        return checked_survey(RawTable(frame), instrument, SurveyFile(name, None, len(frame)), synthetic)

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
        """Source and number of rows in words, for captions; says what is synthetic, and which rows were taken out."""
        about = f"{self.source.name}, n = {self.n}" + (" (synthetic)" if self.synthetic else "")
        return ", ".join(part for part in (about, in_a_caption(self.exclusions)) if part)

    @property
    def origin(self) -> int:
        """A number that tells this survey from others; rows that are taken out leave it as it is."""
        return fingerprint(self._answers) if self._origin is None else self._origin

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
    def translated(self, language: str) -> Survey:
        """The survey with the questionnaire, and the labels of its fields, in another language.

        Parameters
        ----------
        language : str
            Code of a language, such as "de".

        Returns
        -------
        Survey
            As `Instrument.translated` has it; answers to items are codes and stay as they are.

        Raises
        ------
        DataError
            The survey has no instrument.

        Examples
        --------
        >>> import sexresearch as sx
        >>> survey = sx.datasets.load("service_excellence_demo").translated("de")
        >>> survey.instrument.construct("loyalty").label, survey.answers["brand"].iloc[0]
        ('Loyalität', 'low-budget')
        """
        if self.instrument is None:
            raise DataError(f"{self.source.name} was read without an instrument, so there are no texts to translate")
        other = self.instrument.translated(language)
        pairs = zip(self.instrument.fields, other.fields, strict=True)
        words = {
            field.name: dict(zip(dict(field.labels).values(), dict(new.labels).values(), strict=True))
            for field, new in pairs
            if field.labels != new.labels
        }
        columns = {name: self._answers[name].replace(texts) for name, texts in words.items()}
        return replace(self, _answers=self._answers.assign(**columns), instrument=other, _origin=self.origin)

    @in_words
    def without(self, rows: pd.DataFrame | Iterable[Hashable], because: str = "") -> Survey:
        """The survey without some rows, and with a record of which ones and why.

        Parameters
        ----------
        rows : DataFrame or iterable
            What `screen` found, or the part of it that counts: every row named in it goes. Or labels of rows.
        because : str
            Why. Needed for labels; findings have their checks as the reason where nothing else is said.

        Returns
        -------
        Survey
            A new one. Its `exclusions`, `caption` and printed form tell how many rows went, and why.

        Raises
        ------
        DataError
            A label is not there, the findings are those of another survey, there is no reason, or no row would be left.

        Notes
        -----
        Rows that were taken out before stay out, for the reason of then. The answers themselves are left as they are.

        Examples
        --------
        >>> survey = Survey.from_frame(pd.DataFrame({"sat1": [5, 9]}))
        >>> survey.without([0], because="answered twice").caption
        'data frame, n = 1, 1 row excluded: answered twice (1)'
        """
        rows = rows.to_frame().T if isinstance(rows, pd.Series) and set(FINDINGS) <= set(rows.index) else rows
        if isinstance(rows, pd.DataFrame) and set(FINDINGS) <= set(rows.columns):
            if rows.attrs.get(ORIGIN, self.origin) != self.origin:
                raise DataError(f"these are findings about other answers than those of {self.source.name}: screen it")
            reasons = reasons_by_row(rows)
            reasons = dict.fromkeys(reasons, because.strip()) if because.strip() else reasons
        else:
            reasons = reasons_of_rows(rows, because)
        gone = {label for part in self.exclusions for label in part.rows}
        refuse_unknown(self.source.name, reasons, self._answers.index, gone)
        new = {label: why for label, why in reasons.items() if label not in gone}
        if len(new) == self.n:
            raise DataError(f"{self.source.name}: no row would be left")
        left, taken = self._answers.drop(index=list(new)), grouped_by_reason(new)
        return replace(self, _answers=left, exclusions=(*self.exclusions, *taken), _origin=self.origin)

    @superseded("without(rows, because=...)", until="0.3")
    @in_words
    def drop(self, rows: Iterable[Hashable]) -> Survey:
        """The survey without some rows: the old spelling of `without`.

        Parameters
        ----------
        rows : iterable
            Labels of rows.

        Returns
        -------
        Survey
            As `without` returns it, the reason being "dropped".

        Raises
        ------
        DataError
            As by `without`.
        """
        return self.without(list(rows), because="dropped")

    def __repr__(self) -> str:
        constructs = counted(len(self.instrument.constructs), "construct") if self.instrument else ""
        items = counted(len(self.items), "item") + (f" of {constructs}" if constructs else "")
        about = f"Survey {self.caption}: {items}"
        extra = [f"columns not in the instrument: {listed(self.extra)}"] if self.extra else []
        return visible("\n".join([about, *(f"  {note}" for note in (*self.notes, *extra))]))

    def _repr_html_(self) -> str:
        return survey_html(self)


def checked_survey(
    table: RawTable, instrument: Instrument | None, source: SurveyFile, synthetic: bool = False
) -> Survey:
    """The survey in a raw table; raises DataError with everything that is wrong, by name.

    >>> checked_survey(RawTable(pd.DataFrame({"sat1": [5]})), None, SurveyFile("clients.csv", None, 1)).caption
    'clients.csv, n = 1'
    """
    checked = check_answers(table, instrument)
    if checked.problems:
        counted = " (row 1 is the first answer)" if source.sha256 else ""
        raise DataError(together(f"{source.name} cannot be used as it is{counted}", checked.problems))
    notes = (*table.notes, *checked.notes)
    return Survey(checked.answers, instrument, source, synthetic, notes, checked.no_answers)
