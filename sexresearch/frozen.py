"""Frozen values: equal where their contents are, and safe from whoever holds an array or a frame of them.

An array of such a value is read-only. A frame or a dict, which cannot be, is copied whenever it is handed out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from functools import cached_property
from typing import Any, NoReturn, TypeVar

import numpy as np
import pandas as pd

from sexresearch.marking import marked

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
F = TypeVar("F", pd.DataFrame, pd.Series)
Frame = pd.DataFrame | pd.Series
ON_WRITE = int(pd.__version__.split(".")[0]) >= 3  # shallow copies are then safe from whoever writes into the other
COPIED = re.compile(r"pd\.DataFrame|pd\.Series|\bMapping\b|\bdict\b")
SEALED = "_sealed"  # whether a value has been walked by `read_only`; derived, so neither compared nor pickled
PLAIN = (float, int, str, bool, type(None))


def by_value(cls: type[T]) -> type[T]:
    """A frozen dataclass that is compared, hashed, copied and pickled by the contents of its fields.

    Public fields that are frames or dicts hand out copies, frames marked as results unless the class says
    `holds_answers`. What was derived from the fields is not pickled but derived
    anew: cached properties, and fields that are not compared, which go back to their default.

    >>> from dataclasses import dataclass
    >>> @by_value
    ... @dataclass(frozen=True)
    ... class Means:
    ...     values: pd.Series
    >>> one, two = Means(pd.Series([1.0, np.nan])), Means(pd.Series([1.0, np.nan]))
    >>> one.values[0] = 9.0
    >>> one == two, hash(one) == hash(two)
    (True, True)
    """
    for name, annotation in cls.__annotations__.items():
        own = not name.startswith("_") and not str(annotation).startswith("ClassVar")
        if own and COPIED.search(str(annotation)):
            setattr(cls, name, _CopiedField(name))
    for name, method in METHODS.items():
        setattr(cls, name, method)
    setattr(cls, SEALED, False)
    return cls


class _CopiedField:
    """A field that hands out copies of the frame or dict it holds."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type | None = None) -> object:
        if instance is None:
            return self
        value = instance.__dict__[self.name]
        if isinstance(value, Frame):
            return copied(value) if getattr(instance, "holds_answers", False) else marked(copied(value))
        return value.copy() if isinstance(value, dict) else value

    def __set__(self, instance: object, value: object) -> None:
        instance.__dict__[self.name] = value.copy() if isinstance(value, dict) else value


def copied(frame: F) -> F:
    """A frame of its own to hand out; where pandas copies on write, nothing is copied before somebody writes.

    >>> kept = pd.Series([1.0, 2.0])
    >>> given = copied(kept)
    >>> given[0] = 9.0
    >>> kept.tolist()
    [1.0, 2.0]
    """
    return frame.copy(deep=not ON_WRITE)


def when_asked(*names: str) -> Callable[[type[T]], type[T]]:
    """A dataclass some of whose fields may be given as functions, each called when its field is first asked for.

    >>> from dataclasses import dataclass
    >>> @when_asked("area")
    ... @dataclass(frozen=True)
    ... class Field:
    ...     area: float
    >>> Field(2.0).area, Field(lambda: 3.0).area
    (2.0, 3.0)
    """

    def decorate(cls: type[T]) -> type[T]:
        for name in names:
            setattr(cls, name, _LateField(name))
        return cls

    return decorate


