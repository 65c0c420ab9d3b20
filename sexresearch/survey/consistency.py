"""What can be wrong with a questionnaire definition; every function returns sentences, none raises."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from sexresearch.standard.nodes import near_nodes, nearest_node, node_key
from sexresearch.survey.codebook_keys import nearest
from sexresearch.survey.codebook_text import key, missing_text, number, quoted
from sexresearch.survey.parts import RESPONDENTS, ROLES, Construct, Field, Item, ResponseScale
from sexresearch.survey.problem import Problem
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


def instrument_problems(constructs: tuple[Construct, ...], fields: tuple[Field, ...]) -> tuple[Problem, ...]:
    """Everything that is wrong with the parts of an instrument, in the order of the questionnaire.

    >>> [problem.text for problem in instrument_problems((), ())]
    ['there is no construct: give at least one construct with its items']
    """
    items = [item for construct in constructs for item in construct.items]
    none = [] if constructs else [Problem("there is no construct: give at least one construct with its items")]
    scales = dict.fromkeys(item.scale for item in items)
    return (
        *none,
        *_unusable_names(constructs),
        *_repeated_names(constructs, items, fields),
        *_empty(constructs),
        *(problem for scale in scales for problem in scale_problems(scale)),
        *_item_problems(constructs),
        *_role_problems(fields),
    )


def _empty(constructs: tuple[Construct, ...]) -> Iterator[Problem]:
    for part in constructs:
        if not part.items:
            write = f"[constructs.{key(part.name)}.items] with a line for each item, or delete the construct"
            yield Problem(f"construct '{part.name}' has no items", ("constructs", part.name), write)


def _unusable_names(constructs: tuple[Construct, ...]) -> Iterator[Problem]:
    rule = "cannot stand in a model: use letters, digits, '.' and '_', a letter first, no word such as NA or if"
    for construct in constructs:
        home, name = ("constructs", construct.name), construct.name
        if not is_model_name(name):
            yield Problem(f"construct name '{name}' {rule}", home, f"[constructs.{_usable_name(name, 'construct')}]")
        for item in construct.items:
            if not is_model_name(item.name):
                wrong = f"item name '{item.name}' {rule}; the file's own header can be given as its `column`"
                header = quoted(item.header)
                write = f'{_usable_name(item.name, "item")} = {{ wording = "…", column = {header} }}'
                yield Problem(wrong, (*home, "items", item.name), write)


def _usable_name(name: str, kind: str) -> str:
    """A name that is like another, and that a model can hold."""
    letters = re.sub(r"\W+", "_", name).strip("_")
    return letters if is_model_name(letters) else f"{kind}_{letters}".rstrip("_")


def _repeated_names(
    constructs: tuple[Construct, ...], items: list[Item], fields: tuple[Field, ...]
) -> Iterator[Problem]:
    columns = [field.name for field in fields]
    names = Counter([construct.name for construct in constructs] + [item.name for item in items] + columns)
    headers = Counter([item.header for item in items] + columns)
    for name, times in names.items():
        homes = [part.name for part in constructs for item in part.items if item.name == name]
        where = f": it is an item of {' and of '.join(homes)}" if len(homes) > 1 else ""
        if times > 1:
            yield Problem(f"the name '{name}' is used {times} times{where}", _last_place(name, homes, fields))
    for header, times in headers.items():
        if times > 1 and names[header] < 2:
            homes = [part.name for part in constructs for item in part.items if item.header == header]
            last = next(item.name for item in reversed(items) if item.header == header)
            at = ("fields", header) if header in columns else ("constructs", homes[-1], "items", last, "column")
            yield Problem(f"{times} parts of the instrument read the column '{header}'", at)


def _last_place(name: str, homes: list[str], fields: tuple[Field, ...]) -> tuple[str, ...]:
    """Where a name that is used twice stands for the last time."""
    if any(field.name == name for field in fields):
        return ("fields", name)
    return ("constructs", homes[-1], "items", name) if homes else ("constructs", name)


def unknown_nodes(constructs: tuple[Construct, ...]) -> Iterator[Problem]:
    """Nodes that the model of the standard does not have, with those nearest to them; a codebook may not name them.

    >>> [wrong.text[-21:] for wrong in unknown_nodes((Construct("joy", "Joy", (), node="delihgt"),))]
    ['near matches: delight']
    """
    for construct in constructs:
        if construct.node and not node_key(construct.node):
            meant = nearest_node(construct.node)
            yield Problem(
                f"construct '{construct.name}' has the node '{construct.node}', which the model of the standard does "
                f"not have; {near_nodes(construct.node)}",
                ("constructs", construct.name, "node"),
                f'node = "{meant}"' if meant else "",
            )


def _item_problems(constructs: tuple[Construct, ...]) -> Iterator[Problem]:
    scales: dict[str, ResponseScale] = {}
    for home, item in ((construct.name, item) for construct in constructs for item in construct.items):
        scale, at = item.scale, ("constructs", home, "items", item.name)
        if scales.setdefault(scale.name, scale) != scale:
            yield Problem(f"item '{item.name}' uses a second, different scale called '{scale.name}'", at)
        if item.reverse and not math.isfinite(scale.lowest + scale.highest):
            wrong = f"item '{item.name}' cannot be reversed: its scale '{scale.name}' has no end"
            yield Problem(wrong, (*at, "reverse"), f"lowest and highest of [scales.{key(scale.name)}] as numbers")
        if item.respondent and item.respondent not in RESPONDENTS:
            wrong = f"item '{item.name}' has the respondent '{item.respondent}'; there are {', '.join(RESPONDENTS)}"
            yield Problem(
                wrong, (*at, "respondent"), f'respondent = "{nearest(item.respondent, RESPONDENTS) or "customer"}"'
            )


def _role_problems(fields: tuple[Field, ...]) -> Iterator[Problem]:
    for field in fields:
        if field.role not in ROLES:
            wrong = f"field '{field.name}' has the role '{field.role}'; the roles are {', '.join(ROLES)}"
            yield Problem(wrong, ("fields", field.name, "role"), f'role = "{nearest(field.role, ROLES) or "other"}"')


def scale_problems(scale: ResponseScale) -> Iterator[Problem]:
    """What is wrong with one response scale.

    >>> [problem.text for problem in scale_problems(ResponseScale("odd", 7, 1))]
    ["scale 'odd': lowest (7) is not below highest (1)"]
    """
    where, at = f"scale '{scale.name}'", ("scales", scale.name)
    if not scale.lowest < scale.highest:
        wrong = f"{where}: lowest ({scale.lowest:g}) is not below highest ({scale.highest:g})"
        turned = f"lowest = {number(scale.highest)} and highest = {number(scale.lowest)}"
        yield Problem(wrong, (*at, "lowest"), turned if scale.lowest > scale.highest else "")
        return
    ends = (scale.lowest, scale.highest)
    if scale.whole and not all(math.isfinite(end) and end == round(end) for end in ends):
        wrong = f"{where}: its ends are not whole numbers; set `whole` to false if any number is an answer"
        yield Problem(wrong, at, "whole = false")
    yield from _label_problems(scale, where, at)
    yield from _missing_problems(scale, where, (*at, "missing"))


def _label_problems(scale: ResponseScale, where: str, at: tuple[str, ...]) -> Iterator[Problem]:
    for code, text in scale.labels:
        if not scale.lowest <= code <= scale.highest and code not in scale.missing:
            wrong = f"{where}: the label '{text}' belongs to {code:g}, which is not an answer"
            codes = missing_text((*scale.missing, code))
            yield Problem(wrong, (*at, "labels", f"{code:g}"), f"missing = {codes} if it is no answer")
    answers = [plain(text) for code, text in scale.labels if code not in scale.missing]
    for text, times in Counter(answers).items():
        if times > 1:
            yield Problem(f"{where}: {times} answers have the same label '{text}'", (*at, "labels"))


def _missing_problems(scale: ResponseScale, where: str, at: tuple[str, ...]) -> Iterator[Problem]:
    labels = {folded(text) for code, text in scale.labels if code not in scale.missing}
    for place, missing in enumerate(scale.missing):
        here = (*at, str(place))
        if isinstance(missing, str) and folded(missing) in labels:
            yield Problem(f"{where}: the missing word '{missing}' is also the label of an answer", here)
        if not isinstance(missing, str) and scale.lowest <= missing <= scale.highest:
            yield Problem(f"{where}: the missing code {missing:g} is also an answer", here, _narrower(scale, missing))


def _narrower(scale: ResponseScale, missing: float) -> str:
    """The end of a scale without a code of no answer; empty where the code stands inside."""
    if missing == scale.highest and scale.whole:
        return f"highest = {number(missing - 1)} if it is no answer"
    return f"lowest = {number(missing + 1)} if it is no answer" if missing == scale.lowest and scale.whole else ""
