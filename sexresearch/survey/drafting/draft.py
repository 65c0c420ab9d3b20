"""`draft_instrument`: a questionnaire proposed for a file that has none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import DataError
from sexresearch.languages import Language
from sexresearch.survey.bank.content import bank
from sexresearch.survey.checking import check_answers
from sexresearch.survey.columns import item_answers
from sexresearch.survey.drafting.draft_text import draft_text
from sexresearch.survey.drafting.proposals import FieldProposal, ItemProposal, proposals
from sexresearch.survey.drafting.seen import seen_columns
from sexresearch.survey.instrument import Instrument
from sexresearch.survey.parts import Construct, Field, Item
from sexresearch.survey.rawtable import RawTable
from sexresearch.survey.reading import raw_table
from sexresearch.survey.spelling import clean
from sexresearch.survey.textfile import FileDescription
from sexresearch.survey.wording import listed, together
from sexresearch.writing import write_confirmed

MOST_COLUMNS = 1_000


@dataclass(frozen=True, repr=False)
class Draft(Instrument):
    """A questionnaire that is proposed and not yet confirmed: an `Instrument` that says how sure each line is.

    Printed, it is the TOML codebook with a comment behind every line.

    Parameters
    ----------
    text : str
        The commented codebook.
    proposals : DataFrame
        One row per column of the file: role, construct and node with its score, the second best with its own, scale,
        whether reversed, and why the column is taken for what it is.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "clients.csv")
    ...     _ = file.write_text("sat1,sat2,city\\n" + "5,4,Oslo\\n2,1,Bern\\n4,5,Rome\\n1,2,Oslo\\n3,3,Bern\\n" * 9)
    ...     draft_instrument(file).proposals[["column", "role", "construct"]].values.tolist()
    [['sat1', 'item', 'satisfaction'], ['sat2', 'item', 'satisfaction'], ['city', 'group', None]]
    """

    text: str = ""
    _proposals: pd.DataFrame = field(default_factory=pd.DataFrame, compare=False)

    @property
    def proposals(self) -> pd.DataFrame:
        """One row per column of the file, in a new frame."""
        return self._proposals.copy()

    @in_words
    def write(self, path: str | Path, *, replace_existing: bool = False) -> Path:
        """Write the commented codebook.

        Parameters
        ----------
        path : str or Path
            Where to, such as "questionnaire.toml".
        replace_existing : bool
            Whether a file that is there may be replaced, with what you confirmed in it.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        WriteError
            It is there already, or cannot be written.
        """
        return write_confirmed(path, self.text, replace_existing)

    def __repr__(self) -> str:
        return self.text


@in_words
def draft_instrument(
    path: str | Path,
    sheet: str | None = None,
    *,
    language: Language = "en",
    header: int | None = None,
    separator: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
) -> Draft:
    """A questionnaire for a survey file that has none: what each column most likely is, to be confirmed by a person.

    Parameters
    ----------
    path : str or Path
        The file, in any format of `read_survey`.
    sheet : str, optional
        Sheet of an .xlsx file. Default: the first that holds a table.
    language : {"en", "de"}
        Of the names of the constructs; the questions may be in any language of the item bank.
    header : int, optional
        Number of the row of names, as in `read_survey`. Default: found out.
    separator, decimal, thousands : str, optional
        Marks between columns and inside numbers, as in `read_survey`. Default: found out.

    Returns
    -------
    Draft
        An instrument, which `read_survey(path, instrument=draft)` takes as it is; printed or written, a TOML codebook
        with what speaks for each line. Every guess is said, and no column is left out.

    Raises
    ------
    DataError
        The file cannot be read, has more than a thousand columns, or holds no rating.

    Notes
    -----
    Items are columns of few whole numbers or of ordered words that their question, their name, or the columns beside
    them speak for. A question is compared with those of the item bank, and with other usual ways to ask the same, by
    the cosine of TF-IDF weights (Salton & Buckley 1988, doi 10.1016/0306-4573(88)90021-0) of words without their
    endings and of parts of words: half with the most similar ones, half with all of a construct together; words that
    many questions of the file begin with are left out, and columns of one name vote together. Of questions in the
    wordings of strangers, seven of ten find their construct first and seven to eight of ten first or second (74
    questions of published instruments, in English and German);
    the more a file's wordings are its own, the more there is to confirm.
    A code at the end of a scale is proposed as no answer where those who gave it rate other things as it would not be
    expected, an item as reversed where its answers run against those of its construct.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "clients.csv")
    ...     _ = file.write_text("sat1,sat2,city\\n" + "5,4,Oslo\\n2,1,Bern\\n4,5,Rome\\n1,2,Oslo\\n3,3,Bern\\n" * 9)
    ...     draft = draft_instrument(file)
    >>> draft.constructs[0].node, [item.name for item in draft.items]
    ('satisfaction', ['sat1', 'sat2'])
    """
    file = Path(path)
    table = raw_table(file, sheet, FileDescription(separator, decimal, thousands, header))
    if table.frame.shape[1] > MOST_COLUMNS:
        raise DataError(
            f"{file.name} has {table.frame.shape[1]:,} columns; questionnaires are drafted for up to {MOST_COLUMNS:,}: "
            f"save the columns that were asked as a file of their own, and draft from that"
        )
    table, left = _decided(table)
    problems = check_answers(table, None).problems
    if problems:
        raise DataError(together(f"{file.name} cannot be used as it is", problems))
    items, fields = _readable(table, *proposals(seen_columns(table)))
    if all(part.record for part in items):
        names = listed([*(part.item.header for part in items), *(part.field.name for part in fields)])
        raise DataError(
            f"{file.name} holds no column of ratings, so there is no questionnaire to draft; ratings are whole numbers "
            f"such as 1 to 5, or words such as 'agree'; its columns are {names}" + "".join(f"; {note}" for note in left)
        )
    constructs = _constructs(items, fields, language)
    text = draft_text(file.name, (*table.notes, *left), constructs, items, fields)
    others = tuple(part.field for part in fields)
    frame = _frame(items, fields, constructs)
    return Draft(constructs, others, file.name, text=text, _proposals=frame)


def _decided(table: RawTable) -> tuple[RawTable, tuple[str, ...]]:
    """The table without columns that cannot be read as they are, and what to say of these: others need not wait."""
    kept = [place for place, name in enumerate(table.frame.columns) if clean(str(name)) not in table.doubts]
    left = tuple(f"column '{name}' left out: {doubt}" for name, doubt in table.doubts.items())
    return replace(table, frame=table.frame.iloc[:, kept], doubts={}), left


def _readable(
    table: RawTable, items: Sequence[ItemProposal], fields: Sequence[FieldProposal]
) -> tuple[list[ItemProposal], list[FieldProposal]]:
    """The proposals, with items whose answers do not fit their scale as fields."""
    kept, others = [], list(fields)
    for part in items:
        header = part.item.header
        place = [str(name).strip() for name in table.frame.columns].index(header)
        read = item_answers(table.frame.iloc[:, place], part.item, table.labels.get(header), header in table.percent)
        if read.problems:
            others.append(
                FieldProposal(Field(header, part.item.wording), f"looks like an item, but {read.problems[0]}")
            )
        else:
            kept.append(part)
    return kept, others


def _constructs(items: Sequence[ItemProposal], fields: Sequence[FieldProposal], language: str) -> tuple[Construct, ...]:
    """The constructs that items were proposed for, in the order of the file; one for each node."""
    by_name: dict[str, list[Item]] = {}
    for part in items:
        by_name.setdefault(part.vote.first.construct.name, []).append(part.item)
    known = {part.construct.name: part.construct for part in bank(language)}
    taken = {part.item.name for part in items} | {part.field.name for part in fields}
    constructs: list[Construct] = []
    for name, members in by_name.items():
        node = "" if known[name].node in [other.node for other in constructs] else known[name].node
        free = name if name not in taken else f"{name}_construct"
        constructs.append(replace(known[name], name=free, items=tuple(members), node=node))
    return tuple(constructs)


def _frame(
    items: Sequence[ItemProposal], fields: Sequence[FieldProposal], constructs: Sequence[Construct]
) -> pd.DataFrame:
    homes = {item.name: construct for construct in constructs for item in construct.items}
    rows: list[dict[str, object]] = [
        {
            "column": part.item.header,
            "role": "item",
            "construct": homes[part.item.name].name,
            "node": part.vote.first.construct.node or None,
            "score": part.vote.score,
            "second": part.vote.second.construct.name,
            "second_node": part.vote.second.construct.node or None,
            "second_score": part.vote.second_score,
            "scale": part.item.scale.name,
            "lowest": part.item.scale.lowest,
            "highest": part.item.scale.highest,
            "reverse": part.item.reverse,
            "because": part.because,
        }
        for part in items
    ]
    rows += [{"column": part.field.name, "role": part.field.role, "because": part.because} for part in fields]
    columns = list(rows[0])
    return pd.DataFrame({name: pd.Series([row.get(name) for row in rows], dtype=object) for name in columns})