class _LateField:
    """A field that holds a value, or the function that makes it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type | None = None) -> object:
        if instance is None:
            return self
        value = instance.__dict__[self.name]
        if callable(value):
            value = instance.__dict__[self.name] = value()
        return value

    def __set__(self, instance: object, value: object) -> None:
        instance.__dict__[self.name] = value


def _equal(self: Any, other: object) -> bool:
    return NotImplemented if type(self) is not type(other) else same(self, other)


def _hash(self: object) -> int:
    return _hashed(self)


def _contents(self: Any) -> dict[str, object]:
    return {field.name: self.__dict__[field.name] if field.compare else field.default for field in fields(self)}


def _refill(self: object, state: dict[str, object]) -> None:
    self.__dict__.update(read_only(state))


METHODS = {"__eq__": _equal, "__hash__": _hash, "__getstate__": _contents, "__setstate__": _refill}


def same(one: object, other: object) -> bool:
    """Whether two values hold the same: arrays and frames element by element, NaN equal to NaN.

    >>> same([np.array([1.0, np.nan])], [np.array([1.0, np.nan])]), same(np.zeros(2), np.zeros(3))
    (True, False)
    """
    if one is other:
        return True
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        if one.shape != other.shape or one.dtype.kind == "O" or other.dtype.kind == "O":
            return one.shape == other.shape and same(one.ravel().tolist(), other.ravel().tolist())
        return bool(((one == other) | ((one != one) & (other != other))).all())
    if type(one) is not type(other):
        return isinstance(one, int | float) and isinstance(other, int | float) and one == other
    if isinstance(one, Frame | pd.Index):
        return one.equals(other)
    if is_dataclass(one):
        return all(same(one.__dict__[name], other.__dict__[name]) for name in _compared(one))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) or (one != one and other != other)


def _compared(value: Any) -> list[str]:
    return [field.name for field in fields(value) if field.compare]


def _hashed(value: object) -> int:
    """Equal values have equal hashes; of arrays and frames only the size counts."""
    if isinstance(value, np.ndarray | Frame | pd.Index):
        return hash(value.shape)
    if is_dataclass(value):
        return hash((type(value).__name__, *(_hashed(value.__dict__[name]) for name in _compared(value))))
    if isinstance(value, Mapping):
        return hash(frozenset(map(_hashed, value)))
    if isinstance(value, list | tuple):
        return hash(tuple(map(_hashed, value)))
    try:
        return hash(value) if value == value else 0  # every NaN has a hash of its own
    except TypeError:
        return 0


def read_only(value: T) -> T:
    """The value, with every array in it made read-only, however deep among tuples, lists, dicts and dataclasses.

    >>> read_only({"a": (np.zeros(2),)})["a"][0].flags.writeable
    False
    """
    kind = type(value)
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    elif isinstance(value, list | tuple):
        _each_read_only(value)
    elif isinstance(value, dict):
        _each_read_only(value.values())
    elif hasattr(kind, "__dataclass_fields__") and not getattr(value, SEALED, False):
        _each_read_only(tuple(value.__dict__.values()))
        if hasattr(kind, SEALED):
            value.__dict__[SEALED] = True
    return value


def _each_read_only(parts: Iterable[object]) -> None:
    for part in parts:
        kind = type(part)
        if kind is np.ndarray:
            part.flags.writeable = False  # type: ignore[attr-defined]
        elif kind not in PLAIN:
            read_only(part)


class ReadOnlyDict(dict[K, V]):
    """A dict that is made once: what a cache hands to everyone who asks.

    >>> ReadOnlyDict(a=1)["a"]
    1
    """

    def _refused(self, *arguments: object) -> NoReturn:
        raise TypeError("this dict is read-only; take dict(…) of it")

    __setitem__ = __delitem__ = __ior__ = _refused
    update = pop = popitem = setdefault = clear = _refused

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (dict(self),)


def unwritable(value: T) -> T:
    """The same dicts and lists, however deep, as dicts that are read-only and as tuples.

    >>> unwritable({"a": [1, {"b": 2}]})
    {'a': (1, {'b': 2})}
    """
    if isinstance(value, dict):
        return ReadOnlyDict({key: unwritable(part) for key, part in value.items()})  # type: ignore[return-value]
    return tuple(map(unwritable, value)) if isinstance(value, list | tuple) else value  # type: ignore[return-value]


class read_only_property(cached_property[T]):
    """A `cached_property` whose arrays are read-only, since everyone who asks gets the same ones."""

    def __get__(self, instance: object, owner: type[Any] | None = None) -> T:  # type: ignore[override]
        if instance is None:
            return self  # type: ignore[return-value]
        assert self.attrname is not None
        value = read_only(self.func(instance))  # without the lock of `cached_property`, which costs more than the check
        return instance.__dict__.setdefault(self.attrname, value)
