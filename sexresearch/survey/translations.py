"""The texts of a questionnaire by where they stand in its codebook, and the same texts in further languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from sexresearch.arguments import worded
from sexresearch.errors import OptionError
from sexresearch.survey.parts import Construct, Field, Item, ResponseScale
from sexresearch.survey.spelling import folded

# Where a text stands: ("title",), ("scales", name, code), ("constructs", name, "label" or "definition"),
# ("items", name), ("fields", name, "label"), ("fields", name, "labels", code).
Place = tuple[str, ...]
Texts = Mapping[Place, str]


@worded
@dataclass(frozen=True)
class Translation:
    """The texts of a questionnaire in a further language.

    Parameters
    ----------
    language : str
        Its code, such as "de".
    texts : tuple of (tuple of str, str)
        Pairs of where a text stands and what it says in this language.

    Examples
    --------
    >>> Translation("de", ((("items", "sat1"), "Wie zufrieden sind Sie?"),)).language
    'de'
    """

    language: str
    texts: tuple[tuple[Place, str], ...]


def language_code(language: object) -> str:
    """The code as it is; raises OptionError where it is no text.

    >>> language_code("de")
    'de'
    """
    if not isinstance(language, str):
        raise OptionError(f'language takes a code such as "de"; found {language!r}')
    return language


def texts_of(title: str, constructs: tuple[Construct, ...], fields: tuple[Field, ...]) -> dict[Place, str]:
    """All texts of a questionnaire that are not empty, by where they stand.

    >>> item = Item("sat1", "Satisfied?", ResponseScale("two", 0, 1, labels=((0, "no"),)))
    >>> list(texts_of("", (Construct("satisfaction", "Satisfaction", (item,)),), ()))
    [('constructs', 'satisfaction', 'label'), ('items', 'sat1'), ('scales', 'two', '0')]
    """
    texts: dict[Place, str] = {("title",): title}
    for part in constructs:
        texts[("constructs", part.name, "label")] = part.label
        texts[("constructs", part.name, "definition")] = part.definition
        texts |= {("items", item.name): item.wording for item in part.items}
    for scale in dict.fromkeys(item.scale for part in constructs for item in part.items):
        texts |= {("scales", scale.name, f"{code:g}"): text for code, text in scale.labels}
    for field in fields:
        texts[("fields", field.name, "label")] = field.label
        texts |= {("fields", field.name, "labels", code): text for code, text in field.labels}
    return {place: text for place, text in texts.items() if text}


def construct_in(part: Construct, texts: Texts) -> Construct:
    """The construct with its items in another language; what has no text there stays as it is."""
    label = texts.get(("constructs", part.name, "label"), part.label)
    definition = texts.get(("constructs", part.name, "definition"), part.definition)
    return replace(part, label=label, definition=definition, items=tuple(_item(item, texts) for item in part.items))


def field_in(field: Field, texts: Texts) -> Field:
    """The field in another language; what has no text there stays as it is."""
    labels = tuple((code, texts.get(("fields", field.name, "labels", code), text)) for code, text in field.labels)
    return replace(field, label=texts.get(("fields", field.name, "label"), field.label), labels=labels)


def labelled_in_all(scale: ResponseScale, languages: tuple[Texts, ...]) -> ResponseScale:
    """The scale with its labels in all languages, to read answers by: a code may have several.

    >>> scale = ResponseScale("two", 0, 1, labels=((0, "no"), (1, "yes")))
    >>> labelled_in_all(scale, ({("scales", "two", "1"): "ja"},)).labels
    ((0, 'no'), (1, 'yes'), (1, 'ja'))
    """
    places = [(code, ("scales", scale.name, f"{code:g}")) for code, _ in scale.labels]
    more = [(code, texts[place]) for texts in languages for code, place in places if place in texts]
    return replace(scale, labels=tuple(dict.fromkeys([*scale.labels, *more])))


def translated_back(values: pd.Series, field: Field, languages: tuple[Texts, ...]) -> pd.Series:
    """The values of a field, labels in any of the languages as those of the questionnaire.

    >>> field = Field("brand", labels=(("1", "premium"), ("2", "luxury")))
    >>> german = {("fields", "brand", "labels", "2"): "Luxus"}
    >>> translated_back(pd.Series(["Luxus", "premium"]), field, (german,)).tolist()
    ['luxury', 'premium']
    """
    others = (dict(field_in(field, texts).labels) for texts in languages)
    known = {folded(words[code]): own for words in others for code, own in field.labels}
    return values.map(lambda cell: known.get(folded(str(cell)), cell), na_action="ignore")


def _item(item: Item, texts: Texts) -> Item:
    return replace(item, wording=texts.get(("items", item.name), item.wording), scale=_scale(item.scale, texts))


def _scale(scale: ResponseScale, texts: Texts) -> ResponseScale:
    labels = tuple((code, texts.get(("scales", scale.name, f"{code:g}"), text)) for code, text in scale.labels)
    return replace(scale, labels=labels)
