"""How much a question is like those of the item bank: TF-IDF over words and parts of words, and names of columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from sexresearch.extras import extra
from sexresearch.frozen import read_only
from sexresearch.survey.bank.content import BankConstruct, bank, languages
from sexresearch.survey.drafting.openings import without_openings
from sexresearch.survey.drafting.seen import SeenColumn
from sexresearch.survey.spelling import folded

MIDDLE = 0.5  # of the likeness to a construct: its questions taken together, in one language
BEST, NEXT = 0.25, 0.125  # the most similar question, and each of the two after it
BY_NAME = 0.4  # what the name of a column adds at most
WHOLE_NAME, NAME_BEGINS, TITLE_BEGINS = 1.0, 0.7, 0.6  # how sure a name is by what it has in common
SHORT = 4  # names that have fewer letters in common say nothing, unless they are the same
MORE = 1.75  # times as long a name may be as what it has in common
ENDINGS = re.compile(  # of English and German words, the longer ones first
    "(?:ingly|edly|ments|ment|ingen|ungen|ung|ings|ing|ied|ies|ed|es|er|en|ern|em|est|e|s|ly|n|t)$"
)
NOTE = re.compile(r"\([^()]*\d[^()]*\)")  # "(1 = never, 5 = always)" speaks of the scale, not of the construct
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Likeness:
    """Likeness of columns (rows) to constructs of the bank (columns), and which of them customers do not answer."""

    constructs: tuple[BankConstruct, ...]
    scores: Array


def likeness(columns: Sequence[SeenColumn]) -> Likeness:
    """The likeness of every column to every construct of the item bank, from 0 to about 1.4, in all its languages."""
    constructs = bank("en")
    texts = without_openings([spoken(seen) for seen in columns])
    by_words = _by_words(texts) if columns else np.zeros((0, len(constructs)))
    by_name = np.array([[name_likeness(seen.code, part) for part in constructs] for seen in columns])
    return Likeness(constructs, by_words + BY_NAME * by_name.reshape(by_words.shape))


def spoken(seen: SeenColumn) -> str:
    """What a column says in words: its question, else the words inside its name.

    >>> spoken(SeenColumn("Q7AirTrain_rating", "")), spoken(SeenColumn("q1", "How was it (1 = bad, 5 = good)?"))
    ('air train rating', 'how was it ?')
    """
    if seen.wording:
        return NOTE.sub("", folded(seen.wording))
    parts = re.findall(r"[A-ZÄÖÜ]?[a-zäöüß]+|[A-ZÄÖÜ]+(?![a-zäöüß])", seen.code)
    return " ".join(part.lower() for part in parts if len(part) > 1)


def stems(text: str) -> list[str]:
    """The words of a text without their endings, and every two that follow one another.

    >>> stems("they solved problems")
    ['they', 'solv', 'problem', 'they solv', 'solv problem']
    """
    words = [_stem(word) for word in re.findall(r"\w+", text)]
    return words + [f"{one} {two}" for one, two in pairwise(words)]


def _stem(word: str) -> str:
    end = ENDINGS.search(word, SHORT)
    return word[: end.start()] if end else word


def name_likeness(code: str, part: BankConstruct) -> float:
    """How well the name of a column fits the usual names of a construct, from 0 to 1.

    >>> satisfaction = next(part for part in bank("en") if part.construct.name == "satisfaction")
    >>> name_likeness("CUSA1", satisfaction), name_likeness("Q7", satisfaction)
    (1.0, 0.0)
    """
    return _letters_likeness(tuple(word for word in re.split(r"[^a-zäöüß]+", folded(code)) if len(word) >= 2), part)


@lru_cache(maxsize=100_000)
def _letters_likeness(letters: tuple[str, ...], part: BankConstruct) -> float:
    joined = "".join(letters)
    if any(word in part.header_words for word in (*letters, joined)):
        return WHOLE_NAME
    if any(_begins(joined, word) or _begins(joined[::-1], word[::-1]) for word in part.header_words):
        return NAME_BEGINS
    titles = _titles(part.construct.name)
    return TITLE_BEGINS if any(_begins(title, word) for title in titles for word in letters) else 0.0


def _begins(text: str, word: str) -> bool:
    """Whether a text is a word of some length and little more."""
    return len(word) >= SHORT and text.startswith(word) and len(text) <= MORE * len(word)


@cache
def _titles(name: str) -> tuple[str, ...]:
    labels = [part.construct.label for tongue in languages() for part in bank(tongue) if part.construct.name == name]
    words = [word for label in (*labels, name.replace("seen_", "")) for word in re.split(r"[^a-zäöüß]+", folded(label))]
    return tuple(word for word in words if len(word) >= SHORT)


@dataclass(frozen=True)
class _Index:
    """The bank as vectors of length 1: what turns texts into vectors, those of its wordings, and of their middles.

    `owners` and `homes` are the place of the construct of each wording and each middle.
    """

    tools: tuple[Any, ...]
    wordings: Any
    owners: Array
    middles: Any
    homes: Array


@cache
def _index() -> _Index:
    with extra("files"):
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.preprocessing import normalize

    texts, owners, tongues = [], [], []
    for number, tongue in enumerate(languages()):
        for place, part in enumerate(bank(tongue)):
            wordings = _wordings(part)
            texts += [NOTE.sub("", folded(text)) for text in wordings]
            owners += [place] * len(wordings)
            tongues += [number] * len(wordings)
    tools = (
        TfidfVectorizer(analyzer=stems, sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True),
    )
    for tool in tools:
        tool.fit(texts)
    vectors, of = _vectors(tools, texts), np.array(owners)
    groups = of + (of.max() + 1) * np.array(tongues)
    middles = normalize(np.eye(groups.max() + 1)[groups].T @ vectors)
    return read_only(_Index(tools, vectors, of, middles, np.arange(len(middles)) % (of.max() + 1)))


def _wordings(part: BankConstruct) -> list[str]:
    construct = part.construct
    return [*(item.wording for item in construct.items), *part.also, construct.label, construct.definition]


def _vectors(tools: Sequence[Any], texts: Sequence[str]) -> Any:
    """Texts as rows of length 1, in which every tool counts alike."""
    from scipy import sparse

    return sparse.hstack([tool.transform(texts) for tool in tools], format="csr") / np.sqrt(len(tools))


def _by_words(texts: Sequence[str]) -> Array:
    index = _index()
    rows = _vectors(index.tools, texts)
    near = np.asarray((rows @ index.wordings.T).todense(), dtype=float)
    middle = np.asarray(rows @ index.middles.T, dtype=float)
    alike = np.zeros((len(texts), int(np.max(index.owners)) + 1))
    for place in range(alike.shape[1]):
        ordered = -np.sort(-near[:, index.owners == place], axis=1)[:, :3]
        best = BEST * ordered[:, 0] + NEXT * ordered[:, 1:].sum(axis=1)
        alike[:, place] = best + MIDDLE * middle[:, index.homes == place].max(axis=1)
    return alike
