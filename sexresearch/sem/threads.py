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
        self.controller: ThreadpoolController | None = None
        self.limiter: Any = None

    def enter(self) -> None:
        with self.lock:
            if self.count == 0:
                self.controller = self.controller or ThreadpoolController()
                self.limiter = self.controller.limit(limits=1, user_api="blas")
                _give_back()
            self.count += 1

    def leave(self) -> None:
        with self.lock:
            self.count -= 1
            if self.count == 0:
                self.limiter.restore_original_limits()
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
        with blas_on_one_thread():
            return function(*args, **kwargs)

    return limited
