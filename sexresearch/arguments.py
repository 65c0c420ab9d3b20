"""Arguments of the wrong type are refused in words: what a parameter takes stands in its annotation, once."""

from __future__ import annotations

import inspect
import math
import types
from collections.abc import Callable, Collection, Mapping
from functools import wraps
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np
import pandas as pd

from sexresearch.errors import ArgumentError, OptionError, SexresearchError
from sexresearch.habits import no_argument
from sexresearch.marking import marked

P = ParamSpec("P")
R = TypeVar("R")
WORDS: dict[object, str] = {
    type(None): "None",
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    str: "text",
    Path: "a path",
    pd.DataFrame: "a pandas DataFrame",
    pd.Series: "a pandas Series",
    "Results": "the Results of a fit",
}
SHOWN = 60  # characters of what was found
LARGEST = 10**9  # a whole number above may be more than memory or a floating-point number can hold


def in_words(function: Callable[P, R]) -> Callable[P, R]:
    """The function; where it stumbles over an argument that is not what its annotation says, OptionError says so.

    What the function itself says in words about its arguments stays as it is. A frame that it returns is marked as a
    result of this package.

    >>> @in_words
    ... def half(n: float) -> float:
    ...     return n / 2
    >>> half("many")
    Traceback (most recent call last):
    sexresearch.errors.OptionError: n of half() takes a number; found text: 'many'
    """

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            value = function(*args, **kwargs)
            handed_back = any(value is given for given in (*args, *kwargs.values()))
            return value if handed_back else marked(value)
        except SexresearchError:
            raise
        except Exception as error:
            _refuse_unknown(function, args, kwargs)
            wrong = _misfits(function, args, kwargs) or _beyond_reach(function, args, kwargs)
            if not wrong:
                raise
            raise OptionError("; ".join(wrong)) from error

    return checked


def worded(cls: type[R]) -> type[R]:
    """The dataclass, with `in_words` around its making."""
    setattr(cls, "__init__", in_words(cls.__init__))  # noqa: B010
    return cls


def _refuse_unknown(function: Callable[..., object], args: tuple[object, ...], kwargs: Mapping[str, object]) -> None:
    """ArgumentError for names that the function does not take, and for more unnamed arguments than it takes."""
    parameters = inspect.signature(function).parameters
    kinds = {kind: [name for name, p in parameters.items() if p.kind is kind] for kind in inspect._ParameterKind}
    unnamed = kinds[inspect.Parameter.POSITIONAL_ONLY] + kinds[inspect.Parameter.POSITIONAL_OR_KEYWORD]
    owner, known = function.__qualname__.removesuffix(".__init__"), [name for name in parameters if name != "self"]
    unknown = [name for name in kwargs if name not in parameters and not kinds[inspect.Parameter.VAR_KEYWORD]]
    if unknown:
        raise ArgumentError("; ".join(no_argument(owner, name, known) for name in unknown)) from None
    if len(args) > len(unnamed) and not kinds[inspect.Parameter.VAR_POSITIONAL]:
        first = ", ".join(name for name in unnamed if name != "self") or "none"
        left = ", ".join(f"{name}=…" for name in kinds[inspect.Parameter.KEYWORD_ONLY][:3])
        raise ArgumentError(
            f"{owner}() takes without a name: {first}; {f'write {left} by name' if left else 'no more'}"
        )


def _given(
    function: Callable[..., object], args: tuple[object, ...], kwargs: Mapping[str, object]
) -> Mapping[str, Any]:
    """The arguments by the names of their parameters; none where one is missing, which Python says best."""
    try:
        return inspect.signature(function).bind(*args, **kwargs).arguments
    except TypeError:
        return {}


def _misfits(function: Callable[..., object], args: tuple[object, ...], kwargs: Mapping[str, object]) -> list[str]:
    """One sentence for each argument that does not fit its annotation."""
    hints, wrong = _hints(function), []
    for name, value in _given(function, args, kwargs).items():
        several = inspect.signature(function).parameters[name].kind is inspect.Parameter.VAR_POSITIONAL
        for part in value if several else (value,):
            if name in hints and not fits(part, hints[name]):
                owner = function.__qualname__.removesuffix(".__init__")
                wrong.append(f"{name} of {owner}() takes {words(hints[name])}; found {shown(part)}")
                break
    return wrong


