"""Options with a closed set of values are `Literal` types, which editors complete, and the set is written once."""

import ast
import importlib
import inspect
import re
from collections import defaultdict
from typing import Literal, get_args, get_origin

import pytest
from test_architecture import PUBLIC_ROOMS, TREES
from test_docstrings import explained, hints

from sexresearch.answering.facts import QUESTIONS
from sexresearch.verdict import Outcome

REFUSAL = re.compile(r"(\w+) \{[^}]*\} is (?:not known|no rule|not there|not in the item bank)|(\w+) does not know \{")
OTHERS = {"kind", "items", "test", "scale", "method", "rows", "construct"}  # also names of what is no option
# Sets that stand for something else where they are written again, and two that have an order of their own there.
SAME_WORDS = [{"~", "~~"}, {"random", "straight"}, {"delight", "satisfaction"}, {*get_args(Outcome)}, {*QUESTIONS}]


def public_callables() -> dict[str, object]:
    """Every function, class and method that a public room names."""
    things = {}
    for room in ["", *(f".{room}" for room in PUBLIC_ROOMS)]:
        module = importlib.import_module(f"sexresearch{room}")
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isclass(thing) and thing.__module__.startswith("sexresearch"):
                members = {
                    key: getattr(value, "__func__", value) for key, value in vars(thing).items() if key[0] != "_"
                }
                things |= {f"{name}.{key}": value for key, value in members.items() if inspect.isfunction(value)}
                things |= {name: thing.__init__} if inspect.isfunction(thing.__init__) else {}
            elif inspect.isfunction(thing):
                things[f"{thing.__module__}.{name}"] = thing
    return things


def refused_by_name() -> set[str]:
    """The options of which the package says that a value is not known: those with a closed set of values."""
    names = set()
    for tree in TREES.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                match = REFUSAL.match(ast.unparse(node).lstrip("f'\""))
                names |= {name for name in match.groups() if name} if match else set()
    return names


def listed(annotation: object) -> list[str]:
    """The values that an annotation lists, at any depth."""
    if get_origin(annotation) is Literal:
        return [value for value in get_args(annotation) if isinstance(value, str)]
    return [value for part in get_args(annotation) for value in listed(part)]


def takes_text(annotation: object) -> bool:
    """Whether an annotation takes any text, alone or among others."""
    if get_origin(annotation) is Literal:
        return False
    return annotation is str or any(map(takes_text, get_args(annotation)))


CALLABLES = public_callables()


# Codes of no answer are any; so are the languages of a questionnaire, of which answers are written in two.
OPEN = {(kind, "missing") for kind in ("ResponseScale", "Field")}
OPEN |= {(kind, "language") for kind in ("Translation", "Survey.translated")}
OPEN |= {(kind + own, "language") for kind in ("Instrument", "Draft") for own in ("", ".translated", ".untranslated")}


def test_options_with_a_closed_set_of_values_are_literals():
    closed = refused_by_name() - OTHERS
    assert {"curve", "scores", "language", "engine", "group_equal", "question", "rotation"} <= closed
    closed |= {"estimator", "missing", "se", "information", "bounds", "parameterization", "role"}
    plain = [
        f"{where}: {name}"
        for where, function in CALLABLES.items()
        for name, annotation in hints(inspect.unwrap(function)).items()
        if name in closed and takes_text(annotation) and not listed(annotation) and (where, name) not in OPEN
    ]
    assert not plain


@pytest.mark.parametrize("where", CALLABLES)
def test_listed_values_stand_in_the_docstring_or_where_it_points(where):
    function = inspect.unwrap(CALLABLES[where])
    texts = explained(function)
    for name, annotation in hints(function).items():
        text = texts.get(name, "")
        points = re.search(r"`(fit|necessity|penalty_reward|chain_model)`", text)
        assert name not in texts or points or not [value for value in listed(annotation) if f'"{value}"' not in text]


def words_of(node: ast.expr) -> frozenset[str]:
    """The texts of a tuple, list or set that holds nothing else; empty for anything else."""
    parts = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else []
    values = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return frozenset(values) if len(values) == len(parts) > 1 else frozenset()


def test_every_set_of_allowed_values_is_written_once():
    """What is checked is read off the type, and no second list of the same values can come to differ from it."""
    types, places = set(), defaultdict(list)
    for module, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "Literal":
                types.add(words_of(node.slice))
            if isinstance(node, ast.expr) and words_of(node):
                places[words_of(node)].append(f"{module}:{node.lineno}")
    again = {words: where for words, where in places.items() if words in types and len(where) > 1}
    assert not {tuple(sorted(words)): where for words, where in again.items() if set(words) not in SAME_WORDS}
