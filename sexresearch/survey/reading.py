"""Reading survey files: the suffix says the format, the instrument what must be in it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sexresearch.arguments import in_words
from sexresearch.errors import DataError, OptionError
from sexresearch.survey.file_content import OTHER_SUFFIXES, TEXT, file_content
from sexresearch.survey.instrument import Instrument
from sexresearch.survey.rawtable import RawTable
from sexresearch.survey.spelling import clean
from sexresearch.survey.statfile import read_parquet, read_spss, read_stata
from sexresearch.survey.survey import Survey, SurveyFile, checked_survey
from sexresearch.survey.textfile import FileDescription, read_text
from sexresearch.survey.workbook import read_workbook

STATISTICAL = {".sav": read_spss, ".dta": read_stata, ".parquet": read_parquet}
SUFFIXES = (*TEXT, ".xlsx", *STATISTICAL)


@in_words
def read_survey(
    path: str | Path,
    instrument: Instrument | str | Path | None = None,
    *,
    sheet: str | None = None,
    header: int | None = None,
    separator: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    synthetic: bool = False,
) -> Survey:
    """The survey in a file, checked against its instrument.

    Parameters
    ----------
    path : str or Path
        The suffix names the format: .csv, .tsv, .txt and .dat for text, .xlsx, .sav (SPSS) and .dta (Stata) with
        user-missing values and value labels, .parquet.
    instrument : Instrument, str or Path, optional
        The instrument, or the path or text of its TOML codebook. Default: all columns are kept.
    sheet : str, optional
        Sheet of an .xlsx file. Default: the one with the instrument's columns, else the first that holds a table.
    header : int, optional
        Number of the row of names (first row 1) in text and .xlsx files. Default: found out.
    separator : str, optional
        Mark between the columns of text files. Default: the one that splits the first rows alike.
    decimal, thousands : str, optional
        Marks inside numbers that stand as text: "." or ",", and for thousands also "'" or " ". Default: those
        the numbers themselves show; where 1.234 may be either, the file is refused.
    synthetic : bool
        Marks answers that no respondent gave.

    Returns
    -------
    Survey
        Which also states the rules for answers: missing codes, reversed items, labels.

    Raises
    ------
    DataError
        The file is absent, empty, damaged, of another format, or can be read in two ways; or, all together and by
        name: columns that are absent (with similar ones), repeated or unnamed, answers off their scale, text in
        items, codes without label, labels in the file that contradict the instrument's.
    InstrumentError
        The codebook cannot be used.
    OptionError
        An option that does not apply to the format, such as a sheet of a file that has none.

    Notes
    -----
    Encoding, separator, marks inside numbers, the worksheet and the row of names are found out from the file as a
    whole, exports of Qualtrics, LimeSurvey and SurveyMonkey by their structure. Every guess is in `notes` of the
    survey; what you say is not guessed. The file is never written to.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "clients.csv")
    ...     _ = file.write_text("sat1;city\\n5;Oslo\\n9;Bern\\n")
    ...     read_survey(file)
    Survey clients.csv, n = 2: 1 item
      columns are separated by semicolons
    """
    file = Path(path)
    if isinstance(instrument, (str, Path)):
        instrument = Instrument.from_toml(instrument)
    wanted = frozenset(_headers(instrument))
    requested = FileDescription(separator, decimal, thousands, header, wanted)
    content = _content(file, sheet, requested)
    table = _table(file, content, sheet, requested)
    source = SurveyFile(file.name, hashlib.sha256(content).hexdigest(), len(table.frame))
    return checked_survey(table, instrument, source, synthetic)


def _headers(instrument: Instrument | None) -> list[str]:
    if instrument is None:
        return []
    return [clean(name) for name in (*(item.header for item in instrument.items), *(f.name for f in instrument.fields))]


def _content(file: Path, sheet: str | None, requested: FileDescription) -> bytes:
    suffix = file.suffix.lower()
    if suffix not in SUFFIXES:
        hint = f": {OTHER_SUFFIXES[suffix]}" if suffix in OTHER_SUFFIXES else ""
        raise DataError(f"{file.name}: no reader for '{suffix}'; the formats are {', '.join(SUFFIXES)}{hint}")
    if sheet is not None and suffix != ".xlsx":
        raise OptionError(f"sheet='{sheet}' applies to .xlsx files; {file.name} has no sheets")
    _check_options(file.name, suffix, requested)
    content = file_content(file)
    if not content.strip():
        raise DataError(f"{file.name} is empty")
    return content


def _check_options(name: str, suffix: str, requested: FileDescription) -> None:
    marks = {"separator": requested.separator, "decimal": requested.decimal, "thousands": requested.thousands}
    allowed = {"decimal": (".", ","), "thousands": (".", ",", "'", " ")}
    for option, mark in marks.items():
        if mark is not None and suffix not in ((*TEXT, ".xlsx") if option in allowed else TEXT):
            raise OptionError(f"{option}={mark!r} applies to text files; {name} has no such marks")
        if mark is not None and (not isinstance(mark, str) or mark not in allowed.get(option, (mark,))):
            raise OptionError(f"{option}={mark!r}: the marks are {', '.join(map(repr, allowed.get(option, ())))}")
    if requested.separator is not None and (len(requested.separator) != 1 or requested.separator in '\r\n"'):
        raise OptionError(f"separator={requested.separator!r} must be one character between columns, such as ';'")
    if requested.decimal is not None and requested.decimal == requested.thousands:
        raise OptionError(f"decimal and thousands cannot both be {requested.decimal!r}")
    if requested.header is not None and (isinstance(requested.header, bool) or not isinstance(requested.header, int)):
        raise OptionError(f"header={requested.header!r} must be the number of the row of names, first row 1")
    if requested.header is not None and suffix in STATISTICAL:
        raise OptionError(f"header={requested.header} applies to text and .xlsx files; {name} has its own names")


def _table(file: Path, content: bytes, sheet: str | None, requested: FileDescription) -> RawTable:
    suffix = file.suffix.lower()
    if suffix == ".xlsx":
        return read_workbook(content, file.name, sheet, requested)
    if suffix in STATISTICAL:
        return STATISTICAL[suffix](file)
    return read_text(content, file.name, "\t" if suffix == ".tsv" else "", requested)


def raw_table(path: str | Path, sheet: str | None = None, requested: FileDescription | None = None) -> RawTable:
    """The table in a survey file before anything is known of its columns; errors as `read_survey`."""
    file, requested = Path(path), FileDescription() if requested is None else requested
    return _table(file, _content(file, sheet, requested), sheet, requested)
