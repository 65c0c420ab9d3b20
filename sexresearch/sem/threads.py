"""One BLAS thread for the small matrices of a fit: with several, threads wait for each other longer than they work.

What is worth several threads, counting and reading of large tables, is shared out here by rows.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from threadpoolctl import OpenBLASController, ThreadpoolController

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

MOST = 8  # threads, as more of them wait for memory


class _Inside:
    """How many calls work under the limit, which is the whole process's: the first sets it, the last lifts it.

    threadpoolctl 3.8 lets only the thread that set OpenBLAS's limit change it; as the last one out may be another
    thread, that right is given back at once. Where someone else holds it, their setting stays as it is.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.count = 0
        self.libraries: list[Any] | None = None
        self.before: list[tuple[Any, int]] = []

    def enter(self) -> None:
        with self.lock:
            if self.count == 0:
                self._limit()
            self.count += 1

    def leave(self) -> None:
        with self.lock:
            self.count -= 1
            if self.count == 0 and self.before:
                for library, number in self.before:
                    library.set_num_threads(number)
                _give_back()

    def _limit(self) -> None:
        """One thread for every BLAS library that has more; what each had is remembered."""
        if self.libraries is None:
            self.libraries = ThreadpoolController().select(user_api="blas").lib_controllers
        settings = [(library, library.get_num_threads()) for library in self.libraries]
        self.before = [(library, number) for library, number in settings if number != 1]
        for library, _ in self.before:
            library.set_num_threads(1)
        if self.before:
            _give_back()


_give_back: Callable[[], None] = getattr(OpenBLASController, "clear_controlling_thread", lambda: None)
_inside = _Inside()


@contextmanager
def blas_on_one_thread() -> Iterator[None]:
    """BLAS limited to one thread; the setting found by the first to come is restored when the last one leaves.

    Calls may be nested, and run in several threads at once.
    """
    _inside.enter()
    try:
        yield
    finally:
        _inside.leave()


def one_thread(function: Callable[P, R]) -> Callable[P, R]:
    """The function, run with BLAS limited to one thread; the caller's setting is restored afterwards."""

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        _inside.enter()
        try:
            return function(*args, **kwargs)
        finally:
            _inside.leave()

    return limited


def processors() -> int:
    """How many threads work at once: the processors that this process may use, of which 8 at most."""
    allowed = getattr(os, "sched_getaffinity", None)
    return min(len(allowed(0)) if allowed else os.cpu_count() or 1, MOST)


def ahead(values: Iterator[T]) -> Iterator[T]:
    """The values, of which the next one is made by another thread while one is in use.

    >>> list(ahead(iter([1, 2])))
    [1, 2]
    """
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, values, None)
        while (value := coming.result()) is not None:
            coming = pool.submit(next, values, None)
            yield value
