"""What the rounding of a printed table leaves open about the numbers computed from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from sexresearch.errors import SexresearchError
from sexresearch.sem import Moments, Results
from sexresearch.study.replication.quantities import quantities
from sexresearch.study.study_file.study_parts import PublishedNumber

DRAWS = 60  # tables that would all be printed like the one that was
SEED = 1
DEVIATIONS = 3.0  # standard deviations over the draws that count as left open
Key = tuple[str, str]


def left_open(
    moments: Moments,
    decimals: int,
    kind: str,
    fitted: Callable[[Moments], Results],
    wanted: tuple[PublishedNumber, ...],
) -> dict[PublishedNumber, float]:
    """By how much each number may differ although nothing but rounding separates the printed table from the data.

    Every printed entry is moved by up to half of its last decimal, evenly and independently; the model is fitted to
    each such table. What is returned is three standard deviations of the computed number.
    """
    simulated: dict[PublishedNumber, list[float]] = {number: [] for number in wanted}
    for redrawn in _redrawn_moments(moments, decimals, kind):
        try:
            results = fitted(redrawn)
            values = _values(results, wanted) if results.converged else {}
        except SexresearchError:  # a table that cannot be one, such as correlations beyond what others allow
            continue
        for number, value in values.items():
            simulated[number].append(value)
    return {number: DEVIATIONS * float(np.std(values)) if values else 0.0 for number, values in simulated.items()}


def _values(results: Results, wanted: tuple[PublishedNumber, ...]) -> dict[PublishedNumber, float]:
    tables = {(number.what, number.group): quantities(results, number.what, number.group) for number in wanted}
    named = {number: tables[number.what, number.group].named(number.quantity) for number in wanted}
    return {number: value for number, value in named.items() if value is not None and np.isfinite(value)}


def _redrawn_moments(moments: Moments, decimals: int, kind: str) -> Iterator[Moments]:
    rng, half = np.random.default_rng(SEED), 0.5 * 10.0**-decimals
    cov = moments.cov.to_numpy(dtype=float)
    sd = np.sqrt(np.diag(cov))
    for _ in range(DRAWS):
        moved = np.tril(rng.uniform(-half, half, cov.shape))
        if kind == "covariances":
            table = cov + np.tril(moved) + np.tril(moved, -1).T
        else:  # the diagonal of correlations is exact
            off = np.tril(moved, -1)
            scale = sd + (rng.uniform(-half, half, len(sd)) if kind == "correlations and SDs" else 0.0)
            table = (cov / np.outer(sd, sd) + off + off.T) * np.outer(scale, scale)
        frame = pd.DataFrame(table, index=moments.cov.index, columns=moments.cov.columns)
        try:
            yield Moments(frame, moments.nobs, moments.mean)
        except SexresearchError:
            continue
