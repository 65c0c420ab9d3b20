"""What can be wrong with a questionnaire definition; every function returns sentences, none raises."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from sexresearch.standard.nodes import near_nodes, node_key
from sexresearch.survey.parts import RESPONDENTS, ROLES, Construct, Field, Item, ResponseScale
from sexresearch.survey.spelling import folded, plain

# Words that R, and so lavaan, reads as something else than a variable.
RESERVED = frozenset(
    {"NA", "NULL", "TRUE", "FALSE", "Inf", "NaN"}
    | {"if", "else", "repeat", "while", "function", "for", "next", "break", "in"}
)


def is_model_name(name: str) -> bool:
    """Whether lavaan's model language can hold the name: letters (of any alphabet), digits, dot, underscore.

    >>> is_model_name("sat_1"), is_model_name("qualité"), is_model_name("1st"), is_model_name("Q1[SQ2]")
    (True, True, False, False)
    """
    return name.replace(".", "_").isidentifier() and not name.startswith("_") and name not in RESERVED


def instrument_problems(constructs: tuple[Construct, ...], fields: tuple[Field, ...]) -> tuple[str, ...]:
    """Everything that is wrong with the parts of an instrument, in the order of the questionnaire.

    >>> instrument_problems((), ())
    ('there is no construct: give at least one construct with its items',)
    """
    items = [item for construct in constructs for item in construct.items]
    none = [] if constructs else ["there is no construct: give at least one construct with its items"]
    empty = [f"construct '{part.name}' has no items" for part in constructs if not part.items]
    scales = dict.fromkeys(item.scale for item in items)
    return (
        *none,
        *_unusable_names(constructs, items),
        *_repeated_names(constructs, items, fields),
        *empty,
        *(problem for scale in scales for problem in scale_problems(scale)),
        *_item_problems(items),
        *_role_problems(fields),
    )


def _unusable_names(constructs: tuple[Construct, ...], items: list[Item]) -> Iterator[str]:
    rule = "cannot stand in a model: use letters, digits, '.' and '_', a letter first, no word such as NA or if"
    for construct in constructs:
        if not is_model_name(construct.name):
            yield f"construct name '{construct.name}' {rule}"
    for item in items:
        if not is_model_name(item.name):
            yield f"item name '{item.name}' {rule}; the file's own header can be given as its `column`"


def _repeated_names(constructs: tuple[Construct, ...], items: list[Item], fields: tuple[Field, ...]) -> Iterator[str]:
    columns = [field.name for field in fields]
    names = Counter([construct.name for construct in constructs] + [item.name for item in items] + columns)
    headers = Counter([item.header for item in items] + columns)
    for name, times in names.items():
        homes = [part.name for part in constructs for item in part.items if item.name == name]
        where = f": it is an item of {' and of '.join(homes)}" if len(homes) > 1 else ""
        if times > 1:
            yield f"the name '{name}' is used {times} times{where}"
    for header, times in headers.items():
        if times > 1 and names[header] < 2:
            yield f"{times} parts of the instrument read the column '{header}'"


def unknown_nodes(constructs: tuple[Construct, ...]) -> Iterator[str]:
    """Nodes that the model of the standard does not have, with those nearest to them; a codebook may not name them.

    >>> [text[-21:] for text in unknown_nodes((Construct("joy", "Joy", (), node="delihgt"),))]
    ['near matches: delight']
    """
    for construct in constructs:
        if construct.node and not node_key(construct.node):
            yield (
                f"construct '{construct.name}' has the node '{construct.node}', which the model of the standard does "
                f"not have; {near_nodes(construct.node)}"
            )


def _item_problems(items: list[Item]) -> Iterator[str]:
    scales: dict[str, ResponseScale] = {}
    for item in items:
        scale = item.scale
        if scales.setdefault(scale.name, scale) != scale:
            yield f"item '{item.name}' uses a second, different scale called '{scale.name}'"
        if item.reverse and not math.isfinite(scale.lowest + scale.highest):
            yield f"item '{item.name}' cannot be reversed: its scale '{scale.name}' has no end"
        if item.respondent and item.respondent not in RESPONDENTS:
            yield f"item '{item.name}' has the respondent '{item.respondent}'; there are {', '.join(RESPONDENTS)}"


def _role_problems(fields: tuple[Field, ...]) -> Iterator[str]:
    for field in fields:
        if field.role not in ROLES:
            yield f"field '{field.name}' has the role '{field.role}'; the roles are {', '.join(ROLES)}"


def scale_problems(scale: ResponseScale) -> Iterator[str]:
    """What is wrong with one response scale.

    >>> list(scale_problems(ResponseScale("odd", 7, 1)))
    ["scale 'odd': lowest (7) is not below highest (1)"]
    """
    where = f"scale '{scale.name}'"
    if not scale.lowest < scale.highest:
        yield f"{where}: lowest ({scale.lowest:g}) is not below highest ({scale.highest:g})"
        return
    ends = (scale.lowest, scale.highest)
    if scale.whole and not all(math.isfinite(end) and end == round(end) for end in ends):
        yield f"{where}: its ends are not whole numbers; set `whole` to false if any number is an answer"
    for code, text in scale.labels:
        if not scale.lowest <= code <= scale.highest and code not in scale.missing:
            yield f"{where}: the label '{text}' belongs to {code:g}, which is not an answer"
    for missing in scale.missing:
        if not isinstance(missing, str) and scale.lowest <= missing <= scale.highest:
            yield f"{where}: the missing code {missing:g} is also an answer"
    answers = [(code, plain(text)) for code, text in scale.labels if code not in scale.missing]
    for text, times in Counter(text for _, text in answers).items():
        if times > 1:
            yield f"{where}: {times} answers have the same label '{text}'"
    labels = {folded(text) for _, text in answers}
    for word in scale.missing:
        if isinstance(word, str) and folded(word) in labels:
            yield f"{where}: the missing word '{word}' is also the label of an answer"
