"""Where numbers come from: versions, model, data fingerprint, estimator."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from sexresearch.frozen import by_value
from sexresearch.sem.data.sample import Sample


@by_value
@dataclass(frozen=True)
class Provenance:
    """How a fit came about: engine, estimator, rule for missing answers, rows used, the samples and the model text.

    `seed` is that of a random step (bootstrap standard errors, imputation), None where nothing was random. `source` is
    what the data say of themselves (the `caption` of a survey: its file, and the rows taken out), empty for a frame.
    """

    engine: str
    estimator: str
    missing: str
    nobs: int
    samples: tuple[Sample, ...]
    syntax: str = ""
    seed: int | None = None
    source: str = ""

    @cached_property
    def fingerprint(self) -> str:
        """First 12 hex digits of the SHA-256 of the answers (or moments) used: equal data, equal fingerprint."""
        digest = hashlib.sha256()
        for sample in self.samples:
            parts = [sample.mean, sample.cov] if sample.answers is None else [sample.answers.values]
            digest.update("|".join(sample.names).encode())
            for part in parts:
                digest.update(np.ascontiguousarray(part, dtype=float).tobytes())
        return digest.hexdigest()[:12]

    @property
    def model(self) -> str:
        """First 12 hex digits of the SHA-256 of the model text."""
        return hashlib.sha256(self.syntax.encode()).hexdigest()[:12]

    @property
    def versions(self) -> dict[str, str]:
        """Installed versions of this package and of what computes with it."""
        return {name: _version(name) for name in ("sexresearch", "numpy", "scipy", "pandas", "semopy")}

    def __str__(self) -> str:
        engine = self.engine if self.engine in ("native", "pooled") else f"{self.engine} {_version(self.engine)}"
        seed = "" if self.seed is None else f", seed {self.seed}"
        return (
            f"sexresearch {_version('sexresearch')}, {engine} engine, estimator {self.estimator}, "
            f"missing {self.missing}, n = {self.nobs}{seed}, data {self.fingerprint}, model {self.model}"
        )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def provenance(
    engine: str,
    estimator: str,
    missing: str,
    samples: Sequence[Sample],
    syntax: str,
    seed: int | None = None,
    source: str = "",
) -> Provenance:
    """The provenance of a fit of the model text `syntax` to `samples`."""
    return Provenance(engine, estimator, missing, sum(s.nobs for s in samples), tuple(samples), syntax, seed, source)
