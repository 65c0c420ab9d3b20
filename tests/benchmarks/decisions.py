"""Is the right decision found? Synthetic worlds with known priorities, panels with known direction, known thresholds.

    OMP_NUM_THREADS=1 python tests/benchmarks/decisions.py [worlds] [panels]

Worlds: the true first priority among the first two, decoys among them, and the stated probability of the first rank
beside how often the first is the true one. Panels: 500 respondents, three waves, cause and effect planted forward,
reverse, both, none, or confounded by lasting differences. Thresholds: how often the interval holds the planted one.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from concurrent.futures import ProcessPoolExecutor

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from results_page import machine, markdown, write_section

import sexresearch as sx
from sexresearch.datasets import service_excellence_world as world
from sexresearch.datasets.world_population import DECOYS, TRUE_RIVAL, WEIGHTS

WORLDS, PANELS, FIRST_SEED = 200, 100, 1
FIRST = max(WEIGHTS, key=WEIGHTS.__getitem__)
TRUTHS = {
    "forward": (0.3, 0.0),
    "reverse": (0.0, 0.3),
    "both": (0.3, 0.3),
    "none": (0.0, 0.0),
    "confounded": (0.0, 0.0),
}
RIGHT = {"none": "neither", "confounded": "neither"}
KNOT = 0.5


def one_world(seed: int) -> dict[str, float]:
    """What the priorities of one world say of the true first, of the decoys, and of themselves."""
    warnings.simplefilter("ignore")
    instrument = sx.datasets.load("service_excellence_world").instrument
    survey = sx.Survey.from_frame(world.generate(seed).customers, instrument, synthetic=True)
    model = sx.chain_model(instrument, TRUE_RIVAL, higher_order="composite")
    results = sx.fit(model, survey, estimator="MLR", cluster="branch")
    frame = sx.priorities(results, survey, "loyalty", constructs=list(WEIGHTS)).set_index("construct")
    return {
        "the true first is among the first two": frame.loc[FIRST, "rank"] <= 2,
        "a decoy is among the first two": (frame.loc[list(DECOYS), "rank"] <= 2).mean(),
        "the first is the true first": frame["rank"].idxmin() == FIRST,
        "stated probability of the first to be first": frame["p_first"].max(),
        "stated probability of the true first to be among the first two": frame.loc[FIRST, "p_top_two"],
    }


def one_panel(task: tuple[str, int]) -> dict[str, object]:
    """The verdict on one panel."""
    warnings.simplefilter("ignore")
    name, seed = task
    forward, reverse = TRUTHS[name]
    rng, n = np.random.default_rng(seed), 500
    lasting = 1.5 if name == "confounded" else 1.0
    own = lasting * rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], n)
    now, data = rng.multivariate_normal([0, 0], [[1, 0.3], [0.3, 1]], n), {}
    for wave in (1, 2, 3):
        if wave > 1:
            later = [0.4 * now[:, 0] + reverse * now[:, 1], 0.4 * now[:, 1] + forward * now[:, 0]]
            now = np.stack(later, axis=1) + rng.multivariate_normal([0, 0], [[0.8, 0.2], [0.2, 0.8]], n)
        data |= {f"c{wave}": own[:, 0] + now[:, 0], f"e{wave}": own[:, 1] + now[:, 1]}
    waves = [[[f"{letter}{wave}"] for wave in (1, 2, 3)] for letter in "ce"]
    outcome = sx.direction(pd.DataFrame(data), *waves).verdict.outcome
    return {"truth": name, "right": outcome == RIGHT.get(name, name), "undecided": outcome == "undecided"}


def one_threshold(seed: int) -> bool:
    """Whether the interval of a threshold holds the planted one."""
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(seed)
    joy = rng.normal(size=800)
    bond = 0.2 * joy + 0.8 * np.maximum(joy - KNOT, 0) + 0.5 * rng.normal(size=800)
    items = {f"{k}{i}": f + 0.5 * rng.normal(size=800) for k, f in (("j", joy), ("b", bond)) for i in (1, 2, 3)}
    results = sx.fit("joy =~ j1 + j2 + j3; bond =~ b1 + b2 + b3; bond ~ joy", pd.DataFrame(items))
    row = sx.shape(results, "joy", "bond").set_index("shape").loc["threshold"]
    return bool(row["threshold_ci_lower"] <= KNOT <= row["threshold_ci_upper"])


def main(worlds: int = WORLDS, panels: int = PANELS) -> None:
    """Run everything on all cores and write the page where the numbers are the published ones."""
    start = time.perf_counter()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        first = pd.DataFrame(pool.map(one_world, range(FIRST_SEED, FIRST_SEED + worlds))) if worlds else pd.DataFrame()
        tasks = [(name, FIRST_SEED + i) for name in TRUTHS for i in range(panels)]
        second = pd.DataFrame(pool.map(one_panel, tasks))
        third = list(pool.map(one_threshold, range(FIRST_SEED, FIRST_SEED + panels)))
    shares = [{"what": name, "mean over worlds": f"{value:.3f}"} for name, value in first.astype(float).mean().items()]
    by_truth = second.groupby("truth", sort=False)[["right", "undecided"]].mean()
    verdicts = [
        {"planted": name, "right verdict": f"{row['right']:.2f}", "undecided": f"{row['undecided']:.2f}"}
        for name, row in by_truth.iterrows()
    ]
    head = (
        f"{worlds} worlds, {panels} panels of each kind and {panels} thresholds, seeds from {FIRST_SEED}; "
        f"{time.perf_counter() - start:.0f} s. {machine()}."
    )
    covered = f"A planted threshold lies in its 95 % interval in {np.mean(third):.3f} of {panels} samples."
    body = "\n\n".join(filter(None, [head, markdown(shares) if shares else "", markdown(verdicts), covered]))
    print(body)
    if (worlds, panels) == (WORLDS, PANELS):
        write_section("Decisions", body)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
