"""Many fits at once give the numbers of one after the other, and leave the process as it was."""

import pickle
import random
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from threadpoolctl import ThreadpoolController

import sexresearch as sx
from sexresearch.sem.threads import blas_on_one_thread, one_thread

CHAIN = "joy =~ x1 + x2 + x3; y ~ b*joy; d := b^2"
THREADS = 6


def answers(seed: int, n: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    joy = rng.normal(size=n)
    data = pd.DataFrame({name: joy + rng.normal(size=n) for name in ("x1", "x2", "x3", "y")})
    return data.assign(g=np.where(np.arange(n) % 2, "a", "b"))


def fitted(seed: int) -> list[float]:
    results = sx.fit(CHAIN, answers(seed))
    return [*results.parameters["est"], *results.parameters["se"].fillna(-1), *results.fit_measures.fillna(-1)]


def with_gaps(seed: int) -> list[float]:
    data = answers(seed)
    data.loc[data.index[::7], "x2"] = np.nan
    with warnings.catch_warnings(record=True):  # the caller's own, in one thread of several
        results = sx.fit(CHAIN, data, missing="fiml", estimator="MLR")
    return [*results.parameters["est"], *results.vcov.to_numpy().ravel()]


def within_and_between(seed: int) -> list[float]:
    data = answers(seed).assign(branch=np.arange(120) // 6)
    results = sx.fit("level: 1\njoy =~ x1 + x2 + x3\nlevel: 2\nx1 ~~ x2", data, cluster="branch")
    return [*results.parameters["est"], *results.fit_measures.fillna(-1)]


def in_pieces(seed: int) -> list[float]:
    table = ds.dataset(pa.Table.from_pandas(answers(seed)))
    return [*sx.fit(CHAIN, table, group="g", estimator="MLM").parameters["se"].fillna(-1)]


def stored(seed: int) -> list[float]:
    results = sx.fit(CHAIN, answers(seed), estimator="MLR")
    again = pickle.loads(pickle.dumps(results))
    assert again == results
    return [*again.parameters["se"].fillna(-1), *again.fit_measures.fillna(-1), *again.factor_scores()["joy"]]


def many_branches(seed: int) -> list[float]:
    found = sx.fit_many("joy =~ x1 + x2 + x3", answers(seed), by="g")
    return [*found.select_dtypes("number").fillna(-1).to_numpy().ravel()]


def ordered(seed: int) -> list[float]:
    data = answers(seed)[["x1", "x2", "x3", "y"]]
    return [*sx.fit(CHAIN, (data > 0).astype(int), ordered=True).parameters["est"]]


def resampled(seed: int) -> list[float]:
    found = sx.bootstrap(sx.fit(CHAIN, answers(seed)), replicates=60, seed=seed, workers=2)
    return [*found.intervals()["se"].fillna(-1)]


def simulated(seed: int) -> list[float]:
    design = sx.Design(missing=0.1)
    found = sx.power(
        "y ~ 0.3*x", n=[40], replicates=12, seed=seed, workers=3, design=design, fitting=sx.Fitting(missing="fiml")
    )
    return [*found.table.select_dtypes("number").fillna(-1).to_numpy().ravel()]


def permuted(seed: int) -> list[float]:
    found = sx.permutation_test("f =~ x1 + x2 + x3 + y", answers(seed), group="g", replicates=20, workers=2)
    return [*found["pvalue"]]


KINDS = (fitted, with_gaps, ordered, resampled, simulated, permuted, within_and_between, in_pieces, stored)
KINDS += (many_branches,)


def state() -> dict[str, object]:
    return {
        "warnings": list(warnings.filters),
        "blas": [library["num_threads"] for library in ThreadpoolController().info()],
        "numpy": np.geterr(),
        "random": (random.getstate(), str(np.random.get_state())),  # noqa: NPY002
    }


@pytest.mark.filterwarnings("ignore::sexresearch.FitWarning")
def test_many_at_once_give_the_same_numbers():
    jobs = [(kind, seed) for seed in (1, 2) for kind in KINDS]
    one_by_one = [kind(seed) for kind, seed in jobs]
    with ThreadPoolExecutor(THREADS) as pool:
        at_once = list(pool.map(lambda job: job[0](job[1]), jobs))
    for (kind, seed), alone, together in zip(jobs, one_by_one, at_once, strict=True):
        assert alone == together, f"{kind.__name__}({seed})"


@pytest.mark.filterwarnings("ignore::sexresearch.FitWarning")
def test_the_process_is_left_as_it_was():
    kinds = [kind for kind in KINDS if kind is not with_gaps]  # which changes the filters itself
    before = state()
    with ThreadPoolExecutor(THREADS) as pool:
        futures = [pool.submit(kind, 3) for kind in kinds]
        assert [future.exception() for future in futures] == [None] * len(futures)
    assert state() == before


def test_only_the_public_fit_warns():
    data = answers(1).drop(columns="g")
    data.loc[0, "x1"] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error", sx.FitWarning)
        sx.power("y ~ 0.3*x", n=[40], replicates=3, design=sx.Design(missing=0.2))
        with pytest.raises(sx.FitWarning, match="dropped"):
            sx.fit(CHAIN, data)


def in_a_thread_that_ends(function: Callable[[], object]) -> None:
    """threadpoolctl lets the thread that set a limit keep the others from changing it for as long as it lives."""
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


def blas_threads() -> set[int]:
    return {library["num_threads"] for library in ThreadpoolController().info() if library["user_api"] == "blas"}


@pytest.fixture
def two_blas_threads():
    controller, before = ThreadpoolController(), blas_threads()
    in_a_thread_that_ends(lambda: controller.limit(limits=2, user_api="blas"))
    yield
    in_a_thread_that_ends(lambda: controller.limit(limits=max(before), user_api="blas"))


@pytest.mark.usefixtures("two_blas_threads")
def test_the_last_one_out_restores_the_blas_threads():
    inside, leave = threading.Barrier(2), [threading.Event(), threading.Event()]

    @one_thread
    def wait_and_fail(number: int) -> None:
        inside.wait(timeout=60)
        leave[number].wait(timeout=60)
        raise ValueError

    with ThreadPoolExecutor(2) as pool:  # whose threads live on, so that either may be the first or the last
        futures = [pool.submit(wait_and_fail, number) for number in (0, 1)]
        seen = []
        for event, future in zip(leave, futures, strict=True):
            with blas_on_one_thread(), blas_on_one_thread():
                seen.append(blas_threads())
            event.set()
            assert isinstance(future.exception(), ValueError)
            seen.append(blas_threads())
        assert seen == [{1}, {1}, {1}, {2}]


@pytest.mark.usefixtures("two_blas_threads")
def test_a_limit_set_by_the_user_is_left_alone():
    with ThreadpoolController().limit(limits=3, user_api="blas"):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(fitted, (1, 2)))
        assert blas_threads() == {3}
    assert blas_threads() == {2}
