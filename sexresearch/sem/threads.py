"""One BLAS thread for the small matrices of a fit: with several, threads wait for each other longer than they work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from threadpoolctl import OpenBLASController, ThreadpoolController

P = ParamSpec("P")
R = TypeVar("R")


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
