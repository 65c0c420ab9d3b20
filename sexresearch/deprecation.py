"""Old spellings of public functions: understood for one minor version, with a warning that shows the new one.

An argument is never dropped in one step: what replaces it comes first, the old spelling works and warns for one minor
version (`DeprecationWarning`), then it goes.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar

from sexresearch.errors import OptionError

P = ParamSpec("P")
R = TypeVar("R")


def superseded(by: str, until: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """For a function that another one replaces: it works until version `until`, and warns that `by` is to be written.

    >>> @superseded("total(values)", until="0.3")
    ... def add_up(values: list[int]) -> int:
    ...     return sum(values)
    >>> add_up.__name__
    'add_up'
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def understood(*args: P.args, **kwargs: P.kwargs) -> R:
            text = f"{function.__name__}() will go in version {until}: write {by}"
            warnings.warn(text, DeprecationWarning, stacklevel=2)
            return function(*args, **kwargs)

        return understood

    return decorate


def renamed(old: str, new: str, until: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """For a function whose argument `old` is now spelled `new`: the old spelling works until `until`, and warns.

    >>> @renamed("hue", "colour", until="0.3")
    ... def draw(colour: str = "black") -> str:
    ...     return colour
    >>> draw(colour="blue")
    'blue'
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def understood(*args: P.args, **kwargs: P.kwargs) -> R:
            if old in kwargs:
                if new in kwargs:
                    raise OptionError(
                        f"{old} and {new} of {function.__name__}() say one thing twice: write {new} alone"
                    )
                text = f"{old} of {function.__name__}() will go in version {until}: write {new}"
                warnings.warn(text, DeprecationWarning, stacklevel=2)
                kwargs[new] = kwargs.pop(old)
            return function(*args, **kwargs)

        return understood

    return decorate


def renamed_value(module: str, name: str, new: Mapping[str, tuple[str, object]], until: str) -> object:
    """For the `__getattr__` of a module: what a name of old now is, by its new name, with a warning.

    >>> renamed_value("here", "other", {}, until="0.3")
    Traceback (most recent call last):
        ...
    AttributeError: module 'here' has no attribute 'other'
    """
    if name not in new:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    text = f"{module}.{name} will go in version {until}: write {new[name][0]}"
    warnings.warn(text, DeprecationWarning, stacklevel=3)
    return new[name][1]


def gathered(names: Sequence[str], into: str, kind: type, until: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """For a function that took the keyword arguments `names` and now takes them as one value of `kind`, named `into`.

    The old spelling is understood until version `until`, and warns.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Ink:
    ...     colour: str = "black"
    >>> @gathered(["colour"], into="ink", kind=Ink, until="0.3")
    ... def draw(ink: Ink = Ink()) -> str:
    ...     return ink.colour
    >>> draw(ink=Ink("blue"))
    'blue'
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def understood(*args: P.args, **kwargs: P.kwargs) -> R:
            old = {name: kwargs.pop(name) for name in names if name in kwargs}
            if old:
                shown = f"{into}=sexresearch.{kind.__name__}({', '.join(f'{k}={v!r}' for k, v in old.items())})"
                if kwargs.get(into) is not None:
                    raise OptionError(f"{', '.join(old)} and {into} say how to fit twice: write {into} alone")
                text = f"{', '.join(old)} of {function.__name__}() will go in version {until}: write {shown}"
                warnings.warn(text, DeprecationWarning, stacklevel=2)
                kwargs[into] = kind(**old)
            return function(*args, **kwargs)

        return understood

    return decorate
