"""The errors of the package: one parent, one child per stage of the way from survey file to report."""

from sexresearch.escaping import visible


class SexresearchError(Exception):
    """Parent of every error raised on purpose; its text says what was found and what to do.

    The text may hold names from files; control characters among them are written out.
    """

    def __str__(self) -> str:
        return visible(super().__str__())

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in the place of the frames: these errors are about what was asked, not about the code."""
        return [f"{type(self).__name__}: {self}"]


class DataError(SexresearchError):
    """A survey file, data frame or table of moments cannot be used as it is."""


class InstrumentError(SexresearchError):
    """A questionnaire definition (constructs, items, scales) is incomplete or contradicts itself."""


class ModelSyntaxError(SexresearchError):
    """The model text cannot be read; the message points at line and column, `line` is that line where one is meant."""

    line: int | None = None


class ModelError(SexresearchError):
    """The model can be read but not estimated: unidentified, empty, or not matching the data."""


class OptionError(SexresearchError):
    """An unknown option or value, or two options that exclude each other."""


class ArgumentError(OptionError, TypeError):
    """An argument that a function does not take; the message names the one that was meant."""


class DatasetError(SexresearchError):
    """A data set is unknown, cannot be fetched, or its bytes are not the expected ones."""


class StudyError(SexresearchError):
    """A study, notebook or report could not be reproduced."""


class LibraryError(SexresearchError, ImportError):
    """A library that only some features need is not installed; the message names the extra that brings it."""


class WriteError(SexresearchError):
    """A file cannot be written; what stood in its place before is unchanged."""
