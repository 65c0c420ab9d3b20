"""Value labels that a file itself carries (SPSS, Stata), held against the questionnaire's."""

from __future__ import annotations

from collections.abc import Mapping

from sexresearch.survey.noanswer import is_no_answer
from sexresearch.survey.parts import Item
from sexresearch.survey.spelling import folded, plain

Labels = Mapping[str, str]


def no_answer_codes(labels: Labels, item: Item | None = None) -> dict[float, str]:
    """Codes whose label in the file is a usual word of no answer, with that label; answers of the scale are none.

    >>> no_answer_codes({"1": "Disagree", "5": "Agree", "99": "Don't know"})
    {99.0: "Don't know"}
    """
    codes = {number: text for code, text in labels.items() if (number := _number(code)) is not None}
    silent = {code: text for code, text in codes.items() if is_no_answer(text)}
    if item is None:
        return silent
    scale = item.scale
    return {code: text for code, text in silent.items() if not scale.lowest <= code <= scale.highest}


def contradiction(labels: Labels, item: Item) -> str:
    """What the file's labels say against the questionnaire's; empty where they agree or cannot be compared.

    >>> from sexresearch.survey.parts import ResponseScale
    >>> item = Item("sat1", "Satisfied?", ResponseScale("two", 1, 2, labels=((1, "no"), (2, "yes"))))
    >>> contradiction({"1": "Yes", "2": "No"}, item)[:48]
    "item 'sat1': the file's labels run the other way"
    """
    declared = {float(code): text for code, text in item.scale.labels}
    labelled = {number: text for code, text in labels.items() if (number := _number(code)) is not None}
    pairs = [(code, _elsewhere(code, text, declared)) for code, text in labelled.items()]
    moved = [(code, other) for code, other in pairs if other is not None]
    where = f"item '{item.name}': the file's labels"
    if not moved:
        return _crossed(labelled, declared, item, where)
    code, other = moved[0]
    text = labelled[code]
    shown = f"{code:g} is '{text}' in the file, but '{text}' is {other:g} in scale '{item.scale.name}'"
    ends = item.scale.lowest + item.scale.highest
    if all(code + other == ends for code, other in moved):
        return f"{where} run the other way: {shown}; {_remedy(labelled, item)}"
    return f"{where} stand at other codes: {shown}; {_remedy(labelled, item)}"


def other_words(labels: Labels, item: Item) -> str:
    """The first label of the file whose wording is not the questionnaire's, as a note; empty where none differs.

    >>> from sexresearch.survey.parts import ResponseScale
    >>> item = Item("sat1", "Satisfied?", ResponseScale("two", 1, 2, labels=((1, "no"), (2, "yes"))))
    >>> other_words({"1": "never"}, item)
    "1 is 'never' in the file and 'no' in scale 'two'"
    """
    declared: dict[float, list[str]] = {}
    for known, text in item.scale.labels:
        declared.setdefault(float(known), []).append(text)
    for code, text in labels.items():
        number = _number(code)
        if number in declared and folded(text) not in map(folded, declared[number]):
            return f"{number:g} is '{text}' in the file and '{declared[number][0]}' in scale '{item.scale.name}'"
    return ""


def _elsewhere(code: float, text: str, declared: Mapping[float, str]) -> float | None:
    """The other code that has this label in the questionnaire, if its own code has not."""
    same = [other for other, label in declared.items() if plain(label) == plain(text)]
    same = same or [other for other, label in declared.items() if folded(label) == folded(text)]
    return same[0] if same and code not in same else None


def _crossed(labelled: Mapping[float, str], declared: Mapping[float, str], item: Item, where: str) -> str:
    """Ends in other words: those of the file share words with the opposite ends of the scale only."""
    low, high = item.scale.lowest, item.scale.highest
    if not {low, high} <= labelled.keys() & declared.keys():
        return ""
    words = {key: set(folded(text).split()) for key, text in (("low", declared[low]), ("high", declared[high]))}
    low_words, high_words = set(folded(labelled[low]).split()), set(folded(labelled[high]).split())
    only_low, only_high = words["low"] - words["high"], words["high"] - words["low"]
    straight = bool(low_words & only_low) or bool(high_words & only_high)
    crossed = bool((low_words - high_words) & only_high) and bool((high_words - low_words) & only_low)
    if straight or not crossed:
        return ""
    shown = f"{low:g} is '{labelled[low]}' in the file and '{declared[low]}' in scale '{item.scale.name}'"
    return f"{where} run the other way: {shown}; {_remedy(labelled, item)}"


def _remedy(labelled: Mapping[float, str], item: Item) -> str:
    inside = {code: text for code, text in sorted(labelled.items()) if item.scale.lowest <= code <= item.scale.highest}
    labels = ", ".join(f'{code:g} = "{text}"' for code, text in inside.items())
    return f"write labels = {{ {labels} }} and mark items with `reverse` accordingly, or recode the file"


def _number(code: str) -> float | None:
    try:
        return float(code)
    except ValueError:
        return None