def _beyond_reach(function: Callable[..., object], args: tuple[object, ...], kwargs: Mapping[str, object]) -> list[str]:
    """One sentence for each argument that is, or lists, a whole number larger than what can be held."""
    owner, wrong = function.__qualname__.removesuffix(".__init__"), []
    for name, value in _given(function, args, kwargs).items():
        for part in value if isinstance(value, list | tuple) else (value,):
            if isinstance(part, Integral) and abs(int(part)) > LARGEST:
                digits = int(int(part).bit_length() * math.log10(2)) + 1
                wrong.append(f"{name} of {owner}() has about {digits} digits, more than can be held")
    return wrong


def _hints(function: Callable[..., object]) -> dict[str, object]:
    """Annotations as types; those that only type checkers can resolve are left out."""
    hints: dict[str, object] = {}
    for name, annotation in function.__annotations__.items():
        holder = types.SimpleNamespace(__annotations__={name: annotation})
        try:
            hints |= get_type_hints(holder, function.__globals__)
        except NameError:
            continue
    return hints


def fits(value: object, kind: Any) -> bool:
    """Whether a value is of the kind that an annotation names; numpy's numbers and arrays count as Python's.

    >>> fits(np.int64(3), int), fits(True, int), fits([1, "a"], list[int]), fits(None, int | None)
    (True, False, False, True)
    """
    origin, inner = get_origin(kind), get_args(kind)
    if kind in (Any, object) or isinstance(kind, TypeVar):
        return True
    if origin in (Union, types.UnionType):
        return any(fits(value, part) for part in inner)
    if origin is Literal:
        return any(type(value) is type(part) and value == part for part in inner)
    if kind in (None, type(None)):
        return value is None
    if kind is bool:
        return isinstance(value, bool | np.bool_)
    if kind in (int, float):
        number = Integral if kind is int else Real
        return isinstance(value, number) and not isinstance(value, bool | np.bool_) and bool(value == value)
    if origin is None:
        return _is_a(value, kind)
    return _holds(value, origin, inner)


def _is_a(value: object, kind: Any) -> bool:
    if getattr(kind, "_is_protocol", False):
        members = [name for name in dir(kind) if not name.startswith("_")]
        return all(hasattr(type(value), name) or name in getattr(value, "__dict__", {}) for name in members)
    return isinstance(value, kind) if isinstance(kind, type) else True


def _holds(value: object, origin: Any, inner: tuple[Any, ...]) -> bool:
    """Whether a collection is of the right sort and holds the right things."""
    if issubclass(origin, Mapping):
        return isinstance(value, Mapping) and all(fits(k, inner[0]) and fits(v, inner[1]) for k, v in value.items())
    if issubclass(origin, Collection) or origin.__name__ == "Iterable":
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Collection | np.ndarray | pd.Series):
            return isinstance(value, str) and inner[0] is str and origin is not tuple
        if origin is tuple and inner[-1] is not Ellipsis:
            return len(value) == len(inner) and all(map(fits, value, inner))
        return getattr(value, "ndim", 1) == 1 and all(fits(part, inner[0]) for part in value)
    return callable(value) if origin.__name__ == "Callable" else isinstance(value, origin)


def words(kind: Any) -> str:
    """What an annotation asks for, in words.

    >>> words(int | list[str] | None)
    'a whole number, several of: text, or None'
    """
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        parts = list(dict.fromkeys(map(words, inner)))
        return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])}{',' * (len(parts) > 2)} or {parts[-1]}"
    if origin is Literal:
        return " or ".join(map(repr, inner))
    if origin is not None and issubclass(origin, Mapping):
        return f"a dict with {words(inner[1])} by {words(inner[0])}"
    if origin is not None and origin.__name__ == "Callable":
        return "a function"
    if origin is not None and inner:
        return f"several of: {words(inner[0])}"
    name = getattr(kind, "__name__", str(kind))
    return WORDS.get(kind) or WORDS.get(name) or ("anything" if kind in (Any, object) else f"a value of type {name}")


def shown(value: object) -> str:
    """What was found: its type, and the value where it is short.

    >>> shown([1, 2]), shown(np.zeros(3))
    ('list: [1, 2]', 'ndarray of shape (3,)')
    """
    if isinstance(value, np.ndarray | pd.DataFrame | pd.Series):
        return f"{type(value).__name__} of shape {value.shape}"
    if value is None or isinstance(value, bool):
        return repr(value)
    kind = "text" if isinstance(value, str) else type(value).__name__
    plain = isinstance(value, str | int | float | complex | list | tuple | dict | set)
    return f"{kind}: {repr(value)[:SHOWN]}" if plain else kind
