"""Where numbers come from: versions, model, data fingerprint, estimator."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from sexresearch.sem.sample import Sample


@dataclass(frozen=True)
class Provenance:
    """How a fit came about: engine, estimator, rule for missing answers, rows used, and the samples behind them."""

    engine: str
    estimator: str
    missing: str
    nobs: int
    samples: tuple[Sample, ...]

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
    def versions(self) -> dict[str, str]:
        """Installed versions of this package and of what computes with it."""
        return {name: _version(name) for name in ("sexresearch", "numpy", "scipy", "pandas")}

    def __str__(self) -> str:
        return (
            f"sexresearch {_version('sexresearch')}, {self.engine} engine, estimator {self.estimator}, "
            f"missing {self.missing}, n = {self.nobs}, data {self.fingerprint}"
        )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def provenance(engine: str, estimator: str, missing: str, samples: Sequence[Sample]) -> Provenance:
    """The provenance of a fit to `samples`."""
    return Provenance(engine, estimator, missing, sum(s.nobs for s in samples), tuple(samples))
