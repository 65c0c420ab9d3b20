"""Workers of a Dask cluster on this machine: the numbers of one process, and what a lost worker costs."""

import os
import signal

import numpy as np
import pandas as pd
import pytest

from sexresearch.chain.robustness.multiverse import multiverse
from sexresearch.errors import OptionError
from sexresearch.sem import bootstrap, dynamic_cutoffs, fit, permutation_test, power

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


def test_a_multiverse_is_the_same_on_a_cluster(answers, client):
    one, two = (multiverse(answers, MODEL, at_most=12, null=0, workers=workers) for workers in (1, client))
    pd.testing.assert_frame_equal(one.specifications, two.specifications)


def test_a_killed_worker_costs_its_own_tasks_only(answers, client):
    results = fit(MODEL, answers)
    expected = bootstrap(results, 5000, workers=1).replicates
    victim = next(iter(client.run(os.getpid).values()))
    client.loop.call_later(0.05, os.kill, victim, signal.SIGKILL)
    found = bootstrap(results, 5000, workers=client)
    pd.testing.assert_frame_equal(expected, found.replicates)
    assert found.failed == 0


def test_workers_that_are_none_are_refused(answers, client):
    results = fit(MODEL, answers)
    for wrong in (0, -1, True, "two", 1.5):
        with pytest.raises(OptionError, match="workers must be"):
            bootstrap(results, 10, workers=wrong)
    closed = distributed.Client(client.scheduler.address)
    closed.close()
    with pytest.raises(OptionError, match="no scheduler answers"):
        bootstrap(results, 10, workers=closed)
