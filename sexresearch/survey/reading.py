"""Reading survey files: the suffix says the format, the instrument what must be in it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sexresearch.arguments import in_words
from sexresearch.errors import DataError, OptionError
from sexresearch.survey.instrument import Instrument
from sexresearch.survey.rawtable import RawTable
from sexresearch.survey.statfile import read_parquet, read_spss, read_stata
from sexresearch.survey.survey import Source, Survey, checked_survey
from sexresearch.survey.textfile import read_text
from sexresearch.survey.workbook import read_workbook

STATISTICAL = {".sav": read_spss, ".dta": read_stata, ".parquet": read_parquet}
SUFFIXES = (".csv", ".tsv", ".xlsx", *STATISTICAL)


@in_words
def read_survey(
    path: str | Path,
    instrument: Instrument | str | Path | None = None,
    *,
    sheet: str | None = None,
    synthetic: bool = False,
) -> Survey:
    """The survey in a file, checked against its instrument.

    Parameters
    ----------
    path : str or Path
        The suffix names the format: .csv and .tsv (encoding, separator and decimal comma are found out; Qualtrics and
        LimeSurvey exports are recognized), .xlsx, .sav (SPSS) and .dta (Stata) with user-missing values and value
        labels, .parquet.
    instrument : Instrument, str or Path, optional
        The instrument, or the path or text of its TOML codebook. Default: all columns are kept as they are.
    sheet : str, optional
        Sheet of an .xlsx file. Default: the first.
    synthetic : bool
        Marks answers that no respondent gave.

    Returns
    -------
    Survey
        Which also states the rules for answers: missing codes, reversed items, labels.

    Raises
    ------
    DataError
        The file is absent, empty, damaged or of another format; or, all together and by name: columns that are absent
        (with similar ones), repeated or unnamed, answers off their scale, text in items, codes without label.
    InstrumentError
        The codebook cannot be used.
    OptionError
        A sheet of a file that has none.

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
    content = _content(file, sheet)
    table = _table(file, content, sheet)
    source = Source(file.name, hashlib.sha256(content).hexdigest(), len(table.frame))
    return checked_survey(table, instrument, source, synthetic)


def _content(file: Path, sheet: str | None) -> bytes:
    suffix = file.suffix.lower()
    if suffix not in SUFFIXES:
        raise DataError(f"{file.name}: no reader for '{suffix}'; the formats are {', '.join(SUFFIXES)}")
    if sheet is not None and suffix != ".xlsx":
        raise OptionError(f"sheet='{sheet}' applies to .xlsx files; {file.name} has no sheets")
    try:
        content = file.read_bytes()
    except OSError as error:
        raise DataError(f"{file.name} cannot be opened: {error.strerror}") from error
    if not content.strip():
        raise DataError(f"{file.name} is empty")
    return content


def _table(file: Path, content: bytes, sheet: str | None) -> RawTable:
    suffix = file.suffix.lower()
    if suffix == ".xlsx":
        return read_workbook(content, file.name, sheet)
    if suffix in STATISTICAL:
        return STATISTICAL[suffix](file)
    return read_text(content, file.name, "\t" if suffix == ".tsv" else ",;\t")
