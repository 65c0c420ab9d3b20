"""The parts of a document: headings, paragraphs, notes, tables, figures, in the order in which they are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sexresearch.document.tables import Table
from sexresearch.errors import OptionError
from sexresearch.languages import LANGUAGES, Language

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

NoteKind = Literal["note", "warning", "verdict"]


@dataclass(frozen=True)
class Run:
    """A piece of a paragraph: text, set strong or emphasized, or leading to an address."""

    text: str
    strong: bool = False
    emphasis: bool = False
    link: str = ""


Words: TypeAlias = "str | Run | Sequence[str | Run]"


def strong(text: str) -> Run:
    """A run in bold.

    Parameters
    ----------
    text : str
        Its words.

    Returns
    -------
    Run
        For a paragraph.

    Notes
    -----
    Each format has its own bold; text is escaped as the format needs it.

    Examples
    --------
    >>> strong("yes").strong
    True
    """
    return Run(text, strong=True)


def emphasis(text: str) -> Run:
    """A run in italics.

    Parameters
    ----------
    text : str
        Its words.

    Returns
    -------
    Run
        For a paragraph.

    Notes
    -----
    Each format has its own italics; text is escaped as the format needs it.

    Examples
    --------
    >>> emphasis("p").emphasis
    True
    """
    return Run(text, emphasis=True)


def link(text: str, address: str) -> Run:
    """A run that leads to a web address.

    Parameters
    ----------
    text : str
        Its words.
    address : str
        Where it leads: http, https or mailto.

    Returns
    -------
    Run
        For a paragraph.

    Raises
    ------
    OptionError
        The address is of another kind.

    Notes
    -----
    Other kinds of addresses could run a script where the document is opened.

    Examples
    --------
    >>> link("Rosseel 2012", "https://doi.org/10.18637/jss.v048.i02").link
    'https://doi.org/10.18637/jss.v048.i02'
    """
    if not address.lower().startswith(("https://", "http://", "mailto:")):
        raise OptionError(f"a link leads to http, https or mailto; found {address!r}")
    return Run(text, link=address)


@dataclass(frozen=True)
class Heading:
    """A heading of level 1, 2 or 3 below the title of the document; on slides, level 1 is the message of a slide."""

    text: str
    level: int = 1

    def __post_init__(self) -> None:
        if self.level not in (1, 2, 3):
            raise OptionError(f"a heading has level 1, 2 or 3; found {self.level!r}")


@dataclass(frozen=True)
class Paragraph:
    """Running text: a string, or a sequence of strings and runs."""

    content: Words

    @property
    def runs(self) -> tuple[Run, ...]:
        """The pieces."""
        parts = (self.content,) if isinstance(self.content, str | Run) else tuple(self.content)
        return tuple(Run(part) if isinstance(part, str) else part for part in parts)

    @property
    def text(self) -> str:
        """The words without their looks."""
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True)
class Bullets:
    """A list; `ordered` numbers it."""

    items: tuple[Words, ...]
    ordered: bool = False

    @property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        """The entries."""
        return tuple(Paragraph(item) for item in self.items)


@dataclass(frozen=True)
class Note:
    """A paragraph set apart: a "note", a "warning", or the "verdict" that a document leads to."""

    content: Words
    kind: NoteKind = "note"

    @property
    def paragraph(self) -> Paragraph:
        """Its words."""
        return Paragraph(self.content)


@dataclass(frozen=True)
class Code:
    """Text in lines that stay as they are, such as a model."""

    text: str


@dataclass(frozen=True, eq=False)
class Figure:
    """A matplotlib figure; `alt` says in words what it shows, for those who cannot see it.

    narrow : the same for a window as narrow as a phone, where print of a page would be too small.
    """

    drawing: Drawing
    caption: str = ""
    alt: str = ""
    narrow: Drawing | None = None

    def __post_init__(self) -> None:
        if not (self.alt or self.caption):
            raise OptionError("a figure needs `alt`, what it shows in words, or at least a caption")

    @property
    def words(self) -> str:
        """What stands in the place of the picture."""
        return self.alt or self.caption


@dataclass(frozen=True)
class PageBreak:
    """What follows begins on a new page."""


@dataclass(frozen=True)
class Appendix:
    """What follows is the appendix: on a new page, and not on slides."""

    title: str = ""


Block: TypeAlias = Heading | Paragraph | Bullets | Note | Code | Table | Figure | PageBreak | Appendix
BLOCKS = (Heading, Paragraph, Bullets, Note, Code, Table, Figure, PageBreak, Appendix)


@dataclass(frozen=True, eq=False)
class Document:
    """A title and blocks.

    subtitle : under the title, such as the source of the data. language : of the writers' own words and of hyphenation,
    "en" or "de". source : the provenance line, in the footer. synthetic : the data were made up, which is said first.
    """

    title: str
    blocks: tuple[Block, ...]
    subtitle: str = ""
    language: Language = "en"
    source: str = ""
    synthetic: bool = False

    def __post_init__(self) -> None:
        wrong = [type(block).__name__ for block in self.blocks if not isinstance(block, BLOCKS)]
        if wrong:
            raise OptionError(f"a document is made of headings, paragraphs, tables, …; found {', '.join(wrong)}")
        if self.language not in LANGUAGES:
            raise OptionError(f"language takes {' or '.join(map(repr, LANGUAGES))}; found {self.language!r}")

    @property
    def tables(self) -> tuple[Table, ...]:
        """Its tables in order."""
        return tuple(block for block in self.blocks if isinstance(block, Table))

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Its figures in order."""
        return tuple(block for block in self.blocks if isinstance(block, Figure))

    @property
    def sentences(self) -> tuple[str, ...]:
        """Its headings, paragraphs and notes as plain text, in order."""
        return tuple(text for block in self.blocks for text in _texts(block))


def _texts(block: Any) -> tuple[str, ...]:
    if isinstance(block, Heading):
        return (block.text,)
    if isinstance(block, Paragraph):
        return (block.text,)
    if isinstance(block, Note):
        return (block.paragraph.text,)
    return tuple(item.text for item in block.paragraphs) if isinstance(block, Bullets) else ()
