"""Numbered work shared out over threads, with a bar on a terminal; the same answers however many threads there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from sexresearch.sem.resampling.run import progress_bar
from sexresearch.sem.threads import one_thread

T = TypeVar("T")


@one_thread
def shared_out(
    chunks: Sequence[Sequence[int]], work: Callable[[Sequence[int]], Sequence[T]], workers: int, title: str
) -> dict[int, T]:
    """What `work` makes of every number, chunk by chunk; of those done so far where the user interrupts.

    >>> shared_out([[0, 1], [2]], lambda numbers: [n * n for n in numbers], 2, "squares")
    {0: 0, 1: 1, 2: 4}
    """
    done: dict[int, T] = {}
    with progress_bar(sum(map(len, chunks)), title) as advance:

        def keep(numbers: Sequence[int], found: Sequence[T]) -> None:
            done.update(zip(numbers, found, strict=True))
            advance(len(numbers))

        try:
            if workers == 1:
                for numbers in chunks:
                    keep(numbers, work(numbers))
            else:
                _in_threads(chunks, work, workers, keep)
        except KeyboardInterrupt:
            return done
    return done


def _in_threads(
    chunks: Sequence[Sequence[int]],
    work: Callable[[Sequence[int]], Sequence[T]],
    workers: int,
    keep: Callable[[Sequence[int], Sequence[T]], None],
) -> None:
    with ThreadPoolExecutor(workers) as pool:
        waiting: list[tuple[Sequence[int], Future[Sequence[T]]]] = [(part, pool.submit(work, part)) for part in chunks]
        try:
            for numbers, future in waiting:
                keep(numbers, future.result())
        finally:
            for _, future in waiting:
                future.cancel()
