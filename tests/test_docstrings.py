"""Every public function explains itself: what each argument may be, what comes out, what is refused, an example."""

import importlib
import inspect
import re
from types import UnionType
from typing import Literal, Union, get_args, get_origin, get_type_hints

import pytest

import sexresearch
from sexresearch.chain.views.chain_model import KINDS, ChainView

ROOMS = ["", *(f".{room}" for room in ("chain", "datasets", "lab", "plots", "report", "standard", "study", "survey"))]
SECTIONS = ["Parameters", "Returns", "Raises", "Notes", "Examples"]  # in this order
BOUND = {"self", "cls"}


def public_functions() -> dict[str, object]:
    """Functions of the public rooms and public methods of their classes, by where they are defined."""
    found = {}
    for room in ROOMS:
        module = importlib.import_module(f"sexresearch{room}")
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isclass(thing):
                own = [getattr(member, "__func__", member) for key, member in vars(thing).items() if key[0] != "_"]
                found |= {member.__qualname__: member for member in own if inspect.isfunction(member)}
            elif inspect.isfunction(thing):
                found[f"{thing.__module__}.{name}"] = thing
    return {name: function for name, function in found.items() if function.__module__.startswith("sexresearch")}


FUNCTIONS = public_functions()


def sections(function: object) -> dict[str, str]:
    """Text of each section by its heading, in the order written; the summary stands under an empty heading."""
    parts = re.split(r"^([A-Z][a-z]+)\n-{3,}\n", inspect.getdoc(function) or "", flags=re.MULTILINE)
    return dict(zip(["", *parts[1::2]], parts[::2], strict=True))


def explained(function: object) -> dict[str, str]:
    """What the section Parameters says, by name of the parameter."""
    entries = re.split(r"^(?=\S)", sections(function).get("Parameters", ""), flags=re.MULTILINE)
    named = (entry.partition(" : ") for entry in entries if entry)
    return {name.strip("* "): text for names, _, text in named for name in names.split(",")}


def choices(annotation: object) -> list[str]:
    """The values that an annotation lists."""
    if get_origin(annotation) is Literal:
        return [value for value in get_args(annotation) if isinstance(value, str)]
    parts = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else ()
    return [value for part in parts for value in choices(part)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_parameter_is_explained_and_no_other(name):
    parameters = list(inspect.signature(FUNCTIONS[name]).parameters)
    entries = explained(FUNCTIONS[name])
    assert list(entries) == [parameter for parameter in parameters if parameter not in BOUND]
    assert all(len(text.splitlines()) > 1 for text in entries.values()), "a type alone explains nothing"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_comes_out_and_what_is_refused_is_said(name):
    function, found = FUNCTIONS[name], sections(FUNCTIONS[name])
    takes = set(inspect.signature(function).parameters) - BOUND
    gives = function.__annotations__["return"] != "None"
    assert set(found) >= {*["Returns"] * gives, *["Raises"] * bool(takes)}
    assert [heading for heading in SECTIONS if heading in found] == list(found)[1:], "unknown heading or other order"
    assert "\n" not in found[""].strip().split("\n\n")[0], "one sentence in one line comes first"


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name.startswith("sexresearch.")])
def test_every_function_has_an_example_and_says_where_its_numbers_come_from(name):
    assert ">>> " in sections(FUNCTIONS[name]).get("Examples", "")
    assert sections(FUNCTIONS[name]).get("Notes", "").strip()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_listed_value_of_an_option_is_explained(name):
    for parameter, annotation in hints(FUNCTIONS[name]).items():
        said = explained(FUNCTIONS[name]).get(parameter, "")
        if "`fit`" in said:  # where they are listed
            continue
        assert not [value for value in choices(annotation) if f'"{value}"' not in said]


def hints(function: object) -> dict[str, object]:
    """Annotations as types; those that only type checkers can resolve are left out."""
    found = {}
    for name, text in function.__annotations__.items():
        holder = type("Holder", (), {"__annotations__": {name: text}})
        try:
            found |= get_type_hints(holder, vars(importlib.import_module(function.__module__)))
        except NameError:
            continue
    return found


MADE = [
    cls
    for cls in (getattr(sexresearch, name) for name in sexresearch.__all__)
    if inspect.isclass(cls) and (cls is sexresearch.Model or hasattr(cls.__init__, "__wrapped__"))
]  # classes that users make themselves


@pytest.mark.parametrize("cls", MADE)
def test_every_part_of_what_users_make_is_explained(cls):
    assert list(explained(cls)) == list(inspect.signature(cls).parameters)
    assert ">>> " in sections(cls)["Examples"]


def test_the_views_that_the_type_lists_are_those_there_are():
    """Every other list of allowed values is read off its type."""
    assert get_args(ChainView) == tuple(KINDS)
