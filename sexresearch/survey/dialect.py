"""The dialect of a text file: encoding, separator and quotes, judged by its first rows together."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from sexresearch.errors import DataError
from sexresearch.survey.wording import listed

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
RARE = {"~": "tildes", "^": "carets", "\u00a6": "broken bars", "\u00a7": "section signs", "\x1f": "unit separators"}
RARE |= {" ": "blanks", "\x01": "control characters (SOH)"}
LOOKED_AT = 100  # rows that decide
CELLS = 20_000  # and cells
HEAD = 1_000_000  # characters that hold them
CONSISTENT = 0.8  # share of rows of one width from which on a file without a fitting header counts as split
TIE = 0.02  # two separators whose cells are as clean as this cannot be told apart
NUMBER = re.compile(r"[+-]?[\d.,' ]*\d%?")
QUOTED = re.compile(r"^\s*'[^'\n]*'\s*(?:[,;\t|]\s*'[^'\n]*'\s*)*$")


@dataclass(frozen=True)
class Dialect:
    """How a text file is split: the mark between columns and the quotes around cells."""

    separator: str
    quote: str = '"'


@dataclass(frozen=True)
class _Split:
    dialect: Dialect
    width: int
    starts: bool  # the first row has the width of the others
    consistent: float
    clean: float
    error: str
    names: tuple[str, ...] = ()  # the cells of the first row
    sound: bool = False  # every cell below the first row is clean
    quoted: bool = False  # quotes stand inside cells, where no program writes them


def decode(content: bytes, name: str) -> tuple[str, str]:
    """Text and encoding of a text file; raises DataError where the bytes are not text.

    >>> decode("Zürich".encode("cp1252"), "clients.csv")
    ('Zürich', 'Windows-1252')
    """
    if content.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        tries = {"UTF-32": "utf-32"}
    elif content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        tries = {"UTF-16": "utf-16"}
    else:
        of_macs = b"\r" in content and b"\n" not in content  # line ends of Excel's "CSV (Macintosh)"
        tries = {"UTF-8": "utf-8-sig"} | ({"Mac Roman": "mac_roman"} if of_macs else {"Windows-1252": "cp1252"})
    for label, codec in tries.items():
        try:
            text = content.decode(codec)
        except UnicodeDecodeError as error:
            _check_mixed(content, codec, error.start, name)
            continue
        if "\0" not in text:
            return text, label
    zeros = content[:1000].count(b"\0") / max(len(content[:1000]), 1)
    if len(content) % 2 == 0 and zeros > 1 / 4:
        kind = "UTF-32" if len(content) % 4 == 0 and zeros > 0.7 else "UTF-16"
        raise DataError(f"{name} is not a text file: it looks like {kind} without its mark; save it in UTF-8")
    raise DataError(f"{name} is not a text file: save it as CSV in UTF-8, or give it its format's own suffix")


def _check_mixed(content: bytes, codec: str, place: int, name: str) -> None:
    """Refuses a text that is UTF-8, accents included, up to a place where it is not."""
    before = content[:place]
    if codec == "utf-8-sig" and not before.removeprefix(codecs.BOM_UTF8).isascii():
        line = before.count(b"\n") + 1
        what = "it is cut off there" if place >= len(content) - 4 else "two encodings are mixed in it"
        raise DataError(f"{name} is not a text file: UTF-8 up to line {line}, but {what}; export it again, in UTF-8")


def find_dialect(text: str, name: str, candidates: Iterable[str] | None = None) -> tuple[str, Dialect]:
    """The text without Excel's ``sep=`` line and DOS end mark, and how it is split.

    The separator is the one that gives the first hundred rows one width and clean cells. Raises DataError where
    two do so equally well, and where the best leaves cells that hold another separator which fits every row too.

    >>> find_dialect("id;How much, on a scale?\\n1;5\\n2;4\\n", "clients.csv")[1].separator
    ';'
    """
    text = text.rstrip("\x1a \r\n\t") + "\n" if "\x1a" in text[-3:] else text
    first, _, rest = text.lstrip("\r\n").partition("\n")
    if first.lower().startswith("sep=") and len(first.strip("\r")) == 5:
        return rest, Dialect(first[4])
    head = text[:HEAD]
    quotes = _quotes(head)
    known = tuple(candidates) if candidates else (*SEPARATORS, *(mark for mark in RARE if mark in head and mark != " "))
    splits = [_split(head, Dialect(mark, quote), known) for mark in known for quote in quotes]
    if not candidates and all(split.width <= 1 for split in splits):
        blanks = _split(head, Dialect(" ", quotes[0]), known)
        if blanks.width > 1 and blanks.starts and blanks.consistent == 1.0 and not blanks.error and _rated(head):
            return text, blanks.dialect
    return text, _best(splits, name, known)


def numbered_rows(text: str, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """The rows of a text with the number of their last line; raises csv.Error, as it is strict about quotes.

    >>> list(numbered_rows("a;b\\n", Dialect(";")))
    [(1, ['a', 'b'])]
    """
    lines: Iterable[str] = io.StringIO(text, newline="")
    lines = (line.strip() + "\n" for line in lines) if dialect.separator == " " else lines
    blanks = dialect.separator != "\t"
    mark, quote = dialect.separator, dialect.quote
    reader = csv.reader(lines, delimiter=mark, quotechar=quote, skipinitialspace=blanks, strict=True)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise csv.Error(f"line {reader.line_num}: {error}") from error


def _rated(head: str) -> bool:
    """Whether most words below the first line are numbers, as in a table whose columns are set apart by blanks."""
    words = [word for line in head.splitlines()[1:LOOKED_AT] for word in line.split()]
    return sum(bool(NUMBER.fullmatch(word)) for word in words) > len(words) / 2


def _quotes(head: str) -> tuple[str, ...]:
    lines = [line for line in head.splitlines()[:LOOKED_AT] if line.strip()]
    single = sum(bool(QUOTED.match(line)) for line in lines)
    return ("'",) if lines and '"' not in head and single > len(lines) / 2 else ('"',)


def _split(head: str, dialect: Dialect, known: tuple[str, ...]) -> _Split:
    rows: list[list[str]] = []
    error = ""
    try:
        rows.extend(row for _, row in islice(numbered_rows(head, dialect), LOOKED_AT) if any(map(str.strip, row)))
    except csv.Error as wrong:
        cut = len(head) == HEAD and "end of data" in str(wrong)
        error = "" if cut and rows else str(wrong)
    if not rows:
        return _Split(dialect, 0, True, 0.0, 0.0, error)
    rows = rows[:-1] if len(head) == HEAD and len(rows) > 2 else rows
    widths = [len(row) for row in rows]
    width = max(Counter(widths).items(), key=lambda pair: (pair[1], pair[0] == widths[0], pair[0]))[0]
    start = widths.index(width)
    after = rows[start:]
    fitting = sum(len(row) == width for row in after) / len(after)
    others = [mark for mark in known if mark != dialect.separator]
    parts = list(islice((cell for row in after for cell in row), CELLS))
    clean = sum(_is_clean(cell, others) for cell in parts) / len(parts)
    quoted = any(dialect.quote in cell for cell in parts)
    sound = all(_is_clean(cell, others) for cell in islice((cell for row in after[1:] for cell in row), CELLS))
    starts = start == 0 and len(rows[0]) == width
    return _Split(dialect, width, starts, fitting, clean, error, tuple(rows[0]), sound, quoted)


def _is_clean(cell: str, others: list[str]) -> bool:
    text = cell.strip()
    if not any(mark in text for mark in others):
        return True
    return bool(NUMBER.fullmatch(text)) or not any(mark in text.replace(f"{mark} ", "") for mark in others)


def _best(splits: list[_Split], name: str, known: tuple[str, ...]) -> Dialect:
    right = [split for split in splits if split.width > 1 and not split.error]
    right = [split for split in right if split.starts or (split.consistent >= CONSISTENT and _titled(split, splits))]
    if right:
        best = max(right, key=_rank)
        rivals = [other for other in right if other is not best and (_as_good(other, best) or _fits_too(other, best))]
        if rivals:
            raise DataError(_undecided(name, (best, *rivals)))
        return best.dialect
    broken = [split for split in splits if split.error and split.width > 1]
    broken = broken or [split for split in splits if split.error and split.width == 0]
    if broken:
        return max(broken, key=_rank).dialect
    widest = [split for split in splits if split.width > 1 and split.starts]
    return widest[0].dialect if widest else Dialect(_single(splits, known), splits[0].dialect.quote)


def _titled(split: _Split, splits: list[_Split]) -> bool:
    """Whether lines above the header explain that the first row is narrower: the file is no single column."""
    return split.width > 2 or not any(other.width == 1 and other.clean == 1.0 for other in splits)


def _single(splits: list[_Split], known: tuple[str, ...]) -> str:
    """A separator that does not occur, for a file of one column."""
    unused = [split.dialect.separator for split in splits if split.width == 1 and split.consistent == 1.0]
    return unused[0] if unused else known[0]


def _rank(split: _Split) -> tuple[bool, float, int]:
    return split.starts, split.consistent * split.clean, split.width


def _as_good(other: _Split, best: _Split) -> bool:
    near = abs(other.consistent * other.clean - best.consistent * best.clean) <= TIE
    return other.starts == best.starts and near and (best.quoted or not other.quoted)


def _fits_too(other: _Split, best: _Split) -> bool:
    """Whether another separator parts every row alike, the header too, and explains what the best one leaves.

    A reading in more columns, whose answers leave nothing to explain, is right: a comma in a name is part of it.
    """
    whole = other.starts and best.starts and other.consistent == best.consistent == 1.0
    return whole and best.clean < 1.0 and not other.quoted and not (best.sound and best.width > other.width)


def _undecided(name: str, splits: tuple[_Split, ...]) -> str:
    marks = " or ".join(_named(split.dialect.separator) for split in splits)
    ways = "; ".join(
        f"separator={split.dialect.separator!r} gives the columns {listed(list(map(repr, split.names)))}"
        for split in splits
    )
    say = f"say which: {ways}; or write sep= and the mark above its header"
    return f"{name}: its columns may be separated by {marks}; {say}"


def _named(mark: str) -> str:
    return (SEPARATORS | RARE).get(mark, f"'{mark}'")
