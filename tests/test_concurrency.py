"""Many fits at once give the numbers of one after the other, and leave the process as it was."""

import random
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
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


def ordered(seed: int) -> list[float]:
    data = answers(seed)[["x1", "x2", "x3", "y"]]
    return [*sx.fit(CHAIN, (data > 0).astype(int), ordered=True).parameters["est"]]


def resampled(seed: int) -> list[float]:
    found = sx.bootstrap(sx.fit(CHAIN, answers(seed)), replicates=60, seed=seed, workers=2)
    return [*found.intervals()["se"].fillna(-1)]


def simulated(seed: int) -> list[float]:
    design = sx.Design(missing=0.1)
    found = sx.power("y ~ 0.3*x", n=[40], replicates=12, seed=seed, workers=3, design=design, missing="fiml")
    return [*found.table.select_dtypes("number").fillna(-1).to_numpy().ravel()]


def permuted(seed: int) -> list[float]:
    found = sx.permutation_test("f =~ x1 + x2 + x3 + y", answers(seed), group="g", replicates=20, workers=2)
    return [*found["pvalue"]]


KINDS = (fitted, with_gaps, ordered, resampled, simulated, permuted)


def state() -> dict[str, object]:
    return {
        "warnings": (id(warnings.filters), list(warnings.filters)),
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
    before, seen = state(), []
    with ThreadPoolExecutor(THREADS) as pool:
        futures = [pool.submit(kind, 3) for kind in kinds]
        while not all(future.done() for future in futures):
            seen.append(state()["warnings"] == before["warnings"])
            threading.Event().wait(0.01)
        assert [future.exception() for future in futures] == [None] * len(futures)
    assert state() == before
    assert all(seen)


@pytest.mark.filterwarnings("ignore::sexresearch.FitWarning")
def test_the_libraries_beside_leave_the_filters_alone():
    data = answers(1).drop(columns="g")
    gaps = data.mask(np.random.default_rng(1).random(data.shape) < 0.1)
    sx.impute(gaps, m=2)  # once before: libraries set filters of their own when they are imported
    sx.fit("x1 ~ x2 + x3", data, engine="semopy")
    seen: list[object] = []

    def look_in(done: threading.Event) -> None:
        while not done.wait(0.001):
            seen.append((id(warnings.filters), len(warnings.filters)))

    done = threading.Event()
    watcher = threading.Thread(target=look_in, args=(done,))
    watcher.start()
    sx.impute(gaps, m=2)
    sx.fit("x1 ~ x2 + x3", data, engine="semopy")
    done.set()
    watcher.join()
    assert set(seen) == {(id(warnings.filters), len(warnings.filters))}


def test_only_the_public_fit_warns():
    data = answers(1).drop(columns="g")
    data.loc[0, "x1"] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error", sx.FitWarning)
        sx.power("y ~ 0.3*x", n=[40], replicates=3, design=sx.Design(missing=0.2))
        with pytest.raises(sx.FitWarning, match="dropped"):
            sx.fit(CHAIN, data)


def blas_threads() -> list[int]:
    return [library["num_threads"] for library in ThreadpoolController().info() if library["user_api"] == "blas"]


def test_the_last_one_out_restores_the_blas_threads():
    inside, leave = threading.Barrier(3), threading.Event()

    @one_thread
    def wait_and_fail() -> None:
        inside.wait()
        leave.wait()
        raise ValueError

    with ThreadpoolController().limit(limits=2, user_api="blas"):
        before = blas_threads()
        threads = [ThreadPoolExecutor(1) for _ in range(2)]
        futures = [pool.submit(wait_and_fail) for pool in threads]
        inside.wait()
        with blas_on_one_thread(), blas_on_one_thread():
            assert set(blas_threads()) == {1}
        assert set(blas_threads()) == {1}  # two are still at work
        leave.set()
        assert all(isinstance(future.exception(), ValueError) for future in futures)
        assert blas_threads() == before
        for pool in threads:
            pool.shutdown()
