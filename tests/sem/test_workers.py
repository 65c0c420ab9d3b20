"""Workers of a Dask cluster on this machine: the numbers of one process, and what a lost worker costs."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest
from sem_samples import branch_answers

from sexresearch.chain.robustness.multiverse import multiverse
from sexresearch.errors import OptionError
from sexresearch.sem import bootstrap, dynamic_cutoffs, fit, permutation_test, power, workers
from sexresearch.sem.resampling import many_fits

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("ignore")

MODEL = "joy =~ a + b + c\nstay =~ d + e + f\nstay ~ joy"


@pytest.fixture(scope="module")
def client():
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(host="127.0.0.1", **options) as cluster, distributed.Client(cluster) as found:
        yield found


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    joy, shock = rng.normal(size=(2, 240))
    stay = 0.6 * joy + shock
    frame = pd.DataFrame({x: (joy if x in "abc" else stay) + rng.normal(size=240) for x in "abcdef"})
    return frame.assign(brand=["low", "high"] * 120)


def test_a_cluster_gives_the_numbers_of_one_process(answers, client):
    results = fit(MODEL, answers)
    for question in (
        lambda workers: bootstrap(results, 600, workers=workers).replicates,
        lambda workers: power(results, n=[100], replicates=60, workers=workers).table,
        lambda workers: dynamic_cutoffs(results, replicates=60, workers=workers),
        lambda workers: permutation_test(MODEL, answers, "brand", replicates=19, workers=workers),
    ):
        pd.testing.assert_frame_equal(question(1), question(client))


def test_clusters_of_ordered_items_are_drawn_from_tables_wherever_the_workers_are(client, tmp_path):
    branch_answers(600).to_parquet(tmp_path / "answers.parquet", row_group_size=100)
    results = fit(MODEL, tmp_path, ordered=True, cluster="branch")
    one, two, three = (bootstrap(results, 70, workers=workers).replicates for workers in (1, 2, client))
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    pd.testing.assert_frame_equal(one, three, check_exact=True)


def test_a_multiverse_is_the_same_on_a_cluster(answers, client):
    one, two = (multiverse(answers, MODEL, at_most=12, null=0, workers=workers) for workers in (1, client))
    pd.testing.assert_frame_equal(one.specifications, two.specifications)


def test_a_killed_worker_costs_its_own_tasks_only(answers, client, monkeypatch):
    monkeypatch.setattr(many_fits, "NUMBERS_AT_ONCE", 3200)  # 65 replicates in a task, 77 tasks
    results = fit(MODEL, answers)
    expected = bootstrap(results, 5000, workers=1).replicates
    seen: list[tuple[int, int, int]] = []
    killer = threading.Thread(target=_kill_midway, args=(client, seen))
    killer.start()
    found = bootstrap(results, 5000, workers=client)
    killer.join()
    most, left, of_victim = seen[-1]  # tasks that were there, and those not done when the worker died
    assert most > left > of_victim > 0
    pd.testing.assert_frame_equal(expected, found.replicates)
    assert found.failed == 0


def _kill_midway(client, seen: list[tuple[int, int, int]]) -> None:
    """Kill a worker while it works, once some tasks are done and others are not; `seen` says how it stood."""
    address, victim = next(iter(client.run(os.getpid).items()))
    most, until = 0, time.monotonic() + 120
    while time.monotonic() < until:
        left, own = client.run_on_scheduler(_standing, address)
        most = max(most, left)
        if most > left + 4 and left > own > 0:
            seen.append((most, left, own))
            os.kill(victim, signal.SIGKILL)
            return


def _standing(address: str, dask_scheduler=None) -> tuple[int, int]:
    """How many tasks are not done, and how many of them one worker has."""
    left = sum(task.state in ("processing", "waiting", "queued", "no-worker") for task in dask_scheduler.tasks.values())
    return left, len(dask_scheduler.workers[address].processing)


@pytest.mark.parametrize("left", [1, 0])
def test_workers_lost_for_good_leave_the_work_to_the_others_or_end_it(answers, left, monkeypatch):
    monkeypatch.setattr(many_fits, "NUMBERS_AT_ONCE", 3200)
    monkeypatch.setattr(workers, "PATIENCE", 2.0)
    results = fit(MODEL, answers)
    options = {"n_workers": 0, "processes": False, "protocol": "tcp", "dashboard_address": None, "host": "127.0.0.1"}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        processes = [subprocess.Popen([*ALONE, cluster.scheduler_address], stderr=subprocess.DEVNULL) for _ in range(2)]
        try:
            client.wait_for_workers(2, timeout=60)
            killer = threading.Thread(target=_kill_for_good, args=(client, processes[left:]))
            killer.start()
            if left:
                shared = bootstrap(results, 2000, workers=client)
                pd.testing.assert_frame_equal(bootstrap(results, 2000, workers=1).replicates, shared.replicates)
                assert len(client.nthreads()) == 1
            else:
                with pytest.raises(OptionError, match=r"scheduler at 'tcp://127\.0\.0\.1:.*no worker.*are not done"):
                    bootstrap(results, 5000, workers=client)
            killer.join()
        finally:
            for process in processes:
                process.kill()
                process.wait()


ALONE = [sys.executable, "-m", "distributed.cli.dask_worker", "--no-nanny", "--no-dashboard", "--nthreads", "1"]


def _kill_for_good(client, processes: list[subprocess.Popen]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and client.run_on_scheduler(_tasks) < 10:
        time.sleep(0.01)
    for process in processes:
        process.kill()


def _tasks(dask_scheduler=None) -> int:
    return len(dask_scheduler.tasks)


def test_workers_that_are_none_are_refused(answers, client):
    results = fit(MODEL, answers)
    for wrong in (0, -1, True, "two", 1.5):
        with pytest.raises(OptionError, match="workers must be"):
            bootstrap(results, 10, workers=wrong)
    closed = distributed.Client(client.scheduler.address)
    closed.close()
    with pytest.raises(OptionError, match="no scheduler answers"):
        bootstrap(results, 10, workers=closed)
