"""Chunks of work shared out: one after the other, over threads, or over a Dask cluster; the answers are the same.

Every replicate has a random stream of its own, and results come back in the order of the chunks, so that neither the
number of workers nor the loss of one of them changes a number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from numbers import Integral
from typing import Any, TypeVar

from sexresearch.errors import OptionError
from sexresearch.extras import extra
from sexresearch.sem.threads import one_thread

PATIENCE = 60.0  # seconds without any worker, after which a cluster is given up
LISTENING = 1.0  # seconds between two looks at the workers

T = TypeVar("T")
Numbers = Sequence[int]
Workers = int | Any  # threads, or a dask.distributed.Client


def refuse_workers(workers: Workers | None) -> None:
    """OptionError unless workers are a whole number of at least 1, a Dask client that is connected, or None."""
    if workers is None:
        return
    if _is_client(workers):
        status = str(getattr(workers, "status", "unknown"))
        if status != "running":
            raise OptionError(f"workers is a Dask client that is {status}: no scheduler answers it")
        return
    if isinstance(workers, bool) or not isinstance(workers, Integral) or workers < 1:
        raise OptionError(
            f"workers must be a whole number of at least 1, or a dask.distributed.Client; found {workers!r}"
        )


def _is_client(workers: object) -> bool:
    return type(workers).__module__.startswith("distributed.") and hasattr(workers, "submit")


def shared_results(chunks: Sequence[Numbers], work: Callable[[Numbers], T], workers: Workers) -> Iterator[T]:
    """What `work` makes of each chunk, in order; an interruption ends the iteration after what is done.

    >>> list(shared_results([[0, 1], [2]], sum, 2))
    [1, 2]
    """
    if _is_client(workers):
        yield from _over_cluster(chunks, work, workers)
    elif workers == 1:
        try:
            for numbers in chunks:
                yield work(numbers)
        except KeyboardInterrupt:
            return
    else:
        with ThreadPoolExecutor(workers) as pool:
            yield from _as_done([pool.submit(work, numbers) for numbers in chunks])


def _as_done(waiting: list[Future[T]]) -> Iterator[T]:
    try:
        while waiting:
            yield waiting[0].result()
            waiting = waiting[1:]
    except KeyboardInterrupt:
        for future in waiting:
            future.cancel()
        for future in waiting:
            if not future.cancelled() and not isinstance(future.exception(), KeyboardInterrupt):
                yield future.result()
    finally:
        for future in waiting:
            future.cancel()


def _over_cluster(chunks: Sequence[Numbers], work: Callable[[Numbers], T], client: Any) -> Iterator[T]:
    """By tasks of a Dask cluster: `work` is sent once, as a task that a lost worker's successor repeats."""
    with extra("scale"):
        from distributed import KilledWorker
    from distributed.client import FutureCancelledError

    sent = client.submit(_itself, work, pure=False)
    waiting = [client.submit(_made, sent, list(numbers), pure=False) for numbers in chunks]
    try:
        while waiting:
            yield _awaited(waiting[0], client, f"{len(waiting)} of {len(chunks)} parts of the work are not done")
            waiting[0].release()
            waiting = waiting[1:]
    except KeyboardInterrupt:
        yield from [future.result() for future in waiting if future.status == "finished"]
    except KilledWorker as error:
        lost = f"{len(waiting)} of {len(chunks)} parts of the work are not done"
        raise OptionError(f"workers of the Dask cluster died again and again ({lost}): {error}") from error
    except (FutureCancelledError, OSError) as error:
        raise OptionError(f"the Dask scheduler was lost while it worked: {error}") from error
    finally:
        client.cancel(waiting)


def _awaited(future: Any, client: Any, lost: str) -> Any:
    """What a task has made; OptionError once the scheduler has had no worker for `PATIENCE` seconds."""
    without = 0.0
    while True:
        try:
            return future.result(timeout=LISTENING)
        except TimeoutError:
            if future.done():  # since then, or the time ran out for the work itself
                return future.result()
        without = 0.0 if client.nthreads() else without + LISTENING
        if without >= PATIENCE:
            raise OptionError(
                f"the Dask scheduler at {client.scheduler.address!r} has had no worker for {without:g} seconds "
                f"({lost}): start workers, and ask again"
            )


def _itself(work: T) -> T:
    return work


@one_thread
def _made(work: Callable[[Numbers], T], numbers: Numbers) -> T:
    return work(numbers)
