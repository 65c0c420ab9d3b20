"""What a module keeps for the next call cannot be written into by whoever it is handed to."""

import functools
import gc
import sys
from collections.abc import Iterator
from dataclasses import is_dataclass

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.answering.phrases import translated
from sexresearch.answering.text_catalogue import catalogue
from sexresearch.frozen import ReadOnlyDict
from sexresearch.sem.data.recent_moments import LEAST, remembered
from sexresearch.sem.view import every_reference
from sexresearch.survey.bank import instrument
from sexresearch.survey.bank.content import languages
from sexresearch.survey.drafting.likeness import _index as likeness_index

CACHED = type(functools.lru_cache(print))
PLAIN = (str, bytes, int, float, type(None), type)


def fill_caches() -> None:
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.normal(size=(300, 1)) + rng.normal(size=(300, 4)), columns=list("abcd"))
    data = data.assign(g=["u", "v"] * 150, cl=np.arange(300) // 10)
    for options in ({"group": "g"}, {"missing": "fiml"}, {"ordered": True}, {"estimator": "MLR"}):
        own = data.assign(**(data[list("abcd")] > 0).astype(int)) if "ordered" in options else data
        sx.fit("joy =~ v*a + b + c + d; q := v^2", own, **options).summary()
    sx.fit("level: 1\njoy =~ a + b + c\nlevel: 2\ntown =~ a + b + c", data, cluster="cl").summary()
    for language in languages():
        assert instrument("audit", language).items
        assert catalogue(language)["questions"]
        assert translated("the fit did not converge", language)
    assert every_reference()
    assert likeness_index().owners.size


def cached_functions() -> dict[str, object]:
    found = {}
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] == "sexresearch":
            for key, value in vars(module).items():
                if isinstance(value, CACHED) and value.__module__ == name:
                    found[f"{name}.{key}"] = value
    return found


def kept(function: object) -> Iterator[object]:
    """What the cache of a function holds: the results, and what they were asked with."""
    for part in gc.get_referents(function):
        if part is vars(function):
            continue
        if isinstance(part, dict) and not isinstance(part, ReadOnlyDict):
            yield from (value for value in part.values() if type(value).__name__ != "_lru_list_elem")
        elif not callable(part):
            yield part


def writable(value: object, path: str, seen: set[int]) -> list[str]:
    """Where something can be written into; a frame is not: only copies of it are handed out."""
    if id(value) in seen or isinstance(value, PLAIN):
        return []
    seen.add(id(value))
    if isinstance(value, np.ndarray):
        return [path] if value.flags.writeable else []
    if isinstance(value, ReadOnlyDict):
        return [one for key, part in value.items() for one in writable(part, f"{path}[{key}]", seen)]
    if isinstance(value, list | set | dict | bytearray):
        return [path]
    if isinstance(value, tuple | frozenset):
        return [one for number, part in enumerate(value) for one in writable(part, f"{path}[{number}]", seen)]
    if is_dataclass(value):
        return [one for key, part in vars(value).items() for one in writable(part, f"{path}.{key}", seen)]
    return []


@pytest.mark.filterwarnings("ignore::sexresearch.FitWarning")
def test_no_cache_hands_out_what_can_be_written_into():
    fill_caches()
    functions = cached_functions()
    assert len(functions) > 15
    full = [name for name, function in functions.items() if function.cache_info().currsize]
    assert len(full) > 15
    for name, function in functions.items():
        assert not [one for value in kept(function) for one in writable(value, name, set())]


def test_moments_met_before_are_read_only():
    answers = np.arange(2.0 * LEAST).reshape(-1, 4)
    pair = remembered(answers, None, lambda: (answers.mean(axis=0), np.cov(answers.T)))
    assert not any(part.flags.writeable for part in pair)


def test_a_read_only_dict_refuses_every_way_of_writing():
    made = ReadOnlyDict(a=1)
    for write in (
        lambda: made.update({"a": 2}),
        lambda: made.__setitem__("a", 2),
        lambda: made.__delitem__("a"),
        lambda: made.__ior__({"a": 2}),
        lambda: made.pop("a"),
        made.popitem,
        lambda: made.setdefault("b", 2),
        made.clear,
    ):
        with pytest.raises(TypeError, match="read-only"):
            write()
    assert made == {"a": 1}
