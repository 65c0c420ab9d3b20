"""Numbered work shared out over workers, with a bar on a terminal; the same answers however many workers there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from sexresearch.sem.resampling.run import progress_bar
from sexresearch.sem.threads import one_thread
from sexresearch.sem.workers import Workers, refuse_workers, shared_results

T = TypeVar("T")


@one_thread
def shared_out(
    chunks: Sequence[Sequence[int]], work: Callable[[Sequence[int]], Sequence[T]], workers: Workers, title: str
) -> dict[int, T]:
    """What `work` makes of every number, chunk by chunk; of those done so far where the user interrupts.

    >>> shared_out([[0, 1], [2]], lambda numbers: [n * n for n in numbers], 2, "squares")
    {0: 0, 1: 1, 2: 4}
    """
    refuse_workers(workers)
    done: dict[int, T] = {}
    with progress_bar(sum(map(len, chunks)), title) as advance:
        for numbers, results in zip(chunks, shared_results(chunks, work, workers), strict=False):
            done.update(zip(numbers, results, strict=True))
            advance(len(numbers))
    return done
